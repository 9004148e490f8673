//! The laws of the keys and items, against a model of the table: a sorted map written if absent.

use std::collections::{BTreeMap, BTreeSet};

use location_event::{LocationEvent, PROVIDERS, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};
use table_item::StreamImage;

use crate::item::{self, Fields as _, Item};
use crate::{RecordedPosition, keys};

fn normalise(body: &Value) -> LocationEvent {
    let route = if body.get("driver_id").is_some() { "/v1/positions" } else { "/v1/webhooks/radar" };
    let provider = PROVIDERS.into_iter().find(|provider| provider.route == route).unwrap();
    let received_at = "2026-03-02T00:00:00Z".parse().unwrap();
    provider.normalise(body.to_string().as_bytes(), received_at).unwrap().remove(0).unwrap()
}

/// The table: an item is written where its key is free, and kept sorted by the key.
#[derive(Default, PartialEq, Debug)]
struct Table(BTreeMap<(String, String), Item>);

impl Table {
    fn put(&mut self, event: &LocationEvent) {
        let key = (event.driver_id.to_string(), keys::sort_key(event));
        self.0.entry(key).or_insert_with(|| item::from_event(event, 0));
    }

    fn track(&self, driver: &str, from: Option<Timestamp>, to: Option<Timestamp>) -> Vec<RecordedPosition> {
        let (first, last) = keys::range(from, to);
        self.0
            .range((driver.to_owned(), first)..=(driver.to_owned(), last))
            .map(|(_, item)| RecordedPosition::from_item(item).unwrap())
            .collect()
    }
}

fn events() -> impl Strategy<Value = Vec<Value>> {
    let event = (0..3_u8, 0..40_i64, 0..6_u8, -90.0..90.0_f64, any::<bool>()).prop_map(
        |(driver, second, id, latitude, located)| {
            let mut body = json!({
                "driver_id": format!("d{driver}"), "order_id": "o1", "event_id": format!("e{id}"),
                "type": if located { "position" } else { "trip_started" },
                "recorded_at": Timestamp::from_millis(1_772_000_000_000 + second * 500).unwrap(),
            });
            if located {
                body["latitude"] = json!(latitude);
                body["longitude"] = json!(12.5);
            }
            body
        },
    );
    prop::collection::vec(event, 1..30).prop_map(|events| {
        // One event id has one content: that is what an id is.
        let by_key: BTreeMap<_, _> = events
            .into_iter()
            .map(|event| (keys::sort_key(&normalise(&event)) + event["driver_id"].as_str().unwrap(), event))
            .collect();
        by_key.into_values().collect()
    })
}

/// The same events, shuffled and with repeats.
fn deliveries() -> impl Strategy<Value = (Vec<Value>, Vec<Value>)> {
    events().prop_flat_map(|events| {
        let repeats = prop::collection::vec(prop::sample::select(events.clone()), 0..20);
        (Just(events), repeats).prop_flat_map(|(events, repeats)| {
            let all: Vec<_> = events.iter().cloned().chain(repeats).collect();
            (Just(events), Just(all).prop_shuffle())
        })
    })
}

