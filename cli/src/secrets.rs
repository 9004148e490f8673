//! `milkrun secrets`: rotates what senders sign with, while they send.
//!
//! Two are live at once: `rotate` makes a new one current and the current one previous, `finish` ends that when the
//! sender has switched.

mod scheme;
mod store;

use std::fmt;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Subcommand;
use jiff::{Timestamp, Unit};
use serde::Serialize;
use serde_json::{Map, Value};

use self::scheme::Scheme;
use self::store::Held;
pub(crate) use self::store::Store;
use crate::deployment::{Deployment, Target};
use crate::outcome::{DryRun, Output};

/// How long a secret stays live after it was replaced, unless it is forced out: a sender has many machines to switch.
const OVERLAP: Duration = Duration::from_hours(1);
/// ingest looks a secret up again at most once a second: what it knows after this is what was written before.
const SEEN_BY_INGEST: Duration = Duration::from_secs(2);

/// Rotate what senders sign with; none of their requests is lost
#[derive(clap::Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a new secret current, and print it; the one before it stays live until `finish`
    Rotate {
        #[command(flatten)]
        change: Change,
        /// Take the new secret from this file, or from standard input: - [default: a random one]
        #[arg(long, value_name = "FILE")]
        secret_file: Option<PathBuf>,
    },
    /// End a rotation: what is signed with the secret before is refused, within five minutes
    Finish(Change),
}

#[derive(clap::Args)]
struct Change {
    /// Whose secret: that of the location provider's webhooks, or that of POST /v1/positions
    #[arg(value_enum)]
    scheme: Scheme,
    /// Drop the previous secret although it was replaced less than an hour ago
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    dry_run: DryRun,
}

/// What became of a secret.
#[derive(Serialize)]
struct Changed {
    scheme: Scheme,
    dry_run: bool,
    change: Kind,
    /// Only one that was made here, and nowhere else than here.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    /// How many are live now.
    live: usize,
    path_token: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    version_id: Option<String>,
    /// Whether this machine's `local.json` has to be written again.
    #[serde(skip)]
    local: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Rotated,
    Finished,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let (change, changed) = match &options.command {
        Command::Rotate { change, secret_file } => {
            let given = secret_file.as_deref().map(|file| read(file, change.scheme)).transpose()?;
            (change, change.target.run(async |deployment| rotate(deployment, change, given).await)?)
        }
        Command::Finish(change) => (change, change.target.run(async |deployment| finish(deployment, change).await)?),
    };
    change.output.write(&changed, false)
}

async fn rotate(deployment: &Deployment, change: &Change, given: Option<String>) -> Result<Changed> {
    let random = given.is_none();
    let fresh = given.map_or_else(|| change.scheme.random(), Ok)?;
    let store = Store::of(deployment, change.scheme.signature())?;
    let held = store.read().await?;
    let next = rotated(change.scheme, &held, &fresh, change.force, Timestamp::now())?;
    let secret = random.then_some(fresh);
    apply(deployment, change, &store, &held, next, Kind::Rotated, secret).await
}

async fn finish(deployment: &Deployment, change: &Change) -> Result<Changed> {
    let store = Store::of(deployment, change.scheme.signature())?;
    let held = store.read().await?;
    let next = finished(change.scheme, &held, change.force, Timestamp::now())?;
    apply(deployment, change, &store, &held, next, Kind::Finished, None).await
}

async fn apply(
    deployment: &Deployment,
    change: &Change,
    store: &Store,
    held: &Held,
    next: Map<String, Value>,
    kind: Kind,
    secret: Option<String>,
) -> Result<Changed> {
    let DryRun { dry_run } = change.dry_run;
    let live = ["current", "previous"].iter().filter(|name| text(&next, name).is_some()).count();
    let path_token = text(&next, "path_token").is_some();
    let version_id = if dry_run { None } else { Some(store.replace(held, next).await?) };
    if kind == Kind::Rotated && !dry_run {
        tokio::time::sleep(SEEN_BY_INGEST).await;
    }
    Ok(Changed {
        scheme: change.scheme,
        dry_run,
        change: kind,
        // One that is not kept is of no use to anybody.
        secret: secret.filter(|_| !dry_run),
        live,
        path_token,
        version_id,
        local: deployment.name == "local",
    })
}

/// The secrets with a new current one. Everything else of them stays.
fn rotated(scheme: Scheme, held: &Held, fresh: &str, force: bool, now: Timestamp) -> Result<Map<String, Value>> {
    let current = text(&held.fields, "current");
    if current == Some(fresh) {
        bail!("this is the current secret already");
    }
    if text(&held.fields, "previous").is_some_and(|previous| previous != fresh) {
        check_overlap(scheme, held, force, now)?;
    }
    let mut next = held.fields.clone();
    // The one that a deployment begins with may be in no scheme's form: nobody has ever signed with it.
    match current.filter(|current| scheme.check(current).is_ok()) {
        Some(current) => next.insert("previous".to_owned(), current.into()),
        None => next.shift_remove("previous"),
    };
    next.insert("current".to_owned(), fresh.into());
    Ok(next)
}

