//! The `aggregator-daily` function: wiring only.

use std::time::SystemTime;

use aggregator_daily::{Config, Handler, PATIENCE, RESERVE};
use lambda_runtime::{Error, LambdaEvent};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_boot::init_logs();
    let config = Config::from_env()?;
    let handler = Handler::new(&lambda_boot::sdk_config(PATIENCE)?, config);
    // A day that failed is an error of Lambda's.
    lambda_boot::run(
        |_| false,
        async |event: LambdaEvent<Value>| {
            let now = SystemTime::now();
            let time = event.context.deadline().duration_since(now).unwrap_or_default().saturating_sub(RESERVE);
            // Boxed: the compiler gives up on types that are nested so deeply.
            Box::pin(handler.handle(&event.payload, now, time)).await
        },
    )
    .await
}
