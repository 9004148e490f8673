//! The matching against what trying everything finds, on days small enough for that.

use std::borrow::Cow;

use proptest::prelude::*;

use super::*;
use crate::package::Region;
use crate::rule::{HazmatClasses, Regions};
use crate::{Driver, Package, Rule};

const REGIONS: [Region; 4] = [Region::North, Region::East, Region::South, Region::West];

/// What trying everything finds for some drivers: how many packages can be carried, then the least sum of
/// squared loads, then the least sum of distances.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Best {
    carried: usize,
    squares: u32,
    distance: f64,
}

fn package(index: usize, region: Region, hazmat_class: Option<u8>, is_express: bool, km: u8) -> Package<'static> {
    Package {
        id: Cow::Owned(format!("package_{index}")),
        weight_kg: 1.0,
        is_perishable: false,
        region,
        distance_km: f64::from(km),
        is_express,
        is_fragile: false,
        hazmat_class,
        temperature_c: 5.0,
        delivery_hour: 12,
        volume_m3: 1.0,
        source: Cow::Borrowed("{}"),
    }
}

fn a_rule() -> impl Strategy<Value = Rule> {
    prop_oneof![
        (1_u8..15).prop_map(|set| Rule::RegionOnly { allowed: Regions(set) }),
        (1_u8..15).prop_map(|set| Rule::HazmatAllowed { allowed: HazmatClasses(set << 1) }),
        (0_u8..4).prop_map(|km| Rule::MaxDistance { max_km: f64::from(km) }),
        Just(Rule::ExpressOnly),
    ]
}

fn a_day(drivers: usize, packages: usize) -> impl Strategy<Value = Day<'static>> {
    let a_driver = prop::collection::vec(a_rule(), 0..3);
    let a_package = (0..4_usize, prop::option::of(1_u8..5), any::<bool>(), 0_u8..4);
    (prop::collection::vec(a_driver, 1..=drivers), prop::collection::vec(a_package, 0..=packages)).prop_map(
        |(drivers, packages)| Day {
            drivers: (0..).zip(drivers).map(|(index, rules)| Driver { id: format!("driver_{index}"), rules }).collect(),
            packages: (0..)
                .zip(packages)
                .map(|(index, (region, hazmat, express, km))| package(index, REGIONS[region], hazmat, express, km))
                .collect(),
        },
    )
}

fn fits(day: &Day<'_>, driver: usize, package: usize) -> bool {
    day.drivers[driver].rules.iter().all(|rule| rule.fits(&day.packages[package]))
}

/// Tries every choice for each package in turn.
fn try_everything(day: &Day<'_>, request: &Request<'_>) -> Best {
    fn choose(day: &Day<'_>, request: &Request<'_>, package: usize, loads: &mut [u32], km: f64, best: &mut Best) {
        if package == day.packages.len() {
            let carried = loads.iter().zip(request.loads).map(|(load, before)| (load - before) as usize).sum();
            let squares = request.drivers.iter().map(|driver| loads[*driver].pow(2)).sum();
            let found = Best { carried, squares, distance: km };
            let is_better = found.carried > best.carried
                || found.carried == best.carried && (found.squares, found.distance) < (best.squares, best.distance);
            if is_better {
                *best = found;
            }
            return;
        }
        choose(day, request, package + 1, loads, km, best);
        if request.taken[package] {
            return;
        }
        for driver in request.drivers {
            if loads[*driver] < request.max_per_driver && fits(day, *driver, package) {
                loads[*driver] += 1;
                choose(day, request, package + 1, loads, km + day.packages[package].distance_km, best);
                loads[*driver] -= 1;
            }
        }
    }
    let squares = request.drivers.iter().map(|driver| request.loads[*driver].pow(2)).sum();
    let mut best = Best { carried: 0, squares, distance: 0.0 };
    choose(day, request, 0, &mut request.loads.to_vec(), 0.0, &mut best);
    best
}

/// What an answer amounts to, after checking that it breaks nothing.
fn check(day: &Day<'_>, request: &Request<'_>, assignments: &[Assignment]) -> Best {
    let (mut loads, mut taken) = (request.loads.to_vec(), request.taken.to_vec());
    let mut distance = 0.0;
    for Assignment { driver, package } in assignments {
        assert!(request.drivers.contains(driver), "driver {driver} was not asked for");
        assert!(fits(day, *driver, *package), "a rule of driver {driver} is broken by package {package}");
        assert!(!std::mem::replace(&mut taken[*package], true), "package {package} is given twice");
        loads[*driver] += 1;
        assert!(loads[*driver] <= request.max_per_driver, "driver {driver} has more than the limit");
        distance += day.packages[*package].distance_km;
    }
    let squares = request.drivers.iter().map(|driver| loads[*driver].pow(2)).sum();
    Best { carried: assignments.len(), squares, distance }
}

