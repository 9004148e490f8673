//! Writing assignments.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use delivery::PackageId;
use location_event::DriverId;

use crate::error::classify;
use crate::expression::UpdateExpression;
use crate::item::{self, text};
use crate::{NewAssignment, StoreError};

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

    pub(crate) fn update_item(
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

fn is_condition_failed<R>(error: &SdkError<UpdateItemError, R>) -> bool {
    error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception)
}
