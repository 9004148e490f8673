//! `POST /assign`: decide, commit the plan, write the rows, answer.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use assignment::answer::{self, Answer, Explanation};
use assignment::classes::Classes;
use assignment::list::List;
use assignment::{Day, Objective, matching};
use delivery::{PackageId, PackageMetadata};
use delivery_assignments::{Assignments, NewAssignment, StoreError};
use jiff::civil::Date;
use location_event::{Attributes, DriverId, Timestamp};
use serde::Serialize;
use tokio::time::Instant;

use crate::bucket::{Bucket, BucketError};
use crate::lists::{self, Lists, ListsError, Loaded};
use crate::plan::{Plan, PlanError, Run};
use crate::questions::AssignQuestion;
use crate::rows::{self, Pair};

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

/// Why nothing was assigned, or not everything.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AssignError {
    #[error("{} of driver_ids are not on the list of {date}", .ids.len())]
    UnknownDrivers { date: Date, ids: Vec<String> },
    #[error(transparent)]
    Lists(#[from] ListsError),
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error(transparent)]
    Bucket(#[from] BucketError),
    #[error(transparent)]
    Table(#[from] StoreError),
    /// Others were faster every time.
    #[error("too many calls assign this day at once: nothing was assigned, repeat the call")]
    Crowded,
    /// It was decided; the body says what is written.
    #[error("{pending} assignments are decided but not written yet: repeat the call, it goes on from here")]
    Unfinished { pending: usize, written: serde_json::Value },
}

/// The body of the answer.
#[derive(Serialize)]
struct Body<'a> {
    #[serde(flatten)]
    answer: Answer<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    dry_run: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    objective: Option<Objective>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explain: Option<Vec<Explanation<'a>>>,
}

/// The day and what is asked of it.
struct Problem<'a> {
    date: Date,
    day: &'a Day<'a>,
    classes: &'a Classes,
    /// Places of the drivers that are asked for.
    asked: &'a [usize],
    question: &'a AssignQuestion,
    drivers: &'a Loaded,
    packages: &'a Loaded,
}

impl Assigner {
    /// The body of the answer, as JSON text.
    pub(crate) async fn assign(
        &self,
        question: &AssignQuestion,
        date: Date,
        call: Call<'_>,
    ) -> Result<String, AssignError> {
        let [drivers, packages] = self.lists.load_newest(date).await?;
        let day = lists::day(&drivers, &packages)?;
        let asked = places(&day, &question.driver_ids).map_err(|ids| AssignError::UnknownDrivers { date, ids })?;
        let classes = Classes::of(&day);
        let (drivers, packages) = (&drivers, &packages);
        let problem = Problem { date, day: &day, classes: &classes, asked: &asked, question, drivers, packages };

        let plan = self.decide(&problem, call).await?;
        let missing = if question.dry_run { HashSet::new() } else { self.write(&plan, &problem, call).await? };
        if missing.is_empty() {
            return Ok(problem.answer(&plan));
        }
        let pending = missing.len();
        Err(AssignError::Unfinished { pending, written: problem.written(&plan, &missing) })
    }

    /// The plan with what is new in it, committed unless it is a dry run.
    async fn decide(&self, problem: &Problem<'_>, call: Call<'_>) -> Result<Plan, AssignError> {
        let mut backoff = FIRST_BACKOFF;
        loop {
            let (mut plan, version) = Plan::read(&self.bucket, problem.date).await?;
            let assignments = problem.solve(&plan);
            if assignments.is_empty() {
                return Ok(plan);
            }
            plan.runs.push(problem.run(assignments, call));
            if problem.question.dry_run || plan.replace(&self.bucket, problem.date, version.as_deref()).await? {
                let run = plan.runs.last();
                tracing::info!(
                    run.id = run.map(|run| run.run_id.as_str()),
                    run.assigned = run.map(Run::len),
                    run.dry = problem.question.dry_run,
                    day.date = %problem.date,
                    day.drivers = problem.day.drivers.len(),
                    day.packages = problem.day.packages.len(),
                    day.classes = problem.classes.len(),
                    "decided"
                );
                return Ok(plan);
            }
            // Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
            tokio::time::sleep(backoff.mul_f64(fastrand::f64())).await;
            backoff = (backoff * 2).min(MAX_BACKOFF);
            if Instant::now() + RESERVE >= call.deadline {
                return Err(AssignError::Crowded);
            }
        }
    }

