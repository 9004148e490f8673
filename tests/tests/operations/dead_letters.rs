//! What was given up is delivered after all, and then no longer waits.

use std::time::Duration;

use aws_sdk_sqs::types::QueueAttributeName;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use milkrun_tests::analytics::{forget_minutes, settled_minutes, stored_minutes, stream_records};
use milkrun_tests::payload::{ago, crossing, position};
use milkrun_tests::tool::{Ran, milkrun};
use milkrun_tests::{Aws, MILKRUN, eventually, post_positions, post_radar, unique};
use serde_json::{Value, json};

/// The URL of the example subscriber's dead-letter queue.
pub(crate) fn dead_letters_url() -> String {
    let aws = Aws::root();
    let sqs = aws_sdk_sqs::Client::new(aws.config());
    let attributes = sqs.get_queue_attributes().queue_url(&MILKRUN.subscriber_queue_url);
    let attributes = aws.wait(attributes.attribute_names(QueueAttributeName::RedrivePolicy).send()).unwrap();
    let policy: Value =
        serde_json::from_str(&attributes.attributes().unwrap()[&QueueAttributeName::RedrivePolicy]).unwrap();
    let name = policy["deadLetterTargetArn"].as_str().unwrap().rsplit(':').next().unwrap().to_owned();
    aws.wait(sqs.get_queue_url().queue_name(name).send()).unwrap().queue_url.unwrap()
}

pub(crate) fn send(url: &str, body: &Value) {
    let aws = Aws::root();
    let sqs = aws_sdk_sqs::Client::new(aws.config());
    aws.wait(sqs.send_message().queue_url(url).message_body(body.to_string()).send()).unwrap();
}

/// The id of the mapping that feeds a function from the log's stream.
pub(crate) fn mapping_of(function: &str) -> String {
    let aws = Aws::root();
    let mappings = aws.wait(aws_sdk_lambda::Client::new(aws.config()).list_event_source_mappings().send()).unwrap();
    let is_wanted = |mapping: &&aws_sdk_lambda::types::EventSourceMappingConfiguration| {
        mapping.event_source_arn().unwrap().contains(&MILKRUN.events_table)
            && mapping.function_arn().unwrap().contains(function)
    };
    mappings.event_source_mappings().iter().find(is_wanted).unwrap().uuid().unwrap().to_owned()
}

/// What Lambda writes about a batch that it gave up.
pub(crate) fn failure(records: &[Value]) -> Value {
    let numbered = (1..).zip(records).map(|(number, record)| {
        let mut record = record.clone();
        record["dynamodb"]["SequenceNumber"] = json!(format!("{number:021}"));
        record
    });
    json!({
        "requestContext": {"condition": "RetryAttemptsExhausted", "approximateInvokeCount": 11},
        "DDBStreamBatchInfo": {"batchSize": records.len()},
        "payload": json!({"Records": numbered.collect::<Vec<_>>()}).to_string(),
    })
}

pub(crate) fn put(bucket: &str, key: &str, content: &Value) {
    let aws = Aws::root();
    let put = aws_sdk_s3::Client::new(aws.config()).put_object().bucket(bucket).key(key);
    aws.wait(put.body(format!("{content}\n").into_bytes().into()).send()).unwrap();
}

fn is_there(bucket: &str, key: &str) -> bool {
    let aws = Aws::root();
    aws.wait(aws_sdk_s3::Client::new(aws.config()).head_object().bucket(bucket).key(key).send()).is_ok()
}

fn delete(bucket: &str, key: &str) {
    let aws = Aws::root();
    aws.wait(aws_sdk_s3::Client::new(aws.config()).delete_object().bucket(bucket).key(key).send()).unwrap();
}

fn rows(order: &str) -> String {
    // As they were delivered, repeats included.
    Aws::root().athena(&format!("SELECT count(*) FROM location_events WHERE order_id = '{order}'"))[0][0].clone()
}

/// A key of Lambda's.
fn key(mapping: &str) -> String {
    format!("aws/lambda/{mapping}/shardId-1/2026/11/20/2026-11-20T09.30.00-{}", unique("failure"))
}

fn waiting(key: &str) -> Value {
    let listed = milkrun(&["dead-letters", "list", "--json"]);
    assert_eq!(listed.code, 3, "{listed:?}");
    let waiting = listed.json()["waiting"].as_array().unwrap().clone();
    waiting.into_iter().find(|line| line["key"] == key).unwrap()
}

