//! Writing to and reading from the table.

use std::error::Error;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::AttributeValue;
use location_event::{DriverId, LocationEvent, OrderId, Timestamp};
use table_item::Failure;

use crate::item::{self, Fields as _, Item, ItemError};
use crate::{RecordedPosition, keys};

/// The table, as one function sees it.
#[derive(Clone, Debug)]
pub struct EventLog {
    client: Client,
    table: String,
}

/// What a write found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// Nothing: the event is new.
    New,
    /// The same event, which stays as it is.
    Duplicate,
}

/// Whose positions are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A driver's, from the table.
    Driver(DriverId),
    /// An order's, from the index.
    Order(OrderId),
}

/// Where a page of a track ended: the key of its last item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The item's driver.
    pub driver_id: String,
    /// The item's sort key.
    pub sort_key: String,
}

/// The longest keys that `DynamoDB` takes, bytes. It answers longer ones with an error, which would look like ours:
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>.
const MAX_PARTITION_KEY_BYTES: usize = 2048;
const MAX_SORT_KEY_BYTES: usize = 1024;

impl Cursor {
    /// Whether an item can have this key. Cursors come back from callers, who may have made them up.
    pub fn is_key(&self) -> bool {
        (1..=MAX_PARTITION_KEY_BYTES).contains(&self.driver_id.len())
            && (1..=MAX_SORT_KEY_BYTES).contains(&self.sort_key.len())
    }
}

/// Part of a track, oldest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// The positions.
    pub positions: Vec<RecordedPosition>,
    /// Where to go on; `None` where nothing follows.
    pub next: Option<Cursor>,
}

