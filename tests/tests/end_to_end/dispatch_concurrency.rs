//! Many calls at once for drivers that overlap: one package, one driver; no cap exceeded; nothing forgotten.
//!
//! What is assigned stays, so each call must leave the drivers whom it is not asked for as well off as it can
//! (look-ahead): then any order of calls with one cap ends with as many packages assigned as one call for everybody.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Barrier;
use std::thread;

use milkrun_tests::dispatch::{assign, pairs, read};
use milkrun_tests::{Answer, Day};
use sample_day::{RuleCount, SampleDay};
use serde_json::json;

const CALLS: usize = 50;

fn dry_run(day: &Day, driver_ids: &[String], max_per_driver: usize) -> Answer {
    let mut request = day.request_for(driver_ids, max_per_driver);
    request["dry_run"] = json!(true);
    let answer = assign(&request);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer
}

/// Sets of drivers, each of a random size, that together have all of them.
fn overlapping(day: &Day) -> Vec<Vec<String>> {
    let mut drivers = day.driver_ids();
    let mut sets: Vec<Vec<String>> = (0..CALLS)
        .map(|_| {
            fastrand::shuffle(&mut drivers);
            drivers[..fastrand::usize(1..=drivers.len() / 4)].to_vec()
        })
        .collect();
    let covered: BTreeSet<_> = sets.iter().flatten().cloned().collect();
    let uncovered: Vec<_> = drivers.into_iter().filter(|driver| !covered.contains(driver)).collect();
    sets[0].extend(uncovered);
    sets
}

/// Assigns a day with 50 calls at once, and checks all that must hold of the outcome. The answer is how many
/// packages are assigned.
fn assign_at_once(day: &Day, max_per_driver: usize) -> usize {
    let best = pairs(&dry_run(day, &day.driver_ids(), max_per_driver)).len();
    assert!(best > 0 && day.rows().is_empty() && day.plan().is_none());

    let (sets, start) = (overlapping(day), Barrier::new(CALLS));
    let answers: Vec<Answer> = thread::scope(|scope| {
        let call = |set: &Vec<String>| {
            let (request, start) = (day.request_for(set, max_per_driver), &start);
            scope.spawn(move || {
                start.wait();
                assign(&request)
            })
        };
        let calls: Vec<_> = sets.iter().map(call).collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    });

    let table = day.pairs();
    let packages: BTreeSet<_> = table.iter().map(|(_, package)| package.clone()).collect();
    assert_eq!(packages.len(), table.len(), "a package was given twice");
    let listed: BTreeSet<_> = day.package_ids().into_iter().collect();
    assert!(packages.is_subset(&listed), "the table has what no list has");
    let mut of_driver = BTreeMap::<_, usize>::new();
    table.iter().for_each(|(driver, _)| *of_driver.entry(driver.clone()).or_default() += 1);
    assert!(of_driver.values().all(|count| *count <= max_per_driver), "{of_driver:?}");
    assert_eq!(table.len(), best, "not as many as one call for everybody assigns");

    let mut answered = BTreeSet::new();
    for (answer, set) in answers.iter().zip(&sets) {
        assert_eq!(answer.status, 200, "{answer:?}");
        let asked: Vec<_> = answer.body["assignments"].as_object().unwrap().keys().collect();
        assert_eq!(asked, set.iter().collect::<Vec<_>>());
        answered.extend(pairs(answer));
    }
    assert_eq!(answered.into_iter().collect::<Vec<_>>(), table, "the answers and the table differ");
    // Everybody's day, asked for once more, is what the table has; and the day's account agrees.
    assert_eq!(pairs(&assign(&day.request(max_per_driver))), table);
    let account = read(&day.path("")).body;
    assert_eq!(account["assigned"], json!(table.len()));
    let runs = account["runs"].as_array().unwrap();
    assert!(runs.len() > 1, "the calls did not meet: {account}");
    assert_eq!(runs.iter().map(|run| run["assigned"].as_u64().unwrap()).sum::<u64>(), table.len() as u64);
    table.len()
}

#[test]
fn fifty_calls_at_once_assign_as_much_as_one() {
    // As many places as packages, and rules that keep some of both empty: whoever takes the wrong one costs one.
    let (drivers, cap) = (30, 10);
    let sample = SampleDay { drivers, packages: 300, rules: RuleCount::TwoToFour, seed: fastrand::u64(..) };
    let day = Day::sample(&sample).uploaded();
    let assigned = assign_at_once(&day, cap);
    assert!(assigned < 300, "{sample:?} has no scarcity");
}

#[test]
fn fifty_calls_at_once_assign_every_package_that_anybody_may_carry() {
    let sample = SampleDay { drivers: 8, packages: 90, rules: RuleCount::TwoToFour, seed: 3 };
    let day = Day::sample(&sample).uploaded();
    let assigned = assign_at_once(&day, 90);
    // Some stay, or the rules would not be part of this.
    assert!(assigned < 90, "{assigned}");
}
