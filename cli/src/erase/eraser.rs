//! All stores, one after the other.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::{Duration, SystemTime};

use anyhow::{Error, Result};
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

/// Where something is that milkrun writes.
const LAKE_PREFIXES: [&str; 4] = ["location_events/", "errors/", "reports/", "athena-results/"];
const LOG_PREFIXES: [&str; 3] = ["assignments/", "updates/", "errors/"];

/// What is done about what is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// It is read for names.
    Learn,
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
    /// Failed removals of the last pass, by store and place, with the reason.
    failures: BTreeMap<(&'static str, String), String>,
    /// Files of rows that could not be read for their drivers.
    unsurveyed: usize,
    /// Drivers whose records have one of the names.
    pub(super) shared_with: BTreeSet<String>,
    /// When the driver was last heard of, by our clock.
    pub(super) newest: Option<Timestamp>,
    /// How many items of the tables have each name as their driver.
    pub(super) records: BTreeMap<String, u64>,
    /// How many rows of the lake and of the operations log each driver has.
    pub(super) owners: BTreeMap<String, u64>,
    /// Objects, and the content that they had, in which nothing was found.
    clean: HashSet<(String, String)>,
    /// The names that were looked for in the last pass.
    looked_for: Option<Names>,
}

impl<'a> Eraser<'a> {
    pub(super) fn new(deployment: &'a Deployment, names: Names) -> Self {
        Self {
            deployment,
            names,
            counts: BTreeMap::new(),
            left: Vec::new(),
            failures: BTreeMap::new(),
            unsurveyed: 0,
            shared_with: BTreeSet::new(),
            newest: None,
            records: BTreeMap::new(),
            owners: BTreeMap::new(),
            clean: HashSet::new(),
            looked_for: None,
        }
    }

    /// Goes through every store once.
    pub(super) async fn pass(&mut self, mode: Mode) -> Result<()> {
        let looked_for = self.looked_for.replace(self.names.clone());
        if mode == Mode::Search || looked_for.is_some_and(|names| names != self.names) {
            // Everything is read anew: to its end, or for more names.
            self.clean.clear();
        }
        if mode == Mode::Remove {
            // All of it is tried again.
            self.failures.clear();
        }
        self.dispatch(mode).await?;
        self.tables(mode).await?;

        let lake = Bucket::of(self.deployment, "LakeBucket")?;
        let log = Bucket::of(self.deployment, "OperationsLogBucket")?;
        self.rows(&lake, &log, mode).await?;
        self.prefix("lake, errors", &lake, "errors/", judged::UNCONVERTED, mode).await?;
        self.prefix("operations log, errors", &log, "errors/", judged::UNCONVERTED, mode).await?;
        let quarantine = Bucket::of(self.deployment, "QuarantineBucket")?;
        self.prefix("quarantine", &quarantine, "", judged::WHOLE, mode).await?;
        let failures = Bucket::of(self.deployment, "RelayFailuresBucket")?;
        self.prefix("failures", &failures, "", judged::FAILED_BATCH, mode).await?;

        self.days(mode).await?;
        self.prefix("reports", &lake, "reports/", judged::WHOLE, mode).await?;
        self.prefix("query results", &lake, "athena-results/", judged::WHOLE, mode).await?;
        self.unknown("lake", &lake, &LAKE_PREFIXES, mode).await?;
        self.unknown("operations log", &log, &LOG_PREFIXES, mode).await?;
        self.dead_letters(mode).await
    }

    /// Reads all rows for who has some, and for what the driver's say. Whether every file could be read.
    pub(super) async fn survey(&mut self) -> Result<bool> {
        self.unsurveyed = 0;
        let lake = Bucket::of(self.deployment, "LakeBucket")?;
        let log = Bucket::of(self.deployment, "OperationsLogBucket")?;
        self.rows(&lake, &log, Mode::Learn).await?;
        Ok(self.unsurveyed == 0)
    }

    async fn rows(&mut self, lake: &Bucket, log: &Bucket, mode: Mode) -> Result<()> {
        self.prefix("lake", lake, "location_events/", judged::PARQUET, mode).await?;
        self.prefix("operations log", log, "assignments/", judged::PARQUET, mode).await?;
        self.prefix("operations log", log, "updates/", judged::PARQUET, mode).await
    }

    /// Objects where nothing of milkrun's writes: somebody's copies.
    async fn unknown(&mut self, store: &'static str, bucket: &Bucket, known: &[&str], mode: Mode) -> Result<()> {
        if mode != Mode::Search {
            return Ok(());
        }
        let mut places = BTreeMap::<String, u64>::new();
        for listed in bucket.list("").await? {
            if !known.iter().any(|prefix| listed.key.starts_with(prefix)) {
                let prefix = listed.key.split_inclusive('/').next().unwrap_or_default();
                *places.entry(prefix.to_owned()).or_default() += 1;
            }
        }
        for (prefix, count) in places {
            let place = format!("s3://{}/{prefix}", bucket.name);
            self.leave(
                store,
                &place,
                &format!("{count} objects where milkrun writes none: not searched, look yourself"),
            );
        }
        Ok(())
    }

