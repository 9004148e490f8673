//! The report: what the demo has seen, for a human reader.

use std::collections::BTreeMap;
use std::io::{Result, Write};

use super::checks::Check;
use super::days::Day;
use super::read_edge::{Location, Track};
use super::{Findings, tally};

/// How many minutes are shown.
const MINUTES: usize = 5;

pub(crate) fn write(out: &mut impl Write, findings: &Findings, checks: &[Check]) -> Result<()> {
    let Findings { run, .. } = findings;
    writeln!(out, "Run {}: driver {}, order {}", run.id(), run.driver(), run.order())?;
    posted(out, findings)?;
    read_edge(out, findings)?;
    lake(out, findings)?;
    bus(out, findings)?;
    quarantine(out, findings)?;
    minutes(out, findings)?;
    days(out, findings)?;
    verdict(out, findings, checks)
}

fn posted(out: &mut impl Write, Findings { tally, took, .. }: &Findings) -> Result<()> {
    let tally::Tally { requests, posted, stored, duplicates, quarantined, .. } = tally;
    #[expect(clippy::cast_precision_loss, reason = "a rate to one decimal")]
    let rate = *requests as f64 / took.as_secs_f64();
    writeln!(out, "\nPosted: {requests} requests in {:.1} s, {rate:.1} a second", took.as_secs_f64())?;
    writeln!(out, "  events       {posted:>5}")?;
    writeln!(out, "  stored       {stored:>5}")?;
    writeln!(out, "  duplicates   {duplicates:>5}")?;
    writeln!(out, "  quarantined  {quarantined:>5}")
}

fn read_edge(out: &mut impl Write, findings: &Findings) -> Result<()> {
    writeln!(out, "\nRead edge")?;
    location(out, "order", findings.order_location.as_ref())?;
    location(out, "driver", findings.driver_location.as_ref())?;
    track(out, "order", &findings.order_track)?;
    writeln!(out, "  order's track as GeoJSON: {} features", findings.order_features)?;
    track(out, "driver", &findings.driver_track)
}

fn location(out: &mut impl Write, whose: &str, location: Option<&Location>) -> Result<()> {
    let Some(Location { position, age_seconds }) = location else {
        return writeln!(out, "  {whose}'s last location: unknown");
    };
    writeln!(
        out,
        "  {whose}'s last location: {:.5}, {:.5} at {} ({age_seconds:.0} s ago), {} {}",
        position.latitude, position.longitude, position.recorded_at, position.kind, position.event_id,
    )
}

fn track(out: &mut impl Write, whose: &str, track: &Track) -> Result<()> {
    write!(out, "  {whose}'s track: {} positions, pages: {}", track.positions.len(), track.pages)?;
    if let [first, .., last] = track.positions.as_slice() {
        write!(out, ", {} to {}", first.recorded_at, last.recorded_at)?;
    }
    writeln!(out)
}

fn lake(out: &mut impl Write, Findings { lake, .. }: &Findings) -> Result<()> {
    writeln!(out, "\nLake, through Athena; `events` is analytics/location_events.sql")?;
    for line in lake.question.lines() {
        writeln!(out, "    {line}")?;
    }
    writeln!(out, "  {:<18}{:>6}{:>12}{:>6}  first and last recorded_at", "kind", "count", "positioned", "live")?;
    for kind in &lake.kinds {
        let (first, last) = (&kind.first_recorded_at, &kind.last_recorded_at);
        let (events, positioned, live) = (kind.events, kind.positioned, kind.live);
        writeln!(out, "  {:<18}{events:>6}{positioned:>12}{live:>6}  {first}  {last}", kind.kind)?;
    }
    writeln!(out, "  {:<18}{:>6}{:>12}{:>6}", "all", lake.events(), "", lake.live())
}

fn bus(out: &mut impl Write, Findings { crossings, .. }: &Findings) -> Result<()> {
    let (events, messages) = (crossings.events.len(), crossings.messages);
    writeln!(out, "\nBus, at the subscriber's queue: {messages} messages, {events} events")?;
    let mut in_order: Vec<_> = crossings.events.values().collect();
    in_order.sort_by(|a, b| a.detail.recorded_at.cmp(&b.detail.recorded_at));
    for crossing in in_order {
        let geofence = crossing.detail.geofence_external_id.as_deref().unwrap_or("-");
        writeln!(out, "  {}  {:<17} {geofence}", crossing.detail.recorded_at, crossing.detail_type)?;
    }
    Ok(())
}

