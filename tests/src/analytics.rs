//! Minutes and days, as their consumers and those who run milkrun have them.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::types::AttributeValue;
use location_event::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use crate::{Answer, Aws, MILKRUN, eventually, get};

/// A UTC date so many days ago. The time zone of the environments that are tested is UTC.
pub fn date(days_ago: u64) -> String {
    let time = SystemTime::now() - Duration::from_hours(24 * days_ago);
    Timestamp::from(time).date()
}

/// Reads a path with a key.
pub fn read(path: &str) -> Answer {
    get(path, &[("x-api-key", &MILKRUN.api_key)])
}

/// A day's numbers.
pub fn day(date: &str) -> Answer {
    read(&format!("/v1/analytics/daily/{date}"))
}

/// A driver's minutes of a date, once they have been computed from so many positions: as JSON, and as a table.
pub fn settled_minutes(driver_id: &str, date: &str, positions: u64) -> (Answer, Answer) {
    let driver = utf8_percent_encode(driver_id, NON_ALPHANUMERIC);
    let path = format!("/v1/drivers/{driver}/minutes?from={date}T00:00:00Z&to={date}T23:59:59.999Z");
    let json = eventually(&format!("minutes of {positions} positions of {driver_id}"), || {
        let answer = read(&path);
        let minutes = answer.body["minutes"].as_array().unwrap_or_else(|| panic!("{answer:?}"));
        let found: u64 = minutes.iter().filter_map(|minute| minute["positions"].as_u64()).sum();
        assert!(found <= positions, "minutes of {found} positions, where there are {positions}");
        (found == positions).then_some(answer)
    });
    (json, get(&path, &[("x-api-key", &MILKRUN.api_key), ("accept", "text/csv")]))
}

/// Waits until the lake has so many events of a driver.
pub fn settle_lake(driver_id: &str, events: usize) {
    eventually(&format!("{events} events of {driver_id} in the lake"), || {
        let rows = Aws::root().lake(&format!("SELECT count(*) FROM events WHERE driver_id = '{driver_id}'"));
        (rows[0][0] == events.to_string()).then_some(())
    });
}

/// Waits until all of the log is in the lake, whoever's it is.
pub fn settle_everything() {
    let aws = Aws::root();
    let dynamodb = aws_sdk_dynamodb::Client::new(aws.config());
    eventually("all of the log in the lake", || {
        let scan = dynamodb.scan().table_name(&MILKRUN.events_table).projection_expression("driver_id");
        let items = aws.wait(scan.into_paginator().items().send().try_collect()).expect("the log is read");
        let rows = aws.lake("SELECT count(*) FROM events");
        (rows[0][0] == items.len().to_string()).then_some(())
    });
}

/// Has days computed: `{}` those that the schedule computes, `{"date": "2026-11-20"}` one. What is answered of each.
pub fn compute(payload: &Value) -> Vec<Value> {
    let answer = Aws::root().invoke(&MILKRUN.aggregator_daily_function, payload).expect("the days are computed");
    answer["days"].as_array().expect("days").clone()
}

/// A batch of the log's stream for `aggregator-minutes`: that function's answer.
pub fn deliver(records: &[Value]) -> Result<Value, String> {
    // Sequence numbers as a shard would have them: in the order of delivery.
    let records = (1..).zip(records).map(|(number, record)| {
        let mut record = record.clone();
        record["dynamodb"]["SequenceNumber"] = json!(format!("{number:021}"));
        record
    });
    let batch = json!({"Records": records.collect::<Vec<_>>()});
    Aws::root().invoke(&MILKRUN.aggregator_minutes_function, &batch)
}

