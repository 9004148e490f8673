//! Everything that milkrun counts and times itself: metrics of the namespace `milkrun`, written as log lines in
//! `CloudWatch`'s embedded metric format. What AWS counts for us (requests, errors, iterator ages) is not counted again.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>
//!
//! Code of our own, since four kinds of line are all that is needed: `metrics_cloudwatch_embedded` brings a global
//! registry to flush, `metrique` a family of crates.
//!
//! A line has no level, and Lambda takes such a line for INFO: at a stricter log level the metrics are gone.
//! <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html>

mod line;
mod recording;

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

pub use recording::Recording;

use line::{MAX_VALUES, line};

/// Writes metrics.
#[derive(Clone)]
pub struct Metrics(Arc<Mutex<dyn Write + Send>>);

impl Metrics {
    /// To where Lambda collects lines.
    pub fn to_stdout() -> Self {
        Self::to(std::io::stdout())
    }

    fn to(writer: impl Write + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(writer)))
    }

    /// `AcceptedEvents`, Count: events that are new in the log, counted when the lake, and the bus if they are for it,
    /// have them. Relay's, a line a batch: ingest would write one a request.
    pub fn accepted_events(&self, count: usize) {
        self.count("AcceptedEvents", count);
    }

    /// `DuplicateEvents`, Count: events of acknowledged requests that the log had already.
    pub fn duplicate_events(&self, count: usize) {
        self.count("DuplicateEvents", count);
    }

    /// `FailedInvocations`, Count: an invocation that answered, so that it is none of Lambda's `Errors`, and did not do
    /// what it was asked for. By `Function` and `Version`, so that a new version can be told from the one before.
    pub fn failed_invocation(&self, function: &str, version: &str) {
        let mut line = line(SystemTime::now(), &[&["Function", "Version"]], "FailedInvocations", "Count", 1.into());
        line["Function"] = function.into();
        line["Version"] = version.into();
        self.write(&line);
    }

    /// `QuarantinedRequests`, Count: a request of which something was put into quarantine. Without dimensions it counts
    /// each request once, with the dimension `Reason` once for each reason code. A value of `Reason` is a metric that
    /// costs money, so it is never a sender's text.
    pub fn quarantined_request(&self, reasons: &BTreeSet<&'static str>) {
        for (index, reason) in reasons.iter().enumerate() {
            let dimensions: &[&[&str]] = if index == 0 { &[&[], &["Reason"]] } else { &[&["Reason"]] };
            let mut line = line(SystemTime::now(), dimensions, "QuarantinedRequests", "Count", 1.into());
            line["Reason"] = (*reason).into();
            self.write(&line);
        }
    }

    /// `StoredToBusSeconds`, Seconds: from the receipt of each published location event until the bus took it. The two
    /// ends are read off different clocks, which AWS keeps within milliseconds of each other.
    pub fn stored_to_bus(&self, durations: &[Duration]) {
        for durations in durations.chunks(MAX_VALUES) {
            let seconds: Vec<f64> = durations.iter().map(seconds).collect();
            self.write(&line(SystemTime::now(), &[&[]], "StoredToBusSeconds", "Seconds", seconds.into()));
        }
    }

    /// Nothing happened, nothing is written: alarms and sums take no data for none.
    fn count(&self, name: &str, count: usize) {
        if count > 0 {
            self.write(&line(SystemTime::now(), &[&[]], name, "Count", count.into()));
        }
    }

    fn write(&self, line: &serde_json::Value) {
        let mut writer = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A metric that cannot be written is no reason to fail a request, and there is nowhere else to say so.
        let _ = writer.write_all(format!("{line}\n").as_bytes());
    }
}

/// To the millisecond, and 49 days at most.
fn seconds(duration: &Duration) -> f64 {
    f64::from(u32::try_from(duration.as_millis()).unwrap_or(u32::MAX)) / 1000.0
}

#[cfg(test)]
mod tests;
