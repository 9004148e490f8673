//! How every function starts, and why it starts fast.
//!
//! A cold start is process start, initialisation and the first request. What makes each slow, measured
//! (`docs/performance.md`), is avoided here once for all functions:
//!
//! * `aws-lc` gathers entropy for up to 350 ms of a small function's time: the TLS here is rustls on ring.
//! * Parsing the system's ~145 certificate authorities takes tens of milliseconds: AWS's endpoints chain
//!   to the five of [Amazon Trust Services](https://www.amazontrust.com/repository/), which are built in.
//! * The credential provider chain looks where a Lambda never has anything: its credentials and region
//!   are in the environment.
//! * The first request pays for DNS, TCP and TLS: [`warm`] opens the connection during initialisation,
//!   when Lambda gives a full core and bills nobody's waiting time.

mod aws;
mod invocation;
mod log_tests;
mod logs;
mod variables;

pub use aws::{sdk_config, warm};
pub use aws_types::SdkConfig;
pub use invocation::{note_request_id, run};
pub use log_tests::{captured_logs, forbid_in_logs};
pub use logs::{init as init_logs, with_causes};
pub use variables::{InvalidEnvironment, Variables};