/// The records that the log's stream had of a driver, made of the log's items.
pub fn stream_records(driver_id: &str) -> Vec<Value> {
    let items = query(&MILKRUN.events_table, "driver_id", driver_id);
    let record = |item: HashMap<String, AttributeValue>| {
        let image: Map<_, _> = item.into_iter().map(|(name, value)| (name, image(value))).collect();
        json!({
            "eventName": "INSERT",
            "eventSourceARN": "arn:aws:dynamodb:us-east-1:000000000000:table/LocationEvents/stream/2026",
            "dynamodb": {"NewImage": image, "StreamViewType": "NEW_IMAGE"},
        })
    };
    items.into_iter().map(record).collect()
}

/// How many minutes the table has of a driver.
pub fn stored_minutes(driver_id: &str) -> usize {
    query(&MILKRUN.aggregates_table, "subject", &format!("driver#{driver_id}")).len()
}

/// From how many positions the table says that each of a driver's minutes was computed.
pub fn stored_positions(driver_id: &str) -> Vec<u64> {
    let items = query(&MILKRUN.aggregates_table, "subject", &format!("driver#{driver_id}"));
    items.iter().map(|item| item["positions"].as_n().expect("a number").parse().expect("a whole number")).collect()
}

/// Makes the table say that a driver's minutes were computed from so many positions.
pub fn pretend_positions(driver_id: &str, positions: u64) {
    let aws = Aws::root();
    let dynamodb = aws_sdk_dynamodb::Client::new(aws.config());
    for mut item in query(&MILKRUN.aggregates_table, "subject", &format!("driver#{driver_id}")) {
        item.insert("positions".to_owned(), AttributeValue::N(positions.to_string()));
        let put = dynamodb.put_item().table_name(&MILKRUN.aggregates_table).set_item(Some(item));
        aws.wait(put.send()).expect("a minute is written");
    }
}

/// How far the table is with a day.
#[derive(Clone, Copy, Debug, Default)]
pub struct StoredDay {
    /// Pages, those of numbers that do not count yet, or no longer, included.
    pub pages: usize,
    /// The revision that counts; 0: none.
    pub revision: u64,
    /// The last one that is known to be published; 0: none.
    pub published: u64,
}

/// What the table has of a day.
pub fn stored_day(date: &str) -> StoredDay {
    let mut stored = StoredDay::default();
    for item in query(&MILKRUN.aggregates_table, "subject", &format!("day#{date}")) {
        let number = |name: &str| item[name].as_n().expect("a number").parse().expect("a whole number");
        if item["bucket"].as_s().is_ok_and(|bucket| bucket == "head") {
            (stored.revision, stored.published) = (number("revision"), number("published"));
        } else {
            stored.pages += 1;
        }
    }
    stored
}

/// Removes all minutes of a driver from the table, so that what is there afterwards was computed afterwards.
pub fn forget_minutes(driver_id: &str) {
    let aws = Aws::root();
    let dynamodb = aws_sdk_dynamodb::Client::new(aws.config());
    for mut item in query(&MILKRUN.aggregates_table, "subject", &format!("driver#{driver_id}")) {
        item.retain(|name, _| name == "subject" || name == "bucket");
        let delete = dynamodb.delete_item().table_name(&MILKRUN.aggregates_table).set_key(Some(item));
        aws.wait(delete.send()).expect("a minute is deleted");
    }
}

fn query(table: &str, key: &str, value: &str) -> Vec<HashMap<String, AttributeValue>> {
    let aws = Aws::root();
    let query = aws_sdk_dynamodb::Client::new(aws.config())
        .query()
        .table_name(table)
        .key_condition_expression(format!("{key} = :value"))
        .expression_attribute_values(":value", AttributeValue::S(value.to_owned()))
        .consistent_read(true);
    aws.wait(query.into_paginator().items().send().try_collect()).expect("the table is read")
}

/// A value as DynamoDB's JSON has it.
fn image(value: AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({"S": text}),
        AttributeValue::N(number) => json!({"N": number}),
        AttributeValue::Bool(flag) => json!({"BOOL": flag}),
        other => panic!("{other:?} is not in the log"),
    }
}
