//! `POST /assign`: decide, commit the plan, write the rows, answer.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use assignment::Package;
use assignment::classes::Classes;
use assignment::list::List;
use delivery::{PackageId, PackageMetadata};
use delivery_assignments::{Assignments, NewAssignment, StoreError};
use jiff::civil::Date;
use location_event::{DriverId, Timestamp};
use tokio::time::Instant;

use crate::bucket::{Bucket, BucketError};
use crate::idempotency::{IdempotencyError, Key};
use crate::lists::{self, Lists, ListsError};
use crate::metadata;
use crate::plan::{Plan, PlanError, Run};
use crate::questions::AssignQuestion;
use crate::rows::{self, Pair};
use crate::task::{self, Task};

/// Time that is left for the answer once deciding has to end.
const RESERVE: Duration = Duration::from_secs(4);
const FIRST_BACKOFF: Duration = Duration::from_millis(20);
const MAX_BACKOFF: Duration = Duration::from_millis(640);
/// After which a run whose rows are not all written has nobody any more who writes them: Lambda ends a call
/// after 29 s.
const ABANDONED_AFTER_MS: i64 = 60_000;
const DAY_S: i64 = 24 * 60 * 60;

/// Assigns packages of a day.
#[derive(Debug)]
pub(crate) struct Assigner {
    pub(crate) bucket: Bucket,
    pub(crate) lists: Lists,
    pub(crate) table: Assignments,
    pub(crate) retention_days: u32,
}

/// Who asks, when, and how long there is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call<'a> {
    pub(crate) by: &'a str,
    pub(crate) at: Timestamp,
    pub(crate) deadline: Instant,
}

impl Call<'_> {
    /// Runs decided before this have nobody any more who writes them.
    fn abandoned(&self) -> Timestamp {
        Timestamp::from_millis(self.at.as_millis() - ABANDONED_AFTER_MS).unwrap_or(self.at)
    }
}

