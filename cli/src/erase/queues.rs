//! Messages about the driver that wait in the example subscriber's queue, or in its dead-letter queue.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{ChangeMessageVisibilityBatchRequestEntry, Message, QueueAttributeName};

use super::eraser::{Eraser, Mode};
use super::names::{Names, Verdict};

/// How long a message that was looked at is out of its reader's sight, at most: until the queue was gone through.
const OUT_OF_SIGHT: Duration = Duration::from_mins(2);
/// Going through a queue ends before the first message that was looked at comes again.
const BUDGET: Duration = Duration::from_secs(100);
const RECEIVE_WAIT_S: i32 = 1;
/// Messages in a request.
const PAGE: usize = 10;
const WAITING: [QueueAttributeName; 2] =
    [QueueAttributeName::ApproximateNumberOfMessages, QueueAttributeName::ApproximateNumberOfMessagesNotVisible];

/// What was seen of a queue.
struct Swept {
    own: u64,
    /// Every message was looked at, as far as the queue's numbers tell.
    is_complete: bool,
}

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
        let swept = sweep(&Client::new(&self.deployment.sdk), url, &self.names, mode == Mode::Remove).await?;
        self.found(mode, store, "messages", swept.own, url);
        // Of the dead letters, what the last look says counts.
        if !swept.is_complete && (mode != Mode::Remove || output == "SubscriberQueueUrl") {
            self.leave(store, url, "not gone through to its end: look again, or wait until its messages are forgotten");
        }
        Ok(())
    }
}

/// Goes through a queue: the driver's messages are counted, and deleted where that is asked for; all others are given
/// back. A message counts as received once more by that.
async fn sweep(client: &Client, url: &str, names: &Names, delete: bool) -> Result<Swept> {
    let end = Instant::now() + BUDGET;
    let before = waiting(client, url).await?;
    let (mut own, mut seen, mut others) = (0, 0, Vec::new());
    let is_empty = loop {
        if Instant::now() >= end {
            break false;
        }
        let received = client
            .receive_message()
            .queue_url(url)
            .max_number_of_messages(i32::try_from(PAGE)?)
            .wait_time_seconds(RECEIVE_WAIT_S)
            .visibility_timeout(i32::try_from(OUT_OF_SIGHT.as_secs())?)
            .send()
            .await
            .with_context(|| format!("{url} cannot be read"))?;
        let messages = received.messages.unwrap_or_default();
        if messages.is_empty() {
            break true;
        }
        seen += messages.len();
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
    };
    give_back(client, url, &others).await?;
    // Its reader may have taken some meanwhile, and new ones may have come.
    let is_complete = is_empty && seen >= before.min(waiting(client, url).await?);
    Ok(Swept { own, is_complete })
}

async fn give_back(client: &Client, url: &str, receipts: &[String]) -> Result<()> {
    for page in receipts.chunks(PAGE) {
        let entry = |(place, receipt): (usize, &String)| {
            let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(place.to_string());
            entry.receipt_handle(receipt).visibility_timeout(0).build()
        };
        let entries = page.iter().enumerate().map(entry).collect::<Result<_, _>>()?;
        // What is not given back comes into sight by itself, later.
        let _ = client.change_message_visibility_batch().queue_url(url).set_entries(Some(entries)).send().await;
    }
    Ok(())
}

/// How many messages a queue has, in sight or not.
async fn waiting(client: &Client, url: &str) -> Result<usize> {
    let known = client.get_queue_attributes().queue_url(url).set_attribute_names(Some(WAITING.to_vec())).send().await;
    let known = known.with_context(|| format!("the queue {url} cannot be read"))?;
    let number = |name| known.attributes().and_then(|all| all.get(name)?.parse::<usize>().ok()).unwrap_or_default();
    Ok(WAITING.iter().map(number).sum())
}

fn is_own(names: &Names, message: &Message) -> bool {
    names.judge_record(message.body().unwrap_or_default()) == Verdict::Own
}
