//! Whether what the demo has seen adds up.

use super::days::Day;
use super::read_edge::{Location, Track};
use super::{Findings, minutes};

const DAYS: &str = "Look for the messages of aggregator-daily with `make logs`, and at analytics/daily.sql.";

/// One equation, and whether it holds.
#[derive(Debug)]
pub(crate) struct Check {
    pub(crate) holds: bool,
    pub(crate) equation: String,
    /// What to look at where it does not.
    pub(crate) advice: &'static str,
}

impl Check {
    fn new(holds: bool, left: &str, right: &str, advice: &'static str) -> Self {
        let sign = if holds { '=' } else { '≠' };
        Self { holds, equation: format!("{left} {sign} {right}"), advice }
    }

    /// Of a whole day, in which others may have been on the way, too.
    fn at_most(left: usize, of: &str, right: usize, are: &str, advice: &'static str) -> Self {
        let sign = if left <= right { '≤' } else { '>' };
        Self { holds: left <= right, equation: format!("{left} {of} {sign} {right} {are}"), advice }
    }

    fn last_location(whose: &str, location: Option<&Location>, track: &Track) -> Self {
        let last = location.map_or("nothing", |location| &location.position.event_id);
        let newest = track.positions.last().map_or("nothing", |position| &position.event_id);
        Self::new(
            last == newest,
            &format!("the {whose}'s last location"),
            &format!("the end of its track, {newest}"),
            "Look at the order of the keys in crates/event-log: the last location is the newest.",
        )
    }

    fn count(left: usize, of: &str, right: usize, are: &str, advice: &'static str) -> Self {
        Self::new(left == right, &format!("{left} {of}"), &format!("{right} {are}"), advice)
    }
}

pub(crate) fn of(findings: &Findings) -> Vec<Check> {
    let Findings { tally, order_track, driver_track, lake, crossings, kept, minutes, days, .. } = findings;
    let accounted = tally.stored + tally.duplicates + tally.quarantined;
    vec![
        Check::new(
            tally.posted == accounted,
            &format!("{} posted", tally.posted),
            &format!("{} stored + {} duplicates + {} quarantined", tally.stored, tally.duplicates, tally.quarantined),
            "The answers leave events out: look at functions/ingest, and at the requests named above.",
        ),
        Check::count(
            tally.requests,
            "requests",
            tally.requests - tally.surprises.len(),
            "answered as the drive expects",
            "ingest judges differently than the drive: look at the requests named above.",
        ),
        Check::count(
            tally.stored,
            "stored",
            lake.events(),
            "in the lake",
            "Look for the relay's messages with `make logs`, and under errors/ in the lake's bucket.",
        ),
        Check::count(
            tally.positioned,
            "stored with a position",
            driver_track.positions.len(),
            "on the driver's track",
            "Look at the paging of last-location, and at the keys in crates/event-log.",
        ),
        Check::count(
            tally.positioned_on_order,
            "of them on the order",
            order_track.positions.len(),
            "on the order's track",
            "Look at the index by_order: its keys are in crates/event-log.",
        ),
        Check::count(
            order_track.positions.len(),
            "on the order's track",
            findings.order_features,
            "of it as GeoJSON",
            "Look at the GeoJSON of last-location.",
        ),
        Check::last_location("order", findings.order_location.as_ref(), order_track),
        Check::last_location("driver", findings.driver_location.as_ref(), driver_track),
        Check::count(
            tally.crossings,
            "crossings posted",
            crossings.events.len(),
            "crossings on the bus",
            "Look for the relay's messages with `make logs`, and at the rule in stacks/outbox.ts.",
        ),
        Check::count(
            tally.quarantined,
            "quarantined",
            kept.iter().map(|kept| kept.faults).sum(),
            "kept in the quarantine",
            "Look at functions/ingest/src/quarantine.rs, and at the quarantine's bucket.",
        ),
        Check::count(
            driver_track.live(),
            "live positions on the driver's track",
            minutes::positions(minutes),
            "in the driver's minutes",
            "Look for the messages of aggregator-minutes with `make logs`.",
        ),
        Check::count(
            lake.live(),
            "live events in the lake",
            of_driver(days, |day| day.driver.events),
            "of the driver in the days",
            DAYS,
        ),
        Check::count(
            minutes::positions(minutes),
            "positions in the driver's minutes",
            of_driver(days, |day| day.driver.positions),
            "of the driver in the days",
            DAYS,
        ),
        Check::count(
            minutes.len(),
            "minutes of the driver",
            of_driver(days, |day| day.driver.active_minutes),
            "active minutes in the days",
            DAYS,
        ),
        Check::at_most(
            tally.crossings,
            "crossings posted",
            of_driver(days, |day| {
                let crossings = day.numbers.crossings;
                crossings.entered + crossings.exited + crossings.dwelled
            }),
            "crossings of all drivers in the days",
            DAYS,
        ),
    ]
}

/// The sum over days.
fn of_driver(days: &[Day], number: fn(&Day) -> u64) -> usize {
    usize::try_from(days.iter().map(number).sum::<u64>()).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::report::tests::findings;

    #[test]
    fn everything_adds_up() {
        for check in of(&findings()) {
            assert!(check.holds, "{}", check.equation);
        }
    }

    #[test]
    fn each_thing_that_is_missing_fails_its_equation_and_no_other() {
        type Spoil = fn(&mut Findings);
        let spoil: [(Spoil, &str); 13] = [
            (|f| f.tally.duplicates -= 1, "10 posted ≠ 6 stored + 0 duplicates + 3 quarantined"),
            (|f| f.tally.surprises.push("line 1".to_owned()), "4 requests ≠ 3 answered as the drive expects"),
            (|f| f.lake.kinds[0].events -= 1, "6 stored ≠ 5 in the lake"),
            (|f| f.tally.positioned += 1, "6 stored with a position ≠ 5 on the driver's track"),
            (
                |f| f.driver_track.positions[0].live = false,
                "3 live positions on the driver's track ≠ 4 in the driver's minutes",
            ),
            (|f| f.order_features -= 1, "3 on the order's track ≠ 2 of it as GeoJSON"),
            (|f| f.driver_location = None, "the driver's last location ≠ the end of its track, e5"),
            (|f| f.crossings.events.clear(), "2 crossings posted ≠ 0 crossings on the bus"),
            (|f| drop(f.kept.pop()), "3 quarantined ≠ 2 kept in the quarantine"),
            (|f| f.lake.kinds[0].live -= 1, "4 live events in the lake ≠ 5 of the driver in the days"),
            (|f| f.days[0].driver.positions -= 1, "4 positions in the driver's minutes ≠ 3 of the driver in the days"),
            (|f| f.days[0].driver.active_minutes += 1, "3 minutes of the driver ≠ 4 active minutes in the days"),
            (
                |f| f.days[0].numbers.crossings.entered = 0,
                "2 crossings posted > 1 crossings of all drivers in the days",
            ),
        ];
        for (spoil, equation) in spoil {
            let mut findings = findings();
            spoil(&mut findings);
            let failed: Vec<String> =
                of(&findings).into_iter().filter(|check| !check.holds).map(|check| check.equation).collect();
            assert_eq!(failed, [equation]);
        }
    }
}