    /// Writes the rows that may be missing: those of the drivers that are asked for, and those of runs that
    /// nobody writes any more. The answer is which of the former are still missing.
    async fn write(&self, plan: &Plan, problem: &Problem<'_>, call: Call<'_>) -> Result<HashSet<Pair>, AssignError> {
        let asked: HashSet<&str> = problem.question.driver_ids.iter().map(String::as_str).collect();
        let mut missing = HashSet::new();
        for run in &plan.runs {
            let is_abandoned = run.at.as_millis() + ABANDONED_AFTER_MS <= call.at.as_millis();
            let is_asked = |driver: &str| asked.contains(driver);
            if !(is_abandoned || run.assignments.keys().any(|driver| is_asked(driver)))
                || run.is_written(&self.bucket, problem.date).await?
            {
                continue;
            }
            let is_whole = is_abandoned || run.assignments.keys().all(|driver| is_asked(driver));
            let metadata = self.metadata_of(run, problem).await?;
            let rows = run.rows().filter(|(_, driver, _)| is_whole || is_asked(driver));
            let rows = rows.filter_map(|(run, driver, package)| {
                Some(NewAssignment {
                    driver_id: DriverId::from(driver.to_owned()),
                    package_id: PackageId::from(package.to_owned()),
                    date: problem.date,
                    run_id: run.run_id.clone(),
                    at: run.at,
                    by: run.by.clone(),
                    expires_at: run.at.as_millis() / 1000 + DAY_S * i64::from(self.retention_days),
                    package: metadata.get(package)?.clone(),
                })
            });
            let left = rows::write(&self.table, rows.collect(), call.deadline).await?;
            if left.is_empty() && is_whole {
                run.note_written(&self.bucket, problem.date).await?;
            }
            missing.extend(left.into_iter().filter(|(driver, _)| is_asked(driver)));
        }
        Ok(missing)
    }

    /// What the list that a run was decided from says of its packages.
    async fn metadata_of(
        &self,
        run: &Run,
        problem: &Problem<'_>,
    ) -> Result<HashMap<String, PackageMetadata>, AssignError> {
        let wanted: HashSet<&str> = run.rows().map(|(_, _, package)| package).collect();
        let describe = |day: &Day<'_>| {
            let packages = day.packages.iter().filter(|package| wanted.contains(&*package.id));
            packages.map(|package| (package.id.to_string(), metadata(package))).collect()
        };
        if run.packages == problem.packages.version {
            return Ok(describe(problem.day));
        }
        let packages = self.lists.load(List::Packages, problem.date, run.packages.clone()).await?;
        let packages = assignment::list::packages(&packages.text).map_err(ListsError::Invalid)?;
        Ok(describe(&Day { drivers: Vec::new(), packages }))
    }
}

