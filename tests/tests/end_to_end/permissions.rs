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

#[test]
fn dispatch_keeps_to_its_table_and_its_prefixes() {
    let aws = Aws::as_role_of("Dispatch");
    let dynamodb = aws_sdk_dynamodb::Client::new(aws.config());
    let s3 = aws_sdk_s3::Client::new(aws.config());
    let secrets = aws_sdk_secretsmanager::Client::new(aws.config());
    let firehose = aws_sdk_firehose::Client::new(aws.config());
    let (table, bucket) = (&MILKRUN.assignments_table, &MILKRUN.dispatch_bucket);
    let text = |value: &str| AttributeValue::S(value.to_owned());
    // No assignment is ever removed, replaced as a whole, or found by reading all of them.
    let delete = dynamodb.delete_item().table_name(table);
    assert_denied!(aws, delete.key("driver_id", text("d")).key("package_id", text("p")));
    let put_item = dynamodb.put_item().table_name(table);
    assert_denied!(aws, put_item.item("driver_id", text("d")).item("package_id", text("p")));
    assert_denied!(aws, dynamodb.scan().table_name(table));
    assert_denied!(aws, assignments(&aws));
    // Locations are none of its business.
    let location = dynamodb.get_item().table_name(&MILKRUN.events_table);
    assert_denied!(aws, location.key("driver_id", text("d")).key("sort_key", text("s")));
    assert_denied!(aws, query(&aws));
    assert_denied!(aws, put(&aws));
    assert_denied!(aws, s3.delete_object().bucket(bucket).key("days/2026-11-20/drivers.json"));
    assert_denied!(aws, s3.put_object().bucket(bucket).key("elsewhere/x"));
    assert_denied!(aws, s3.put_object().bucket(bucket).key("x"));
    assert_denied!(aws, s3.get_object().bucket(bucket).key("elsewhere/x"));
    for other in [&MILKRUN.lake_bucket, &MILKRUN.operations_log_bucket, &MILKRUN.quarantine_bucket] {
        assert_denied!(aws, s3.list_objects_v2().bucket(other));
        assert_denied!(aws, s3.put_object().bucket(other).key("days/x"));
    }
    assert_denied!(aws, secrets.get_secret_value().secret_id(&MILKRUN.radar_secret_id));
    let stream = &MILKRUN.assignments_log_stream;
    assert_denied!(aws, firehose.describe_delivery_stream().delivery_stream_name(stream));
    assert_denied!(aws, aws_sdk_eventbridge::Client::new(aws.config()).put_events().entries(entry()));
    // What the role is for succeeds.
    let of_driver = assignments(&aws).index_name("by_day");
    aws.wait(of_driver.send()).expect("dispatch may query by driver and day");
    aws.wait(s3.list_objects_v2().bucket(bucket).prefix("days/").send()).expect("dispatch may list");
}

#[test]
fn nobody_but_dispatch_touches_assignments_and_lists() {
    for function in ["Ingest", "LastLocation", "Relay"] {
        let aws = Aws::as_role_of(function);
        let dynamodb = aws_sdk_dynamodb::Client::new(aws.config());
        let s3 = aws_sdk_s3::Client::new(aws.config());
        let (table, bucket) = (&MILKRUN.assignments_table, &MILKRUN.dispatch_bucket);
        let text = |value: &str| AttributeValue::S(value.to_owned());
        assert_denied!(aws, assignments(&aws));
        assert_denied!(aws, assignments(&aws).index_name("by_day"));
        let update = dynamodb.update_item().table_name(table).update_expression("REMOVE reason");
        assert_denied!(aws, update.key("driver_id", text("d")).key("package_id", text("p")));
        let delete = dynamodb.delete_item().table_name(table);
        assert_denied!(aws, delete.key("driver_id", text("d")).key("package_id", text("p")));
        assert_denied!(aws, s3.list_objects_v2().bucket(bucket));
        assert_denied!(aws, s3.get_object().bucket(bucket).key("plans/2026-11-20.json"));
        assert_denied!(aws, s3.put_object().bucket(bucket).key("days/2026-11-20/drivers.json"));
        // The operations log is written by Firehose, from what the relay hands it.
        assert_denied!(aws, s3.put_object().bucket(&MILKRUN.operations_log_bucket).key("updates/x"));
        assert_denied!(aws, s3.list_objects_v2().bucket(&MILKRUN.operations_log_bucket));
    }
}

