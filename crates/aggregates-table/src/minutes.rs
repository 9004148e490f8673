//! A driver's minutes.

use aws_sdk_dynamodb::types::AttributeValue;
use location_event::{DriverId, Timestamp};

use crate::items::{body, key, number};
use crate::{Aggregates, TableError, keys};

/// What became of a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MinuteWrite {
    /// It is in the table.
    Written,
    /// The table has one of more positions, and keeps it. Events are never removed but by age, so what was
    /// computed from fewer was read before, by a call that was overtaken, or after some had expired.
    Outdated,
}

impl Aggregates {
    /// Replaces what is known of a driver's minute. `body` is its JSON, computed from `positions` positions;
    /// `expires_at`: seconds since 1970.
    pub async fn put_minute(
        &self,
        driver_id: &DriverId,
        minute: Timestamp,
        positions: u64,
        body: String,
        expires_at: i64,
    ) -> Result<MinuteWrite, TableError> {
        let outcome = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(key(keys::driver(driver_id), minute.to_string())))
            .item(keys::POSITIONS, number(positions))
            .item(keys::BODY, AttributeValue::S(body))
            .item(keys::EXPIRES_AT, number(expires_at))
            .condition_expression("attribute_not_exists(subject) OR positions <= :positions")
            .expression_attribute_values(":positions", number(positions))
            .send()
            .await;
        match outcome {
            Ok(_) => Ok(MinuteWrite::Written),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => {
                Ok(MinuteWrite::Outdated)
            }
            Err(error) => Err(TableError::of(error)),
        }
    }

    /// The JSON of a driver's minutes that begin from `from` on and before `to`, oldest first.
    pub async fn minutes(
        &self,
        driver_id: &DriverId,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<String>, TableError> {
        if from >= to {
            return Ok(Vec::new());
        }
        let (first, last) = keys::minutes(from, to);
        let mut items = self.between(keys::driver(driver_id), first, last).into_paginator().items().send();
        let mut bodies = Vec::new();
        while let Some(item) = items.next().await {
            bodies.push(body(&item.map_err(TableError::of)?)?);
        }
        Ok(bodies)
    }
}
