//! The store of Radar's signing ids, for environments that switch it on.
//!
//! Radar signs an id and not the body, so a captured pair of headers would pass any body. Here the first
//! body that comes with an id is the only one: one more write a request buys that.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;

/// The table, as `ingest` sees it.
pub(crate) struct SigningIds {
    client: Client,
    table: String,
}

/// What a claim found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    /// The id is new, or came with the same body before.
    Granted,
    /// The id came with another body before.
    Taken,
}

/// The store did not answer.
#[derive(Debug, thiserror::Error)]
#[error("the store of signing ids is unavailable")]
pub(crate) struct ClaimError(#[source] Box<dyn std::error::Error + Send + Sync>);

impl SigningIds {
    pub(crate) fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Binds a signing id to a body, until `expires_at` (seconds since 1970).
    pub(crate) async fn claim(
        &self,
        signing_id: &str,
        body_digest: &str,
        expires_at: i64,
    ) -> Result<Claim, ClaimError> {
        let outcome = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("signing_id", AttributeValue::S(signing_id.to_owned()))
            .item("body_digest", AttributeValue::S(body_digest.to_owned()))
            .item("expires_at", AttributeValue::N(expires_at.to_string()))
            .condition_expression("attribute_not_exists(signing_id) OR body_digest = :digest")
            .expression_attribute_values(":digest", AttributeValue::S(body_digest.to_owned()))
            .send()
            .await;
        match outcome {
            Ok(_) => Ok(Claim::Granted),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => {
                Ok(Claim::Taken)
            }
            Err(error) => Err(ClaimError(error.into())),
        }
    }
}
