//! A subscriber's dead-letter queue: what EventBridge could not deliver to its queue, and what its reader failed on.

use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{
    DeleteMessageBatchRequestEntry, Message, MessageSystemAttributeName, QueueAttributeName,
    SendMessageBatchRequestEntry,
};

use super::delivery::{Place, Waiting};
use crate::deployment::Deployment;

/// What a queue and its dead letters are called here.
pub(super) const SOURCE: &str = "crossings";
/// Messages in a request.
const MOST: i32 = 10;
/// How long one request looks for messages: long polling asks all of a queue's servers.
const RECEIVE_WAIT_S: i32 = 1;

/// A queue of dead letters, and where they belong.
pub(super) struct DeadLetters {
    client: Client,
    url: String,
    queue_url: String,
}

/// What became of a queue's messages.
#[derive(Default)]
pub(super) struct Moved {
    pub(super) messages: usize,
    pub(super) refused: Vec<String>,
}

impl DeadLetters {
    pub(super) fn of(deployment: &Deployment) -> Result<Self> {
        Ok(Self {
            client: Client::new(&deployment.sdk),
            url: deployment.output("CrossingsDeadLettersUrl")?.to_owned(),
            queue_url: deployment.output("SubscriberQueueUrl")?.to_owned(),
        })
    }

    /// How many messages there are, about.
    pub(super) async fn count(&self) -> Result<usize> {
        let names = [QueueAttributeName::ApproximateNumberOfMessages];
        let attributes =
            self.client.get_queue_attributes().queue_url(&self.url).set_attribute_names(Some(names.into()));
        let attributes = attributes.send().await.context("the dead-letter queue cannot be asked")?;
        let count = attributes.attributes().and_then(|attributes| attributes.values().next()?.parse().ok());
        Ok(count.unwrap_or_default())
    }

    /// What the queue says of itself, if there is anything in it. Only a few messages are looked at, and stay.
    pub(super) async fn describe(&self) -> Result<Option<Waiting>> {
        let count = self.count().await?;
        if count == 0 {
            return Ok(None);
        }
        let messages = self.receive(Some(0)).await?;
        let mut conditions: Vec<_> = messages.iter().map(condition).collect();
        conditions.sort();
        conditions.dedup();
        Ok(Some(Waiting {
            source: SOURCE,
            place: Place::Queue(self.url.clone()),
            since: messages.iter().filter_map(sent_at_ms).min().and_then(rfc_3339),
            condition: conditions.join(", "),
            records: Some(count),
        }))
    }

    /// Moves messages back to the queue that they belong to: each is sent, then deleted. `StartMessageMoveTask` would
    /// not do: messages that EventBridge put here itself have no source for it to know.
    pub(super) async fn redrive(&self) -> Result<Moved> {
        let start = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let mut moved = Moved::default();
        loop {
            let messages = self.receive(None).await?;
            // What a reader failed on again meanwhile is for the next time: it would go round for ever.
            let old = |message: &Message| sent_at_ms(message).is_none_or(|sent| i128::from(sent) < start.cast_signed());
            let messages: Vec<_> = messages.into_iter().filter(old).collect();
            if messages.is_empty() {
                return Ok(moved);
            }
            self.move_back(&messages, &mut moved).await?;
        }
    }

    async fn move_back(&self, messages: &[Message], moved: &mut Moved) -> Result<()> {
        let entries = messages.iter().enumerate().map(|(index, message)| {
            let body = message.body().unwrap_or_default();
            SendMessageBatchRequestEntry::builder().id(index.to_string()).message_body(body).build()
        });
        let entries = entries.collect::<Result<_, _>>()?;
        let sent = self.client.send_message_batch().queue_url(&self.queue_url).set_entries(Some(entries)).send().await;
        let sent = sent.context("messages cannot be sent to the queue")?;
        for failed in sent.failed() {
            moved.refused.push(failed.message().unwrap_or(failed.code()).to_owned());
        }
        let receipts = |id: &str| messages.get(id.parse::<usize>().ok()?)?.receipt_handle();
        let entries = sent.successful().iter().filter_map(|sent| Some((sent.id(), receipts(sent.id())?)));
        let entries = entries
            .map(|(id, receipt)| DeleteMessageBatchRequestEntry::builder().id(id).receipt_handle(receipt).build());
        let entries: Vec<_> = entries.collect::<Result<_, _>>()?;
        moved.messages += entries.len();
        if !entries.is_empty() {
            let delete = self.client.delete_message_batch().queue_url(&self.url).set_entries(Some(entries));
            delete.send().await.context("messages cannot be deleted from the dead-letter queue")?;
        }
        Ok(())
    }

    async fn receive(&self, visibility_timeout: Option<i32>) -> Result<Vec<Message>> {
        let received = self
            .client
            .receive_message()
            .queue_url(&self.url)
            .max_number_of_messages(MOST)
            .wait_time_seconds(RECEIVE_WAIT_S)
            .set_visibility_timeout(visibility_timeout)
            .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp)
            .message_attribute_names("All")
            .send()
            .await
            .context("the dead-letter queue cannot be read")?;
        Ok(received.messages.unwrap_or_default())
    }
}

/// Why a message is here: EventBridge says what kept it from delivering.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html>
fn condition(message: &Message) -> String {
    let code = message.message_attributes().and_then(|attributes| attributes.get("ERROR_CODE")?.string_value());
    code.map_or_else(|| "its reader failed".to_owned(), |code| format!("never delivered: {code}"))
}

fn sent_at_ms(message: &Message) -> Option<i64> {
    let attributes: &HashMap<_, _> = message.attributes()?;
    attributes.get(&MessageSystemAttributeName::SentTimestamp)?.parse().ok()
}

fn rfc_3339(ms: i64) -> Option<String> {
    location_event::Timestamp::from_millis(ms).ok().map(|time| time.to_string())
}
