//! The `ingest` function: wiring only.

use std::time::SystemTime;

use http_edge::{HttpApiRequest, Response};
use ingest::{Config, Handler};
use lambda_runtime::{Error, LambdaEvent};
use metrics::Metrics;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_boot::init_logs();
    let config = Config::from_env()?;
    let sdk = lambda_boot::sdk_config(ingest::PATIENCE)?;
    // The connection opens while the clients are made.
    let ((), handler) = tokio::join!(lambda_boot::warm(&sdk, "dynamodb"), async {
        let handler = Handler::new(&sdk, config, Metrics::to_stdout());
        handler.preload(SystemTime::now()).await;
        handler
    });
    lambda_boot::run(Response::is_server_error, async |event: LambdaEvent<HttpApiRequest>| {
        Ok::<_, Error>(handler.handle(&event.payload, SystemTime::now()).await)
    })
    .await
}
