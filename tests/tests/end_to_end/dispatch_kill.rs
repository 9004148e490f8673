//! A function that dies in the middle of writing an assignment has lost nothing.

use std::thread;
use std::time::{Duration, Instant};

use milkrun_tests::dispatch::{alone, assign, assign_with, pairs, post_alone, read};
use milkrun_tests::{Day, PATIENCE, kill, unique};
use sample_day::SampleDay;
use serde_json::{Value, json};

/// Every row of a day, without what differs between two days that are assigned alike.
fn rows(day: &Day) -> Vec<Value> {
    let mut rows = day.rows();
    for row in &mut rows {
        for name in ["assigned_at", "updated_at", "run_id", "expires_at"] {
            assert!(row.as_object_mut().unwrap().remove(name).is_some(), "no {name}");
        }
        for name in ["at", "run_id"] {
            assert!(row["history"][0].as_object_mut().unwrap().remove(name).is_some(), "no {name}");
        }
    }
    let text = Value::from(rows).to_string().replace(&day.mark, "").replace(&day.date, "");
    serde_json::from_str(&text).unwrap()
}

#[test]
fn a_killed_assignment_is_finished_by_the_same_call_again() {
    let sample = SampleDay { packages: 1000, ..SampleDay::new(40) };
    let (undisturbed, day) = (Day::sample(&sample).uploaded(), Day::sample(&sample).uploaded());
    let whole = assign(&undisturbed.request(25));
    assert_eq!(whole.status, 200, "{whole:?}");
    let total = pairs(&whole).len();

    let request = day.request(25);
    let headers = [("idempotency-key", &*unique("key"))];
    {
        let _alone = alone();
        let (killed, answer) = thread::scope(|scope| {
            let call = scope.spawn(|| post_alone("/assign", &headers, request.to_string().as_bytes()));
            // Rows are written in the order of drivers: the first has some long before the last.
            let mut drivers = day.driver_ids();
            drivers.sort_unstable();
            let deadline = Instant::now() + PATIENCE;
            while day.count(&drivers[0]) == 0 && !call.is_finished() {
                assert!(Instant::now() < deadline, "nothing is written");
                thread::sleep(Duration::from_millis(5));
            }
            (kill::processes_of("Dispatch"), call.join().unwrap())
        });
        assert!(killed > 0, "there was no process to kill");
        assert!((500..600).contains(&answer.status), "the call ended before it was killed: {answer:?}");
    }
    let written = day.rows().len();
    assert!(0 < written && written < total, "{written} of {total} rows were written: that is not in the middle");
    let account = read(&day.path("")).body;
    assert_eq!((&account["assigned"], &account["runs"][0]["written"]), (&json!(total), &json!(false)), "{account}");

    // Who asks for one driver gets that driver's rows, of which there were none yet.
    let last = day.driver_ids().into_iter().max().unwrap();
    assert_eq!(day.count(&last), 0);
    let of_last = assign(&day.request_for(std::slice::from_ref(&last), 25));
    assert_eq!((of_last.status, day.count(&last)), (200, pairs(&of_last).len()), "{of_last:?}");

    let finished = assign_with(&request, &headers);
    assert_eq!(finished.status, 200, "{finished:?}");
    let same = |text: &str, day: &Day| text.replace(&day.mark, "").replace(&day.date, "");
    assert_eq!(same(&finished.text, &day), same(&whole.text, &undisturbed));
    assert_eq!(day.pairs(), pairs(&finished));
    assert_eq!(rows(&day), rows(&undisturbed));
    assert_eq!(assign(&request).text, finished.text);
    assert_eq!(assign_with(&request, &headers).text, finished.text);
    let account = read(&day.path("")).body;
    assert_eq!((account["runs"].as_array().unwrap().len(), &account["runs"][0]["written"]), (1, &json!(true)));
}