/// The secrets with the current one alone.
fn finished(scheme: Scheme, held: &Held, force: bool, now: Timestamp) -> Result<Map<String, Value>> {
    if text(&held.fields, "previous").is_none() {
        bail!("no rotation of {scheme} is under way: it has no previous secret");
    }
    if text(&held.fields, "current").is_none() {
        bail!("{scheme} has no current secret: the previous one is all that there is");
    }
    check_overlap(scheme, held, force, now)?;
    let mut next = held.fields.clone();
    next.shift_remove("previous");
    Ok(next)
}

fn check_overlap(scheme: Scheme, held: &Held, force: bool, now: Timestamp) -> Result<()> {
    let overlap = Timestamp::from_second(held.changed_at_s)?.checked_add(OVERLAP)?;
    if force || now >= overlap {
        return Ok(());
    }
    let left = now.until((Unit::Minute, overlap))?.get_minutes() + 1;
    bail!(
        "{scheme} was rotated less than an hour ago, and what is signed with its previous secret would be refused: \
         wait {left} more minutes, or, if no sender uses it any more or it has leaked, say --force"
    )
}

fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    fields.get(name)?.as_str().filter(|text| !text.is_empty())
}

fn read(file: &Path, scheme: Scheme) -> Result<String> {
    let text = if file == Path::new("-") {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).context("standard input cannot be read")?;
        text
    } else {
        std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?
    };
    let secret = text.trim_end_matches(['\n', '\r']);
    scheme.check(secret)?;
    Ok(secret.to_owned())
}

impl fmt::Display for Changed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scheme, change, secret, live, local, .. } = self;
        if self.dry_run {
            let would = match change {
                Kind::Rotated => "would make a new secret current",
                Kind::Finished => "would drop the previous secret",
            };
            return write!(f, "dry run: {would} of {scheme}; live then: {live}");
        }
        if let Some(secret) = secret {
            writeln!(f, "{secret}")?;
        }
        match change {
            Kind::Rotated => {
                let told = if secret.is_some() { "above; it is not shown again" } else { "the given one" };
                write!(f, "The secret of {scheme} is {told}. Give it to the sender.")?;
                if *live > 1 {
                    write!(f, "\nThe one before it stays live until `milkrun secrets finish {scheme}`.")?;
                }
            }
            Kind::Finished => {
                write!(f, "The previous secret of {scheme} is dropped, and refused within five minutes.")?;
            }
        }
        if *local {
            write!(f, "\n`make up` writes the current one into local.json.")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn held(fields: Value, minutes_ago: i64) -> Held {
        let Value::Object(fields) = fields else { panic!("not an object") };
        Held { fields, version_id: "v1".to_owned(), changed_at_s: NOW - 60 * minutes_ago }
    }

    fn now() -> Timestamp {
        Timestamp::from_second(NOW).unwrap()
    }

    #[test]
    fn the_current_secret_becomes_the_previous_one_and_the_rest_stays() {
        let held = held(json!({"current": "one", "path_token": "t", "note": 1}), 0);
        let next = rotated(Scheme::Radar, &held, "two", false, now()).unwrap();
        assert_eq!(Value::Object(next), json!({"current": "two", "previous": "one", "path_token": "t", "note": 1}));
    }

    #[test]
    fn a_previous_secret_is_not_dropped_within_the_hour() {
        let rotating = |minutes_ago| held(json!({"current": "two", "previous": "one"}), minutes_ago);
        let error = rotated(Scheme::Radar, &rotating(50), "three", false, now()).err().unwrap().to_string();
        assert!(error.contains("wait 11 more minutes"), "{error}");
        assert!(finished(Scheme::Radar, &rotating(59), false, now()).is_err());
        for (held, force) in [(rotating(60), false), (rotating(0), true)] {
            let next = rotated(Scheme::Radar, &held, "three", force, now()).unwrap();
            assert_eq!(Value::Object(next), json!({"current": "three", "previous": "two"}));
            let next = finished(Scheme::Radar, &held, force, now()).unwrap();
            assert_eq!(Value::Object(next), json!({"current": "two"}));
        }
    }

    #[test]
    fn a_rotation_can_be_taken_back_at_once() {
        let rotating = held(json!({"current": "two", "previous": "one"}), 0);
        let next = rotated(Scheme::Radar, &rotating, "one", false, now()).unwrap();
        assert_eq!(Value::Object(next), json!({"current": "one", "previous": "two"}));
    }

    #[test]
    fn what_would_change_nothing_is_an_error() {
        let held = held(json!({"current": "one", "previous": ""}), 100);
        assert!(rotated(Scheme::Radar, &held, "one", true, now()).is_err());
        assert!(finished(Scheme::Radar, &held, true, now()).is_err());
    }

    #[test]
    fn a_secret_that_nobody_can_sign_with_is_not_kept() {
        let held = held(json!({"current": "what a deployment begins with"}), 0);
        let next = rotated(Scheme::StandardWebhooks, &held, "whsec_c2VjcmV0", false, now()).unwrap();
        assert_eq!(Value::Object(next), json!({"current": "whsec_c2VjcmV0"}));
    }
}
