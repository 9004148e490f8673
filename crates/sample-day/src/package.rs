//! A package.

use serde::Serialize;

use crate::draw::Draw;

pub(crate) const REGIONS: [&str; 4] = ["north", "east", "south", "west"];

#[derive(Serialize)]
pub(crate) struct Package {
    #[serde(rename = "package_id")]
    id: String,
    weight_kg: f64,
    is_perishable: bool,
    region: &'static str,
    distance_km: f64,
    is_express: bool,
    is_fragile: bool,
    hazmat_class: Option<u8>,
    temperature_c: f64,
    delivery_hour: u32,
    volume_m3: f64,
    address: String,
}

impl Package {
    pub(crate) fn draw(draw: &mut Draw, address: String) -> Self {
        Self {
            id: draw.uuid(),
            weight_kg: draw.hundredths(50..=2_000),
            is_perishable: draw.flip(),
            region: draw.one(REGIONS),
            distance_km: draw.hundredths(100..=10_000),
            is_express: draw.flip(),
            is_fragile: draw.flip(),
            hazmat_class: draw.one([None, Some(1), Some(2), Some(3), Some(4)]),
            temperature_c: draw.hundredths(-500..=2_500),
            delivery_hour: draw.whole(0..=23),
            volume_m3: draw.hundredths(10..=300),
            address,
        }
    }
}
