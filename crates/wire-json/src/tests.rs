//! What is mended, what is not, and the laws: JSON is always read, and what was read is strict JSON again.

use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn parse(text: &str) -> Json<'_> {
    Json::parse(text).unwrap()
}

fn object(text: &str) -> Object<'_> {
    match parse(text) {
        Json::Object(object) => object,
        other => panic!("{other:?}"),
    }
}

fn written(text: &str) -> String {
    serde_json::to_string(&parse(text)).unwrap()
}

#[test]
fn taken_fields_are_not_written_and_the_rest_is_as_it_came() {
    let mut json = object(r#"{"a":1,"b":{"c":"x"},"empty":{},"n":null,"u":"\u00e9","big":18446744073709551615}"#);
    json.take("a");
    json.get_mut("b").and_then(Json::as_object_mut).unwrap().take("c");
    let rest = serde_json::to_string(&json).unwrap();
    assert_eq!(rest, r#"{"empty":{},"n":null,"u":"é","big":18446744073709551615}"#);
}

#[test]
fn odd_tokens_are_mended_where_they_stand() {
    for (text, read) in [
        (r#"{"note":"van \ud83d","x":1}"#, r#"{"note":"van �","x":1}"#),
        (r#"["\udc00\ud83d","\ud83d\ude00","\ud83dx"]"#, r#"["��","😀","�x"]"#),
        (r#"{"\ud83d":1}"#, r#"{"�":1}"#),
        ("[1e400,-1e400,1]", r#"["1e400","-1e400",1]"#),
        (
            "[123456789012345678901234567890,-9223372036854775809]",
            r#"["123456789012345678901234567890","-9223372036854775809"]"#,
        ),
        (
            "[18446744073709551615,-9223372036854775808,1e20,-0,1.5]",
            "[18446744073709551615,-9223372036854775808,1e+20,-0.0,1.5]",
        ),
        ("[1e400,1e20,-0]", r#"["1e400",1e+20,-0.0]"#),
        ("\u{feff}{\"a\":1}", r#"{"a":1}"#),
        (r#"{"a":1,"a":"\ud83d"}"#, r#"{"a":1,"a":"�"}"#),
        (r#"["\ud83d",true,null,[],{}]"#, r#"["�",true,null,[],{}]"#),
    ] {
        assert_eq!(written(text), read, "{text}");
    }
}

#[test]
fn a_mended_text_is_told_from_one_that_came_with_the_replacement_character() {
    assert_eq!(parse(r#""\ud83d""#), Json::MendedText("\u{fffd}".to_owned()));
    assert_eq!(parse("\"\u{fffd}\""), Json::Text("\u{fffd}".into()));
}

#[test]
fn what_is_no_json_is_refused_with_its_place() {
    for text in
        ["", "{", "[1,]", "NaN", "{'a':1}", "[1] 2", "\"\u{1}\"", r#""\ud83g""#, "01", "1.", "[\"\\ud83d\"", "/**/1"]
    {
        let error = Json::parse(text).unwrap_err();
        assert!(error.line() > 0, "{text}: {error}");
    }
}

#[test]
fn nesting_is_bounded_and_hurts_nothing_beside_it() {
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert!(!parse(&nested(MAX_DEPTH)).is_too_deep());
    assert!(parse(&nested(MAX_DEPTH + 1)).is_too_deep());
    for levels in [MAX_DEPTH, 130, 100_000] {
        let text = format!(r#"[{{"x":{}}},{{"y":1}}]"#, nested(levels));
        let Json::Array(items) = parse(&text) else { panic!("{levels}") };
        assert!(items[0].is_too_deep());
        assert!(serde_json::to_string(&items[0]).is_err());
        assert_eq!(serde_json::to_string(&items[1]).unwrap(), r#"{"y":1}"#);
    }
}

#[test]
fn plain_is_what_is_written_as_it_stands() {
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    for text in ["1", r#"{"a":[1.5,{"b":"\ud83d\ude00"}],"a":null}"#, &nested(MAX_DEPTH - 1)] {
        assert_eq!(serde_json::from_str::<Plain>(text).unwrap(), Plain, "{text}");
    }
    for text in [
        r#""\ud83d""#,
        r#"{"\ud83d":1}"#,
        "[1e400]",
        "123456789012345678901234567890",
        &nested(MAX_DEPTH),
        &nested(100),
    ] {
        assert!(serde_json::from_str::<Plain>(text).is_err(), "{text}");
    }
}

#[test]
fn filling_takes_what_is_missing_at_every_level_and_leaves_what_differs() {
    let mut event = object(r#"{"a":1,"b":2,"null":null,"blank":" ","trip":{"_id":"T","eta":null},"both":null}"#);
    let mut envelope =
        object(r#"{"a":9,"b":2,"c":3,"null":4,"blank":"x","trip":{"_id":"T","externalId":"O","eta":{}},"both":null}"#);
    event.fill_from(&mut envelope, |_, _| true);
    assert_eq!(
        serde_json::to_string(&event).unwrap(),
        r#"{"a":1,"b":2,"null":4,"blank":"x","trip":{"_id":"T","eta":null,"externalId":"O"},"both":null,"c":3}"#
    );
    assert_eq!(serde_json::to_string(&envelope).unwrap(), r#"{"a":9,"trip":{"eta":{}}}"#);
}

#[test]
fn what_is_about_something_else_fills_nothing() {
    let is_same = |a: &Object<'_>, b: &Object<'_>| a.get("_id") == b.get("_id");
    let mut event = object(r#"{"_id":1,"trip":{"_id":"T"}}"#);
    let mut envelope = object(r#"{"_id":1,"x":2,"trip":{"_id":"U","externalId":"O"}}"#);
    event.fill_from(&mut envelope, is_same);
    assert_eq!(serde_json::to_string(&event).unwrap(), r#"{"_id":1,"trip":{"_id":"T"},"x":2}"#);
    assert_eq!(serde_json::to_string(&envelope).unwrap(), r#"{"trip":{"_id":"U","externalId":"O"}}"#);
}

#[test]
fn blank_is_whatever_holds_nothing() {
    for text in ["null", r#""""#, r#"" \t""#, "[]", "{}", "[null,[]]", r#"{"a":null,"b":{"c":""}}"#] {
        assert!(parse(text).is_blank(), "{text}");
    }
    for text in ["0", "false", r#""x""#, "[0]", r#"{"a":false}"#, "[null,1]", r#""\ud83d""#, "1e400"] {
        assert!(!parse(text).is_blank(), "{text}");
    }
}

#[test]
fn the_last_of_a_repeated_name_is_read() {
    let mut json = object(r#"{"a":1,"a":2}"#);
    assert_eq!(json.take("a").unwrap().as_f64(), Some(2.0));
}

#[test]
fn a_number_is_finite() {
    for text in [r#""NaN""#, r#""inf""#, r#""1e999""#, "1e999", "true", "[]", r#""""#] {
        assert_eq!(parse(text).as_f64(), None, "{text}");
    }
}

#[test]
fn a_whole_number_may_be_written_with_a_point() {
    for (text, whole) in [("8", 8), ("8.0", 8), ("-3.0", -3), ("8e0", 8), ("-0", 0), ("9007199254740992.0", 1 << 53)] {
        assert_eq!(parse(text).as_whole(), Some(whole), "{text}");
    }
    for text in ["8.5", r#""8""#, "1e300", "1e400", "null", "18446744073709551615"] {
        assert_eq!(parse(text).as_whole(), None, "{text}");
    }
}

/// JSON texts with the tokens that have to be mended among ordinary ones.
fn odd_json() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        prop::sample::select(vec![
            "null",
            "true",
            "0",
            "-0",
            "1e400",
            "-1e999",
            "8.0",
            "1e-400",
            "123456789012345678901234567890",
            r#""""#,
            r#""\ud83d""#,
            r#""\ude00\ud83d x""#,
            r#""\ud83d\ude00""#,
            r#""\u0000""#,
            "\"\u{feff}\"",
        ])
        .prop_map(str::to_owned),
        any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(|number| format!("{number:?}")),
        "\\PC{0,8}".prop_map(|text| Value::from(text).to_string()),
    ];
    let name = prop::sample::select(vec![r#""a""#, r#""b""#, r#""\ud83d""#, r#""""#]);
    scalar.prop_recursive(40, 60, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(" , "))),
            prop::collection::vec((name.clone(), inner), 0..4).prop_map(|fields| {
                let fields: Vec<_> = fields.into_iter().map(|(name, value)| format!("{name}:{value}")).collect();
                format!("{{{}}}", fields.join(","))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn json_is_always_read_and_written_as_strict_json(text in odd_json()) {
        let json = parse(&text);
        prop_assert_eq!(serde_json::to_string(&json).is_err(), json.is_too_deep());
        if let Ok(written) = serde_json::to_string(&json) {
            // `Value` refuses each of the tokens that are mended.
            prop_assert!(serde_json::from_str::<Value>(&written).is_ok(), "{}", written);
            prop_assert_eq!(serde_json::to_string(&parse(&written)).unwrap(), written);
        }
    }

    #[test]
    fn json_that_needs_no_mending_is_what_serde_json_reads(text in odd_json()) {
        if serde_json::from_str::<Plain>(&text).is_ok()
            && let Ok(value) = serde_json::from_str::<Value>(&text)
        {
            prop_assert_eq!(serde_json::from_str::<Value>(&written(&text)).unwrap(), value);
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in r#"[\[\]{},":0-9a-eE. \\ud-]{0,60}"#) {
        let is_json = serde_json::from_str::<&serde_json::value::RawValue>(&text).is_ok();
        prop_assert_eq!(Json::parse(&text).is_ok(), is_json);
    }
}