proptest! {
    #[test]
    fn any_order_and_any_repetition_leave_the_same_log((events, deliveries) in deliveries()) {
        let (mut once, mut shuffled) = (Table::default(), Table::default());
        events.iter().for_each(|event| once.put(&normalise(event)));
        deliveries.iter().for_each(|event| shuffled.put(&normalise(event)));
        prop_assert_eq!(&once, &shuffled);

        for driver in ["d0", "d1", "d2"] {
            let track = shuffled.track(driver, None, None);
            let located = |event: &&Value| event["driver_id"] == driver && event["type"] == "position";
            let newest = events.iter().filter(located).map(|event| normalise(event).recorded_at).max();
            prop_assert_eq!(track.last().map(|position| position.recorded_at), newest);
            prop_assert_eq!(track.len(), events.iter().filter(located).count());
            prop_assert!(track.is_sorted_by_key(|position| position.recorded_at));
        }
        let ids = |bodies: &[Value]| bodies.iter().map(|body| normalise(body).event_id).collect::<BTreeSet<_>>();
        prop_assert_eq!(ids(&events), ids(&deliveries));
    }

    #[test]
    fn a_range_has_its_start_and_not_its_end((events, _) in deliveries(), from in 0..40_i64, length in 0..20_i64) {
        let at = |half_second: i64| Timestamp::from_millis(1_772_000_000_000 + half_second * 500).unwrap();
        let (from, to) = (at(from), at(from + length));
        let mut table = Table::default();
        events.iter().for_each(|event| table.put(&normalise(event)));
        let found: Vec<_> = table.track("d1", Some(from), Some(to)).into_iter().map(|p| p.recorded_at).collect();
        let mut expected: Vec<_> = events
            .iter()
            .filter(|event| event["driver_id"] == "d1" && event["type"] == "position")
            .map(|event| normalise(event).recorded_at)
            .filter(|time| (from..to).contains(time))
            .collect();
        expected.sort_unstable();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn an_item_reads_back(events in events()) {
        for event in events.iter().map(normalise) {
            prop_assert_eq!(item::to_event(&item::from_event(&event, 7)).unwrap(), event);
        }
    }
}

fn documented_example() -> LocationEvent {
    normalise(&serde_json::from_str(include_str!("../../../docs/api/examples/radar-single.json")).unwrap())
}

#[test]
fn a_stream_record_reads_as_the_item_does() {
    let event = documented_example();
    let image: Value = item::from_event(&event, 7)
        .into_iter()
        .map(|(name, value)| {
            let value = match (value.as_s(), value.as_n(), value.as_bool()) {
                (Ok(text), ..) => json!({"S": text}),
                (_, Ok(number), _) => json!({"N": number}),
                (.., Ok(boolean)) => json!({"BOOL": boolean}),
                _ => unreachable!("{value:?}"),
            };
            (name, value)
        })
        .collect();
    let mut image: StreamImage = serde_json::from_value(image).unwrap();
    assert_eq!(item::to_event(&image).unwrap(), event);
    image.insert("foreign".to_owned(), serde_json::from_value(json!({"L": [{"S": "x"}]})).unwrap());
    assert_eq!(item::to_event(&image).unwrap(), event);
    image.remove("recorded_at");
    assert_eq!(item::to_event(&image).unwrap_err().attribute, "recorded_at");
}

/// DynamoDB's rule: names and texts count their bytes; a number about a byte for two digits and one more;
/// a boolean one. <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>
fn size(item: &Item) -> usize {
    item.iter()
        .map(|(name, value)| {
            name.len()
                + match (value.as_s(), value.as_n()) {
                    (Ok(text), _) => text.len(),
                    (_, Ok(number)) => number.len().div_ceil(2) + 2,
                    _ => 1,
                }
        })
        .sum()
}

#[test]
fn the_documented_example_costs_one_write_unit() {
    let size = size(&item::from_event(&documented_example(), 1_800_000_000));
    assert!(size < 1024, "{size} bytes");
}

#[test]
fn the_index_holds_only_orders_with_a_position() {
    let body = json!({"driver_id": "d", "recorded_at": "2026-03-01T12:00:00.000Z", "latitude": 1, "longitude": 2});
    let indexed = |body: &Value| item::from_event(&normalise(body), 0).text(keys::LOCATED_ORDER_ID).is_some();
    assert!(!indexed(&body));
    let mut with_order = body.clone();
    with_order["order_id"] = json!("o1");
    assert!(indexed(&with_order));
    let state =
        json!({"driver_id": "d", "recorded_at": "2026-03-01T12:00:00.000Z", "type": "trip_started", "order_id": "o1"});
    assert!(!indexed(&state));
    assert!(keys::sort_key(&normalise(&state)).starts_with(keys::STATE_PREFIX));
}
