//! What is delivered.

use std::fmt;

use location_event::Attributes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The company's own id of a package.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct PackageId(String);

impl PackageId {
    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for PackageId {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for PackageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A package as the day's list describes it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PackageMetadata {
    /// Kilogrammes.
    pub weight_kg: f64,
    /// Whether it spoils.
    pub is_perishable: bool,
    /// The part of the town that it goes to, such as `north`.
    pub region: String,
    /// Kilometres to the recipient.
    pub distance_km: f64,
    /// Whether it was paid to arrive sooner.
    pub is_express: bool,
    /// Whether it breaks.
    pub is_fragile: bool,
    /// The class of hazardous goods that it is of, if it is of any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hazmat_class: Option<u8>,
    /// Degrees Celsius to be kept at.
    pub temperature_c: f64,
    /// The hour of the day at which it is expected, 0 to 23.
    pub delivery_hour: u8,
    /// Cubic metres.
    pub volume_m3: f64,
    /// Where the recipient is, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// What else the list says of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attributes: Option<Attributes>,
}
