//! The relay under a poller that behaves as AWS's does, and services that fail as AWS's do.
//!
//! The emulator's poller drops what is reported as failed, so it can prove nothing about losing events.
//! This one checkpoints before the first failed record, retries a finite number of times, bisects what
//! keeps failing, and sends a record that fails alone to the on-failure destination.

use std::collections::BTreeSet;
use std::sync::Mutex;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::deliver::{Entry, Sink};
use crate::{BatchResponse, Publication, StreamEvent, relay};

const MAX_RETRIES: u32 = 3;

/// A service that keeps what it takes. It fails as its list of outcomes says, and is well afterwards.
struct Flaky<P> {
    outcomes: Mutex<Vec<Failure>>,
    taken: Mutex<Vec<P>>,
    requests: Mutex<usize>,
}

#[derive(Clone, Copy, Debug)]
enum Failure {
    None,
    /// The request fails as a whole.
    Request,
    /// Every n-th entry is refused.
    EachNth(usize),
}

impl<P> Flaky<P> {
    fn new(outcomes: Vec<Failure>) -> Self {
        Self { outcomes: Mutex::new(outcomes), taken: Mutex::new(Vec::new()), requests: Mutex::new(0) }
    }

    fn take(&self, entries: &[Entry<P>]) -> Vec<bool>
    where
        P: Clone,
    {
        *self.requests.lock().unwrap() += 1;
        let outcome = self.outcomes.lock().unwrap().pop().unwrap_or(Failure::None);
        let mut taken = self.taken.lock().unwrap();
        let mut answers = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            let delivered = match outcome {
                Failure::None => true,
                Failure::Request => return Vec::new(),
                Failure::EachNth(n) => index % n != 0,
            };
            if delivered {
                taken.push(entry.payload.clone());
            }
            answers.push(delivered);
        }
        answers
    }
}

impl Sink for Flaky<Vec<u8>> {
    type Payload = Vec<u8>;
    const MAX_ENTRIES: usize = 2;
    const MAX_BYTES: usize = 1_500;

    async fn send(&self, entries: &[Entry<Vec<u8>>]) -> Vec<bool> {
        self.take(entries)
    }
}

impl Sink for Flaky<Publication> {
    type Payload = Publication;
    const MAX_ENTRIES: usize = 3;
    const MAX_BYTES: usize = 4_000;

    async fn send(&self, entries: &[Entry<Publication>]) -> Vec<bool> {
        self.take(entries)
    }
}

impl Flaky<Vec<u8>> {
    fn event_ids(&self) -> BTreeSet<String> {
        let taken = self.taken.lock().unwrap();
        let rows = taken.iter().flat_map(|pack| pack.split(|byte| *byte == b'\n')).filter(|row| !row.is_empty());
        rows.map(event_id).collect()
    }
}

impl Flaky<Publication> {
    fn event_ids(&self) -> BTreeSet<String> {
        self.taken.lock().unwrap().iter().map(|publication| event_id(publication.detail().as_bytes())).collect()
    }
}

fn event_id(json: &[u8]) -> String {
    serde_json::from_slice::<Value>(json).unwrap()["event_id"].as_str().unwrap().to_owned()
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Position,
    Crossing,
    Removal,
    Poison,
}

fn record(index: usize, kind: Kind) -> Value {
    let mut image = json!({
        "driver_id": {"S": "d1"}, "sort_key": {"S": format!("2026-03-01T12:00:00.000Z#e{index}")},
        "event_id": {"S": format!("e{index}")}, "source": {"S": "radar"}, "event_type": {"S": "x"},
        "kind": {"S": if kind == Kind::Crossing { "geofence_entered" } else { "position" }},
        "latitude": {"N": "1.5"}, "longitude": {"N": "2.5"},
        "recorded_at": {"S": "2026-03-01T12:00:00.000Z"}, "received_at": {"S": "2026-03-01T12:00:01.000Z"},
        "live": {"BOOL": true}, "attributes": {"S": "{\"a\":1}"},
    });
    if kind == Kind::Poison {
        image.as_object_mut().unwrap().remove("driver_id");
    }
    let name = if kind == Kind::Removal { "REMOVE" } else { "INSERT" };
    json!({"eventName": name, "dynamodb": {"SequenceNumber": index.to_string(), "NewImage": image}})
}

async fn invoke(shard: &[Value], lake: &Flaky<Vec<u8>>, bus: &Flaky<Publication>) -> BatchResponse {
    let event: StreamEvent = serde_json::from_value(json!({"Records": shard})).unwrap();
    relay(&event, lake, bus).await
}

/// Polls a shard to its end, as an event source mapping with bisection does; returns what was given up.
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html>
async fn poll(shard: &[Value], lake: &Flaky<Vec<u8>>, bus: &Flaky<Publication>) -> Vec<usize> {
    let mut given_up = Vec::new();
    let mut work = vec![(0, shard.len(), 0)];
    while let Some((start, end, retries)) = work.pop() {
        if start == end {
            continue;
        }
        let response = invoke(&shard[start..end], lake, bus).await;
        let Some(failed) = response.first_unfinished() else { continue };
        let failed: usize = failed.parse().unwrap();
        assert!((start..end).contains(&failed), "{failed} is not of this batch");
        // A batch that got further starts anew; one that did not has used up a retry.
        let retries = if failed > start { 0 } else { retries + 1 };
        if retries <= MAX_RETRIES {
            work.push((failed, end, retries));
        } else if end - failed > 1 {
            let middle = failed + (end - failed) / 2;
            work.push((middle, end, 0));
            work.push((failed, middle, 0));
        } else {
            given_up.push(failed);
        }
    }
    given_up
}

