//! What a caller is told: who carries what that day, what stays, and why.

use std::collections::BTreeMap;

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use crate::Day;
use crate::bits::Bits;
use crate::classes::Classes;

/// The answer to an assignment.
#[derive(Clone, Debug, Serialize)]
pub struct Answer<'a> {
    /// Each driver that was asked for and all its packages of the day, in the order of the question.
    #[serde(serialize_with = "as_map")]
    pub assignments: Vec<(&'a str, Vec<&'a str>)>,
    /// Packages of the list that nobody has, in the list's order.
    pub unassigned_packages: Vec<&'a str>,
    /// Drivers that were asked for and have nothing, in the order of the question.
    pub unassigned_drivers: Vec<&'a str>,
}

/// Why a package stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation<'a> {
    /// Which.
    pub package_id: &'a str,
    /// For programs.
    pub reason: Reason,
    /// For people.
    pub detail: String,
    /// By the code of a rule: how many of the drivers that were asked for it keeps from this package. A driver
    /// counts for each of its rules that does.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub excluded_by: BTreeMap<&'static str, usize>,
}

/// The kinds of reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Each driver that was asked for has a rule against it.
    NoEligibleDriver,
    /// Those who may carry it have as many as they may have.
    AllEligibleDriversFull,
}

/// Why these packages, places in the list, stay when these drivers, places in theirs, were asked for.
pub fn explain<'a>(
    day: &'a Day<'_>,
    classes: &Classes,
    drivers: &[usize],
    packages: impl IntoIterator<Item = usize>,
) -> Vec<Explanation<'a>> {
    let mut asked = Bits::none(day.drivers.len());
    drivers.iter().for_each(|driver| asked.insert(classes.rank(*driver)));
    let mut known = BTreeMap::new();
    let of_class = |class: usize| {
        let eligible = classes.eligible(class).common(&asked);
        if eligible > 0 {
            let drivers = if eligible == 1 { "driver is" } else { "drivers are" };
            let detail = format!("all eligible drivers full: {eligible} eligible {drivers} at max_per_driver");
            return (Reason::AllEligibleDriversFull, detail, BTreeMap::new());
        }
        let mut excluded_by = BTreeMap::<_, Bits>::new();
        for (rule, having) in classes.excluding(class, day) {
            excluded_by.entry(rule.code()).or_insert_with(|| Bits::none(day.drivers.len())).insert_all(having);
        }
        let excluded_by: BTreeMap<_, _> = excluded_by
            .into_iter()
            .map(|(code, having)| (code, having.common(&asked)))
            .filter(|(_, drivers)| *drivers > 0)
            .collect();
        let counts: Vec<_> = excluded_by.iter().map(|(code, drivers)| format!("{code} excludes {drivers}")).collect();
        let detail = if counts.is_empty() {
            "no eligible driver: no driver was asked for".to_owned()
        } else {
            format!("no eligible driver: of {}, {}", asked.len(), counts.join(", "))
        };
        (Reason::NoEligibleDriver, detail, excluded_by)
    };
    packages
        .into_iter()
        .map(|package| {
            let class = classes.class(package) as usize;
            let (reason, detail, excluded_by) = known.entry(class).or_insert_with(|| of_class(class)).clone();
            Explanation { package_id: &day.packages[package].id, reason, detail, excluded_by }
        })
        .collect()
}

fn as_map<S: Serializer>(assignments: &[(&str, Vec<&str>)], serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(assignments.len()))?;
    for (driver, packages) in assignments {
        map.serialize_entry(driver, packages)?;
    }
    map.end()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRIVERS: &str = r#"[
        {"id": "strong", "rules": [{"code": "NO_PERISHABLE"}, {"code": "MAX_DISTANCE", "params": {"max_km": 50}}]},
        {"id": "weak", "rules": [{"code": "MAX_WEIGHT", "params": {"limit_kg": 10}}, {"code": "NO_PERISHABLE"}]},
        {"id": "absent", "rules": []}
    ]"#;

    fn packages() -> String {
        let package = |id, weight_kg, is_perishable| {
            serde_json::json!({
                "package_id": id, "weight_kg": weight_kg, "is_perishable": is_perishable, "region": "east",
                "distance_km": 1, "is_express": false, "is_fragile": false, "hazmat_class": null, "temperature_c": 0,
                "delivery_hour": 0, "volume_m3": 1,
            })
        };
        serde_json::json!([package("light", 1, false), package("heavy", 20, false), package("heavy cheese", 20, true)])
            .to_string()
    }

    #[test]
    fn each_package_that_stays_has_its_reason() {
        let packages = packages();
        let day = Day::read(DRIVERS, &packages).unwrap();
        let classes = Classes::of(&day);
        insta::assert_json_snapshot!(explain(&day, &classes, &[0, 1], 0..3));
        insta::assert_json_snapshot!("nobody_asked", explain(&day, &classes, &[], [2]));
    }

    #[test]
    fn an_answer_has_the_keys_of_the_contract() {
        let answer = Answer {
            assignments: vec![("b", vec!["p", "q"]), ("a", vec![])],
            unassigned_packages: vec!["r"],
            unassigned_drivers: vec!["a"],
        };
        let json = r#"{"assignments":{"b":["p","q"],"a":[]},"unassigned_packages":["r"],"unassigned_drivers":["a"]}"#;
        assert_eq!(serde_json::to_string(&answer).unwrap(), json);
    }
}
