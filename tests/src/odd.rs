//! Odd but legal JSON, for every door that takes JSON.

/// A JSON value as text, and what is odd about it.
#[derive(Clone, Debug)]
pub struct Odd {
    /// What it is, in a word or two.
    pub name: &'static str,
    /// The value's JSON text.
    pub json: String,
    /// Whether it is nested more deeply than any door accepts.
    pub is_too_deep: bool,
}

/// Seventeen values. Legal by RFC 8259, all of them.
pub fn values() -> Vec<Odd> {
    let odd = |name, json: &str| Odd { name, json: json.to_owned(), is_too_deep: false };
    let array = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let object = |levels: usize| format!("{}1{}", r#"{"a":"#.repeat(levels), "}".repeat(levels));
    let deep = |name, json| Odd { name, json, is_too_deep: true };
    vec![
        odd("half a pair", r#""van \ud83d""#),
        odd("the other half", r#""\udc00""#),
        odd("two halves the wrong way round", r#""\ude00\ud83d""#),
        odd("a whole pair", r#""\ud83d\ude00""#),
        odd("half a pair in a name", r#"{"\ud83d":1}"#),
        odd("a huge number", "1e400"),
        odd("a hugely negative number", "-1E+400"),
        odd("a tiny number", "1e-400"),
        odd("a long integer", "123456789012345678901234567890"),
        odd("a long fraction", "0.1000000000000000055511151231257827"),
        odd("minus zero", "-0"),
        odd("NUL", r#""a\u0000b""#),
        odd("a repeated name", r#"{"a":1,"a":{"a":2,"a":3}}"#),
        odd("a byte order mark and line separators inside", "\"\u{feff}\\u2028\u{2029}\""),
        deep("130 arrays", array(130)),
        deep("40 objects", object(40)),
        deep("10,000 arrays", array(10_000)),
    ]
}
