//! Prints the JSON Schema of the `detail` of a day's numbers, for `make generate`.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

fn main() -> Result<(), serde_json::Error> {
    print!("{}", aggregation::day::detail_schema()?);
    Ok(())
}
