//! Assignments as the API shows them.

use delivery::PackageMetadata;
use delivery_assignments::{Assignment, HistoryEntry};
use serde::Serialize;

/// How far a delivery is.
#[derive(Debug, Serialize)]
pub(crate) struct Delivery<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    driver_id: Option<&'a str>,
    package_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<String>,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_status: Option<&'static str>,
    assigned_at: String,
    updated_at: String,
    updated_by: &'a str,
    run_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<&'a delivery::Proof>,
    #[serde(skip_serializing_if = "Option::is_none")]
    occurred_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    package: Option<&'a PackageMetadata>,
}

/// A driver's packages of a day.
#[derive(Debug, Serialize)]
pub(crate) struct DriverDay<'a> {
    pub(crate) driver_id: &'a str,
    pub(crate) date: String,
    pub(crate) assignments: Vec<Delivery<'a>>,
}

/// A package, who has it, and what happened to it.
#[derive(Debug, Serialize)]
pub(crate) struct PackageStory<'a> {
    #[serde(flatten)]
    delivery: Delivery<'a>,
    history: Vec<Chapter<'a>>,
}

#[derive(Debug, Serialize)]
struct Chapter<'a> {
    driver_id: &'a str,
    #[serde(flatten)]
    entry: &'a HistoryEntry,
}

impl<'a> Delivery<'a> {
    pub(crate) fn of(assignment: &'a Assignment) -> Self {
        Self {
            driver_id: Some(assignment.driver_id.as_str()),
            package_id: assignment.package_id.as_str(),
            date: Some(assignment.date.to_string()),
            status: assignment.status.name(),
            previous_status: assignment.previous_status.map(delivery::DeliveryStatus::name),
            assigned_at: assignment.assigned_at.to_string(),
            updated_at: assignment.updated_at.to_string(),
            updated_by: &assignment.updated_by,
            run_id: &assignment.run_id,
            reason: assignment.reason.as_deref(),
            proof: assignment.proof.as_ref(),
            occurred_at: assignment.occurred_at.map(|time| time.to_string()),
            package: None,
        }
    }

    fn with_package(assignment: &'a Assignment) -> Self {
        Self { package: Some(&assignment.package), ..Self::of(assignment) }
    }

    /// In a list that names driver and day once.
    pub(crate) fn in_day(assignment: &'a Assignment) -> Self {
        Self { driver_id: None, date: None, ..Self::with_package(assignment) }
    }
}

impl<'a> PackageStory<'a> {
    /// Of a package's assignments, the newest last; `None` where there are none.
    pub(crate) fn of(assignments: &'a [Assignment]) -> Option<Self> {
        let entries = |assignment: &'a Assignment| {
            assignment.history.iter().map(|entry| Chapter { driver_id: assignment.driver_id.as_str(), entry })
        };
        let mut history: Vec<_> = assignments.iter().flat_map(entries).collect();
        history.sort_by_key(|chapter| chapter.entry.at);
        Some(Self { delivery: Delivery::with_package(assignments.last()?), history })
    }
}
