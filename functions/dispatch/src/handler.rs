//! One request, from the route to the answer.

use std::borrow::Cow;
use std::time::SystemTime;

use assignment::List;
use delivery::PackageId;
use delivery_assignments::{Assignments, StatusChange, Updated};
use http_edge::{Response, RestApiRequest};
use jiff::civil::Date;
use lambda_boot::SdkConfig;
use local_day::Zone;
use location_event::{ACCEPTED_IDENTIFIER, DriverId, Timestamp, check_identifier};
use serde_json::json;
use tokio::time::Instant;

use crate::assign::{Assigner, Call};
use crate::bucket::{Bucket, Listed};
use crate::config::Config;
use crate::fields::{self, BadRequest};
use crate::idempotency::{self, Key};
use crate::lists::Lists;
use crate::plan::{Plan, Run};
use crate::problem::DispatchError;
use crate::questions::{AssignQuestion, UpdateQuestion};
use crate::view::{Delivery, DriverDay, PackageStory};

const JSON: &str = "application/json";

/// Handles requests over a bucket and a table.
#[derive(Debug)]
pub struct Handler {
    assigner: Assigner,
    time_zone: Zone,
}

impl Handler {
    /// A handler with clients of its own.
    pub fn new(sdk: &SdkConfig, config: Config) -> Self {
        let bucket = Bucket::new(aws_sdk_s3::Client::new(sdk), config.dispatch_bucket);
        let assigner = Assigner {
            lists: Lists::new(bucket.clone()),
            bucket,
            table: Assignments::new(aws_sdk_dynamodb::Client::new(sdk), config.assignments_table),
            retention_days: config.assignment_retention_days,
        };
        Self { assigner, time_zone: config.time_zone }
    }

    /// Answers a request; `now` is the time of it.
    pub async fn handle(&self, request: &RestApiRequest, now: SystemTime) -> Response {
        lambda_boot::note_request_id(request.request_id());
        let now = Timestamp::from(now);
        let answer = match (request.method(), request.resource()) {
            ("POST", "/assign") => self.assign(request, now).await,
            ("POST", "/update") => self.update(request, now).await,
            ("PUT", "/v1/days/{date}/drivers") => self.store(List::Drivers, request, now).await,
            ("PUT", "/v1/days/{date}/packages") => self.store(List::Packages, request, now).await,
            ("GET", "/v1/days/{date}") => self.day(request).await,
            ("GET", "/v1/drivers/{driver_id}/assignments") => self.driver(request, now).await,
            ("GET", "/v1/packages/{package_id}") => self.package(request).await,
            _ => Err(DispatchError::UnknownRoute),
        };
        answer.unwrap_or_else(|error| error.into_response(request.request_id()))
    }

    async fn assign(&self, request: &RestApiRequest, now: Timestamp) -> Result<Response, DispatchError> {
        let deadline = Instant::now() + crate::BUDGET;
        let body = body(request)?;
        let question = AssignQuestion::parse(&body)?;
        let mut date = question.date.unwrap_or_else(|| self.time_zone.today(now));
        let call = Call { by: request.api_key_id(), at: now, deadline };
        let bucket = &self.assigner.bucket;
        // A dry run changes nothing, so there is nothing to be done only once.
        let key = request.header(idempotency::HEADER).filter(|_| !question.dry_run);
        let key = key.map(|key| Key::of(key, call.by, &body)).transpose()?;
        if let Some(key) = &key
            && let Some(record) = key.recall(bucket).await?
        {
            if let Some(answer) = record.answer {
                return Ok(Response::text(200, JSON, answer));
            }
            date = read_date(&record.date)?;
        }
        let mut answer = self.assigner.assign(&question, date, key.as_ref(), call).await?;
        if let Some(key) = key {
            answer = key.keep(bucket, date, answer).await?;
        }
        Ok(Response::text(200, JSON, answer))
    }

