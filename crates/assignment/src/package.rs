//! A package of the day.

use std::borrow::Cow;
use std::fmt;
use std::ops::RangeInclusive;

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::MAX_IDENTIFIER_BYTES;

/// A package, as far as rules look at it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Package<'a> {
    /// Unique in the day.
    #[serde(rename = "package_id", borrow)]
    pub id: Cow<'a, str>,
    /// More than 0.
    pub weight_kg: f64,
    /// Whether it spoils.
    pub is_perishable: bool,
    /// Where it goes.
    pub region: Region,
    /// How far that is.
    pub distance_km: f64,
    /// Whether it is in a hurry.
    pub is_express: bool,
    /// Whether it breaks.
    pub is_fragile: bool,
    /// 1 to 4, if it is hazardous.
    #[serde(deserialize_with = "null_or_value")]
    pub hazmat_class: Option<u8>,
    /// At which it is carried.
    pub temperature_c: f64,
    /// 0 to 23.
    pub delivery_hour: u8,
    /// More than 0.
    pub volume_m3: f64,
    /// The package as it was listed, with every other field.
    #[serde(skip)]
    pub source: &'a str,
}

/// Where a package goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "points of the compass")]
pub enum Region {
    North,
    East,
    South,
    West,
}

impl Region {
    /// As lists have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::North => "north",
            Self::East => "east",
            Self::South => "south",
            Self::West => "west",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        match name {
            "north" => Some(Self::North),
            "east" => Some(Self::East),
            "south" => Some(Self::South),
            "west" => Some(Self::West),
            _ => None,
        }
    }
}

/// What no package weighs, measures or travels: beyond it a unit was mistaken. Kilogrammes, cubic metres, km.
const MAX_QUANTITY: f64 = 1e6;
/// Absolute zero, and what no package is kept at.
const TEMPERATURES_C: RangeInclusive<f64> = -273.15..=1000.0;
/// The most bytes of a package in its list. All of it goes into an item of a table and an event.
const MAX_BYTES: usize = 16 * 1024;

impl Package<'_> {
    /// Whether all values are within what is accepted; [`faults`] says which are not.
    pub(crate) fn is_valid(&self, source: &str) -> bool {
        (1..=MAX_IDENTIFIER_BYTES).contains(&self.id.len())
            && is_quantity(self.weight_kg)
            && is_quantity(self.volume_m3)
            && (0.0..=MAX_QUANTITY).contains(&self.distance_km)
            && is_storable(self.distance_km)
            && self.hazmat_class.is_none_or(|class| (1..=4).contains(&class))
            && TEMPERATURES_C.contains(&self.temperature_c)
            && is_storable(self.temperature_c)
            && self.delivery_hour <= 23
            && source.len() <= MAX_BYTES
    }
}

fn is_quantity(number: f64) -> bool {
    number > 0.0 && number <= MAX_QUANTITY && is_storable(number)
}

/// The smallest numbers are no numbers to `DynamoDB`, and no quantities to anybody.
fn is_storable(number: f64) -> bool {
    number == 0.0 || number.abs() >= 1e-9
}

/// Everything that is wrong with a package, whose text in the list is `source`.
pub(crate) fn faults(value: &Value, source: &str) -> Vec<String> {
    let Some(package) = value.as_object() else { return vec!["is not an object".to_owned()] };
    let mut faults = Vec::new();
    let mut check = |name: &str, accepted: fmt::Arguments<'_>, is_accepted: &dyn Fn(&Value) -> bool| {
        if !package.get(name).is_some_and(is_accepted) {
            let found = package.get(name).map_or_else(|| "missing".to_owned(), shown);
            faults.push(format!("{name} is {found}: accepted is {accepted}"));
        }
    };
    let is_whole = |value: &Value, from: u64, to: u64| value.as_u64().is_some_and(|n| (from..=to).contains(&n));
    let is_amount = |value: &Value| value.as_f64().is_some_and(is_quantity);
    let is_within = |value: &Value, range: RangeInclusive<f64>| {
        value.as_f64().is_some_and(|number| range.contains(&number) && is_storable(number))
    };
    check("package_id", format_args!("a text of 1 to {MAX_IDENTIFIER_BYTES} bytes"), &|value| {
        value.as_str().is_some_and(|id| (1..=MAX_IDENTIFIER_BYTES).contains(&id.len()))
    });
    check("weight_kg", format_args!("a number above 0, at most {MAX_QUANTITY}"), &is_amount);
    check("is_perishable", format_args!("true or false"), &Value::is_boolean);
    check("region", format_args!("one of north, east, south, west"), &|value| {
        value.as_str().and_then(Region::from_name).is_some()
    });
    check("distance_km", format_args!("a number from 0 to {MAX_QUANTITY}"), &|value| {
        is_within(value, 0.0..=MAX_QUANTITY)
    });
    check("is_express", format_args!("true or false"), &Value::is_boolean);
    check("is_fragile", format_args!("true or false"), &Value::is_boolean);
    check("hazmat_class", format_args!("null or a whole number from 1 to 4"), &|value| {
        value.is_null() || is_whole(value, 1, 4)
    });
    check("temperature_c", format_args!("a number from -273.15 to 1000"), &|value| is_within(value, TEMPERATURES_C));
    check("delivery_hour", format_args!("a whole number from 0 to 23"), &|value| is_whole(value, 0, 23));
    check("volume_m3", format_args!("a number above 0, at most {MAX_QUANTITY}"), &is_amount);
    if source.len() > MAX_BYTES {
        faults.push(format!("has {} bytes: accepted are {MAX_BYTES}", source.len()));
    }
    faults
}

/// A value as faults show it: its beginning, if it is long.
pub(crate) fn shown(value: &Value) -> String {
    const MAX_CHARACTERS: usize = 100;
    let text = value.to_string();
    match text.char_indices().nth(MAX_CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// The identifier of a package that may have faults, to name it by.
pub(crate) fn identifier(package: &Map<String, Value>) -> Option<&str> {
    package.get("package_id").and_then(Value::as_str)
}

/// Serde takes a missing `Option` for an absent value; a package must say that it is not hazardous.
fn null_or_value<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u8>, D::Error> {
    Option::deserialize(deserializer)
}
