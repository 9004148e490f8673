//! Reading: once and fast where nothing has to be mended, which is nearly always; else value by value.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Error, Number};

use crate::{Json, MAX_DEPTH, Object, REPLACEMENT};

/// From here on an integer may be one that 64 bits do not hold, which `serde_json` rounds to a double without a word.
pub(crate) const MAYBE_ROUNDED: f64 = 9.0e18;

impl<'a> Json<'a> {
    /// Reads one JSON text. The error is `serde_json`'s, and says where the text is no JSON; it quotes nothing of it.
    pub fn parse(text: &'a str) -> Result<Self, Error> {
        let text = crate::without_bom(text);
        let mut reader = serde_json::Deserializer::from_str(text);
        let read = Depth(MAX_DEPTH).deserialize(&mut reader).and_then(|json| reader.end().map(|()| json));
        // What is wrong with a text that has to be mended says nothing: only whether it is JSON at all does.
        read.or_else(|_| mend(serde_json::from_str::<&RawValue>(text)?, MAX_DEPTH))
    }
}

/// Reads any value that needs no mending, with at most so many levels of arrays and objects.
#[derive(Clone, Copy)]
struct Depth(usize);

impl Depth {
    fn below<E: de::Error>(self) -> Result<Self, E> {
        self.0.checked_sub(1).map(Self).ok_or_else(|| E::custom("nested too deeply"))
    }
}

impl<'de> DeserializeSeed<'de> for Depth {
    type Value = Json<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Depth {
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
        let number = Number::from_f64(value).filter(|_| value.abs() < MAYBE_ROUNDED);
        number.map(Json::Number).ok_or_else(|| E::custom("a number beyond 64 bits"))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Json::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Json::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let below = self.below()?;
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(below)? {
            items.push(item);
        }
        Ok(Json::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let below = self.below()?;
        let mut fields = Vec::with_capacity(16);
        while let Some(name) = map.next_key_seed(Name)? {
            fields.push((name, map.next_value_seed(below)?));
        }
        Ok(Json::Object(Object(fields)))
    }
}

/// `Cow<str>` itself always deserialises as owned; a field's name nearly never needs to be.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
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

/// Reads a value whose grammar has been checked, with at most so many levels of arrays and objects. Each level is
/// scanned again for the one below, so the levels bound the work as well.
fn mend(raw: &RawValue, levels: usize) -> Result<Json<'_>, Error> {
    let text = raw.get();
    match text.as_bytes() {
        [b'{' | b'[', ..] if levels == 0 => Ok(Json::TooDeep),
        [b'{', ..] => {
            let fields = serde_json::Deserializer::from_str(text).deserialize_map(RawFields)?;
            let mended = fields.into_iter().map(|(name, value)| Ok((name.into_cow(), mend(value, levels - 1)?)));
            Ok(Json::Object(Object(mended.collect::<Result<_, Error>>()?)))
        }
        [b'[', ..] => {
            let items: Vec<&RawValue> = serde_json::from_str(text)?;
            items.into_iter().map(|item| mend(item, levels - 1)).collect::<Result<_, _>>().map(Json::Array)
        }
        [b'"', ..] => Ok(match MaybeText.deserialize(&mut serde_json::Deserializer::from_str(text))? {
            Text::Unicode(text) => Json::Text(text),
            Text::Mended(text) => Json::MendedText(text),
        }),
        [b'-' | b'0'..=b'9', ..] => Ok(mend_number(text)),
        _ => Depth(0).deserialize(&mut serde_json::Deserializer::from_str(text)),
    }
}

fn mend_number(digits: &str) -> Json<'_> {
    let is_whole = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    match serde_json::from_str::<Number>(digits) {
        // -0 is a double, too.
        Ok(number) if !is_whole || !number.is_f64() || number.as_f64() == Some(0.0) => Json::Number(number),
        _ => Json::LongNumber(digits),
    }
}

/// A text or a name, and whether it had to be mended.
enum Text<'a> {
    Unicode(Cow<'a, str>),
    Mended(String),
}

impl<'a> Text<'a> {
    fn into_cow(self) -> Cow<'a, str> {
        match self {
            Self::Unicode(text) => text,
            Self::Mended(text) => Cow::Owned(text),
        }
    }
}

/// Reads a text that may have lone surrogates in it: asked for bytes, `serde_json` gives them as if they were
/// characters (WTF-8, <https://simonsapin.github.io/wtf-8/>).
struct MaybeText;

impl<'de> DeserializeSeed<'de> for MaybeText {
    type Value = Text<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_bytes(self)
    }
}

impl<'de> Visitor<'de> for MaybeText {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_borrowed_bytes<E>(self, bytes: &'de [u8]) -> Result<Self::Value, E> {
        Ok(std::str::from_utf8(bytes)
            .map_or_else(|_| Text::Mended(without_surrogates(bytes)), |text| Text::Unicode(Cow::Borrowed(text))))
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Self::Value, E> {
        Ok(std::str::from_utf8(bytes).map_or_else(
            |_| Text::Mended(without_surrogates(bytes)),
            |text| Text::Unicode(Cow::Owned(text.to_owned())),
        ))
    }
}

/// The text with U+FFFD for each lone surrogate.
fn without_surrogates(wtf8: &[u8]) -> String {
    let mut text = String::with_capacity(wtf8.len());
    for chunk in wtf8.utf8_chunks() {
        text.push_str(chunk.valid());
        // A surrogate's three bytes are invalid one by one. The first is 0xED, which none of the others can be.
        if chunk.invalid().first() == Some(&0xed) {
            text.push(REPLACEMENT);
        }
    }
    text
}

/// The fields of an object, not read yet.
struct RawFields;

impl<'de> Visitor<'de> for RawFields {
    type Value = Vec<(Text<'de>, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Vec::new();
        while let Some(name) = map.next_key_seed(MaybeText)? {
            fields.push((name, map.next_value()?));
        }
        Ok(fields)
    }
}
