//! A table that understands exactly the expressions that this crate sends, on the wire of the real SDK.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Map, Value, json};

use crate::Assignments;

/// Status and body of an answer.
pub(super) type Answer = (u16, Value);

#[derive(Clone, Default)]
pub(super) struct Fake(Arc<Mutex<State>>);

#[derive(Default)]
pub(super) struct State {
    /// By driver and package.
    pub(super) items: BTreeMap<(String, String), Value>,
    /// Every request: its operation and its body.
    pub(super) asked: Vec<(String, Value)>,
}

impl Fake {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// The only delivery.
    pub(super) fn item(&self) -> Value {
        self.state().items.values().find(|item| item.get("status").is_some()).unwrap().clone()
    }

    /// The bodies of the requests for an operation.
    pub(super) fn asked(&self, operation: &str) -> Vec<Value> {
        let state = self.state();
        state.asked.iter().filter(|(asked, _)| asked == operation).map(|(_, body)| body.clone()).collect()
    }

    /// A table that answers as it should.
    pub(super) fn table(&self) -> Assignments {
        self.table_with(|_, well| well)
    }

    /// A table whose n-th answer, n from 0, is what `spoil` makes of it.
    pub(super) fn table_with(&self, spoil: impl Fn(usize, Answer) -> Answer + Send + Sync + 'static) -> Assignments {
        let fake = self.clone();
        let sdk = scripted_aws::sdk(3, move |request| {
            let operation = request.headers()["x-amz-target"].to_str().unwrap().rsplit('.').next().unwrap().to_owned();
            let body: Value = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
            let mut state = fake.state();
            let n = state.asked.len();
            state.asked.push((operation.clone(), body.clone()));
            let well = match operation.as_str() {
                "UpdateItem" => state.update_item(&body),
                "TransactWriteItems" => state.transact(&body),
                "Query" => state.query(&body),
                "BatchGetItem" => state.batch_get_item(&body),
                _ => panic!("{operation}"),
            };
            let (status, body) = spoil(n, well);
            scripted_aws::answer(status, body.to_string())
        });
        Assignments::new(aws_sdk_dynamodb::Client::new(&sdk), "table".to_owned())
    }
}

fn key(item: &Value) -> (String, String) {
    let text = |name: &str| item[name]["S"].as_str().unwrap().to_owned();
    (text("driver_id"), text("package_id"))
}

impl State {
    fn update_item(&mut self, body: &Value) -> Answer {
        let key = key(&body["Key"]);
        let old = self.items.get(&key);
        if !holds(body, old) {
            let mut failed = failure("com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException");
            if let (Some(old), "ALL_OLD") =
                (old, body["ReturnValuesOnConditionCheckFailure"].as_str().unwrap_or_default())
            {
                failed.1["Item"] = old.clone();
            }
            return failed;
        }
        let new = updated(body, old.unwrap_or(&body["Key"]));
        self.items.insert(key, new.clone());
        (200, if body["ReturnValues"] == "ALL_NEW" { json!({"Attributes": new}) } else { json!({}) })
    }

    fn transact(&mut self, body: &Value) -> Answer {
        let updates: Vec<_> = body["TransactItems"].as_array().unwrap().iter().map(|part| &part["Update"]).collect();
        let old = |update: &Value| self.items.get(&key(&update["Key"]));
        let reasons = updates.iter().map(|update| match old(update) {
            old if holds(update, old) => json!({"Code": "None"}),
            None => json!({"Code": "ConditionalCheckFailed"}),
            Some(old) => json!({"Code": "ConditionalCheckFailed", "Item": old}),
        });
        let reasons: Vec<_> = reasons.collect();
        if reasons.iter().any(|reason| reason["Code"] != "None") {
            return cancelled(&reasons);
        }
        for update in updates {
            let key = key(&update["Key"]);
            let new = updated(update, self.items.get(&key).unwrap_or(&update["Key"]));
            self.items.insert(key, new);
        }
        (200, json!({}))
    }

    fn query(&self, body: &Value) -> Answer {
        let (partition, date) = (&body["ExpressionAttributeNames"]["#partition"], &body["ExpressionAttributeValues"]);
        let found = self.items.values().filter(|item| {
            item.get("date").is_some()
                && item[partition.as_str().unwrap()] == date[":id"]
                && (date[":date"].is_null() || item["date"] == date[":date"])
        });
        let keys = found.map(|item| json!({"driver_id": item["driver_id"], "package_id": item["package_id"]}));
        (200, json!({"Items": keys.collect::<Vec<_>>()}))
    }

