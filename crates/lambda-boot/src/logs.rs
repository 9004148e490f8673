//! Logs: one JSON object a line, to where Lambda collects them.

use std::str::FromStr as _;

use tracing::level_filters::LevelFilter;

/// Starts logging. The level is the function's own setting (`AWS_LAMBDA_LOG_LEVEL`), INFO without one.
///
/// A plain level instead of `lambda_runtime`'s filter of directives: that one brings a regular-expression
/// engine into every binary.
pub fn init() {
    let level = std::env::var("AWS_LAMBDA_LOG_LEVEL").unwrap_or_default();
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_target(false)
        .with_max_level(LevelFilter::from_str(&level).unwrap_or(LevelFilter::INFO))
        .init();
}