fn quarantine(out: &mut impl Write, Findings { tally, kept, .. }: &Findings) -> Result<()> {
    writeln!(out, "\nQuarantine: {} objects", kept.len())?;
    let mut rows = BTreeMap::<&str, (usize, usize, &str)>::new();
    for (reason, answered) in &tally.reasons {
        rows.entry(reason).or_default().0 = *answered;
    }
    for kept in kept {
        let row = rows.entry(&kept.reason).or_default();
        row.1 += kept.faults;
        row.2 = &kept.key;
    }
    writeln!(out, "  {:<24}{:>8}{:>6}  one of the objects", "reason", "answered", "kept")?;
    for (reason, (answered, faults, key)) in rows {
        writeln!(out, "  {reason:<24}{answered:>8}{faults:>6}  {key}")?;
    }
    Ok(())
}

fn minutes(out: &mut impl Write, Findings { minutes, .. }: &Findings) -> Result<()> {
    writeln!(out, "\nMinutes of the driver: {}, the last of them", minutes.len())?;
    writeln!(out, "  {:<26}{:>9}  {:<21}{:>8}{:>7}", "minute", "positions", "mean position", "metres", "m/s")?;
    for minute in &minutes[minutes.len().saturating_sub(MINUTES)..] {
        let mean = format!("{:.5}, {:.5}", minute.mean_latitude, minute.mean_longitude);
        let speed = minute.mean_speed_mps.map_or_else(|| "-".to_owned(), |speed| format!("{speed:.1}"));
        let (begin, positions, distance) = (minute.minute.to_string(), minute.positions, minute.distance_m);
        writeln!(out, "  {begin:<26}{positions:>9}  {mean:<21}{distance:>8.1}{speed:>7}")?;
    }
    Ok(())
}

fn days(out: &mut impl Write, Findings { days, .. }: &Findings) -> Result<()> {
    let zone = days.first().map_or("unknown", |day| &day.numbers.time_zone);
    writeln!(out, "\nDays of the run, time zone {zone}")?;
    writeln!(out, "  {:<26}{:>7}{:>11}{:>16}{:>10}", "day", "events", "positions", "active minutes", "metres")?;
    for Day { numbers: day, driver, .. } in days {
        let mut line = |whose: &str, events: u64, positions: u64, minutes: u64, distance_m: f64| {
            writeln!(out, "  {whose:<26}{events:>7}{positions:>11}{minutes:>16}{distance_m:>10.1}")
        };
        let of_driver = format!("{}, the driver", day.date);
        line(&of_driver, driver.events, driver.positions, driver.active_minutes, driver.distance_m)?;
        let of_all = format!("{}, drivers: {}", day.date, day.distinct_drivers);
        line(&of_all, day.events.total, day.events.positions, day.active_minutes, day.distance_m)?;
    }
    for Day { numbers: day, stamp, .. } in days {
        let aggregation::day::Crossings { entered, exited, dwelled } = day.crossings;
        writeln!(
            out,
            "  {}, revision {}: geofences entered {entered}, exited {exited}, dwelled in {dwelled}; trips started {}, \
             arrived {}",
            day.date, stamp.revision, day.trips.started, day.trips.arrived,
        )?;
    }
    Ok(())
}

