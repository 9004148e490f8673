//! What was removed, what is left, and what nobody can reach: to be kept, so it does not have the driver's id.

use std::fmt;
use std::io::{self, Write as _};
use std::time::SystemTime;

use location_event::Timestamp;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::eraser::{Eraser, Mode};

/// Copies that are beyond reach until they expire: what, and when that is. `docs/privacy.md` says more.
const UNREACHABLE: [[&str; 2]; 9] = [
    ["point-in-time backups of the tables", "35 days; a table that is restored from one must be erased from again"],
    ["the tables' streams", "24 hours"],
    ["the bus's archive", "bus.archiveDays; nothing may be replayed from it that is older than this receipt"],
    ["Athena's history of queries, if one named the driver", "45 days"],
    ["S3's access logs, if a key named the driver", "retentionDays.accessLogs"],
    ["signing ids: digests of bodies", "retentionDays.events"],
    ["exports to S3 outside of milkrun's buckets", "theirs to erase who made them"],
    [
        "copies in dbt's databases and in Snowflake",
        "theirs to erase who made them: run dbt again on the lake as it is now",
    ],
    ["what subscribers and consumers of the API have copied", "theirs to erase: tell them"],
];

/// Digits of a digest that tell places apart.
const SHORT: usize = 12;

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
    /// Drivers whose records have one of the further names, and are not touched: digests of their ids.
    names_shared_with_sha256: Vec<String>,
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
    store: &'static str,
    /// SHA-256 of the place, which may have the driver's id in it. Standard error has the place.
    place_sha256: String,
    #[serde(skip)]
    place: String,
    /// Of an object that could not be read or changed, where the key says nothing of the driver.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// Without names.
    reason: String,
}

impl Left {
    pub(super) fn new(store: &'static str, place: &str, reason: &str) -> Self {
        let (place_sha256, place) = (digest(place), place.to_owned());
        Self { store, place_sha256, place, key: None, reason: reason.to_owned() }
    }

    /// The same with the key of the object.
    pub(super) fn with_key(self, key: Option<String>) -> Self {
        Self { key, ..self }
    }
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
                Mode::Search | Mode::Learn => "check",
            },
            driver_sha256: digest(driver),
            started_at: Timestamp::from(SystemTime::now()).to_string(),
            finished_at: String::new(),
            further_names: 0,
            names: Vec::new(),
            waited_s: 0,
            found: Vec::new(),
            left: Vec::new(),
            names_shared_with_sha256: Vec::new(),
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
        self.names_shared_with_sha256 = eraser.shared_with.iter().map(|id| digest(id)).collect();
        // In clear for who sits there now, and not for the file that the receipt is kept in.
        let mut out = io::stderr().lock();
        for Left { store, place_sha256, place, reason, .. } in &self.left {
            let _ = writeln!(out, "left: {store}: {place:?} ({}): {reason}", &place_sha256[..SHORT]);
        }
        for driver in &eraser.shared_with {
            let _ = writeln!(out, "has one of the names, too: driver {driver:?}; the same person's: erase it as well");
        }
    }

    /// Something is left that should not be.
    pub(super) fn needs_attention(&self) -> bool {
        !self.left.is_empty()
    }
}

fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text))
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
        for Left { store, place_sha256, key, reason, .. } in &self.left {
            let key = key.as_ref().map_or_else(String::new, |key| format!(" ({key})"));
            write!(out, "\n  {store}: {}{key}: {reason}", &place_sha256[..SHORT])?;
        }
        for driver in &self.names_shared_with_sha256 {
            write!(out, "\nhas one of the names, too: driver of SHA-256 {driver}")?;
        }
        write!(out, "\nbeyond reach:")?;
        for Unreachable { what, expires } in &self.unreachable {
            write!(out, "\n  {what}: {expires}")?;
        }
        Ok(())
    }
}
