//! The life of a delivery: a package that a driver was given for a day.
//!
//! Pure: no network, no clock, no AWS. [`DeliveryStatus`] says which changes are legal, [`DeliveryEvent`] is
//! one change; [`bus`] and [`operations_log`] say how it looks to those who read it downstream.

pub mod bus;
mod event;
pub mod operations_log;
mod package;
mod proof;
mod status;

pub use event::{DeliveryEvent, EventType};
pub use package::{PackageId, PackageMetadata};
pub use proof::{InvalidProof, Proof};
pub use status::{DeliveryStatus, UnknownStatus};

/// Version of the event's shape, carried by every row of the operations log and every bus event. It grows
/// by one when a field changes its meaning or goes away; a new optional field leaves it as it is.
pub const SCHEMA_VERSION: u32 = 1;

#[cfg(test)]
mod tests;