impl Problem<'_> {
    /// What can be added to a plan, by driver.
    fn solve(&self, plan: &Plan) -> BTreeMap<String, Vec<String>> {
        let (drivers, packages) = (self.day.drivers_by_id(), self.day.packages_by_id());
        let (mut loads, mut taken) = (vec![0; self.day.drivers.len()], vec![false; self.day.packages.len()]);
        for (_, driver, package) in plan.assignments() {
            // Who or what is no longer on a list keeps what was decided.
            drivers.get(driver).into_iter().for_each(|driver| loads[*driver] += 1);
            packages.get(package).into_iter().for_each(|package| taken[*package] = true);
        }
        let request = matching::Request {
            drivers: self.asked,
            max_per_driver: self.question.max_per_driver,
            loads: &loads,
            taken: &taken,
            objective: self.question.objective.unwrap_or_default(),
        };
        let mut assignments = BTreeMap::<String, Vec<String>>::new();
        for new in matching::assign(self.day, self.classes, &request) {
            let packages = assignments.entry(self.day.drivers[new.driver].id.clone()).or_default();
            packages.push(self.day.packages[new.package].id.to_string());
        }
        assignments
    }

    fn run(&self, assignments: BTreeMap<String, Vec<String>>, call: Call<'_>) -> Run {
        let stamp: String = call.at.to_string().chars().filter(char::is_ascii_alphanumeric).collect();
        Run {
            run_id: format!("{stamp}-{:08x}", fastrand::u32(..)),
            at: call.at,
            by: call.by.to_owned(),
            max_per_driver: self.question.max_per_driver,
            objective: self.question.objective.unwrap_or_default(),
            drivers: self.drivers.version.clone(),
            packages: self.packages.version.clone(),
            assignments,
            written: false,
        }
    }

    fn answer(&self, plan: &Plan) -> String {
        let mut of_driver = self.carried(plan, &HashSet::new());
        let taken: HashSet<&str> = plan.assignments().map(|(_, _, package)| package).collect();
        let stays = |package: &usize| !taken.contains(&*self.day.packages[*package].id);
        let unassigned: Vec<usize> = (0..self.day.packages.len()).filter(stays).collect();
        let driver_ids = || self.question.driver_ids.iter().map(String::as_str);
        let idle = driver_ids().filter(|driver| of_driver.get(driver).is_none_or(Vec::is_empty)).collect();
        let explain = self.question.explain;
        let body = Body {
            answer: Answer {
                unassigned_drivers: idle,
                assignments: driver_ids().map(|id| (id, of_driver.remove(id).unwrap_or_default())).collect(),
                unassigned_packages: unassigned.iter().map(|package| &*self.day.packages[*package].id).collect(),
            },
            date: self.question.date.map(|date| date.to_string()),
            dry_run: self.question.dry_run,
            objective: self.question.objective,
            explain: explain.then(|| answer::explain(self.day, self.classes, self.asked, unassigned)),
        };
        // Structs with text keys: their serialisation cannot fail.
        serde_json::to_string(&body).unwrap_or_default()
    }

    /// What is in the table, by driver.
    fn written(&self, plan: &Plan, missing: &HashSet<Pair>) -> serde_json::Value {
        let mut of_driver = self.carried(plan, missing);
        let ids = self.question.driver_ids.iter();
        ids.map(|id| (id.clone(), serde_json::json!(of_driver.remove(id.as_str()).unwrap_or_default()))).collect()
    }

    /// The packages of each driver in a plan, but those that are missing.
    fn carried<'a>(&self, plan: &'a Plan, missing: &HashSet<Pair>) -> HashMap<&'a str, Vec<&'a str>> {
        let mut of_driver = HashMap::<&str, Vec<&str>>::new();
        for (_, driver, package) in plan.assignments() {
            if missing.is_empty() || !missing.contains(&(driver.to_owned(), package.to_owned())) {
                of_driver.entry(driver).or_default().push(package);
            }
        }
        of_driver
    }
}

/// The places of drivers in the day's list, or which of them are not on it.
fn places(day: &Day<'_>, ids: &[String]) -> Result<Vec<usize>, Vec<String>> {
    let places = day.drivers_by_id();
    let unknown: Vec<_> = ids.iter().filter(|id| !places.contains_key(id.as_str())).cloned().collect();
    if unknown.is_empty() {
        Ok(ids.iter().filter_map(|id| places.get(id.as_str()).copied()).collect())
    } else {
        Err(unknown)
    }
}

/// What the list says of a package, for whoever reads the assignment.
fn metadata(package: &assignment::Package<'_>) -> PackageMetadata {
    const KNOWN: [&str; 11] = [
        "package_id",
        "weight_kg",
        "is_perishable",
        "region",
        "distance_km",
        "is_express",
        "is_fragile",
        "hazmat_class",
        "temperature_c",
        "delivery_hour",
        "volume_m3",
    ];
    let mut others: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(package.source).unwrap_or_default();
    others.retain(|name, _| !KNOWN.contains(&name.as_str()));
    let address = others.get("address").and_then(|address| address.as_str()).map(str::to_owned);
    if address.is_some() {
        others.remove("address");
    }
    let attributes = (!others.is_empty()).then(|| serde_json::Value::Object(others).to_string());
    PackageMetadata {
        weight_kg: package.weight_kg,
        is_perishable: package.is_perishable,
        region: package.region.name().to_owned(),
        distance_km: package.distance_km,
        is_express: package.is_express,
        is_fragile: package.is_fragile,
        hazmat_class: package.hazmat_class,
        temperature_c: package.temperature_c,
        delivery_hour: package.delivery_hour,
        volume_m3: package.volume_m3,
        address,
        attributes: attributes.and_then(|json| Attributes::from_json(json).ok()),
    }
}
