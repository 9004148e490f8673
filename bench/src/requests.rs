//! What `ingest` asks of AWS for one request: one write an event, and nothing else of DynamoDB.

use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use location_event::Timestamp;
use serde_json::{Value, json};

use crate::function::{Function, Program};
use crate::report::{Goal, Section, Unit};
use crate::statistics::Spread;
use crate::stub::{Asked, Stub};
use crate::{environment, positions};

const TIMEOUT: Duration = Duration::from_secs(10);
const PUT_ITEM: &str = "DynamoDB_20120810.PutItem";

pub(crate) fn measure() -> anyhow::Result<Section> {
    let mut section = Section::new("DynamoDB requests of ingest for each event stored");
    let ingest = Program::new(&environment::built("ingest")?);
    for count in [1, 100] {
        let calls = calls(&ingest, count)?;
        let of_dynamodb = calls.iter().filter(|call| call.starts_with("DynamoDB_")).count();
        let others = calls.iter().filter(|call| *call != PUT_ITEM).count();
        anyhow::ensure!(others == 0, "besides writing, ingest asked for {calls:?}");
        let ratio = f64::from(u32::try_from(of_dynamodb)?) / f64::from(u32::try_from(count)?);
        section.goal(format!("a request of {count}"), Unit::Requests, Spread::of([ratio]), Goal::AtMost(1.0));
    }
    Ok(section)
}

/// What `ingest` asks of AWS between a request of `count` positions and its answer.
fn calls(ingest: &Program, count: usize) -> anyhow::Result<Vec<String>> {
    let stub = Stub::start(&json!({ "current": positions::SECRET }).to_string())?;
    let request = positions::request(count, Timestamp::from(SystemTime::now()))?;
    let headers: Value = request.headers.into_iter().collect();
    let event = json!({
        "version": "2.0", "rawPath": "/v1/positions", "headers": headers, "body": request.body,
        "isBase64Encoded": false, "requestContext": { "requestId": "benchmark" },
    });
    stub.send_event(event.to_string())?;
    let mut function = Function::prepare(ingest, stub.address(), stub.address())?;
    function.start(None)?;
    stub.next_event(TIMEOUT)?;

    let mut calls = Vec::new();
    loop {
        match stub.next(TIMEOUT)? {
            Asked::Service(call) => calls.push(call),
            Asked::NextEvent(_) => {}
            Asked::Answered(answer) => {
                let answer: Value = serde_json::from_slice(&answer)?;
                let receipt: Value = serde_json::from_str(answer["body"].as_str().context("an answer without body")?)?;
                anyhow::ensure!(receipt["accepted"] == count, "ingest answered {answer}");
                return Ok(calls);
            }
        }
    }
}
