//! `Aggregates`, the table of what is derived from events: its keys and items, writing and reading.
//!
//! Everything in it can be computed again from the log and the lake. So bodies are JSON text, as the API
//! answers them, and attributes are only what conditions and readers need before the body.

mod days;
mod error;
mod items;
mod keys;
mod minutes;

use aws_sdk_dynamodb::Client;

pub use days::{DayHead, HeadWrite};
pub use error::TableError;
pub use minutes::MinuteWrite;

/// The table, as one function sees it.
#[derive(Clone, Debug)]
pub struct Aggregates {
    client: Client,
    table: String,
}

impl Aggregates {
    /// What is derived, in this table.
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }
}
