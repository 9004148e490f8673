//! All stores, one after the other.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::{Duration, SystemTime};

use anyhow::Result;
use futures_util::stream::{self, StreamExt as _};
use location_event::Timestamp;

use super::judged::{self, Judged, Kind};
use super::names::Names;
use super::receipt::Left;
use crate::deployment::Deployment;
use crate::objects::{AT_ONCE, Bucket, Listed};
use crate::progress::Progress;

/// Tries to rewrite an object that somebody else writes at the same time.
const TRIES: u32 = 3;

/// What is done about what is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// It is counted.
    Count,
    /// It is removed.
    Remove,
    /// It is left behind, wherever it is: other drivers' items and rows are searched as well.
    Search,
}

/// What goes through the stores, and what it found.
pub(super) struct Eraser<'a> {
    pub(super) deployment: &'a Deployment,
    pub(super) names: Names,
    /// By store, and by what was counted.
    pub(super) counts: BTreeMap<(&'static str, &'static str), u64>,
    pub(super) left: Vec<Left>,
    /// Drivers whose records have one of the names.
    pub(super) shared_with: BTreeSet<String>,
    /// When the driver was last heard of, by our clock.
    pub(super) newest: Option<Timestamp>,
    /// Something that was to be removed is to be looked at again.
    pub(super) is_unfinished: bool,
    /// Objects, and the content that they had, in which nothing was found.
    clean: HashSet<(String, String)>,
}

impl<'a> Eraser<'a> {
    pub(super) fn new(deployment: &'a Deployment, names: Names) -> Self {
        Self {
            deployment,
            names,
            counts: BTreeMap::new(),
            left: Vec::new(),
            shared_with: BTreeSet::new(),
            newest: None,
            is_unfinished: false,
            clean: HashSet::new(),
        }
    }

    /// Goes through every store once.
    pub(super) async fn pass(&mut self, mode: Mode) -> Result<()> {
        self.is_unfinished = false;
        if mode == Mode::Search {
            // Everything is read anew, and to its end.
            self.clean.clear();
        }
        self.dispatch(mode).await?;
        self.tables(mode).await?;

        let lake = Bucket::of(self.deployment, "LakeBucket")?;
        let log = Bucket::of(self.deployment, "OperationsLogBucket")?;
        let known = self.names.clone();
        self.prefix("lake", &lake, "location_events/", judged::PARQUET, mode).await?;
        self.prefix("operations log", &log, "assignments/", judged::PARQUET, mode).await?;
        self.prefix("operations log", &log, "updates/", judged::PARQUET, mode).await?;
        if self.names != known {
            // The lake knew names that the log had forgotten.
            self.is_unfinished = true;
            self.clean.clear();
        }
        self.prefix("lake, errors", &lake, "errors/", judged::UNCONVERTED, mode).await?;
        self.prefix("operations log, errors", &log, "errors/", judged::UNCONVERTED, mode).await?;
        let quarantine = Bucket::of(self.deployment, "QuarantineBucket")?;
        self.prefix("quarantine", &quarantine, "", judged::WHOLE, mode).await?;
        let failures = Bucket::of(self.deployment, "RelayFailuresBucket")?;
        self.prefix("failures", &failures, "", judged::FAILED_BATCH, mode).await?;

        self.days(mode).await?;
        self.prefix("reports", &lake, "reports/", judged::WHOLE, mode).await?;
        self.prefix("query results", &lake, "athena-results/", judged::WHOLE, mode).await?;
        self.dead_letters(mode).await
    }

    /// How long to wait until what was last heard of the driver has arrived everywhere.
    pub(super) fn until_settled(&self, settle: Duration) -> Duration {
        let now = Timestamp::from(SystemTime::now()).as_millis();
        let heard = self.newest.map(|newest| Duration::from_millis((now - newest.as_millis()).try_into().unwrap_or(0)));
        heard.map_or(Duration::ZERO, |ago| settle.saturating_sub(ago))
    }

