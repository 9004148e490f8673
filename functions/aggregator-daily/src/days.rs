//! One day: from the lake to everyone who wants to know.

use std::collections::BTreeMap;
use std::time::Duration;

use aggregates_table::{Aggregates, DayHead, HeadWrite, TableError};
use aggregation::day::{Day, RowError};
use daily_report::Stamp;
use location_event::Timestamp;
use tokio::time::{Instant, timeout_at};

use crate::athena::{Athena, QueryError};
use crate::bus::{Bus, PublishError};
use crate::call::CallError;
use crate::quarantine::Quarantine;
use crate::query;
use crate::report::Reports;
use crate::request::Wanted;

/// How often a day is computed when others compute it at the same time.
const TRIES: u32 = 3;
/// JSON on one page. An item of the table has at most 400 KB, names and all.
const PAGE_BYTES: usize = 300_000;

/// Where days come from and go to.
#[derive(Clone, Debug)]
pub(crate) struct Days {
    pub(crate) athena: Athena,
    pub(crate) quarantine: Quarantine,
    pub(crate) aggregates: Aggregates,
    pub(crate) bus: Bus,
    pub(crate) reports: Option<Reports>,
}

/// A day was not computed, or not everyone knows of it.
#[derive(Debug, thiserror::Error)]
pub enum DayError {
    /// The lake did not answer.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// What it answered is no day.
    #[error(transparent)]
    Rows(#[from] RowError),
    /// The numbers could not be written as JSON, or those of before read.
    #[error("the numbers are not the JSON that they must be")]
    Json(#[from] serde_json::Error),
    /// The table did not take the numbers.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The bus was not told. The numbers are in the table.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The quarantine was not counted, or the page not stored.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The day's share of the call's time was used up before the lake was asked.
    #[error("counting what the quarantine took in took too long")]
    OutOfTime,
    /// Others computed the day at the same time, again and again.
    #[error("others computed the day at the same time, {TRIES} times")]
    Overtaken,
}

/// What became of a day.
#[derive(Clone, Debug)]
pub(crate) struct Computed {
    pub(crate) numbers: Day,
    pub(crate) revision: u64,
    /// Whether the numbers are others than before.
    pub(crate) changed: bool,
    /// Whether the bus was told by this run.
    pub(crate) published: bool,
    pub(crate) scanned_bytes: u64,
    pub(crate) query_time: Duration,
}

/// Numbers that a query has just answered.
struct Fresh {
    numbers: Day,
    scanned_bytes: u64,
    query_time: Duration,
}

impl Days {
    /// Computes a day and makes it public. Neither the lake nor the quarantine is asked for longer than until `end`.
    pub(crate) async fn compute(&self, wanted: &Wanted, now: Timestamp, end: Instant) -> Result<Computed, DayError> {
        let date = wanted.day.date().to_string();
        for _ in 0..TRIES {
            // Before the lake is asked: whoever writes a head after this may know more than this answer.
            let seen = self.aggregates.day_head(&date).await?;
            let fresh = self.ask(&date, seen.as_ref(), wanted, now, end).await?;
            if let Some((head, changed)) = self.write(&date, seen, &fresh.numbers, wanted, now).await? {
                let Fresh { numbers, scanned_bytes, query_time } = fresh;
                let published = self.publish(&date, &head, &numbers).await?;
                return Ok(Computed {
                    numbers,
                    revision: head.revision,
                    changed,
                    published,
                    scanned_bytes,
                    query_time,
                });
            }
            tracing::info!(day.date = date, "the day was computed by another run meanwhile, and is computed again");
        }
        Err(DayError::Overtaken)
    }

    /// Stores the day's page, where pages are stored. Always: it says how final the numbers are and of when.
    pub(crate) async fn report(&self, day: &Day, stamp: &Stamp) -> Result<(), CallError> {
        match &self.reports {
            Some(reports) => reports.store(day, stamp).await,
            None => Ok(()),
        }
    }

    async fn ask(
        &self,
        date: &str,
        seen: Option<&DayHead>,
        wanted: &Wanted,
        now: Timestamp,
        end: Instant,
    ) -> Result<Fresh, DayError> {
        let quarantined = self.quarantined(date, seen, wanted);
        let quarantined = timeout_at(end, quarantined).await.map_err(|_| DayError::OutOfTime)??;
        let start = Instant::now();
        let time = end.saturating_duration_since(start);
        let answer = self.athena.rows(&query::sql(&wanted.day, wanted.final_before, now), time).await?;
        Ok(Fresh {
            numbers: Day::from_rows(&wanted.day, answer.rows, quarantined)?,
            scanned_bytes: answer.scanned_bytes,
            query_time: start.elapsed(),
        })
    }

    /// Requests in the quarantine, by reason. What it has forgotten is what was counted before.
    async fn quarantined(
        &self,
        date: &str,
        seen: Option<&DayHead>,
        wanted: &Wanted,
    ) -> Result<BTreeMap<String, u64>, DayError> {
        if wanted.is_quarantine_kept {
            return Ok(self.quarantine.count(&wanted.day).await?);
        }
        let Some(head) = seen else { return Ok(BTreeMap::new()) };
        let Some(page) = self.aggregates.day_page(date, head, 0).await? else { return Ok(BTreeMap::new()) };
        let day: Day = serde_json::from_str(&page)?;
        Ok(day.quality.quarantined)
    }

    /// Makes numbers count, and returns the head and whether they are new; `None` where another run has written the
    /// head since `seen` was read.
    async fn write(
        &self,
        date: &str,
        seen: Option<DayHead>,
        numbers: &Day,
        wanted: &Wanted,
        now: Timestamp,
    ) -> Result<Option<(DayHead, bool)>, DayError> {
        let digest = numbers.digest()?;
        let now = now.to_string();
        if let Some(head) = seen.as_ref().filter(|head| head.digest == digest) {
            let outcome = self.aggregates.set_computed(date, head.revision, &now).await?;
            return Ok((outcome == HeadWrite::Written).then(|| (head.clone(), false)));
        }
        let (before, published) = seen.map_or((0, 0), |head| (head.revision, head.published));
        let revision = before + 1;
        let mut pages = 0;
        for page in numbers.clone().pages(PAGE_BYTES)? {
            let body = serde_json::to_string(&page)?;
            self.aggregates.put_day_page(date, revision, &digest, pages, body, wanted.expires_at).await?;
            pages += 1;
        }
        let head = DayHead { revision, digest, pages, changed_at: now.clone(), computed_at: now, published };
        let seen = (before > 0).then_some(before);
        let outcome = self.aggregates.put_day_head(date, seen, &head, wanted.expires_at).await?;
        Ok((outcome == HeadWrite::Written).then_some((head, true)))
    }

    /// What follows a new revision, here or in the run after one that did not come so far.
    async fn publish(&self, date: &str, head: &DayHead, numbers: &Day) -> Result<bool, DayError> {
        if head.published >= head.revision {
            return Ok(false);
        }
        self.aggregates.delete_pages_before(date, head.revision).await?;
        self.bus.publish(numbers, head.revision).await?;
        // If another revision counts by now, whoever wrote it publishes that.
        self.aggregates.set_published(date, head.revision).await?;
        Ok(true)
    }
}
