//! The relay under a poller that behaves as AWS's does, and services that fail as AWS's do.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Mutex;

use metrics::Recording;
use proptest::prelude::*;
use serde_json::{Value, json};
use stream_poller::poll;
use table_item::{BatchResponse, StreamEvent};

use crate::deliver::{Entry, Sink};
use crate::{AssignmentsStream, Publication, Sinks, relay};

const MAX_RETRIES: u32 = 3;
const LATITUDE: &str = "41.890231";
const LONGITUDE: &str = "12.492255";

type FlakySinks = Sinks<Flaky<Vec<u8>>, Flaky<Publication>>;

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

/// A record: the first ones of the event log's stream, the others of the assignments'.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Position,
    Crossing,
    Expiry,
    Poison,
    Assignment,
    /// On a later day, the same driver and package.
    Reassignment,
    Amendment,
    /// That a package is delivered.
    Note,
    Update,
    AssignmentExpiry,
    AssignmentPoison,
}

impl Kind {
    fn event_name(self) -> &'static str {
        match self {
            Self::Expiry | Self::AssignmentExpiry => "REMOVE",
            Self::Reassignment | Self::Amendment | Self::Update => "MODIFY",
            _ => "INSERT",
        }
    }
}

fn location_image(index: usize, kind: Kind) -> Value {
    json!({
        "driver_id": {"S": "d1"}, "sort_key": {"S": format!("2026-03-01T12:00:00.000Z#e{index}")},
        "event_id": {"S": format!("e{index}")}, "source": {"S": "radar"}, "event_type": {"S": "x"},
        "kind": {"S": if kind == Kind::Crossing { "geofence_entered" } else { "position" }},
        "latitude": {"N": LATITUDE}, "longitude": {"N": LONGITUDE},
        "recorded_at": {"S": "2026-03-01T12:00:00.000Z"}, "received_at": {"S": "2026-03-01T12:00:01.000Z"},
        "live": {"BOOL": true}, "attributes": {"S": "{\"a\":1}"},
    })
}

fn assignment_image(index: usize, kind: Kind) -> Value {
    let mut image = json!({
        "driver_id": {"S": "d1"}, "package_id": {"S": format!("p{index}")}, "date": {"S": "2026-03-01"},
        "status": {"S": if kind == Kind::Update { "in_progress" } else { "assigned" }}, "sequence": {"N": "7"},
        "run_id": {"S": "r1"}, "assigned_at": {"S": "2026-03-01T05:00:00.000Z"},
        "updated_at": {"S": "2026-03-01T06:00:00.000Z"}, "updated_by": {"S": "key1"},
        "history": {"L": [{"M": {"status": {"S": "assigned"}}}]}, "expires_at": {"N": "1780000000"},
        "weight_kg": {"N": "2.5"}, "is_perishable": {"BOOL": false}, "region": {"S": "north"},
        "distance_km": {"N": "12"}, "is_express": {"BOOL": true}, "is_fragile": {"BOOL": false},
        "temperature_c": {"N": "-1.5"}, "delivery_hour": {"N": "9"}, "volume_m3": {"N": "0.3"},
    });
    if kind == Kind::Update {
        image["previous_status"] = json!({"S": "assigned"});
    }
    if kind == Kind::Amendment {
        (image["status"], image["previous_status"]) = (json!({"S": "delivered"}), json!({"S": "in_progress"}));
        (image["amended"], image["reason"]) = (image["sequence"].clone(), json!({"S": "at the back door"}));
    }
    image
}

fn record(index: usize, kind: Kind) -> Value {
    let (table, mut image) = match kind {
        Kind::Note => (
            "assignments",
            json!({"driver_id": {"S": format!(" delivered p{index}")}, "package_id": {"S": format!("p{index}")},
                   "delivered_by": {"S": "d1"}, "delivered_at": {"S": "2026-03-01T06:00:00.000Z"},
                   "expires_at": {"N": "1780000000"}}),
        ),
        Kind::Position | Kind::Crossing | Kind::Expiry | Kind::Poison => ("events", location_image(index, kind)),
        _ => ("assignments", assignment_image(index, kind)),
    };
    if matches!(kind, Kind::Poison | Kind::AssignmentPoison) {
        image.as_object_mut().unwrap().remove("driver_id");
    }
    let arn = format!("arn:aws:dynamodb:us-east-1:000000000000:table/{table}/stream/2026-03-01T00:00:00.000");
    let change = json!({"SequenceNumber": index.to_string(), "NewImage": image});
    json!({"eventName": kind.event_name(), "eventSourceARN": arn, "dynamodb": change})
}

