//! The `aggregator-minutes` function: wiring only.

use std::time::SystemTime;

use aggregates_table::Aggregates;
use aggregator_minutes::{Aggregator, Config};
use event_log::EventLog;
use lambda_runtime::{Error, LambdaEvent};
use table_item::{BatchResponse, StreamEvent};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_boot::init_logs();
    let config = Config::from_env()?;
    let sdk = lambda_boot::sdk_config(aggregator_minutes::PATIENCE)?;
    let client = aws_sdk_dynamodb::Client::new(&sdk);
    let log = EventLog::new(client.clone(), config.events_table);
    let aggregates = Aggregates::new(client, config.aggregates_table);
    let aggregator = Aggregator::new(log, aggregates, config.minute_retention_days);
    lambda_boot::warm(&sdk, "dynamodb").await;
    lambda_boot::run(BatchResponse::is_unfinished, async |event: LambdaEvent<StreamEvent>| {
        Ok::<_, Error>(aggregator.aggregate(&event.payload, SystemTime::now().into()).await)
    })
    .await
}
