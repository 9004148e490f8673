//! One call's task: what can be added to a plan, and what the caller is told of the whole.

use std::collections::{BTreeMap, HashSet};

use assignment::answer::{self, Answer, Explanation};
use assignment::classes::Classes;
use assignment::{Day, Objective, matching};
use jiff::civil::Date;
use serde::Serialize;

use crate::assign::Call;
use crate::lists::Loaded;
use crate::plan::{Plan, Run};
use crate::questions::AssignQuestion;
use crate::rows::Pair;

/// Lambda answers at most 6 MB; this leaves room for what surrounds the body.
const MAX_ANSWER_BYTES: usize = 6_000_000;

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
    /// How many packages that stay are not explained, for want of room.
    #[serde(skip_serializing_if = "Option::is_none")]
    explain_omitted: Option<usize>,
}

/// The day and what is asked of it.
pub(crate) struct Task<'a> {
    pub(crate) date: Date,
    pub(crate) day: &'a Day<'a>,
    pub(crate) classes: &'a Classes,
    /// Places of the drivers that are asked for.
    pub(crate) asked: &'a [usize],
    pub(crate) question: &'a AssignQuestion,
    pub(crate) drivers: &'a Loaded,
    pub(crate) packages: &'a Loaded,
}

impl Task<'_> {
    /// What can be added to a plan, by driver.
    pub(crate) fn solve(&self, plan: &Plan) -> BTreeMap<String, Vec<String>> {
        // Who or what is no longer on a list keeps what was decided.
        let (by_driver, carried) = (plan.by_driver(&HashSet::new()), plan.package_ids());
        let load = |id: &str| by_driver.get(id).map_or(0, |packages| u32::try_from(packages.len()).unwrap_or(u32::MAX));
        let loads: Vec<_> = self.day.drivers.iter().map(|driver| load(&driver.id)).collect();
        let taken: Vec<_> = self.day.packages.iter().map(|package| carried.contains(&*package.id)).collect();
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

    pub(crate) fn run(&self, assignments: BTreeMap<String, Vec<String>>, call: Call<'_>) -> Run {
        let stamp: String = call.at.to_string().chars().filter(char::is_ascii_alphanumeric).collect();
        Run {
            id: format!("{stamp}-{:08x}", fastrand::u32(..)),
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

    pub(crate) fn answer(&self, plan: &Plan) -> String {
        let mut by_driver = plan.by_driver(&HashSet::new());
        let taken = plan.package_ids();
        let stays = |package: &usize| !taken.contains(&*self.day.packages[*package].id);
        let unassigned: Vec<usize> = (0..self.day.packages.len()).filter(stays).collect();
        let driver_ids = || self.question.driver_ids.iter().map(String::as_str);
        let idle = driver_ids().filter(|driver| by_driver.get(driver).is_none_or(Vec::is_empty)).collect();
        let explain = self.question.explain;
        let mut body = Body {
            answer: Answer {
                unassigned_drivers: idle,
                assignments: driver_ids().map(|id| (id, by_driver.remove(id).unwrap_or_default())).collect(),
                unassigned_packages: unassigned.iter().map(|package| &*self.day.packages[*package].id).collect(),
            },
            date: self.question.date.map(|date| date.to_string()),
            dry_run: self.question.dry_run,
            objective: self.question.objective,
            explain: None,
            explain_omitted: None,
        };
        // Structs with text keys: their serialisation cannot fail.
        let to_json = |body: &Body<'_>| serde_json::to_string(body).unwrap_or_default();
        let answer = to_json(&body);
        if !explain {
            return answer;
        }
        let mut explanations = answer::explain(self.day, self.classes, self.asked, unassigned);
        let all = explanations.len();
        explanations.truncate(fitting(&explanations, MAX_ANSWER_BYTES.saturating_sub(sent_bytes(&answer))));
        body.explain_omitted = (explanations.len() < all).then(|| all - explanations.len());
        body.explain = Some(explanations);
        to_json(&body)
    }

    /// What is in the table, by driver.
    pub(crate) fn written(&self, plan: &Plan, missing: &HashSet<Pair>) -> serde_json::Value {
        let mut by_driver = plan.by_driver(missing);
        let ids = self.question.driver_ids.iter();
        ids.map(|id| (id.clone(), serde_json::json!(by_driver.remove(id.as_str()).unwrap_or_default()))).collect()
    }
}

/// How many explanations, from the first on, fit into so many bytes.
fn fitting(explanations: &[Explanation<'_>], bytes: usize) -> usize {
    let mut left = bytes;
    let fits = |explanation: &&Explanation<'_>| {
        let size = 1 + serde_json::to_string(explanation).map_or(usize::MAX - 1, |json| sent_bytes(&json));
        let fits = size <= left;
        left = left.saturating_sub(size);
        fits
    };
    explanations.iter().take_while(fits).count()
}

/// What JSON takes in Lambda's answer, where it is a text in another JSON: each quote takes two bytes.
fn sent_bytes(json: &str) -> usize {
    json.len() + json.bytes().filter(|byte| matches!(byte, b'"' | b'\\')).count()
}

/// The places of drivers in the day's list, or which of them are not on it.
pub(crate) fn places(day: &Day<'_>, ids: &[String]) -> Result<Vec<usize>, Vec<String>> {
    let places = day.drivers_by_id();
    let unknown: Vec<_> = ids.iter().filter(|id| !places.contains_key(id.as_str())).cloned().collect();
    if unknown.is_empty() {
        Ok(ids.iter().filter_map(|id| places.get(id.as_str()).copied()).collect())
    } else {
        Err(unknown)
    }
}
