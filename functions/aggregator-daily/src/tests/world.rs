//! Athena, a table, a bus and buckets in memory, behind the SDK: conditions are kept, and failures happen when they
//! are told to.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use aggregation::day::COLUMNS;
use lambda_boot::SdkConfig;
use scripted_aws::{Request, Response, SdkBody};
use serde_json::{Value, json};

/// Shared by all functions that are started on it.
#[derive(Clone, Default)]
pub(crate) struct World(Arc<Mutex<State>>);

/// What Athena says of a query.
#[derive(Clone)]
pub(crate) enum Query {
    Answers(Vec<Vec<Option<String>>>),
    Ends { state: &'static str, reason: &'static str },
    IsNotTaken { code: &'static str },
}

/// What there is in the end, whatever happened on the way.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Stored {
    /// By partition and sort key.
    pub(crate) items: BTreeMap<(String, String), Value>,
    pub(crate) reports: BTreeMap<String, String>,
}

#[derive(Default)]
struct State {
    stored: Stored,
    published: Vec<Value>,
    /// Answers to queries that contain a text.
    queries: Vec<(String, Query)>,
    started: Vec<String>,
    stopped: usize,
    /// Keys of the quarantine, and when they were written.
    quarantined: Vec<(String, String)>,
    writes: Vec<String>,
    /// After so many writes everything fails, as for a process that is dead.
    dies_after: Option<usize>,
    /// So many times another run writes the head just before this one does.
    overtaken: usize,
    bus_takes_nothing: bool,
}

type Answer = Response<SdkBody>;

impl World {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// From now on, queries that contain the text are answered so.
    pub(crate) fn answer(&self, text: &str, query: Query) {
        let mut state = self.state();
        state.queries.retain(|(other, _)| other != text);
        state.queries.push((text.to_owned(), query));
    }

    pub(crate) fn quarantine(&self, key: &str, time: &str) {
        self.state().quarantined.push((key.to_owned(), time.to_owned()));
    }

    pub(crate) fn die_after(&self, writes: Option<usize>) {
        let mut state = self.state();
        state.dies_after = writes;
        state.writes.clear();
    }

    pub(crate) fn overtake(&self, times: usize) {
        self.state().overtaken = times;
    }

    pub(crate) fn bus_takes_nothing(&self, nothing: bool) {
        self.state().bus_takes_nothing = nothing;
    }

    pub(crate) fn stored(&self) -> Stored {
        self.state().stored.clone()
    }

    /// What was written since the last `die_after`, in order: `PutItem head`, `PutEvents` ….
    pub(crate) fn writes(&self) -> Vec<String> {
        self.state().writes.clone()
    }

    pub(crate) fn started(&self) -> Vec<String> {
        self.state().started.clone()
    }

    pub(crate) fn stopped(&self) -> usize {
        self.state().stopped
    }

    /// The details of all bus events, in order.
    pub(crate) fn published(&self) -> Vec<Value> {
        self.state().published.clone()
    }

    pub(crate) fn sdk(&self) -> SdkConfig {
        let world = self.clone();
        scripted_aws::sdk(2, move |request| {
            let mut state = world.state();
            let json = || serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
            let target = request.headers().get("x-amz-target").map(|target| target.to_str().unwrap());
            match target.and_then(|target| target.split_once('.')) {
                Some((_, operation)) if state.may(operation, &request) => state.call(operation, &json()),
                None if state.may(request.method().as_str(), &request) => state.s3(&request),
                _ => refused("AccessDeniedException"),
            }
        })
    }
}

impl State {
    /// Whether the process is alive to do this; notes it if it is a write.
    fn may(&mut self, operation: &str, request: &Request<SdkBody>) -> bool {
        let is_dead = self.dies_after.is_some_and(|writes| self.writes.len() >= writes);
        if ["PutItem", "UpdateItem", "DeleteItem", "PutEvents", "PUT"].contains(&operation) && !is_dead {
            let body: Value = serde_json::from_slice(request.body().bytes().unwrap()).unwrap_or_default();
            let keys = [&body["Key"]["bucket"]["S"], &body["Item"]["bucket"]["S"]];
            let bucket = keys.into_iter().find_map(Value::as_str).unwrap_or_default();
            let what = bucket.split('#').next().unwrap_or_default();
            self.writes.push(format!("{operation} {what}").trim_end().to_owned());
        }
        !is_dead
    }

