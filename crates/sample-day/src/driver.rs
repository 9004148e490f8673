//! A driver and their rules.

use std::ops::RangeInclusive;

use serde::Serialize;
use serde_json::{Value, json};

use crate::draw::Draw;
use crate::package::REGIONS;

#[derive(Serialize)]
pub(crate) struct Driver {
    id: String,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
struct Rule {
    #[serde(rename = "rule_id")]
    id: String,
    code: Code,
    params: Value,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Code {
    MaxWeight,
    NoPerishable,
    RegionOnly,
    MaxDistance,
    ExpressOnly,
    FragileOnly,
    HazmatAllowed,
    TempControl,
    TimeWindow,
    Oversized,
}

const CODES: [Code; 10] = [
    Code::MaxWeight,
    Code::NoPerishable,
    Code::RegionOnly,
    Code::MaxDistance,
    Code::ExpressOnly,
    Code::FragileOnly,
    Code::HazmatAllowed,
    Code::TempControl,
    Code::TimeWindow,
    Code::Oversized,
];

impl Driver {
    pub(crate) fn draw(number: u32, rules: RangeInclusive<u32>, draw: &mut Draw) -> Self {
        let count = draw.whole(rules);
        let rules = draw.some(CODES, count).into_iter().map(|code| Rule::draw(code, draw)).collect();
        Self { id: format!("driver_{number}"), rules }
    }
}

impl Rule {
    fn draw(code: Code, draw: &mut Draw) -> Self {
        Self { id: draw.uuid(), code, params: params(code, draw) }
    }
}

fn params(code: Code, draw: &mut Draw) -> Value {
    match code {
        Code::MaxWeight => json!({"limit_kg": 10}),
        Code::RegionOnly => json!({"allowed_regions": draw.some(REGIONS, 2)}),
        Code::MaxDistance => json!({"max_km": 50}),
        Code::HazmatAllowed => {
            let count = draw.whole(1..=2);
            json!({"allowed_classes": draw.some([1, 2, 3, 4], count)})
        }
        Code::TempControl => json!({"min_c": 2, "max_c": 8}),
        Code::TimeWindow => json!({"start_hour": 8, "end_hour": 17}),
        Code::Oversized => json!({"min_volume_m3": 0.5}),
        Code::NoPerishable | Code::ExpressOnly | Code::FragileOnly => json!({}),
    }
}
