use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::Rule;

const PACKAGE: &str = r#"{"package_id": "p", "weight_kg": 2, "is_perishable": false, "region": "north",
    "distance_km": 0, "is_express": true, "is_fragile": false, "hazmat_class": null, "temperature_c": -5.5,
    "delivery_hour": 23, "volume_m3": 0.1, "address": "12 Elm Street \"back\"", "note": [1, {"a": "]"}]}"#;

/// The package with other values, or without a value where there is none.
fn package(changes: &[(&str, Option<Value>)]) -> Value {
    let mut package: Value = serde_json::from_str(PACKAGE).unwrap();
    let fields = package.as_object_mut().unwrap();
    for (name, value) in changes {
        match value {
            Some(value) => fields.insert((*name).to_owned(), value.clone()),
            None => fields.remove(*name),
        };
    }
    package
}

fn numbered(count: usize) -> Vec<Value> {
    (0..count).map(|index| package(&[("package_id", Some(format!("p{index}").into()))])).collect()
}

fn lines(values: &[Value]) -> String {
    values.iter().map(Value::to_string).collect::<Vec<_>>().join("\n")
}

fn details(faults: &Faults) -> Vec<String> {
    faults.first().iter().map(|fault| format!("{:?} {:?}: {}", fault.index, fault.id, fault.detail)).collect()
}

