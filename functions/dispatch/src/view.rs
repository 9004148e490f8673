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
        let told = assignments.iter().map(|assignment| (assignment.driver_id.as_str(), assignment.history.as_slice()));
        Some(Self { delivery: Delivery::with_package(assignments.last()?), history: merged(told) })
    }
}

/// Several assignments' histories as one, oldest first. Each keeps its own order, which is that of the table's writes: of
/// two requests at once, the one that began first may be written last.
fn merged<'a>(histories: impl Iterator<Item = (&'a str, &'a [HistoryEntry])>) -> Vec<Chapter<'a>> {
    let mut chapters = Vec::new();
    for (driver_id, history) in histories {
        let mut latest = None;
        for entry in history {
            latest = latest.max(Some(entry.at));
            chapters.push((latest, Chapter { driver_id, entry }));
        }
    }
    chapters.sort_by_key(|(latest, _)| *latest);
    chapters.into_iter().map(|(_, chapter)| chapter).collect()
}

#[cfg(test)]
mod tests {
    use delivery::DeliveryStatus::{Accepted, Assigned, FailedToDeliver, InProgress};
    use jiff::civil::date;

    use super::*;

    #[test]
    fn changes_at_once_stay_in_the_order_in_which_they_were_written() {
        let entry = |status, second: u32| HistoryEntry {
            date: date(2026, 11, 20),
            status,
            at: format!("2026-11-20T09:30:{second:02}Z").parse().unwrap(),
            by: String::new(),
            request_id: None,
            run_id: None,
            reason: None,
            proof: None,
            occurred_at: None,
        };
        // Asked for at 5 and at 4, and accepted before it was in progress.
        let first = [entry(Assigned, 1), entry(Accepted, 5), entry(InProgress, 4), entry(FailedToDeliver, 6)];
        let second = [entry(Assigned, 3), entry(Accepted, 7)];
        let merged = merged([("d1", &first[..]), ("d2", &second[..])].into_iter());
        let told: Vec<_> = merged.iter().map(|chapter| (chapter.driver_id, chapter.entry.status)).collect();
        assert_eq!(
            told,
            [
                ("d1", Assigned),
                ("d2", Assigned),
                ("d1", Accepted),
                ("d1", InProgress),
                ("d1", FailedToDeliver),
                ("d2", Accepted)
            ]
        );
    }
}
