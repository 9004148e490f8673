//! Where a next page begins, as callers get it: opaque, so that what is in it can change.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The longest cursor that any function gives out: two identifiers of 256 bytes, each byte of them escaped, and a time.
const MAX_BYTES: usize = 4_224;

/// The text of a cursor: texts and numbers, whose serialisation cannot fail.
pub fn encode(cursor: &impl Serialize) -> String {
    BASE64.encode(serde_json::to_vec(cursor).unwrap_or_default())
}

/// The content of a cursor that [`encode`] made; `None` of any other text. Callers can make one up, so the content is to
/// be checked before it becomes a key.
pub fn decode<T: DeserializeOwned>(text: &str) -> Option<T> {
    if text.len() > MAX_BYTES {
        return None;
    }
    serde_json::from_slice(&BASE64.decode(text).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_and_nothing_else_does() {
        let cursor = ("a/b \u{e9}".to_owned(), 3);
        assert_eq!(decode(&encode(&cursor)), Some(cursor));
        for text in ["%%%", "e30", "WzEsMV0", "", " "] {
            assert_eq!(decode::<(String, i32)>(text), None, "{text}");
        }
    }

    #[test]
    fn the_longest_cursor_reads_back_and_a_longer_one_does_not() {
        let longest = ("\u{1}".repeat(256), format!("2026-11-20T09:30:00.123Z#{}", "\u{1}".repeat(256)));
        assert_eq!(decode(&encode(&longest)), Some(longest));
        assert_eq!(decode::<String>(&encode(&"x".repeat(MAX_BYTES))), None);
    }
}
