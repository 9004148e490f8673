//! `LocationEvents`, the log that everything is derived from: its keys, its items, writing and reading.
//!
//! The key does the ordering. Partition: driver. Sort: event time, then event id, in text of a fixed
//! width. "The last location" is "newest first, limit 1", which late, repeated and shuffled events cannot
//! make wrong. Events without a position sort under a prefix of their own and so never hide one.

pub mod item;
pub mod keys;
mod log;
mod position;

pub use item::ItemError;
pub use log::{Cursor, EventLog, LogError, Page, Stored, Subject};
pub use position::RecordedPosition;

#[cfg(test)]
mod tests;
