//! The read edge's analytics: a driver's minutes, a day's numbers. What is answered was computed before, by
//! `aggregator-minutes` and `aggregator-daily`; here it is only read.

mod config;
mod csv_table;
mod cursor;
mod daily;
mod handler;
mod minutes;
mod problem;

use std::time::Duration;

pub use config::Config;
pub use handler::Handler;

/// How long one request to the table may take with the SDK's own retries: it must leave time to answer.
pub const PATIENCE: Duration = Duration::from_secs(8);

#[cfg(test)]
mod tests;