fn solve(day: &Day<'_>, request: &Request<'_>) -> Vec<Assignment> {
    assign(day, &Classes::of(day), request)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn all_drivers_at_once_get_the_best_that_there_is(
        day in a_day(4, 6), max_per_driver in 1_u32..4, loads in prop::collection::vec(0_u32..3, 4),
        taken in prop::collection::vec(prop::bool::weighted(0.2), 6),
    ) {
        let drivers: Vec<_> = (0..day.drivers.len()).collect();
        let request = Request {
            drivers: &drivers, max_per_driver, loads: &loads[..drivers.len()], taken: &taken[..day.packages.len()],
            objective: Objective::EvenLoad,
        };
        prop_assert_eq!(check(&day, &request, &solve(&day, &request)), try_everything(&day, &request));
        let request = Request { objective: Objective::Distance, ..request };
        let (found, best) = (check(&day, &request, &solve(&day, &request)), try_everything(&day, &request));
        prop_assert_eq!((found.carried, found.distance), (best.carried, best.distance));
    }

    #[test]
    fn some_drivers_get_as_many_and_as_evenly_as_if_they_were_alone(
        day in a_day(5, 6), max_per_driver in 1_u32..4, asked in 1_usize..4, loads in prop::collection::vec(0_u32..3, 5),
    ) {
        let drivers: Vec<_> = (0..asked.min(day.drivers.len())).collect();
        let request = Request {
            drivers: &drivers, max_per_driver, loads: &loads[..day.drivers.len()],
            taken: &vec![false; day.packages.len()], objective: Objective::EvenLoad,
        };
        let (found, best) = (check(&day, &request, &solve(&day, &request)), try_everything(&day, &request));
        prop_assert_eq!((found.carried, found.squares), (best.carried, best.squares));
    }

    /// The promise that concurrent calls rest on.
    #[test]
    fn many_calls_leave_no_more_behind_than_one(
        day in a_day(5, 7), max_per_driver in 1_u32..4,
        calls in prop::collection::vec(prop::collection::btree_set(0_usize..5, 1..4), 0..5),
    ) {
        let everybody: Vec<_> = (0..day.drivers.len()).collect();
        let (mut loads, mut taken) = (vec![0; day.drivers.len()], vec![false; day.packages.len()]);
        let one = solve(&day, &Request {
            drivers: &everybody, max_per_driver, loads: &loads, taken: &taken, objective: Objective::EvenLoad,
        });
        let mut carried = 0;
        for drivers in calls.into_iter().chain([everybody.iter().copied().collect()]) {
            let drivers: Vec<_> = drivers.into_iter().filter(|driver| *driver < day.drivers.len()).collect();
            let request = Request {
                drivers: &drivers, max_per_driver, loads: &loads.clone(), taken: &taken.clone(),
                objective: Objective::EvenLoad,
            };
            let more = solve(&day, &request);
            check(&day, &request, &more);
            carried += more.len();
            for Assignment { driver, package } in more {
                loads[driver] += 1;
                taken[package] = true;
            }
        }
        prop_assert_eq!(carried, one.len());
    }

    #[test]
    fn the_same_question_has_the_same_answer(day in a_day(5, 20)) {
        let drivers: Vec<_> = (0..day.drivers.len()).rev().collect();
        let request = Request {
            drivers: &drivers, max_per_driver: 3, loads: &vec![0; day.drivers.len()],
            taken: &vec![false; day.packages.len()], objective: Objective::EvenLoad,
        };
        prop_assert_eq!(solve(&day, &request), solve(&day, &request));
    }
}

#[test]
fn a_day_without_drivers_or_packages_is_no_problem() {
    for (drivers, packages) in [("[]", "[]"), (r#"[{"id": "a", "rules": []}]"#, "[]")] {
        let day = Day::read(drivers, packages).unwrap();
        let asked: Vec<_> = (0..day.drivers.len()).collect();
        let request = Request {
            drivers: &asked,
            max_per_driver: 10,
            loads: &vec![0; asked.len()],
            taken: &[],
            objective: Objective::EvenLoad,
        };
        assert!(solve(&day, &request).is_empty());
    }
}
