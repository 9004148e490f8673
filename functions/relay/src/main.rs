//! The `relay` function: wiring only.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use relay::{Bus, Config, Lake, StreamEvent};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_boot::init_logs();
    let config = Config::from_env()?;
    let sdk = lambda_boot::sdk_config(relay::PATIENCE)?;
    let lake = Lake::new(&sdk, config.delivery_stream);
    let bus = Bus::new(&sdk, config.bus_name);
    tokio::join!(lambda_boot::warm(&sdk, "firehose"), lambda_boot::warm(&sdk, "events"));
    let (lake, bus) = (&lake, &bus);
    lambda_runtime::run(service_fn(async |event: LambdaEvent<StreamEvent>| {
        Ok::<_, Error>(relay::relay(&event.payload, lake, bus).await)
    }))
    .await
}