/// Why nothing was assigned, or not everything.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AssignError {
    #[error("not on the list of {date}: {} of driver_ids", .ids.len())]
    UnknownDrivers { date: Date, ids: Vec<String> },
    #[error(transparent)]
    Lists(#[from] ListsError),
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error(transparent)]
    Bucket(#[from] BucketError),
    #[error(transparent)]
    Table(#[from] StoreError),
    #[error(transparent)]
    Idempotency(#[from] IdempotencyError),
    #[error("run {0} has a package that the list it was decided from does not have")]
    Undescribed(String),
    /// Others were faster every time.
    #[error("too many calls assign this day at once: nothing was assigned, repeat the call")]
    Crowded,
    /// It was decided; the body says what is written.
    #[error("all is decided, but not all is written yet (pending: {pending}): repeat the call, it goes on from here")]
    Unfinished { date: Date, pending: usize, written: serde_json::Value },
}

impl Assigner {
    /// When something that is written at this time may be removed, seconds since 1970.
    pub(crate) fn expires_at(&self, at: Timestamp) -> i64 {
        at.as_millis() / 1000 + DAY_S * i64::from(self.retention_days)
    }

    /// The body of the answer, as JSON text.
    pub(crate) async fn assign(
        &self,
        question: &AssignQuestion,
        date: Date,
        key: Option<&Key>,
        call: Call<'_>,
    ) -> Result<String, AssignError> {
        let [drivers, packages] = self.lists.load_newest(date).await?;
        let day = lists::day(&drivers, &packages)?;
        let asked =
            task::places(&day, &question.driver_ids).map_err(|ids| AssignError::UnknownDrivers { date, ids })?;
        let classes = Classes::of(&day);
        let (drivers, packages) = (&drivers, &packages);
        let task = Task { date, day: &day, classes: &classes, asked: &asked, question, drivers, packages };

        if let Some(key) = key {
            key.claim(&self.bucket, date).await?;
        }
        let (plan, is_new) = self.decide(&task, call).await?;
        let missing = if question.dry_run { HashSet::new() } else { self.write(&plan, is_new, &task, call).await? };
        if missing.is_empty() {
            return Ok(task.answer(&plan));
        }
        let pending = missing.len();
        Err(AssignError::Unfinished { date, pending, written: task.written(&plan, &missing) })
    }

    /// The plan, with a new run at its end if anything could be added, committed unless it is a dry run.
    async fn decide(&self, task: &Task<'_>, call: Call<'_>) -> Result<(Plan, bool), AssignError> {
        let mut backoff = FIRST_BACKOFF;
        let mut is_first_try = true;
        loop {
            let (mut plan, version) = Plan::read(&self.bucket, task.date).await?;
            let assignments = task.solve(&plan);
            if assignments.is_empty() {
                return Ok((plan, false));
            }
            if std::mem::take(&mut is_first_try) && !task.question.dry_run {
                plan.note_written(&self.bucket, task.date, call.abandoned()).await?;
            }
            plan.runs.push(task.run(assignments, call));
            if task.question.dry_run || plan.replace(&self.bucket, task.date, version.as_deref()).await? {
                let run = plan.runs.last();
                tracing::info!(
                    run.id = run.map(|run| run.id.as_str()),
                    run.assigned = run.map(Run::len),
                    run.dry = task.question.dry_run,
                    day.date = %task.date,
                    day.drivers = task.day.drivers.len(),
                    day.packages = task.day.packages.len(),
                    day.classes = task.classes.len(),
                    "decided"
                );
                return Ok((plan, true));
            }
            // Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
            tokio::time::sleep(backoff.mul_f64(fastrand::f64())).await;
            backoff = (backoff * 2).min(MAX_BACKOFF);
            if Instant::now() + RESERVE >= call.deadline {
                return Err(AssignError::Crowded);
            }
        }
    }

    /// Writes the rows that may be missing. First those of the drivers that are asked for; the answer is which of
    /// these are still missing. Then, in the time that is left, those of runs that nobody writes any more: that is
    /// for others, so it fails nothing here. `is_new`: the last run was decided by this call.
    async fn write(
        &self,
        plan: &Plan,
        is_new: bool,
        task: &Task<'_>,
        call: Call<'_>,
    ) -> Result<HashSet<Pair>, AssignError> {
        let asked: HashSet<&str> = task.question.driver_ids.iter().map(String::as_str).collect();
        let is_asked = |driver: &str| asked.contains(driver);
        let is_abandoned = |run: &Run| run.at < call.abandoned();
        let concerns = |run: &Run| run.assignments.keys().any(|driver| is_asked(driver));
        let written = plan.written(&self.bucket, task.date, |run| concerns(run) || is_abandoned(run)).await?;
        let unwritten = || plan.runs.iter().filter(|run| !written.contains(&run.id));

        let mut missing = HashSet::new();
        for run in unwritten().filter(|run| concerns(run)) {
            let is_first = is_new && plan.runs.last().is_some_and(|last| last.id == run.id);
            missing.extend(self.write_run(run, is_first, is_asked, task, call).await?);
        }
        if missing.is_empty() {
            let is_done = |run: &Run| run.assignments.keys().all(|driver| is_asked(driver));
            for run in unwritten().filter(|run| is_abandoned(run) && !is_done(run)) {
                if let Err(error) = self.write_run(run, false, |_| true, task, call).await {
                    let error = lambda_boot::with_causes(&error);
                    tracing::error!(run.id = run.id, error, "an abandoned run could not be completed");
                }
            }
        }
        Ok(missing)
    }

    /// Writes the rows of a run for some drivers; the answer is which of them are still missing.
    async fn write_run(
        &self,
        run: &Run,
        is_first: bool,
        is_wanted: impl Fn(&str) -> bool,
        task: &Task<'_>,
        call: Call<'_>,
    ) -> Result<HashSet<Pair>, AssignError> {
        let drivers = run.assignments.keys().map(String::as_str).filter(|driver| is_wanted(driver));
        let there =
            if is_first { HashSet::new() } else { rows::find(&self.table, drivers, task.date, call.deadline).await? };
        let is_missing = |driver: &str, package: &str| !there.contains(&(driver.to_owned(), package.to_owned()));
        let rows = run.rows().map(|(_, driver, package)| (driver, package));
        let rows: Vec<_> = rows.filter(|(driver, package)| is_wanted(driver) && is_missing(driver, package)).collect();
        let mut described = self.describe(rows.iter().map(|(_, package)| *package).collect(), run, task).await?;
        let rows = rows.into_iter().map(|(driver, package)| {
            Some(NewAssignment {
                driver_id: DriverId::from(driver.to_owned()),
                package_id: PackageId::from(package.to_owned()),
                date: task.date,
                run_id: run.id.clone(),
                at: run.at,
                by: run.by.clone(),
                expires_at: self.expires_at(run.at),
                package: described.remove(package)?,
            })
        });
        let rows = rows.collect::<Option<Vec<_>>>().ok_or_else(|| AssignError::Undescribed(run.id.clone()))?;
        let left = rows::write(&self.table, rows, call.deadline).await?;
        if left.is_empty() && run.assignments.keys().all(|driver| is_wanted(driver)) {
            // Without the note the next call looks again: no reason to fail this one.
            if let Err(error) = run.note_written(&self.bucket, task.date).await {
                let error = lambda_boot::with_causes(&error);
                tracing::warn!(run.id = run.id, error, "a run is written, but it could not be noted");
            }
        }
        Ok(left)
    }

    /// What the list that a run was decided from says of some of its packages.
    async fn describe(
        &self,
        wanted: HashSet<&str>,
        run: &Run,
        task: &Task<'_>,
    ) -> Result<HashMap<String, PackageMetadata>, AssignError> {
        let describe = |packages: &[Package<'_>]| {
            let packages = packages.iter().filter(|package| wanted.contains(&*package.id));
            packages.map(|package| (package.id.to_string(), metadata::of(package))).collect()
        };
        if wanted.is_empty() || run.packages == task.packages.version {
            return Ok(describe(&task.day.packages));
        }
        let packages = self.lists.load(List::Packages, task.date, run.packages.clone()).await?;
        Ok(describe(&assignment::list::packages(&packages.text).map_err(ListsError::Invalid)?))
    }
}
