//! An assignment as it is written and as it is read.

use std::fmt::Display;

use delivery::{DeliveryStatus, PackageId, PackageMetadata, Proof};
use jiff::civil::Date;
use location_event::{DriverId, Timestamp};
use serde::{Serialize, Serializer};

/// A package that a driver is given.
#[derive(Clone, Debug, PartialEq)]
pub struct NewAssignment {
    /// Who carries it.
    pub driver_id: DriverId,
    /// What is carried.
    pub package_id: PackageId,
    /// The day of the delivery, in the company's time zone.
    pub date: Date,
    /// The assignment run that decided it.
    pub run_id: String,
    /// When, by our clock.
    pub at: Timestamp,
    /// Who asked for the run: the id of the caller's API key, or `unknown`.
    pub by: String,
    /// When the item may be removed, seconds since 1970.
    pub expires_at: i64,
    /// The package as the day's list describes it.
    pub package: PackageMetadata,
}

/// Another status for a delivery.
#[derive(Clone, Debug, PartialEq)]
pub struct StatusChange {
    /// Which.
    pub status: DeliveryStatus,
    /// When it is written, by our clock.
    pub at: Timestamp,
    /// Who asks for it: the id of the caller's API key, or `unknown`.
    pub by: String,
    /// The request that asks for it: by this a change is told from another one just like it.
    pub request_id: String,
    /// Why, in the caller's words.
    pub reason: Option<String>,
    /// What the driver showed.
    pub proof: Option<Proof>,
    /// When it happened, as the caller says.
    pub occurred_at: Option<Timestamp>,
    /// Until when it is known that the package is delivered, where that is what the change says: seconds since 1970.
    pub known_until: i64,
}

/// Everything that the table has of a package with one driver.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// Who carries it.
    pub driver_id: DriverId,
    /// What is carried.
    pub package_id: PackageId,
    /// The day of the delivery, in the company's time zone.
    pub date: Date,
    /// Where it stands.
    pub status: DeliveryStatus,
    /// How many changes there were, the first assignment included.
    pub sequence: u64,
    /// The assignment run that decided it.
    pub run_id: String,
    /// When the driver was given the package.
    pub assigned_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Who changed it last.
    pub updated_by: String,
    /// Where it stood before it came to its status, unless that was by the assignment.
    pub previous_status: Option<DeliveryStatus>,
    /// The last one that was given for its status.
    pub reason: Option<String>,
    /// The last one that was shown for its status.
    pub proof: Option<Proof>,
    /// When it came to its status, as was said last.
    pub occurred_at: Option<Timestamp>,
    /// All changes, oldest first. A package that comes back to the same driver on a later day goes on here.
    pub history: Vec<HistoryEntry>,
    /// When the item may be removed, seconds since 1970.
    pub expires_at: i64,
    /// The package as the day's list describes it.
    pub package: PackageMetadata,
}

/// One change of the past.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HistoryEntry {
    /// The day of the delivery.
    #[serde(serialize_with = "as_text")]
    pub date: Date,
    /// Where it stood from then on.
    pub status: DeliveryStatus,
    /// When the change was made.
    pub at: Timestamp,
    /// Who made it.
    pub by: String,
    /// The request that asked for it, where the change was an update.
    #[serde(skip)]
    pub request_id: Option<String>,
    /// The assignment run, where the change was an assignment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What the driver showed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<Proof>,
    /// When it happened, as the caller says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<Timestamp>,
}

impl Assignment {
    /// Whether a report of the status that it has says nothing new.
    pub(crate) fn says(&self, change: &StatusChange) -> bool {
        fn is_known<T: PartialEq>(said: Option<&T>, known: Option<&T>) -> bool {
            said.is_none() || said == known
        }
        is_known(change.reason.as_ref(), self.reason.as_ref())
            && is_known(change.proof.as_ref(), self.proof.as_ref())
            && is_known(change.occurred_at.as_ref(), self.occurred_at.as_ref())
    }
}

impl HistoryEntry {
    /// Whether it is what this change left.
    pub(crate) fn is_of(&self, change: &StatusChange) -> bool {
        self.request_id.as_deref() == Some(&change.request_id)
    }
}

fn as_text<S: Serializer>(value: &impl Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}
