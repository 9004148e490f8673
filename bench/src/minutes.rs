//! The pure part of `aggregator-minutes`: from a minute's positions to the JSON that is stored.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;

use aggregation::minute::{Fix, Minute, MinuteAggregate, Position};
use location_event::Timestamp;

use crate::report::{Section, Unit};
use crate::statistics::Spread;

const ROUNDS: usize = 21;
const DRIVERS: u32 = 200;
/// An hour each, a position every six seconds.
const POSITIONS: u32 = 600;
const STEP_MS: i64 = 6000;

/// A position and whose it is.
type Event = (u32, Position);

pub(crate) fn measure() -> anyhow::Result<Section> {
    let events = hour()?;
    let mut ours = Vec::with_capacity(ROUNDS);
    let mut grouping = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let (bytes, seconds) = timed(|| groups(black_box(&events)).iter().map(stored).sum::<anyhow::Result<usize>>());
        anyhow::ensure!(bytes? > 0, "nothing came of it");
        ours.push(seconds);
        let (minutes, seconds) = timed(|| groups(black_box(&events)).len());
        anyhow::ensure!(minutes == 60 * usize::try_from(DRIVERS)?, "{minutes} minutes of an hour's positions");
        grouping.push(seconds);
    }
    let count = f64::from(DRIVERS * POSITIONS);
    let mut section = Section::new("Minutes: positions grouped, aggregated and serialised, on one core");
    section.figure("milkrun", Unit::EventsPerSecond, Spread::of(ours.iter().map(|seconds| count / seconds)));
    section.figure("milkrun, a position", Unit::Microseconds, Spread::of(ours.iter().map(|s| s / count * 1e6)));
    section.figure("grouping alone / milkrun", Unit::Times, Spread::of_ratios(&grouping, &ours));
    section.note(format!("{DRIVERS} drivers, an hour, a position every six seconds: {count} events"));
    Ok(section)
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let started = Instant::now();
    let result = black_box(work());
    (result, started.elapsed().as_secs_f64())
}

/// Positions by driver and minute, in the order of the log.
fn groups(events: &[Event]) -> BTreeMap<(u32, Minute), Vec<Position>> {
    let mut groups = BTreeMap::<_, Vec<Position>>::new();
    for (driver, position) in events {
        groups.entry((*driver, Minute::of(position.fix.recorded_at))).or_default().push(*position);
    }
    groups
}

/// Bytes of what is stored of a minute.
fn stored(((_, minute), positions): (&(u32, Minute), &Vec<Position>)) -> anyhow::Result<usize> {
    Ok(MinuteAggregate::of(*minute, positions)
        .as_ref()
        .map(serde_json::to_string)
        .transpose()?
        .map_or(0, |json| json.len()))
}

/// Drivers on their ways through São Paulo, in the order in which their events arrive.
fn hour() -> anyhow::Result<Vec<Event>> {
    let begin: Timestamp = "2026-11-20T09:00:00.000Z".parse()?;
    let mut events = Vec::new();
    for position in 0..POSITIONS {
        for driver in 0..DRIVERS {
            let (steps, heading) = (f64::from(position), f64::from(driver));
            let fix = Fix {
                recorded_at: Timestamp::from_millis(begin.as_millis() + i64::from(position) * STEP_MS)?,
                latitude: -23.55 + steps * 0.000_31 * heading.sin(),
                longitude: -46.65 + steps * 0.000_31 * heading.cos(),
            };
            events.push((driver, Position { fix, speed_mps: Some(5.0), is_doubtful: false }));
        }
    }
    Ok(events)
}
