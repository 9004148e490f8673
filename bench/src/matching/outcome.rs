//! How good an assignment is, to compare.

use std::collections::HashMap;

use anyhow::Context as _;
use serde::Deserialize;

/// How good an assignment is.
#[derive(Debug, Deserialize)]
pub(super) struct Outcome {
    /// How many packages.
    pub(super) assigned: usize,
    /// The sum of the squares of the drivers' loads.
    pub(super) squares: usize,
    /// The sum of the packages' distances.
    pub(super) km: f64,
}

impl Outcome {
    /// What our answer to a list of packages amounts to; it must name each of them once.
    pub(super) fn read(answer: &[u8], packages: &[u8]) -> anyhow::Result<Self> {
        let answer: Answer<'_> = serde_json::from_slice(answer)?;
        let packages: Vec<Package<'_>> = serde_json::from_slice(packages)?;
        let mut km: HashMap<_, _> = packages.iter().map(|package| (package.package_id, package.distance_km)).collect();
        let carried = answer.assignments.values().flatten();
        let outcome = Outcome {
            assigned: answer.assignments.values().map(Vec::len).sum(),
            squares: answer.assignments.values().map(|packages| packages.len().pow(2)).sum(),
            km: carried.map(|id| km.remove(id).with_context(|| format!("{id} is not left"))).sum::<Result<_, _>>()?,
        };
        let left = answer.unassigned_packages.iter().filter(|id| km.remove(*id).is_some()).count();
        anyhow::ensure!(km.is_empty() && left == answer.unassigned_packages.len(), "not each package is named once");
        Ok(outcome)
    }

    pub(super) fn equals(&self, other: &Self) -> bool {
        // Distances are in hundredths.
        let is_as_near = (self.km - other.km).abs() < 0.005;
        is_as_near && (self.assigned, self.squares) == (other.assigned, other.squares)
    }
}

/// Our answer.
#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    assignments: HashMap<&'a str, Vec<&'a str>>,
    #[serde(borrow)]
    unassigned_packages: Vec<&'a str>,
}

/// What of a package is looked at here.
#[derive(Deserialize)]
struct Package<'a> {
    package_id: &'a str,
    distance_km: f64,
}
