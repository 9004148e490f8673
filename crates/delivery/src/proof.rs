//! What a driver shows for a delivery.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// What a driver shows for a delivery, as it was sent: a JSON string (such as a photo's address) or a JSON
/// object, as text.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "Box<RawValue>")]
pub struct Proof(Box<RawValue>);

/// The value is neither a string nor an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("accepted is a string or an object")]
pub struct InvalidProof;

impl Proof {
    /// From JSON text, which must be a string or an object.
    pub fn from_json(text: String) -> Result<Self, InvalidProof> {
        RawValue::from_string(text).map_err(|_| InvalidProof)?.try_into()
    }

    /// The JSON text, a string (with its quotes) or an object.
    pub fn as_json(&self) -> &str {
        self.0.get()
    }
}

impl TryFrom<Box<RawValue>> for Proof {
    type Error = InvalidProof;

    fn try_from(raw: Box<RawValue>) -> Result<Self, Self::Error> {
        if raw.get().starts_with(['"', '{']) { Ok(Self(raw)) } else { Err(InvalidProof) }
    }
}

/// Equal where they say the same, however it is spaced and whatever comes first.
impl PartialEq for Proof {
    fn eq(&self, other: &Self) -> bool {
        let value = |proof: &Self| serde_json::from_str::<serde_json::Value>(proof.as_json()).ok();
        self.as_json() == other.as_json() || value(self).is_some_and(|own| value(other) == Some(own))
    }
}

impl JsonSchema for Proof {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Proof".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": ["string", "object"],
            "description": "What the driver showed, as it was sent.",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_or_an_object_is_kept_as_it_came() {
        for text in [r#""photo 1""#, r#"{"photo": 1.50, "signed_by": "J"}"#] {
            let proof: Proof = serde_json::from_str(text).unwrap();
            assert_eq!(proof.as_json(), text);
            assert_eq!(Proof::from_json(text.to_owned()), Ok(proof.clone()));
            assert_eq!(serde_json::to_string(&proof).unwrap(), text);
        }
        assert_eq!(serde_json::from_str::<Option<Proof>>("null").unwrap(), None);
    }

    #[test]
    fn proofs_that_say_the_same_are_equal() {
        let proof = |text: &str| Proof::from_json(text.to_owned()).unwrap();
        assert_eq!(proof(r#"{"photo": 1.50, "by": "J"}"#), proof(r#"{"by":"J","photo":1.5}"#));
        assert_ne!(proof(r#"{"photo": 1}"#), proof(r#"{"photo": 2}"#));
        assert_ne!(proof(r#""a""#), proof(r#""b""#));
    }

    #[test]
    fn nothing_else_is_a_proof() {
        for text in ["1", "true", "[]", "null", "", "{", "\"a"] {
            assert!(serde_json::from_str::<Proof>(text).is_err(), "{text}");
            assert_eq!(Proof::from_json(text.to_owned()), Err(InvalidProof), "{text}");
        }
    }
}
