//! The day's plan: what has been decided, run by run. Replacing it is what an assignment is.

use std::collections::{BTreeMap, HashMap, HashSet};

use assignment::Objective;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use jiff::civil::Date;
use location_event::Timestamp;
use serde::{Deserialize, Serialize};

use crate::bucket::{Bucket, BucketError, Condition};
use crate::rows::Pair;

/// Version of the object's shape.
const SCHEMA_VERSION: u32 = 1;
const CHECKS_AT_ONCE: usize = 16;

/// Everything that was decided for a day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Plan {
    schema_version: u32,
    /// In the order in which they were decided.
    pub(crate) runs: Vec<Run>,
}

/// What one call decided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Run {
    #[serde(rename = "run_id")]
    pub(crate) id: String,
    pub(crate) at: Timestamp,
    /// The id of the caller's API key.
    pub(crate) by: String,
    pub(crate) max_per_driver: u32,
    pub(crate) objective: Objective,
    /// The lists that it was decided from: these versions stay, whatever is uploaded later.
    pub(crate) drivers: ListVersion,
    pub(crate) packages: ListVersion,
    /// New packages of each driver.
    pub(crate) assignments: BTreeMap<String, Vec<String>>,
    /// Whether all its rows are known to be in the table.
    pub(crate) written: bool,
}

/// One version of a list's object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ListVersion {
    pub(crate) key: String,
    pub(crate) e_tag: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) version_id: Option<String>,
}

/// The plan could not be read or replaced.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlanError {
    #[error(transparent)]
    Bucket(#[from] BucketError),
    #[error("the day's plan is not what this function writes")]
    Unreadable(#[from] serde_json::Error),
    /// Written by a newer copy: replacing it would lose what this one does not know.
    #[error("the day's plan has version {0}, and this function knows {SCHEMA_VERSION}")]
    Version(u32),
}

/// A plan, and the version of its object; none where nothing was decided yet.
pub(crate) type Versioned = (Plan, Option<String>);

impl Default for Plan {
    fn default() -> Self {
        Self { schema_version: SCHEMA_VERSION, runs: Vec::new() }
    }
}

impl Plan {
    /// Every driver, package and the run that decided it, in order.
    pub(crate) fn assignments(&self) -> impl Iterator<Item = (&Run, &str, &str)> {
        self.runs.iter().flat_map(Run::rows)
    }

    /// Every package that somebody has.
    pub(crate) fn package_ids(&self) -> HashSet<&str> {
        self.assignments().map(|(_, _, package)| package).collect()
    }

    /// The packages of each driver, but those that are `missing`.
    pub(crate) fn by_driver(&self, missing: &HashSet<Pair>) -> HashMap<&str, Vec<&str>> {
        let mut by_driver = HashMap::<&str, Vec<&str>>::new();
        for (_, driver, package) in self.assignments() {
            if missing.is_empty() || !missing.contains(&(driver.to_owned(), package.to_owned())) {
                by_driver.entry(driver).or_default().push(package);
            }
        }
        by_driver
    }

    /// Of some of its runs, those whose rows are all in the table, as far as anybody has noted: their ids.
    pub(crate) async fn written(
        &self,
        bucket: &Bucket,
        date: Date,
        is_of_interest: impl Fn(&Run) -> bool,
    ) -> Result<HashSet<String>, BucketError> {
        let runs = self.runs.iter().filter(|run| is_of_interest(run));
        let checks = runs.map(|run| async move { Ok::<_, BucketError>((run, run.is_written(bucket, date).await?)) });
        let checks: Vec<_> = stream::iter(checks).buffered(CHECKS_AT_ONCE).try_collect().await?;
        Ok(checks.into_iter().filter(|(_, written)| *written).map(|(run, _)| run.id.clone()).collect())
    }

    /// Notes in the plan itself which of the runs decided before `time` are written, so that nobody has to ask again.
    pub(crate) async fn note_written(
        &mut self,
        bucket: &Bucket,
        date: Date,
        time: Timestamp,
    ) -> Result<(), BucketError> {
        let written = self.written(bucket, date, |run| !run.written && run.at < time).await?;
        self.runs.iter_mut().filter(|run| written.contains(&run.id)).for_each(|run| run.written = true);
        Ok(())
    }

    pub(crate) async fn read(bucket: &Bucket, date: Date) -> Result<Versioned, PlanError> {
        let Some(object) = bucket.get(&key(date), None).await? else { return Ok((Self::default(), None)) };
        let plan: Self = serde_json::from_slice(&object.bytes)?;
        if plan.schema_version != SCHEMA_VERSION {
            return Err(PlanError::Version(plan.schema_version));
        }
        Ok((plan, Some(object.e_tag)))
    }

    /// Replaces the version that was read; `false` where somebody else has.
    pub(crate) async fn replace(&self, bucket: &Bucket, date: Date, version: Option<&str>) -> Result<bool, PlanError> {
        let condition = version.map_or(Condition::Absent, Condition::Unchanged);
        Ok(bucket.put(&key(date), serde_json::to_vec(self)?, condition).await?)
    }
}

impl Run {
    pub(crate) fn rows(&self) -> impl Iterator<Item = (&Self, &str, &str)> {
        self.assignments.iter().flat_map(move |(driver, packages)| {
            packages.iter().map(move |package| (self, driver.as_str(), package.as_str()))
        })
    }

    /// How many packages it assigned.
    pub(crate) fn len(&self) -> usize {
        self.assignments.values().map(Vec::len).sum()
    }

    /// Whether its rows are all in the table, as far as anybody has noted.
    async fn is_written(&self, bucket: &Bucket, date: Date) -> Result<bool, BucketError> {
        Ok(self.written || bucket.get(&self.mark(date), None).await?.is_some())
    }

    /// Notes that all its rows are in the table.
    pub(crate) async fn note_written(&self, bucket: &Bucket, date: Date) -> Result<(), BucketError> {
        bucket.put(&self.mark(date), Vec::new(), Condition::Always).await.map(drop)
    }

    fn mark(&self, date: Date) -> String {
        format!("written/{date}/{}", self.id)
    }
}

fn key(date: Date) -> String {
    format!("plans/{date}.json")
}
