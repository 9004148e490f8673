//! One element of a list, examined value by value: for all that is wrong with it, and for tokens that have to be mended.

use std::borrow::Cow;

use location_event::check_identifier;
use serde::Deserialize;
use wire_json::{Json, MAX_DEPTH, Object};

/// What an element was found to be. It is read or has a fault, never neither.
#[derive(Debug)]
pub(crate) struct Examined<T> {
    /// The element's own identifier, where it has one.
    pub(crate) id: Option<String>,
    /// What was read; everything that is wrong with it.
    pub(crate) outcome: Result<T, Vec<String>>,
}

impl<T> Examined<T> {
    /// Examines an element whose text is JSON. `read` says what is wrong with its fields, or makes it of them.
    pub(crate) fn of(
        source: &str,
        id_field: &str,
        max_bytes: usize,
        read: impl FnOnce(&Object<'_>, &mut Vec<String>) -> Option<T>,
    ) -> Self {
        // What is read value by value takes many times its text.
        if source.len() > max_bytes {
            let fault = format!("has {} bytes; accepted are at most {max_bytes}", source.len());
            return Self { id: Named::id(source), outcome: Err(vec![fault]) };
        }
        let json = match Json::parse(source) {
            Ok(json) => json,
            Err(error) => return Self { id: None, outcome: Err(vec![format!("cannot be read: {error}")]) },
        };
        let Some(object) = json.as_object() else {
            return Self { id: None, outcome: Err(vec!["is not an object".to_owned()]) };
        };
        let id = object.get(id_field).and_then(Json::as_str).map(|id| id.trim().to_owned());
        let mut faults = Vec::new();
        if json.is_too_deep() {
            faults.push(format!("is nested more than {MAX_DEPTH} levels deep"));
        }
        let read = read(object, &mut faults);
        let outcome = match read {
            Some(element) if faults.is_empty() => Ok(element),
            _ => Err(faults),
        };
        Self { id, outcome }
    }
}

/// An element of any size, of which only the name is read.
#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow, alias = "package_id")]
    id: Option<Cow<'a, str>>,
}

impl Named<'_> {
    fn id(source: &str) -> Option<String> {
        serde_json::from_str::<Named<'_>>(source).ok()?.id.map(|id| id.trim().to_owned())
    }
}

/// An identifier. A text that had to be mended is none.
pub(crate) fn id_of<'a>(value: &'a Json<'_>) -> Option<&'a str> {
    text(value).and_then(|text| check_identifier(text).ok())
}

/// A text that came whole.
pub(crate) fn text<'a>(value: &'a Json<'_>) -> Option<&'a str> {
    if let Json::Text(text) = value { Some(text) } else { None }
}

/// A number that is written as one.
pub(crate) fn number(value: &Json<'_>) -> Option<f64> {
    if let Json::Number(number) = value { number.as_f64() } else { None }
}

/// A value as faults show it: its beginning, if it is long.
pub(crate) fn shown(value: &Json<'_>) -> String {
    const MAX_CHARACTERS: usize = 100;
    let Ok(text) = serde_json::to_string(value) else { return value.describe().to_owned() };
    match text.char_indices().nth(MAX_CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
