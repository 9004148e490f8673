//! One request, from the route to the answer.

use std::time::{Instant, SystemTime};

use event_log::{EventLog, LogError, RecordedPosition, Subject};
use http_edge::{Problem, Response, RestApiRequest};
use location_event::{DriverId, OrderId, Timestamp, check_identifier};
use serde::Serialize;
use serde_json::json;

use crate::geojson::{self, FeatureCollection};
use crate::parameters::{self, BadParameter, TrackParameters};

const JSON: &str = "application/json";
/// Seconds after which a caller should come back when the log did not answer.
const RETRY_AFTER_S: &str = "2";

/// Handles requests over a log.
#[derive(Debug)]
pub struct Handler {
    log: EventLog,
    build_version: String,
}

/// Why there is no answer of the kind that was asked for.
#[derive(Debug, thiserror::Error)]
enum ReadError {
    #[error(transparent)]
    BadParameter(#[from] BadParameter),
    #[error("no position is known for this {0}")]
    UnknownSubject(&'static str),
    #[error("there is nothing at this path")]
    UnknownRoute,
    #[error(transparent)]
    Log(#[from] LogError),
}

#[derive(Serialize)]
struct LastLocation {
    #[serde(flatten)]
    position: RecordedPosition,
    age_seconds: f64,
}

#[derive(Serialize)]
struct Track {
    positions: Vec<RecordedPosition>,
    next_cursor: Option<String>,
}

impl Handler {
    /// A handler over this log.
    pub fn new(log: EventLog, build_version: String) -> Self {
        Self { log, build_version }
    }

    /// Answers a request; `now` is the time of it.
    pub async fn handle(&self, request: &RestApiRequest, now: SystemTime) -> Response {
        lambda_boot::note_request_id(request.request_id());
        let answer = match request.resource() {
            "/v1/orders/{order_id}/location" => self.location(order(request), now).await,
            "/v1/drivers/{driver_id}/location" => self.location(driver(request), now).await,
            "/v1/orders/{order_id}/track" => self.track(order(request), request).await,
            "/v1/drivers/{driver_id}/track" => self.track(driver(request), request).await,
            "/v1/health" => Ok(self.health().await),
            _ => Err(ReadError::UnknownRoute),
        };
        answer.unwrap_or_else(|error| error.into_response(request))
    }

    async fn location(&self, subject: Result<Subject, BadParameter>, now: SystemTime) -> Result<Response, ReadError> {
        let subject = subject?;
        let position = self.log.last_position(&subject).await?.ok_or(ReadError::UnknownSubject(match subject {
            Subject::Driver(_) => "driver",
            Subject::Order(_) => "order",
        }))?;
        let age_ms = Timestamp::from(now).as_millis() - position.recorded_at.as_millis();
        // A device's clock may be ahead of ours: nothing is younger than now.
        #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 take 41 of the 52 bits")]
        let age_seconds = age_ms.max(0) as f64 / 1000.0;
        Ok(Response::json(200, JSON, &LastLocation { position, age_seconds }))
    }

    async fn track(
        &self,
        subject: Result<Subject, BadParameter>,
        request: &RestApiRequest,
    ) -> Result<Response, ReadError> {
        let (subject, asked) = (subject?, TrackParameters::of(request)?);
        let page = self.log.track(&subject, asked.from, asked.to, asked.limit, asked.cursor.as_ref()).await?;
        let next_cursor = page.next.as_ref().map(parameters::encode_cursor);
        let positions = page.positions;
        Ok(if request.prefers(geojson::MEDIA_TYPE) {
            Response::json(200, geojson::MEDIA_TYPE, &FeatureCollection::new(&positions, next_cursor))
        } else {
            Response::json(200, JSON, &Track { positions, next_cursor })
        })
    }

    async fn health(&self) -> Response {
        let asked = Instant::now();
        let log = self.log.check().await;
        let latency_ms = asked.elapsed().as_millis();
        let (status, state, log_state) = match &log {
            Ok(()) => (200, "ok", "ok"),
            Err(error) => {
                tracing::error!(error = lambda_boot::with_causes(error), "the event log did not answer");
                (503, "degraded", "unavailable")
            }
        };
        let body = json!({
            "status": state,
            "version": self.build_version,
            "dependencies": {"location_events": {"status": log_state, "latency_ms": latency_ms}},
        });
        let response = Response::json(status, JSON, &body);
        if log.is_ok() { response } else { response.with_header("retry-after", RETRY_AFTER_S) }
    }
}

impl ReadError {
    /// The status and the body of each failure, and its line in the log where it is ours.
    fn into_response(self, request: &RestApiRequest) -> Response {
        let id = request.request_id();
        match &self {
            Self::BadParameter(_) => Problem::new(400, self.to_string()).into_response(id),
            Self::UnknownSubject(_) | Self::UnknownRoute => Problem::new(404, self.to_string()).into_response(id),
            Self::Log(error) => {
                tracing::error!(error = lambda_boot::with_causes(error), "request not answered");
                match error {
                    LogError::Unavailable(_) => Problem::new(503, "the event log is unavailable; try again shortly")
                        .into_response(id)
                        .with_header("retry-after", RETRY_AFTER_S),
                    LogError::Refused(_) | LogError::Unreadable(_) => {
                        Problem::new(500, "the request could not be answered").into_response(id)
                    }
                }
            }
        }
    }
}

fn order(request: &RestApiRequest) -> Result<Subject, BadParameter> {
    path_parameter(request, "order_id").map(|id| Subject::Order(OrderId::from(id)))
}

fn driver(request: &RestApiRequest) -> Result<Subject, BadParameter> {
    path_parameter(request, "driver_id").map(|id| Subject::Driver(DriverId::from(id)))
}

fn path_parameter(request: &RestApiRequest, name: &'static str) -> Result<String, BadParameter> {
    request.path_identifier(name, check_identifier).ok_or(BadParameter::Path { name })
}
