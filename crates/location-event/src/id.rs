//! Identifiers, each a type of its own: a driver passed for an order does not compile.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

identifier! {
    /// One event: its provider's id, or a hash of its content.
    EventId
}
identifier! {
    /// The provider's id of a driver's device or user; the log is partitioned by it.
    DriverId
}
identifier! {
    /// The company's own id of an order (a trip's `externalId`).
    OrderId
}
identifier! {
    /// The provider's id of a trip.
    TripId
}

/// The longest identifier accepted, in bytes of UTF-8. `DynamoDB` takes 1,024 bytes of sort key; real
/// identifiers are 24 to 36.
pub const MAX_IDENTIFIER_BYTES: usize = 256;
/// The accepted identifiers, for messages to callers.
pub const ACCEPTED_IDENTIFIER: &str = "a text of 1 to 256 bytes without control characters";

/// The reason why a text is not an identifier. The message completes "`name` is …".
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidIdentifier {
    /// Nothing but white space.
    #[error("blank")]
    Blank,
    /// More than [`MAX_IDENTIFIER_BYTES`].
    #[error("{0} bytes long")]
    TooLong(usize),
    /// Identifiers are parts of keys, log lines and file names, where a line break or NUL forges another.
    #[error("a text with the control character U+{:04X}", u32::from(*.0))]
    ControlCharacter(char),
}

/// An identifier less the white space around it, if it is one, wherever it comes in: an event, a list, a body, a path.
pub fn check_identifier(text: &str) -> Result<&str, InvalidIdentifier> {
    let text = text.trim();
    if text.is_empty() {
        return Err(InvalidIdentifier::Blank);
    }
    if text.len() > MAX_IDENTIFIER_BYTES {
        return Err(InvalidIdentifier::TooLong(text.len()));
    }
    match text.chars().find(|character| character.is_control()) {
        Some(character) => Err(InvalidIdentifier::ControlCharacter(character)),
        None => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_trimmed_and_bounded_and_has_no_control_characters() {
        let longest = "é".repeat(MAX_IDENTIFIER_BYTES / 2);
        assert_eq!(check_identifier(" d 1\r\n"), Ok("d 1"));
        assert_eq!(check_identifier(&format!("\u{a0}{longest}")), Ok(longest.as_str()));
        for (text, message) in [
            ("", "blank"),
            (" \t\u{2003}", "blank"),
            (&*format!("{longest}x"), "257 bytes long"),
            ("d\0", "a text with the control character U+0000"),
            ("d\n1", "a text with the control character U+000A"),
            ("d\u{7f}", "a text with the control character U+007F"),
            ("d\u{85}1", "a text with the control character U+0085"),
        ] {
            assert_eq!(check_identifier(text).unwrap_err().to_string(), message, "{text:?}");
        }
        assert!(ACCEPTED_IDENTIFIER.contains(&MAX_IDENTIFIER_BYTES.to_string()));
    }
}