    fn call(&mut self, operation: &str, request: &Value) -> Answer {
        match operation {
            "GetItem" => {
                let item = self.stored.items.get(&key(&request["Key"]));
                json_answer(&item.map_or_else(|| json!({}), |item| json!({"Item": item})))
            }
            "PutItem" => self.put_item(request),
            "UpdateItem" => self.update_item(request),
            "DeleteItem" => {
                self.stored.items.remove(&key(&request["Key"]));
                json_answer(&json!({}))
            }
            "Query" => {
                let value = |name: &str| request["ExpressionAttributeValues"][name]["S"].as_str().unwrap().to_owned();
                let range = (value(":subject"), value(":first"))..=(value(":subject"), value(":last"));
                let items: Vec<_> = self.stored.items.range(range).map(|(_, item)| item).collect();
                json_answer(&json!({"Items": items}))
            }
            "PutEvents" => self.put_events(request),
            "StartQueryExecution" => self.start(request),
            "GetQueryExecution" => self.execution(request),
            "GetQueryResults" => self.results(request),
            "StopQueryExecution" => {
                self.stopped += 1;
                json_answer(&json!({}))
            }
            _ => panic!("{operation} is not expected"),
        }
    }

    fn put_item(&mut self, request: &Value) -> Answer {
        let item = &request["Item"];
        if key(item).1 == "head" && self.overtaken > 0 {
            self.overtaken -= 1;
            self.another_run(item);
        }
        let there = self.stored.items.get(&key(item));
        let seen = &request["ExpressionAttributeValues"][":seen"];
        let holds = match request["ConditionExpression"].as_str() {
            None => true,
            Some("attribute_not_exists(subject)") => there.is_none(),
            Some("revision = :seen") => there.is_some_and(|there| there["revision"] == *seen),
            Some(other) => panic!("{other} is not expected"),
        };
        if !holds {
            return refused("ConditionalCheckFailedException");
        }
        self.stored.items.insert(key(item), item.clone());
        json_answer(&json!({}))
    }

    /// Another run comes to other numbers, writes them and is done with them.
    fn another_run(&mut self, head: &Value) {
        let there = self.stored.items.get(&key(head));
        let revision: u64 = there.map_or(0, |there| there["revision"]["N"].as_str().unwrap().parse().unwrap());
        let mut other = head.clone();
        let next = json!({"N": (revision + 1).to_string()});
        (other["revision"], other["published"]) = (next.clone(), next);
        other["digest"] = json!({"S": "of another run"});
        self.stored.items.insert(key(head), other);
    }

    fn update_item(&mut self, request: &Value) -> Answer {
        let values = &request["ExpressionAttributeValues"];
        let Some(item) = self.stored.items.get_mut(&key(&request["Key"])) else {
            return refused("ConditionalCheckFailedException");
        };
        assert_eq!(request["ConditionExpression"], "revision = :revision");
        assert_eq!(request["UpdateExpression"], "SET #attribute = :value");
        if item["revision"] != values[":revision"] {
            return refused("ConditionalCheckFailedException");
        }
        item[request["ExpressionAttributeNames"]["#attribute"].as_str().unwrap()] = values[":value"].clone();
        json_answer(&json!({}))
    }

