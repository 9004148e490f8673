//! Logs: one JSON object a line, to where Lambda collects them.

use std::error::Error;
use std::io;

use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

/// Starts logging. The level is the function's own setting (`AWS_LAMBDA_LOG_LEVEL`), INFO without one.
///
/// A plain level instead of `lambda_runtime`'s filter of directives: that one brings a regular-expression
/// engine into every binary.
pub fn init() {
    let level = std::env::var("AWS_LAMBDA_LOG_LEVEL").ok();
    // It would fail if there were a subscriber already, and nothing else sets one.
    let _ = tracing::subscriber::set_global_default(subscriber(max_level(level.as_deref()), io::stdout));
}

/// Lines as they are deployed.
pub(crate) fn subscriber(
    level: LevelFilter,
    writer: impl for<'w> MakeWriter<'w> + Send + Sync + 'static,
) -> impl Subscriber + Send + Sync {
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_target(false)
        .with_max_level(level)
        .with_writer(writer)
        .finish()
}

fn max_level(setting: Option<&str>) -> LevelFilter {
    // An empty text would parse, as ERROR.
    setting.filter(|level| !level.is_empty()).and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::INFO)
}

/// An error and all its causes in a line, for a log's field. A formatter writes the error alone, and the
/// SDK's says no more than "service error"; whether access was denied or a name was wrong is in the causes.
pub fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_level_is_info_unless_a_level_is_set() {
        for setting in [None, Some(""), Some("LOUD")] {
            assert_eq!(max_level(setting), LevelFilter::INFO, "{setting:?}");
        }
        assert_eq!(max_level(Some("DEBUG")), LevelFilter::DEBUG);
        assert_eq!(max_level(Some("WARN")), LevelFilter::WARN);
    }

    #[test]
    fn causes_are_written_outermost_first() {
        #[derive(Debug, thiserror::Error)]
        #[error("the log is unavailable")]
        struct Outer(#[source] std::fmt::Error);
        let cause = std::fmt::Error;
        assert_eq!(with_causes(&Outer(cause)), format!("the log is unavailable: {cause}"));
    }
}
