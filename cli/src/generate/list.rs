//! The two lists as files.

use std::fmt;
use std::io::Write as _;

use anyhow::{Context as _, Result};
use clap::ValueEnum;
use flate2::Compression;
use flate2::write::GzEncoder;
use sample_day::SampleDay;

/// A list, as a file and as an object.
pub(crate) struct List {
    what: &'static str,
    count: u32,
    pub(crate) file: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) content_type: &'static str,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Format {
    Json,
    Ndjson,
}

impl List {
    /// The day's drivers and its packages.
    pub(crate) fn both(day: &SampleDay, format: Format, gzip: bool) -> Result<[Self; 2]> {
        let (drivers, packages) = match format {
            Format::Json => (day.drivers_json(), day.packages_json()),
            Format::Ndjson => (day.drivers_ndjson(), day.packages_ndjson()),
        };
        Ok([
            Self::new("drivers", day.drivers, drivers, format, gzip)?,
            Self::new("packages", day.packages, packages, format, gzip)?,
        ])
    }

    fn new(what: &'static str, count: u32, bytes: Vec<u8>, format: Format, gzip: bool) -> Result<Self> {
        let (extension, content_type) = match format {
            Format::Json => ("json", "application/json"),
            Format::Ndjson => ("ndjson", "application/x-ndjson"),
        };
        let file = format!("{what}.{extension}");
        if !gzip {
            return Ok(Self { what, count, file, bytes, content_type });
        }
        let bytes = compressed(&bytes).with_context(|| format!("{file} cannot be compressed"))?;
        Ok(Self { what, count, file: format!("{file}.gz"), bytes, content_type: "application/gzip" })
    }
}

/// Says what is in it: `drivers.json (99 drivers, 20310 bytes)`.
impl fmt::Display for List {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, count, file, bytes, .. } = self;
        write!(out, "{file} ({count} {what}, {} bytes)", bytes.len())
    }
}

/// Without a time and a name, so that the same list is the same bytes.
fn compressed(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::GzDecoder;

    use super::*;

    fn of(format: Format, gzip: bool) -> [List; 2] {
        List::both(&SampleDay::new(2), format, gzip).unwrap()
    }

    #[test]
    fn each_is_named_by_what_it_is_and_how_it_is_written() {
        let names = |format, gzip| of(format, gzip).map(|list| format!("{} {}", list.file, list.content_type));
        assert_eq!(names(Format::Json, false), ["drivers.json application/json", "packages.json application/json"]);
        assert_eq!(
            names(Format::Ndjson, true),
            ["drivers.ndjson.gz application/gzip", "packages.ndjson.gz application/gzip"]
        );
        let [drivers, packages] = of(Format::Ndjson, false);
        assert_eq!(drivers.to_string(), format!("drivers.ndjson (2 drivers, {} bytes)", drivers.bytes.len()));
        assert_eq!(packages.bytes, SampleDay::new(2).packages_ndjson());
    }

    #[test]
    fn compressed_it_is_the_same_list_and_the_same_bytes_each_time() {
        for (list, plain) in of(Format::Json, true).into_iter().zip(of(Format::Json, false)) {
            let mut read = Vec::new();
            GzDecoder::new(list.bytes.as_slice()).read_to_end(&mut read).unwrap();
            assert_eq!(read, plain.bytes);
        }
        assert_eq!(of(Format::Json, true).map(|list| list.bytes), of(Format::Json, true).map(|list| list.bytes));
    }
}