fn records(kinds: &[Kind]) -> Vec<Value> {
    kinds.iter().enumerate().map(|(index, kind)| record(index, *kind)).collect()
}

fn well() -> FlakySinks {
    failing([(); 4].map(|()| Vec::new()))
}

/// The lake, the log's assignments, its updates, and the bus, failing so.
fn failing([lake, assignments, updates, bus]: [Vec<Failure>; 4]) -> FlakySinks {
    Sinks {
        lake: Flaky::new(lake),
        assignments: Flaky::new(assignments),
        updates: Flaky::new(updates),
        bus: Flaky::new(bus),
    }
}

async fn invoke(shard: &[Value], sinks: &FlakySinks) -> BatchResponse {
    invoke_counting(shard, sinks, &Recording::default()).await
}

async fn invoke_counting(shard: &[Value], sinks: &FlakySinks, recording: &Recording) -> BatchResponse {
    lambda_boot::forbid_in_logs(&[LATITUDE, LONGITUDE]);
    let event: StreamEvent = serde_json::from_value(json!({"Records": shard})).unwrap();
    // A second and a half after the events were received.
    let now = || "2026-03-01T12:00:02.500Z".parse().unwrap();
    relay(&event, &AssignmentsStream::of("assignments"), sinks, &recording.metrics(), now).await
}

fn runtime() -> tokio::runtime::Runtime {
    // Paused time: the backoff between retries passes at once.
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}

/// A batch is of one stream.
fn kinds() -> impl Strategy<Value = Vec<Kind>> {
    let location = prop_oneof![
        6 => Just(Kind::Position),
        3 => Just(Kind::Crossing),
        1 => Just(Kind::Expiry),
        1 => Just(Kind::Poison),
    ];
    let assignment = prop_oneof![
        4 => Just(Kind::Assignment),
        1 => Just(Kind::Reassignment),
        4 => Just(Kind::Update),
        1 => Just(Kind::Amendment),
        2 => Just(Kind::Note),
        1 => Just(Kind::AssignmentExpiry),
        1 => Just(Kind::AssignmentPoison),
    ];
    prop_oneof![prop::collection::vec(location, 0..25), prop::collection::vec(assignment, 0..25)]
}

fn failures() -> impl Strategy<Value = [Vec<Failure>; 4]> {
    let failure = prop_oneof![Just(Failure::None), Just(Failure::Request), (1..4_usize).prop_map(Failure::EachNth),];
    prop::array::uniform4(prop::collection::vec(failure, 0..12))
}

proptest! {
    #[test]
    fn nothing_is_lost_and_nothing_blocks(kinds in kinds(), failures in failures()) {
        let sinks = failing(failures);
        let shard = records(&kinds);
        let recording = Recording::default();
        let invoke = async |range: Range<usize>| invoke_counting(&shard[range], &sinks, &recording).await;
        let given_up = runtime().block_on(poll(shard.len(), 25, MAX_RETRIES, invoke));

        let of = |wanted: &[Kind]| -> BTreeSet<usize> {
            kinds.iter().enumerate().filter(|(_, kind)| wanted.contains(kind)).map(|(index, _)| index).collect()
        };
        let ids = |wanted: &[Kind]| -> BTreeSet<String> {
            of(wanted).into_iter().map(|index| event_id_of(index, kinds[index])).collect()
        };
        // Twelve failures in a row of a sink outlast no retries here, so only poison is given up, and all of it.
        prop_assert_eq!(given_up.into_iter().collect::<BTreeSet<_>>(), of(&[Kind::Poison, Kind::AssignmentPoison]));
        prop_assert_eq!(sinks.lake.event_ids(), ids(&[Kind::Position, Kind::Crossing]));
        prop_assert_eq!(sinks.assignments.event_ids(), ids(&[Kind::Assignment, Kind::Reassignment]));
        prop_assert_eq!(sinks.updates.event_ids(), ids(&[Kind::Update, Kind::Amendment]));
        let published = [Kind::Crossing, Kind::Assignment, Kind::Reassignment, Kind::Update, Kind::Amendment];
        prop_assert_eq!(sinks.bus.event_ids(), ids(&published));
        // However often they were delivered, events are counted once.
        let accepted = recording.lines().iter().filter_map(|line| line["AcceptedEvents"].as_u64()).sum::<u64>();
        prop_assert_eq!(accepted, of(&[Kind::Position, Kind::Crossing]).len() as u64);
        let to_bus = recording.values("StoredToBusSeconds");
        prop_assert!(to_bus.iter().all(|seconds| (seconds - 1.5).abs() < 1e-9), "{:?}", to_bus);
        prop_assert_eq!(to_bus.len(), of(&[Kind::Crossing]).len());
    }
}

