//! A package of the day.

use std::borrow::Cow;
use std::fmt;
use std::ops::RangeInclusive;

use location_event::{ACCEPTED_IDENTIFIER, check_identifier};
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use wire_json::{Json, Object, Plain};

use crate::element::{Examined, id_of, number, shown, text};

/// A package, as far as rules look at it.
#[derive(Clone, Debug, PartialEq)]
pub struct Package<'a> {
    /// Unique in the day.
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
    pub hazmat_class: Option<u8>,
    /// At which it is carried.
    pub temperature_c: f64,
    /// 0 to 23.
    pub delivery_hour: u8,
    /// More than 0.
    pub volume_m3: f64,
    /// The package as it was listed, with every other field: an object in strict JSON, within
    /// [`wire_json::MAX_DEPTH`].
    pub source: Cow<'a, str>,
}

/// Where a package goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
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

const QUANTITY: &str = "a number above 0, at most 1000000";

impl<'a> Package<'a> {
    /// Whether all values are within what is accepted; [`Package::examine`] says which are not.
    pub(crate) fn is_valid(&self, source: &str) -> bool {
        check_identifier(&self.id).is_ok()
            && is_quantity(self.weight_kg)
            && is_quantity(self.volume_m3)
            && is_distance(self.distance_km)
            && self.hazmat_class.is_none_or(|class| (1..=4).contains(&class))
            && is_temperature(self.temperature_c)
            && self.delivery_hour <= 23
            && source.len() <= MAX_BYTES
    }

    /// The package with the text that it was read from, and its identifier without blanks around it.
    pub(crate) fn listed_as(self, source: &'a str) -> Self {
        let id = match self.id {
            Cow::Borrowed(id) => Cow::Borrowed(id.trim()),
            Cow::Owned(id) => Cow::Owned(id.trim().to_owned()),
        };
        Self { id, source: Cow::Borrowed(source), ..self }
    }

    /// Reads a package value by value.
    pub(crate) fn examine(source: &str) -> Examined<Package<'static>> {
        Examined::of(source, "package_id", MAX_BYTES, |package, faults| {
            let mut fields = Fields { package, faults };
            let id = fields.read("package_id", ACCEPTED_IDENTIFIER, |value| id_of(value).map(str::to_owned));
            let weight_kg = fields.number("weight_kg", QUANTITY, is_quantity);
            let is_perishable = fields.flag("is_perishable");
            let region = fields
                .read("region", "one of north, east, south, west", |value| text(value).and_then(Region::from_name));
            let distance_km = fields.number("distance_km", "a number from 0 to 1000000", is_distance);
            let (is_express, is_fragile) = (fields.flag("is_express"), fields.flag("is_fragile"));
            let hazmat_class = fields.read("hazmat_class", "null or a whole number from 1 to 4", |value| {
                if value.is_blank() { Some(None) } else { whole(value, 1..=4).map(Some) }
            });
            let temperature_c = fields.number("temperature_c", "a number from -273.15 to 1000", is_temperature);
            let delivery_hour =
                fields.read("delivery_hour", "a whole number from 0 to 23", |value| whole(value, 0..=23));
            let volume_m3 = fields.number("volume_m3", QUANTITY, is_quantity);
            Some(Package {
                id: Cow::Owned(id?),
                weight_kg: weight_kg?,
                is_perishable: is_perishable?,
                region: region?,
                distance_km: distance_km?,
                is_express: is_express?,
                is_fragile: is_fragile?,
                hazmat_class: hazmat_class?,
                temperature_c: temperature_c?,
                delivery_hour: delivery_hour?,
                volume_m3: volume_m3?,
                // What is nested too deeply cannot be written, and is a fault.
                source: Cow::Owned(serde_json::to_string(package).ok()?),
            })
        })
    }
}

/// A package's fields while they are examined.
struct Fields<'a> {
    package: &'a Object<'a>,
    faults: &'a mut Vec<String>,
}

impl Fields<'_> {
    fn read<T>(&mut self, name: &str, accepted: &str, read: impl FnOnce(&Json<'_>) -> Option<T>) -> Option<T> {
        let found = self.package.get(name);
        let value = found.and_then(read);
        if value.is_none() {
            let found = found.map_or_else(|| "missing".to_owned(), shown);
            self.faults.push(format!("{name} is {found}: accepted is {accepted}"));
        }
        value
    }

    fn number(&mut self, name: &str, accepted: &str, is_accepted: impl Fn(f64) -> bool) -> Option<f64> {
        self.read(name, accepted, |value| number(value).filter(|number| is_accepted(*number)))
    }

    fn flag(&mut self, name: &str) -> Option<bool> {
        self.read(name, "true or false", |value| value.as_bool())
    }
}

