//! Skipping what needs no mending.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::MAX_DEPTH;
use crate::read::MAYBE_ROUNDED;

/// A value that is skipped, and would be written again as it stands: no lone surrogates, no numbers beyond 64 bits,
/// and no more than [`MAX_DEPTH`] levels, the one around it included. For typed readers' unknown fields, where
/// `serde::de::IgnoredAny` would let anything pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plain;

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Levels(MAX_DEPTH - 1).deserialize(deserializer)
    }
}

#[derive(Clone, Copy)]
struct Levels(usize);

impl Levels {
    fn below<E: de::Error>(self) -> Result<Self, E> {
        let too_deep = || E::custom(format_args!("nested more than {MAX_DEPTH} levels deep"));
        self.0.checked_sub(1).map(Self).ok_or_else(too_deep)
    }
}

impl<'de> DeserializeSeed<'de> for Levels {
    type Value = Plain;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Levels {
    type Value = Plain;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Plain, E> {
        Ok(Plain)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Plain, E> {
        Ok(Plain)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Plain, E> {
        Ok(Plain)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Plain, E> {
        Ok(Plain)
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Plain, E> {
        if value.abs() < MAYBE_ROUNDED { Ok(Plain) } else { Err(E::custom("a number beyond 64 bits")) }
    }

    fn visit_str<E>(self, _: &str) -> Result<Plain, E> {
        Ok(Plain)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Plain, A::Error> {
        let below = self.below()?;
        while seq.next_element_seed(below)?.is_some() {}
        Ok(Plain)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Plain, A::Error> {
        let below = self.below()?;
        while map.next_key_seed(Key)?.is_some() {
            map.next_value_seed(below)?;
        }
        Ok(Plain)
    }
}

/// A name, checked like any other text.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = IgnoredAny;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<IgnoredAny, D::Error> {
        deserializer.deserialize_str(IgnoredAny)
    }
}
