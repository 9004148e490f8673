//! Writing to the table.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use delivery::{DeliveryStatus, PackageId};
use location_event::DriverId;
use table_item::Item;

use crate::error::classify;
use crate::expression::UpdateExpression;
use crate::item::{self, text};
use crate::{Assignment, NewAssignment, StatusChange, StoreError};

/// The table, as one function sees it.
#[derive(Clone, Debug)]
pub struct Assignments {
    pub(crate) client: Client,
    pub(crate) table: String,
}

/// What writing an assignment found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// Nothing, or the same driver's delivery of the package on another day, decided earlier: the assignment is new.
    New,
    /// The same driver's delivery of the package on this day, or one decided later: it stays as it is.
    AlreadyThere,
}

/// What became of a change of status.
#[derive(Clone, Debug, PartialEq)]
pub enum Updated {
    /// It was made. This is what was then there.
    Changed(Assignment),
    /// The delivery has this status already, and it is not final: nothing was written.
    Unchanged(Assignment),
    /// The driver was never given the package.
    NotFound,
    /// The change is not legal from where the delivery stands.
    Conflict {
        /// Where it stands.
        current: DeliveryStatus,
    },
}

impl Assignments {
    /// The assignments in this table.
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Writes an assignment unless it is there: one conditional write, no read before it.
    pub async fn assign(&self, row: &NewAssignment) -> Result<Written, StoreError> {
        let mut update = item::assigning(row);
        let [driver_id, date, assigned_at] =
            [item::DRIVER_ID, item::DATE, item::ASSIGNED_AT].map(|name| update.name(name));
        // A package that comes back on another day keeps its history. What was decided last stands, so that a
        // run that is completed late takes nothing back.
        let condition = format!(
            "attribute_not_exists({driver_id}) OR ({date} <> :{} AND {assigned_at} < :{})",
            item::DATE,
            item::ASSIGNED_AT
        );
        match self.update_item(&row.driver_id, &row.package_id, update, condition).send().await {
            Ok(_) => Ok(Written::New),
            Err(error) if is_condition_failed(&error) => Ok(Written::AlreadyThere),
            Err(error) => Err(classify(error)),
        }
    }

    /// Gives a delivery another status, if that is legal from where it stands: one conditional write. Of
    /// several callers at once one is first, and the others are judged by what it left.
    pub async fn update(
        &self,
        driver_id: &DriverId,
        package_id: &PackageId,
        change: &StatusChange,
    ) -> Result<Updated, StoreError> {
        let predecessors = change.status.predecessors();
        if predecessors.is_empty() {
            // Nothing could be written: what is there decides.
            let current = self.get(driver_id, package_id).await?;
            return Ok(judge(current, change));
        }
        let mut update = item::updating(change);
        let from = predecessors.iter().map(|status| update.value(&format!("from_{status}"), text(status)));
        let from = from.collect::<Vec<_>>().join(", ");
        let condition = format!("{} IN ({from})", update.name("status"));
        let outcome = self
            .update_item(driver_id, package_id, update, condition)
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match outcome {
            Ok(output) => {
                let item = output.attributes.unwrap_or_default();
                Assignment::from_item(&item).map(Updated::Changed).map_err(StoreError::Unreadable)
            }
            Err(SdkError::ServiceError(error)) if error.err().is_conditional_check_failed_exception() => {
                let current = old_item(error.into_err()).as_ref().map(Assignment::from_item).transpose();
                Ok(judge(current.map_err(StoreError::Unreadable)?, change))
            }
            Err(error) => Err(classify(error)),
        }
    }

    fn update_item(
        &self,
        driver_id: &DriverId,
        package_id: &PackageId,
        update: UpdateExpression,
        condition: String,
    ) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .key(item::DRIVER_ID, text(driver_id))
            .key(item::PACKAGE_ID, text(package_id))
            .update_expression(update.text())
            .condition_expression(condition)
            .set_expression_attribute_names(Some(update.names))
            .set_expression_attribute_values(Some(update.values))
    }
}

/// What a change that was not written means.
fn judge(current: Option<Assignment>, change: &StatusChange) -> Updated {
    match current {
        None => Updated::NotFound,
        // A try whose answer was lost had written it, and this was the SDK's next one.
        Some(current) if current.history.iter().any(|entry| entry.is_of(change)) => Updated::Changed(current),
        Some(current) if current.status == change.status && !current.status.is_final() => Updated::Unchanged(current),
        Some(current) => Updated::Conflict { current: current.status },
    }
}

fn is_condition_failed<R>(error: &SdkError<UpdateItemError, R>) -> bool {
    error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception)
}

/// The item that a condition did not fit; without one there is no item.
fn old_item(error: UpdateItemError) -> Option<Item> {
    match error {
        UpdateItemError::ConditionalCheckFailedException(failed) => failed.item.filter(|item| !item.is_empty()),
        _ => None,
    }
}
