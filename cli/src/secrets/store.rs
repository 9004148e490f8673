//! One scheme's secrets in Secrets Manager.

use anyhow::{Context as _, Result, anyhow};
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::operation::update_secret_version_stage::UpdateSecretVersionStageError;
use location_event::SignatureScheme;
use serde_json::{Map, Value};

use crate::deployment::Deployment;

const CURRENT: &str = "AWSCURRENT";
const PENDING: &str = "AWSPENDING";

pub(crate) struct Store {
    client: Client,
    id: String,
}

/// The secrets as they are.
pub(crate) struct Held {
    pub(crate) fields: Map<String, Value>,
    pub(crate) version_id: String,
    /// Seconds since 1970.
    pub(crate) changed_at_s: i64,
}

impl Store {
    pub(crate) fn of(deployment: &Deployment, scheme: SignatureScheme) -> Result<Self> {
        let output = match scheme {
            SignatureScheme::Radar => "RadarSecret",
            SignatureScheme::StandardWebhooks => "StandardWebhooksSecret",
        };
        Ok(Self { client: Client::new(&deployment.sdk), id: deployment.output(output)?.to_owned() })
    }

    pub(crate) async fn read(&self) -> Result<Held> {
        let Self { client, id } = self;
        let read = client.get_secret_value().secret_id(id).send().await;
        let read = read.with_context(|| format!("the secret {id} cannot be read"))?;
        // The parser's message would quote the secret.
        let fields = read.secret_string().and_then(|text| serde_json::from_str(text).ok());
        let fields = fields.with_context(|| {
            format!("the secret {id} is not the JSON object that it must be: docs/api/signing.md shows it")
        })?;
        let version_id = read.version_id.with_context(|| format!("the secret {id} has no version"))?;
        let changed_at_s = read.created_date.map_or(0, |at| at.secs());
        Ok(Held { fields, version_id, changed_at_s })
    }

    /// Replaces what was read, unless somebody else has meanwhile; returns the new version's id.
    ///
    /// Writing a version cannot be conditional, but moving the label that makes it the current one is.
    pub(crate) async fn replace(&self, held: &Held, fields: Map<String, Value>) -> Result<String> {
        let Self { client, id } = self;
        let text = Value::Object(fields).to_string();
        let put = client.put_secret_value().secret_id(id).secret_string(text).version_stages(PENDING).send().await;
        let put = put.with_context(|| format!("the secret {id} cannot be written"))?;
        let version_id = put.version_id.with_context(|| format!("the secret {id} got no version"))?;
        let promoted = client
            .update_secret_version_stage()
            .secret_id(id)
            .version_stage(CURRENT)
            .move_to_version_id(&version_id)
            .remove_from_version_id(&held.version_id)
            .send()
            .await;
        let Err(error) = promoted else { return Ok(version_id) };
        let overtaken = matches!(
            error.as_service_error(),
            Some(
                UpdateSecretVersionStageError::InvalidParameterException(_)
                    | UpdateSecretVersionStageError::InvalidRequestException(_)
            )
        );
        // The label may have been moved, and the answer lost: the SDK's next try then finds it gone from where it was.
        if overtaken {
            let current = self.read().await.with_context(|| {
                format!(
                    "nobody knows whether version {version_id} of the secret {id} is current: look, and run it again"
                )
            })?;
            if current.version_id == version_id {
                return Ok(version_id);
            }
        }
        // Without a label, Secrets Manager forgets the version.
        let dropped = client.update_secret_version_stage().secret_id(id).version_stage(PENDING);
        let dropped = dropped.remove_from_version_id(&version_id).send().await;
        if overtaken {
            return Err(anyhow!(
                "somebody else has changed the secret {id} at the same time; nothing was changed here: look, and run \
                 it again"
            ));
        }
        dropped.with_context(|| format!("the version {version_id} of the secret {id} is left over"))?;
        Err(error).with_context(|| format!("the secret {id} cannot be changed"))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use aws_credential_types::Credentials;
    use aws_credential_types::provider::SharedCredentialsProvider;
    use aws_smithy_http_client::test_util::infallible_client_fn;
    use aws_smithy_types::body::SdkBody;
    use aws_types::SdkConfig;
    use aws_types::region::Region;
    use serde_json::json;
    use ureq::http::{Request, Response};

    use super::*;

    /// A store whose label is at version `at`, and at `seen` when it is read; and what it is asked.
    fn store(at: &'static str, seen_at: &'static str) -> (Store, Arc<Mutex<Vec<Value>>>) {
        let asked: Arc<Mutex<Vec<Value>>> = Arc::default();
        let seen = Arc::clone(&asked);
        let client = infallible_client_fn(move |request: Request<SdkBody>| {
            let body: Value = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
            let refused = body["RemoveFromVersionId"] != json!(at) && body["VersionStage"] == CURRENT;
            let is_read = request.headers()["x-amz-target"].to_str().unwrap().ends_with("GetSecretValue");
            seen.lock().unwrap().push(body);
            let (status, answer) = if refused {
                (400, r#"{"__type":"InvalidParameterException","Message":"not attached"}"#.to_owned())
            } else if is_read {
                (200, json!({"VersionId": seen_at, "SecretString": "{}"}).to_string())
            } else {
                (200, r#"{"VersionId":"v2"}"#.to_owned())
            };
            Response::builder().status(status).body(SdkBody::from(answer)).unwrap()
        });
        let sdk = SdkConfig::builder()
            .behavior_version(aws_config::BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new("a", "b", None, None, "test")))
            .http_client(client)
            .build();
        (Store { client: Client::new(&sdk), id: "radar".to_owned() }, asked)
    }

    fn held() -> Held {
        Held { fields: Map::new(), version_id: "v1".to_owned(), changed_at_s: 0 }
    }

    #[tokio::test]
    async fn a_version_becomes_current_in_place_of_the_one_that_was_read() {
        let (store, asked) = store("v1", "v1");
        assert_eq!(store.replace(&held(), Map::new()).await.unwrap(), "v2");
        let asked = asked.lock().unwrap();
        assert_eq!(asked[0]["VersionStages"], json!([PENDING]));
        assert_eq!((&asked[1]["MoveToVersionId"], &asked[1]["RemoveFromVersionId"]), (&json!("v2"), &json!("v1")));
    }

    #[tokio::test]
    async fn who_was_overtaken_changes_nothing_and_leaves_nothing() {
        let (store, asked) = store("another's", "another's");
        let error = store.replace(&held(), Map::new()).await.err().unwrap().to_string();
        assert!(error.contains("at the same time"), "{error}");
        let asked = asked.lock().unwrap();
        let last = asked.last().unwrap();
        assert_eq!((&last["VersionStage"], &last["RemoveFromVersionId"]), (&json!(PENDING), &json!("v2")));
    }

    #[tokio::test]
    async fn who_was_answered_too_late_is_not_overtaken() {
        // The SDK's second try of a move that had been made.
        let (store, asked) = store("v2", "v2");
        assert_eq!(store.replace(&held(), Map::new()).await.unwrap(), "v2");
        // Nothing is taken back.
        assert_eq!(asked.lock().unwrap().last().unwrap(), &json!({"SecretId": "radar"}));
    }
}
