//! The run's rows in the lake, by SQL.

use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result, bail};
use aws_sdk_athena::Client;
use aws_sdk_athena::types::{QueryExecutionContext, QueryExecutionState, Row};
use aws_types::SdkConfig;
use location_event::Timestamp;

use super::PATIENCE;
use super::drive::Run;
use crate::environment::Environment;
use crate::progress::wait_until;

/// Each event once. Inlined, because the emulator's Athena has no views.
const LOCATION_EVENTS: &str = include_str!("../../../analytics/location_events.sql");
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// What the lake has of the run.
#[derive(Default)]
pub(crate) struct Lake {
    /// The question, without the view that it is asked of.
    pub(crate) question: String,
    pub(crate) kinds: Vec<KindCount>,
}

/// Events of one kind.
pub(crate) struct KindCount {
    pub(crate) kind: String,
    pub(crate) events: usize,
    /// Of these, those with coordinates.
    pub(crate) positioned: usize,
    /// Of the events, those that are not test traffic.
    pub(crate) live: usize,
    pub(crate) first_recorded_at: String,
    pub(crate) last_recorded_at: String,
}

impl Lake {
    pub(crate) fn events(&self) -> usize {
        self.kinds.iter().map(|kind| kind.events).sum()
    }

    /// Without test traffic.
    pub(crate) fn live(&self) -> usize {
        self.kinds.iter().map(|kind| kind.live).sum()
    }
}

/// The lake's answer once it has `expected` events of the run, or the last one if it never does.
pub(crate) async fn settled(sdk: &SdkConfig, environment: &Environment, run: &Run, expected: usize) -> Result<Lake> {
    let client = Client::new(sdk);
    let question = question(run);
    let mut lake = Lake::default();
    let count = async || {
        // Rows are filed by arrival, which may be after midnight.
        let sql = query(&question, run.started_at, SystemTime::now().into());
        let rows = select(&client, environment, &sql).await?;
        lake.kinds = rows.iter().map(kind_count).collect::<Result<_>>()?;
        Ok(lake.events())
    };
    wait_until("waiting for the lake", expected, PATIENCE, count).await?;
    lake.question = question;
    Ok(lake)
}

fn question(run: &Run) -> String {
    let driver = run.driver();
    format!(
        "SELECT kind, count(*), count(latitude), count(CASE WHEN live THEN 1 END), min(recorded_at), max(recorded_at)\n\
         FROM events WHERE driver_id = '{driver}'\n\
         GROUP BY kind ORDER BY kind"
    )
}

fn query(question: &str, from: Timestamp, to: Timestamp) -> String {
    let events = LOCATION_EVENTS.replace("{{from}}", &from.date()).replace("{{to}}", &to.date());
    format!("WITH events AS (\n{events})\n{question}")
}

/// Runs a query and returns the first page of its rows: up to 999.
async fn select(client: &Client, environment: &Environment, sql: &str) -> Result<Vec<Row>> {
    let started = client
        .start_query_execution()
        .query_string(sql)
        .query_execution_context(QueryExecutionContext::builder().database(&environment.glue_database).build())
        .work_group(&environment.athena_workgroup)
        .send()
        .await
        .context("Athena did not take the query")?;
    let id = started.query_execution_id().context("Athena did not name the query")?;
    loop {
        let execution = client
            .get_query_execution()
            .query_execution_id(id)
            .send()
            .await
            .context("Athena does not say how the query is doing")?;
        let status = execution.query_execution().and_then(|execution| execution.status());
        match status.and_then(|status| status.state()) {
            Some(QueryExecutionState::Succeeded) => break,
            Some(QueryExecutionState::Queued | QueryExecutionState::Running) => {
                tokio::time::sleep(POLL_INTERVAL).await;
            }
            _ => bail!(
                "Athena did not finish the query: {}",
                status.and_then(|status| status.state_change_reason()).unwrap_or("it gave no reason")
            ),
        }
    }
    let results =
        client.get_query_results().query_execution_id(id).send().await.context("Athena does not give the rows")?;
    let rows = results.result_set().map(|set| set.rows()).unwrap_or_default();
    // The first has the names of the columns.
    Ok(rows.iter().skip(1).cloned().collect())
}

fn kind_count(row: &Row) -> Result<KindCount> {
    let value = |index: usize| {
        let value = row.data().get(index).and_then(|datum| datum.var_char_value());
        value.with_context(|| format!("Athena left out column {} of a row", index + 1))
    };
    let count = |index| value(index)?.parse().context("Athena gave a count that is no number");
    Ok(KindCount {
        kind: value(0)?.to_owned(),
        events: count(1)?,
        positioned: count(2)?,
        live: count(3)?,
        first_recorded_at: value(4)?.to_owned(),
        last_recorded_at: value(5)?.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use aws_sdk_athena::types::Datum;

    use super::*;
    use crate::demo::drive::tests::run;

    #[test]
    fn the_query_has_the_view_inside() {
        let to = "2026-11-21T00:00:01Z".parse().unwrap();
        let sql = query(&question(&run()), run().started_at, to);
        assert!(sql.contains("WHERE dt BETWEEN '2026-11-20' AND '2026-11-21'\n"), "{sql}");
        assert!(sql.ends_with("WHERE driver_id = '65f0c2a91d4e7b0000abcdef'\nGROUP BY kind ORDER BY kind"), "{sql}");
        // A semicolon outside a comment would end the statement inside the CTE.
        assert!(!sql.lines().any(|line| !line.starts_with("--") && line.contains(';')), "{sql}");
    }

    #[test]
    fn rows_are_read() {
        let row = |values: &[&str]| {
            values.iter().fold(Row::builder(), |row, value| row.data(Datum::builder().var_char_value(*value).build()))
        };
        let times = ["2026-11-20 09:30:00.000", "2026-11-20 09:31:00.000"];
        let read = kind_count(&row(&["position", "12", "11", "10", times[0], times[1]]).build()).unwrap();
        assert_eq!((read.kind.as_str(), read.events, read.positioned, read.live), ("position", 12, 11, 10));
        assert_eq!([read.first_recorded_at, read.last_recorded_at], times);
        assert!(kind_count(&row(&["position", "many", "11", "10", times[0], times[1]]).build()).is_err());
        assert!(kind_count(&row(&["position"]).build()).is_err());
    }
}
