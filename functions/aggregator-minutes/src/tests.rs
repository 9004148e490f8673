//! The aggregator over a log and a table in memory, under a poller that behaves as AWS's does.

mod world;

use std::collections::BTreeMap;
use std::ops::Range;

use aggregates_table::Aggregates;
use aggregation::minute::{Fix, Minute, MinuteAggregate, Position};
use aws_sdk_dynamodb::Client;
use event_log::EventLog;
use proptest::prelude::*;
use serde_json::{Value, json};
use stream_poller::poll;
use table_item::{BatchResponse, StreamEvent};

use self::world::World;
use crate::Aggregator;

/// The mapping's tries after the first. Twenty failing requests use up none of them here.
const MAX_RETRIES: u32 = 20;
/// Where an event of [`event`] is.
const LATITUDE: &str = "41.890231";
const LONGITUDE: &str = "12.492255";

/// An event of the log, as the tests need it.
#[derive(Clone, Debug)]
struct Event {
    id: usize,
    driver: u8,
    millis: i64,
    position: Option<(f64, f64)>,
    speed_mps: Option<f64>,
    flags: Option<&'static str>,
    live: bool,
}

impl Event {
    fn recorded_at(&self) -> location_event::Timestamp {
        location_event::Timestamp::from_millis(1_800_000_000_000 + self.millis).unwrap()
    }

    fn item(&self) -> Value {
        let prefix = if self.position.is_some() { "" } else { "state#" };
        let mut item = json!({
            "driver_id": {"S": format!("d{}", self.driver)},
            "sort_key": {"S": format!("{prefix}{}#e{:04}", self.recorded_at(), self.id)},
            "event_id": {"S": format!("e{:04}", self.id)}, "source": {"S": "milkrun"},
            "event_type": {"S": "position"}, "kind": {"S": "position"},
            "recorded_at": {"S": self.recorded_at().to_string()}, "received_at": {"S": self.recorded_at().to_string()},
            "live": {"BOOL": self.live},
        });
        if let Some((latitude, longitude)) = self.position {
            item["latitude"] = json!({"N": latitude.to_string()});
            item["longitude"] = json!({"N": longitude.to_string()});
        }
        if let Some(speed_mps) = self.speed_mps {
            item["speed_mps"] = json!({"N": speed_mps.to_string()});
        }
        if let Some(flags) = self.flags {
            item["flags"] = json!({"S": flags});
        }
        item
    }
}

fn record(index: usize, item: &Value) -> Value {
    json!({"eventName": "INSERT", "dynamodb": {"SequenceNumber": index.to_string(), "NewImage": item}})
}

/// Some hours after the events.
fn now() -> location_event::Timestamp {
    location_event::Timestamp::from_millis(1_800_010_000_000).unwrap()
}

fn aggregator(world: &World) -> Aggregator {
    lambda_boot::forbid_in_logs(&[LATITUDE, LONGITUDE]);
    let client = Client::new(&world.sdk());
    let log = EventLog::new(client.clone(), "events".to_owned());
    Aggregator::new(log, Aggregates::new(client, "aggregates".to_owned()), 30)
}

fn batch(records: &[Value]) -> StreamEvent {
    serde_json::from_value(json!({ "Records": records })).unwrap()
}

/// What the table must hold of these events, grouped by hand.
fn expected(events: &[Event]) -> BTreeMap<(String, String), MinuteAggregate> {
    let mut sorted: Vec<&Event> = events.iter().filter(|event| event.live && event.position.is_some()).collect();
    sorted.sort_by_key(|event| (event.driver, event.millis, event.id));
    let mut groups = BTreeMap::<(u8, i64), Vec<Position>>::new();
    for event in sorted {
        let (latitude, longitude) = event.position.unwrap();
        let minute = event.recorded_at().as_millis() / 60_000;
        let fix = Fix { recorded_at: event.recorded_at(), latitude, longitude };
        let is_doubtful = event.flags.is_some_and(|flags| flags != "clock_corrected");
        let position = Position { fix, speed_mps: event.speed_mps, is_doubtful };
        groups.entry((event.driver, minute)).or_default().push(position);
    }
    groups
        .into_iter()
        .map(|((driver, _), positions)| {
            let minute = MinuteAggregate::of(Minute::of(positions[0].fix.recorded_at), &positions).unwrap();
            ((format!("driver#d{driver}"), minute.minute.to_string()), minute)
        })
        .collect()
}

fn stored(world: &World) -> BTreeMap<(String, String), MinuteAggregate> {
    let body = |item: &Value| serde_json::from_str(item["body"]["S"].as_str().unwrap()).unwrap();
    world.aggregates().into_iter().map(|(key, item)| (key, body(&item))).collect()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}

