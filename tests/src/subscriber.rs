//! A subscriber of a test's own: a queue and a rule on the bus, as any stack would have them.

use std::sync::Mutex;

use aws_sdk_eventbridge::types::{PutEventsRequestEntry, Target};
use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::{Value, json};

use crate::{Aws, MILKRUN, eventually, unique};

const SOURCE: &str = "milkrun";
const DAILY_PUBLISHED: &str = "analytics.daily_published";

/// Gets events of some kind. Queue and rule end with it.
#[derive(Debug)]
pub struct Subscriber {
    aws: Aws,
    name: String,
    queue_url: String,
    received: Mutex<Vec<Value>>,
}

impl Subscriber {
    /// Subscribes to the `delivery.*` events of one day; what happens from now on is received.
    pub fn to_deliveries_of(date: &str) -> Self {
        Self::to(&json!({"source": [SOURCE], "detail-type": [{"prefix": "delivery."}], "detail": {"date": [date]}}))
    }

    /// Subscribes to days whose numbers change.
    pub fn to_days() -> Self {
        Self::to(&json!({"source": [SOURCE], "detail-type": [DAILY_PUBLISHED]}))
    }

    fn to(pattern: &Value) -> Self {
        let (aws, name) = (Aws::root(), unique("subscriber"));
        let sqs = aws_sdk_sqs::Client::new(aws.config());
        let created = aws.wait(sqs.create_queue().queue_name(&name).send()).expect("a queue");
        // The emulator calls itself localhost, and listens on IPv4 only.
        let queue_url = created.queue_url().expect("its URL").replacen("localhost", "127.0.0.1", 1);
        let attributes = sqs.get_queue_attributes().queue_url(&queue_url).attribute_names(QueueAttributeName::QueueArn);
        let attributes = aws.wait(attributes.send()).expect("the queue's attributes");
        let arn = &attributes.attributes().expect("its ARN")[&QueueAttributeName::QueueArn];
        let policy = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn,
            "Principal": {"Service": "events.amazonaws.com"},
        }]});
        let policy =
            sqs.set_queue_attributes().queue_url(&queue_url).attributes(QueueAttributeName::Policy, policy.to_string());
        aws.wait(policy.send()).expect("the bus may write to the queue");

        let events = aws_sdk_eventbridge::Client::new(aws.config());
        let rule = events.put_rule().name(&name).event_bus_name(&MILKRUN.bus).event_pattern(pattern.to_string());
        aws.wait(rule.send()).expect("a rule");
        let target = Target::builder().id("queue").arn(arn).build().expect("a target");
        let targets = events.put_targets().rule(&name).event_bus_name(&MILKRUN.bus).targets(target);
        aws.wait(targets.send()).expect("the rule has a target");
        Self { aws, name, queue_url, received: Mutex::default() }
    }

    /// The events received so far, once there are `count` different ones; repeats included.
    pub fn received(&self, count: usize) -> Vec<Value> {
        eventually(&format!("{count} events"), || {
            self.receive();
            let received = self.received.lock().expect("nobody has panicked in here");
            let mut ids: Vec<_> = received.iter().map(|event| event["detail"]["event_id"].as_str()).collect();
            ids.sort_unstable();
            ids.dedup();
            (ids.len() >= count).then(|| received.clone())
        })
    }

    /// Every message about days so far, repeats included: the bus passes on one event after the other, so this sends
    /// one behind them and waits for it.
    pub fn received_until_now(&self) -> Vec<Value> {
        let last = json!(unique("last"));
        let entry = PutEventsRequestEntry::builder()
            .event_bus_name(&MILKRUN.bus)
            .source(SOURCE)
            .detail_type(DAILY_PUBLISHED)
            .detail(json!({ "event_id": last }).to_string())
            .build();
        let events = aws_sdk_eventbridge::Client::new(self.aws.config());
        self.aws.wait(events.put_events().entries(entry).send()).expect("the bus takes an event");
        eventually("the last event", || {
            self.receive();
            let mut received = self.received.lock().expect("nobody has panicked in here");
            let end = received.iter().position(|event| event["detail"]["event_id"] == last)?;
            received.remove(end);
            Some(received.clone())
        })
    }

    fn receive(&self) {
        let sqs = aws_sdk_sqs::Client::new(self.aws.config());
        loop {
            let request = sqs.receive_message().queue_url(&self.queue_url).max_number_of_messages(10);
            let output = self.aws.wait(request.send()).expect("the queue is read");
            if output.messages().is_empty() {
                return;
            }
            for message in output.messages() {
                let event = serde_json::from_str(message.body().unwrap_or_default()).expect("a message is JSON");
                self.received.lock().expect("nobody has panicked in here").push(event);
                let receipt = message.receipt_handle().unwrap_or_default();
                let delete = sqs.delete_message().queue_url(&self.queue_url).receipt_handle(receipt);
                self.aws.wait(delete.send()).expect("it is deleted");
            }
        }
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        let events = aws_sdk_eventbridge::Client::new(self.aws.config());
        let sqs = aws_sdk_sqs::Client::new(self.aws.config());
        // A failed test has failed already, and a second panic would hide why.
        let _ =
            self.aws.wait(events.remove_targets().rule(&self.name).event_bus_name(&MILKRUN.bus).ids("queue").send());
        let _ = self.aws.wait(events.delete_rule().name(&self.name).event_bus_name(&MILKRUN.bus).send());
        let _ = self.aws.wait(sqs.delete_queue().queue_url(&self.queue_url).send());
    }
}
