//! Payloads to post, in the documented shapes.

use std::time::{Duration, SystemTime};

use location_event::Timestamp;
use serde_json::{Value, json};

/// A time so many seconds ago, as it is written in payloads.
pub fn ago(seconds: u64) -> String {
    Timestamp::from(SystemTime::now() - Duration::from_secs(seconds)).to_string()
}

/// A plain position of our own shape.
pub fn position(driver_id: &str, seconds_ago: u64) -> Value {
    json!({
        "driver_id": driver_id, "latitude": -23.5505, "longitude": -46.6333, "accuracy_m": 5,
        "recorded_at": ago(seconds_ago),
    })
}

/// Radar's single dialect: the driver crosses a geofence on the way with an order.
pub fn crossing(driver_id: &str, order_id: &str, seconds_ago: u64) -> Value {
    json!({
        "event": {
            "_id": format!("crossing-{driver_id}-{seconds_ago}"),
            "type": "user.entered_geofence",
            "live": true,
            "createdAt": ago(seconds_ago),
            "location": {"type": "Point", "coordinates": [-46.6561, -23.5614]},
            "locationAccuracy": 6.5,
            "geofence": {"_id": "g1", "tag": "customer", "externalId": "customer-17"},
            "trip": {"_id": format!("trip-{order_id}"), "externalId": order_id},
        },
        "user": {"_id": driver_id, "userId": "courier-7", "deviceType": "Android"},
    })
}

/// Radar's flat dialect: numbers and booleans as texts, no location.
pub fn flat_trip_start(driver_id: &str, order_id: &str, seconds_ago: u64) -> Value {
    json!({
        "id": format!("start-{driver_id}-{seconds_ago}"), "created_at": ago(seconds_ago), "live": "TRUE",
        "type": "user.started_trip", "_id": driver_id, "MMUserId": "courier-7", "location": "",
        "trip": {"_id": format!("trip-{order_id}"), "externalId": order_id, "metadata": {"priority": "HIGH"}},
    })
}
