//! Asking the read edge, as a consumer with an API key does.

use aggregation::minute::MinuteAggregate;
use anyhow::{Result, bail, ensure};
use location_event::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::environment::Environment;
use crate::http::{Answer, Client};

/// Small enough for the drive to have several pages.
const PAGE: &str = "100";
const LARGEST_PAGE: &str = "1000";

/// The read edge of one milkrun. What is asked about is `orders/<id>` or `drivers/<id>`.
pub(crate) struct ReadEdge<'a> {
    http: &'a Client,
    environment: &'a Environment,
}

#[derive(Deserialize)]
pub(crate) struct Location {
    #[serde(flatten)]
    pub(crate) position: Position,
    pub(crate) age_seconds: f64,
}

#[derive(Deserialize)]
pub(crate) struct Position {
    pub(crate) event_id: String,
    pub(crate) kind: String,
    pub(crate) latitude: f64,
    pub(crate) longitude: f64,
    pub(crate) recorded_at: Timestamp,
    /// Not test traffic.
    pub(crate) live: bool,
}

/// All pages of a track, oldest position first.
pub(crate) struct Track {
    pub(crate) positions: Vec<Position>,
    pub(crate) pages: usize,
}

#[derive(Deserialize)]
struct Page {
    positions: Vec<Position>,
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
struct FeatureCollection {
    features: Vec<IgnoredAny>,
}

#[derive(Deserialize)]
struct Minutes {
    minutes: Vec<MinuteAggregate>,
}

impl Track {
    /// How many positions are not test traffic.
    pub(crate) fn live(&self) -> usize {
        self.positions.iter().filter(|position| position.live).count()
    }
}

impl<'a> ReadEdge<'a> {
    pub(crate) fn new(http: &'a Client, environment: &'a Environment) -> Self {
        Self { http, environment }
    }

    /// Nothing where no position is known.
    pub(crate) fn location(&self, of: &str) -> Result<Option<Location>> {
        let answer = self.get(&format!("{of}/location"), &[], "application/json")?;
        if answer.status == 404 { Ok(None) } else { success(&answer)?.json().map(Some) }
    }

    pub(crate) fn track(&self, of: &str) -> Result<Track> {
        let path = format!("{of}/track");
        let mut track = Track { positions: Vec::new(), pages: 0 };
        let mut cursor = None;
        loop {
            let query: Vec<_> = [("limit", PAGE)].into_iter().chain(cursor.as_deref().map(|c| ("cursor", c))).collect();
            let mut page: Page = success(&self.get(&path, &query, "application/json")?)?.json()?;
            ensure!(cursor.is_none() || page.next_cursor != cursor, "{path} gives the same cursor again");
            track.positions.append(&mut page.positions);
            track.pages += 1;
            cursor = page.next_cursor;
            if cursor.is_none() {
                return Ok(track);
            }
        }
    }

    /// How many positions a track has as GeoJSON, on one page.
    pub(crate) fn features(&self, of: &str) -> Result<usize> {
        let answer = self.get(&format!("{of}/track"), &[("limit", LARGEST_PAGE)], "application/geo+json")?;
        let collection: FeatureCollection = success(&answer)?.json()?;
        Ok(collection.features.len())
    }

    /// The minutes that begin from `from` on and before `to`.
    pub(crate) fn minutes(&self, of: &str, from: Timestamp, to: Timestamp) -> Result<Vec<MinuteAggregate>> {
        let (from, to) = (from.to_string(), to.to_string());
        let answer = self.get(&format!("{of}/minutes"), &[("from", &from), ("to", &to)], "application/json")?;
        let answer: Minutes = success(&answer)?.json()?;
        Ok(answer.minutes)
    }

    fn get(&self, path: &str, query: &[(&str, &str)], accept: &str) -> Result<Answer> {
        let url = format!("{}/v1/{path}", self.environment.api_url);
        self.http.get(&url, query, &[("x-api-key", &self.environment.api_key), ("accept", accept)])
    }
}

fn success(answer: &Answer) -> Result<&Answer> {
    if answer.status != 200 {
        bail!("unexpected answer of the read edge: {answer}");
    }
    Ok(answer)
}
