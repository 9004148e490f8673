//! The `ingest` function: wiring only.

use std::time::SystemTime;

use http_edge::HttpApiRequest;
use ingest::{Config, Handler};
use lambda_runtime::{Error, LambdaEvent, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_boot::init_logs();
    let config = Config::from_env()?;
    let sdk = lambda_boot::sdk_config(ingest::PATIENCE)?;
    let handler = Handler::new(&sdk, config);
    tokio::join!(lambda_boot::warm(&sdk, "dynamodb"), handler.preload(SystemTime::now()));
    let handler = &handler;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<HttpApiRequest>| {
        Ok::<_, Error>(handler.handle(&event.payload, SystemTime::now()).await)
    }))
    .await
}
