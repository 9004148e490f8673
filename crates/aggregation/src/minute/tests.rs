use proptest::prelude::*;

use super::*;

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn fix(recorded_at: &str, latitude: f64, longitude: f64) -> Fix {
    Fix { recorded_at: time(recorded_at), latitude, longitude }
}

fn good(fix: Fix) -> Position {
    Position { fix, speed_mps: None, is_doubtful: false }
}

fn doubtful(fix: Fix) -> Position {
    Position { is_doubtful: true, ..good(fix) }
}

fn of_positions(positions: &[Position]) -> MinuteAggregate {
    MinuteAggregate::of(Minute::of(positions[0].fix.recorded_at), positions).unwrap()
}

fn aggregate(fixes: &[Fix]) -> MinuteAggregate {
    of_positions(&fixes.iter().copied().map(good).collect::<Vec<_>>())
}

#[test]
fn a_minute_begins_on_the_minute_and_ends_where_the_next_begins() {
    let minute = Minute::of(time("2026-11-20T09:30:59.999Z"));
    assert_eq!(minute.from(), time("2026-11-20T09:30:00.000Z"));
    assert_eq!(minute.to(), time("2026-11-20T09:31:00.000Z"));
    assert_eq!(Minute::of(minute.from()), minute);
    assert_ne!(Minute::of(minute.to()), minute);
    assert_eq!(Minute::of(Timestamp::MAX).to(), Timestamp::MAX);
}

#[test]
fn nothing_is_made_of_no_positions() {
    assert_eq!(MinuteAggregate::of(Minute::of(time("2026-11-20T09:30:00Z")), &[]), None);
}

#[test]
fn one_position_is_its_own_mean_and_has_no_speed_of_its_own() {
    let only = fix("2026-11-20T09:30:10Z", -23.5, -46.7);
    let minute = aggregate(&[only]);
    assert_eq!((minute.positions, minute.first, minute.last), (1, only, only));
    assert_eq!((minute.mean_latitude, minute.mean_longitude), (-23.5, -46.7));
    assert_eq!((minute.distance_m, minute.mean_speed_mps, minute.speed_source), (0.0, None, None));
    assert!(minute.distance_m.is_sign_positive(), "it would be answered as -0.0");
}

#[test]
fn without_time_between_positions_the_speed_is_what_devices_report() {
    let at = |time, speed_mps| Position { speed_mps, ..good(fix(time, 1.0, 2.0)) };
    let speed = |positions: &[Position]| {
        let minute = of_positions(positions);
        minute.mean_speed_mps.zip(minute.speed_source)
    };
    let (noon, later) = ("2026-11-20T12:00:00Z", "2026-11-20T12:00:10Z");
    assert_eq!(speed(&[at(noon, Some(7.5))]), Some((7.5, SpeedSource::Reported)));
    // Two at one time, and one that says nothing of it.
    assert_eq!(speed(&[at(noon, Some(7.0)), at(noon, None), at(noon, Some(8.0))]), Some((7.5, SpeedSource::Reported)));
    // What was measured is not mixed with what was reported.
    assert_eq!(speed(&[at(noon, Some(7.5)), at(later, Some(7.5))]), Some((0.0, SpeedSource::Distance)));
    let astray = Position { is_doubtful: true, ..at(later, Some(400.0)) };
    assert_eq!(speed(&[at(noon, Some(7.5)), astray]), Some((7.5, SpeedSource::Reported)));
    assert_eq!(speed(&[astray]), None);
}

#[test]
fn doubtful_positions_are_counted_and_left_out_of_everything_else() {
    let drive = [
        fix("2026-11-20T09:30:00Z", 51.5, -0.12),
        fix("2026-11-20T09:30:20Z", 51.501, -0.12),
        fix("2026-11-20T09:30:40Z", 51.502, -0.121),
    ];
    let without = aggregate(&drive);
    for place in 0..=drive.len() {
        let mut positions = drive.map(good).to_vec();
        let time = ["2026-11-20T09:30:00Z", "2026-11-20T09:30:10Z", "2026-11-20T09:30:30Z", "2026-11-20T09:30:50Z"];
        positions.insert(place, doubtful(fix(time[place], 0.0, 0.0)));
        let minute = of_positions(&positions);
        assert_eq!((minute.positions, minute.doubtful_positions), (4, 1));
        assert_eq!(MinuteAggregate { positions: 3, doubtful_positions: 0, ..minute }, without);
    }
}

#[test]
fn a_minute_of_doubtful_positions_says_where_they_were() {
    let (first, last) = (fix("2026-11-20T09:30:00Z", 1.0, 2.0), fix("2026-11-20T09:30:30Z", 3.0, 4.0));
    let minute = of_positions(&[first, last].map(doubtful));
    assert_eq!((minute.positions, minute.doubtful_positions), (2, 2));
    assert_eq!((minute.first, minute.last), (first, last));
    assert_eq!((minute.mean_latitude, minute.mean_longitude), (2.0, 3.0));
    assert_eq!((minute.distance_m, minute.mean_speed_mps, minute.speed_source), (0.0, None, None));
    assert!(minute.distance_m.is_sign_positive(), "it would be answered as -0.0");
}

