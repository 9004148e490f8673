//! What the end-to-end tests share: the running milkrun and how to talk to it.
//!
//! `make test-e2e` and `make test-analytics` start an emulator each, deploy the real CDK app with the real
//! binaries, and `MILKRUN_LOCAL` names the `local.json` of that. Tests of the first run side by side: each has a
//! driver of its own, and those of dispatch a day. Those of the second share days, and run one after the other.
#![expect(clippy::expect_used, clippy::panic, clippy::missing_panics_doc, reason = "this is test code")]

pub mod analytics;
mod aws;
mod bus;
pub mod day;
pub mod dispatch;
mod edges;
pub mod kill;
mod logs;
pub mod odd;
pub mod payload;
mod specification;
mod subscriber;
pub mod tool;

use std::io::Write as _;
use std::sync::LazyLock;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

pub use aws::Aws;
pub use day::Day;
pub use edges::{Answer, Signature, get, post, post_positions, post_radar, send};
pub use logs::{Line, logged_lines};
use serde::Deserialize;
pub use specification::Specification;
pub use subscriber::Subscriber;

/// How long something that happens in the background may take. The emulator polls streams and queues at
/// its own pace, and shares the machine with the tests; on AWS it is a second or two.
pub const PATIENCE: Duration = Duration::from_mins(2);
/// How close to midnight, UTC, tests do not begin: before it what a suite may take, after it the past that they post.
const BEFORE_MIDNIGHT: Duration = Duration::from_mins(10);
const AFTER_MIDNIGHT: Duration = Duration::from_mins(2);

/// The milkrun under test.
pub static MILKRUN: LazyLock<Milkrun> = LazyLock::new(|| {
    let path = std::env::var("MILKRUN_LOCAL")
        .expect("MILKRUN_LOCAL must name the local.json of a running milkrun: run these tests with `make test-e2e` or `make test-analytics`");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let milkrun = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
    stay_clear_of_midnight();
    milkrun
});

/// Waits until no test can begin on one day and end on the next: what they ask for is mostly of "today", and half of
/// them post what happened a minute ago.
fn stay_clear_of_midnight() {
    const DAY_S: u64 = 24 * 60 * 60;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970").as_secs();
    let (margin, since_midnight) = ((BEFORE_MIDNIGHT + AFTER_MIDNIGHT).as_secs(), now % DAY_S);
    let into_margin = (since_midnight + BEFORE_MIDNIGHT.as_secs()) % DAY_S;
    if into_margin < margin {
        let wait = margin - into_margin;
        // Past the test runner, which would keep it to itself.
        let _ = writeln!(std::io::stderr(), "waiting {wait} s for midnight (UTC) to be over: tests share a day");
        thread::sleep(Duration::from_secs(wait));
    }
}

/// Addresses, names and secrets, as `make up` writes them.
#[derive(Debug, Deserialize)]
#[expect(missing_docs, reason = "docs/ARCHITECTURE.md describes local.json")]
pub struct Milkrun {
    pub aws_endpoint: String,
    pub region: String,
    pub webhook_url: String,
    pub positions_url: String,
    pub api_url: String,
    pub api_key: String,
    pub radar_secret: String,
    pub standard_webhooks_secret: String,
    pub radar_secret_id: String,
    pub standard_webhooks_secret_id: String,
    pub lake_bucket: String,
    pub quarantine_bucket: String,
    pub relay_failures_bucket: String,
    pub events_table: String,
    pub signing_ids_table: String,
    pub bus: String,
    pub delivery_stream: String,
    pub assignments_table: String,
    pub dispatch_bucket: String,
    pub operations_log_bucket: String,
    pub aggregates_table: String,
    pub aggregator_minutes_function: String,
    pub aggregator_daily_function: String,
    pub assignments_log_stream: String,
    pub glue_database: String,
    pub athena_workgroup: String,
    pub subscriber_queue_url: String,
}

/// Events on the example subscriber's queue about this driver, once there are `count` of them.
pub fn published(driver_id: &str, count: usize) -> Vec<serde_json::Value> {
    eventually(&format!("{count} bus events of {driver_id}"), || {
        let found = bus::about(driver_id);
        (found.len() >= count).then_some(found)
    })
}

/// Tries until there is something, for two minutes.
pub fn eventually<T>(what: &str, mut attempt: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = attempt() {
            return found;
        }
        assert!(Instant::now() < deadline, "{what}: not within {} s", PATIENCE.as_secs());
        thread::sleep(Duration::from_millis(200));
    }
}

/// An id that no other test has, recognisable in the log and the lake.
pub fn unique(name: &str) -> String {
    format!("{name}-{:016x}", fastrand::u64(..))
}
