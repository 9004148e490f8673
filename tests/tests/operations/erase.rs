//! After an erasure nothing is findable, anywhere. Whether that is so is for `local/everything.py` to say, which knows
//! nothing of how the command works.

use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use milkrun_tests::analytics::{self, compute, settled_minutes, stream_records};
use milkrun_tests::day::array;
use milkrun_tests::payload::{ago, crossing, position};
use milkrun_tests::tool::milkrun;
use milkrun_tests::{Aws, Day, MILKRUN, dispatch, eventually, get, post_positions, post_radar, unique};
use serde_json::{Map, Value, json};

use crate::dead_letters::{dead_letters_url, failure, mapping_of, put as put_object, send};

/// Somebody with a trace in every store.
struct Driver {
    id: String,
    /// The company's own id.
    courier: String,
    device: String,
    order: String,
}

impl Driver {
    fn new() -> Self {
        Self::known_as(unique("courier"))
    }

    fn known_as(courier: String) -> Self {
        let [id, device, order] = ["driver", "phone", "order"].map(unique);
        let driver = Self { id, courier, device, order };
        driver.is_on_the_road();
        driver
    }

    fn crossing(&self, seconds_ago: u64) -> Value {
        let mut crossing = crossing(&self.id, &self.order, seconds_ago);
        // As providers' are: it is logged, and names nobody.
        crossing["event"]["_id"] = json!(unique("event"));
        crossing["user"]["userId"] = json!(self.courier);
        crossing["user"]["deviceId"] = json!(self.device);
        crossing
    }

    /// Events in the log, the index, the lake, the minutes and the subscriber's queue; bad ones in the quarantine.
    fn is_on_the_road(&self) {
        assert_eq!(post_radar(&self.crossing(70)).body["accepted"], 1);
        assert_eq!(post_radar(&self.crossing(9)).body["accepted"], 1);
        assert_eq!(post_positions(&json!([position(&self.id, 5)])).body["accepted"], 1);
        let mut bad = self.crossing(4);
        bad["event"]["location"]["coordinates"] = json!([0, 91]);
        assert_eq!(post_radar(&bad).status, 422);
        // Nobody but the device says whose it was.
        assert_eq!(post_radar(&json!({"event": {"deviceId": self.device}})).status, 422);
        settled_minutes(&self.id, &ago(5)[..10], 3);
        eventually("the crossings in the lake", || (self.rows() == "2").then_some(()));
    }

    /// Rows of the lake, asked for by the order: Athena keeps what it is asked.
    fn rows(&self) -> String {
        let count = format!("SELECT count(*) FROM location_events WHERE order_id = '{}'", self.order);
        Aws::root().athena(&count)[0][0].clone()
    }

    /// Every text that a trace has.
    fn names(&self) -> [&str; 3] {
        [&self.id, &self.courier, &self.device]
    }
}

/// What all stores have of each of these drivers, by store. Each time, messages count as received once more: five times
/// are too many.
fn everything<const N: usize>(drivers: [&Driver; N]) -> [Map<String, Value>; N] {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let local = std::env::var("MILKRUN_LOCAL").unwrap();
    let mut python = Command::new(root.join(".venv/bin/python"));
    python.args(["-m", "local.everything", "--state-dir"]).arg(Path::new(&local).parent().unwrap());
    for driver in drivers {
        python.arg("--for").args(driver.names());
    }
    let output = python.current_dir(root).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let found: Vec<_> = serde_json::from_slice(&output.stdout).unwrap();
    found.try_into().unwrap()
}

/// The stores in which something is.
fn stores(found: &Map<String, Value>) -> Vec<String> {
    let known = [
        (&MILKRUN.events_table, "events"),
        (&MILKRUN.assignments_table, "assignments"),
        (&MILKRUN.aggregates_table, "aggregates"),
        (&MILKRUN.lake_bucket, "lake"),
        (&MILKRUN.operations_log_bucket, "log"),
        (&MILKRUN.quarantine_bucket, "quarantine"),
        (&MILKRUN.relay_failures_bucket, "failures"),
        (&MILKRUN.dispatch_bucket, "dispatch"),
    ];
    let short = |store: &String| known.iter().fold(store.clone(), |store, (long, short)| store.replace(*long, short));
    let mut stores: Vec<_> = found.keys().map(short).collect();
    for store in &mut stores {
        if store.starts_with("queue ") {
            if store.contains("DeadLetters") { "queue dead letters" } else { "queue" }.clone_into(store);
        }
    }
    stores.sort();
    stores
}

