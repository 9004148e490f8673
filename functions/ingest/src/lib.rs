//! The write edge: verifies that a request is a provider's own, normalises its events, and answers once
//! each of them is stored.
//!
//! What is acknowledged is in the log: one conditional write an event, and nothing else is awaited. What
//! is refused is kept whole in the quarantine. What cannot be kept at all is not acknowledged: 503, and
//! the provider comes back.

mod access;
mod config;
mod handler;
mod outcome;
mod quarantine;
mod secrets;
mod signing_ids;

use std::time::Duration;

pub use config::Config;
pub use handler::Handler;

/// How long one request to an AWS service may take with all its retries. The function has ten seconds,
/// of which the provider should not wait more than it must.
pub const PATIENCE: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests;
