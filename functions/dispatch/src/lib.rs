//! Dispatch: gives the day's packages to drivers, and follows each one to its end.
//!
//! An assignment is decided once and written after that. What decides is the day's **plan**, one object in S3
//! that is replaced only if nobody else has replaced it since it was read: of callers at once one wins, and the
//! others decide again upon what it left. So no package is given twice and no limit exceeded. The plan says
//! who carries what; the table's rows follow from it, each written on condition that it is not there yet. A call
//! that ends in between leaves a plan, and the next call writes what is missing.

mod assign;
mod bucket;
mod config;
mod fields;
mod handler;
mod idempotency;
mod lists;
mod metadata;
mod plan;
mod problem;
mod questions;
mod rows;
mod task;
mod view;

use std::time::Duration;

pub use config::Config;
pub use handler::Handler;

/// How long one request to a service may take with all its retries.
pub const PATIENCE: Duration = Duration::from_secs(5);
/// How long deciding and writing may take. The gateway waits 29 seconds; what is not done by then is said to be so.
const BUDGET: Duration = Duration::from_secs(20);

#[cfg(test)]
mod tests;
