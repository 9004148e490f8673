//! API Gateway's requests and responses, as far as our functions look at them, and RFC 9457 problems.
//!
//! Types of our own instead of `aws_lambda_events`': that crate parses headers into `http::HeaderMap`, and
//! a header that it dislikes fails the invocation, which the caller sees as a 502. Here any request that
//! API Gateway passes on can be answered.

pub mod cursor;
mod problem;
mod request;
mod response;

pub use problem::Problem;
pub use request::{HttpApiRequest, RestApiRequest};
pub use response::Response;
