use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn parse(json: &[u8]) -> Vec<Value> {
    serde_json::from_slice(json).unwrap()
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

fn rules(driver: &Value) -> &Vec<Value> {
    driver["rules"].as_array().unwrap()
}

/// What a rule may hold; the sets in it hold as many as the rule of the code says.
fn assert_params(code: &str, params: &Value) {
    let expected = match code {
        "MAX_WEIGHT" => r#"{"limit_kg":10}"#,
        "NO_PERISHABLE" | "EXPRESS_ONLY" | "FRAGILE_ONLY" => "{}",
        "MAX_DISTANCE" => r#"{"max_km":50}"#,
        "TEMP_CONTROL" => r#"{"min_c":2,"max_c":8}"#,
        "TIME_WINDOW" => r#"{"start_hour":8,"end_hour":17}"#,
        "OVERSIZED" => r#"{"min_volume_m3":0.5}"#,
        "REGION_ONLY" => {
            let regions = distinct(&params["allowed_regions"]);
            assert!(regions.len() == 2 && regions.iter().all(|region| is_region(region)), "{params}");
            return;
        }
        "HAZMAT_ALLOWED" => {
            let classes = distinct(&params["allowed_classes"]);
            assert!((1..=2).contains(&classes.len()) && classes.iter().all(|class| is_class(class)), "{params}");
            return;
        }
        unknown => panic!("{unknown}"),
    };
    assert_eq!(params.to_string(), expected, "{code}");
}

fn distinct(set: &Value) -> Vec<&Value> {
    let members: Vec<_> = set.as_array().unwrap().iter().collect();
    let texts: BTreeSet<_> = members.iter().map(|member| member.to_string()).collect();
    assert_eq!(texts.len(), members.len(), "{set}");
    members
}

fn is_region(value: &Value) -> bool {
    ["north", "east", "south", "west"].contains(&value.as_str().unwrap())
}

fn is_class(value: &Value) -> bool {
    (1..=4).contains(&value.as_u64().unwrap())
}

fn assert_uuid(value: &Value) {
    let uuid = value.as_str().unwrap();
    let lengths: Vec<_> = uuid.split('-').map(str::len).collect();
    assert_eq!(lengths, [8, 4, 4, 4, 12], "{uuid}");
    assert!(uuid.bytes().all(|byte| matches!(byte, b'-' | b'0'..=b'9' | b'a'..=b'f')), "{uuid}");
    assert_eq!(&uuid[14..15], "4", "{uuid}");
    assert!("89ab".contains(&uuid[19..20]), "{uuid}");
}

fn assert_within(package: &Value, name: &str, from: f64, to: f64) {
    let number = package[name].as_f64().unwrap();
    assert!((from..=to).contains(&number), "{name} {number}");
    let written = package[name].to_string();
    assert!(written.split_once('.').is_some_and(|(_, decimals)| decimals.len() <= 2), "{name} {written}");
}

fn assert_package(package: &Value) {
    let names: Vec<_> = package.as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        [
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
            "address"
        ]
    );
    assert_uuid(&package["package_id"]);
    assert_within(package, "weight_kg", 0.5, 20.0);
    assert_within(package, "distance_km", 1.0, 100.0);
    assert_within(package, "temperature_c", -5.0, 25.0);
    assert_within(package, "volume_m3", 0.1, 3.0);
    assert!(["is_perishable", "is_express", "is_fragile"].iter().all(|name| package[name].is_boolean()));
    assert!(is_region(&package["region"]));
    assert!(package["hazmat_class"].is_null() || is_class(&package["hazmat_class"]));
    assert!(package["delivery_hour"].as_u64().unwrap() <= 23);
    assert!(package["address"].as_str().unwrap().contains(", S"), "{package}");
}

