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
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;

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

    /// The items of a subject whose buckets lie from `first` to `last`, both included.
    fn between(&self, subject: String, first: String, last: String) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .key_condition_expression("subject = :subject AND #bucket BETWEEN :first AND :last")
            // A reserved word.
            .expression_attribute_names("#bucket", keys::BUCKET)
            .expression_attribute_values(":subject", AttributeValue::S(subject))
            .expression_attribute_values(":first", AttributeValue::S(first))
            .expression_attribute_values(":last", AttributeValue::S(last))
    }
}
