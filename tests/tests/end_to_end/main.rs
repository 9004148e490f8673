//! End-to-end tests: real CDK app, real binaries, real HTTP, against the emulator with IAM enforced.
#![expect(clippy::unwrap_used, reason = "this is test code")]

mod bad_input;
mod dispatch_concurrency;
mod dispatch_flow;
mod dispatch_kill;
mod dispatch_lists;
mod dispatch_log;
mod dispatch_requests;
mod dispatch_statuses;
mod logs;
mod main_job;
mod odd_json;
mod odd_lists;
mod permissions;
mod read_edge;
mod repetition;
mod signatures;