    fn batch_get_item(&self, body: &Value) -> Answer {
        let request = &body["RequestItems"]["table"];
        let keys = request["Keys"].as_array().unwrap();
        assert!(keys.len() <= 100 && request["ConsistentRead"] == true, "{request}");
        let found: Vec<_> = keys.iter().filter_map(|wanted| self.items.get(&key(wanted))).collect();
        (200, json!({"Responses": {"table": found}, "UnprocessedKeys": {}}))
    }
}

pub(super) fn failure(code: &str) -> Answer {
    (400, json!({"__type": code, "message": "as scripted"}))
}

pub(super) fn cancelled(reasons: &[Value]) -> Answer {
    let mut answer = failure("com.amazonaws.dynamodb.v20120810#TransactionCanceledException");
    answer.1["CancellationReasons"] = json!(reasons);
    answer
}

fn holds(body: &Value, old: Option<&Value>) -> bool {
    let Some(old) = old else {
        return body["ConditionExpression"].as_str().unwrap().starts_with("attribute_not_exists(#driver_id) OR ");
    };
    let values = &body["ExpressionAttributeValues"];
    match body["ConditionExpression"].as_str().unwrap() {
        "attribute_not_exists(#driver_id) OR #delivered_by = :delivered_by" => {
            old["delivered_by"] == values[":delivered_by"]
        }
        condition if condition.starts_with("#status = :status AND (") => {
            let said = condition["#status = :status AND (".len()..].strip_suffix(')').unwrap();
            let is_new = said.split(" OR ").any(|term| match term.split_once(" <> ") {
                Some((name, value)) => old.get(&name[1..]).is_some_and(|old| *old != values[value]),
                None => old.get(&term["attribute_not_exists(#".len()..term.len() - 1]).is_none(),
            });
            old["status"] == values[":status"] && is_new
        }
        "attribute_not_exists(#driver_id) OR (#date <> :date AND #assigned_at < :assigned_at)" => {
            let pair = |name: &str| (old[name]["S"].as_str(), values[format!(":{name}")]["S"].as_str());
            let (date, assigned_at) = (pair("date"), pair("assigned_at"));
            date.0 != date.1 && assigned_at.0 < assigned_at.1
        }
        condition => {
            let accepted = condition.strip_prefix("#status IN (").unwrap().strip_suffix(')').unwrap();
            accepted.split(", ").any(|value| values[value] == old["status"])
        }
    }
}

fn updated(body: &Value, old: &Value) -> Value {
    let names = &body["ExpressionAttributeNames"];
    let values = &body["ExpressionAttributeValues"];
    let name = |placeholder: &str| names[placeholder].as_str().unwrap().to_owned();
    let (set, remove) = body["UpdateExpression"]
        .as_str()
        .unwrap()
        .split_once(" REMOVE ")
        .unwrap_or_else(|| (body["UpdateExpression"].as_str().unwrap(), ""));
    let mut new: Map<_, _> = old.as_object().unwrap().clone();
    for clause in set.strip_prefix("SET #").unwrap().split(", #") {
        let (target, operand) = clause.split_once(" = ").unwrap();
        let before = |default: &str| old.get(target).unwrap_or(&values[default]).clone();
        let value = match operand {
            "if_not_exists(#sequence, :zero) + :one" => {
                let count: u64 =
                    old.get("sequence").unwrap_or(&values[":zero"])["N"].as_str().unwrap().parse().unwrap();
                json!({"N": (count + 1).to_string()})
            }
            "list_append(if_not_exists(#history, :none), :entry)" => {
                let mut history = before(":none");
                history["L"].as_array_mut().unwrap().extend(values[":entry"]["L"].as_array().unwrap().clone());
                history
            }
            operand if operand.starts_with('#') => old[name(operand)].clone(),
            operand => values[operand].clone(),
        };
        assert!(!value.is_null(), "{operand}");
        new.insert(name(&format!("#{target}")), value);
    }
    for placeholder in remove.split(", ").filter(|placeholder| !placeholder.is_empty()) {
        new.remove(&name(placeholder));
    }
    Value::Object(new)
}
