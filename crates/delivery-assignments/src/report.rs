//! Writing what drivers report.

use std::time::Duration;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    CancellationReason, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use delivery::{DeliveryStatus, PackageId};
use location_event::DriverId;
use table_item::Item;

use crate::error::classify;
use crate::expression::UpdateExpression;
use crate::item::{self, Delivered, text};
use crate::{Assignment, Assignments, StatusChange, StoreError};

/// The most entries of a history to which an amendment may be added: with the longest reasons and proofs, and a few
/// days more, an item stays below DynamoDB's 400 KB.
const MAX_HISTORY: usize = 50;
/// Tries of a report that others stand in the way of.
const TRIES: u32 = 7;
const FIRST_BACKOFF: Duration = Duration::from_millis(20);

/// The outcome of a report.
#[derive(Clone, Debug, PartialEq)]
pub enum Updated {
    /// It was written: another status, or something new about the one that the delivery has. This is what was then
    /// there.
    Changed(Assignment),
    /// The delivery has this status already, and nothing new was said of it: nothing was written.
    Unchanged(Assignment),
    /// The driver was never given the package.
    NotFound,
    /// The status is not legal from where the delivery stands.
    Conflict {
        /// Where it stands.
        current: DeliveryStatus,
    },
    /// Another driver has delivered the package.
    DeliveredByAnother {
        /// Where this driver's delivery stands.
        current: DeliveryStatus,
        /// The other's.
        delivered: Delivered,
    },
    /// The delivery has this status already, and its history is too long for anything new.
    HistoryFull(Assignment),
}

/// Others were in the way of every try.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the delivery was written by others during each of {TRIES} tries")]
struct Contended;

/// The outcome of one write.
enum Write {
    Made(Assignment),
    /// Its conditions did not hold: what was there.
    Refused {
        current: Option<Assignment>,
        delivered: Option<Delivered>,
    },
    /// Another caller was writing.
    Contended,
}

impl Assignments {
    /// Reports a status. Each write is conditional, and nothing is read before it, so that of several callers at once
    /// one is first, and the others are judged by what it left.
    pub async fn update(
        &self,
        driver_id: &DriverId,
        package_id: &PackageId,
        change: &StatusChange,
    ) -> Result<Updated, StoreError> {
        let mut backoff = FIRST_BACKOFF;
        for _ in 0..TRIES {
            if let Some(updated) = self.try_update(driver_id, package_id, change).await? {
                return Ok(updated);
            }
            // Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
            tokio::time::sleep(backoff.mul_f64(fastrand::f64())).await;
            backoff *= 2;
        }
        Err(StoreError::Unavailable(Contended.into()))
    }

    /// `None`: another caller was writing at the same time, and its outcome decides.
    async fn try_update(
        &self,
        driver_id: &DriverId,
        package_id: &PackageId,
        change: &StatusChange,
    ) -> Result<Option<Updated>, StoreError> {
        let write = match change.status {
            // No report leads there: what is there decides.
            DeliveryStatus::Assigned => {
                Write::Refused { current: self.get(driver_id, package_id).await?, delivered: None }
            }
            DeliveryStatus::Delivered => self.deliver(driver_id, package_id, change).await?,
            _ => self.change(driver_id, package_id, item::updating(change), &mut from_predecessors(change)).await?,
        };
        let (current, delivered) = match write {
            Write::Made(assignment) => return Ok(Some(Updated::Changed(assignment))),
            Write::Refused { current, delivered } => (current, delivered),
            Write::Contended => return Ok(None),
        };
        let Some(current) = current else { return Ok(Some(Updated::NotFound)) };
        Ok(Some(match delivered {
            // A try whose answer was lost had written it, and this was the SDK's next one.
            _ if current.history.iter().any(|entry| entry.is_of(change)) => Updated::Changed(current),
            _ if current.status == change.status && current.says(change) => Updated::Unchanged(current),
            _ if current.status == change.status && current.history.len() >= MAX_HISTORY => {
                Updated::HistoryFull(current)
            }
            _ if current.status == change.status => {
                let amended = self.change(driver_id, package_id, item::amending(change), &mut not_said(change)).await?;
                let Write::Made(assignment) = amended else { return Ok(None) };
                Updated::Changed(assignment)
            }
            Some(delivered) => Updated::DeliveredByAnother { current: current.status, delivered },
            None => Updated::Conflict { current: current.status },
        }))
    }

    /// One conditional write of a driver's delivery.
    async fn change(
        &self,
        driver_id: &DriverId,
        package_id: &PackageId,
        mut update: UpdateExpression,
        condition: &mut dyn FnMut(&mut UpdateExpression) -> String,
    ) -> Result<Write, StoreError> {
        let condition = condition(&mut update);
        let outcome = self
            .update_item(driver_id, package_id, update, condition)
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match outcome {
            Ok(output) => Ok(Write::Made(read(&output.attributes.unwrap_or_default())?)),
            Err(SdkError::ServiceError(error)) if error.err().is_conditional_check_failed_exception() => {
                let current = old_item(error.into_err()).as_ref().map(read).transpose()?;
                Ok(Write::Refused { current, delivered: None })
            }
            Err(error) if is_contended(&error) => Ok(Write::Contended),
            Err(error) => Err(classify(error)),
        }
    }