    /// Leaves word of names for which less was done than for others.
    pub(super) fn limits(&mut self) {
        let contested: Vec<_> = self.names.contested().map(str::to_owned).collect();
        for id in contested {
            let count = self.records_of(&id);
            let unread = if self.unsurveyed > 0 { ", or records in files that could not be read" } else { "" };
            let reason = format!(
                "an id that the driver's events have, and {count} records as their driver{unread}, which may be another's \
                 and stay: run it again with --name if it is this driver's, with --not-name if it is not"
            );
            self.leave("names", &id, &reason);
        }
        // Records that came under such a name after it was looked up.
        let taken = self.names.learned().filter(|id| self.shared_with.contains(*id)).map(str::to_owned);
        for id in taken.collect::<Vec<_>>() {
            self.leave("names", &id, "an id of the driver that records have as their driver since: run it again");
        }
        let short: Vec<_> = self.names.short().map(str::to_owned).collect();
        for id in short {
            self.leave("names", &id, "an id of fewer than four bytes is looked for in fields, and not in texts");
        }
    }

    /// How many items and rows have a name as their driver.
    pub(super) fn records_of(&self, name: &str) -> u64 {
        self.records.get(name).unwrap_or(&0) + self.owners.get(name).unwrap_or(&0)
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
        match mode {
            Mode::Learn => {}
            Mode::Search => {
                let why = self.failures.get(&(store, place.to_owned()));
                let why = why.map_or_else(String::new, |why| format!(": {why}"));
                self.leave(store, place, &format!("{count} {what} of the driver{why}"));
            }
            Mode::Count | Mode::Remove => *self.counts.entry((store, what)).or_default() += count,
        }
    }

    /// Something that a person has to see.
    pub(super) fn leave(&mut self, store: &'static str, place: &str, reason: &str) {
        self.left.push(Left::new(store, place, reason));
    }

    /// Something that could not be removed. It ends nothing: where the last look finds it, this is the reason.
    pub(super) fn failed(&mut self, store: &'static str, place: &str, error: &Error) {
        self.failures.insert((store, place.to_owned()), self.reason(place, error));
    }

    /// An object that could not be searched, or not to its end. In a pass that removes it is passed over: the last look
    /// says what was not searched in the end.
    pub(super) fn unsearched(
        &mut self,
        mode: Mode,
        store: &'static str,
        bucket: &Bucket,
        listed: &Listed,
        error: &Error,
    ) {
        if matches!(mode, Mode::Count | Mode::Search) {
            let place = bucket.place(listed);
            let reason = format!("cannot be searched: {}", self.reason(&place, error));
            let key = Some(&listed.key).filter(|key| !self.names.is_part_of(key)).cloned();
            self.left.push(Left::new(store, &place, &reason).with_key(key));
        }
    }

    /// An error as a receipt may have it: without the place and the names.
    fn reason(&self, place: &str, error: &Error) -> String {
        self.names.redacted(&format!("{error:#}").replace(place, "it"))
    }

    /// Another driver's records name this one. Only what is left in the end counts.
    pub(super) fn named_by(&mut self, mode: Mode, store: &'static str, place: &str, drivers: &BTreeSet<String>) {
        for driver in drivers.iter().filter(|_| mode == Mode::Search) {
            let place = format!("{place} of driver {driver:?}");
            self.leave(store, &place, "named in a record of another driver: decide what becomes of it");
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
            match treated {
                Ok(Treated::Judged(judged)) => {
                    if judged.own == 0 {
                        self.clean.insert(identity(bucket, &listed));
                    }
                    self.found(mode, store, kind.counted, judged.own, &place);
                    self.named_by(mode, store, &place, &judged.mentioned_by);
                    self.shared_with.extend(judged.shared_with);
                    if let Some(learned) = judged.learned {
                        self.names.merge(&learned);
                    }
                    if mode == Mode::Learn {
                        for (owner, rows) in judged.owners {
                            *self.owners.entry(owner).or_default() += rows;
                        }
                    }
                }
                Ok(Treated::Unreadable(error)) => self.unsearched(mode, store, bucket, &listed, &error),
                // The next pass may do better, and the last look says where none did.
                Ok(Treated::Contended) => {}
                Err(error) => match mode {
                    Mode::Learn => self.unsurveyed += 1,
                    Mode::Remove => self.failed(store, &place, &error),
                    Mode::Count | Mode::Search => self.unsearched(mode, store, bucket, &listed, &error),
                },
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
    Unreadable(Error),
    /// Somebody else wrote it each time.
    Contended,
}

async fn treat(names: &Names, bucket: &Bucket, listed: &Listed, kind: Kind, mode: Mode) -> Result<Treated> {
    for _ in 0..TRIES {
        let Some(object) = bucket.get(listed).await? else { return Ok(Treated::Judged(Judged::default())) };
        let mut judged = match (kind.judge)(names, &object.bytes, mode == Mode::Search) {
            Ok(judged) => judged,
            Err(error) => return Ok(Treated::Unreadable(error)),
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
