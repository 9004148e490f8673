//! What was posted, written down so that somebody else can compute from it what must come of it.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context as _, Result};
use location_event::Timestamp;
use serde::Serialize;

use super::drive::Edge;

/// A file with a line of JSON for each request, or nothing.
pub(crate) struct Posted(Option<Box<dyn Write>>);

#[derive(Serialize)]
struct Request<'a> {
    edge: Edge,
    /// Our clock when it was sent; it was received after that, and before it was answered.
    posted_at: Timestamp,
    answered_at: Timestamp,
    body: &'a str,
}

impl Posted {
    /// Replaces the file. Without one, nothing is written.
    pub(crate) fn to(path: Option<&Path>) -> Result<Self> {
        let Some(path) = path else { return Ok(Self(None)) };
        let file = File::create(path).with_context(|| format!("{} cannot be written", path.display()))?;
        Ok(Self(Some(Box::new(BufWriter::new(file)))))
    }

    /// A request that has just been answered.
    pub(crate) fn note(&mut self, edge: Edge, posted_at: SystemTime, body: &str) -> Result<()> {
        let Some(out) = &mut self.0 else { return Ok(()) };
        let request = Request { edge, posted_at: posted_at.into(), answered_at: SystemTime::now().into(), body };
        writeln!(out, "{}", serde_json::to_string(&request)?).context("what was posted cannot be written down")
    }

    /// All requests have been noted.
    pub(crate) fn finish(&mut self) -> Result<()> {
        let Some(out) = &mut self.0 else { return Ok(()) };
        out.flush().context("what was posted cannot be written down")
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn each_request_is_a_line_with_its_body_as_it_was() {
        let path = std::env::temp_dir().join(format!("milkrun-posted-{:016x}", fastrand::u64(..)));
        let mut posted = Posted::to(Some(&path)).unwrap();
        let posted_at = UNIX_EPOCH + Duration::from_millis(1_795_167_000_123);
        for body in ["{\"a\":1,\n\"b\":\"ä\"}", "not JSON {"] {
            posted.note(Edge::Radar, posted_at, body).unwrap();
        }
        posted.finish().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        fs::remove_file(&path).unwrap();
        let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0]["edge"], "radar");
        assert_eq!(lines[0]["posted_at"], "2026-11-20T09:30:00.123Z");
        assert!(lines[0]["answered_at"].as_str() > lines[0]["posted_at"].as_str());
        assert_eq!(lines[0]["body"], "{\"a\":1,\n\"b\":\"ä\"}");
        assert_eq!(lines[1]["body"], "not JSON {");
    }
}
