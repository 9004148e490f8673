//! Signed requests of `POST /v1/positions`, made up for the measurements.

use location_event::Timestamp;
use serde_json::json;
use webhook_signature::standard;

/// The secret that they are signed with.
pub(crate) const SECRET: &str = "whsec_bWlsa3J1biBiZW5jaG1hcmsgc2VjcmV0";

/// A body and the headers that sign it, at `signed_at`.
pub(crate) struct Request {
    pub(crate) body: String,
    pub(crate) headers: [(&'static str, String); 3],
}

/// A request with `count` positions of one courier, five seconds apart, the last at `signed_at`.
pub(crate) fn request(count: usize, signed_at: Timestamp) -> anyhow::Result<Request> {
    let mut positions = Vec::with_capacity(count);
    for index in 0..count {
        let steps = f64::from(u32::try_from(index)?);
        let age_ms = i64::try_from(count - 1 - index)? * 5000;
        positions.push(json!({
            "event_id": format!("{}-{index}", signed_at.as_millis()),
            "driver_id": "courier-7",
            "order_id": "order-20260301-0042",
            "latitude": -23.561_414 + steps * 0.000_31,
            "longitude": -46.656_139 + steps * 0.000_27,
            "accuracy_m": 6.5,
            "speed_mps": 8.25,
            "heading_deg": 41.5,
            "battery_pct": 87,
            "recorded_at": Timestamp::from_millis(signed_at.as_millis() - age_ms)?.to_string(),
            "app_version": "4.2.0",
        }));
    }
    let body = serde_json::to_string(&positions)?;
    let (id, seconds) = ("msg_benchmark", signed_at.as_millis() / 1000);
    let headers = [
        (standard::ID_HEADER, id.to_owned()),
        (standard::TIMESTAMP_HEADER, seconds.to_string()),
        (standard::SIGNATURE_HEADER, standard::sign(SECRET, id, seconds, body.as_bytes())?),
    ];
    Ok(Request { body, headers })
}