fn redrive(chosen: &str) -> Ran {
    milkrun(&["dead-letters", "redrive", chosen, "--json"])
}

#[test]
fn messages_go_back_to_their_queue() {
    let (driver, url) = (unique("driver"), dead_letters_url());
    send(&url, &json!({"source": "milkrun", "detail": {"driver_id": driver, "event_id": "1"}}));
    send(&url, &json!({"source": "milkrun", "detail": {"driver_id": driver, "event_id": "2"}}));
    let listed = milkrun(&["dead-letters", "list"]);
    assert!(listed.code == 3 && listed.out.contains("crossings, 2 records"), "{listed:?}");

    let tried = milkrun(&["dead-letters", "redrive", "crossings", "--dry-run", "--json"]).done().json();
    assert_eq!(tried["messages"], 2, "{tried}");
    let redriven = redrive("crossings").done().json();
    assert_eq!((&redriven["messages"], &redriven["objects"]), (&json!(2), &json!(0)), "{redriven}");
    assert_eq!(redrive("crossings").done().json()["messages"], 0);

    let (aws, mut found) = (Aws::root(), 0);
    let sqs = aws_sdk_sqs::Client::new(aws.config());
    eventually("both messages in the subscriber's queue", || {
        let request = sqs.receive_message().queue_url(&MILKRUN.subscriber_queue_url).max_number_of_messages(10);
        for message in aws.wait(request.send()).unwrap().messages() {
            found += usize::from(message.body().unwrap().contains(&driver));
            let receipt = message.receipt_handle().unwrap();
            aws.wait(sqs.delete_message().queue_url(&MILKRUN.subscriber_queue_url).receipt_handle(receipt).send())
                .unwrap();
        }
        (found == 2).then_some(())
    });
}

#[test]
fn a_batch_that_minutes_gave_up_is_computed() {
    let driver = unique("driver");
    assert_eq!(post_positions(&position(&driver, 5)).body["accepted"], 1);
    settled_minutes(&driver, &ago(5)[..10], 1);
    forget_minutes(&driver);
    let key = key(&mapping_of(MILKRUN.aggregator_minutes_function.split(':').next().unwrap()));
    put(&MILKRUN.relay_failures_bucket, &key, &failure(&stream_records(&driver)));

    let line = waiting(&key);
    assert_eq!(
        (&line["source"], &line["condition"], &line["records"]),
        (&json!("aggregator-minutes"), &json!("RetryAttemptsExhausted"), &json!(1))
    );
    let tried = milkrun(&["dead-letters", "redrive", "--dry-run", "--json"]).done().json();
    assert_eq!((&tried["dry_run"], stored_minutes(&driver)), (&json!(true), 0), "{tried}");
    let redriven = redrive(&key).done().json();
    assert_eq!((&redriven["objects"], &redriven["records"]), (&json!(1), &json!(1)), "{redriven}");
    assert_eq!((stored_minutes(&driver), is_there(&MILKRUN.relay_failures_bucket, &key)), (1, false));
}

#[test]
fn a_batch_that_relay_gave_up_is_delivered_and_a_record_that_it_cannot_read_stays() {
    let (driver, order) = (unique("driver"), unique("order"));
    assert_eq!(post_radar(&crossing(&driver, &order, 5)).body["accepted"], 1);
    eventually("the crossing in the lake", || (rows(&order) == "1").then_some(()));
    let mapping = mapping_of("Relay");
    let (good, bad) = (key(&mapping), key(&mapping));
    let mut records = stream_records(&driver);
    put(&MILKRUN.relay_failures_bucket, &good, &failure(&records));
    records.insert(0, json!({"eventName": "INSERT", "eventSourceARN": "arn:x", "dynamodb": {}}));
    put(&MILKRUN.relay_failures_bucket, &bad, &failure(&records));

    let redriven = redrive("relay-events");
    let failed = redriven.json()["failed"].clone();
    assert_eq!((redriven.code, failed.as_array().unwrap().len()), (3, 1), "{redriven:?}");
    assert!(failed[0]["reason"].as_str().unwrap().contains("could deliver 1 of 2 records"), "{failed}");
    let bucket = &MILKRUN.relay_failures_bucket;
    assert_eq!((is_there(bucket, &good), is_there(bucket, &bad)), (false, true));
    assert_eq!(waiting(&bad)["records"], 1);
    delete(bucket, &bad);
    // Once by the stream, once by each of the objects.
    eventually("the crossing in the lake again", || (rows(&order) == "3").then_some(()));
}