fn runtime() -> tokio::runtime::Runtime {
    // Paused time: the backoff between retries passes at once.
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}

fn kinds() -> impl Strategy<Value = Vec<Kind>> {
    let kind = prop_oneof![
        6 => Just(Kind::Position),
        3 => Just(Kind::Crossing),
        1 => Just(Kind::Removal),
        1 => Just(Kind::Poison),
    ];
    prop::collection::vec(kind, 0..25)
}

fn failures() -> impl Strategy<Value = Vec<Failure>> {
    let failure = prop_oneof![Just(Failure::None), Just(Failure::Request), (1..4_usize).prop_map(Failure::EachNth),];
    prop::collection::vec(failure, 0..12)
}

proptest! {
    #[test]
    fn nothing_is_lost_and_nothing_blocks(kinds in kinds(), lake_fails in failures(), bus_fails in failures()) {
        let (lake, bus) = (Flaky::new(lake_fails), Flaky::new(bus_fails));
        let shard: Vec<_> = kinds.iter().enumerate().map(|(index, kind)| record(index, *kind)).collect();
        let given_up = runtime().block_on(poll(&shard, &lake, &bus));

        let of = |wanted: &[Kind]| -> BTreeSet<usize> {
            kinds.iter().enumerate().filter(|(_, kind)| wanted.contains(kind)).map(|(index, _)| index).collect()
        };
        let ids = |indices: BTreeSet<usize>| indices.iter().map(|index| format!("e{index}")).collect::<BTreeSet<_>>();
        // Twelve failures in a row outlast no retries here, so only poison is given up, and all of it.
        prop_assert_eq!(given_up.into_iter().collect::<BTreeSet<_>>(), of(&[Kind::Poison]));
        prop_assert_eq!(lake.event_ids(), ids(of(&[Kind::Position, Kind::Crossing])));
        prop_assert_eq!(bus.event_ids(), ids(of(&[Kind::Crossing])));
    }
}

#[test]
fn a_healthy_batch_takes_as_few_requests_as_the_services_allow() {
    let shard: Vec<_> = (0..7).map(|index| record(index, Kind::Crossing)).collect();
    let (lake, bus) = (Flaky::new(Vec::new()), Flaky::new(Vec::new()));
    let response = runtime().block_on(invoke(&shard, &lake, &bus));
    assert_eq!(serde_json::to_value(&response).unwrap(), json!({"batchItemFailures": []}));
    assert_eq!(lake.taken.lock().unwrap().len(), 1, "all rows are packed into one Firehose record");
    assert_eq!(*bus.requests.lock().unwrap(), 3, "seven entries, three a request");
}

#[test]
fn only_refused_entries_are_sent_again() {
    let shard: Vec<_> = (0..3).map(|index| record(index, Kind::Crossing)).collect();
    let (lake, bus) = (Flaky::new(Vec::new()), Flaky::new(vec![Failure::EachNth(2)]));
    let response = runtime().block_on(invoke(&shard, &lake, &bus));
    assert_eq!(response.first_unfinished(), None);
    assert_eq!(bus.taken.lock().unwrap().len(), 3, "the one that was taken is not sent again");
}

#[test]
fn the_first_unfinished_record_is_reported() {
    let shard: Vec<_> = [Kind::Position, Kind::Crossing, Kind::Poison, Kind::Crossing]
        .into_iter()
        .enumerate()
        .map(|(index, kind)| record(index, kind))
        .collect();
    let (lake, bus) = (Flaky::new(Vec::new()), Flaky::new(Vec::new()));
    let response = runtime().block_on(invoke(&shard, &lake, &bus));
    assert_eq!(serde_json::to_value(&response).unwrap(), json!({"batchItemFailures": [{"itemIdentifier": "2"}]}));
    assert_eq!(lake.event_ids().len(), 2, "what came before it is delivered");
}

/// A service that answers nothing until the SDK's patience is over.
struct Hanging;

impl Sink for Hanging {
    type Payload = Vec<u8>;
    const MAX_ENTRIES: usize = 1;
    const MAX_BYTES: usize = 1_000;

    async fn send(&self, _: &[Entry<Vec<u8>>]) -> Vec<bool> {
        tokio::time::sleep(crate::PATIENCE).await;
        Vec::new()
    }
}

#[test]
fn a_hanging_service_is_given_up_within_the_functions_minute() {
    let entries: Vec<_> = (5..55).map(|record| Entry { record, size: 1, payload: vec![0] }).collect();
    let elapsed = runtime().block_on(async {
        let started = tokio::time::Instant::now();
        assert_eq!(crate::deliver::deliver(&Hanging, entries).await, Some(5));
        started.elapsed()
    });
    assert!(elapsed.as_secs() < 60, "{elapsed:?}");
}
