//! Calling dispatch as its users do.
//!
//! One test kills the function's processes. Every call here shares a lock with it, so that it never kills what
//! another test waits for: retrying 502s in each of them would hide what they are there to find.

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use ureq::http::Method;

use crate::edges::{get, send};
use crate::{Answer, MILKRUN, PATIENCE};

static PROCESSES: RwLock<()> = RwLock::new(());

/// The statuses of a delivery.
pub const STATUSES: [&str; 5] = ["assigned", "accepted", "in_progress", "delivered", "failed_to_deliver"];

/// While this lives, nobody else calls dispatch.
pub fn alone() -> RwLockWriteGuard<'static, ()> {
    PROCESSES.write().unwrap_or_else(PoisonError::into_inner)
}

fn beside_others() -> RwLockReadGuard<'static, ()> {
    PROCESSES.read().unwrap_or_else(PoisonError::into_inner)
}

/// Reads a path.
pub fn read(path: &str) -> Answer {
    let _beside_others = beside_others();
    get(path, &[("x-api-key", &MILKRUN.api_key)])
}

/// Uploads a list, such as to `/v1/days/2026-11-20/drivers`.
pub fn put(path: &str, body: &[u8]) -> Answer {
    let _beside_others = beside_others();
    send(&Method::PUT, path, &[("x-api-key", &MILKRUN.api_key), ("content-type", "application/json")], body)
}

/// Posts a body as it is, once.
pub fn post(path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let _beside_others = beside_others();
    post_alone(path, headers, body)
}

/// As [`post`], for who is [`alone`].
pub fn post_alone(path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let own = [("x-api-key", MILKRUN.api_key.as_str()), ("content-type", "application/json")];
    send(&Method::POST, path, &[&own, headers].concat(), body)
}

/// Assigns, and repeats the call for as long as the answer says so.
pub fn assign(request: &Value) -> Answer {
    assign_with(request, &[])
}

/// As [`assign`], with headers.
pub fn assign_with(request: &Value, headers: &[(&str, &str)]) -> Answer {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let answer = post("/assign", headers, request.to_string().as_bytes());
        if answer.status != 503 || Instant::now() > deadline {
            return answer;
        }
        let pause = answer.retry_after.as_deref().and_then(|seconds| seconds.parse().ok());
        thread::sleep(Duration::from_secs(pause.unwrap_or_else(|| panic!("no Retry-After: {answer:?}"))));
    }
}

/// Reports a status, with further fields where `more` has any.
pub fn update(driver_id: &str, package_id: &str, status: &str, more: &Value) -> Answer {
    let mut request = json!({"driver_id": driver_id, "package_id": package_id, "status": status});
    if let (Some(request), Some(more)) = (request.as_object_mut(), more.as_object()) {
        request.extend(more.clone());
    }
    post("/update", &[], request.to_string().as_bytes())
}

/// Every pair of driver and package in an answer to `POST /assign`, sorted.
pub fn pairs(answer: &Answer) -> Vec<(String, String)> {
    let Value::Object(assignments) = &answer.body["assignments"] else { panic!("{answer:?}") };
    let pairs = assignments
        .iter()
        .flat_map(|(driver, packages)| texts(packages).into_iter().map(move |package| (driver.clone(), package)));
    let mut pairs: Vec<_> = pairs.collect();
    pairs.sort_unstable();
    pairs
}

/// The texts of a JSON array.
pub fn texts(array: &Value) -> Vec<String> {
    let array = array.as_array().unwrap_or_else(|| panic!("{array} is no array"));
    array.iter().map(|text| text.as_str().unwrap_or_else(|| panic!("{text} is no text")).to_owned()).collect()
}
