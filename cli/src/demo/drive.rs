//! The recorded drive, and one run of it. `demo/README.md` describes the file.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use location_event::Timestamp;
use serde::{Deserialize, Serialize};

/// The requests, in the order in which they are sent.
pub(crate) struct Drive {
    pub(crate) lines: Vec<Line>,
}

/// One request, and what must come of it.
#[derive(Deserialize)]
pub(crate) struct Line {
    pub(crate) edge: Edge,
    pub(crate) note: String,
    /// With placeholders, which [`Run::render`] replaces.
    pub(crate) body: String,
    /// 0 where they cannot be counted.
    events: usize,
    /// What becomes of its events that are not quarantined.
    pub(crate) expect: Expectation,
    /// Of each quarantined event, in order.
    pub(crate) reasons: Vec<String>,
    /// Of the newly stored events, those with coordinates.
    pub(crate) positioned: usize,
    /// Of these, those on the order.
    pub(crate) positioned_on_order: usize,
    /// Of the newly stored events, geofence entries, exits and dwells.
    pub(crate) crossings: usize,
}

/// Where a request goes, and so how it is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Edge {
    Radar,
    Positions,
}

#[derive(Deserialize)]
pub(crate) struct Expectation {
    pub(crate) accepted: usize,
    pub(crate) duplicates: usize,
}

/// What tells the events of one run of the drive from those of every other.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    id: String,
    pub(crate) started_at: Timestamp,
}

impl Drive {
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let file = path.display();
        let text = fs::read_to_string(path).map_err(|error| {
            anyhow!("{file} cannot be read ({error}): run this in milkrun's checkout, or name the file with --drive")
        })?;
        Self::parse(&text).map_err(|error| {
            anyhow!("{file} is not a drive ({error:#}): write it with `python3 demo/make_drive.py > demo/drive.ndjson`")
        })
    }

    pub(crate) fn parse(text: &str) -> Result<Self> {
        let parse = |(index, line)| serde_json::from_str(line).with_context(|| format!("line {}", index + 1));
        let lines: Vec<Line> = text.lines().enumerate().map(parse).collect::<Result<_>>()?;
        ensure!(!lines.is_empty(), "it is empty");
        Ok(Self { lines })
    }
}

impl Line {
    /// How many events it counts as: a body in which none can be counted is refused as one.
    pub(crate) fn posted(&self) -> usize {
        self.events.max(1)
    }
}

impl Run {
    pub(crate) fn new(id: u32, started_at: Timestamp) -> Self {
        Self { id: format!("{id:08x}"), started_at }
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn driver(&self) -> String {
        format!("65f0c2a91d4e7b00{}", self.id)
    }

    pub(crate) fn order(&self) -> String {
        format!("ORDER-{}", self.id)
    }

    /// Puts this run's id and times in place of the placeholders.
    pub(crate) fn render(&self, body: &str) -> Result<String> {
        let mut rendered = String::with_capacity(body.len());
        let mut rest = body;
        while let Some((before, after)) = rest.split_once("{{") {
            let (name, after) = after.split_once("}}").context("a placeholder has no end")?;
            rendered.push_str(before);
            match name.strip_prefix('t') {
                Some(seconds) => rendered.push_str(&self.moment(seconds)?.to_string()),
                None if name == "run" => rendered.push_str(&self.id),
                None => bail!("there is no placeholder {{{{{name}}}}}"),
            }
            rest = after;
        }
        rendered.push_str(rest);
        Ok(rendered)
    }

    /// The time so many seconds after the start, such as `-90.250`.
    fn moment(&self, seconds: &str) -> Result<Timestamp> {
        let moment = || {
            let (whole, millis) = seconds.split_once('.')?;
            // The sign is the whole seconds' own, and may be that of a zero.
            let offset: i64 = format!("{whole}{millis}").parse().ok().filter(|_| millis.len() == 3)?;
            Timestamp::from_millis(self.started_at.as_millis().checked_add(offset)?).ok()
        };
        moment().with_context(|| format!("{{{{t{seconds}}}}} is not a time: write {{{{t-90.250}}}}"))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    const RECORDED: &str = include_str!("../../../demo/drive.ndjson");

    pub(crate) fn run() -> Run {
        Run::new(0x00ab_cdef, "2026-11-20T09:30:00.000Z".parse().unwrap())
    }

    #[test]
    fn placeholders_are_replaced() {
        let body = r#"{"_id":"65f1{{run}}","at":"{{t-90.250}}","until":"{{t+7200.000}}","soon":"{{t-0.001}}"}"#;
        assert_eq!(
            run().render(body).unwrap(),
            r#"{"_id":"65f100abcdef","at":"2026-11-20T09:28:29.750Z","until":"2026-11-20T11:30:00.000Z","soon":"2026-11-20T09:29:59.999Z"}"#
        );
    }

    #[test]
    fn a_body_without_placeholders_is_kept() {
        for body in ["", "not JSON {", "}}"] {
            assert_eq!(run().render(body).unwrap(), body);
        }
    }

    #[test]
    fn a_placeholder_that_is_none_is_refused() {
        for body in ["{{run", "{{order}}", "{{t}}", "{{t-1}}", "{{t-1.5}}", "{{tomorrow}}", "{{t-1.-50}}"] {
            assert!(run().render(body).is_err(), "{body}");
        }
    }

    #[test]
    fn the_recorded_drive_is_read_and_adds_up() {
        let drive = Drive::parse(RECORDED).unwrap();
        for line in &drive.lines {
            let body = run().render(&line.body).unwrap();
            assert!(!body.contains("{{"), "{}", line.note);
            assert!(body.contains(run().id()), "{}: another run's quarantine would hold it as well", line.note);
            let outcomes = line.expect.accepted + line.expect.duplicates + line.reasons.len();
            assert_eq!(line.posted(), outcomes, "{}", line.note);
        }
        assert!(drive.lines.iter().any(|line| line.edge == Edge::Radar));
        assert!(drive.lines.iter().any(|line| line.edge == Edge::Positions));
    }

    #[test]
    fn a_file_that_is_no_drive_is_refused() {
        assert!(Drive::parse("").is_err());
        let error = Drive::parse("{}").err().unwrap();
        assert!(format!("{error:#}").starts_with("line 1: "), "{error:#}");
    }
}