    async fn update(&self, request: &RestApiRequest, now: Timestamp) -> Result<Response, DispatchError> {
        let question = UpdateQuestion::parse(&body(request)?, now)?;
        let change = StatusChange {
            status: question.status,
            at: now,
            by: request.api_key_id().to_owned(),
            request_id: request.request_id().to_owned(),
            reason: question.reason,
            proof: question.proof,
            occurred_at: question.occurred_at,
            known_until: self.assigner.expires_at(now),
        };
        match self.assigner.table.update(&question.driver_id, &question.package_id, &change).await? {
            Updated::Changed(assignment) | Updated::Unchanged(assignment) => {
                Ok(Response::json(200, JSON, &Delivery::of(&assignment)))
            }
            Updated::NotFound => Err(DispatchError::UnknownAssignment),
            Updated::Conflict { current } => Err(DispatchError::Conflict { current }),
            Updated::DeliveredByAnother { current, delivered } => {
                Err(DispatchError::DeliveredByAnother { current, delivered })
            }
            Updated::HistoryFull(assignment) => Err(DispatchError::HistoryFull { current: assignment.status }),
        }
    }

    async fn store(&self, list: List, request: &RestApiRequest, now: Timestamp) -> Result<Response, DispatchError> {
        let date = path_date(request)?;
        let (key, count) = self.assigner.lists.store(list, date, body(request)?, now).await?;
        let body = json!({"date": date.to_string(), "list": list.name(), "count": count, "key": key});
        Ok(Response::json(200, JSON, &body))
    }

    async fn day(&self, request: &RestApiRequest) -> Result<Response, DispatchError> {
        let date = path_date(request)?;
        let bucket = &self.assigner.bucket;
        let [drivers, packages] = self.assigner.lists.newest(date).await?;
        let (plan, _) = Plan::read(bucket, date).await?;
        let written = plan.written(bucket, date, |_| true).await?;
        let show = |run: &Run| {
            json!({
                "run_id": run.id, "at": run.at, "by": run.by, "max_per_driver": run.max_per_driver,
                "objective": run.objective, "assigned": run.len(), "written": written.contains(&run.id),
            })
        };
        let runs: Vec<_> = plan.runs.iter().map(show).collect();
        let listed =
            |list: Option<Listed>| list.map(|list| json!({"key": list.key, "last_modified": list.last_modified}));
        let body = json!({
            "date": date.to_string(),
            "lists": {"drivers": listed(drivers), "packages": listed(packages)},
            "runs": runs,
            "assigned": plan.assignments().count(),
        });
        Ok(Response::json(200, JSON, &body))
    }

    async fn driver(&self, request: &RestApiRequest, now: Timestamp) -> Result<Response, DispatchError> {
        let driver_id = DriverId::from(path_id(request, "driver_id")?);
        let date = match request.query_parameter("date") {
            Some(date) => read_date(date)?,
            None => self.time_zone.today(now),
        };
        let assignments = self.assigner.table.of_driver(&driver_id, date).await?;
        let assignments = assignments.iter().map(Delivery::in_day).collect();
        let body = DriverDay { driver_id: driver_id.as_str(), date: date.to_string(), assignments };
        Ok(Response::json(200, JSON, &body))
    }

    async fn package(&self, request: &RestApiRequest) -> Result<Response, DispatchError> {
        let package_id = PackageId::from(path_id(request, "package_id")?);
        let assignments = self.assigner.table.of_package(&package_id).await?;
        let story = PackageStory::of(&assignments).ok_or(DispatchError::UnknownPackage)?;
        Ok(Response::json(200, JSON, &story))
    }
}

fn body(request: &RestApiRequest) -> Result<Vec<u8>, BadRequest> {
    request.body().ok_or_else(|| BadRequest::new("the body is said to be base64 and is not"))
}

fn path_date(request: &RestApiRequest) -> Result<Date, BadRequest> {
    read_date(&request.path_parameter("date").unwrap_or(Cow::Borrowed("")))
}

fn read_date(text: &str) -> Result<Date, BadRequest> {
    local_day::date(text).ok_or_else(|| BadRequest::new(format!("date must be {}", fields::DATE)))
}

fn path_id(request: &RestApiRequest, name: &str) -> Result<String, BadRequest> {
    request
        .path_identifier(name, check_identifier)
        .ok_or_else(|| BadRequest::new(format!("{name} must be {ACCEPTED_IDENTIFIER}, in percent-encoded UTF-8")))
}
