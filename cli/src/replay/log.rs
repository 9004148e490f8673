//! Reading the log: a driver's part of it, or all of it in parts.

use std::collections::HashMap;

use anyhow::{Context as _, Result};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use location_event::Timestamp;

/// What is read of the log.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    pub(super) client: Client,
    pub(super) table: String,
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    pub(super) driver: Option<String>,
    /// In how many parts the whole log is read.
    pub(super) parts: u8,
}

/// A page of items.
pub(super) struct Page {
    pub(super) items: Vec<HashMap<String, AttributeValue>>,
    /// How many items were read for it, those of other times included.
    pub(super) read: usize,
    /// Where the next one begins.
    pub(super) next: Option<HashMap<String, AttributeValue>>,
}

impl Reading {
    /// How many items there are to read, about; `None` of a driver: nobody knows.
    pub(super) async fn estimate(&self) -> Result<Option<usize>> {
        if self.driver.is_some() {
            return Ok(None);
        }
        let described = self.client.describe_table().table_name(&self.table).send().await;
        let described = described.with_context(|| format!("{} cannot be described", self.table))?;
        let count = described.table.and_then(|table| table.item_count).unwrap_or_default();
        Ok(usize::try_from(count).ok())
    }

    /// One page of a part, numbered from 0.
    pub(super) async fn page(&self, part: u8, start: Option<HashMap<String, AttributeValue>>) -> Result<Page> {
        const FILTER: &str = "received_at >= :from AND received_at < :to";
        // Text of a fixed width: its order is that of time.
        let bounds = HashMap::from([(":from".to_owned(), text(&self.from)), (":to".to_owned(), text(&self.to))]);
        let refused = || format!("{} cannot be read", self.table);
        if let Some(driver) = &self.driver {
            let query = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("driver_id = :driver")
                .filter_expression(FILTER)
                .set_expression_attribute_values(Some(bounds))
                .expression_attribute_values(":driver", text(driver))
                .set_exclusive_start_key(start);
            let page = query.send().await.with_context(refused)?;
            return Ok(Page {
                read: count(page.scanned_count),
                items: page.items.unwrap_or_default(),
                next: page.last_evaluated_key,
            });
        }
        let scan = self
            .client
            .scan()
            .table_name(&self.table)
            .segment(part.into())
            .total_segments(self.parts.into())
            .filter_expression(FILTER)
            .set_expression_attribute_values(Some(bounds))
            .set_exclusive_start_key(start);
        let page = scan.send().await.with_context(refused)?;
        Ok(Page {
            read: count(page.scanned_count),
            items: page.items.unwrap_or_default(),
            next: page.last_evaluated_key,
        })
    }
}

fn text(value: &impl ToString) -> AttributeValue {
    AttributeValue::S(value.to_string())
}

fn count(count: i32) -> usize {
    usize::try_from(count).unwrap_or_default()
}
