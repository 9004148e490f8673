//! Where a delivery stands, and where it may go from there.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryStatus {
    /// The driver was given the package.
    Assigned,
    /// The driver has agreed to take it.
    Accepted,
    /// The driver has it and is on the way.
    InProgress,
    /// The recipient has it. Final.
    Delivered,
    /// It will not be delivered, whether the driver set out or not. Final.
    FailedToDeliver,
}

/// The text is no status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("accepted is one of {}", DeliveryStatus::ALL.map(DeliveryStatus::name).join(", "))]
pub struct UnknownStatus;

impl DeliveryStatus {
    /// Every status there is, in the order of a delivery's life.
    pub const ALL: [Self; 5] =
        [Self::Assigned, Self::Accepted, Self::InProgress, Self::Delivered, Self::FailedToDeliver];

    /// The status as it is written everywhere.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Assigned => "assigned",
            Self::Accepted => "accepted",
            Self::InProgress => "in_progress",
            Self::Delivered => "delivered",
            Self::FailedToDeliver => "failed_to_deliver",
        }
    }

    /// The status of this name, if there is one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }

    /// The statuses from which an update may lead to this one. None leads back to `assigned`: that is what
    /// a delivery begins with. None leads out of a final one.
    pub const fn predecessors(self) -> &'static [Self] {
        match self {
            Self::Assigned => &[],
            Self::Accepted => &[Self::Assigned],
            Self::InProgress => &[Self::Assigned, Self::Accepted],
            Self::Delivered => &[Self::InProgress],
            Self::FailedToDeliver => &[Self::Assigned, Self::Accepted, Self::InProgress],
        }
    }

    /// Whether nothing follows it.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Delivered | Self::FailedToDeliver)
    }
}

impl fmt::Display for DeliveryStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for DeliveryStatus {
    type Err = UnknownStatus;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::from_name(name).ok_or(UnknownStatus)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_is_legal_or_not() {
        // From (rows) to (columns): assigned, accepted, in_progress, delivered, failed_to_deliver.
        let legal = [
            (DeliveryStatus::Assigned, [false, true, true, false, true]),
            (DeliveryStatus::Accepted, [false, false, true, false, true]),
            (DeliveryStatus::InProgress, [false, false, false, true, true]),
            (DeliveryStatus::Delivered, [false; 5]),
            (DeliveryStatus::FailedToDeliver, [false; 5]),
        ];
        for (from, row) in legal {
            for (to, legal) in DeliveryStatus::ALL.into_iter().zip(row) {
                assert_eq!(to.predecessors().contains(&from), legal, "{from} -> {to}");
            }
        }
        assert_eq!(legal.map(|(from, _)| from), DeliveryStatus::ALL);
    }

    #[test]
    fn nothing_follows_a_final_status_and_something_every_other() {
        for from in DeliveryStatus::ALL {
            let is_left = DeliveryStatus::ALL.into_iter().any(|to| to.predecessors().contains(&from));
            assert_eq!(is_left, !from.is_final(), "{from}");
        }
    }

    #[test]
    fn a_name_is_what_serde_writes_and_reads_back() {
        for status in DeliveryStatus::ALL {
            assert_eq!(serde_json::to_value(status).unwrap(), status.name());
            assert_eq!(status.name().parse(), Ok(status));
        }
        let error = "Delivered".parse::<DeliveryStatus>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "accepted is one of assigned, accepted, in_progress, delivered, failed_to_deliver"
        );
    }
}