#[test]
fn aggregator_minutes_reads_the_log_and_writes_minutes() {
    let aws = Aws::as_role_of("AggregatorMinutes");
    let dynamodb = aws_sdk_dynamodb::Client::new(aws.config());
    let s3 = aws_sdk_s3::Client::new(aws.config());
    let secrets = aws_sdk_secretsmanager::Client::new(aws.config());
    assert_denied!(aws, put(&aws));
    assert_denied!(aws, dynamodb.scan().table_name(&MILKRUN.events_table));
    assert_denied!(aws, query(&aws).index_name("by_order"));
    // What is there is replaced, and never read before: so nothing can be added to it.
    assert_denied!(aws, aggregates(&aws));
    assert_denied!(aws, change_aggregate(&aws));
    assert_denied!(aws, delete_aggregate(&aws));
    assert_denied!(aws, assignments(&aws));
    for bucket in [&MILKRUN.lake_bucket, &MILKRUN.quarantine_bucket, &MILKRUN.dispatch_bucket] {
        assert_denied!(aws, s3.list_objects_v2().bucket(bucket));
        assert_denied!(aws, s3.put_object().bucket(bucket).key("location_events/x"));
    }
    assert_denied!(aws, s3.get_object().bucket(&MILKRUN.relay_failures_bucket).key("x"));
    assert_denied!(aws, start_query(&aws));
    assert_denied!(aws, secrets.get_secret_value().secret_id(&MILKRUN.radar_secret_id));
    assert_denied!(aws, aws_sdk_eventbridge::Client::new(aws.config()).put_events().entries(entry()));
    // What the role is for succeeds.
    aws.wait(query(&aws).send()).expect("aggregator-minutes may query the log");
}

#[test]
fn aggregator_daily_asks_athena_and_keeps_to_days() {
    let aws = Aws::as_role_of("AggregatorDaily");
    let dynamodb = aws_sdk_dynamodb::Client::new(aws.config());
    let s3 = aws_sdk_s3::Client::new(aws.config());
    let secrets = aws_sdk_secretsmanager::Client::new(aws.config());
    let firehose = aws_sdk_firehose::Client::new(aws.config());
    assert_denied!(aws, query(&aws));
    assert_denied!(aws, put(&aws));
    assert_denied!(aws, assignments(&aws));
    assert_denied!(aws, dynamodb.scan().table_name(&MILKRUN.aggregates_table));
    // Quarantined requests are counted, and not read.
    let quarantine = &MILKRUN.quarantine_bucket;
    assert_denied!(aws, s3.get_object().bucket(quarantine).key("quarantine/not_json/x"));
    assert_denied!(aws, s3.put_object().bucket(quarantine).key("quarantine/not_json/x"));
    // The lake is read. What is written beside it are results of queries and reports.
    let lake = &MILKRUN.lake_bucket;
    assert_denied!(aws, s3.put_object().bucket(lake).key("location_events/dt=2026-11-20/x"));
    assert_denied!(aws, s3.put_object().bucket(lake).key("reports/x"));
    assert_denied!(aws, s3.get_object().bucket(lake).key("reports/daily/2026-11-20.html"));
    assert_denied!(aws, s3.delete_object().bucket(lake).key("athena-results/x"));
    for other in [&MILKRUN.dispatch_bucket, &MILKRUN.operations_log_bucket, &MILKRUN.relay_failures_bucket] {
        assert_denied!(aws, s3.list_objects_v2().bucket(other));
        assert_denied!(aws, s3.get_object().bucket(other).key("assignments/x"));
    }
    assert_denied!(aws, start_query(&aws).work_group("primary"));
    assert_denied!(aws, secrets.get_secret_value().secret_id(&MILKRUN.radar_secret_id));
    assert_denied!(aws, firehose.describe_delivery_stream().delivery_stream_name(&MILKRUN.delivery_stream));
    let default_bus = PutEventsRequestEntry::builder().source("intruder").detail_type("x").detail("{}").build();
    assert_denied!(aws, aws_sdk_eventbridge::Client::new(aws.config()).put_events().entries(default_bus));
    // What the role is for succeeds.
    aws.wait(aggregates(&aws).send()).expect("aggregator-daily may query days");
    aws.wait(s3.list_objects_v2().bucket(quarantine).send()).expect("aggregator-daily may list the quarantine");
    aws.wait(start_query(&aws).send()).expect("aggregator-daily may ask Athena");
}

