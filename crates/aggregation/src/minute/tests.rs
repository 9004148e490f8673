use proptest::prelude::*;

use super::*;

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn fix(recorded_at: &str, latitude: f64, longitude: f64) -> Fix {
    Fix { recorded_at: time(recorded_at), latitude, longitude }
}

fn aggregate(fixes: &[Fix]) -> MinuteAggregate {
    MinuteAggregate::of(Minute::of(fixes[0].recorded_at), fixes).unwrap()
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
fn one_position_is_its_own_mean_and_has_no_speed() {
    let only = fix("2026-11-20T09:30:10Z", -23.5, -46.7);
    let minute = aggregate(&[only]);
    assert_eq!((minute.positions, minute.first, minute.last), (1, only, only));
    assert_eq!((minute.mean_latitude, minute.mean_longitude), (-23.5, -46.7));
    assert_eq!((minute.distance_m, minute.mean_speed_mps), (0.0, None));
    assert!(minute.distance_m.is_sign_positive(), "it would be answered as -0.0");
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
