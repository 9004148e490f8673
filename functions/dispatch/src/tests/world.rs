//! A bucket and a table in memory, behind the SDK: conditions are kept, and failures happen when they are told to.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use lambda_boot::SdkConfig;
use scripted_aws::{Request, Response, SdkBody};
use serde_json::{Value, json};

/// Shared by all functions that are started on it.
#[derive(Clone, Default)]
pub(super) struct World(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    objects: BTreeMap<String, Vec<u8>>,
    /// How often each key was written: its `ETag`, and its time.
    writes: BTreeMap<String, usize>,
    rows: BTreeMap<(String, String), Value>,
    asked: Vec<String>,
    throttle_after: Option<usize>,
    before_plan: Option<Vec<u8>>,
    s3_fails: Option<u16>,
    refused: Option<String>,
    queries_fail: bool,
}

type Answer = Response<SdkBody>;

impl World {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub(super) fn store(&self, key: &str, content: String) {
        self.state().put(key, content.into_bytes());
    }

    pub(super) fn object(&self, key: &str) -> Option<Vec<u8>> {
        self.state().objects.get(key).cloned()
    }

    pub(super) fn keys(&self) -> Vec<String> {
        self.state().objects.keys().cloned().collect()
    }

    /// Driver and package of each row.
    pub(super) fn rows(&self) -> Vec<(String, String)> {
        self.state().rows.keys().cloned().collect()
    }

    /// The request that wrote a row.
    pub(super) fn row(&self, driver: &str, package: &str) -> Value {
        self.state().rows[&(driver.to_owned(), package.to_owned())].clone()
    }

    /// How often something was asked whose name begins so: `UpdateItem`, `PUT plans/…`.
    pub(super) fn count(&self, what: &str) -> usize {
        self.state().asked.iter().filter(|asked| asked.starts_with(what)).count()
    }

    /// The table takes this many rows and no more.
    pub(super) fn throttle_after(&self, rows: Option<usize>) {
        self.state().throttle_after = rows;
    }

    /// Somebody else writes a plan just before the next one is written.
    pub(super) fn before_plan(&self, plan: Vec<u8>) {
        self.state().before_plan = Some(plan);
    }

    /// The table refuses rows of this driver for good.
    pub(super) fn refuse(&self, driver: Option<&str>) {
        self.state().refused = driver.map(str::to_owned);
    }

    pub(super) fn fail_queries(&self, fail: bool) {
        self.state().queries_fail = fail;
    }

    pub(super) fn fail_s3(&self, status: Option<u16>) {
        self.state().s3_fails = status;
    }

    pub(super) fn sdk(&self) -> SdkConfig {
        let world = self.clone();
        scripted_aws::sdk(2, move |request| {
            let mut state = world.state();
            let json = || serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
            match request.headers().get("x-amz-target").map(|target| target.to_str().unwrap()) {
                Some("DynamoDB_20120810.UpdateItem") => state.update_item(&json()),
                Some("DynamoDB_20120810.Query") => state.query(&json()),
                _ => state.s3(&request),
            }
        })
    }
}

impl State {
    fn put(&mut self, key: &str, content: Vec<u8>) {
        *self.writes.entry(key.to_owned()).or_default() += 1;
        self.objects.insert(key.to_owned(), content);
    }

    fn e_tag(&self, key: &str) -> Option<String> {
        self.objects.get(key).map(|_| format!("\"{}\"", self.writes[key]))
    }

    fn update_item(&mut self, request: &Value) -> Answer {
        self.asked.push("UpdateItem".to_owned());
        let id = |name: &str| request["Key"][name]["S"].as_str().unwrap().to_owned();
        let key = (id("driver_id"), id("package_id"));
        if self.refused.as_ref() == Some(&key.0) {
            return refused("ValidationException");
        }
        if self.rows.contains_key(&key) {
            return refused("ConditionalCheckFailedException");
        }
        if self.throttle_after.is_some_and(|rows| self.rows.len() >= rows) {
            return refused("ProvisionedThroughputExceededException");
        }
        self.rows.insert(key, request.clone());
        answer(200, &[], b"{}".to_vec())
    }

    /// The index by driver; all rows are of one day.
    fn query(&mut self, request: &Value) -> Answer {
        self.asked.push("Query".to_owned());
        if self.queries_fail {
            return refused("ProvisionedThroughputExceededException");
        }
        let driver = request["ExpressionAttributeValues"][":id"]["S"].as_str().unwrap();
        let of_driver = self.rows.keys().filter(|(of, _)| of == driver);
        let items: Vec<_> = of_driver
            .map(|(driver, package)| json!({"driver_id": {"S": driver}, "package_id": {"S": package}}))
            .collect();
        answer(200, &[], json!({"Items": items}).to_string().into_bytes())
    }

    fn s3(&mut self, request: &Request<SdkBody>) -> Answer {
        if let Some(status) = self.s3_fails {
            return answer(status, &[], b"<Error><Code>No</Code></Error>".to_vec());
        }
        let key = request.uri().path().trim_start_matches('/').to_owned();
        let header = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        self.asked.push(format!("{} {key}", request.method()));
        if request.method() == "PUT" {
            if key.starts_with("plans/")
                && let Some(plan) = self.before_plan.take()
            {
                self.put(&key, plan);
            }
            let is_absent = header("if-none-match").is_none() || self.e_tag(&key).is_none();
            let is_unchanged = header("if-match").is_none_or(|e_tag| self.e_tag(&key) == Some(e_tag));
            if !(is_absent && is_unchanged) {
                return answer(412, &[], b"<Error><Code>PreconditionFailed</Code></Error>".to_vec());
            }
            self.put(&key, request.body().bytes().unwrap().to_vec());
            return answer(200, &[], Vec::new());
        }
        let query = request.uri().query().unwrap_or_default();
        if query.contains("list-type=2") {
            return self.list(query);
        }
        match self.objects.get(&key) {
            Some(content) => answer(200, &[("etag", self.e_tag(&key).unwrap())], content.clone()),
            None => answer(404, &[], b"<Error><Code>NoSuchKey</Code></Error>".to_vec()),
        }
    }

    fn list(&self, query: &str) -> Answer {
        let prefix = query.split('&').find_map(|pair| pair.strip_prefix("prefix=")).unwrap().replace("%2F", "/");
        let listed = self.objects.keys().filter(|key| key.starts_with(&prefix)).map(|key| {
            let (e_tag, second) = (self.e_tag(key).unwrap().replace('"', "&quot;"), self.writes[key]);
            format!(
                "<Contents><Key>{key}</Key><ETag>{e_tag}</ETag>\
                 <LastModified>2026-11-20T06:00:{second:02}.000Z</LastModified></Contents>"
            )
        });
        let listed: Vec<_> = listed.collect();
        let xml = format!("<ListBucketResult><IsTruncated>false</IsTruncated>{}</ListBucketResult>", listed.concat());
        answer(200, &[], xml.into_bytes())
    }
}

fn refused(kind: &str) -> Answer {
    let body = format!(r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{kind}","message":"no"}}"#);
    answer(400, &[], body.into_bytes())
}

fn answer(status: u16, headers: &[(&str, String)], body: Vec<u8>) -> Answer {
    let mut answer = Response::builder().status(status);
    for (name, value) in headers {
        answer = answer.header(*name, value);
    }
    answer.body(SdkBody::from(body)).unwrap()
}