#[test]
fn a_minute_of_before_flags_reads_as_it_was() {
    let mut minute = aggregate(&[fix("2026-11-20T09:30:00Z", 1.0, 2.0), fix("2026-11-20T09:30:20Z", 1.5, 2.0)]);
    let mut json = serde_json::to_value(&minute).unwrap();
    assert!(json.as_object_mut().unwrap().remove("speed_source").is_some());
    minute.speed_source = None;
    assert_eq!(serde_json::from_value::<MinuteAggregate>(json).unwrap(), minute);
}

#[test]
fn distance_is_that_of_the_published_geodesics() {
    // A degree of latitude at the equator and one of longitude there: 110,574.389 m and 111,319.491 m, as
    // GeographicLib's GeodSolve gives them (https://geographiclib.sourceforge.io/cgi-bin/GeodSolve).
    let north = aggregate(&[fix("2026-11-20T09:30:00Z", 0.0, 0.0), fix("2026-11-20T09:30:10Z", 1.0, 0.0)]);
    let east = aggregate(&[fix("2026-11-20T09:30:00Z", 0.0, 0.0), fix("2026-11-20T09:30:10Z", 0.0, 1.0)]);
    assert!((north.distance_m - 110_574.389).abs() < 0.001, "{}", north.distance_m);
    assert!((east.distance_m - 111_319.491).abs() < 0.001, "{}", east.distance_m);
    assert_eq!(east.mean_speed_mps, Some(east.distance_m / 10.0));
}

#[test]
fn across_the_antimeridian_the_mean_stays_there() {
    let minute = aggregate(&[
        fix("2026-11-20T09:30:00Z", -16.0, 179.9),
        fix("2026-11-20T09:30:20Z", -16.0, -179.9),
        fix("2026-11-20T09:30:40Z", -16.0, -179.7),
    ]);
    assert!((minute.mean_longitude - -179.9).abs() < 1e-9, "{}", minute.mean_longitude);
    // 0.4 degrees at 16 degrees south: some 42.8 km, not the way around the world.
    assert!((42_700.0..42_900.0).contains(&minute.distance_m), "{}", minute.distance_m);
}

#[test]
fn it_is_answered_as_documented() {
    let minute =
        aggregate(&[fix("2026-11-20T09:30:05.250Z", 40.7, -74.0), fix("2026-11-20T09:30:35.250Z", 40.701, -74.001)]);
    insta::assert_json_snapshot!(minute);
    let alone = Position { speed_mps: Some(6.5), ..good(minute.first) };
    insta::assert_json_snapshot!("one_good_position", of_positions(&[alone, doubtful(minute.last)]));
    assert_eq!(serde_json::from_value::<MinuteAggregate>(serde_json::to_value(&minute).unwrap()).unwrap(), minute);
}

fn fixes() -> impl Strategy<Value = Vec<Fix>> {
    let one = (0_i64..60_000, -90.0..=90.0_f64, -180.0..=180.0_f64);
    proptest::collection::vec(one, 1..20).prop_map(|mut fixes| {
        fixes.sort_by_key(|(millis, ..)| *millis);
        let at = |(millis, latitude, longitude)| Fix {
            recorded_at: Timestamp::from_millis(1_800_000_000_000 + millis).unwrap(),
            latitude,
            longitude,
        };
        fixes.into_iter().map(at).collect()
    })
}

proptest! {
    #[test]
    fn means_are_angles_and_within_what_was_seen(fixes in fixes()) {
        let minute = aggregate(&fixes);
        prop_assert!((-180.0..=180.0).contains(&minute.mean_longitude));
        let south = fixes.iter().map(|fix| fix.latitude).fold(f64::INFINITY, f64::min);
        let north = fixes.iter().map(|fix| fix.latitude).fold(f64::NEG_INFINITY, f64::max);
        prop_assert!((south - 1e-9..=north + 1e-9).contains(&minute.mean_latitude));
    }

    #[test]
    fn turning_the_world_turns_the_mean(fixes in fixes(), by in -180.0..180.0_f64) {
        // Positions within a hemisphere, as a minute's are: elsewhere "the mean" has no one meaning.
        let near: Vec<Fix> = fixes.iter().map(|fix| Fix { longitude: fix.longitude / 4.0, ..*fix }).collect();
        let turned: Vec<Fix> = near.iter().map(|fix| Fix { longitude: wrapped(fix.longitude + by), ..*fix }).collect();
        let off = wrapped(wrapped(aggregate(&near).mean_longitude + by) - aggregate(&turned).mean_longitude);
        prop_assert!(off.abs() < 1e-9, "{off}");
    }

    #[test]
    fn a_way_is_no_shorter_than_from_end_to_end(fixes in fixes()) {
        let minute = aggregate(&fixes);
        let straight = distance_m(&Geodesic::wgs84(), minute.first, minute.last);
        prop_assert!(minute.distance_m >= straight * (1.0 - 1e-9), "{} < {straight}", minute.distance_m);
    }
}
