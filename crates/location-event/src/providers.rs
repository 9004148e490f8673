//! The providers whose payloads are accepted. Adding one is a module here and a line in [`PROVIDERS`]
//! (and a route in `cdk/`); `docs/ARCHITECTURE.md` has the checklist.

mod positions;
mod radar;

use wire_json::Json;

use crate::{Fault, LocationEvent, Reason, Timestamp};

/// Every provider, found by its route.
pub const PROVIDERS: [Provider; 2] = [radar::PROVIDER, positions::PROVIDER];

/// The most events accepted in one request. A body of 64 KiB rarely holds more, and each is a write.
pub const MAX_EVENTS: usize = 100;

/// How a provider proves that a request is its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureScheme {
    /// `X-Radar-Signature`: HMAC-SHA1 over the signing id. The body is not covered.
    Radar,
    /// Standard Webhooks: HMAC-SHA256 over id, timestamp and body.
    StandardWebhooks,
}

/// One provider: where it posts, how it signs, and how its payload reads.
#[derive(Clone, Copy, Debug)]
pub struct Provider {
    /// A short name, for logs and object keys.
    pub name: &'static str,
    /// The path that it posts to; one further segment may follow, the path token.
    pub route: &'static str,
    /// How its requests are authenticated.
    pub signature: SignatureScheme,
    /// Finds the events in a body.
    events: for<'a> fn(Json<'a>, Timestamp) -> Result<Vec<Outcome>, Fault>,
}

/// What became of one event of a request.
pub type Outcome = Result<LocationEvent, Fault>;

impl Provider {
    /// Turns a request body into canonical events, in the order they came, faults in their places.
    ///
    /// `Err` where the body as a whole is none of the provider's envelopes: the reason is `not_json`,
    /// `not_an_event` or `too_many_events`.
    pub fn normalise(&self, body: &[u8], received_at: Timestamp) -> Result<Vec<Outcome>, Fault> {
        let not_json = |detail: String| Fault::new(Reason::NotJson, detail);
        let text = std::str::from_utf8(body).map_err(|error| not_json(format!("the body is not UTF-8: {error}")))?;
        // The message has the place and no content: `expected value at line 1 column 1`.
        let json = Json::parse(text).map_err(|error| not_json(format!("the body is not JSON: {error}")))?;
        (self.events)(json, received_at)
    }
}

/// Refuses a request of more events than are accepted.
fn check_count(events: usize) -> Result<(), Fault> {
    if events > MAX_EVENTS {
        let detail = format!("the request has {events} events; at most {MAX_EVENTS} are accepted");
        return Err(Fault::new(Reason::TooManyEvents, detail));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
