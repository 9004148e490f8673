//! Athena: starts a query, waits for its end, reads its rows.

use std::time::Duration;

use aggregation::day::{COLUMNS, Row, RowError};
use aws_sdk_athena::Client;
use aws_sdk_athena::types::{QueryExecutionContext, QueryExecutionState};
use tokio::time::{sleep, timeout};

use crate::call::CallError;

const SERVICE: &str = "Athena";
/// A query over a day of a small company takes about a second.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(3);
/// What Athena says of a query that it stopped because it read too much.
const SCAN_LIMIT: &str = "Bytes scanned limit was exceeded";

/// The lake, as far as Athena answers for it.
#[derive(Clone, Debug)]
pub(crate) struct Athena {
    client: Client,
    workgroup: String,
    database: String,
}

/// What a query answered.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    pub(crate) rows: Vec<Row>,
    /// What it is billed by.
    pub(crate) scanned_bytes: u64,
}

/// A query without rows.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// Athena, or a result in S3, could not be reached or used.
    #[error(transparent)]
    Call(#[from] CallError),
    /// It would have read more than a query of the workgroup may.
    #[error(
        "the query was stopped: it reads more than the workgroup's scan limit. Raise lake.queryScanLimitMb of the \
         environment; the farther back a day is, the more is read, from its beginning to now"
    )]
    ScanLimit,
    /// Athena could not run it.
    #[error("Athena could not run the query: {reason}")]
    Failed {
        /// What it says.
        reason: String,
    },
    /// Somebody stopped it.
    #[error("the query was stopped: {reason}")]
    Stopped {
        /// What Athena says.
        reason: String,
    },
    /// It took too long, and was stopped.
    #[error("the query was stopped: it was not done after {} s", .0.as_secs())]
    TimedOut(Duration),
    /// An answer that Athena's documentation does not have.
    #[error("Athena left out {what}")]
    Incomplete {
        /// What is missing.
        what: &'static str,
    },
    /// Rows of another query.
    #[error(transparent)]
    Rows(#[from] RowError),
}

impl Athena {
    pub(crate) fn new(client: Client, workgroup: String, database: String) -> Self {
        Self { client, workgroup, database }
    }

    /// The rows of `analytics/daily.sql`, within this time. A query that is given up is stopped: it would go on
    /// reading, and be paid for.
    pub(crate) async fn rows(&self, sql: &str, time: Duration) -> Result<Rows, QueryError> {
        let id = self.start(sql).await?;
        let outcome = timeout(time, async {
            let scanned_bytes = self.end(&id).await?;
            Ok(Rows { rows: self.results(&id).await?, scanned_bytes })
        });
        let outcome = outcome.await.unwrap_or(Err(QueryError::TimedOut(time)));
        if let Err(QueryError::Call(_) | QueryError::TimedOut(_)) = outcome {
            self.stop(&id).await;
        }
        outcome
    }

    async fn start(&self, sql: &str) -> Result<String, QueryError> {
        let started = self
            .client
            .start_query_execution()
            .query_string(sql)
            .query_execution_context(QueryExecutionContext::builder().database(&self.database).build())
            .work_group(&self.workgroup)
            .send()
            .await
            .map_err(CallError::of(SERVICE))?;
        started.query_execution_id.ok_or(QueryError::Incomplete { what: "the query's id" })
    }

    /// Waits for the end of a query, and returns how many bytes it read.
    async fn end(&self, id: &str) -> Result<u64, QueryError> {
        let mut pause = FIRST_PAUSE;
        loop {
            let asked = self.client.get_query_execution().query_execution_id(id).send().await;
            let execution = asked.map_err(CallError::of(SERVICE))?.query_execution;
            let execution = execution.ok_or(QueryError::Incomplete { what: "the query" })?;
            let status = execution.status.ok_or(QueryError::Incomplete { what: "the query's status" })?;
            let reason = status.state_change_reason.unwrap_or_else(|| "it gave no reason".to_owned());
            match status.state {
                Some(QueryExecutionState::Succeeded) => {
                    let scanned = execution.statistics.and_then(|statistics| statistics.data_scanned_in_bytes);
                    return Ok(scanned.and_then(|bytes| bytes.try_into().ok()).unwrap_or_default());
                }
                Some(QueryExecutionState::Queued | QueryExecutionState::Running) => {
                    sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                _ if reason.contains(SCAN_LIMIT) => return Err(QueryError::ScanLimit),
                Some(QueryExecutionState::Cancelled) => return Err(QueryError::Stopped { reason }),
                _ => return Err(QueryError::Failed { reason }),
            }
        }
    }

    async fn results(&self, id: &str) -> Result<Vec<Row>, QueryError> {
        let mut pages = self.client.get_query_results().query_execution_id(id).into_paginator().send();
        let mut is_first = true;
        let mut rows = Vec::new();
        while let Some(page) = pages.next().await {
            let set = page.map_err(CallError::of(SERVICE))?.result_set;
            for row in set.ok_or(QueryError::Incomplete { what: "the rows" })?.rows() {
                let texts = row.data().iter().map(|datum| datum.var_char_value.clone());
                if is_first {
                    // The first of all has the columns' names.
                    let is_ours = texts.eq(COLUMNS.map(|column| Some(column.to_owned())));
                    is_first = false;
                    if !is_ours {
                        return Err(RowError::Columns.into());
                    }
                    continue;
                }
                rows.push(Row::read(&texts.collect::<Vec<_>>())?);
            }
        }
        Ok(rows)
    }

    /// Whether it succeeds or not, the run goes on: Athena ends every query after half an hour.
    async fn stop(&self, id: &str) {
        if let Err(error) = self.client.stop_query_execution().query_execution_id(id).send().await {
            tracing::warn!(error = lambda_boot::with_causes(&error), "a query that was given up was not stopped");
        }
    }
}
