//! Where a next page begins, as callers get it: opaque, so that what is in it can change.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The text of a cursor: texts and numbers, whose serialisation cannot fail.
pub fn encode(cursor: &impl Serialize) -> String {
    BASE64.encode(serde_json::to_vec(cursor).unwrap_or_default())
}

/// What [`encode`] was given; `None` of any other text.
pub fn decode<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_slice(&BASE64.decode(text).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_and_nothing_else_does() {
        let cursor = ("a/b \u{e9}".to_owned(), 3);
        assert_eq!(decode(&encode(&cursor)), Some(cursor));
        for text in ["%%%", "e30", "WzEsMV0", ""] {
            assert_eq!(decode::<(String, i32)>(text), None, "{text}");
        }
    }
}
