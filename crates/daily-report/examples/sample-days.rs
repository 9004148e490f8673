//! Writes the pages of the tests' sample days into a directory, to be looked at: `sample-days DIRECTORY`.

#[path = "../tests/samples/mod.rs"]
mod samples;

use std::path::PathBuf;

fn main() -> std::io::Result<()> {
    let directory = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| ".".to_owned()));
    std::fs::create_dir_all(&directory)?;
    for (name, day, stamp) in samples::all() {
        std::fs::write(directory.join(format!("{name}.html")), daily_report::render(&day, &stamp))?;
    }
    Ok(())
}
