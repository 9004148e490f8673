//! The documented fields of radar's webhook (and of `POST /v1/positions`) as plain owned structs: the
//! least that a typed consumer in Rust would do with the bytes.

#![expect(dead_code, clippy::struct_field_names, reason = "the documented names, parsed and never read")]

use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Webhook {
    event: Event,
    user: Option<User>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    #[serde(rename = "_id")]
    id: Option<String>,
    r#type: String,
    live: Option<bool>,
    created_at: String,
    actual_created_at: Option<String>,
    replayed: Option<bool>,
    location: Option<Point>,
    location_accuracy: Option<f64>,
    confidence: Option<u8>,
    duration: Option<f64>,
    foreground: Option<bool>,
    metadata: Option<Map<String, Value>>,
    geofence: Option<Geofence>,
    trip: Option<Trip>,
    user: Option<User>,
}

#[derive(Deserialize)]
struct Point {
    r#type: String,
    coordinates: [f64; 2],
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Geofence {
    #[serde(rename = "_id")]
    id: String,
    tag: Option<String>,
    external_id: Option<String>,
    description: Option<String>,
    metadata: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Trip {
    #[serde(rename = "_id")]
    id: String,
    external_id: Option<String>,
    user_id: Option<String>,
    metadata: Option<Map<String, Value>>,
    mode: Option<String>,
    destination_geofence_tag: Option<String>,
    destination_geofence_external_id: Option<String>,
    destination_location: Option<Point>,
    eta: Option<Eta>,
    status: Option<String>,
    created_at: Option<String>,
    updated_at: Option<String>,
    started_at: Option<String>,
    scheduled_arrival_at: Option<String>,
    arrived_at: Option<String>,
    completed_at: Option<String>,
    approaching_threshold: Option<f64>,
}

#[derive(Deserialize)]
struct Eta {
    duration: f64,
    distance: f64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct User {
    #[serde(rename = "_id")]
    id: Option<String>,
    user_id: Option<String>,
    device_id: Option<String>,
    description: Option<String>,
    metadata: Option<Map<String, Value>>,
    location: Option<Point>,
    location_accuracy: Option<f64>,
    stopped: Option<bool>,
    foreground: Option<bool>,
    device_type: Option<String>,
    ip: Option<String>,
    created_at: Option<String>,
    updated_at: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Position {
    event_id: Option<String>,
    r#type: Option<String>,
    driver_id: String,
    external_driver_id: Option<String>,
    order_id: Option<String>,
    trip_id: Option<String>,
    geofence_id: Option<String>,
    geofence_tag: Option<String>,
    geofence_external_id: Option<String>,
    latitude: f64,
    longitude: f64,
    accuracy_m: Option<f64>,
    altitude_m: Option<f64>,
    speed_mps: Option<f64>,
    heading_deg: Option<f64>,
    battery_pct: Option<f64>,
    recorded_at: String,
    live: Option<bool>,
}
