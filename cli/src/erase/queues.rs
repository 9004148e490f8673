//! Messages about the driver that wait in the example subscriber's queue, or in its dead-letter queue.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::Message;
use serde_json::Value;

use super::eraser::{Eraser, Mode};
use super::names::{Names, Verdict};

/// How long a message that was looked at is out of its reader's sight, at most: until the queue was gone through.
const OUT_OF_SIGHT: Duration = Duration::from_mins(2);
/// Going through a queue ends before the first message that was looked at comes again.
const BUDGET: Duration = Duration::from_secs(100);
const RECEIVE_WAIT_S: i32 = 1;

impl Eraser<'_> {
    /// The dead-letter queue, as often as it is asked for.
    pub(super) async fn dead_letters(&mut self, mode: Mode) -> Result<()> {
        self.queue("dead-letter queue", "CrossingsDeadLettersUrl", mode).await
    }

    /// The queue itself, once only: what is received five times goes to the dead letters, whoever received it. What is
    /// in it now is read within seconds, and forgotten after four days.
    pub(super) async fn subscriber_queue(&mut self) -> Result<()> {
        self.queue("queue", "SubscriberQueueUrl", Mode::Remove).await?;
        // Where that may have sent some.
        self.dead_letters(Mode::Remove).await
    }

    async fn queue(&mut self, store: &'static str, output: &str, mode: Mode) -> Result<()> {
        let url = self.deployment.output(output)?;
        let own = sweep(&Client::new(&self.deployment.sdk), url, &self.names, mode == Mode::Remove).await?;
        self.found(mode, store, "messages", own, url);
        Ok(())
    }
}

/// Goes through a queue: the driver's messages are counted, and deleted where that is asked for; all others are given
/// back. A message counts as received once more by that.
async fn sweep(client: &Client, url: &str, names: &Names, delete: bool) -> Result<u64> {
    let end = Instant::now() + BUDGET;
    let (mut own, mut others) = (0, Vec::new());
    while Instant::now() < end {
        let received = client
            .receive_message()
            .queue_url(url)
            .max_number_of_messages(10)
            .wait_time_seconds(RECEIVE_WAIT_S)
            .visibility_timeout(i32::try_from(OUT_OF_SIGHT.as_secs())?)
            .send()
            .await
            .with_context(|| format!("{url} cannot be read"))?;
        let messages = received.messages.unwrap_or_default();
        if messages.is_empty() {
            break;
        }
        for message in messages {
            let receipt = message.receipt_handle().unwrap_or_default();
            let is_own = is_own(names, &message);
            own += u64::from(is_own);
            if is_own && delete {
                let deleted = client.delete_message().queue_url(url).receipt_handle(receipt).send().await;
                deleted.with_context(|| format!("a message of {url} cannot be deleted"))?;
            } else {
                others.push(receipt.to_owned());
            }
        }
    }
    for receipt in others {
        let give_back = client.change_message_visibility().queue_url(url).receipt_handle(receipt).visibility_timeout(0);
        give_back.send().await.with_context(|| format!("a message of {url} cannot be given back"))?;
    }
    Ok(own)
}

fn is_own(names: &Names, message: &Message) -> bool {
    let body = message.body().unwrap_or_default();
    let verdict = match serde_json::from_str::<Value>(body) {
        Ok(event) => names.judge_json(&event),
        Err(_) => names.judge(None, || names.in_text(body)),
    };
    verdict == Verdict::Own
}
