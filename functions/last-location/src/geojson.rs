//! A page of a track as GeoJSON (RFC 7946): a point a position, the other fields as its properties.

use event_log::RecordedPosition;
use serde::Serialize;
use serde_json::{Map, Value};

/// The media type.
pub(crate) const MEDIA_TYPE: &str = "application/geo+json";

#[derive(Debug, Serialize)]
#[serde(tag = "type")]
pub(crate) struct FeatureCollection {
    features: Vec<Feature>,
    next_cursor: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(tag = "type")]
struct Feature {
    geometry: Point,
    properties: Map<String, Value>,
}

#[derive(Debug, Serialize)]
#[serde(tag = "type")]
struct Point {
    /// Longitude, latitude, degrees.
    coordinates: [f64; 2],
}

impl FeatureCollection {
    pub(crate) fn new(positions: &[RecordedPosition], next_cursor: Option<String>) -> Self {
        Self { features: positions.iter().map(Feature::new).collect(), next_cursor }
    }
}

impl Feature {
    fn new(position: &RecordedPosition) -> Self {
        let mut properties = match serde_json::to_value(position) {
            Ok(Value::Object(fields)) => fields,
            // A struct serialises as an object.
            _ => Map::new(),
        };
        properties.remove("latitude");
        properties.remove("longitude");
        Self { geometry: Point { coordinates: [position.longitude, position.latitude] }, properties }
    }
}
