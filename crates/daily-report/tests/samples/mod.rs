//! Days to render: the empty one, the demo's size, a company's, one of 25 hours, and one of strangers' names.

#![expect(clippy::unwrap_used, reason = "this is test code")]

use aggregation::day::State;
use aggregation::day::{
    Crossings, Day, Driver, Events, Geofence, GeofenceHour, Hour, LAG_BOUNDS_S, LagBucket, Quality, Trips,
};
use daily_report::Stamp;
use local_day::{LocalDay, Zone};

/// The size of a day.
struct Size {
    date: &'static str,
    time_zone: &'static str,
    drivers: u32,
    geofences: u32,
    /// The hours that are over.
    hours: usize,
}

/// The names of the days, and the days.
pub(crate) fn all() -> Vec<(&'static str, Day, Stamp)> {
    let size =
        |date, drivers, geofences, hours| day(&Size { date, time_zone: "America/New_York", drivers, geofences, hours });
    let stamp = |state, computed_at: &str| Stamp { state, revision: 3, computed_at: computed_at.to_owned() };
    let mut strangers = size("2026-11-20", 3, 4, 24);
    rename(&mut strangers);
    vec![
        ("empty", size("2026-11-20", 0, 0, 24), stamp(State::Open, "2026-11-21T06:00:00.000Z")),
        ("demo", size("2026-11-20", 1, 3, 10), stamp(State::InProgress, "2026-11-20T14:41:07.512Z")),
        ("company", size("2026-11-20", 500, 60, 24), stamp(State::Open, "2026-11-21T06:00:00.000Z")),
        ("today", size("2026-11-20", 120, 12, 15), stamp(State::InProgress, "2026-11-20T19:20:00.000Z")),
        ("long", size("2026-11-01", 40, 9, 25), stamp(State::Final, "2026-11-06T06:00:00.000Z")),
        ("strangers", strangers, stamp(State::Open, "2026-11-21T06:00:00.000Z")),
    ]
}

/// Texts that try to be something else, and long ones.
pub(crate) const HOSTILE: [&str; 4] = [
    "</td></svg></style><script>alert(1)</script>",
    "\"' onmouseover=alert(1) x=\"&lt;&#x3c;",
    "\u{202e}drawkcab\u{0}\u{1b}[31m",
    "an-identifier-that-is-as-long-as-a-provider-lets-it-be-WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW-配送センター東京都千代田区丸の内一丁目",
];

/// Gives everything that has a name a hostile one.
pub(crate) fn rename(day: &mut Day) {
    let name = |index: usize| HOSTILE[index % HOSTILE.len()].to_owned();
    for (index, geofence) in day.geofences.iter_mut().enumerate() {
        geofence.geofence_id = Some(name(index));
        geofence.geofence_tag = Some(name(index + 1));
        geofence.geofence_external_id = (index % 2 == 0).then(|| name(index + 3));
    }
    for (index, driver) in day.drivers.iter_mut().enumerate() {
        driver.driver_id = name(index);
    }
    day.events.by_kind = (0..4).map(|index| (name(index), 10 + index as u64)).collect();
    day.quality.flagged = (0..4).map(|index| (name(index), 10 + index as u64)).collect();
    day.quality.quarantined = (0..4).map(|index| (name(index), 10 + index as u64)).collect();
}

/// The same numbers at every run: a day with a peak in the morning and one in the evening.
fn day(size: &Size) -> Day {
    let zone: Zone = size.time_zone.parse().unwrap();
    let local = LocalDay::new(size.date.parse().unwrap(), &zone).unwrap();
    let hours: Vec<_> = local.hours().take(size.hours).map(|start| zone.wall_clock(start)).collect();
    let busy = |hour: &str| [0_u32, 0, 0, 0, 1, 3, 5, 8, 10, 9, 7, 6, 7, 6, 5, 6, 8, 9, 7, 4, 2, 1, 1, 0][clock(hour)];

    let mut day = Day {
        date: size.date.to_owned(),
        time_zone: zone.to_string(),
        from: local.from().to_string(),
        to: local.to().to_string(),
        ..Day::default()
    };
    day.geofences = (0..size.geofences).map(|index| geofence(index, &hours, busy)).collect();
    day.drivers = (0..size.drivers)
        .map(|index| Driver {
            driver_id: format!("65f0c2a91d4e7b{:010x}", index * 7919),
            events: u64::from(400 + index * 37 % 300),
            positions: u64::from(390 + index * 37 % 290),
            active_minutes: u64::from(200 + index * 53 % 280),
            distance_m: 18_345.678 + f64::from(index * 7841 % 90_000),
        })
        .collect();
    day.hours = hours
        .iter()
        .filter(|hour| size.drivers > 0 && busy(hour) > 0)
        .map(|hour| {
            let events = u64::from(size.drivers * busy(hour) * 5);
            let crossings = day.geofences.iter().flat_map(|geofence| &geofence.hours).filter(|at| at.hour == *hour);
            Hour {
                hour: hour.clone(),
                events,
                positions: events * 95 / 100,
                distinct_drivers: u64::from((size.drivers * busy(hour)).div_ceil(11)),
                distance_m: f64::from(size.drivers * busy(hour)) * 612.3,
                crossings: crossings.fold(Crossings::default(), |sum, at| plus(sum, at.crossings)),
            }
        })
        .collect();
    day.crossings = day.geofences.iter().fold(Crossings::default(), |sum, geofence| plus(sum, geofence.crossings));
    totals(&mut day);
    day
}

