//! One thing that waits.

use anyhow::Error;
use serde::Serialize;

use crate::objects::{Bucket, Listed};

/// A batch, an object of records, or a queue.
pub(super) struct Waiting {
    pub(super) source: &'static str,
    pub(super) place: Place,
    /// Since when, RFC 3339, where that is known.
    pub(super) since: Option<String>,
    /// Why it was given up, in the words of who did.
    pub(super) condition: String,
    /// Records or messages, where it could be read.
    pub(super) records: Option<usize>,
}

/// Where it waits.
pub(super) enum Place {
    Queue(String),
    Object(Bucket, Listed),
}

impl Waiting {
    /// An object that says nothing about what is in it.
    pub(super) fn unreadable(source: &'static str, bucket: &Bucket, listed: Listed, error: &Error) -> Self {
        let since = Some(listed.modified.clone());
        let place = Place::Object(bucket.clone(), listed);
        Self { source, place, since, condition: format!("unreadable: {error:#}"), records: None }
    }
}

/// The same, for people and scripts.
#[derive(Serialize)]
pub(super) struct Line {
    pub(super) source: &'static str,
    pub(super) since: Option<String>,
    pub(super) condition: String,
    pub(super) records: Option<usize>,
    /// The object's key; absent for a queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) key: Option<String>,
    #[serde(rename = "in")]
    pub(super) store: String,
}

impl From<Waiting> for Line {
    fn from(waiting: Waiting) -> Self {
        let Waiting { source, place, since, condition, records } = waiting;
        let (key, store) = match place {
            Place::Queue(url) => (None, url),
            Place::Object(bucket, listed) => (Some(listed.key), bucket.name),
        };
        Self { source, since, condition, records, key, store }
    }
}
