//! Each role may do its function's work and nothing else: the emulator enforces the deployed policies.

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use milkrun_tests::{Aws, MILKRUN};

/// Asserts that a call is refused for want of permission, and for nothing else.
macro_rules! assert_denied {
    ($aws:expr, $call:expr) => {
        let error = $aws.wait($call.send()).map(|_| ()).expect_err(concat!(stringify!($call), " is allowed"));
        let code = error.as_service_error().and_then(|error| error.meta().code().map(str::to_owned));
        assert!(
            code.as_deref().is_some_and(|code| code.starts_with("AccessDenied")),
            "{}: {error:?}",
            stringify!($call)
        );
    };
}

fn query(aws: &Aws) -> aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder {
    aws_sdk_dynamodb::Client::new(aws.config())
        .query()
        .table_name(&MILKRUN.events_table)
        .key_condition_expression("driver_id = :driver")
        .expression_attribute_values(":driver", AttributeValue::S("nobody".to_owned()))
}

fn put(aws: &Aws) -> aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder {
    aws_sdk_dynamodb::Client::new(aws.config())
        .put_item()
        .table_name(&MILKRUN.events_table)
        .item("driver_id", AttributeValue::S("intruder".to_owned()))
        .item("sort_key", AttributeValue::S("2026".to_owned()))
}

#[test]
fn ingest_writes_and_reads_nothing() {
    let aws = Aws::as_role_of("Ingest");
    let dynamodb = aws_sdk_dynamodb::Client::new(aws.config());
    let s3 = aws_sdk_s3::Client::new(aws.config());
    assert_denied!(aws, query(&aws));
    assert_denied!(aws, dynamodb.scan().table_name(&MILKRUN.events_table));
    assert_denied!(
        aws,
        dynamodb
            .delete_item()
            .table_name(&MILKRUN.events_table)
            .key("driver_id", AttributeValue::S("d".to_owned()))
            .key("sort_key", AttributeValue::S("s".to_owned()))
    );
    assert_denied!(aws, s3.list_objects_v2().bucket(&MILKRUN.quarantine_bucket));
    assert_denied!(aws, s3.get_object().bucket(&MILKRUN.quarantine_bucket).key("quarantine/not_json/x"));
    assert_denied!(aws, s3.put_object().bucket(&MILKRUN.quarantine_bucket).key("elsewhere/x"));
    assert_denied!(aws, s3.put_object().bucket(&MILKRUN.lake_bucket).key("location_events/x"));
    assert_denied!(aws, aws_sdk_eventbridge::Client::new(aws.config()).put_events().entries(entry()));
}

#[test]
fn relay_delivers_and_reads_no_store() {
    let aws = Aws::as_role_of("Relay");
    let s3 = aws_sdk_s3::Client::new(aws.config());
    let secrets = aws_sdk_secretsmanager::Client::new(aws.config());
    assert_denied!(aws, query(&aws));
    assert_denied!(aws, put(&aws));
    assert_denied!(aws, s3.get_object().bucket(&MILKRUN.lake_bucket).key("location_events/x"));
    assert_denied!(aws, s3.get_object().bucket(&MILKRUN.quarantine_bucket).key("quarantine/x"));
    assert_denied!(aws, s3.put_object().bucket(&MILKRUN.lake_bucket).key("location_events/x"));
    assert_denied!(aws, secrets.get_secret_value().secret_id(&MILKRUN.radar_secret_id));
}

#[test]
fn last_location_reads_the_log_and_writes_nothing() {
    let aws = Aws::as_role_of("LastLocation");
    let dynamodb = aws_sdk_dynamodb::Client::new(aws.config());
    let firehose = aws_sdk_firehose::Client::new(aws.config());
    let secrets = aws_sdk_secretsmanager::Client::new(aws.config());
    assert_denied!(aws, put(&aws));
    assert_denied!(aws, dynamodb.scan().table_name(&MILKRUN.events_table));
    assert_denied!(aws, dynamodb.scan().table_name(&MILKRUN.signing_ids_table));
    assert_denied!(aws, firehose.describe_delivery_stream().delivery_stream_name(&MILKRUN.delivery_stream));
    assert_denied!(aws, secrets.get_secret_value().secret_id(&MILKRUN.radar_secret_id));
    assert_denied!(aws, aws_sdk_eventbridge::Client::new(aws.config()).put_events().entries(entry()));
    // The denials above are the policy's work, not a broken session's: what the role is for succeeds.
    aws.wait(query(&aws).send()).expect("last-location may query the log");
}

fn entry() -> PutEventsRequestEntry {
    PutEventsRequestEntry::builder()
        .event_bus_name(&MILKRUN.bus)
        .source("intruder")
        .detail_type("geofence.entered")
        .detail("{}")
        .build()
}