/// Delivers the records in batches; returns what was given up.
fn deliver(world: &World, shard: &[Value], size: usize) -> Vec<usize> {
    let aggregator = aggregator(world);
    let invoke = async |range: Range<usize>| aggregator.aggregate(&batch(&shard[range]), now()).await;
    runtime().block_on(poll(shard.len(), size, MAX_RETRIES, invoke))
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let position = proptest::option::weighted(0.9, (-90.0..=90.0_f64, -180.0..=180.0_f64));
    let speed = proptest::option::of((0..40_u8).prop_map(f64::from));
    let flags = prop::sample::select(vec![None, None, Some("clock_corrected"), Some("accuracy_poor,null_island")]);
    let one = (0..3_u8, 0..200_000_i64, position, speed, flags, proptest::bool::weighted(0.9));
    proptest::collection::vec(one, 1..30).prop_map(|events| {
        let event = |(id, (driver, millis, position, speed_mps, flags, live))| Event {
            id,
            driver,
            millis,
            position,
            speed_mps,
            flags,
            live,
        };
        events.into_iter().enumerate().map(event).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Records come while the log grows, twice, in any order, in any batches, and any request may fail: a function
    /// that dies between two writes is one whose next request failed.
    #[test]
    fn any_delivery_leaves_the_minutes_of_the_log(
        events in events(),
        order in proptest::collection::vec(any::<prop::sample::Index>(), 60),
        (first, second) in (1..12_usize, 1..12_usize),
        failures in proptest::collection::vec(proptest::bool::weighted(0.4), 0..20),
    ) {
        let world = World::default();
        // The first delivery: as it was stored, a batch at a time, when only that much was in the log.
        world.fail(failures.clone());
        for chunk in events.chunks(first) {
            let items: Vec<_> = chunk.iter().map(Event::item).collect();
            items.iter().for_each(|item| world.store(item));
            let shard: Vec<_> = items.iter().enumerate().map(|(index, item)| record(index, item)).collect();
            prop_assert_eq!(deliver(&world, &shard, first), Vec::<usize>::new());
        }
        prop_assert_eq!(stored(&world), expected(&events));
        // Again, shuffled, some of them several times and some not at all.
        world.fail(failures);
        let shuffled: Vec<_> = order
            .iter()
            .enumerate()
            .map(|(index, of)| record(index, &of.get(&events).item()))
            .collect();
        prop_assert_eq!(deliver(&world, &shuffled, second), Vec::<usize>::new());
        prop_assert_eq!(stored(&world), expected(&events));
    }
}

fn event(id: usize, millis: i64) -> Event {
    let position = Some((41.890_231, 12.492_255));
    Event { id, driver: 1, millis, position, speed_mps: None, flags: None, live: true }
}

fn invoke(world: &World, records: &[Value]) -> BatchResponse {
    runtime().block_on(aggregator(world).aggregate(&batch(records), now()))
}

#[test]
fn a_minute_is_computed_once_a_batch() {
    let world = World::default();
    let items: Vec<_> = (0..2).map(|id| event(id, i64::try_from(id).unwrap()).item()).collect();
    items.iter().for_each(|item| world.store(item));
    let records: Vec<_> = items.iter().enumerate().map(|(index, item)| record(index, item)).collect();
    assert_eq!(invoke(&world, &records).first_unfinished(), None);
    assert_eq!(world.queries(), 1);
    let item = &world.aggregates()[&("driver#d1".to_owned(), "2027-01-15T08:00:00.000Z".to_owned())];
    // 30 days after the minute, whenever that is computed.
    assert_eq!(item["expires_at"]["N"], (1_800_000_000 + 30 * 86_400).to_string());
}

#[test]
fn test_traffic_states_and_removals_touch_nothing() {
    let world = World::default();
    let test = Event { live: false, ..event(1, 0) };
    let state = Event { position: None, ..event(2, 0) };
    let mut removal = record(2, &event(3, 0).item());
    removal["eventName"] = json!("REMOVE");
    let records = [record(0, &test.item()), record(1, &state.item()), removal];
    assert_eq!(invoke(&world, &records).first_unfinished(), None);
    assert_eq!((world.queries(), world.aggregates().len()), (0, 0));
}

#[test]
fn a_minute_that_is_too_old_to_be_kept_is_not_written() {
    let world = World::default();
    // 30 days are kept: one of these ends a second too early.
    for (id, age_s) in [(1, 30 * 86_400 + 61 - 10_000), (2, 30 * 86_400 - 61 - 10_000), (3, 600_000_000)] {
        let old = event(id, -age_s * 1000);
        world.store(&old.item());
        assert_eq!(invoke(&world, &[record(0, &old.item())]).first_unfinished(), None);
    }
    assert_eq!(world.aggregates().len(), 1);
}

#[test]
fn a_call_that_was_overtaken_takes_nothing_back() {
    let world = World::default();
    (0..3).for_each(|id| world.store(&event(id, 0).item()));
    assert_eq!(invoke(&world, &[record(0, &event(0, 0).item())]).first_unfinished(), None);
    let known = world.aggregates();
    // As if it had read the log when it had one of the three events.
    let table = Aggregates::new(Client::new(&world.sdk()), "aggregates".to_owned());
    let minute = event(0, 0).recorded_at();
    let late = runtime().block_on(table.put_minute(&"d1".to_owned().into(), minute, 1, "{}".to_owned(), 0));
    assert_eq!(late.unwrap(), aggregates_table::MinuteWrite::Outdated);
    assert_eq!(world.aggregates(), known);
}

#[test]
fn the_first_record_of_a_failed_minute_is_reported() {
    let world = World::default();
    let items = [event(0, 0).item(), event(1, 120_000).item(), event(2, 60_000).item(), event(3, 120_001).item()];
    items.iter().for_each(|item| world.store(item));
    let mut records: Vec<_> = items.iter().enumerate().map(|(index, item)| record(index, item)).collect();
    world.fail_minute(Some("2027-01-15T08:02:00.000Z"));
    let mut response = None;
    let lines = lambda_boot::captured_logs(|| response = Some(invoke(&world, &records)));
    let (line, response) = (&lines[0], response.unwrap());
    assert_eq!((&line["record.sequence_number"], &line["event_id"]), (&json!("1"), &json!("e0001")), "{line}");
    world.fail_minute(None);
    assert_eq!(response.first_unfinished(), Some("1"));
    assert_eq!(world.aggregates().len(), 2, "what did not fail is written");
    // What is no event is reported, and what comes before it is computed.
    records[2]["dynamodb"]["NewImage"]["recorded_at"] = json!({"S": "yesterday"});
    assert_eq!(invoke(&world, &records).first_unfinished(), Some("2"));
    assert_eq!(world.aggregates().len(), 3);
}
