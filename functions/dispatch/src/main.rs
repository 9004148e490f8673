//! The `dispatch` function: wiring only.

use std::time::SystemTime;

use dispatch::{Config, Handler};
use http_edge::{Response, RestApiRequest};
use lambda_runtime::{Error, LambdaEvent};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_boot::init_logs();
    let config = Config::from_env()?;
    let sdk = lambda_boot::sdk_config(dispatch::PATIENCE)?;
    let handler = Handler::new(&sdk, config);
    tokio::join!(lambda_boot::warm(&sdk, "s3"), lambda_boot::warm(&sdk, "dynamodb"));
    lambda_boot::run(Response::is_server_error, async |event: LambdaEvent<RestApiRequest>| {
        Ok::<_, Error>(handler.handle(&event.payload, SystemTime::now()).await)
    })
    .await
}
