//! What a caller is told where there is no answer of the kind that was asked for. What is logged is another
//! message, written here as well.

use assignment::Faults;
use delivery::DeliveryStatus;
use delivery_assignments::{Delivered, StoreError};
use http_edge::{Problem, Response};

use crate::assign::AssignError;
use crate::bucket::BucketError;
use crate::fields::BadRequest;
use crate::idempotency::IdempotencyError;
use crate::lists::ListsError;
use crate::plan::PlanError;

/// Seconds after which a caller should come back.
const RETRY_AFTER_S: &str = "2";

/// Every way in which a request can fail.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DispatchError {
    #[error(transparent)]
    BadRequest(#[from] BadRequest),
    #[error("there is nothing at this path")]
    UnknownRoute,
    #[error("the driver has no such package")]
    UnknownAssignment,
    #[error("the package was never assigned")]
    UnknownPackage,
    #[error("{}", conflict(*.current))]
    Conflict { current: DeliveryStatus },
    #[error("another driver delivered the package: {} at {}", .delivered.by, .delivered.at)]
    DeliveredByAnother { current: DeliveryStatus, delivered: Delivered },
    #[error("the delivery is {current}, and its history is too long for a new reason, proof or time")]
    HistoryFull { current: DeliveryStatus },
    #[error(transparent)]
    Assign(#[from] AssignError),
}

fn conflict(current: DeliveryStatus) -> String {
    let end = if current.is_final() { "which is final" } else { "from which it cannot come to the one asked for" };
    format!("the delivery's status is {current}, {end}")
}

impl From<IdempotencyError> for DispatchError {
    fn from(error: IdempotencyError) -> Self {
        Self::Assign(error.into())
    }
}

impl From<ListsError> for DispatchError {
    fn from(error: ListsError) -> Self {
        Self::Assign(error.into())
    }
}

impl From<BucketError> for DispatchError {
    fn from(error: BucketError) -> Self {
        Self::Assign(error.into())
    }
}

impl From<PlanError> for DispatchError {
    fn from(error: PlanError) -> Self {
        Self::Assign(error.into())
    }
}

impl From<StoreError> for DispatchError {
    fn from(error: StoreError) -> Self {
        Self::Assign(error.into())
    }
}

impl DispatchError {
    /// The status and the body, and a line in the log where it is ours.
    pub(crate) fn into_response(self, request_id: &str) -> Response {
        let message = self.to_string();
        if let Some((status, detail)) = self.is_ours() {
            tracing::error!(error = lambda_boot::with_causes(&self), "request not carried out");
            let response = Problem::new(status, detail).into_response(request_id);
            return if status == 503 { response.with_header("retry-after", RETRY_AFTER_S) } else { response };
        }
        let problem = match self {
            Self::UnknownRoute | Self::UnknownAssignment | Self::UnknownPackage => Problem::new(404, message),
            Self::Conflict { current } | Self::HistoryFull { current } => {
                Problem::new(409, message).with("current_status", current.name())
            }
            Self::DeliveredByAnother { current, delivered } => Problem::new(409, message)
                .with("current_status", current.name())
                .with("delivered_by", delivered.by.as_str())
                .with("delivered_at", delivered.at.to_string()),
            Self::Assign(AssignError::Idempotency(_)) => Problem::new(409, message),
            Self::Assign(AssignError::UnknownDrivers { ids, .. }) => {
                Problem::new(400, message).with("unknown_driver_ids", ids)
            }
            Self::Assign(AssignError::Lists(ListsError::Missing { .. })) => {
                Problem::new(404, message).with("reason", "lists_missing")
            }
            Self::Assign(AssignError::Lists(ListsError::Invalid(faults))) => invalid(&faults),
            Self::Assign(AssignError::Crowded) => {
                tracing::warn!("others assigned the day first, every time");
                return Problem::new(503, message).into_response(request_id).with_header("retry-after", RETRY_AFTER_S);
            }
            Self::Assign(AssignError::Unfinished { date, pending, written }) => {
                tracing::warn!(rows.pending = pending, "answered before all is written");
                let problem = Problem::new(503, message).with("assignments", written).with("pending", pending);
                let problem = problem.with("date", date.to_string());
                return problem.into_response(request_id).with_header("retry-after", RETRY_AFTER_S);
            }
            Self::BadRequest(_) | Self::Assign(_) => Problem::new(400, message),
        };
        problem.into_response(request_id)
    }

    /// The status and what a caller may know of it, where the failure is not the caller's.
    fn is_ours(&self) -> Option<(u16, &'static str)> {
        const DOWN: (u16, &str) = (503, "the store of lists and assignments is unavailable: repeat the call shortly");
        const BROKEN: (u16, &str) = (500, "the request could not be carried out");
        match self {
            Self::Assign(
                AssignError::Bucket(error)
                | AssignError::Plan(PlanError::Bucket(error))
                | AssignError::Lists(ListsError::Bucket(error))
                | AssignError::Idempotency(IdempotencyError::Bucket(error)),
            ) => Some(match error {
                BucketError::Unavailable(_) => DOWN,
                BucketError::Refused(_) | BucketError::TooLarge(_) => BROKEN,
            }),
            Self::Assign(AssignError::Table(error)) => Some(match error {
                StoreError::Throttled(_) | StoreError::Unavailable(_) => DOWN,
                StoreError::Refused(_) | StoreError::Unreadable(_) => BROKEN,
            }),
            Self::Assign(
                AssignError::Plan(PlanError::Unreadable(_) | PlanError::Version(_))
                | AssignError::Idempotency(IdempotencyError::Unreadable(_))
                | AssignError::Undescribed(_),
            ) => Some(BROKEN),
            _ => None,
        }
    }
}

fn invalid(faults: &Faults) -> Problem {
    let (shown, count) = (faults.first(), faults.total());
    let noun = if count == 1 { "fault" } else { "faults" };
    let rest = if shown.len() < count { format!("; these are the first {}", shown.len()) } else { String::new() };
    Problem::new(422, format!("the lists have {count} {noun}, and nothing was stored or assigned{rest}"))
        .with("reason", "lists_invalid")
        .with("faults", serde_json::json!(shown))
}
