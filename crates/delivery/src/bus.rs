//! An event as subscribers get it on the bus.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;

use crate::{DeliveryEvent, SCHEMA_VERSION};

/// The `detail` of a bus event, whose `detail-type` is the event's type: the event and the version of its
/// shape. Delivery is at least once and in no order: `driver_id` and `event_id` are the idempotency key.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "milkrun delivery event")]
pub struct Detail<'a> {
    schema_version: u32,
    #[serde(flatten)]
    event: &'a DeliveryEvent,
}

impl<'a> From<&'a DeliveryEvent> for Detail<'a> {
    fn from(event: &'a DeliveryEvent) -> Self {
        Self { schema_version: SCHEMA_VERSION, event }
    }
}

/// The JSON Schema of [`Detail`], pretty-printed: `docs/api/delivery-event.schema.json`.
pub fn detail_schema() -> Result<String, serde_json::Error> {
    // As it is written: an absent field is left out, never null.
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = serde_json::to_string_pretty(&generator.into_root_schema_for::<Detail<'_>>())?;
    schema.push('\n');
    Ok(schema)
}
