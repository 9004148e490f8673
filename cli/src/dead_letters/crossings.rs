//! A subscriber's dead-letter queue: what EventBridge could not deliver to its queue, and what its reader failed on.

use std::collections::HashSet;

use anyhow::{Context as _, Result};
use aws_sdk_sqs::types::{Message, SendMessageBatchRequestEntry};

use super::delivery::Waiting;
use super::queue::{Queue, error_code};
use crate::deployment::Deployment;

/// What the queue's dead letters are called here.
pub(super) const SOURCE: &str = "crossings";
/// The queue may have messages although a request finds none; two in a row that find none end it.
const EMPTY_PAGES: u32 = 2;

/// A queue of dead letters, and where they belong.
pub(super) struct DeadLetters {
    dead: Queue,
    home: Queue,
}

/// What became of a queue's messages.
#[derive(Default)]
pub(super) struct Moved {
    pub(super) messages: usize,
    pub(super) failed: Vec<String>,
}

impl DeadLetters {
    pub(super) fn of(deployment: &Deployment) -> Result<Self> {
        Ok(Self {
            dead: Queue::of(deployment, "CrossingsDeadLettersUrl")?,
            home: Queue::of(deployment, "SubscriberQueueUrl")?,
        })
    }

    pub(super) async fn count(&self) -> Result<usize> {
        self.dead.count().await
    }

    pub(super) async fn describe(&self) -> Result<Option<Waiting>> {
        self.dead.describe(SOURCE, condition).await
    }

    /// Moves messages back to the queue that they belong to: each is sent, then deleted. `StartMessageMoveTask` would
    /// not do: messages that EventBridge put here itself have no source for it to know.
    pub(super) async fn redrive(&self) -> Result<Moved> {
        let (mut moved, mut sent) = (Moved::default(), HashSet::new());
        let mut empty_pages = 0;
        while empty_pages < EMPTY_PAGES {
            let mut messages = self.dead.receive(None).await?;
            // What a reader failed on again meanwhile is for the next time: it would go round for ever.
            messages.retain(|message| message.message_id().is_none_or(|id| !sent.contains(id)));
            if messages.is_empty() {
                empty_pages += 1;
                continue;
            }
            empty_pages = 0;
            self.move_back(&messages, &mut moved, &mut sent).await?;
        }
        let left = self.dead.count().await?;
        if left > 0 {
            moved.failed.push(format!("{left} messages are left in {}: look, and run it again", self.dead.url));
        }
        Ok(moved)
    }

    async fn move_back(&self, messages: &[Message], moved: &mut Moved, sent: &mut HashSet<String>) -> Result<()> {
        let entries = messages.iter().enumerate().map(|(index, message)| {
            let body = message.body().unwrap_or_default();
            SendMessageBatchRequestEntry::builder().id(index.to_string()).message_body(body).build()
        });
        let entries = entries.collect::<Result<_, _>>()?;
        let request = self.home.client.send_message_batch().queue_url(&self.home.url).set_entries(Some(entries));
        let answer = request.send().await.context("messages cannot be sent to the queue")?;
        let refused = answer.failed().iter().map(|failed| failed.message().unwrap_or(failed.code()).to_owned());
        moved.failed.extend(refused);
        sent.extend(answer.successful().iter().map(|sent| sent.message_id().to_owned()));
        let arrived = answer.successful().iter().filter_map(|sent| messages.get(sent.id().parse::<usize>().ok()?));
        let arrived: Vec<_> = arrived.collect();
        let kept = self.dead.delete(&arrived).await?;
        moved.messages += arrived.len() - kept.len();
        moved.failed.extend(kept.into_iter().map(|why| format!("sent, but not deleted: {why}")));
        Ok(())
    }
}

/// Why a message is here.
fn condition(message: &Message) -> String {
    let code = error_code(message);
    code.map_or_else(|| "its reader failed".to_owned(), |code| format!("never delivered: {code}"))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use aws_sdk_sqs::Client;
    use aws_smithy_http_client::test_util::infallible_client_fn;
    use aws_smithy_types::body::SdkBody;
    use serde_json::{Value, json};
    use ureq::http::{Request, Response};

    use super::*;

    /// Answers to requests of a kind, one after the other, the last one for ever.
    type Script = Vec<(&'static str, Vec<Value>)>;

    async fn redriven(script: Script) -> Moved {
        let script = Arc::new(Mutex::new(script));
        let client = infallible_client_fn(move |request: Request<SdkBody>| {
            let target = request.headers()["x-amz-target"].to_str().unwrap().to_owned();
            let mut script = script.lock().unwrap();
            let (_, answers) = script.iter_mut().find(|(kind, _)| target.ends_with(kind)).unwrap();
            let answer = if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() };
            Response::new(SdkBody::from(answer.to_string()))
        });
        let sdk = crate::aws::emulator("http://127.0.0.1:9", "us-east-1").into_builder().http_client(client).build();
        let queue = |name: &str| Queue { client: Client::new(&sdk), url: format!("http://127.0.0.1:9/1/{name}") };
        DeadLetters { dead: queue("dead"), home: queue("home") }.redrive().await.unwrap()
    }

    fn page(ids: &[&str]) -> Value {
        let message = |id: &&str| json!({"MessageId": id, "ReceiptHandle": id, "Body": "{}"});
        json!({"Messages": ids.iter().map(message).collect::<Vec<_>>()})
    }

    fn sent(id: &str) -> Value {
        let sent = json!({"Id": "0", "MessageId": id, "MD5OfMessageBody": "99914b932bd37a50b983c5e7c90ae93b"});
        json!({"Successful": [sent], "Failed": []})
    }

    fn left(count: usize) -> Vec<Value> {
        vec![json!({"Attributes": {"ApproximateNumberOfMessages": count.to_string()}})]
    }

    #[tokio::test]
    async fn an_empty_page_does_not_end_it_and_what_failed_again_does_not_go_round() {
        let moved = redriven(vec![
            ("ReceiveMessage", vec![page(&["a"]), page(&[]), page(&["b"]), page(&["b2"])]),
            ("SendMessageBatch", vec![sent("a2"), sent("b2")]),
            ("DeleteMessageBatch", vec![json!({"Successful": [{"Id": "0"}], "Failed": []})]),
            ("GetQueueAttributes", left(0)),
        ])
        .await;
        assert_eq!((moved.messages, moved.failed.len()), (2, 0));
    }

    #[tokio::test]
    async fn what_stays_is_told() {
        let failed = json!({"Successful": [], "Failed": [{"Id": "0", "Code": "Odd", "SenderFault": false}]});
        let moved = redriven(vec![
            ("ReceiveMessage", vec![page(&["a"]), page(&[])]),
            ("SendMessageBatch", vec![sent("a2")]),
            ("DeleteMessageBatch", vec![failed]),
            ("GetQueueAttributes", left(3)),
        ])
        .await;
        assert_eq!((moved.messages, moved.failed.len()), (0, 2));
        assert_eq!(moved.failed[0], "sent, but not deleted: Odd");
        assert!(moved.failed[1].starts_with("3 messages are left"), "{:?}", moved.failed);
    }
}
