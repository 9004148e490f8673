//! A JSON document that borrows its text from the body, and from which fields can be *taken*.
//!
//! Normalising takes the fields that it has a place for; what is left, written again, is what no canonical field
//! carries. That makes "normalising loses nothing" a property of the structure.

use std::borrow::Cow;

use serde::ser::{Error as _, SerializeMap as _, SerializeSeq as _};
use serde::{Serialize, Serializer};
use serde_json::Number;

use crate::MAX_DEPTH;

/// The largest integer of which a double holds every smaller one: 2⁵³.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub enum Json<'a> {
    /// Was here, and has been taken: not written.
    Taken,
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer of 64 bits, or a double.
    Number(Number),
    /// A number that is neither, as its digits: written as a text.
    LongNumber(&'a str),
    /// A text.
    Text(Cow<'a, str>),
    /// A text that was not Unicode, with U+FFFD where it was not.
    MendedText(String),
    /// An array.
    Array(Vec<Self>),
    /// An object.
    Object(Object<'a>),
    /// An array or object below the deepest level accepted. It cannot be written.
    TooDeep,
}

/// Fields in the order in which they came. A repeated name is kept; reading sees the last one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object<'a>(pub(crate) Vec<(Cow<'a, str>, Json<'a>)>);

impl<'a> Json<'a> {
    /// Takes the value, and leaves [`Json::Taken`].
    #[expect(clippy::return_self_not_must_use, reason = "most are taken only to be gone")]
    pub fn take(&mut self) -> Self {
        std::mem::replace(self, Self::Taken)
    }

    /// The kind of value, for a message to the sender.
    pub fn describe(&self) -> &'static str {
        match self {
            Self::Taken | Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::LongNumber(_) => "a number beyond 64 bits",
            Self::Text(_) => "a text",
            Self::MendedText(_) => "a text with half a surrogate pair in it",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
            Self::TooDeep => "nested too deeply",
        }
    }

    /// Whether senders mean "nothing" by it: null, an empty or blank text, and an array or an object that holds nothing
    /// else.
    pub fn is_blank(&self) -> bool {
        match self {
            Self::Taken | Self::Null => true,
            Self::Text(text) => text.trim().is_empty(),
            Self::Array(items) => items.iter().all(Self::is_blank),
            Self::Object(object) => object.is_blank(),
            Self::Bool(_) | Self::Number(_) | Self::LongNumber(_) | Self::MendedText(_) | Self::TooDeep => false,
        }
    }

    /// A text, mended or not.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::MendedText(text) => Some(text),
            _ => None,
        }
    }

    /// A boolean.
    pub fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(value) = self { Some(*value) } else { None }
    }

    /// A number, or a text that is one; never NaN or infinite.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Number(number) => number.as_f64(),
            Self::LongNumber(digits) => digits.parse().ok(),
            Self::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
        .filter(|number| number.is_finite())
    }

    /// A whole number. `8.0` is one.
    pub fn as_whole(&self) -> Option<i64> {
        let Self::Number(number) = self else { return None };
        number.as_i64().or_else(|| {
            let number = number.as_f64()?;
            #[expect(clippy::cast_possible_truncation, reason = "whole, and within 53 bits")]
            (number.fract() == 0.0 && number.abs() <= MAX_EXACT).then_some(number as i64)
        })
    }

    /// The items of an array.
    pub fn as_array(&self) -> Option<&[Self]> {
        if let Self::Array(items) = self { Some(items) } else { None }
    }

    /// An object.
    pub fn as_object(&self) -> Option<&Object<'a>> {
        if let Self::Object(object) = self { Some(object) } else { None }
    }

    /// An object, to be changed.
    pub fn as_object_mut(&mut self) -> Option<&mut Object<'a>> {
        if let Self::Object(object) = self { Some(object) } else { None }
    }

    /// Whether anything in it is nested more deeply than [`MAX_DEPTH`] levels.
    pub fn is_too_deep(&self) -> bool {
        match self {
            Self::TooDeep => true,
            Self::Array(items) => items.iter().any(Self::is_too_deep),
            Self::Object(object) => object.0.iter().any(|(_, value)| value.is_too_deep()),
            _ => false,
        }
    }

    /// Whether nothing is left of it. An object that came empty is still there.
    pub fn is_taken(&self) -> bool {
        match self {
            Self::Taken => true,
            Self::Array(items) => !items.is_empty() && items.iter().all(Self::is_taken),
            Self::Object(object) => !object.0.is_empty() && object.is_taken(),
            _ => false,
        }
    }
}

impl<'a> Object<'a> {
    /// The value of a name; of a repeated one, the last.
    pub fn get(&self, name: &str) -> Option<&Json<'a>> {
        self.0.iter().rev().find(|(field, _)| field == name).map(|(_, value)| value)
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Json<'a>> {
        self.0.iter_mut().rev().find(|(field, _)| field == name).map(|(_, value)| value)
    }

    /// The value of a name, unless it means "nothing".
    pub fn given(&self, name: &str) -> Option<&Json<'a>> {
        self.get(name).filter(|value| !value.is_blank())
    }

    /// Takes the value of a name.
    pub fn take(&mut self, name: &str) -> Option<Json<'a>> {
        self.get_mut(name).map(Json::take)
    }

    /// Adds a field, after which reading sees no earlier one of its name.
    pub fn push(&mut self, name: impl Into<Cow<'a, str>>, value: Json<'a>) {
        self.0.push((name.into(), value));
    }

    /// The fields, repeated names included.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Json<'a>)> {
        self.0.iter().map(|(name, value)| (&**name, value))
    }

    /// The fields, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut Json<'a>)> {
        self.0.iter_mut().map(|(name, value)| (&**name, value))
    }

    /// Whether every field is gone, or there never was one.
    pub fn is_taken(&self) -> bool {
        self.0.iter().all(|(_, value)| value.is_taken())
    }

    /// Whether no field holds anything.
    pub fn is_blank(&self) -> bool {
        self.0.iter().all(|(_, value)| value.is_blank())
    }

    /// Moves in what is missing here, level by level. What is here already, and differs, stays behind in `other`.
    /// Two objects are only filled from each other if `is_same` says that they are about the same thing.
    pub fn fill_from(&mut self, other: &mut Self, is_same: fn(&Self, &Self) -> bool) {
        if !is_same(self, other) {
            return;
        }
        let own = self.0.len();
        for (name, value) in &mut other.0 {
            match self.0[..own].iter_mut().rev().find(|(field, _)| field == name) {
                None => self.0.push((name.clone(), value.take())),
                Some((_, here)) if here == value => *value = Json::Taken,
                Some((_, here)) if here.is_blank() && !value.is_blank() => *here = value.take(),
                Some((_, Json::Object(here))) if let Json::Object(there) = value => here.fill_from(there, is_same),
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
            Self::LongNumber(digits) => serializer.serialize_str(digits),
            Self::Text(text) => serializer.serialize_str(text),
            Self::MendedText(text) => serializer.serialize_str(text),
            Self::Array(items) => {
                let mut seq = serializer.serialize_seq(None)?;
                for item in items {
                    seq.serialize_element(item)?;
                }
                seq.end()
            }
            Self::Object(object) => object.serialize(serializer),
            Self::TooDeep => Err(S::Error::custom(format_args!(
                "nested more than {MAX_DEPTH} levels deep; accepted are at most {MAX_DEPTH} levels of arrays and objects"
            ))),
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