fn geofence(index: u32, hours: &[String], busy: impl Fn(&str) -> u32) -> Geofence {
    let hours = hours.iter().zip(index..).filter_map(|(hour, wave)| {
        let entered = u64::from(busy(hour) * (60 - index.min(55)) / 20 * (wave % 4) / 3);
        let crossings = Crossings { entered, exited: entered * 9 / 10, dwelled: entered / 6 };
        (entered > 0).then(|| GeofenceHour { hour: hour.clone(), crossings })
    });
    let hours: Vec<_> = hours.collect();
    let tag = match index % 4 {
        0 => "depot",
        1 => "customer",
        2 => "charging",
        _ => "parking",
    };
    Geofence {
        geofence_id: Some(format!("66a1b2c3d4e5f6{index:010x}")),
        geofence_tag: (index % 5 != 4).then(|| tag.to_owned()),
        geofence_external_id: (index % 3 != 2).then(|| format!("{tag}-{}", index + 1)),
        crossings: hours.iter().fold(Crossings::default(), |sum, at| plus(sum, at.crossings)),
        hours,
    }
}

fn totals(day: &mut Day) {
    let sum = |of: fn(&Driver) -> u64| day.drivers.iter().map(of).sum::<u64>();
    let (total, positions) = (sum(|driver| driver.events), sum(|driver| driver.positions));
    day.distinct_drivers = day.drivers.len() as u64;
    day.active_minutes = sum(|driver| driver.active_minutes);
    day.distance_m = day.drivers.iter().map(|driver| driver.distance_m).sum();
    let kinds = [
        ("position", positions),
        ("geofence_entered", day.crossings.entered),
        ("geofence_exited", day.crossings.exited),
        ("geofence_dwelled", day.crossings.dwelled),
        ("trip_started", day.distinct_drivers * 4),
        ("other", day.distinct_drivers / 9),
    ];
    let by_kind = kinds.into_iter().filter(|(_, events)| *events > 0);
    day.events =
        Events { total, positions, by_kind: by_kind.map(|(kind, events)| (kind.to_owned(), events)).collect() };
    day.trips = Trips { started: day.distinct_drivers * 4, arrived: day.distinct_drivers * 39 / 10 };
    let bounds = LAG_BOUNDS_S.into_iter().map(Some).chain([None]);
    let lags = bounds.zip([610, 250, 90, 30, 14, 4, 2, 0]);
    let reasons = [("recorded_at_in_future", 40), ("latitude_out_of_range", 200), ("not_json", 90)];
    let reasons =
        reasons.into_iter().map(|(reason, drivers)| (reason.to_owned(), day.distinct_drivers.div_ceil(drivers)));
    let flags = [("accuracy_poor", 70), ("clock_corrected", 900), ("null_island", 400)];
    let flags = flags.into_iter().map(|(flag, events)| (flag.to_owned(), total / events));
    day.quality = Quality {
        test_events: total / 80,
        repeated_rows: total / 211,
        late_arrivals: total * 6 / 1000,
        too_late: total / 3_000,
        flagged: flags.filter(|(_, events)| *events > 0).collect(),
        ingest_lag: lags.map(|(up_to_s, part)| LagBucket { up_to_s, events: total * part / 1000 }).collect(),
        quarantined: reasons.filter(|(_, requests)| *requests > 0).collect(),
    };
}

fn plus(a: Crossings, b: Crossings) -> Crossings {
    Crossings { entered: a.entered + b.entered, exited: a.exited + b.exited, dwelled: a.dwelled + b.dwelled }
}

/// The hour that clocks show.
fn clock(hour: &str) -> usize {
    hour[11..13].parse().unwrap()
}
