//! What a driver may carry: every rule of a driver must hold for a package.

use wire_json::{Json, Object};

use crate::element::{number, shown, text};
use crate::package::{Package, Region};

/// The codes of all rules, in the order of the documentation.
pub const CODES: [&str; 10] = [
    "MAX_WEIGHT",
    "NO_PERISHABLE",
    "REGION_ONLY",
    "MAX_DISTANCE",
    "EXPRESS_ONLY",
    "FRAGILE_ONLY",
    "HAZMAT_ALLOWED",
    "TEMP_CONTROL",
    "TIME_WINDOW",
    "OVERSIZED",
];

/// A rule with its parameters. An attribute that no rule speaks of does not matter.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "the parameters' own names, with their units")]
pub enum Rule {
    /// At most this heavy.
    MaxWeight { limit_kg: f64 },
    /// Nothing that spoils.
    NoPerishable,
    /// Only to these regions.
    RegionOnly { allowed: Regions },
    /// At most this far.
    MaxDistance { max_km: f64 },
    /// Only express.
    ExpressOnly,
    /// Only fragile.
    FragileOnly,
    /// Nothing hazardous but these classes.
    HazmatAllowed { allowed: HazmatClasses },
    /// Only at these temperatures, both included.
    TempControl { min_c: f64, max_c: f64 },
    /// Only at these hours, both included. From 22 to 6 is over midnight.
    TimeWindow { start_hour: u8, end_hour: u8 },
    /// At least this large.
    Oversized { min_volume_m3: f64 },
}

/// A set of regions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Regions(pub(crate) u8);

/// A set of hazard classes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HazmatClasses(pub(crate) u8);

impl Rule {
    /// Whether a package may go with a driver who has this rule.
    pub fn fits(&self, package: &Package<'_>) -> bool {
        match *self {
            Self::MaxWeight { limit_kg } => package.weight_kg <= limit_kg,
            Self::NoPerishable => !package.is_perishable,
            Self::RegionOnly { allowed } => allowed.0 & region_bit(package.region) != 0,
            Self::MaxDistance { max_km } => package.distance_km <= max_km,
            Self::ExpressOnly => package.is_express,
            Self::FragileOnly => package.is_fragile,
            Self::HazmatAllowed { allowed } => {
                package.hazmat_class.is_none_or(|class| allowed.0 & hazmat_bit(class) != 0)
            }
            Self::TempControl { min_c, max_c } => (min_c..=max_c).contains(&package.temperature_c),
            Self::TimeWindow { start_hour, end_hour } if start_hour > end_hour => {
                package.delivery_hour >= start_hour || package.delivery_hour <= end_hour
            }
            Self::TimeWindow { start_hour, end_hour } => (start_hour..=end_hour).contains(&package.delivery_hour),
            Self::Oversized { min_volume_m3 } => package.volume_m3 >= min_volume_m3,
        }
    }

