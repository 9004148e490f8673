//! The read edge: the last location of an order or a driver, their tracks, and whether all is well.
//!
//! `docs/api/openapi.yaml` is the source of the routes and the answers; the end-to-end tests check one
//! against the other.

mod config;
mod geojson;
mod handler;
mod parameters;

use std::time::Duration;

pub use config::Config;
pub use handler::Handler;

/// How long one read may take with all its retries.
pub const PATIENCE: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests;
