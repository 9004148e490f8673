//! End-to-end tests: real CDK app, real binaries, real HTTP, against the emulator with IAM enforced.

mod bad_input;
mod main_job;
mod permissions;
mod read_edge;
mod repetition;
mod signatures;
