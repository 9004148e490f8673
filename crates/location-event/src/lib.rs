//! The canonical location event, and how providers' payloads become one.
//!
//! Pure: no network, no clock, no AWS. [`providers`] turns a request body into [`LocationEvent`]s and
//! [`Fault`]s; [`lake`] and [`bus`] say how an event looks to those who read it downstream.

pub mod bus;
mod event;
mod fault;
pub mod flag;
mod id;
pub mod lake;
mod normalise;
pub mod providers;
mod timestamp;

pub use event::{Attributes, Kind, LocationEvent};
pub use fault::{Fault, Reason};
pub use flag::Flag;
pub use id::{
    ACCEPTED_IDENTIFIER, DriverId, EventId, InvalidIdentifier, MAX_IDENTIFIER_BYTES, OrderId, TripId, check_identifier,
};
pub use normalise::MAX_CLOCK_AHEAD_MS;
pub use providers::{PROVIDERS, Provider, SignatureScheme};
pub use timestamp::{InvalidTimestamp, Timestamp};

/// Version of the event's shape, carried by every lake record and bus event. It grows by one when a
/// field changes its meaning or goes away; a new optional field leaves it as it is.
pub const SCHEMA_VERSION: u32 = 1;