    fn put_events(&mut self, request: &Value) -> Answer {
        let entry = &request["Entries"][0];
        if self.bus_takes_nothing {
            return json_answer(&json!({"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure"}]}));
        }
        assert_eq!(entry["DetailType"], "analytics.daily_published");
        self.published.push(serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap());
        json_answer(&json!({"FailedEntryCount": 0, "Entries": [{"EventId": "e1"}]}))
    }

    /// What is asked by a query is its id here.
    fn query(&self, id: &str) -> &Query {
        const NOTHING: &Query = &Query::Answers(Vec::new());
        self.queries.iter().find(|(text, _)| id.contains(text.as_str())).map_or(NOTHING, |(_, query)| query)
    }

    fn start(&mut self, request: &Value) -> Answer {
        let sql = request["QueryString"].as_str().unwrap().to_owned();
        self.started.push(sql.clone());
        match self.query(&sql) {
            Query::IsNotTaken { code } => refused(code),
            _ => json_answer(&json!({"QueryExecutionId": sql})),
        }
    }

    fn execution(&self, request: &Value) -> Answer {
        let (state, reason) = match self.query(request["QueryExecutionId"].as_str().unwrap()) {
            Query::Ends { state, reason } => (*state, *reason),
            _ => ("SUCCEEDED", ""),
        };
        let status = json!({"State": state, "StateChangeReason": reason});
        json_answer(&json!({"QueryExecution": {"Status": status, "Statistics": {"DataScannedInBytes": 10_485_760}}}))
    }

    /// Three rows a page, or a thousand of many; the first of all is the columns' names.
    fn results(&self, request: &Value) -> Answer {
        let Query::Answers(rows) = self.query(request["QueryExecutionId"].as_str().unwrap()) else {
            return refused("InvalidRequestException");
        };
        let from: usize = request["NextToken"].as_str().map_or(0, |token| token.parse().unwrap());
        let to = rows.len().min(from + if rows.len() > 100 { 1_000 } else { 3 });
        let datum = |text: Option<&str>| text.map_or_else(|| json!({}), |text| json!({"VarCharValue": text}));
        let header = (from == 0).then(|| COLUMNS.map(|column| datum(Some(column))).to_vec());
        let rows_of_page = rows[from..to].iter().map(|row| row.iter().map(|text| datum(text.as_deref())).collect());
        let data: Vec<_> = header.into_iter().chain(rows_of_page).map(|data: Vec<_>| json!({"Data": data})).collect();
        let mut answer = json!({"ResultSet": {"Rows": data}});
        if to < rows.len() {
            answer["NextToken"] = to.to_string().into();
        }
        json_answer(&answer)
    }

    fn s3(&mut self, request: &Request<SdkBody>) -> Answer {
        let key = request.uri().path().trim_start_matches('/').to_owned();
        if request.method() == "PUT" {
            let body = String::from_utf8(request.body().bytes().unwrap().to_vec()).unwrap();
            self.stored.reports.insert(key, body);
            return answer(200, Vec::new());
        }
        let query = request.uri().query().unwrap();
        let prefix = query.split('&').find_map(|pair| pair.strip_prefix("prefix=")).unwrap();
        let prefix = prefix.replace("%2F", "/").replace("%3D", "=");
        let listed = self
            .quarantined
            .iter()
            .filter(|(key, _)| key.starts_with(&prefix))
            .map(|(key, time)| format!("<Contents><Key>{key}</Key><LastModified>{time}</LastModified></Contents>"));
        let listed: Vec<_> = listed.collect();
        let xml = format!("<ListBucketResult><IsTruncated>false</IsTruncated>{}</ListBucketResult>", listed.concat());
        answer(200, xml.into_bytes())
    }
}

fn key(item: &Value) -> (String, String) {
    let text = |name: &str| item[name]["S"].as_str().unwrap().to_owned();
    (text("subject"), text("bucket"))
}

fn json_answer(body: &Value) -> Answer {
    answer(200, body.to_string().into_bytes())
}

fn refused(kind: &str) -> Answer {
    answer(400, format!(r#"{{"__type":"{kind}","message":"no"}}"#).into_bytes())
}

fn answer(status: u16, body: Vec<u8>) -> Answer {
    Response::builder().status(status).body(SdkBody::from(body)).unwrap()
}
