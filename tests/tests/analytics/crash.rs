//! A function that dies between any two of its writes has spoiled nothing: the next run completes what is missing.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use milkrun_tests::analytics::{
    StoredDay, compute, date, day, deliver, forget_minutes, settle_everything, settle_lake, settled_minutes,
    stored_day, stored_minutes, stream_records,
};
use milkrun_tests::{Aws, MILKRUN, PATIENCE, Subscriber, kill, unique};
use serde_json::{Value, json};

use crate::{numbers, position, post};

#[test]
fn killed_among_minutes_the_next_delivery_completes_them() {
    let (driver, date) = (unique("driver"), date(3));
    let events: Vec<_> = (0..120)
        .map(|index| position(&driver, &date, &format!("{:02}:{:02}:30.000", index / 60, index % 60), 1.0, 2.0))
        .collect();
    post(&events);
    let (json, csv) = settled_minutes(&driver, &date, 120);
    let records = stream_records(&driver);
    forget_minutes(&driver);

    let (killed, outcome) = thread::scope(|scope| {
        let call = scope.spawn(|| deliver(&records));
        let deadline = Instant::now() + PATIENCE;
        while stored_minutes(&driver) == 0 && !call.is_finished() {
            assert!(Instant::now() < deadline, "no minute is written");
        }
        (kill::processes_of("AggregatorMinutes"), call.join().unwrap())
    });
    assert!(killed > 0, "there was no process to kill");
    assert!(outcome.is_err(), "the call ended before it was killed: {outcome:?}");
    let written = stored_minutes(&driver);
    assert!((1..120).contains(&written), "{written} of 120 minutes were written: that is not in the middle");

    assert_eq!(deliver(&records), Ok(json!({"batchItemFailures": []})));
    let (again, csv_again) = settled_minutes(&driver, &date, 120);
    assert!((again.text, csv_again.text) == (json.text, csv.text), "the minutes are others than before");
}

/// What `aggregator-daily` has done before it is killed, with its revision of a day.
const STEPS: [fn(StoredDay, u64) -> bool; 4] = [
    |day, _| day.pages > 1,
    |day, revision| day.revision == revision,
    |day, revision| day.published == revision,
    // Asked, or about to ask.
    |_, _| true,
];

#[test]
fn killed_at_any_step_of_a_day_the_next_run_completes_it() {
    let (driver, date) = (unique("driver"), date(3));
    let payload = json!({ "date": date });
    settle_everything();
    compute(&payload);
    let (before, subscriber) = (day(&date).body, Subscriber::to_days());
    let count = |day: &Value, pointer: &str| day.pointer(pointer).and_then(Value::as_u64).unwrap();
    let total = |day: &Value| count(day, "/events/total") - count(&before, "/events/total");
    let mut died = 0;
    let mut revisions = BTreeSet::new();
    for (round, is_done) in (1..=6).zip(STEPS.into_iter().cycle()) {
        let revision = count(&before, "/revision") + round;
        revisions.insert(format!("daily/{date}/{revision}"));
        post(&[position(&driver, &date, &format!("11:{round:02}:00.000"), 1.0, 2.0)]);
        settle_lake(&driver, usize::try_from(round).unwrap());
        let outcome = thread::scope(|scope| {
            let call = scope.spawn(|| Aws::root().invoke(&MILKRUN.aggregator_daily_function, &payload));
            thread::sleep(Duration::from_millis(100));
            while !is_done(stored_day(&date), revision) && !call.is_finished() {}
            kill::processes_of("AggregatorDaily");
            call.join().unwrap()
        });
        died += u32::from(outcome.is_err());

        // Whatever was reached, readers see a whole day: the one before, or this one.
        let seen = day(&date).body;
        assert!([round - 1, round].contains(&total(&seen)), "{seen}");
        let of_driver = seen["drivers"].as_array().unwrap().iter().find(|one| one["driver_id"] == driver);
        assert_eq!(of_driver.map_or(0, |driver| count(driver, "/events")), total(&seen), "{seen}");

        compute(&payload);
        let whole = day(&date);
        assert_eq!((count(&whole.body, "/revision"), total(&whole.body)), (revision, round));
        let stored = stored_day(&date);
        assert_eq!((stored.pages, stored.revision, stored.published), (1, revision, revision));
        let again = compute(&payload);
        assert_eq!((&again[0]["changed"], &again[0]["published"]), (&json!(false), &json!(false)), "{again:?}");
        assert_eq!(numbers(&day(&date)), numbers(&whole));
    }
    assert!(died > 1, "all but {died} runs ended before they were killed");
    // Each revision at least once, and nothing else.
    let ids = subscriber.received_until_now().into_iter().map(|event| event["detail"]["event_id"].clone());
    let ids: BTreeSet<_> = ids.map(|id| id.as_str().unwrap().to_owned()).collect();
    assert_eq!(ids, revisions);
}
