//! One request, from the route to the answer.

use aggregates_table::Aggregates;
use http_edge::{Response, RestApiRequest};
use local_day::Zone;
use location_event::Timestamp;

use crate::problem::ReadError;

pub(crate) const JSON: &str = "application/json";

/// Handles requests over a table of aggregates.
#[derive(Debug)]
pub struct Handler {
    pub(crate) aggregates: Aggregates,
    pub(crate) time_zone: Zone,
    pub(crate) late_days: u32,
}

impl Handler {
    /// A handler over this table, whose days are those of the zone and change for so many days after.
    pub fn new(aggregates: Aggregates, time_zone: Zone, late_days: u32) -> Self {
        Self { aggregates, time_zone, late_days }
    }

    /// Answers a request; `now` is the time of it.
    pub async fn handle(&self, request: &RestApiRequest, now: Timestamp) -> Response {
        lambda_boot::note_request_id(request.request_id());
        let answer = match request.resource() {
            "/v1/drivers/{driver_id}/minutes" => self.minutes(request, now).await,
            "/v1/analytics/daily/{date}" => self.daily(request, now).await,
            _ => Err(ReadError::UnknownRoute),
        };
        answer.unwrap_or_else(|error| error.into_response(request))
    }
}