proptest! {
    #[test]
    fn every_day_keeps_to_the_ranges_and_rules(
        seed: u64, drivers in 0..20u32, packages in 0..50u32, many in any::<bool>(),
    ) {
        let (count, counts) = if many { (RuleCount::TwoToFour, 2..=4) } else { (RuleCount::ZeroToTwo, 0..=2) };
        let day = SampleDay { drivers, packages, rules: count, seed };

        let list = parse(&day.drivers_json());
        prop_assert_eq!(list.len(), drivers as usize);
        for (index, driver) in list.iter().enumerate() {
            prop_assert_eq!(&driver["id"], &format!("driver_{}", index + 1));
            prop_assert!(counts.contains(&rules(driver).len()));
            let codes: BTreeSet<_> = rules(driver).iter().map(|rule| rule["code"].as_str().unwrap()).collect();
            prop_assert_eq!(codes.len(), rules(driver).len(), "a code twice");
            for rule in rules(driver) {
                assert_uuid(&rule["rule_id"]);
                assert_params(rule["code"].as_str().unwrap(), &rule["params"]);
            }
        }

        let list = parse(&day.packages_json());
        prop_assert_eq!(list.len(), packages as usize);
        list.iter().for_each(assert_package);
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes(seed: u64) {
        let day = SampleDay { seed, ..SampleDay::new(3) };
        prop_assert_eq!(day.drivers_json(), day.drivers_json());
        prop_assert_eq!(day.packages_json(), day.packages_json());
        let other = SampleDay { seed: seed.wrapping_add(1), ..day };
        prop_assert_ne!(day.packages_json(), other.packages_json());
    }

    #[test]
    fn one_list_does_not_change_the_other_and_a_longer_one_begins_with_the_shorter(
        seed: u64, fewer in 1..10u32, more in 10..20u32,
    ) {
        let day = SampleDay { drivers: fewer, packages: fewer, rules: RuleCount::TwoToFour, seed };
        let more_packages = SampleDay { packages: more, ..day };
        prop_assert_eq!(day.drivers_json(), more_packages.drivers_json());
        prop_assert!(text(more_packages.packages_ndjson()).starts_with(&text(day.packages_ndjson())));
        let more_drivers = SampleDay { drivers: more, rules: RuleCount::ZeroToTwo, ..day };
        prop_assert_eq!(day.packages_json(), more_drivers.packages_json());
    }
}

/// Pins the stream: where this changes, every list that was ever generated changes.
#[test]
fn a_small_day() {
    let day = SampleDay { packages: 4, ..SampleDay::new(4) };
    insta::assert_snapshot!("drivers_with_0_to_2_rules", text(day.drivers_json()));
    insta::assert_snapshot!("packages", text(day.packages_json()));
    let day = SampleDay { drivers: 2, rules: RuleCount::TwoToFour, ..day };
    insta::assert_snapshot!("drivers_with_2_to_4_rules", text(day.drivers_json()));
}

/// The third of the documented drivers is of a day with more rules.
#[test]
fn the_documented_examples_are_as_generated() {
    let day = SampleDay { packages: 6, seed: 302, ..SampleDay::new(3) };
    assert_eq!(text(day.packages_json()), include_str!("../../../docs/api/examples/packages.json"));
    let few = text(day.drivers_ndjson());
    let many = text(SampleDay { rules: RuleCount::TwoToFour, ..day }.drivers_ndjson());
    let drivers: Vec<_> = few.lines().take(2).chain(many.lines().skip(2)).collect();
    let documented = include_str!("../../../docs/api/examples/drivers.json");
    assert_eq!(format!("[\n{}\n]\n", drivers.join(",\n")), documented);
}

#[test]
fn ndjson_has_the_same_elements() {
    let day = SampleDay { packages: 5, ..SampleDay::new(3) };
    let lines = |bytes| text(bytes).lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>();
    assert_eq!(lines(day.drivers_ndjson()), parse(&day.drivers_json()));
    assert_eq!(lines(day.packages_ndjson()), parse(&day.packages_json()));
}

#[test]
fn a_day_without_anything_has_empty_lists() {
    let day = SampleDay::new(0);
    assert_eq!((day.drivers_json(), day.packages_json()), (b"[]\n".to_vec(), b"[]\n".to_vec()));
    assert_eq!((day.drivers_ndjson(), day.packages_ndjson()), (b"[]\n".to_vec(), b"[]\n".to_vec()));
}

#[test]
fn every_code_and_every_count_of_rules_is_about_as_frequent_as_the_next() {
    for (rules_each, counts) in [(RuleCount::ZeroToTwo, [0, 1, 2]), (RuleCount::TwoToFour, [2, 3, 4])] {
        let drivers = parse(&SampleDay { rules: rules_each, ..SampleDay::new(3_000) }.drivers_json());
        let by_count = tally(drivers.iter().map(|driver| rules(driver).len()));
        assert!(by_count.keys().eq(&counts) && by_count.values().all(|n| (900..1_100).contains(n)), "{by_count:?}");

        let codes = tally(drivers.iter().flat_map(rules).map(|rule| rule["code"].to_string()));
        let mean = drivers.iter().flat_map(rules).count() / 10;
        assert_eq!(codes.len(), 10);
        assert!(codes.values().all(|n| n.abs_diff(mean) < mean / 5), "{codes:?}");
    }
}

#[test]
fn every_value_of_a_package_is_about_as_frequent_as_the_next() {
    let packages = parse(&SampleDay { packages: 10_000, ..SampleDay::new(0) }.packages_json());
    for (name, values) in [("region", 4), ("hazmat_class", 5), ("is_express", 2), ("delivery_hour", 24)] {
        let found = tally(packages.iter().map(|package| package[name].to_string()));
        let mean = 10_000 / values;
        assert_eq!(found.len(), values, "{name}");
        assert!(found.values().all(|n| n.abs_diff(mean) < mean / 4), "{name} {found:?}");
    }
    for (name, mean) in [("weight_kg", 10.25), ("distance_km", 50.5), ("temperature_c", 10.0), ("volume_m3", 1.55)] {
        let sum: f64 = packages.iter().map(|package| package[name].as_f64().unwrap()).sum();
        assert!((sum / 10_000.0 - mean).abs() < mean / 20.0, "{name} {sum}");
    }
    let ids: BTreeSet<_> = packages.iter().map(|package| package["package_id"].as_str()).collect();
    assert_eq!(ids.len(), packages.len());
}

fn tally<T: Ord>(values: impl Iterator<Item = T>) -> BTreeMap<T, usize> {
    values.fold(BTreeMap::new(), |mut tally, value| {
        *tally.entry(value).or_default() += 1;
        tally
    })
}