fn event_id_of(index: usize, kind: Kind) -> String {
    match kind {
        Kind::Position | Kind::Crossing => format!("e{index}"),
        _ => format!("2026-03-01/d1/p{index}/7"),
    }
}

#[test]
fn a_healthy_batch_takes_as_few_requests_as_the_services_allow() {
    let sinks = well();
    let response = runtime().block_on(invoke(&records(&[Kind::Crossing; 7]), &sinks));
    assert_eq!(serde_json::to_value(&response).unwrap(), json!({"batchItemFailures": []}));
    assert_eq!(sinks.lake.taken.lock().unwrap().len(), 1, "all rows are packed into one Firehose record");
    assert_eq!(*sinks.bus.requests.lock().unwrap(), 3, "seven entries, three a request");
    assert_eq!(*sinks.assignments.requests.lock().unwrap(), 0);
    assert_eq!(*sinks.updates.requests.lock().unwrap(), 0);
}

#[test]
fn a_healthy_batch_of_assignments_does_not_touch_the_lake() {
    let sinks = well();
    let kinds = [Kind::Assignment, Kind::Update, Kind::Reassignment];
    let response = runtime().block_on(invoke(&records(&kinds), &sinks));
    assert_eq!(response.first_unfinished(), None);
    let requests = [&sinks.lake, &sinks.assignments, &sinks.updates].map(|log| *log.requests.lock().unwrap());
    assert_eq!((requests, *sinks.bus.requests.lock().unwrap()), ([0, 1, 1], 1));
    let row = sinks.updates.taken.lock().unwrap()[0].clone();
    let row: Value = serde_json::from_slice(&row).unwrap();
    assert_eq!((&row["status"], &row["previous_status"]), (&json!("in_progress"), &json!("assigned")));
    assert_eq!(row["at"], "2026-03-01 06:00:00.000");
}

#[test]
fn what_is_added_to_a_delivery_is_no_other_delivery() {
    let sinks = well();
    let response = runtime().block_on(invoke(&records(&[Kind::Note, Kind::Amendment]), &sinks));
    assert_eq!(response.first_unfinished(), None);
    let row: Value = serde_json::from_slice(&sinks.updates.taken.lock().unwrap()[0]).unwrap();
    assert_eq!((&row["status"], &row["previous_status"]), (&json!("delivered"), &json!("delivered")));
    let published = sinks.bus.taken.lock().unwrap();
    let [publication] = published.as_slice() else { panic!("{published:?}") };
    let detail: Value = serde_json::from_str(publication.detail()).unwrap();
    assert_eq!(detail["event_type"], "delivery.amended");
    assert_eq!((&detail["status"], &detail["previous_status"]), (&json!("delivered"), &json!("delivered")));
    assert_eq!(detail["reason"], "at the back door");
}

#[test]
fn a_table_with_a_longer_name_is_not_the_assignments() {
    let sinks = well();
    let mut shard = records(&[Kind::Position]);
    for arn in
        ["arn:aws:dynamodb:r:1:table/assignments2/stream/x", "arn:aws:dynamodb:r:1:table/my-assignments/stream/x"]
    {
        shard[0]["eventSourceARN"] = json!(arn);
        assert_eq!(runtime().block_on(invoke(&shard, &sinks)).first_unfinished(), None);
    }
    assert_eq!(sinks.lake.taken.lock().unwrap().len(), 2);
}

#[test]
fn only_refused_entries_are_sent_again() {
    let sinks = failing([vec![], vec![], vec![], vec![Failure::EachNth(2)]]);
    let response = runtime().block_on(invoke(&records(&[Kind::Crossing; 3]), &sinks));
    assert_eq!(response.first_unfinished(), None);
    assert_eq!(sinks.bus.taken.lock().unwrap().len(), 3, "the one that was taken is not sent again");
}

