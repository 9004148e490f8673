//! The driver's minutes, as the read edge answers them.

use aggregation::minute::MinuteAggregate;
use anyhow::Result;
use location_event::Timestamp;

use super::PATIENCE;
use super::progress::wait_until;
use super::read_edge::{ReadEdge, Track};

/// A minute's length in milliseconds.
const MINUTE_MS: i64 = 60_000;

/// The driver's minutes once they have all live positions of the track, or the last answer if they never do.
pub(crate) async fn settled(read_edge: &ReadEdge<'_>, driver: &str, track: &Track) -> Result<Vec<MinuteAggregate>> {
    let Some((from, to)) = period(track)? else { return Ok(Vec::new()) };
    let mut minutes = Vec::new();
    let count = async || {
        minutes = read_edge.minutes(driver, from, to)?;
        Ok(positions(&minutes))
    };
    wait_until("waiting for the minutes", track.live(), PATIENCE, count).await?;
    Ok(minutes)
}

/// How many positions the minutes were computed from.
pub(crate) fn positions(minutes: &[MinuteAggregate]) -> usize {
    minutes.iter().map(|minute| usize::try_from(minute.positions).unwrap_or(usize::MAX)).sum()
}

/// From the beginning of the first position's minute until after the last position.
fn period(track: &Track) -> Result<Option<(Timestamp, Timestamp)>> {
    let (Some(first), Some(last)) = (track.positions.first(), track.positions.last()) else { return Ok(None) };
    let first_ms = first.recorded_at.as_millis();
    let from = Timestamp::from_millis(first_ms - first_ms.rem_euclid(MINUTE_MS))?;
    Ok(Some((from, Timestamp::from_millis(last.recorded_at.as_millis() + 1)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::report::tests::findings;

    #[test]
    fn the_period_has_all_minutes_of_the_track() {
        let track = findings().driver_track;
        let (from, to) = period(&track).unwrap().unwrap();
        assert_eq!(from.to_string(), "2026-11-20T09:01:00.000Z");
        assert_eq!(to.to_string(), "2026-11-20T09:05:00.001Z");
        assert!(period(&Track { positions: Vec::new(), pages: 1 }).unwrap().is_none());
    }
}
