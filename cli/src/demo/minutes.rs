//! The driver's minutes, as the read edge answers them.

use aggregation::minute::{Minute, MinuteAggregate};
use anyhow::Result;
use location_event::Timestamp;

use super::PATIENCE;
use super::read_edge::{ReadEdge, Track};
use crate::progress::wait_until;

/// The driver's minutes once they have all live positions of the track, or the last answer if they never do.
pub(crate) async fn settled(read_edge: &ReadEdge<'_>, driver: &str, track: &Track) -> Result<Vec<MinuteAggregate>> {
    let Some((from, to)) = period(track) else { return Ok(Vec::new()) };
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

/// From the beginning of the first position's minute to the end of the last one's.
fn period(track: &Track) -> Option<(Timestamp, Timestamp)> {
    let (first, last) = (track.positions.first()?, track.positions.last()?);
    Some((Minute::of(first.recorded_at).from(), Minute::of(last.recorded_at).to()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::report::tests::findings;

    #[test]
    fn the_period_has_all_minutes_of_the_track() {
        let track = findings().driver_track;
        let (from, to) = period(&track).unwrap();
        assert_eq!(from.to_string(), "2026-11-20T09:01:00.000Z");
        assert_eq!(to.to_string(), "2026-11-20T09:06:00.000Z");
        assert!(period(&Track { positions: Vec::new(), pages: 1 }).is_none());
    }
}
