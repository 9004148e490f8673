//! The services behind milkrun, to look at what came of a request.

use std::future::Future;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_athena::types::{QueryExecutionContext, QueryExecutionState};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_lambda::primitives::Blob;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_types::SdkConfig;
use aws_types::region::Region;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::{MILKRUN, eventually};

/// One runtime for all tests: the clients' connections belong to it.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a tokio runtime"));

/// AWS as somebody sees it, blocking.
#[derive(Clone, Debug)]
pub struct Aws(SdkConfig);

impl Aws {
    /// The emulator's root user.
    pub fn root() -> Self {
        Self::with(Credentials::new("test", "test", None, None, "emulator"))
    }

    fn with(credentials: Credentials) -> Self {
        Self(
            SdkConfig::builder()
                .behavior_version(aws_sdk_dynamodb::config::BehaviorVersion::latest())
                .region(Region::new(MILKRUN.region.clone()))
                .endpoint_url(&MILKRUN.aws_endpoint)
                .credentials_provider(SharedCredentialsProvider::new(credentials))
                .http_client(aws_smithy_http_client::Builder::new().build_http())
                .build(),
        )
    }

    /// The configuration for any of the SDK's clients.
    pub fn config(&self) -> &SdkConfig {
        &self.0
    }

    /// Waits for a call to a service.
    pub fn wait<F: Future>(&self, call: F) -> F::Output {
        RUNTIME.block_on(call)
    }

    /// AWS as a function's role sees it. The function is found by its name's beginning, such as `Ingest`.
    ///
    /// A role trusts the Lambda service alone, so the test lets the account assume it first. What the role
    /// may do is not touched.
    pub fn as_role_of(function: &str) -> Self {
        let marker = format!("{function}Role");
        let roles = query_api("iam", "2010-05-08", &[("Action", "ListRoles"), ("MaxItems", "1000")]);
        let role = elements(&roles, "RoleName").find(|name| name.contains(&marker));
        let role = role.unwrap_or_else(|| panic!("no role's name contains {marker}"));
        let account = "arn:aws:iam::000000000000";
        let trust = serde_json::json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": {"AWS": format!("{account}:root"), "Service": "lambda.amazonaws.com"},
        }]});
        let update = [("Action", "UpdateAssumeRolePolicy"), ("RoleName", role), ("PolicyDocument", &trust.to_string())];
        query_api("iam", "2010-05-08", &update);
        let arn = format!("{account}:role/{role}");
        let assume = [("Action", "AssumeRole"), ("RoleArn", arn.as_str()), ("RoleSessionName", "end-to-end")];
        let session = query_api("sts", "2011-06-15", &assume);
        let element = |name| elements(&session, name).next().unwrap_or_else(|| panic!("{session} has no {name}"));
        let token = element("SessionToken").to_owned();
        Self::with(Credentials::new(
            element("AccessKeyId"),
            element("SecretAccessKey"),
            Some(token),
            None,
            "assumed-role",
        ))
    }

    /// How many items the log has of a driver, whatever their kind.
    pub fn logged(&self, driver_id: &str) -> usize {
        let dynamodb = aws_sdk_dynamodb::Client::new(self.config());
        let query = dynamodb
            .query()
            .table_name(&MILKRUN.events_table)
            .key_condition_expression("driver_id = :driver")
            .expression_attribute_values(":driver", AttributeValue::S(driver_id.to_owned()))
            .consistent_read(true);
        self.wait(query.send()).expect("the log is read").items().len()
    }

    /// Invokes a function and waits for its answer; an error is what it failed with.
    pub fn invoke(&self, function: &str, payload: &Value) -> Result<Value, String> {
        let config = aws_sdk_lambda::config::Builder::from(self.config());
        // Whatever becomes of the call, it is one.
        let config = config.retry_config(aws_sdk_lambda::config::retry::RetryConfig::disabled()).build();
        let payload = Blob::new(payload.to_string());
        let call = aws_sdk_lambda::Client::from_conf(config).invoke().function_name(function).payload(payload);
        let answer = self.wait(call.send()).map_err(|error| format!("{error:?}"))?;
        let text = String::from_utf8_lossy(answer.payload().map(|payload| payload.as_ref()).unwrap_or_default());
        match answer.function_error() {
            None => serde_json::from_str(&text).map_err(|error| format!("{error}: {text}")),
            Some(_) => Err(text.into_owned()),
        }
    }

    /// The objects in the quarantine whose body contains a text: key and content.
    pub fn quarantined(&self, text: &str) -> Vec<(String, Value)> {
        let s3 = aws_sdk_s3::Client::new(self.config());
        let pages = s3.list_objects_v2().bucket(&MILKRUN.quarantine_bucket).into_paginator().send().try_collect();
        let objects = self.wait(pages).expect("the quarantine is listed");
        let keys = objects.iter().flat_map(|page| page.contents()).filter_map(|object| object.key());
        keys.filter_map(|key| {
            let object = self.wait(async {
                let object = s3.get_object().bucket(&MILKRUN.quarantine_bucket).key(key).send().await.ok()?;
                object.body.collect().await.ok()
            })?;
            let record: Value = serde_json::from_slice(&object.into_bytes()).expect("a record");
            record.to_string().contains(text).then(|| (key.to_owned(), record))
        })
        .collect()
    }

    /// The rows of a query over the lake, each once (`events`), without its header.
    pub fn lake(&self, select: &str) -> Vec<Vec<String>> {
        let events = include_str!("../../analytics/location_events.sql")
            .replace("{{from}}", "2020-01-01")
            .replace("{{to}}", "2100-01-01");
        self.athena(&format!("WITH events AS ({events}) {select}"))
    }

    /// The rows of a query over the database, without its header. A null is an empty text.
    pub fn athena(&self, query: &str) -> Vec<Vec<String>> {
        let athena = aws_sdk_athena::Client::new(self.config());
        let started = athena
            .start_query_execution()
            .query_string(query)
            .query_execution_context(QueryExecutionContext::builder().database(&MILKRUN.glue_database).build())
            .work_group(&MILKRUN.athena_workgroup);
        let started = self.wait(started.send()).expect("the query starts");
        let id = started.query_execution_id().expect("the query has an id");
        eventually("an answer of Athena", || {
            let execution = self.wait(athena.get_query_execution().query_execution_id(id).send()).expect("its state");
            let status = execution.query_execution()?.status()?;
            match status.state()? {
                QueryExecutionState::Succeeded => Some(()),
                QueryExecutionState::Failed => panic!("{}", status.state_change_reason().unwrap_or_default()),
                _ => {
                    std::thread::sleep(Duration::from_millis(50));
                    None
                }
            }
        });
        let results = self.wait(athena.get_query_results().query_execution_id(id).send()).expect("the results");
        let rows = results.result_set().map(|set| set.rows()).unwrap_or_default();
        let cells = rows.iter().skip(1).map(|row| row.data().iter());
        cells.map(|row| row.map(|cell| cell.var_char_value().unwrap_or_default().to_owned()).collect()).collect()
    }
}

