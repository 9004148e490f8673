//! Where things are: the checkout, what is built in it, Python.

use std::path::{Path, PathBuf};

/// The benchmark's own directory.
pub(crate) fn bench() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The checkout.
pub(crate) fn root() -> PathBuf {
    bench().join("..")
}

/// A program built by the same profile as this one: they lie side by side.
pub(crate) fn built(name: &str) -> anyhow::Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name(name);
    anyhow::ensure!(path.exists(), "{name} is not built: run `make bench`, which builds it");
    Ok(path)
}

/// The checkout's Python, which has boto3; without one, whichever is on the path.
pub(crate) fn python() -> PathBuf {
    let own = root().join(".venv/bin/python");
    if own.exists() { own } else { PathBuf::from("python3") }
}