    /// What is the driver's in a store was counted or removed, or is left.
    pub(super) fn found(&mut self, mode: Mode, store: &'static str, what: &'static str, count: u64, place: &str) {
        if count == 0 {
            return;
        }
        if mode == Mode::Search {
            self.leave(store, place, &format!("{count} {what} of the driver"));
        } else {
            *self.counts.entry((store, what)).or_default() += count;
        }
    }

    /// Something that a person has to see.
    pub(super) fn leave(&mut self, store: &'static str, place: &str, reason: &str) {
        self.left.push(Left { store, place: place.to_owned(), reason: reason.to_owned() });
    }

    /// Another driver's records name this one. Only what is left in the end counts.
    pub(super) fn named_by(&mut self, mode: Mode, store: &'static str, place: &str, drivers: &BTreeSet<String>) {
        for driver in drivers.iter().filter(|_| mode == Mode::Search) {
            self.leave(store, place, &format!("named in a record of driver {driver:?}: decide what becomes of it"));
        }
    }

    async fn prefix(
        &mut self,
        store: &'static str,
        bucket: &Bucket,
        prefix: &str,
        kind: Kind,
        mode: Mode,
    ) -> Result<()> {
        let listed = bucket.list(prefix).await?.into_iter();
        let listed: Vec<_> = listed.filter(|listed| !self.clean.contains(&identity(bucket, listed))).collect();
        let mut progress = Progress::new(store, listed.len());
        let names = self.names.clone();
        let treat = async |listed: Listed| {
            let treated = treat(&names, bucket, &listed, kind, mode).await;
            (listed, treated)
        };
        let mut treated = std::pin::pin!(stream::iter(listed).map(treat).buffer_unordered(AT_ONCE));
        let mut done = 0;
        while let Some((listed, treated)) = treated.next().await {
            done += 1;
            progress.reach(done);
            let place = bucket.place(&listed);
            match treated? {
                Treated::Judged(judged) => {
                    if judged.own == 0 {
                        self.clean.insert(identity(bucket, &listed));
                    }
                    self.found(mode, store, kind.counted, judged.own, &place);
                    self.named_by(mode, store, &place, &judged.mentioned_by);
                    self.shared_with.extend(judged.shared_with);
                    if let Some(learned) = judged.learned {
                        self.names.merge(learned);
                    }
                }
                Treated::Unreadable(reason) => {
                    if mode != Mode::Remove {
                        self.leave(store, &place, &format!("cannot be searched: {reason}"));
                    }
                }
                Treated::Contended => self.is_unfinished = true,
            }
        }
        progress.finish();
        Ok(())
    }
}

/// What became of an object.
enum Treated {
    Judged(Judged),
    /// It is not what it should be.
    Unreadable(String),
    /// Somebody else wrote it each time.
    Contended,
}

async fn treat(names: &Names, bucket: &Bucket, listed: &Listed, kind: Kind, mode: Mode) -> Result<Treated> {
    for _ in 0..TRIES {
        let Some(object) = bucket.get(listed).await? else { return Ok(Treated::Judged(Judged::default())) };
        let mut judged = match (kind.judge)(names, &object.bytes, mode == Mode::Search) {
            Ok(judged) => judged,
            Err(error) => return Ok(Treated::Unreadable(format!("{error:#}"))),
        };
        let rest = judged.rest.take();
        if judged.own == 0 || mode != Mode::Remove {
            return Ok(Treated::Judged(judged));
        }
        let is_done = match rest {
            None => bucket.delete(listed).await.map(|()| true)?,
            Some(rest) => bucket.replace(listed, &object, rest).await?,
        };
        if is_done {
            return Ok(Treated::Judged(judged));
        }
    }
    Ok(Treated::Contended)
}

fn identity(bucket: &Bucket, listed: &Listed) -> (String, String) {
    (bucket.place(listed), listed.e_tag.clone())
}