/// Batches that were given up, and records that were not converted, of two drivers.
fn give_up(drivers: [&Driver; 2]) {
    let records: Vec<_> = drivers.iter().flat_map(|driver| stream_records(&driver.id)).collect();
    let key = format!("aws/lambda/{}/shardId-1/2026/11/20/{}", mapping_of("Relay"), unique("failure"));
    put_object(&MILKRUN.relay_failures_bucket, &key, &failure(&records));
    let rows = drivers.map(|driver| json!({"driver_id": driver.id, "latitude": "north"}).to_string());
    let raw = BASE64.encode(rows.join("\n"));
    for (bucket, stream) in [
        (&MILKRUN.lake_bucket, &MILKRUN.delivery_stream),
        (&MILKRUN.operations_log_bucket, &MILKRUN.assignments_log_stream),
    ] {
        let name = format!("{stream}-1-2026-11-20-09-30-00-{}", unique("error"));
        let key = format!("errors/format-conversion-failed/dt=2026-11-20/{name}");
        put_object(bucket, &key, &json!({"attemptsMade": 1, "lastErrorCode": "x", "rawData": raw}));
    }
    for driver in drivers {
        send(&dead_letters_url(), &json!({"source": "milkrun", "detail": {"driver_id": driver.id}}));
    }
}

/// A day on which two drivers carry packages, in two versions of its list.
fn dispatched(drivers: [&Driver; 2]) -> Day {
    let mut day = Day::plain(2, 4);
    for (listed, driver) in day.drivers.iter_mut().zip(drivers) {
        listed["id"] = json!(driver.id);
    }
    // The company knows its drivers by its own ids, too.
    let couriers: Vec<_> = drivers.iter().map(|driver| json!({"id": driver.courier, "rules": []})).collect();
    day.upload("drivers.json", array(&couriers));
    let day = day.uploaded();
    let key = unique("key");
    let answer = dispatch::assign_with(&day.request(2), &[("idempotency-key", &key)]);
    assert_eq!(dispatch::pairs(&answer).len(), 4, "{answer:?}");
    for (driver, package) in dispatch::pairs(&answer) {
        for status in ["in_progress", "delivered"] {
            assert_eq!(dispatch::update(&driver, &package, status, &json!({})).status, 200);
        }
    }
    day
}

/// A day that the lake has long forgotten, as the table and the reports have it.
const OLD_DAY: &str = "2026-01-05";

fn remembered(drivers: [&Driver; 2]) {
    let aws = Aws::root();
    let numbers = json!({"date": OLD_DAY, "drivers": drivers.map(|driver| json!({"driver_id": driver.id}))});
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let put = aws_sdk_dynamodb::Client::new(aws.config()).put_item().table_name(&MILKRUN.aggregates_table);
    let put = put.item("subject", text(&format!("day#{OLD_DAY}"))).item("bucket", text("page#0000000001#x#00000"));
    aws.wait(put.item("body", text(&numbers.to_string())).send()).unwrap();
    put_object(&MILKRUN.lake_bucket, &format!("reports/daily/{OLD_DAY}.html"), &numbers);
}

/// The drivers of that day.
fn remembered_drivers() -> Value {
    let aws = Aws::root();
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let get = aws_sdk_dynamodb::Client::new(aws.config()).get_item().table_name(&MILKRUN.aggregates_table);
    let get = get.key("subject", text(&format!("day#{OLD_DAY}"))).key("bucket", text("page#0000000001#x#00000"));
    let item = aws.wait(get.consistent_read(true).send()).unwrap().item.unwrap();
    serde_json::from_str::<Value>(item["body"].as_s().unwrap()).unwrap()["drivers"].take()
}

fn erase(driver: &Driver, more: &[&str]) -> milkrun_tests::tool::Ran {
    milkrun(&[&["erase", "--driver", &driver.id, "--json", "--settle", "10"][..], more].concat())
}

