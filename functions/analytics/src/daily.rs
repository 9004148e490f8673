//! `GET /v1/analytics/daily/{date}`.

use aggregates_table::DayHead;
use aggregation::day::State;
use http_edge::{Response, RestApiRequest};
use location_event::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::cursor::Cursor;
use crate::handler::{Handler, JSON};
use crate::problem::{BadParameter, ReadError};

/// How often a head is read whose pages are gone: they were replaced between the two reads.
const TRIES: u32 = 3;

/// A page of a day.
#[derive(Serialize)]
struct Answer {
    /// The numbers, as they were stored.
    #[serde(flatten)]
    numbers: Map<String, Value>,
    state: State,
    revision: u64,
    changed_at: String,
    computed_at: String,
    next_cursor: Option<String>,
}

impl Handler {
    pub(crate) async fn daily(&self, request: &RestApiRequest, now: Timestamp) -> Result<Response, ReadError> {
        let date = request.path_parameter("date").and_then(|date| local_day::date(&date)).ok_or(BadParameter::Date)?;
        let today = self.time_zone.today(now);
        if date > today {
            return Err(ReadError::DateInFuture {
                date: date.to_string(),
                today: today.to_string(),
                time_zone: self.time_zone.to_string(),
            });
        }
        let cursor = request.query_parameter("cursor").map(Cursor::decode).transpose()?;
        let (head, page, numbers) = self.page(&date.to_string(), cursor.as_ref()).await?;
        let next = Some(page + 1).filter(|next| *next < head.pages);
        let answer = Answer {
            numbers: serde_json::from_str(&numbers)?,
            state: State::of((today - date).get_days(), self.late_days),
            revision: head.revision,
            changed_at: head.changed_at,
            computed_at: head.computed_at,
            next_cursor: next.map(|page| Cursor { digest: head.digest, page }.encode()),
        };
        Ok(Response::json(200, JSON, &answer))
    }

    /// The head that counts, the number of the page that is asked for, and its JSON.
    async fn page(&self, date: &str, cursor: Option<&Cursor>) -> Result<(DayHead, u32, String), ReadError> {
        for _ in 0..TRIES {
            let not_computed = || ReadError::NotComputed { date: date.to_owned(), late_days: self.late_days };
            let head = self.aggregates.day_head(date).await?.ok_or_else(not_computed)?;
            let page = match cursor {
                None => 0,
                Some(cursor) if cursor.digest != head.digest => break,
                Some(cursor) if cursor.page >= head.pages => return Err(BadParameter::Cursor.into()),
                Some(cursor) => cursor.page,
            };
            if let Some(numbers) = self.aggregates.day_page(date, &head, page).await? {
                return Ok((head, page, numbers));
            }
        }
        // Of a day that expires, the pages may be gone before the head is.
        if cursor.is_none() {
            return Err(ReadError::NotComputed { date: date.to_owned(), late_days: self.late_days });
        }
        Err(ReadError::NumbersReplaced)
    }
}
