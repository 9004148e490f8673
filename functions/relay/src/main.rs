//! The `relay` function: wiring only.

use std::time::SystemTime;

use lambda_runtime::{Error, LambdaEvent};
use metrics::Metrics;
use relay::{AssignmentsStream, Bus, Config, Firehose, Sinks};
use table_item::{BatchResponse, StreamEvent};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_boot::init_logs();
    let config = Config::from_env()?;
    let sdk = lambda_boot::sdk_config(relay::PATIENCE)?;
    let sinks = Sinks {
        lake: Firehose::new(&sdk, config.delivery_stream),
        assignments: Firehose::new(&sdk, config.assignments_log_stream),
        updates: Firehose::new(&sdk, config.updates_log_stream),
        bus: Bus::new(&sdk, config.bus_name),
    };
    let assignments = AssignmentsStream::of(&config.assignments_table);
    tokio::join!(lambda_boot::warm(&sdk, "firehose"), lambda_boot::warm(&sdk, "events"));
    let metrics = Metrics::to_stdout();
    lambda_boot::run(BatchResponse::is_unfinished, async |event: LambdaEvent<StreamEvent>| {
        let now = || SystemTime::now().into();
        // Boxed: with four deliveries at once it is 20 KB, which would be copied about.
        Ok::<_, Error>(Box::pin(relay::relay(&event.payload, &assignments, &sinks, &metrics, now)).await)
    })
    .await
}
