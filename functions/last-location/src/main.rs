//! The `last-location` function: wiring only.

use std::time::SystemTime;

use event_log::EventLog;
use http_edge::{Response, RestApiRequest};
use lambda_runtime::{Error, LambdaEvent};
use last_location::{Config, Handler};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_boot::init_logs();
    let config = Config::from_env()?;
    let sdk = lambda_boot::sdk_config(last_location::PATIENCE)?;
    let log = EventLog::new(aws_sdk_dynamodb::Client::new(&sdk), config.events_table);
    let handler = Handler::new(log, config.build_version);
    lambda_boot::warm(&sdk, "dynamodb").await;
    lambda_boot::run(Response::is_server_error, async |event: LambdaEvent<RestApiRequest>| {
        Ok::<_, Error>(handler.handle(&event.payload, SystemTime::now()).await)
    })
    .await
}