#[test]
fn analytics_reads_aggregates_and_nothing_else() {
    let aws = Aws::as_role_of("Analytics");
    let dynamodb = aws_sdk_dynamodb::Client::new(aws.config());
    let s3 = aws_sdk_s3::Client::new(aws.config());
    let secrets = aws_sdk_secretsmanager::Client::new(aws.config());
    assert_denied!(aws, put_aggregate(&aws));
    assert_denied!(aws, change_aggregate(&aws));
    assert_denied!(aws, delete_aggregate(&aws));
    assert_denied!(aws, dynamodb.scan().table_name(&MILKRUN.aggregates_table));
    assert_denied!(aws, query(&aws));
    assert_denied!(aws, put(&aws));
    assert_denied!(aws, assignments(&aws));
    assert_denied!(aws, s3.get_object().bucket(&MILKRUN.lake_bucket).key("reports/daily/2026-11-20.html"));
    assert_denied!(aws, s3.list_objects_v2().bucket(&MILKRUN.lake_bucket));
    assert_denied!(aws, start_query(&aws));
    assert_denied!(aws, secrets.get_secret_value().secret_id(&MILKRUN.radar_secret_id));
    assert_denied!(aws, aws_sdk_eventbridge::Client::new(aws.config()).put_events().entries(entry()));
    // What the role is for succeeds.
    aws.wait(aggregates(&aws).send()).expect("analytics may query aggregates");
}

#[test]
fn nobody_else_touches_aggregates() {
    for function in ["Dispatch", "Ingest", "LastLocation", "Relay"] {
        let aws = Aws::as_role_of(function);
        assert_denied!(aws, aggregates(&aws));
        assert_denied!(aws, put_aggregate(&aws));
        assert_denied!(aws, change_aggregate(&aws));
        assert_denied!(aws, delete_aggregate(&aws));
        assert_denied!(aws, start_query(&aws));
    }
}

fn aggregates(aws: &Aws) -> aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder {
    aws_sdk_dynamodb::Client::new(aws.config())
        .query()
        .table_name(&MILKRUN.aggregates_table)
        .key_condition_expression("subject = :subject")
        .expression_attribute_values(":subject", AttributeValue::S("nobody".to_owned()))
}

fn put_aggregate(aws: &Aws) -> aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder {
    aws_sdk_dynamodb::Client::new(aws.config())
        .put_item()
        .table_name(&MILKRUN.aggregates_table)
        .item("subject", AttributeValue::S("intruder".to_owned()))
        .item("bucket", AttributeValue::S("x".to_owned()))
}

fn change_aggregate(aws: &Aws) -> aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder {
    aws_sdk_dynamodb::Client::new(aws.config())
        .update_item()
        .table_name(&MILKRUN.aggregates_table)
        .update_expression("REMOVE positions")
        .key("subject", AttributeValue::S("intruder".to_owned()))
        .key("bucket", AttributeValue::S("x".to_owned()))
}

fn delete_aggregate(aws: &Aws) -> aws_sdk_dynamodb::operation::delete_item::builders::DeleteItemFluentBuilder {
    aws_sdk_dynamodb::Client::new(aws.config())
        .delete_item()
        .table_name(&MILKRUN.aggregates_table)
        .key("subject", AttributeValue::S("intruder".to_owned()))
        .key("bucket", AttributeValue::S("x".to_owned()))
}

fn start_query(
    aws: &Aws,
) -> aws_sdk_athena::operation::start_query_execution::builders::StartQueryExecutionFluentBuilder {
    aws_sdk_athena::Client::new(aws.config())
        .start_query_execution()
        .query_string("SELECT 1")
        .work_group(&MILKRUN.athena_workgroup)
}

fn assignments(aws: &Aws) -> aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder {
    query(aws).table_name(&MILKRUN.assignments_table)
}

fn entry() -> PutEventsRequestEntry {
    PutEventsRequestEntry::builder()
        .event_bus_name(&MILKRUN.bus)
        .source("intruder")
        .detail_type("geofence.entered")
        .detail("{}")
        .build()
}
