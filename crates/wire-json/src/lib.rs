//! JSON as senders write it, read by one rule at every door: events, the day's lists, request bodies.
//!
//! The grammar is RFC 8259's, and `serde_json` checks it. Within it, senders write tokens that no Rust or DynamoDB type
//! holds: half a surrogate pair where a text was cut, `1e400`, integers of thirty digits. Refusing them would refuse
//! everything around them, so they are mended where they stand:
//!
//! | token | read as |
//! | --- | --- |
//! | a byte order mark at the start | nothing |
//! | a lone surrogate escape, such as `"\ud83d"` | U+FFFD; such a text is never an identifier |
//! | a number that is neither a double nor an integer of 64 bits | a text of its digits |
//! | a repeated name | its last value counts |
//! | more than [`MAX_DEPTH`] levels of arrays and objects | [`Json::TooDeep`], which cannot be written |
//!
//! What was read is strict JSON when it is written again. `serde_json::Value` would refuse the first four, and allocates
//! each name and text besides: `make bench` shows what that costs.

mod json;
mod plain;
mod read;

pub use json::{Json, Object};
pub use plain::Plain;

/// The most levels of arrays and objects within one another, the outermost included. Payloads that we know have eight;
/// .NET's reader, the strictest that we know of, stops at 64, and our own envelopes take a few.
pub const MAX_DEPTH: usize = 32;

/// The text less a byte order mark at its start, which Windows tools write.
pub fn without_bom(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// Where the text was not Unicode.
pub(crate) const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

#[cfg(test)]
mod tests;