#[test]
fn nothing_of_a_driver_is_findable_and_all_of_another_is() {
    let [gone, stays] = [Driver::new(), Driver::new()];
    let day = dispatched([&gone, &stays]);
    eventually("both statuses in the operations log", || {
        let count = |table: &str| format!("SELECT count(*) FROM {table} WHERE package_id LIKE '{}%'", day.mark);
        let found = ["assignments", "updates"].map(|table| Aws::root().athena(&count(table))[0][0].clone());
        (found == ["4", "8"]).then_some(())
    });
    let today = analytics::date(0);
    compute(&json!({"date": ago(5)[..10]}));
    give_up([&gone, &stays]);
    remembered([&gone, &stays]);

    let everywhere = [
        "bucket dispatch/days",
        "bucket dispatch/idempotency",
        "bucket dispatch/plans",
        "bucket failures/aws",
        "bucket lake/athena-results",
        "bucket lake/errors",
        "bucket lake/location_events",
        "bucket lake/reports",
        "bucket log/assignments",
        "bucket log/errors",
        "bucket log/updates",
        "bucket quarantine/quarantine",
        "queue",
        "queue dead letters",
        "table aggregates",
        "table assignments",
        "table events",
    ];
    let [before, others] = everything([&gone, &stays]);
    assert_eq!(
        (stores(&before), stores(&others)),
        (everywhere.map(str::to_owned).to_vec(), everywhere.map(str::to_owned).to_vec())
    );

    // To try changes nothing, and says what would be done. A look says what is there.
    let tried = erase(&gone, &["--dry-run"]).done().json();
    assert_eq!(tried["names"], json!([gone.courier, gone.device]), "{tried}");
    let found = tried["found"].as_array().unwrap();
    let count = |store: &str| {
        found.iter().filter(|count| count["store"] == store).map(|count| count["count"].as_u64().unwrap()).sum::<u64>()
    };
    assert_eq!(
        ["LocationEvents", "DeliveryAssignments", "lake", "operations log", "failures"].map(count),
        [3, 2, 3, 4, 3]
    );
    assert_eq!(erase(&gone, &["--check"]).code, 3);
    let [still] = everything([&gone]);
    assert_eq!(stores(&still), everywhere);

    let erased = erase(&gone, &["--yes"]);
    assert_eq!(erased.code, 0, "{erased:?}");
    // The receipt is to be kept, so it does not say who it was.
    assert!(gone.names().iter().all(|name| !erased.out.contains(name)), "{erased:?}");
    let receipt = erased.json();
    assert_eq!((&receipt["what"], &receipt["left"]), (&json!("erase"), &json!([])), "{receipt}");
    assert_eq!(receipt["further_names"], 2);
    assert!(receipt["unreachable"].as_array().unwrap().len() > 4);
    // Long enough for whatever was under way.
    thread::sleep(Duration::from_secs(5));
    let [left, still] = everything([&gone, &stays]);
    assert_eq!(stores(&left), Vec::<String>::new(), "{left:?}");

    // The other's traces are the same, record for record, but where both were in one record: the day's page, its
    // report, answers and results that named both, and the replaced version of the list.
    for (store, before) in &others {
        let shared = ["reports", "days", "plans", "idempotency", "athena-results"];
        let is_shared = shared.iter().any(|part| store.contains(part)) || store.contains(&MILKRUN.aggregates_table);
        if is_shared {
            continue;
        }
        let counted = |found: &Value| (found["records"].clone(), found["sha256"].clone());
        assert_eq!(still.get(store).map(counted), Some(counted(before)), "{store}");
    }
    let minutes = format!("/v1/drivers/{}/minutes?from={}&to={}", stays.id, ago(3600), ago(0));
    let minutes = get(&minutes, &[("x-api-key", &MILKRUN.api_key)]);
    assert!(!minutes.body["minutes"].as_array().unwrap().is_empty(), "{minutes:?}");
    let numbers = analytics::day(&today).body;
    let drivers: Vec<_> = numbers["drivers"].as_array().unwrap().iter().map(|driver| &driver["driver_id"]).collect();
    assert!(drivers.contains(&&json!(stays.id)) && !drivers.contains(&&json!(gone.id)), "{numbers}");
    assert_eq!(remembered_drivers(), json!([{"driver_id": stays.id}]));
    // The day goes on: what was assigned stays assigned, and who is left can be asked for.
    let answer = dispatch::assign(&day.request_for(std::slice::from_ref(&stays.id), 4));
    assert_eq!(dispatch::pairs(&answer).len(), 2, "{answer:?}");
    let again = erase(&gone, &["--yes"]);
    assert_eq!((again.code, &again.json()["found"]), (0, &json!([])), "{again:?}");
    // For whoever needs empty stores after this.
    erase(&stays, &["--yes"]).done();
}

/// Deletes every version of an object of the dispatch bucket.
fn forget(key: &str) {
    let aws = Aws::root();
    let s3 = aws_sdk_s3::Client::new(aws.config());
    let bucket = &MILKRUN.dispatch_bucket;
    let listed = aws.wait(s3.list_object_versions().bucket(bucket).prefix(key).send()).unwrap();
    for version in listed.versions() {
        let delete = s3.delete_object().bucket(bucket).key(key).set_version_id(version.version_id.clone());
        aws.wait(delete.send()).unwrap();
    }
}

fn content(key: &str) -> String {
    let aws = Aws::root();
    let get = aws_sdk_s3::Client::new(aws.config()).get_object().bucket(&MILKRUN.dispatch_bucket).key(key);
    let body = aws.wait(async { get.send().await.unwrap().body.collect().await.unwrap() });
    String::from_utf8(body.to_vec()).unwrap()
}

