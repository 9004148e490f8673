//! What a function weighs as it is deployed: zipped, for arm64.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::DeflateEncoder;

use crate::environment;
use crate::report::{Goal, Section, Unit};
use crate::statistics::Spread;

const FILE_NAME: &str = "bootstrap";
/// A zip's local header, directory entry and end, less the name, which stands in the first two.
const ZIP_BYTES: usize = 30 + 46 + 22 + 2 * FILE_NAME.len();
/// Where an ELF file says which processor it is for, and what it says for arm64.
const ELF_MACHINE: std::ops::Range<usize> = 18..20;
const ELF_ARM64: [u8; 2] = [0xB7, 0x00];

pub(crate) fn measure() -> anyhow::Result<Section> {
    let mut section = Section::new("Size of each function, zipped, arm64");
    for function in functions()? {
        let path = environment::root().join("target/functions/release").join(&function).join(FILE_NAME);
        if !path.exists() {
            section.note(format!("{function} is not built for AWS: `make functions-release` builds it"));
            continue;
        }
        let binary = fs::read(&path)?;
        if binary.get(ELF_MACHINE) != Some(&ELF_ARM64) {
            section.note(format!("{function} in target/functions/release is not for arm64: left out"));
            continue;
        }
        let megabytes = f64::from(u32::try_from(zipped_bytes(&binary)?)?) / 1e6;
        section.goal(function, Unit::Megabytes, Spread::of([megabytes]), Goal::AtMost(3.0));
    }
    Ok(section)
}

/// The functions' names: each has a directory with a package.
fn functions() -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(environment::root().join("functions"))? {
        let directory = entry?.path();
        if let Some(name) = directory.file_name().and_then(|name| name.to_str())
            && Path::new(&directory).join("Cargo.toml").exists()
        {
            names.push(name.to_owned());
        }
    }
    names.sort_unstable();
    Ok(names)
}

fn zipped_bytes(binary: &[u8]) -> anyhow::Result<usize> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(binary)?;
    Ok(encoder.finish()?.len() + ZIP_BYTES)
}
