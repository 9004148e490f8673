//! Prints the JSON Schema of a delivery event's `detail`, for `make generate`.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

fn main() -> Result<(), serde_json::Error> {
    print!("{}", delivery::bus::detail_schema()?);
    Ok(())
}
