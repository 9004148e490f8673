//! From the lake to days: recomputes the days that late events may still change.
//!
//! A day's numbers are what one query over the lake answers, however often it is asked, so whoever computes them
//! again writes what is there already. They become public in steps, each of which the next run does where this one
//! ended before it: the pages of the numbers, then the head that makes them count (on condition that it is still the
//! one that was read before the query), then the old pages go, the bus is told, and the head notes that. Numbers
//! that did not change write nothing but the time.

mod athena;
mod bus;
mod call;
mod config;
mod days;
mod handler;
mod quarantine;
mod query;
mod report;
mod request;

use std::time::Duration;

pub use config::Config;
pub use handler::{Answer, Handler, RunError};

/// How long one request to a service may take with all its retries.
pub const PATIENCE: Duration = Duration::from_secs(8);
/// Of the function's time, what is kept to write what Athena answered, and to say what became of it.
pub const RESERVE: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests;