fn verdict(out: &mut impl Write, findings: &Findings, checks: &[Check]) -> Result<()> {
    if !findings.tally.surprises.is_empty() {
        writeln!(out, "\nAnswered otherwise than expected")?;
    }
    for surprise in &findings.tally.surprises {
        writeln!(out, "  {surprise}")?;
    }
    writeln!(out, "\nDoes it add up?")?;
    for check in checks {
        writeln!(out, "  {} {}", if check.holds { '✓' } else { '✗' }, check.equation)?;
        if !check.holds {
            writeln!(out, "    {}", check.advice)?;
        }
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    use std::time::Duration;

    use aggregation::day::State;
    use aggregation::minute::{Fix, MinuteAggregate, SpeedSource};
    use daily_report::Stamp;

    use super::super::bus::{Crossing, Crossings};
    use super::super::checks;
    use super::super::drive::tests::run;
    use super::super::lake::{KindCount, Lake};
    use super::super::quarantine::Kept;
    use super::super::read_edge::Position;
    use super::super::tally::Tally;
    use super::*;

    /// A small run in which everything adds up.
    pub(crate) fn findings() -> Findings {
        let crossing = |id: &str, minute: u32| -> ((String, String), Crossing) {
            let text = format!(
                r#"{{"detail-type":"geofence.entered","detail":{{"event_id":"{id}","driver_id":"d",
                "geofence_external_id":"depot","recorded_at":"2026-11-20T09:{minute}:00.000Z"}}}}"#
            );
            ((format!("2026-11-20T09:{minute}:00.000Z"), id.to_owned()), serde_json::from_str(&text).unwrap())
        };
        let kind = |kind: &str, events, positioned, live| KindCount {
            kind: kind.to_owned(),
            events,
            positioned,
            live,
            first_recorded_at: "2026-11-20 09:01:00.000".to_owned(),
            last_recorded_at: "2026-11-20 09:05:00.000".to_owned(),
        };
        let kept = |reason: &str, name: &str| Kept {
            key: format!("quarantine/{reason}/dt=2026-11-20/{name}.json"),
            reason: reason.to_owned(),
            faults: 1,
        };
        Findings {
            run: run(),
            took: Duration::from_millis(500),
            tally: Tally {
                requests: 4,
                posted: 10,
                stored: 6,
                duplicates: 1,
                quarantined: 3,
                reasons: [("not_json".to_owned(), 1), ("driver_missing".to_owned(), 2)].into(),
                positioned: 5,
                positioned_on_order: 3,
                crossings: 2,
                surprises: Vec::new(),
            },
            order_location: Some(Location { position: position(4), age_seconds: 60.4 }),
            driver_location: Some(Location { position: position(5), age_seconds: 0.4 }),
            order_track: Track { positions: (2..=4).map(position).collect(), pages: 1 },
            driver_track: Track { positions: (1..=5).map(position).collect(), pages: 1 },
            order_features: 3,
            lake: Lake {
                question: "SELECT kind\nFROM events".to_owned(),
                kinds: vec![kind("position", 4, 4, 3), kind("geofence_entered", 2, 1, 2)],
            },
            // The later one first, by id: the report has them in order of time.
            crossings: Crossings { events: [crossing("a", 45), crossing("b", 30)].into(), messages: 3 },
            kept: vec![kept("driver_missing", "0"), kept("driver_missing", "1"), kept("not_json", "2")],
            minutes: vec![minute(1, 2, Some(5.691)), minute(3, 1, None), minute(4, 1, None)],
            days: vec![day()],
        }
    }

    fn minute(number: u8, positions: u64, mean_speed_mps: Option<f64>) -> MinuteAggregate {
        let Position { recorded_at, latitude, longitude, .. } = position(number);
        let fix = Fix { recorded_at, latitude, longitude };
        let distance_m = mean_speed_mps.map_or(0.0, |speed| speed * 40.0);
        MinuteAggregate {
            minute: recorded_at,
            positions,
            doubtful_positions: 0,
            mean_latitude: latitude,
            mean_longitude: longitude,
            first: fix,
            last: fix,
            distance_m,
            mean_speed_mps,
            speed_source: mean_speed_mps.map(|_| SpeedSource::Distance),
        }
    }

    /// One on which others were on the way, too.
    fn day() -> Day {
        let driver = aggregation::day::Driver {
            driver_id: run().driver(),
            events: 5,
            positions: 4,
            active_minutes: 3,
            distance_m: 300.25,
        };
        let numbers = aggregation::day::Day {
            date: "2026-11-20".to_owned(),
            time_zone: "America/Sao_Paulo".to_owned(),
            events: aggregation::day::Events { total: 50, positions: 40, ..Default::default() },
            distinct_drivers: 7,
            trips: aggregation::day::Trips { started: 7, arrived: 6 },
            crossings: aggregation::day::Crossings { entered: 2, exited: 1, dwelled: 0 },
            active_minutes: 30,
            distance_m: 3002.5,
            drivers: vec![driver.clone()],
            ..Default::default()
        };
        let computed_at = "2026-11-20T09:30:00.000Z".to_owned();
        Day { numbers, stamp: Stamp { state: State::InProgress, revision: 3, computed_at }, driver }
    }

    fn position(number: u8) -> Position {
        Position {
            event_id: format!("e{number}"),
            kind: "position".to_owned(),
            latitude: -23.5,
            longitude: -46.6,
            recorded_at: format!("2026-11-20T09:0{number}:00.000Z").parse().unwrap(),
            // The last one is test traffic.
            live: number < 5,
        }
    }

    fn report(findings: &Findings) -> String {
        let mut out = Vec::new();
        write(&mut out, findings, &checks::of(findings)).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_report_that_adds_up() {
        insta::assert_snapshot!(report(&findings()));
    }

    #[test]
    fn a_report_that_does_not() {
        let mut findings = findings();
        findings.order_location = None;
        findings.tally.surprises.push("line 3 (bad): expected 0 stored, got 1 stored".to_owned());
        findings.lake.kinds.clear();
        insta::assert_snapshot!(report(&findings).split_once("Answered otherwise").unwrap().1);
    }
}
