//! The event that a change of a delivery is: one flat record, for the bus and the operations log.

use std::fmt::Display;

use jiff::civil::Date;
use location_event::{DriverId, EventId, Timestamp};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use crate::{DeliveryStatus, PackageId, Proof};

/// What happened to a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, JsonSchema)]
pub enum EventType {
    /// The driver was given the package for a day.
    #[serde(rename = "delivery.assigned")]
    Assigned,
    /// The delivery got another status.
    #[serde(rename = "delivery.status_changed")]
    StatusChanged,
    /// The status that the delivery has was reported again, with something new: a reason, a proof, a time. It is not
    /// another delivery.
    #[serde(rename = "delivery.amended")]
    Amended,
}

impl EventType {
    /// The type as it is written everywhere.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Assigned => "delivery.assigned",
            Self::StatusChanged => "delivery.status_changed",
            Self::Amended => "delivery.amended",
        }
    }
}

/// One change of a delivery. Times are UTC.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct DeliveryEvent {
    /// `<date>/<driver_id>/<package_id>/<number of the change>`. With the driver's id, the idempotency key
    /// of every consumer.
    pub event_id: EventId,
    /// What happened.
    pub event_type: EventType,
    /// Who carries the package.
    pub driver_id: DriverId,
    /// What is delivered.
    pub package_id: PackageId,
    /// The day of the delivery, in the company's time zone.
    #[serde(serialize_with = "as_text")]
    #[schemars(with = "String", extend("format" = "date"))]
    pub date: Date,
    /// Where the delivery stands now.
    pub status: DeliveryStatus,
    /// Where it stood before: of an amendment, `status`. Absent: the driver was just given the package.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_status: Option<DeliveryStatus>,
    /// When the change was made, by our clock.
    pub at: Timestamp,
    /// Who made it: the id of the caller's API key, or `unknown`.
    pub by: String,
    /// When it happened, as the caller says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<Timestamp>,
    /// Why, in the caller's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What the driver showed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<Proof>,
    /// The assignment run that gave the driver the package.
    pub run_id: String,
}

impl DeliveryEvent {
    /// The id of the `sequence`-th change of a delivery, counted from 1 and never anew while it is kept.
    /// An identifier may have a slash in it: ids are unique within their driver only.
    pub fn id(date: Date, driver_id: &DriverId, package_id: &PackageId, sequence: u64) -> EventId {
        EventId::from(format!("{date}/{driver_id}/{package_id}/{sequence}"))
    }
}

/// Serialises what has a text form and no other.
pub(crate) fn as_text<S: Serializer>(value: &impl Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}
