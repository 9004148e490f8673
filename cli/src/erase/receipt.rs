//! What was removed, what is left, and what nobody can reach: to be kept, so it does not have the driver's id.

use std::fmt;
use std::time::SystemTime;

use location_event::Timestamp;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::eraser::{Eraser, Mode};

/// Copies that are beyond reach until they expire: what, and when that is. `docs/privacy.md` says more.
const UNREACHABLE: [[&str; 2]; 7] = [
    ["point-in-time backups of the tables", "35 days; a table that is restored from one must be erased from again"],
    ["the tables' streams", "24 hours"],
    ["the bus's archive", "bus.archiveDays; nothing may be replayed from it that is older than this receipt"],
    ["Athena's history of queries, if one named the driver", "45 days"],
    ["S3's access logs, if a key named the driver", "retentionDays.accessLogs"],
    ["signing ids: digests of bodies", "retentionDays.events"],
    ["what subscribers and consumers of the API have copied", "theirs to erase: tell them"],
];

/// The receipt of an erasure, or what a look at the stores found.
#[derive(Serialize)]
pub(super) struct Receipt {
    environment: String,
    /// `erase`, `dry-run` or `check`.
    what: &'static str,
    /// SHA-256 of the driver's id, in hexadecimal: who knows the id can tell whose receipt it is.
    driver_sha256: String,
    started_at: String,
    finished_at: String,
    /// How many other names of the driver its events have.
    further_names: usize,
    /// Which; not in a receipt.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    names: Vec<String>,
    /// For what was under way.
    pub(super) waited_s: u64,
    /// What was removed, or would be.
    found: Vec<Count>,
    /// What still names the driver.
    left: Vec<Left>,
    /// Drivers whose records have one of the further names, and are not touched.
    names_shared_with: Vec<String>,
    unreachable: Vec<Unreachable>,
}

#[derive(Serialize)]
struct Count {
    store: &'static str,
    what: &'static str,
    #[serde(rename = "count")]
    number: u64,
}

/// Something that still names the driver.
#[derive(Serialize)]
pub(super) struct Left {
    pub(super) store: &'static str,
    pub(super) place: String,
    pub(super) reason: String,
}

#[derive(Serialize)]
struct Unreachable {
    what: &'static str,
    expires: &'static str,
}

impl Receipt {
    pub(super) fn begin(environment: &str, driver: &str, mode: Mode) -> Self {
        Self {
            environment: environment.to_owned(),
            what: match mode {
                Mode::Remove => "erase",
                Mode::Count => "dry-run",
                Mode::Search => "check",
            },
            driver_sha256: hex::encode(Sha256::digest(driver)),
            started_at: Timestamp::from(SystemTime::now()).to_string(),
            finished_at: String::new(),
            further_names: 0,
            names: Vec::new(),
            waited_s: 0,
            found: Vec::new(),
            left: Vec::new(),
            names_shared_with: Vec::new(),
            unreachable: UNREACHABLE.map(|[what, expires]| Unreachable { what, expires }).into(),
        }
    }

    pub(super) fn end(&mut self, eraser: Eraser<'_>) {
        self.finished_at = Timestamp::from(SystemTime::now()).to_string();
        let further = eraser.names.further();
        self.further_names = further.len();
        if self.what != "erase" {
            self.names = further.into_iter().map(str::to_owned).collect();
        }
        let counts = eraser.counts.into_iter();
        self.found = counts.map(|((store, what), number)| Count { store, what, number }).collect();
        self.left = eraser.left;
        self.names_shared_with = eraser.shared_with.into_iter().collect();
    }

    /// Something is left that should not be.
    pub(super) fn needs_attention(&self) -> bool {
        !self.left.is_empty()
    }
}

impl fmt::Display for Receipt {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let title = match self.what {
            "erase" => "erased",
            "dry-run" => "would erase",
            _ => "looked for",
        };
        write!(out, "{title} in {}: driver of SHA-256 {}", self.environment, self.driver_sha256)?;
        write!(out, "\n{} to {}, {} further names", self.started_at, self.finished_at, self.further_names)?;
        for name in &self.names {
            write!(out, "\n  {name}")?;
        }
        for Count { store, what, number } in &self.found {
            write!(out, "\n  {store:<24} {number:>9} {what}")?;
        }
        if self.what != "dry-run" {
            write!(out, "\nleft: {}", if self.left.is_empty() { "nothing" } else { "see each" })?;
        }
        for Left { store, place, reason } in &self.left {
            write!(out, "\n  {store}: {place}: {reason}")?;
        }
        for driver in &self.names_shared_with {
            write!(out, "\nhas one of the names, too: driver {driver:?}; the same person's: erase it as well")?;
        }
        write!(out, "\nbeyond reach:")?;
        for Unreachable { what, expires } in &self.unreachable {
            write!(out, "\n  {what}: {expires}")?;
        }
        Ok(())
    }
}
