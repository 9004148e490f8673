//! A JSON document that borrows its text from the body, and from which fields can be *taken*.
//!
//! Normalising takes the fields that it has a place for; what is left, serialised again, is what no
//! canonical field carries. That makes "normalising loses nothing" a property of the structure.
//! `serde_json::Value` would do, but allocates each key and text and rebalances a tree for each object:
//! `make bench` shows what that costs.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Number;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json<'a> {
    /// Was here, and has been taken: not serialised.
    Taken,
    Null,
    Bool(bool),
    Number(Number),
    Text(Cow<'a, str>),
    Array(Vec<Self>),
    Object(Object<'a>),
}

/// Fields in the order they came. A repeated name is kept; reading sees the last, as `JSON.parse` does.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Object<'a>(Vec<(Cow<'a, str>, Json<'a>)>);

impl<'a> Json<'a> {
    pub(crate) fn parse(text: &'a [u8]) -> Result<Self, serde_json::Error> {
        // Checked once as a whole: `from_slice` checks the UTF-8 of each text by itself.
        match std::str::from_utf8(text) {
            Ok(text) => serde_json::from_str(text),
            Err(_) => serde_json::from_slice(text),
        }
    }

    pub(crate) fn take(&mut self) -> Self {
        std::mem::replace(self, Self::Taken)
    }

    /// What a caller is told was found where something else was expected.
    pub(crate) fn describe(&self) -> &'static str {
        match self {
            Self::Taken | Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
        }
    }

    /// Whether senders mean "nothing" by it: null, or an empty or blank text.
    pub(crate) fn is_blank(&self) -> bool {
        match self {
            Self::Taken | Self::Null => true,
            Self::Text(text) => text.trim().is_empty(),
            _ => false,
        }
    }

    /// A number, or a text that is one; never NaN or infinite.
    pub(crate) fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Number(number) => number.as_f64(),
            Self::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
        .filter(|number| number.is_finite())
    }

    pub(crate) fn as_object_mut(&mut self) -> Option<&mut Object<'a>> {
        if let Self::Object(object) = self { Some(object) } else { None }
    }

    /// Whether nothing is left of it. An object that came empty is still there.
    fn is_taken(&self) -> bool {
        match self {
            Self::Taken => true,
            Self::Array(items) => !items.is_empty() && items.iter().all(Self::is_taken),
            Self::Object(object) => !object.0.is_empty() && object.is_taken(),
            _ => false,
        }
    }
}

impl<'a> Object<'a> {
    pub(crate) fn get(&self, name: &str) -> Option<&Json<'a>> {
        self.0.iter().rev().find(|(field, _)| field == name).map(|(_, value)| value)
    }

    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut Json<'a>> {
        self.0.iter_mut().rev().find(|(field, _)| field == name).map(|(_, value)| value)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| *value != Json::Taken)
    }

    pub(crate) fn take(&mut self, name: &str) -> Option<Json<'a>> {
        self.get_mut(name).map(Json::take)
    }

    pub(crate) fn push(&mut self, name: &'static str, value: Json<'a>) {
        self.0.push((Cow::Borrowed(name), value));
    }

    /// Every field is gone (or there never was one).
    pub(crate) fn is_taken(&self) -> bool {
        self.0.iter().all(|(_, value)| value.is_taken())
    }

    /// Moves in each field of `other` that is missing here; what is here already, and differs, stays
    /// behind in `other`.
    pub(crate) fn fill_from(&mut self, other: &mut Self) {
        let own = self.0.len();
        for (name, value) in &mut other.0 {
            match self.0[..own].iter().find(|(field, _)| field == name) {
                None => self.0.push((name.clone(), value.take())),
                Some((_, here)) if here == value => *value = Json::Taken,
                Some(_) => {}
            }
        }
    }
}

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Taken | Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(number) => number.serialize(serializer),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Array(items) => {
                let mut seq = serializer.serialize_seq(None)?;
                for item in items {
                    seq.serialize_element(item)?;
                }
                seq.end()
            }
            Self::Object(object) => object.serialize(serializer),
        }
    }
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in self.0.iter().filter(|(_, value)| !value.is_taken()) {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Json<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyJson;

        impl<'de> Visitor<'de> for AnyJson {
            type Value = Json<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Json::Null)
            }

            fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
                Ok(Json::Bool(value))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
                Ok(Json::Number(value.into()))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
                Ok(Json::Number(value.into()))
            }

            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Self::Value, E> {
                Number::from_f64(value).map(Json::Number).ok_or_else(|| E::custom("number out of range"))
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Json::Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Json::Text(Cow::Owned(text.to_owned())))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Json::Array(items))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::with_capacity(16);
                while let Some(name) = map.next_key_seed(FieldName)? {
                    fields.push((name, map.next_value()?));
                }
                Ok(Json::Object(Object(fields)))
            }
        }

        deserializer.deserialize_any(AnyJson)
    }
}

/// `Cow<str>` itself always deserialises as owned; a field name nearly never needs to be.
struct FieldName;

impl<'de> DeserializeSeed<'de> for FieldName {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for FieldName {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field name")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(name))
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(text: &str) -> Object<'_> {
        match Json::parse(text.as_bytes()).unwrap() {
            Json::Object(object) => object,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_taken_is_not_written_and_the_rest_is_as_it_came() {
        let mut json = object(r#"{"a":1,"b":{"c":"x"},"empty":{},"n":null,"u":"\u00e9","big":18446744073709551615}"#);
        json.take("a");
        json.get_mut("b").and_then(Json::as_object_mut).unwrap().take("c");
        let rest = serde_json::to_string(&json).unwrap();
        assert_eq!(rest, r#"{"empty":{},"n":null,"u":"é","big":18446744073709551615}"#);
    }

    #[test]
    fn filling_takes_what_is_missing_and_leaves_what_differs() {
        let mut event = object(r#"{"a":1,"b":2}"#);
        let mut envelope = object(r#"{"a":9,"b":2,"c":3}"#);
        event.fill_from(&mut envelope);
        assert_eq!(serde_json::to_string(&event).unwrap(), r#"{"a":1,"b":2,"c":3}"#);
        assert_eq!(serde_json::to_string(&envelope).unwrap(), r#"{"a":9}"#);
    }

    #[test]
    fn the_last_of_a_repeated_name_is_read() {
        let mut json = object(r#"{"a":1,"a":2}"#);
        assert_eq!(json.take("a").unwrap().as_f64(), Some(2.0));
    }

    #[test]
    fn a_number_is_finite() {
        for text in [r#""NaN""#, r#""inf""#, r#""1e999""#, "true", "[]", r#""""#] {
            assert_eq!(Json::parse(text.as_bytes()).unwrap().as_f64(), None, "{text}");
        }
    }
}
