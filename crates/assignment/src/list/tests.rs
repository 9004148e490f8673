use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

use super::*;

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

fn details(faults: &[Fault]) -> Vec<String> {
    faults.iter().map(|fault| format!("{:?} {:?}: {}", fault.index, fault.id, fault.detail)).collect()
}

#[test]
fn every_form_is_the_same_list() {
    let values = numbered(3);
    let array = serde_json::to_string_pretty(&values).unwrap();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(array.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let forms =
        [array.clone().into_bytes(), lines(&values).into_bytes(), format!("\r\n {array} \n").into_bytes(), gzip];
    for form in &forms {
        let text = List::Packages.text(form).unwrap();
        let packages = packages(&text).unwrap();
        let ids: Vec<_> = packages.iter().map(|package| &*package.id).collect();
        assert_eq!(ids, ["p0", "p1", "p2"]);
        let source: Value = serde_json::from_str(packages[1].source).unwrap();
        assert_eq!(source, values[1], "a package's source is what was listed");
    }
}

#[test]
fn an_empty_list_is_a_list() {
    for text in ["[]", " [ ]\n", "", "\n"] {
        assert_eq!(packages(text), Ok(Vec::new()), "{text:?}");
        assert_eq!(drivers(text), Ok(Vec::new()), "{text:?}");
    }
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
    insta::assert_debug_snapshot!(details(&[latin1, torn]));
}

proptest! {
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
