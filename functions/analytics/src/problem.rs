//! Why there is no answer of the kind that was asked for, and what the caller is told.

use aggregates_table::TableError;
use http_edge::{Problem, Response, RestApiRequest};
use location_event::{ACCEPTED_IDENTIFIER, InvalidTimestamp};

use crate::minutes::MAX_DAYS;

/// Seconds after which a caller should come back when the table did not answer.
const RETRY_AFTER_S: &str = "2";

/// A parameter that is not what is accepted. The message is for the caller.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadParameter {
    #[error("{name} is not a time: {InvalidTimestamp}")]
    Time { name: &'static str },
    #[error("to must not be before from")]
    Period,
    #[error("from and to must not be more than {MAX_DAYS} days apart: ask for one week after the other")]
    TooWide,
    #[error("date must be a day of the calendar such as 2026-11-20")]
    Date,
    #[error("cursor must be the next_cursor of the page before, unchanged, with the same date")]
    Cursor,
    #[error("{name} must be {ACCEPTED_IDENTIFIER}, in percent-encoded UTF-8")]
    Identifier { name: &'static str },
}

/// Why there is no answer of the kind that was asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    #[error(transparent)]
    BadParameter(#[from] BadParameter),
    #[error("there is nothing at this path")]
    UnknownRoute,
    #[error("{date} has not begun: today is {today} in {time_zone}")]
    DateInFuture { date: String, today: String, time_zone: String },
    #[error(
        "no numbers of {date} are stored. Those of today and of the {late_days} days before are computed on a schedule; \
         others on demand, as long as the lake has the events: the operator's command is `milkrun daily --date {date}`"
    )]
    NotComputed { date: String, late_days: u32 },
    #[error("the day's numbers have changed since the page before: begin again without a cursor")]
    NumbersReplaced,
    #[error(transparent)]
    Table(#[from] TableError),
    #[error("an aggregate is not the JSON that it must be")]
    Json(#[from] serde_json::Error),
    #[error("the aggregates cannot be written as CSV")]
    Csv(#[from] csv::Error),
}

impl ReadError {
    /// The status and the body of each failure, and its line in the log where it is ours.
    pub(crate) fn into_response(self, request: &RestApiRequest) -> Response {
        let id = request.request_id();
        let problem = |status| Problem::new(status, self.to_string());
        match &self {
            Self::BadParameter(_) => problem(400),
            Self::UnknownRoute => problem(404),
            Self::DateInFuture { .. } => problem(404).with("reason", "date_in_future"),
            Self::NotComputed { .. } => problem(404).with("reason", "not_computed"),
            Self::NumbersReplaced => problem(410).with("reason", "numbers_replaced"),
            Self::Table(_) | Self::Json(_) | Self::Csv(_) => return self.ours(id),
        }
        .into_response(id)
    }

    fn ours(&self, request_id: &str) -> Response {
        tracing::error!(error = lambda_boot::with_causes(self), "request not answered");
        match self {
            Self::Table(TableError::Unavailable(_)) => {
                Problem::new(503, "the table of aggregates is unavailable; try again shortly")
                    .into_response(request_id)
                    .with_header("retry-after", RETRY_AFTER_S)
            }
            _ => Problem::new(500, "the request could not be answered").into_response(request_id),
        }
    }
}
