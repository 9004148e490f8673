//! End-to-end tests: real CDK app, real binaries, real HTTP, against the emulator with IAM enforced.
#![expect(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "this is test code")]

mod bad_input;
mod main_job;
mod permissions;
mod read_edge;
mod repetition;
mod signatures;
