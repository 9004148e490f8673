//! The example subscriber's queue, drained by one thread for all tests: a message is delivered once.

use std::sync::{LazyLock, Mutex};
use std::thread;

use serde_json::Value;

use crate::{Aws, MILKRUN};

static RECEIVED: LazyLock<&'static Mutex<Vec<Value>>> = LazyLock::new(|| {
    let received: &'static Mutex<Vec<Value>> = Box::leak(Box::default());
    thread::spawn(move || drain(received));
    received
});

/// The bus events received so far about a driver, repeats included.
pub(crate) fn about(driver_id: &str) -> Vec<Value> {
    let received = RECEIVED.lock().expect("the drain has not panicked");
    received.iter().filter(|event| event["detail"]["driver_id"] == driver_id).cloned().collect()
}

fn drain(received: &Mutex<Vec<Value>>) {
    let aws = Aws::root();
    let sqs = aws_sdk_sqs::Client::new(aws.config());
    let queue = &MILKRUN.subscriber_queue_url;
    loop {
        let request = sqs.receive_message().queue_url(queue).max_number_of_messages(10).wait_time_seconds(1);
        for message in aws.wait(request.send()).expect("the queue is read").messages() {
            let event = serde_json::from_str(message.body().unwrap_or_default()).expect("a message is JSON");
            received.lock().expect("a test has not panicked in here").push(event);
            let receipt = message.receipt_handle().unwrap_or_default();
            aws.wait(sqs.delete_message().queue_url(queue).receipt_handle(receipt).send()).expect("it is deleted");
        }
    }
}
