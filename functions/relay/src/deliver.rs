//! Delivering many entries through a service that takes a few at a time and may refuse some of them.

use std::time::Duration;

use tokio::time::Instant;

/// Rounds after the first, for what a service refused of a request that it took. Requests that failed as
/// a whole were retried by the SDK already, and count as a round here.
const RETRIES: u32 = 3;
const FIRST_BACKOFF: Duration = Duration::from_millis(100);
/// When delivering ends, whatever is left: with one last request's patience it stays within the function's
/// minute, so that what was delivered is reported and not delivered again.
const BUDGET: Duration = Duration::from_secs(45);

/// Something to deliver for a record of the stream.
#[derive(Clone, Debug)]
pub struct Entry<P> {
    /// The place of the record in its batch; of the first one, where the entry is made of several.
    pub record: usize,
    /// Bytes that the service counts.
    pub size: usize,
    /// What is delivered.
    pub payload: P,
}

/// A service that takes several entries in one request.
pub trait Sink {
    /// What an entry carries.
    type Payload;
    /// The most entries in a request.
    const MAX_ENTRIES: usize;
    /// The most bytes in a request.
    const MAX_BYTES: usize;

    /// Sends one request; answers for each entry, in order, whether the service has it. What is not
    /// answered for counts as refused.
    fn send(&self, entries: &[Entry<Self::Payload>]) -> impl Future<Output = Vec<bool>> + Send;
}

/// Delivers entries in as few requests as the service allows, and again those that it refused. The answer
/// is the first record of which something is undelivered after all retries.
pub(crate) async fn deliver<S: Sink>(sink: &S, mut entries: Vec<Entry<S::Payload>>) -> Option<usize> {
    let deadline = Instant::now() + BUDGET;
    let mut backoff = FIRST_BACKOFF;
    for retry in 0..=RETRIES {
        if retry > 0 {
            // Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
            tokio::time::sleep(backoff.mul_f64(fastrand::f64())).await;
            backoff *= 2;
        }
        let mut refused = Vec::new();
        while !entries.is_empty() {
            if Instant::now() >= deadline {
                refused.append(&mut entries);
                break;
            }
            let request: Vec<_> = entries.drain(..first_request::<S>(&entries)).collect();
            let delivered = sink.send(&request).await;
            let answers = delivered.into_iter().chain(std::iter::repeat(false));
            refused.extend(
                request.into_iter().zip(answers).filter_map(|(entry, delivered)| (!delivered).then_some(entry)),
            );
        }
        entries = refused;
        if entries.is_empty() || Instant::now() >= deadline {
            break;
        }
    }
    entries.iter().map(|entry| entry.record).min()
}

/// How many of the entries fit one request; one that is too large by itself is sent, to be refused.
fn first_request<S: Sink>(entries: &[Entry<S::Payload>]) -> usize {
    let mut bytes = 0;
    let fitting = entries.iter().take(S::MAX_ENTRIES).take_while(|entry| {
        bytes += entry.size;
        bytes <= S::MAX_BYTES
    });
    fitting.count().max(1)
}
