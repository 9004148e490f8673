//! Prints the JSON Schema of a bus event's `detail`, for `make generate`.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

fn main() -> Result<(), serde_json::Error> {
    print!("{}", location_event::bus::detail_schema()?);
    Ok(())
}
