//! Invocations, and what every line that is logged meanwhile says of its own.

use std::fmt::Debug;

use lambda_runtime::{Context, Diagnostic, Error, LambdaEvent, service_fn};
use metrics::Metrics;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

/// The field of an invocation's span with API Gateway's id of the request.
const REQUEST_ID: &str = "request_id";

/// Hands each invocation to `handle`, until Lambda ends the process.
///
/// Lambda counts those that end with an error or not at all. Those that were answered and yet failed, as `has_failed`
/// says of the answer, are counted here: they are what stops a new version that lacks a permission.
pub async fn run<P, A, E>(
    has_failed: impl Fn(&A) -> bool,
    handle: impl AsyncFn(LambdaEvent<P>) -> Result<A, E>,
) -> Result<(), Error>
where
    P: DeserializeOwned,
    A: Serialize,
    E: Into<Diagnostic> + Debug,
{
    let metrics = Metrics::to_stdout();
    let (has_failed, handle, metrics) = (&has_failed, &handle, &metrics);
    lambda_runtime::run(service_fn(move |event: LambdaEvent<P>| {
        let span = span(&event.context);
        counted(event, has_failed, handle, metrics).instrument(span)
    }))
    .await
}

async fn counted<P, A, E>(
    event: LambdaEvent<P>,
    has_failed: impl Fn(&A) -> bool,
    handle: impl AsyncFn(LambdaEvent<P>) -> Result<A, E>,
    metrics: &Metrics,
) -> Result<A, E> {
    let function = event.context.env_config.clone();
    let answer = handle(event).await;
    if answer.as_ref().is_ok_and(has_failed) {
        metrics.failed_invocation(&function.function_name, &function.version);
    }
    answer
}

/// Says in every line of the invocation from now on which request of API Gateway's it is about: by the id that the
/// caller is told. Lambda knows the invocation by another.
pub fn note_request_id(id: &str) {
    Span::current().record(REQUEST_ID, id);
}

/// What every line of an invocation carries, as members of `span`.
pub(crate) fn span(context: &Context) -> Span {
    let trace_id = context.xray_trace_id.as_deref().and_then(sampled_trace);
    // Of the highest level, or lines would be without it where only errors are logged.
    tracing::error_span!("invocation", lambda_request_id = context.request_id, trace_id, { REQUEST_ID } = Empty)
}

/// The trace's id, where X-Ray has this invocation: of `Root=1-…;Parent=…;Sampled=1`.
/// <https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader>
fn sampled_trace(header: &str) -> Option<&str> {
    let field = |name: &str| header.split(';').find_map(|field| field.trim().strip_prefix(name)?.strip_prefix('='));
    field("Root").filter(|_| field("Sampled") == Some("1"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use std::future::ready;
    use std::pin::pin;
    use std::sync::Arc;
    use std::task::{Poll, Waker};

    use lambda_runtime::Config;
    use metrics::Recording;

    use super::*;
    use crate::captured_logs;

    #[test]
    fn an_answer_that_is_a_failure_is_counted_and_nothing_else() {
        let recording = Recording::default();
        let metrics = recording.metrics();
        let answers = [("1", Ok(200)), ("2", Err("Lambda counts it")), ("3", Ok(503))];
        for (version, answer) in answers {
            let mut context = Context::default();
            let config = Config { function_name: "f".to_owned(), version: version.to_owned(), ..Config::default() };
            context.env_config = Arc::new(config);
            let event = LambdaEvent::new((), context);
            let counted = pin!(counted(event, |status| *status >= 500, async |_| ready(answer).await, &metrics));
            let Poll::Ready(answered) = counted.poll(&mut std::task::Context::from_waker(Waker::noop())) else {
                panic!("nothing to wait for")
            };
            assert_eq!(answered, answer);
        }
        let lines: Vec<_> =
            recording.lines().iter().map(|line| [line["Function"].clone(), line["Version"].clone()]).collect();
        assert_eq!(lines, [[json!("f"), json!("3")]]);
    }

    #[test]
    fn a_line_says_which_invocation_and_which_request_it_is_of() {
        let mut context = Context::default();
        context.request_id = "invocation1".to_owned();
        context.xray_trace_id =
            Some("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1".to_owned());
        let lines = captured_logs(|| {
            span(&context).in_scope(|| {
                tracing::warn!("before");
                note_request_id("request1");
                tracing::error!(event_id = "e1", "after");
            });
        });
        let span = json!({
            "name": "invocation", "lambda_request_id": "invocation1",
            "trace_id": "1-5759e988-bd862e3fe1be46a994272793",
        });
        assert_eq!((&lines[0]["message"], &lines[0]["span"]), (&json!("before"), &span));
        let mut span = span;
        span["request_id"] = json!("request1");
        assert_eq!((&lines[1]["event_id"], &lines[1]["span"]), (&json!("e1"), &span));
    }

    #[test]
    fn a_trace_that_nobody_keeps_has_no_id() {
        assert_eq!(sampled_trace("Sampled=1; Root=1-a"), Some("1-a"));
        for header in ["Root=1-a;Parent=b;Sampled=0", "Root=1-a", "Sampled=1", "Root=1-a;Sampled=?", ""] {
            assert_eq!(sampled_trace(header), None, "{header}");
        }
    }
}
