//! The operators' commands against a milkrun that is in use: `make test-operations`. One after the other, since they
//! change what all of it shares.
#![expect(clippy::unwrap_used, reason = "this is test code")]

mod dead_letters;
mod erase;
mod keys;
mod quarantine;
mod replay;
mod secrets;
mod smoke;
mod status;