    /// One transaction: the driver's delivery, and the note of the package that it is delivered, which no other
    /// driver's delivery may have left.
    async fn deliver(
        &self,
        driver_id: &DriverId,
        package_id: &PackageId,
        change: &StatusChange,
    ) -> Result<Write, StoreError> {
        let mut update = item::updating(change);
        let condition = from_predecessors(change)(&mut update);
        let delivery = self.part(driver_id, package_id, update, condition)?;

        let mut update = item::noting(driver_id, change);
        let (key, by) = (update.name(item::DRIVER_ID), update.name(item::DELIVERED_BY));
        let condition = format!("attribute_not_exists({key}) OR {by} = :{}", item::DELIVERED_BY);
        let note = self.part(&Delivered::key(package_id), package_id, update, condition)?;

        let transaction = self.client.transact_write_items().transact_items(delivery).transact_items(note);
        match transaction.send().await {
            Ok(_) => {
                // It has just been written. A transaction does not say what it has left.
                let written = self.get(driver_id, package_id).await?;
                Ok(written.map_or(Write::Refused { current: None, delivered: None }, Write::Made))
            }
            Err(error) => match reasons(&error) {
                Some([delivery, note]) if is_refused(delivery) || is_refused(note) => {
                    let delivered =
                        note.item().map(Delivered::from_item).transpose().map_err(StoreError::Unreadable)?;
                    let current = match delivery.item() {
                        Some(item) => Some(read(item)?),
                        None if is_refused(delivery) => None,
                        None => self.get(driver_id, package_id).await?,
                    };
                    Ok(Write::Refused { current, delivered: delivered.filter(|_| is_refused(note)) })
                }
                Some(reasons) if reasons.iter().any(|reason| reason.code() == Some(CONFLICT)) => Ok(Write::Contended),
                _ => Err(classify(error)),
            },
        }
    }

    fn part(
        &self,
        driver_id: &DriverId,
        package_id: &PackageId,
        update: UpdateExpression,
        condition: String,
    ) -> Result<TransactWriteItem, StoreError> {
        let update = Update::builder()
            .table_name(&self.table)
            .key(item::DRIVER_ID, text(driver_id))
            .key(item::PACKAGE_ID, text(package_id))
            .update_expression(update.text())
            .condition_expression(condition)
            .set_expression_attribute_names(Some(update.names))
            .set_expression_attribute_values(Some(update.values))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(|error| StoreError::Refused(error.into()))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }
}

/// The condition that the delivery stands where the new status is legal from.
fn from_predecessors(change: &StatusChange) -> impl FnMut(&mut UpdateExpression) -> String {
    let predecessors = change.status.predecessors();
    move |update| {
        let from = predecessors.iter().map(|status| update.value(&format!("from_{status}"), text(status)));
        let from = from.collect::<Vec<_>>().join(", ");
        format!("{} IN ({from})", update.name("status"))
    }
}

/// The condition that the delivery has the status, and something of the report is new: of two alike one is written.
fn not_said(change: &StatusChange) -> impl FnMut(&mut UpdateExpression) -> String {
    let said = item::said(change).into_iter().filter(|(_, value)| value.is_some()).map(|(name, _)| name);
    let said: Vec<_> = said.collect();
    move |update| {
        let is_new = said.iter().map(|name| format!("attribute_not_exists(#{name}) OR #{name} <> :{name}"));
        let is_new = is_new.collect::<Vec<_>>().join(" OR ");
        format!("{} = :status AND ({is_new})", update.name("status"))
    }
}

fn read(item: &Item) -> Result<Assignment, StoreError> {
    Assignment::from_item(item).map_err(StoreError::Unreadable)
}

/// The item that a condition did not fit; without one there is no item.
fn old_item(error: UpdateItemError) -> Option<Item> {
    match error {
        UpdateItemError::ConditionalCheckFailedException(failed) => failed.item.filter(|item| !item.is_empty()),
        _ => None,
    }
}

/// Reasons for cancelling a transaction of two writes.
fn reasons<R>(error: &SdkError<TransactWriteItemsError, R>) -> Option<&[CancellationReason; 2]> {
    match error.as_service_error()? {
        TransactWriteItemsError::TransactionCanceledException(cancelled) => {
            cancelled.cancellation_reasons().try_into().ok()
        }
        _ => None,
    }
}

/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
const CONFLICT: &str = "TransactionConflict";

fn is_refused(reason: &CancellationReason) -> bool {
    reason.code() == Some("ConditionalCheckFailed")
}

/// Tells a write that lost to a transaction in progress from other failures.
fn is_contended<R>(error: &SdkError<UpdateItemError, R>) -> bool {
    error.as_service_error().is_some_and(UpdateItemError::is_transaction_conflict_exception)
}
