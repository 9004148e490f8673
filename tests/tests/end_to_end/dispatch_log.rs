//! The bus and the operations log say what the table says: each change once by its id, and nothing else.

use std::collections::BTreeMap;

use milkrun_tests::dispatch::{assign, update};
use milkrun_tests::{Aws, Day, Subscriber, eventually};
use serde_json::{Map, Value, json};

/// Fields of a history entry that events have too, where it has them.
const OPTIONAL: [&str; 3] = ["occurred_at", "reason", "proof"];

/// The day's events by their id, as the table's history tells them.
fn expected(day: &Day) -> BTreeMap<String, Value> {
    let mut events = BTreeMap::new();
    for row in day.rows() {
        let history = row["history"].as_array().unwrap();
        assert_eq!(row["sequence"], json!(history.len()), "{row}");
        assert_eq!(row["status"], history.last().unwrap()["status"], "{row}");
        // What the delivery's status came with, what was added included.
        let mut known = Map::new();
        for (index, entry) in history.iter().enumerate() {
            let (driver, package) = (row["driver_id"].as_str().unwrap(), row["package_id"].as_str().unwrap());
            let id = format!("{}/{driver}/{package}/{}", day.date, index + 1);
            let is_amendment = index > 0 && entry["status"] == history[index - 1]["status"];
            let kind = match index {
                0 => "delivery.assigned",
                _ if is_amendment => "delivery.amended",
                _ => "delivery.status_changed",
            };
            if !is_amendment {
                known.clear();
            }
            let mut event = Map::from_iter([
                ("schema_version".to_owned(), json!(1)),
                ("event_id".to_owned(), json!(id)),
                ("event_type".to_owned(), json!(kind)),
                ("driver_id".to_owned(), json!(driver)),
                ("package_id".to_owned(), json!(package)),
                ("date".to_owned(), json!(day.date)),
                ("run_id".to_owned(), row["run_id"].clone()),
            ]);
            for field in ["status", "at", "by"] {
                event.insert(field.to_owned(), entry[field].clone());
            }
            if index > 0 {
                event.insert("previous_status".to_owned(), history[index - 1]["status"].clone());
            }
            for field in OPTIONAL {
                if let Some(value) = entry.get(field) {
                    known.insert(field.to_owned(), value.clone());
                }
            }
            event.extend(known.clone());
            // The table keeps it as text.
            if let Some(proof) = event.get_mut("proof") {
                *proof = serde_json::from_str(proof.as_str().unwrap()).unwrap();
            }
            events.insert(id, event.into());
        }
    }
    events
}

/// An event as a row of the operations log.
fn row(event: &Value) -> Vec<String> {
    let text = |field: &str| match event.get(field) {
        None => String::new(),
        Some(Value::String(text)) if field != "proof" => text.clone(),
        Some(value) => value.to_string(),
    };
    let time = |field: &str| text(field).replace('T', " ").replace('Z', "");
    let columns =
        ["event_id", "date", "driver_id", "package_id", "status", "previous_status", "run_id", "by", "reason", "proof"];
    [text("schema_version")].into_iter().chain(columns.map(text)).chain(["at", "occurred_at"].map(time)).collect()
}

/// The rows of a table of the operations log for a day, each once, by event, once there are so many.
fn logged(table: &str, day: &Day, count: usize) -> Vec<Vec<String>> {
    let query = format!(
        "SELECT DISTINCT schema_version, event_id, \"date\", driver_id, package_id, status, previous_status, run_id, \
         \"by\", reason, proof, \"at\", occurred_at FROM {table} WHERE \"date\" = '{}' ORDER BY event_id",
        day.date
    );
    let mut rows = eventually(&format!("{count} rows of {table}"), || {
        let rows = Aws::root().athena(&query);
        (rows.len() >= count).then_some(rows)
    });
    rows.iter_mut().for_each(|row| {
        for time in &mut row[11..] {
            // All of them have milliseconds in the table; the engine shows what is not zero.
            if let Some((seconds, fraction)) = time.split_once('.') {
                *time = format!("{seconds}.{:0<3}", fraction.trim_end_matches('0'));
            } else if !time.is_empty() {
                time.push_str(".000");
            }
        }
    });
    rows
}

