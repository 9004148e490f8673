//! What became of a request, and how that is answered.

use http_edge::{Problem, Response};
use location_event::{Fault, Reason};
use serde::Serialize;

use crate::config::QuarantineStatus;

/// Seconds after which the provider should come back when nothing could be stored.
const RETRY_AFTER_S: &str = "5";

/// One refused event. `index` is its place in the request; none where the request as a whole was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Refusal {
    pub(crate) index: Option<usize>,
    pub(crate) event_id: Option<String>,
    pub(crate) reason: Reason,
    pub(crate) detail: String,
}

impl Refusal {
    pub(crate) fn new(index: Option<usize>, fault: Fault) -> Self {
        Self { index, event_id: fault.event_id, reason: fault.reason, detail: fault.detail }
    }
}

/// What is answered where something was stored, or seen before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Receipt {
    pub(crate) accepted: usize,
    pub(crate) duplicates: usize,
    pub(crate) quarantined: Vec<Refusal>,
}

/// Everything that can become of a request.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Everything of it is kept, in the log or the quarantine.
    Kept(Receipt),
    /// Not let in.
    Denied,
    /// No such route.
    NotFound,
    /// The body has more bytes than are accepted.
    TooLarge { bytes: usize, limit: usize },
    /// Something of it could not be kept, so nothing of it is acknowledged.
    Unavailable,
}

impl Outcome {
    pub(crate) fn into_response(self, status: QuarantineStatus, request_id: &str) -> Response {
        match self {
            Self::Kept(receipt) => {
                if let Some(first) = receipt.quarantined.first()
                    && receipt.accepted + receipt.duplicates == 0
                    && status == QuarantineStatus::Reject
                {
                    return rejected(first, &receipt).into_response(request_id);
                }
                Response::json(202, "application/json", &receipt)
            }
            Self::Denied => {
                let detail = "the request's signature is missing, stale or not made with a live secret";
                Problem::new(401, detail).into_response(request_id)
            }
            Self::NotFound => {
                let detail = "accepted are POST /v1/webhooks/radar and POST /v1/positions";
                Problem::new(404, detail).into_response(request_id)
            }
            Self::TooLarge { bytes, limit } => {
                let detail =
                    format!("the body has {bytes} bytes; at most {limit} are accepted: send fewer events a request");
                Problem::new(413, detail).into_response(request_id)
            }
            Self::Unavailable => {
                let detail = "not everything could be stored; send the same request again: what was stored counts as a duplicate";
                Problem::new(503, detail).into_response(request_id).with_header("retry-after", RETRY_AFTER_S)
            }
        }
    }
}

fn rejected(first: &Refusal, receipt: &Receipt) -> Problem {
    let status = if first.reason == Reason::NotJson { 400 } else { 422 };
    let quarantined = serde_json::to_value(&receipt.quarantined).unwrap_or_default();
    Problem::new(status, format!("nothing was accepted, and the request is quarantined: {}", first.detail))
        .with("reason", first.reason.code())
        .with("quarantined", quarantined)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(reason: Reason) -> Refusal {
        Refusal { index: Some(0), event_id: Some("e1".to_owned()), reason, detail: "what is wrong".to_owned() }
    }

    fn answer(outcome: Outcome, status: QuarantineStatus) -> Response {
        outcome.into_response(status, "r1")
    }

    #[test]
    fn each_outcome_has_its_status_and_body() {
        let kept =
            |quarantined: Vec<Refusal>, accepted| Outcome::Kept(Receipt { accepted, duplicates: 0, quarantined });
        let invalid = || vec![refusal(Reason::DriverMissing)];
        insta::assert_json_snapshot!([
            answer(kept(Vec::new(), 2), QuarantineStatus::Reject),
            answer(kept(invalid(), 1), QuarantineStatus::Reject),
            answer(kept(invalid(), 0), QuarantineStatus::Reject),
            answer(kept(invalid(), 0), QuarantineStatus::Accept),
            answer(kept(vec![refusal(Reason::NotJson)], 0), QuarantineStatus::Reject),
            answer(Outcome::Denied, QuarantineStatus::Reject),
            answer(Outcome::NotFound, QuarantineStatus::Reject),
            answer(Outcome::TooLarge { bytes: 70_000, limit: 65_536 }, QuarantineStatus::Reject),
            answer(Outcome::Unavailable, QuarantineStatus::Accept),
        ]);
    }
}
