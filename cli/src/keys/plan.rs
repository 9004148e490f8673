//! A usage plan's API keys.

use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result};
use aws_sdk_apigateway::Client;
use aws_sdk_apigateway::primitives::DateTime;
use aws_sdk_apigateway::types::ApiKey;
use location_event::Timestamp;
use serde::Serialize;

use crate::deployment::Deployment;

/// A usage plan.
pub(crate) struct Plan {
    client: Client,
    id: String,
}

/// An API key of it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    /// To the second.
    pub(crate) created_at: Option<Timestamp>,
    pub(crate) enabled: bool,
    /// Known only when it is made, or asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) value: Option<String>,
}

impl Plan {
    /// The one with this id, or the one that is deployed.
    pub(crate) fn of(deployment: &Deployment, id: Option<&str>) -> Result<Self> {
        let id = id.map_or_else(|| deployment.output("UsagePlanId"), Ok)?.to_owned();
        Ok(Self { client: Client::new(&deployment.sdk), id })
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Its keys without their values, oldest first.
    pub(crate) async fn keys(&self) -> Result<Vec<Key>> {
        let attached = self.client.get_usage_plan_keys().usage_plan_id(&self.id).into_paginator().items().send();
        let attached =
            attached.try_collect().await.with_context(|| format!("no keys of usage plan {} to be had", self.id))?;
        let ids: Vec<_> = attached.into_iter().filter_map(|key| key.id).collect();
        // Which keys a plan has says one request, when they were made another.
        let all = self.client.get_api_keys().include_values(false).into_paginator().items().send();
        let all = all.try_collect().await.context("the API keys cannot be listed")?;
        let mut keys: Vec<_> = all.into_iter().map(Key::from).filter(|key| ids.contains(&key.id)).collect();
        keys.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        Ok(keys)
    }

    /// A consumer's, oldest first.
    pub(crate) async fn keys_of(&self, name: &str) -> Result<Vec<Key>> {
        Ok(self.keys().await?.into_iter().filter(|key| key.name == name).collect())
    }

    /// Makes a key with its value, newer than those before it.
    pub(crate) async fn issue(&self, name: &str, description: Option<&str>, before: &[Key]) -> Result<Key> {
        // Keys are dated to the second, and the newest has to be told from the others.
        let second = |at: Timestamp| at.as_millis() / 1000;
        let now = second(SystemTime::now().into());
        if before.iter().any(|key| key.created_at.is_some_and(|at| second(at) >= now)) {
            tokio::time::sleep(Duration::from_millis(1100)).await;
        }
        let made =
            self.client.create_api_key().name(name).set_description(description.map(ToOwned::to_owned)).enabled(true);
        let made = made.send().await.with_context(|| format!("no key can be made for {name}"))?;
        let key = Key {
            id: made.id.unwrap_or_default(),
            name: name.to_owned(),
            description: made.description,
            created_at: made.created_date.and_then(timestamp),
            enabled: made.enabled,
            value: made.value,
        };
        let attach = self.client.create_usage_plan_key().usage_plan_id(&self.id).key_id(&key.id).key_type("API_KEY");
        if let Err(error) = attach.send().await {
            // Without a plan it opens nothing, and would only be in the way.
            self.revoke(&key).await?;
            return Err(error).with_context(|| format!("the key cannot be added to the usage plan {}", self.id));
        }
        Ok(key)
    }

    /// A key's value.
    pub(crate) async fn value(&self, key: &Key) -> Result<String> {
        let known = self.client.get_api_key().api_key(&key.id).include_value(true).send().await;
        let known = known.with_context(|| format!("the key {} cannot be read", key.id))?;
        known.value.with_context(|| format!("the key {} has no value", key.id))
    }

    pub(crate) async fn revoke(&self, key: &Key) -> Result<()> {
        let deleted = self.client.delete_api_key().api_key(&key.id).send().await;
        deleted.with_context(|| format!("the key {} of {} cannot be deleted", key.id, key.name))?;
        Ok(())
    }
}

impl From<ApiKey> for Key {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id.unwrap_or_default(),
            name: key.name.unwrap_or_default(),
            description: key.description.filter(|text| !text.is_empty()),
            created_at: key.created_date.and_then(timestamp),
            enabled: key.enabled,
            value: None,
        }
    }
}

fn timestamp(at: DateTime) -> Option<Timestamp> {
    Timestamp::from_millis(at.secs() * 1000).ok()
}