    /// The rule's code, as lists have it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::MaxWeight { .. } => "MAX_WEIGHT",
            Self::NoPerishable => "NO_PERISHABLE",
            Self::RegionOnly { .. } => "REGION_ONLY",
            Self::MaxDistance { .. } => "MAX_DISTANCE",
            Self::ExpressOnly => "EXPRESS_ONLY",
            Self::FragileOnly => "FRAGILE_ONLY",
            Self::HazmatAllowed { .. } => "HAZMAT_ALLOWED",
            Self::TempControl { .. } => "TEMP_CONTROL",
            Self::TimeWindow { .. } => "TIME_WINDOW",
            Self::Oversized { .. } => "OVERSIZED",
        }
    }

    /// Reads a rule of a list: `{"rule_id"?, "code", "params"?}`. What is wrong with it is added to `faults`;
    /// there is no rule unless there is no fault.
    pub(crate) fn read(value: &Json<'_>, faults: &mut Vec<String>) -> Option<Self> {
        let Some(rule) = value.as_object() else {
            faults.push(format!("{} is not a rule: accepted is {{\"code\": …, \"params\": {{…}}}}", shown(value)));
            return None;
        };
        let Some(code) = rule.get("code").and_then(Json::as_str) else {
            faults.push(format!("a rule has no code: accepted are {}", CODES.join(", ")));
            return None;
        };
        let none = Object::default();
        let given = rule.get("params").and_then(Json::as_object).unwrap_or(&none);
        let mut params = Params { code, given, faults };
        match code {
            "MAX_WEIGHT" => Some(Self::MaxWeight { limit_kg: params.number("limit_kg")? }),
            "NO_PERISHABLE" => Some(Self::NoPerishable),
            "REGION_ONLY" => Some(Self::RegionOnly {
                allowed: Regions(params.set("allowed_regions", "north, east, south, west", |value| {
                    text(value).and_then(Region::from_name).map(region_bit)
                })?),
            }),
            "MAX_DISTANCE" => Some(Self::MaxDistance { max_km: params.number("max_km")? }),
            "EXPRESS_ONLY" => Some(Self::ExpressOnly),
            "FRAGILE_ONLY" => Some(Self::FragileOnly),
            "HAZMAT_ALLOWED" => Some(Self::HazmatAllowed {
                allowed: HazmatClasses(params.set("allowed_classes", "1, 2, 3, 4", |value| {
                    value.as_whole().filter(|class| (1..=4).contains(class)).map(|class| 1 << class)
                })?),
            }),
            "TEMP_CONTROL" => {
                let (min_c, max_c) = (params.number("min_c"), params.number("max_c"));
                let (min_c, max_c) = (min_c?, max_c?);
                if min_c > max_c {
                    params.faults.push("TEMP_CONTROL's min_c is above its max_c: nothing would fit".to_owned());
                    return None;
                }
                Some(Self::TempControl { min_c, max_c })
            }
            "TIME_WINDOW" => {
                let (start_hour, end_hour) = (params.hour("start_hour"), params.hour("end_hour"));
                Some(Self::TimeWindow { start_hour: start_hour?, end_hour: end_hour? })
            }
            "OVERSIZED" => Some(Self::Oversized { min_volume_m3: params.number("min_volume_m3")? }),
            unknown => {
                let unknown = shown(&Json::Text(unknown.into()));
                params.faults.push(format!("rule code {unknown} is unknown: accepted are {}", CODES.join(", ")));
                None
            }
        }
    }
}

/// A rule's parameters while they are read.
struct Params<'a> {
    code: &'a str,
    given: &'a Object<'a>,
    faults: &'a mut Vec<String>,
}

impl Params<'_> {
    fn number(&mut self, name: &str) -> Option<f64> {
        self.param(name, "a number", number)
    }

    fn hour(&mut self, name: &str) -> Option<u8> {
        let hour = |value: &Json<'_>| u8::try_from(value.as_whole()?).ok().filter(|hour| *hour <= 23);
        self.param(name, "a whole number from 0 to 23", hour)
    }

    fn set(&mut self, name: &str, members: &str, bit: impl Fn(&Json<'_>) -> Option<u8>) -> Option<u8> {
        self.param(name, &format!("a list of one or more of {members}"), |value| {
            let bits: Option<Vec<u8>> = value.as_array()?.iter().map(&bit).collect();
            bits.map(|bits| bits.into_iter().fold(0, |set, bit| set | bit)).filter(|set| *set != 0)
        })
    }

    fn param<T>(&mut self, name: &str, accepted: &str, read: impl Fn(&Json<'_>) -> Option<T>) -> Option<T> {
        let found = self.given.get(name);
        let value = found.and_then(read);
        if value.is_none() {
            let what = found.map_or_else(|| "missing".to_owned(), shown);
            self.faults.push(format!("{}'s parameter {name} is {what}: accepted is {accepted}", self.code));
        }
        value
    }
}

fn region_bit(region: Region) -> u8 {
    1 << region as u8
}

fn hazmat_bit(class: u8) -> u8 {
    1 << class
}