#[test]
fn lines_about_a_record_say_which_it_is_and_which_event() {
    let failing_bus = || failing([vec![], vec![], vec![], vec![Failure::Request; 4]]);
    let mut cut = records(&[Kind::Position, Kind::Position]);
    cut[1]["dynamodb"]["NewImage"].as_object_mut().unwrap().remove("kind");
    let shards = [cut, records(&[Kind::Position, Kind::Crossing]), records(&[Kind::AssignmentExpiry, Kind::Update])];
    let lines = lambda_boot::captured_logs(|| {
        for shard in &shards {
            runtime().block_on(invoke(shard, &failing_bus()));
        }
    });
    let said = |line: &Value| {
        ["message", "record.sequence_number", "event_id"].map(|field| line[field].as_str().unwrap().to_owned())
    };
    let expected = [
        ["record is not an event", "1", "e1"],
        ["batch not finished", "1", "e1"],
        ["batch not finished", "1", "e1"],
        ["batch not finished", "1", "2026-03-01/d1/p1/7"],
    ];
    assert_eq!(lines.iter().map(said).collect::<Vec<_>>(), expected.map(|line| line.map(str::to_owned)));
    let lines = json!(lines).to_string();
    assert!(!lines.contains(LATITUDE) && !lines.contains(LONGITUDE), "{lines}");
}

#[test]
fn what_one_service_has_and_another_has_not_is_counted_when_both_have_it() {
    let recording = Recording::default();
    let shard = records(&[Kind::Crossing, Kind::Position, Kind::Crossing]);
    let lake_is_down = failing([vec![Failure::Request; 4], vec![], vec![], vec![]]);
    runtime().block_on(async {
        invoke_counting(&shard, &lake_is_down, &recording).await;
        assert_eq!((lake_is_down.bus.event_ids().len(), recording.lines().len()), (2, 0));
        invoke_counting(&shard, &lake_is_down, &recording).await;
    });
    assert_eq!(recording.values("AcceptedEvents"), [3.0]);
    assert_eq!(recording.values("StoredToBusSeconds"), [1.5, 1.5]);
}

#[test]
fn what_an_operator_has_delivered_again_is_not_counted() {
    let (sinks, recording) = (well(), Recording::default());
    let mut shard = records(&[Kind::Crossing, Kind::Position]);
    shard.iter_mut().for_each(|record| record["eventSource"] = json!(table_item::REPLAYED));
    runtime().block_on(invoke_counting(&shard, &sinks, &recording));
    assert_eq!((sinks.bus.event_ids().len(), recording.lines()), (1, vec![]));
}

#[test]
fn the_first_unfinished_record_is_reported() {
    let sinks = well();
    let shard = records(&[Kind::Position, Kind::Crossing, Kind::Poison, Kind::Crossing]);
    let response = runtime().block_on(invoke(&shard, &sinks));
    assert_eq!(serde_json::to_value(&response).unwrap(), json!({"batchItemFailures": [{"itemIdentifier": "2"}]}));
    assert_eq!(sinks.lake.event_ids().len(), 2, "what came before it is delivered");
}

#[test]
fn whichever_service_is_down_its_first_record_is_reported() {
    let kinds = [Kind::AssignmentExpiry, Kind::Assignment, Kind::Update, Kind::Assignment, Kind::Update];
    let down = || vec![Failure::Request; 4];
    for (failures, first) in [
        ([down(), vec![], vec![], vec![]], None),
        ([vec![], down(), vec![], vec![]], Some("1")),
        ([vec![], vec![], down(), vec![]], Some("2")),
        ([vec![], vec![], vec![], [down(), down()].concat()], Some("1")),
        ([vec![], down(), down(), vec![]], Some("1")),
    ] {
        let case = format!("{failures:?}");
        let response = runtime().block_on(invoke(&records(&kinds), &failing(failures)));
        assert_eq!(response.first_unfinished(), first, "{case}");
    }
}

#[test]
fn a_repeat_is_told_by_its_id() {
    let sinks = well();
    let shard = records(&[Kind::Assignment, Kind::Update]);
    runtime().block_on(async {
        invoke(&shard, &sinks).await;
        invoke(&shard, &sinks).await;
    });
    assert_eq!(sinks.bus.taken.lock().unwrap().len(), 4);
    assert_eq!(sinks.bus.event_ids().len(), 2);
    assert_eq!((sinks.assignments.event_ids().len(), sinks.updates.event_ids().len()), (1, 1));
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
