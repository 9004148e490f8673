//! Identifiers, each a type of its own: a driver passed for an order does not compile.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

identifier! {
    /// One event, unique within its driver: the provider's id, or a hash of the event's content.
    EventId
}
identifier! {
    /// The provider's id of a driver's device or user; the log is partitioned by it.
    DriverId
}
identifier! {
    /// The company's own id of an order (a trip's `externalId`).
    OrderId
}
identifier! {
    /// The provider's id of a trip.
    TripId
}

/// The longest identifier accepted, in bytes of UTF-8. `DynamoDB` takes 1,024 bytes of sort key; real
/// identifiers are 24 to 36.
pub const MAX_IDENTIFIER_BYTES: usize = 256;