/// Calls IAM or STS as root, and returns the XML of the answer.
fn query_api(service: &str, version: &str, parameters: &[(&str, &str)]) -> String {
    let body = format!("{}&{}", url_encoded(&[("Version", version)]), url_encoded(parameters));
    as_root(service, &[("content-type", "application/x-www-form-urlencoded")], &body)
}

/// Calls a service as root, and returns the answer. The SDK's crates for IAM, STS and `CloudWatch` Logs take minutes to
/// compile, for five calls.
pub(crate) fn as_root(service: &str, headers: &[(&'static str, &str)], body: &str) -> String {
    let root = Credentials::new("test", "test", None, None, "emulator").into();
    let url = format!("{}/", MILKRUN.aws_endpoint);
    let signing = v4::SigningParams::builder()
        .identity(&root)
        .region(&MILKRUN.region)
        .name(service)
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()
        .expect("complete parameters")
        .into();
    let signed = headers.iter().copied();
    let request = SignableRequest::new("POST", &url, signed, SignableBody::Bytes(body.as_bytes()));
    let (instructions, _) = sign(request.expect("a request"), &signing).expect("a signature").into_parts();
    let send = || {
        let mut post = ureq::post(&url);
        for (name, value) in headers.iter().copied().chain(instructions.headers()) {
            post = post.header(name, value);
        }
        post.send(body)
    };
    // A service's fault is passing, and every SDK asks again: the emulator describes logs in one thread while functions
    // begin new ones in another.
    let mut response = eventually(&format!("an answer of {service}"), || match send() {
        Err(ureq::Error::StatusCode(500..)) => None,
        answer => Some(answer.unwrap_or_else(|error| panic!("{service} {body}: {error}"))),
    });
    response.body_mut().read_to_string().expect("a text")
}

fn url_encoded(parameters: &[(&str, &str)]) -> String {
    let encode = |text| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let pairs = parameters.iter().map(|(name, value)| format!("{name}={}", encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// The texts of the XML elements of this name that contain no others.
fn elements<'a>(xml: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let mut rest = xml;
    std::iter::from_fn(move || {
        let (text, after) = rest.split_once(&open)?.1.split_once(&close)?;
        rest = after;
        Some(text)
    })
}