#[test]
fn every_form_is_the_same_list() {
    let values = numbered(3);
    let array = serde_json::to_string_pretty(&values).unwrap();
    let forms = [
        array.clone().into_bytes(),
        lines(&values).into_bytes(),
        format!("\r\n {array} \n").into_bytes(),
        format!("\u{feff}{array}").into_bytes(),
        format!("\u{feff}{}", lines(&values)).into_bytes(),
        gzip(array.as_bytes()),
        gzip(format!("\u{feff}{array}").as_bytes()),
    ];
    for form in &forms {
        let text = List::Packages.text(form).unwrap();
        let packages = packages(&text).unwrap();
        let ids: Vec<_> = packages.iter().map(|package| &*package.id).collect();
        assert_eq!(ids, ["p0", "p1", "p2"]);
        let source: Value = serde_json::from_str(&packages[1].source).unwrap();
        assert_eq!(source, values[1], "a package's source is what was listed");
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

#[test]
fn none_is_said_and_never_guessed() {
    for text in ["[]", " [ ]\n", "\u{feff}[]"] {
        assert_eq!(packages(text), Ok(Vec::new()), "{text:?}");
        assert_eq!(drivers(text), Ok(Vec::new()), "{text:?}");
    }
    for text in ["", "\n", " \t\r\n\n", "\u{feff}", "\u{feff} \n"] {
        let empty = |list: List| Faults::from(list.fault(None, None, "is empty; [] says that there are none"));
        assert_eq!(packages(text), Err(empty(List::Packages)), "{text:?}");
        assert_eq!(drivers(text), Err(empty(List::Drivers)), "{text:?}");
    }
    assert!(drivers(&List::Drivers.text(&gzip(b"")).unwrap()).is_err());
}

/// An element in each list, with one more field.
fn both(field: &str) -> [String; 2] {
    [
        format!(r#"[{{"id": "a", "rules": [], {field}}}]"#),
        format!("[{}, {field}}}]", package(&[]).to_string().strip_suffix('}').unwrap()),
    ]
}

#[test]
fn odd_tokens_are_mended_where_they_stand() {
    for (field, kept) in [
        (r#""name": "Jo\ud83d""#, "\"name\":\"Jo\u{fffd}\""),
        (r#""\ud83d": 1"#, "\"\u{fffd}\":1"),
        (r#""size": 1e999"#, r#""size":"1e999""#),
        (r#""n": 123456789012345678901234567890"#, r#""n":"123456789012345678901234567890""#),
    ] {
        let [drivers_text, packages_text] = both(field);
        assert_eq!(drivers(&drivers_text).unwrap()[0].id, "a", "{field}");
        let packages = packages(&packages_text).unwrap();
        assert_eq!((packages[0].id.as_ref(), packages[0].weight_kg), ("p", 2.0), "{field}");
        let source: serde_json::Map<String, Value> = serde_json::from_str(&packages[0].source).unwrap();
        assert_eq!(source["address"], "12 Elm Street \"back\"");
        assert!(packages[0].source.contains(kept), "{field}: {}", packages[0].source);
    }
}

#[test]
fn nesting_is_bounded() {
    let nested = |levels: usize| format!(r#""n": {}{}"#, "[".repeat(levels), "]".repeat(levels));
    // With the element itself.
    let [drivers_text, packages_text] = both(&nested(wire_json::MAX_DEPTH - 1));
    assert!(drivers(&drivers_text).is_ok() && packages(&packages_text).is_ok());
    for levels in [wire_json::MAX_DEPTH, 130, 4_000] {
        let [drivers_text, packages_text] = both(&nested(levels));
        for faults in [drivers(&drivers_text).unwrap_err(), packages(&packages_text).unwrap_err()] {
            let [fault] = faults.first() else { panic!("{faults:?}") };
            assert_eq!((fault.index, fault.detail.as_str()), (Some(0), "is nested more than 32 levels deep"));
            assert!(fault.id.is_some());
        }
    }
}

#[test]
fn a_whole_number_may_be_written_with_a_point() {
    let hazardous = package(&[("hazmat_class", Some(3.0.into())), ("delivery_hour", Some(8.0.into()))]).to_string();
    assert!(hazardous.contains("8.0"));
    let packages = packages(&hazardous).unwrap();
    assert_eq!((packages[0].hazmat_class, packages[0].delivery_hour), (Some(3), 8));
    let rules = r#"[{"id": "a", "rules": [
        {"code": "TIME_WINDOW", "params": {"start_hour": 8.0, "end_hour": 17}},
        {"code": "HAZMAT_ALLOWED", "params": {"allowed_classes": [1.0, 2]}}]}]"#;
    assert_eq!(drivers(rules).unwrap()[0].rules[0], Rule::TimeWindow { start_hour: 8, end_hour: 17 });
}

#[test]
fn a_time_window_may_be_over_midnight() {
    let night = r#"{"id": "a", "rules": [{"code": "TIME_WINDOW", "params": {"start_hour": 22, "end_hour": 6}}]}"#;
    let rule = drivers(night).unwrap()[0].rules[0];
    let fits = |hour: u8| {
        let package = package(&[("delivery_hour", Some(hour.into()))]).to_string();
        rule.fits(&packages(&package).unwrap()[0])
    };
    assert_eq!((0..24).filter(|hour| fits(*hour)).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5, 6, 22, 23]);
}

#[test]
fn nothing_is_spelled_in_many_ways() {
    for nothing in ["null", r#""""#, r#"" ""#, "[]", "{}"] {
        let hazmat = format!(r#""hazmat_class":{nothing}"#);
        let package = package(&[]).to_string().replace(r#""hazmat_class":null"#, &hazmat);
        assert_eq!(packages(&package).unwrap()[0].hazmat_class, None, "{nothing}");
        let driver = format!(r#"{{"id":"a","rules":[{{"code":"EXPRESS_ONLY","params":{nothing}}}]}}"#);
        assert_eq!(drivers(&driver).unwrap()[0].rules, [Rule::ExpressOnly], "{nothing}");
    }
}

#[test]
fn identifiers_are_trimmed_and_hold_no_control_characters() {
    let named = |id: &str| package(&[("package_id", Some(id.into()))]).to_string();
    assert_eq!(packages(&named(" p 1 ")).unwrap()[0].id, "p 1");
    assert_eq!(drivers(r#"{"id": " a\t", "rules": []}"#).unwrap()[0].id, "a");
    let twice = packages(&format!("{}\n{}", named("p"), named(" p"))).unwrap_err();
    assert!(twice.first()[0].detail.contains("is used before"), "{twice:?}");
    for id in ["", " ", "a\u{1}b", "a\nb"] {
        assert!(packages(&named(id)).is_err(), "{id:?}");
    }
    for id in [r"a\ud83d", r"\ud83d", r"a\u0000"] {
        assert!(drivers(&format!(r#"{{"id": "{id}", "rules": []}}"#)).is_err(), "{id}");
        assert!(packages(&package(&[]).to_string().replace(r#""p""#, &format!(r#""{id}""#))).is_err(), "{id}");
    }
}

#[test]
fn the_last_of_a_repeated_name_counts() {
    for first in ["2", r#""?""#, r#""\ud83d""#] {
        let both = format!(r#""weight_kg":{first},"weight_kg":3"#);
        let twice = package(&[]).to_string().replace(r#""weight_kg":2"#, &both);
        assert!((packages(&twice).unwrap()[0].weight_kg - 3.0).abs() < f64::EPSILON, "{first}");
    }
    assert_eq!(drivers(r#"{"id": "a", "id": "b", "rules": 1, "rules": []}"#).unwrap()[0].id, "b");
}

#[test]
fn the_first_faults_are_kept_and_all_are_counted() {
    let elements = 100_000;
    // A few hundred bytes that unpack to a list with a million faults.
    let bomb = gzip(format!("[{}{{}}]", "{},".repeat(elements - 1)).as_bytes());
    assert!(bomb.len() < 1_000);
    for list in [List::Drivers, List::Packages] {
        let text = list.text(&bomb).unwrap();
        let (faults, each) = match list {
            List::Drivers => (drivers(&text).unwrap_err(), 2),
            List::Packages => (packages(&text).unwrap_err(), 11),
        };
        assert_eq!((faults.first().len(), faults.total()), (Faults::MAX_KEPT, each * elements));
    }
    // One element with as many as are kept, and more.
    let one = format!(r#"[{{"id": "a", "rules": [{}0]}}]"#, "0,".repeat(30_000));
    let faults = drivers(&one).unwrap_err();
    assert_eq!((faults.first().len(), faults.total()), (Faults::MAX_KEPT, 30_001));
    // What faults quote is short, however long it is in the list.
    let long = "x".repeat(1_000_000);
    for text in [
        format!(r#"[{{"id": "{long}", "rules": []}}]"#),
        format!(r#"[{{"id": "{}", "rules": [{{"code": "{}"}}]}}]"#, &long[..40_000], &long[..20_000]),
        format!(r#"[{{"package_id": "{long}"}}]"#),
    ] {
        let faults = drivers(&text).unwrap_err().and(packages(&text).unwrap_err());
        let bytes = |fault: &Fault| fault.detail.len() + fault.id.as_ref().map_or(0, String::len);
        assert!(faults.first().iter().all(|fault| bytes(fault) < 1_500), "{faults:?}");
    }
}

#[test]
fn a_list_has_a_limit_however_it_is_packed() {
    let blanks = vec![b' '; MAX_BYTES + 1];
    for bytes in [gzip(&blanks), blanks] {
        assert_eq!(List::Drivers.text(&bytes), Err(List::Drivers.too_large()));
    }
    let many = format!("[{}0]", "0,".repeat(MAX_ELEMENTS));
    let faults = drivers(&many).unwrap_err();
    assert_eq!((faults.first().len(), faults.total()), (Faults::MAX_KEPT, MAX_ELEMENTS + 1));
    let large = format!(r#"[{{"id": "a", "rules": [], "note": "{}"}}]"#, "x".repeat(70_000));
    insta::assert_debug_snapshot!(details(&drivers(&large).unwrap_err()));
}

#[test]
fn every_fault_of_packages_is_named() {
    let list = [
        package(&[]),
        package(&[("package_id", None), ("weight_kg", Some((-1).into())), ("region", Some("center".into()))]),
        package(&[("package_id", Some("q".into())), ("hazmat_class", None), ("delivery_hour", Some(24.into()))]),
        package(&[("package_id", Some("r".into())), ("hazmat_class", Some(5.into())), ("volume_m3", Some("1".into()))]),
        package(&[]),
        package(&[
            ("package_id", Some("s".into())),
            ("weight_kg", Some(1e-200.into())),
            ("distance_km", Some(2e6.into())),
        ]),
        package(&[("package_id", Some("t".into())), ("note", Some("n".repeat(20_000).into()))]),
        package(&[("package_id", Some("u".repeat(257).into())), ("is_express", Some(Value::Null))]),
        package(&[
            ("package_id", Some("v".into())),
            ("region", Some("x".repeat(300).into())),
            ("distance_km", Some(1e-200.into())),
            ("temperature_c", Some(1e-200.into())),
        ]),
        Value::from(7),
        package(&[("package_id", Some("q".into()))]),
    ];
    let text = Value::from(list.to_vec()).to_string();
    let faults = packages(&text).unwrap_err();
    assert_eq!(faults.total(), faults.first().len());
    insta::assert_debug_snapshot!(details(&faults));
    assert_eq!(packages(&lines(&list)).unwrap_err(), faults);
}

#[test]
fn every_fault_of_drivers_is_named() {
    let text = r#"[
        {"id": "a", "rules": [{"code": "MAX_WEIGHT", "params": {"limit_kg": 10}}, {"code": "NO_PERISHABLE"}]},
        {"id": "b", "rules": [{"rule_id": "x", "code": "MAX_HEIGHT", "params": {}}, {"code": "MAX_WEIGHT"}, {}, 3]},
        {"id": "c", "rules": [{"code": "REGION_ONLY", "params": {"allowed_regions": ["up"]}},
                              {"code": "REGION_ONLY", "params": {"allowed_regions": []}},
                              {"code": "HAZMAT_ALLOWED", "params": {"allowed_classes": [1, 9]}},
                              {"code": "TEMP_CONTROL", "params": {"min_c": 8, "max_c": 2}},
                              {"code": "TIME_WINDOW", "params": {"start_hour": 8, "end_hour": 25}},
                              {"code": "MAX_DISTANCE", "params": {"max_km": "50"}},
                              {"code": "OVERSIZED", "params": {"min_volume": 0.5}}]},
        {"id": "a", "rules": []}, {"id": ""}, {"rules": "none"}, []
    ]"#;
    insta::assert_debug_snapshot!(details(&drivers(text).unwrap_err()));
}

#[test]
fn what_is_no_json_is_found_where_it_is() {
    let good = package(&[]);
    let cases = [
        format!("[{good}, {{\"package_id\": ]"),
        format!("[{good}"),
        "[".to_owned(),
        "[ \n".to_owned(),
        format!("[{good} {good}]"),
        format!("[{good}] {good}"),
        format!("{good}\n{good}"),
        format!("{good}\n\nweight,region\n1,north"),
        "package_id,weight_kg\np1,2".to_owned(),
        "[1e999]".to_owned(),
    ];
    let found: Vec<_> = cases.iter().map(|text| details(&packages(text).unwrap_err())).collect();
    insta::assert_debug_snapshot!(found);
    let latin1 = List::Drivers.text(b"[{\"id\": \"Jos\xe9\"}]").unwrap_err();
    let torn = List::Drivers.text(&[0x1f, 0x8b, 8, 0]).unwrap_err();
    insta::assert_debug_snapshot!(details(&Faults::from(latin1).and(torn.into())));
}

/// JSON as senders write it, odd tokens among ordinary ones.
fn odd_json() -> impl Strategy<Value = String> {
    let scalar = prop::sample::select(vec![
        "null",
        "true",
        "0",
        "8.0",
        "-1",
        "1e400",
        "123456789012345678901234567890",
        r#""""#,
        r#"" ""#,
        r#""a""#,
        r#""\ud83d""#,
        r#""a\u0000""#,
        r#""north""#,
        r#""MAX_WEIGHT""#,
        r#""EXPRESS_ONLY""#,
    ])
    .prop_map(str::to_owned);
    let deep = (20_usize..140).prop_map(|levels| format!("{}{}", "[".repeat(levels), "]".repeat(levels)));
    let name = prop::sample::select(vec![
        "id",
        "package_id",
        "rules",
        "code",
        "params",
        "limit_kg",
        "weight_kg",
        "region",
        r"\ud83d",
        "note",
    ]);
    prop_oneof![9 => scalar, 1 => deep].prop_recursive(4, 24, 4, move |inner| {
        let fields = prop::collection::vec((name.clone(), inner.clone()), 0..4).prop_map(|fields| {
            let fields: Vec<_> = fields.into_iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
            format!("{{{}}}", fields.join(","))
        });
        prop_oneof![prop::collection::vec(inner, 0..4).prop_map(|items| format!("[{}]", items.join(","))), fields]
    })
}

/// Elements of both lists, right ones among odd ones.
fn odd_elements() -> impl Strategy<Value = Vec<String>> {
    let id = prop::sample::select(vec!["a", "b", "c", " a", r"a\ud83d"]);
    let element = prop_oneof![
        2 => odd_json(),
        2 => (id.clone(), odd_json())
            .prop_map(|(id, odd)| format!(r#"{{"id":"{id}","rules":[{{"code":"EXPRESS_ONLY"}}],"name":{odd}}}"#)),
        1 => (id.clone(), odd_json()).prop_map(|(id, odd)| format!(r#"{{"id":"{id}","rules":[{odd}]}}"#)),
        2 => (id, odd_json()).prop_map(|(id, odd)| {
            let package = PACKAGE.replace(r#""p""#, &format!(r#""{id}""#)).replace('\n', " ");
            format!(r#"{},"name":{odd}}}"#, package.strip_suffix('}').unwrap())
        }),
    ];
    prop::collection::vec(element, 0..8)
}

proptest! {
    #[test]
    fn an_element_is_read_or_has_a_fault_and_never_neither(elements in odd_elements()) {
        let text = format!("[{}]", elements.join(" , "));
        let with_faults = |faults: &Faults| {
            assert_eq!(faults.first().len(), faults.total());
            faults.first().iter().map(|fault| fault.index.unwrap()).collect::<std::collections::BTreeSet<_>>().len()
        };
        let (drivers, faults) = read_drivers(&text);
        prop_assert_eq!(drivers.len() + with_faults(&faults), elements.len(), "{} {:?}", text, faults);
        let (packages, faults) = read_packages(&text);
        prop_assert_eq!(packages.len() + with_faults(&faults), elements.len(), "{} {:?}", text, faults);
        for package in packages {
            prop_assert!(serde_json::from_str::<serde_json::Map<String, Value>>(&package.source).is_ok());
            prop_assert!(!wire_json::Json::parse(&package.source).unwrap().is_too_deep());
        }
        // An object a line is the same list.
        let lines = elements.join("\n");
        if elements.iter().all(|element| element.starts_with('{')) && !elements.is_empty() {
            prop_assert_eq!(read_drivers(&lines), read_drivers(&text));
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in r#"[\[\]{},":0-9a-z \n\\]{0,60}"#, cut in 0..PACKAGE.len()) {
        let _ = packages(&text);
        let _ = drivers(&text);
        if PACKAGE.is_char_boundary(cut) {
            let _ = packages(&PACKAGE[..cut]);
            let _ = packages(&format!("[{}{text}{}", &PACKAGE[..cut], &PACKAGE[cut..]));
        }
    }
}
