//! A queue of messages that nobody could treat.

use std::collections::HashMap;

use anyhow::{Context as _, Result};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, Message, MessageSystemAttributeName, QueueAttributeName};

use super::delivery::{Place, Waiting};
use crate::deployment::Deployment;

/// Messages in a request.
const MOST: i32 = 10;
/// How long one request looks for messages: long polling asks all of a queue's servers.
const RECEIVE_WAIT_S: i32 = 1;

pub(super) struct Queue {
    pub(super) client: Client,
    pub(super) url: String,
}

impl Queue {
    /// The queue whose URL the stacks name under this key.
    pub(super) fn of(deployment: &Deployment, output: &str) -> Result<Self> {
        Ok(Self { client: Client::new(&deployment.sdk), url: deployment.output(output)?.to_owned() })
    }

    /// How many messages there are to receive, about.
    pub(super) async fn count(&self) -> Result<usize> {
        let name = QueueAttributeName::ApproximateNumberOfMessages;
        let attributes = self.client.get_queue_attributes().queue_url(&self.url).attribute_names(name.clone());
        let attributes = attributes.send().await.with_context(|| format!("{} cannot be asked", self.url))?;
        let count = attributes.attributes().and_then(|attributes| attributes.get(&name)?.parse().ok());
        count.with_context(|| format!("{} does not say how many messages it has", self.url))
    }

    /// What the queue says of itself, if there is anything in it. Only a few messages are looked at, and stay.
    pub(super) async fn describe(
        &self,
        source: &'static str,
        condition: fn(&Message) -> String,
    ) -> Result<Option<Waiting>> {
        let count = self.count().await?;
        if count == 0 {
            return Ok(None);
        }
        let messages = self.receive(Some(0)).await?;
        let mut conditions: Vec<_> = messages.iter().map(condition).collect();
        conditions.sort();
        conditions.dedup();
        Ok(Some(Waiting {
            source,
            place: Place::Queue(self.url.clone()),
            since: messages.iter().filter_map(sent_at_ms).min().and_then(rfc_3339),
            condition: conditions.join(", "),
            records: Some(count),
        }))
    }

    pub(super) async fn receive(&self, visibility_timeout: Option<i32>) -> Result<Vec<Message>> {
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
            .with_context(|| format!("{} cannot be read", self.url))?;
        Ok(received.messages.unwrap_or_default())
    }

    /// Deletes messages, of one receiving at most; why some could not be.
    pub(super) async fn delete(&self, messages: &[&Message]) -> Result<Vec<String>> {
        if messages.is_empty() {
            return Ok(Vec::new());
        }
        let entries = messages.iter().enumerate().map(|(index, message)| {
            let entry = DeleteMessageBatchRequestEntry::builder().id(index.to_string());
            entry.set_receipt_handle(message.receipt_handle.clone()).build()
        });
        let entries = entries.collect::<Result<_, _>>()?;
        let deleted = self.client.delete_message_batch().queue_url(&self.url).set_entries(Some(entries)).send().await;
        let deleted = deleted.with_context(|| format!("messages cannot be deleted from {}", self.url))?;
        Ok(deleted.failed().iter().map(|failed| failed.message().unwrap_or(failed.code()).to_owned()).collect())
    }
}

/// What kept EventBridge from delivering a message, where it put it here:
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html>.
pub(super) fn error_code(message: &Message) -> Option<&str> {
    message.message_attributes()?.get("ERROR_CODE")?.string_value()
}

fn sent_at_ms(message: &Message) -> Option<i64> {
    let attributes: &HashMap<_, _> = message.attributes()?;
    attributes.get(&MessageSystemAttributeName::SentTimestamp)?.parse().ok()
}

fn rfc_3339(ms: i64) -> Option<String> {
    location_event::Timestamp::from_millis(ms).ok().map(|time| time.to_string())
}
