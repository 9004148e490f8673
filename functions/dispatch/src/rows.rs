//! The rows of decided assignments: finding those that are in the table, and writing the others: many at once,
//! within bounds, until time is up.

use std::collections::HashSet;
use std::time::Duration;

use delivery_assignments::{Assignments, NewAssignment, StoreError};
use futures_util::stream::{self, StreamExt as _};
use jiff::civil::Date;
use location_event::DriverId;
use tokio::time::Instant;

/// Writes under way at a time. At some 5 ms each they are more than a new table takes: 4,000 a second.
const CONCURRENCY: usize = 32;
const FIRST_BACKOFF: Duration = Duration::from_millis(100);
const MAX_BACKOFF: Duration = Duration::from_secs(2);

/// A driver and a package.
pub(crate) type Pair = (String, String);

/// Which rows of some drivers' day the table has, as far as its index knows until `deadline`. One that it does not
/// know is written again, which changes nothing: a table that throttles is no reason to stop here.
pub(crate) async fn find<'a>(
    assignments: &Assignments,
    drivers: impl Iterator<Item = &'a str>,
    date: Date,
    deadline: Instant,
) -> Result<HashSet<Pair>, StoreError> {
    let mut found = HashSet::new();
    let days = stream::iter(drivers.map(str::to_owned).collect::<Vec<_>>()).map(|driver| async move {
        let packages = assignments.package_ids_of_driver(&DriverId::from(driver.clone()), date).await;
        (driver, packages)
    });
    let mut days = std::pin::pin!(days.buffer_unordered(CONCURRENCY));
    while let Ok(Some((driver, packages))) = tokio::time::timeout_at(deadline, days.next()).await {
        match packages {
            Ok(packages) => found.extend(packages.into_iter().map(|package| (driver.clone(), package.to_string()))),
            Err(error @ (StoreError::Throttled(_) | StoreError::Unavailable(_))) => {
                tracing::warn!(error = lambda_boot::with_causes(&error), "what is written could not be looked up");
                break;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// Writes the rows that are not in the table yet, until `deadline`. What could not be written for the moment is
/// tried again, fewer at a time and after a random pause. The answer is what is still not there.
pub(crate) async fn write(
    assignments: &Assignments,
    mut rows: Vec<NewAssignment>,
    deadline: Instant,
) -> Result<HashSet<Pair>, StoreError> {
    let (mut concurrency, mut backoff) = (CONCURRENCY, FIRST_BACKOFF);
    loop {
        let mut left = Vec::new();
        let mut outcomes = stream::iter(rows)
            .map(|row| async move {
                if Instant::now() >= deadline {
                    return (row, Ok(false));
                }
                // What is under way when time is up may be written or not: it is not said to be.
                let written = tokio::time::timeout_at(deadline, assignments.assign(&row)).await;
                (row, written.map_or(Ok(false), |written| written.map(|_| true)))
            })
            .buffer_unordered(concurrency);
        let mut failed = None;
        while let Some((row, written)) = outcomes.next().await {
            match written {
                Ok(true) => {}
                Ok(false) => left.push(row),
                Err(error @ (StoreError::Throttled(_) | StoreError::Unavailable(_))) => {
                    left.push(row);
                    failed = Some(error);
                }
                Err(error) => return Err(error),
            }
        }
        drop(outcomes);
        if let Some(error) = failed {
            tracing::warn!(
                rows.left = left.len(),
                rows.concurrency = concurrency,
                error = lambda_boot::with_causes(&error),
                "not all assignments could be written"
            );
        }
        // Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
        let pause = backoff.mul_f64(fastrand::f64());
        if left.is_empty() || Instant::now() + pause >= deadline {
            return Ok(left.into_iter().map(|row| (row.driver_id.to_string(), row.package_id.to_string())).collect());
        }
        tokio::time::sleep(pause).await;
        (concurrency, backoff) = ((concurrency / 2).max(1), (backoff * 2).min(MAX_BACKOFF));
        rows = left;
    }
}