#[test]
fn a_list_that_cannot_be_read_is_left_and_named_and_ends_nothing() {
    let (gone, other) = (unique("driver"), unique("driver"));
    let [odd, broken] = [Day::empty(), Day::empty()];
    assert_eq!(post_positions(&position(&gone, 5)).body["accepted"], 1);
    // Tokens that Rust has no type for: the list is what dispatch accepts, and has to stay so.
    let deep = format!("{}{}", "[".repeat(130), "]".repeat(130));
    let others = format!(r#"{{"id":"{other}","name":"Jo\ud83d","x":1e999,"y":1.50,"deep":{deep},"rules":[]}}"#);
    odd.upload("drivers.json", format!(r#"[{{"id":"{gone}","name":"\udfff","rules":[]}}, {others}]"#).into_bytes());
    // A download that broke off: gzip's header, and nothing of what it packs.
    broken.upload("drivers.json.gz", vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
    let [odd, broken] = [format!("days/{}/drivers.json", odd.date), format!("days/{}/drivers.json.gz", broken.date)];

    let erase = |what: &str| milkrun(&["erase", "--driver", &gone, what, "--settle", "0", "--json"]);
    let (erased, kept) = (erase("--yes"), content(&odd));
    let looked = erase("--check");
    for key in [&odd, &broken] {
        forget(key);
    }
    assert_eq!(kept, format!("[{others}]"));
    assert_eq!(Aws::root().logged(&gone), 0);
    for (ran, what) in [(&erased, "erase"), (&looked, "check")] {
        let receipt = ran.json();
        assert_eq!((ran.code, &receipt["what"]), (3, &json!(what)), "{ran:?}");
        let left = receipt["left"].as_array().unwrap();
        assert_eq!(
            (left.len(), &left[0]["store"], &left[0]["key"]),
            (1, &json!("dispatch"), &json!(broken)),
            "{ran:?}"
        );
        assert!(left[0]["reason"].as_str().unwrap().contains("gzip that cannot be unpacked"), "{ran:?}");
    }
    // Without it, nothing is.
    assert_eq!(erase("--check").code, 0);
}

#[test]
fn what_another_drivers_record_says_is_left_for_a_person() {
    let (gone, other) = (unique("driver"), unique("driver"));
    let mut position = position(&other, 5);
    position["relieves"] = json!(gone);
    assert_eq!(post_positions(&position).body["accepted"], 1);
    let erased = milkrun(&["erase", "--driver", &gone, "--yes", "--settle", "0", "--json"]);
    let left = erased.json()["left"].clone();
    assert_eq!((erased.code, &left[0]["store"]), (3, &json!("LocationEvents")), "{erased:?}");
    // Whose it is, is for who sits there, and not for who reads the receipt.
    assert!(erased.err.contains(&other) && ![&gone, &other].iter().any(|id| erased.out.contains(*id)), "{erased:?}");
    assert_eq!(Aws::root().logged(&other), 1);
    milkrun(&["erase", "--driver", &other, "--yes", "--settle", "10"]).done();
}

#[test]
fn another_driver_with_the_same_number_is_untouched() {
    let other = Driver::new();
    let [before] = everything([&other]);
    // The company gave a number twice: this driver's events have the other's id.
    let gone = Driver::known_as(other.id.clone());
    let erased = erase(&gone, &["--yes"]);
    assert_eq!((erased.code, &erased.json()["left"][0]["store"]), (3, &json!("names")), "{erased:?}");
    assert_eq!(erased.json()["left"].as_array().unwrap().len(), 1, "{erased:?}");
    assert!(erased.err.contains(&format!("not {:?}, learned as well", other.id)), "{erased:?}");
    assert!(!erased.out.contains(&other.id), "{erased:?}");
    let [still] = everything([&other]);
    for store in ["table", "location_events", "quarantine"] {
        let of = |found: &Map<String, Value>| {
            // The day's pages and the minutes are computed on and on.
            let found =
                found.iter().filter(|(name, _)| name.contains(store) && !name.contains(&MILKRUN.aggregates_table));
            found.map(|(name, found)| (name.clone(), found["sha256"].clone())).collect::<Vec<_>>()
        };
        assert!(!of(&before).is_empty());
        assert_eq!(of(&still), of(&before), "{store}");
    }
    assert_eq!(Aws::root().logged(&gone.id), 0);
    // Whose events are gone says nothing of the number any more.
    erase(&gone, &["--check"]).done();
    // The same person's after all.
    erase(&gone, &["--name", &other.id, "--yes"]).done();
    assert_eq!(Aws::root().logged(&other.id), 0);
}

#[test]
fn who_does_not_answer_erases_nothing() {
    let refused = milkrun(&["erase", "--driver", "somebody"]);
    assert!(refused.code == 1 && refused.err.contains("add --yes"), "{refused:?}");
}
