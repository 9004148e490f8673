//! Sending what was refused again, through the same door as its sender.
//!
//! What this tool's own parser, which is ingest's, would still refuse is not sent: ingest would only put it into the
//! quarantine again, in place of what the sender had sent.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result};
use futures_util::stream::{self, StreamExt as _};
use location_event::Provider;
use serde::Serialize;

use super::bucket::{self, Object};
use super::record::Record;
use super::verdict::{Verdict, is_resolved};
use crate::deployment::Deployment;
use crate::objects::{Bucket, Listed};
use crate::progress::Progress;
use crate::sender::{Receipt, Sender};

/// Requests under way at once: far below what the write edge takes.
const CONCURRENT_REQUESTS: usize = 8;
/// Before a request is sent again that could not be kept.
const PAUSES: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(3), Duration::from_secs(6)];

/// What came of a replay. Requests and events are counted once, however many objects they have.
#[derive(Default, Serialize)]
pub(crate) struct Replayed {
    dry_run: bool,
    requests: usize,
    /// Events that were not in the log, or that would be sent.
    stored: usize,
    /// Events that were.
    duplicates: usize,
    /// Objects that are gone, or would be.
    resolved: usize,
    /// Objects that stay because something of them is refused.
    still_quarantined: usize,
    /// Objects that stay because nobody knows.
    failed: usize,
    /// Why it ended before its end; of what was not tried by then, nothing is counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stopped: Option<String>,
    objects: Vec<Row>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct Row {
    key: String,
    outcome: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Resolved,
    StillQuarantined,
    Failed,
}

/// What came of one request and its objects.
struct Request {
    stored: usize,
    duplicates: usize,
    objects: Vec<Row>,
}

/// Why a request was not taken.
enum Unsent {
    /// Others may do better.
    Failed(String),
    /// None will be taken.
    Denied(String),
}

impl Request {
    fn unsent(objects: Vec<Row>) -> Self {
        Self { stored: 0, duplicates: 0, objects }
    }
}

impl Replayed {
    pub(crate) fn is_complete(&self) -> bool {
        self.still_quarantined + self.failed == 0 && self.stopped.is_none()
    }

    fn add(&mut self, request: Request) {
        self.requests += 1;
        self.stored += request.stored;
        self.duplicates += request.duplicates;
        for row in &request.objects {
            *match row.outcome {
                Outcome::Resolved => &mut self.resolved,
                Outcome::StillQuarantined => &mut self.still_quarantined,
                Outcome::Failed => &mut self.failed,
            } += 1;
        }
        self.objects.extend(request.objects);
    }
}

/// Replays these objects.
pub(crate) async fn replay(
    deployment: &Deployment,
    bucket: &Bucket,
    objects: Vec<Object>,
    unchecked: bool,
    dry_run: bool,
) -> Result<Replayed> {
    let requests = by_request(objects);
    let mut senders = HashMap::new();
    let providers = location_event::PROVIDERS.into_iter().filter(|_| !dry_run);
    for provider in providers {
        senders.insert(provider.route, Sender::of(deployment, provider).await?);
    }
    let replay = Replay { bucket, senders, unchecked, dry_run, stopped: RefCell::default() };
    let mut progress = Progress::new("replaying", requests.len());
    let mut replayed = Replayed { dry_run, ..Replayed::default() };
    let mut done = stream::iter(requests).map(|objects| replay.request(objects)).buffer_unordered(CONCURRENT_REQUESTS);
    while let Some(request) = done.next().await {
        if let Some(request) = request {
            replayed.add(request);
        }
        progress.reach(replayed.requests);
    }
    progress.finish();
    drop(done);
    replayed.stopped = replay.stopped.into_inner();
    replayed.objects.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(replayed)
}

/// The objects of each request.
fn by_request(objects: Vec<Object>) -> Vec<Vec<Object>> {
    let mut requests = BTreeMap::<String, Vec<Object>>::new();
    for object in objects {
        requests.entry(object.digest.clone()).or_default().push(object);
    }
    requests.into_values().collect()
}

struct Replay<'a> {
    bucket: &'a Bucket,
    senders: HashMap<&'static str, Sender>,
    unchecked: bool,
    dry_run: bool,
    stopped: RefCell<Option<String>>,
}

impl Replay<'_> {
    /// `None` where it was not tried any more.
    async fn request(&self, objects: Vec<Object>) -> Option<Request> {
        if self.stopped.borrow().is_some() {
            return None;
        }
        let (mut kept, mut unread) = (Vec::with_capacity(objects.len()), Vec::new());
        for object in objects {
            match bucket::read(self.bucket, &object.key).await {
                Ok(Some(record)) => kept.push((object, record)),
                Ok(None) => unread.push(Row::failed(object.key, "it is gone: replayed, or expired".to_owned())),
                Err(error) => unread.push(Row::failed(object.key, format!("{error:#}"))),
            }
        }
        // All of them have the same route and body: that is what the digest is of.
        let Some((_, first)) = kept.first() else { return Some(Request::unsent(unread)) };
        let mut request = match first.provider().and_then(|provider| Ok((provider, first.body()?))) {
            Ok((provider, body)) => self.known(kept, provider, body).await,
            Err(error) => Request::unsent(failed(kept, &format!("{error:#}"))),
        };
        request.objects.extend(unread);
        Some(request)
    }

    async fn known(&self, kept: Vec<(Object, Record)>, provider: Provider, body: Vec<u8>) -> Request {
        let verdict = Verdict::of(provider, &body, SystemTime::now().into());
        let hopeful = kept.iter().any(|(_, record)| is_resolved(&record.faults, &verdict.refused));
        if self.dry_run || !(hopeful || self.unchecked) {
            let stored = if hopeful { verdict.acceptable } else { 0 };
            let objects = kept.into_iter().map(|(object, record)| Row::of(object, &record, &verdict.refused)).collect();
            return Request { stored, duplicates: 0, objects };
        }
        let Some(sender) = self.senders.get(provider.route) else {
            return Request::unsent(failed(kept, "nobody can send to its route"));
        };
        match post(sender, body).await {
            Ok(receipt) => self.settle(kept, receipt).await,
            Err(Unsent::Failed(why)) => Request::unsent(failed(kept, &why)),
            Err(Unsent::Denied(why)) => {
                let request = Request::unsent(failed(kept, &why));
                self.stopped.replace(Some(why));
                request
            }
        }
    }

    /// Deletes what is dealt with: all that was accepted is in the log.
    async fn settle(&self, kept: Vec<(Object, Record)>, receipt: Receipt) -> Request {
        let refused: Vec<_> = receipt.quarantined.iter().map(|refusal| refusal.index).collect();
        let mut objects = Vec::with_capacity(kept.len());
        for (object, record) in kept {
            let mut row = Row::of(object, &record, &refused);
            if row.outcome == Outcome::Resolved
                && let Err(error) = self.bucket.delete(&Listed::named(&row.key)).await
            {
                row = Row::failed(row.key, format!("its events are stored, but {error:#}"));
            }
            objects.push(row);
        }
        Request { stored: receipt.accepted, duplicates: receipt.duplicates, objects }
    }
}