#[test]
fn a_batch_of_a_mapping_that_was_made_again_is_known() {
    let driver = unique("driver");
    assert_eq!(post_positions(&position(&driver, 5)).body["accepted"], 1);
    settled_minutes(&driver, &ago(5)[..10], 1);
    let records = stream_records(&driver);
    let mut batch = failure(&records);
    let function = &MILKRUN.aggregator_minutes_function;
    batch["requestContext"]["functionArn"] =
        json!(format!("arn:aws:lambda:us-east-1:000000000000:function:{function}"));
    batch["DDBStreamBatchInfo"]["streamArn"] =
        json!(format!("arn:aws:dynamodb:us-east-1:000000000000:table/{}/stream/2025", MILKRUN.events_table));
    let key = key("00000000-0000-0000-0000-000000000000");
    put(&MILKRUN.relay_failures_bucket, &key, &batch);
    assert_eq!(waiting(&key)["source"], "aggregator-minutes");
    assert_eq!(redrive(&key).done().json()["records"], 1);
    assert!(!is_there(&MILKRUN.relay_failures_bucket, &key));
}

#[test]
fn a_run_that_failed_is_made_up_for() {
    let aws = Aws::root();
    let sqs = aws_sdk_sqs::Client::new(aws.config());
    let urls = aws.wait(sqs.list_queues().send()).unwrap().queue_urls.unwrap();
    let url = urls.into_iter().find(|url| url.contains("AggregatorDailyDeadLetters")).unwrap();
    send(&url, &json!({"requestContext": {"condition": "RetriesExhausted"}, "requestPayload": {"late_days": 0}}));
    send(&url, &json!({"what": "nobody knows"}));
    let listed = milkrun(&["dead-letters", "list"]);
    assert!(listed.code == 3 && listed.out.contains("aggregator-daily, 2 records"), "{listed:?}");
    assert!(listed.out.contains("the run failed: RetriesExhausted"), "{listed:?}");
    let redriven = redrive("aggregator-daily");
    let result = redriven.json();
    assert_eq!((redriven.code, &result["runs"]), (3, &json!(1)), "{redriven:?}");
    assert!(result["failed"][0]["reason"].as_str().unwrap().contains("schedule-dead-letters.md"), "{result}");
    aws.wait(sqs.purge_queue().queue_url(&url).send()).unwrap();
}

#[test]
fn what_could_not_be_converted_is_put_in_again() {
    let order = unique("order");
    let row = json!({
        "schema_version": 1, "event_id": unique("event"), "source": "milkrun", "event_type": "position",
        "kind": "position", "driver_id": unique("driver"), "order_id": order,
        "recorded_at": "2026-11-20 09:30:00.000", "received_at": "2026-11-20 09:30:00.000", "live": true,
    });
    let raw = BASE64.encode(row.to_string());
    let name = format!("{}-1-2026-11-20-09-30-00-{}", MILKRUN.delivery_stream, unique("error"));
    let key = format!("errors/format-conversion-failed/dt=2026-11-20/{name}");
    let code = "DataFormatConversion.ParseError";
    put(&MILKRUN.lake_bucket, &key, &json!({"attemptsMade": 1, "lastErrorCode": code, "rawData": raw}));
    let line = waiting(&key);
    assert_eq!((&line["source"], &line["condition"]), (&json!("lake"), &json!(code)));
    assert_eq!(redrive("lake").done().json()["objects"], 1);
    assert!(!is_there(&MILKRUN.lake_bucket, &key));
    eventually("the row in the lake", || (rows(&order) == "1").then_some(()));
}

#[test]
fn what_nobody_knows_is_not_redriven() {
    let refused = redrive("no-such-source");
    assert!(refused.code == 1 && refused.err.contains("neither a source"), "{refused:?}");
    // Whatever other tests left would hide that nothing waits.
    let listed = eventually("nothing that waits", || {
        let listed = milkrun(&["dead-letters", "list"]);
        std::thread::sleep(Duration::from_secs(1));
        (listed.code == 0).then_some(listed)
    });
    assert_eq!(listed.out, "nothing waits\n");
}