/// The log could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// Throttled, unreachable or failing, after all retries: the same call may succeed later.
    #[error("the event log is unavailable")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// Refused for a reason that another try does not change, such as a missing permission.
    #[error("the event log refused the request")]
    Refused(#[source] Box<dyn Error + Send + Sync>),
    /// An item that this code did not write.
    #[error("the event log holds an item that cannot be read")]
    Unreadable(#[source] ItemError),
}

impl EventLog {
    /// The log in this table.
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Stores an event that is not stored yet: one conditional write, no read before it.
    /// `expires_at`: seconds since 1970.
    pub async fn put(&self, event: &LocationEvent, expires_at: i64) -> Result<Stored, LogError> {
        let outcome = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item::from_event(event, expires_at)))
            .condition_expression("attribute_not_exists(driver_id)")
            .send()
            .await;
        match outcome {
            Ok(_) => Ok(Stored::New),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => {
                Ok(Stored::Duplicate)
            }
            Err(error) => Err(classify(error)),
        }
    }

    /// The newest position, in one read of one item whatever the history's length.
    pub async fn last_position(&self, subject: &Subject) -> Result<Option<RecordedPosition>, LogError> {
        let outcome = self
            .query(subject, keys::FIRST_POSITION, keys::AFTER_POSITIONS)
            .scan_index_forward(false)
            .limit(1)
            // An index has no strongly consistent reads; a driver's own table has, at one read unit.
            .consistent_read(matches!(subject, Subject::Driver(_)))
            .send()
            .await
            .map_err(classify)?;
        outcome.items().first().map(RecordedPosition::from_item).transpose().map_err(LogError::Unreadable)
    }

    /// At most `limit` positions from `from` on and before `to`, oldest first, after `cursor`.
    /// A cursor outside the range finds nothing.
    pub async fn track(
        &self,
        subject: &Subject,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
        limit: u16,
        cursor: Option<&Cursor>,
    ) -> Result<Page, LogError> {
        let (first, last) = keys::range(from, to);
        if first > last || cursor.is_some_and(|cursor| !(&first..&last).contains(&&cursor.sort_key)) {
            return Ok(Page { positions: Vec::new(), next: None });
        }
        let outcome = self
            .query(subject, &first, &last)
            // One more than asked for shows whether anything follows.
            .limit(i32::from(limit) + 1)
            .set_exclusive_start_key(cursor.map(|cursor| start_key(subject, cursor)))
            .send()
            .await
            .map_err(classify)?;
        let mut items = outcome.items.unwrap_or_default();
        let mut next = outcome.last_evaluated_key.as_ref().map(end_key).transpose().map_err(LogError::Unreadable)?;
        if items.len() > usize::from(limit) {
            items.truncate(usize::from(limit));
            next = items.last().map(end_key).transpose().map_err(LogError::Unreadable)?;
        }
        let positions =
            items.iter().map(RecordedPosition::from_item).collect::<Result<_, _>>().map_err(LogError::Unreadable)?;
        Ok(Page { positions, next })
    }

    /// All of a driver's positions from `from` on and before `to`, oldest first, as of now: a strongly consistent
    /// read of the table, for short periods.
    pub async fn positions(
        &self,
        driver_id: &DriverId,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<RecordedPosition>, LogError> {
        let (first, last) = keys::range(Some(from), Some(to));
        let subject = Subject::Driver(driver_id.clone());
        let query = self.query(&subject, &first, &last).consistent_read(true);
        let mut items = query.into_paginator().items().send();
        let mut positions = Vec::new();
        while let Some(item) = items.next().await {
            let item = item.map_err(classify)?;
            positions.push(RecordedPosition::from_item(&item).map_err(LogError::Unreadable)?);
        }
        Ok(positions)
    }

    /// Reads nothing, to see whether the table answers.
    pub async fn check(&self) -> Result<(), LogError> {
        // No driver has this id: identifiers are never blank.
        let nobody = Subject::Driver(DriverId::from(" ".to_owned()));
        self.query(&nobody, keys::FIRST_POSITION, keys::AFTER_POSITIONS).limit(1).send().await.map_err(classify)?;
        Ok(())
    }

    fn query(
        &self,
        subject: &Subject,
        first: &str,
        last: &str,
    ) -> aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder {
        let (index, partition, id) = match subject {
            Subject::Driver(driver_id) => (None, keys::DRIVER_ID, driver_id.as_str()),
            Subject::Order(order_id) => (Some(keys::BY_ORDER), keys::LOCATED_ORDER_ID, order_id.as_str()),
        };
        self.client
            .query()
            .table_name(&self.table)
            .set_index_name(index.map(str::to_owned))
            .key_condition_expression("#partition = :id AND sort_key BETWEEN :first AND :last")
            .expression_attribute_names("#partition", partition)
            .expression_attribute_values(":id", AttributeValue::S(id.to_owned()))
            .expression_attribute_values(":first", AttributeValue::S(first.to_owned()))
            .expression_attribute_values(":last", AttributeValue::S(last.to_owned()))
    }
}

fn start_key(subject: &Subject, cursor: &Cursor) -> Item {
    let mut key = Item::from([
        (keys::DRIVER_ID.to_owned(), AttributeValue::S(cursor.driver_id.clone())),
        (keys::SORT_KEY.to_owned(), AttributeValue::S(cursor.sort_key.clone())),
    ]);
    match subject {
        Subject::Driver(driver_id) => {
            key.insert(keys::DRIVER_ID.to_owned(), AttributeValue::S(driver_id.to_string()));
        }
        Subject::Order(order_id) => {
            key.insert(keys::LOCATED_ORDER_ID.to_owned(), AttributeValue::S(order_id.to_string()));
        }
    }
    key
}

fn end_key(item: &Item) -> Result<Cursor, ItemError> {
    let text = |attribute| item.text(attribute).map(str::to_owned).ok_or(ItemError { attribute });
    Ok(Cursor { driver_id: text(keys::DRIVER_ID)?, sort_key: text(keys::SORT_KEY)? })
}

fn classify<E>(error: SdkError<E, HttpResponse>) -> LogError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    match Failure::of(&error) {
        Failure::Throttled | Failure::Unavailable => LogError::Unavailable(error.into()),
        Failure::Refused => LogError::Refused(error.into()),
    }
}