fn whole(value: &Json<'_>, range: RangeInclusive<u8>) -> Option<u8> {
    u8::try_from(value.as_whole()?).ok().filter(|number| range.contains(number))
}

fn is_quantity(number: f64) -> bool {
    number > 0.0 && number <= MAX_QUANTITY && is_storable(number)
}

fn is_distance(number: f64) -> bool {
    (0.0..=MAX_QUANTITY).contains(&number) && is_storable(number)
}

fn is_temperature(number: f64) -> bool {
    TEMPERATURES_C.contains(&number) && is_storable(number)
}

/// The smallest numbers are no numbers to `DynamoDB`, and no quantities to anybody.
fn is_storable(number: f64) -> bool {
    number == 0.0 || number.abs() >= 1e-9
}

/// Reads a package in one pass, without a tree of its other fields: a day has 100,000 of them. Whatever needs more than
/// that, such as a token that has to be mended, is an error, and [`Package::examine`]'s to judge.
impl<'de> Deserialize<'de> for Package<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(InOnePass)
    }
}

#[derive(serde::Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Field {
    PackageId,
    WeightKg,
    IsPerishable,
    Region,
    DistanceKm,
    IsExpress,
    IsFragile,
    HazmatClass,
    TemperatureC,
    DeliveryHour,
    #[serde(rename = "volume_m3")]
    VolumeM3,
    #[serde(other)]
    Other,
}

struct InOnePass;

impl<'de> Visitor<'de> for InOnePass {
    type Value = Package<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a package")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut id, mut region, mut hazmat_class, mut delivery_hour) = (None, None, None, None);
        let (mut weight_kg, mut distance_km, mut temperature_c, mut volume_m3) = (None, None, None, None);
        let (mut is_perishable, mut is_express, mut is_fragile) = (None, None, None);
        // Of a repeated name the last counts.
        while let Some(field) = map.next_key()? {
            match field {
                Field::PackageId => id = Some(map.next_value::<Text<'de>>()?),
                Field::WeightKg => weight_kg = Some(map.next_value()?),
                Field::IsPerishable => is_perishable = Some(map.next_value()?),
                Field::Region => region = Some(map.next_value()?),
                Field::DistanceKm => distance_km = Some(map.next_value()?),
                Field::IsExpress => is_express = Some(map.next_value()?),
                Field::IsFragile => is_fragile = Some(map.next_value()?),
                Field::HazmatClass => hazmat_class = Some(map.next_value::<Option<Whole>>()?),
                Field::TemperatureC => temperature_c = Some(map.next_value()?),
                Field::DeliveryHour => delivery_hour = Some(map.next_value::<Whole>()?),
                Field::VolumeM3 => volume_m3 = Some(map.next_value()?),
                Field::Other => drop(map.next_value::<Plain>()?),
            }
        }
        let missing = || de::Error::custom("a field is missing");
        Ok(Package {
            id: id.ok_or_else(missing)?.0,
            weight_kg: weight_kg.ok_or_else(missing)?,
            is_perishable: is_perishable.ok_or_else(missing)?,
            region: region.ok_or_else(missing)?,
            distance_km: distance_km.ok_or_else(missing)?,
            is_express: is_express.ok_or_else(missing)?,
            is_fragile: is_fragile.ok_or_else(missing)?,
            hazmat_class: hazmat_class.ok_or_else(missing)?.map(|class| class.0),
            temperature_c: temperature_c.ok_or_else(missing)?,
            delivery_hour: delivery_hour.ok_or_else(missing)?.0,
            volume_m3: volume_m3.ok_or_else(missing)?,
            source: Cow::Borrowed(""),
        })
    }
}

#[derive(serde::Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// A small whole number, which may be written with a point: `8.0`.
#[derive(Clone, Copy)]
struct Whole(u8);

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl Visitor<'_> for Any {
            type Value = Whole;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a small whole number")
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Whole, E> {
                u8::try_from(number).map(Whole).map_err(E::custom)
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Whole, E> {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole and in range")]
                let whole = (number.fract() == 0.0 && (0.0..=255.0).contains(&number)).then_some(Whole(number as u8));
                whole.ok_or_else(|| E::custom("not a small whole number"))
            }
        }
        deserializer.deserialize_any(Any)
    }
}