/// The objects of a request that was not taken.
fn failed(kept: Vec<(Object, Record)>, why: &str) -> Vec<Row> {
    kept.into_iter().map(|(object, _)| Row::failed(object.key, why.to_owned())).collect()
}

async fn post(sender: &Sender, body: Vec<u8>) -> Result<Receipt, Unsent> {
    let mut pauses = PAUSES.into_iter();
    loop {
        let (sender, sent) = (sender.clone(), body.clone());
        let answer = tokio::task::spawn_blocking(move || sender.post(&sent)).await.context("the request was dropped");
        let failure = match answer.flatten() {
            Ok(answer) if matches!(answer.status, 401 | 403) => {
                return Err(Unsent::Denied(format!(
                    "the write edge does not let the replay in ({answer}): was the secret changed this moment?"
                )));
            }
            Ok(answer) => match Receipt::of(&answer) {
                Ok(receipt) => return Ok(receipt),
                Err(_) if answer.status == 429 || answer.status >= 500 => format!("{answer}"),
                Err(error) => return Err(Unsent::Failed(format!("{error:#}"))),
            },
            Err(error) => format!("{error:#}"),
        };
        match pauses.next() {
            Some(pause) => tokio::time::sleep(pause).await,
            None => return Err(Unsent::Failed(failure)),
        }
    }
}

impl Row {
    fn of(object: Object, record: &Record, refused: &[Option<usize>]) -> Self {
        let resolved = is_resolved(&record.faults, refused);
        let outcome = if resolved { Outcome::Resolved } else { Outcome::StillQuarantined };
        let why = (!resolved).then(|| format!("{}, as before", object.reason));
        Self { key: object.key, outcome, why }
    }

    fn failed(key: String, why: String) -> Self {
        Self { key, outcome: Outcome::Failed, why: Some(why) }
    }
}

impl fmt::Display for Replayed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Row { key, outcome, why } in &self.objects {
            let stays = match outcome {
                Outcome::Resolved => continue,
                Outcome::StillQuarantined => "still refused",
                Outcome::Failed => "failed",
            };
            writeln!(f, "{stays}: {key} ({})", why.as_deref().unwrap_or_default())?;
        }
        let Self { requests, stored, duplicates, resolved, still_quarantined, failed, .. } = self;
        if self.dry_run {
            return write!(
                f,
                "dry run: {requests} requests; {stored} events would be sent again, {resolved} objects deleted, \
                 {still_quarantined} would stay"
            );
        }
        write!(
            f,
            "{requests} requests; {stored} events stored, {duplicates} duplicates; {resolved} objects deleted, \
             {still_quarantined} still refused, {failed} failed"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quarantine::bucket::named;
    use crate::quarantine::record::tests::WRITTEN;

    fn objects(keys: &[&str]) -> Vec<Object> {
        named(&keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn a_request_is_sent_once_however_many_objects_it_has() {
        let requests = by_request(objects(&[
            "quarantine/driver_missing/dt=2026-11-20/aa.json",
            "quarantine/not_json/dt=2026-11-20/bb.json",
            "quarantine/type_missing/dt=2026-11-21/aa.json",
        ]));
        assert_eq!(requests.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1]);
    }

    #[test]
    fn what_stays_is_named_and_counted() {
        let record: Record = serde_json::from_str(WRITTEN).unwrap();
        let [one, two, three] = ["aa", "bb", "cc"].map(|digest| {
            objects(&[&format!("quarantine/latitude_out_of_range/dt=2026-11-20/{digest}.json")]).remove(0)
        });
        let mut replayed = Replayed::default();
        let rows = vec![
            Row::of(one, &record, &[]),
            Row::of(two, &record, &[Some(1)]),
            Row::failed(three.key, "503".to_owned()),
        ];
        replayed.add(Request { stored: 2, duplicates: 1, objects: rows });
        assert!(!replayed.is_complete());
        insta::assert_snapshot!(replayed, @r"
        still refused: quarantine/latitude_out_of_range/dt=2026-11-20/bb.json (latitude_out_of_range, as before)
        failed: quarantine/latitude_out_of_range/dt=2026-11-20/cc.json (503)
        1 requests; 2 events stored, 1 duplicates; 1 objects deleted, 1 still refused, 1 failed
        ");
    }
}