#[test]
fn the_bus_and_the_operations_log_agree_with_the_table() {
    let day = Day::plain(5, 40).uploaded();
    let subscriber = Subscriber::to_deliveries_of(&day.date);
    assert_eq!(assign(&day.request(7)).status, 200);
    let assigned = day.pairs();
    assert_eq!(assigned.len(), 35);
    let ways: [&[(&str, Value)]; 5] = [
        &[],
        &[("accepted", json!({}))],
        &[("accepted", json!({})), ("in_progress", json!({"occurred_at": "2026-11-20T09:00:00.25-05:00"}))],
        &[("in_progress", json!({})), ("delivered", json!({"proof": {"photo": "1.jpg", "at": 1.50}}))],
        &[("failed_to_deliver", json!({"reason": "nobody at home", "proof": "a \"note\""}))],
    ];
    let mut changes = 0;
    for ((driver, package), way) in assigned.iter().zip(ways.iter().cycle()) {
        for (status, more) in *way {
            assert_eq!(update(driver, package, status, more).status, 200);
            changes += 1;
        }
    }
    // What is new about a status is an event of its own type, and no second delivery.
    let (driver, package) = &assigned[3];
    assert_eq!(update(driver, package, "delivered", &json!({"reason": "at the back"})).status, 200);
    let (driver, package) = &assigned[1];
    assert_eq!(update(driver, package, "accepted", &json!({"proof": "a list"})).status, 200);
    changes += 2;
    // What changes nothing is no event: once more the same, and what is refused.
    assert_eq!(update(driver, package, "accepted", &json!({"proof": "a list"})).status, 200);
    let (driver, package) = &assigned[3];
    assert_eq!(update(driver, package, "accepted", &json!({})).status, 409);

    let expected = expected(&day);
    assert_eq!(expected.len(), assigned.len() + changes);
    let events = subscriber.received(expected.len());
    for event in &events {
        let detail = &event["detail"];
        let id = detail["event_id"].as_str().unwrap();
        // Repeats included: an event that comes again is the same one.
        assert_eq!(Some(detail), expected.get(id), "{id}");
        assert_eq!((&event["source"], &event["detail-type"]), (&json!("milkrun"), &detail["event_type"]));
    }
    snapshot(&day, &events);

    for (table, is_assigned) in [("assignments", true), ("updates", false)] {
        let of_table = |event: &&Value| (event["event_type"] == "delivery.assigned") == is_assigned;
        let rows: Vec<_> = expected.values().filter(of_table).map(row).collect();
        assert_eq!(logged(table, &day, rows.len()), rows, "{table}");
    }
    // An assignment's row says what is carried, too, but not to which door: the log outlives the delivery.
    let carried = Aws::root().athena(&format!(
        "SELECT DISTINCT weight_kg, volume_m3, distance_km, region FROM assignments WHERE \"date\" = '{}'",
        day.date
    ));
    assert_eq!(carried, [["4.25", "0.75", "12.5", "north"]]);
}

fn snapshot(day: &Day, events: &[Value]) {
    let failed = events.iter().find(|event| event["detail"]["status"] == "failed_to_deliver").unwrap();
    let mut event = failed.clone();
    for field in ["id", "account", "region", "resources", "version"] {
        event.as_object_mut().unwrap().remove(field);
    }
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(&day.mark, "<day>");
    settings.add_filter(&day.date, "<date>");
    // With what stands before it: a run's id may have a dash, a d and a digit, too.
    settings.add_filter(r"<day>-d\d", "<day>-<driver>");
    settings.add_filter(r"<day>-p\d{3}", "<day>-<package>");
    settings.add_filter(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{3})?Z", "<time>");
    settings.add_filter(r"\d{8}T\d{9}Z-[0-9a-f]{8}", "<stamp>");
    settings.add_filter(r#""by": "[^"]+""#, r#""by": "<API key id>""#);
    settings.bind(|| insta::assert_json_snapshot!("delivery_event", event));
}
