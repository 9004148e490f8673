//! The `analytics` function: wiring only.

use std::time::SystemTime;

use aggregates_table::Aggregates;
use analytics::{Config, Handler};
use http_edge::{Response, RestApiRequest};
use lambda_runtime::{Error, LambdaEvent};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_boot::init_logs();
    let config = Config::from_env()?;
    let sdk = lambda_boot::sdk_config(analytics::PATIENCE)?;
    let aggregates = Aggregates::new(aws_sdk_dynamodb::Client::new(&sdk), config.aggregates_table);
    let handler = Handler::new(aggregates, config.time_zone, config.late_days);
    lambda_boot::warm(&sdk, "dynamodb").await;
    lambda_boot::run(Response::is_server_error, async |event: LambdaEvent<RestApiRequest>| {
        Ok::<_, Error>(handler.handle(&event.payload, SystemTime::now().into()).await)
    })
    .await
}
