//! A log and a table of aggregates in memory, behind the SDK: conditions are kept, pages are short, and requests fail
//! when they are told to.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use lambda_boot::SdkConfig;
use serde_json::{Value, json};

/// Items of a page of the log, so that a minute has several.
const PAGE: usize = 2;

#[derive(Clone, Default)]
pub(super) struct World(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    log: BTreeMap<(String, String), Value>,
    aggregates: BTreeMap<(String, String), Value>,
    /// Whether the next requests are refused, the last first.
    failures: Vec<bool>,
    /// The minute whose events cannot be read, by its beginning.
    unreadable: Option<String>,
    queries: usize,
}

impl World {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Stores an event's item.
    pub(super) fn store(&self, item: &Value) {
        let text = |name: &str| item[name]["S"].as_str().unwrap().to_owned();
        self.state().log.insert((text("driver_id"), text("sort_key")), item.clone());
    }

    pub(super) fn fail(&self, failures: Vec<bool>) {
        self.state().failures = failures;
    }

    /// The events of the minute that begins so cannot be read.
    pub(super) fn fail_minute(&self, minute: Option<&str>) {
        self.state().unreadable = minute.map(str::to_owned);
    }

    /// How often the log was asked.
    pub(super) fn queries(&self) -> usize {
        self.state().queries
    }

    /// The aggregates, by subject and bucket.
    pub(super) fn aggregates(&self) -> BTreeMap<(String, String), Value> {
        self.state().aggregates.clone()
    }

    pub(super) fn sdk(&self) -> SdkConfig {
        let world = self.clone();
        scripted_aws::sdk(1, move |request| {
            let mut state = world.state();
            let body = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
            let (status, answer) = state.answer(request.headers()["x-amz-target"].to_str().unwrap(), &body);
            scripted_aws::answer(status, answer.to_string())
        })
    }
}

impl State {
    fn answer(&mut self, target: &str, request: &Value) -> (u16, Value) {
        let first = request["ExpressionAttributeValues"][":first"]["S"].as_str();
        let is_unreadable = self.unreadable.as_deref().is_some_and(|minute| Some(minute) == first);
        if is_unreadable || self.failures.pop().unwrap_or(false) {
            return (400, json!({"__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"}));
        }
        match target {
            "DynamoDB_20120810.Query" => self.query(request),
            "DynamoDB_20120810.PutItem" => self.put(request),
            _ => panic!("not expected: {target}"),
        }
    }

    fn query(&mut self, request: &Value) -> (u16, Value) {
        assert_eq!((&request["TableName"], &request["ConsistentRead"]), (&json!("events"), &json!(true)));
        self.queries += 1;
        let value = |name: &str| request["ExpressionAttributeValues"][name]["S"].as_str().unwrap().to_owned();
        let start = request["ExclusiveStartKey"]["sort_key"]["S"].as_str().unwrap_or_default().to_owned();
        let range = (value(":id"), value(":first"))..=(value(":id"), value(":last"));
        let mut items: Vec<_> =
            self.log.range(range).filter(|((_, sort), _)| *sort > start).map(|(_, item)| item.clone()).collect();
        let mut answer = json!({});
        if items.len() > PAGE {
            items.truncate(PAGE);
            let last = &items[PAGE - 1];
            answer["LastEvaluatedKey"] = json!({"driver_id": last["driver_id"], "sort_key": last["sort_key"]});
        }
        answer["Items"] = json!(items);
        (200, answer)
    }

    /// What the condition asks for: no item, or one of at most as many positions. That `DynamoDB` reads it so is
    /// shown against the emulator (`tests/tests/analytics/redelivery.rs`).
    fn put(&mut self, request: &Value) -> (u16, Value) {
        assert_eq!(request["ConditionExpression"], "attribute_not_exists(subject) OR positions <= :positions");
        let item = &request["Item"];
        assert_eq!(request["ExpressionAttributeValues"][":positions"], item["positions"]);
        let text = |name: &str| item[name]["S"].as_str().unwrap().to_owned();
        let positions = |item: &Value| item["positions"]["N"].as_str().unwrap().parse::<u64>().unwrap();
        let key = (text("subject"), text("bucket"));
        if self.aggregates.get(&key).is_some_and(|known| positions(known) > positions(item)) {
            return (400, json!({"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"}));
        }
        self.aggregates.insert(key, item.clone());
        (200, json!({}))
    }
}
