//! Which milkrun an operator's command works on: an environment on AWS, or the one that `make up` started.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use anyhow::{Context as _, Result, anyhow};
use aws_sdk_cloudformation::error::ProvideErrorMetadata as _;
use aws_types::SdkConfig;
use serde::Deserialize;

use crate::{aws, failure, http};

/// The stacks whose outputs say what is where.
const ROLES: [&str; 5] = ["data", "write-edge", "outbox", "analytics", "read-edge"];

/// Which one: the options of every operator's command.
#[derive(clap::Args)]
pub(crate) struct Target {
    /// An environment on AWS: dev, test or prod, with the credentials and the region of your shell
    #[arg(long, value_name = "ENVIRONMENT")]
    env: Option<String>,
    /// Without --env: what `make up` wrote about the milkrun that it started
    #[arg(long, value_name = "FILE", env = "MILKRUN_LOCAL", default_value = ".milkrun/local.json")]
    local: PathBuf,
}

/// A deployed milkrun: its AWS clients' configuration, and what its stacks say is where.
pub(crate) struct Deployment {
    /// `dev`, `test`, `prod`, `local`.
    pub(crate) name: String,
    pub(crate) sdk: SdkConfig,
    /// By output key, such as `EventsTable`.
    outputs: BTreeMap<String, String>,
}

/// What `local.json` says of the emulator.
#[derive(Deserialize)]
struct Emulator {
    aws_endpoint: String,
    region: String,
}

impl Target {
    /// Has something done on it, to the end, and says what to do where that fails.
    pub(crate) fn run<T>(&self, work: impl AsyncFnOnce(&Deployment) -> Result<T>) -> Result<T> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("the operating system refused what asynchronous input and output needs")?;
        runtime.block_on(async {
            let (name, sdk) = match &self.env {
                Some(name) => (name.clone(), aws::shell().await?),
                None => ("local".to_owned(), self.emulator()?),
            };
            let place = sdk.endpoint_url().unwrap_or(&name).to_owned();
            let worked = async {
                let outputs = outputs(&sdk, &name).await?;
                work(&Deployment { name, sdk, outputs }).await
            };
            worked.await.map_err(|error| failure::explain(&error, &place))
        })
    }

    fn emulator(&self) -> Result<SdkConfig> {
        let file = self.local.display();
        let text = fs::read_to_string(&self.local).map_err(|error| match error.kind() {
            ErrorKind::NotFound => anyhow!(
                "there is no {file}: name an environment on AWS with --env, or run `make up` to have milkrun here"
            ),
            _ => anyhow!("{file} cannot be read ({error})"),
        })?;
        let Emulator { aws_endpoint, region } = serde_json::from_str(&text).map_err(|error| {
            anyhow!("{file} is not what this version of `make up` writes ({error}): run `make up` again")
        })?;
        Ok(aws::emulator(&aws_endpoint, &region))
    }
}

async fn outputs(sdk: &SdkConfig, environment: &str) -> Result<BTreeMap<String, String>> {
    let client = aws_sdk_cloudformation::Client::new(sdk);
    let mut outputs = BTreeMap::new();
    for role in ROLES {
        let stack = format!("milkrun-{environment}-{role}");
        let described = client.describe_stacks().stack_name(&stack).send().await.map_err(|error| {
            if error.code() == Some("ValidationError") {
                let region = sdk.region().map_or("", |region| region.as_ref());
                anyhow!("there is no stack {stack} in {region} of this account: are the credentials those of {environment}, and is it deployed?")
            } else {
                anyhow::Error::new(error).context(format!("the stack {stack} cannot be described"))
            }
        })?;
        for output in described.stacks().iter().flat_map(|stack| stack.outputs()) {
            if let (Some(key), Some(value)) = (output.output_key(), output.output_value()) {
                outputs.insert(key.to_owned(), value.to_owned());
            }
        }
    }
    Ok(outputs)
}

impl Deployment {
    /// What the stacks say under this key.
    pub(crate) fn output(&self, key: &str) -> Result<&str> {
        let known = self.outputs.get(key).map(String::as_str);
        known.with_context(|| format!("the stacks of {} have no output {key}: deploy this version first", self.name))
    }

    /// The write edge, up to and without `/v1`.
    pub(crate) fn write_edge(&self) -> Result<String> {
        match self.sdk.endpoint_url() {
            // The stage of an HTTP API is called `$default`.
            Some(emulator) => Ok(format!("{emulator}/_aws/execute-api/{}/%24default", self.output("WriteApiId")?)),
            None => Ok(self.output("WriteApiUrl")?.trim_end_matches('/').to_owned()),
        }
    }

    /// The read edge, up to and without `/v1`.
    pub(crate) fn read_edge(&self) -> Result<String> {
        match self.sdk.endpoint_url() {
            Some(emulator) => {
                let (api, stage) = (self.output("ReadApiId")?, self.output("ReadApiStage")?);
                Ok(format!("{emulator}/_aws/execute-api/{api}/{stage}"))
            }
            None => Ok(self.output("ReadApiUrl")?.trim_end_matches('/').to_owned()),
        }
    }

    /// A client for both edges.
    pub(crate) fn http(&self) -> http::Client {
        if self.sdk.endpoint_url().is_some() { http::Client::new() } else { http::Client::with_proxy_of_environment() }
    }

    /// S3.
    pub(crate) fn s3(&self) -> aws_sdk_s3::Client {
        aws::s3(&self.sdk)
    }
}
