//! Which milkrun a command talks to: the one that `make up` started here.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow};
use aws_types::SdkConfig;
use serde::Deserialize;

use crate::aws;
use crate::failure::is_refused;

/// Where to find out: the option of every command that talks to milkrun.
#[derive(clap::Args)]
pub(crate) struct Source {
    /// What `make up` wrote about the milkrun that it started
    #[arg(long, value_name = "FILE", env = "MILKRUN_LOCAL", default_value = ".milkrun/local.json")]
    local: PathBuf,
}

/// The addresses, names and secrets of a running milkrun, as far as commands use them.
#[derive(Deserialize)]
pub(crate) struct Environment {
    aws_endpoint: String,
    region: String,
    /// `POST /v1/webhooks/radar`.
    pub(crate) webhook_url: String,
    /// `POST /v1/positions`.
    pub(crate) positions_url: String,
    /// The read edge, up to and without `/v1`.
    pub(crate) api_url: String,
    pub(crate) api_key: String,
    pub(crate) radar_secret: String,
    pub(crate) standard_webhooks_secret: String,
    pub(crate) quarantine_bucket: String,
    /// Where dispatch takes a day's lists from.
    pub(crate) dispatch_bucket: String,
    pub(crate) subscriber_queue_url: String,
    pub(crate) glue_database: String,
    pub(crate) athena_workgroup: String,
    /// The function that computes days' numbers.
    pub(crate) aggregator_daily_function: String,
    /// The directory of the file that this was read from; the emulator's log is beside it.
    #[serde(skip)]
    pub(crate) state: PathBuf,
}

impl Source {
    pub(crate) fn read(&self) -> Result<Environment> {
        let file = self.local.display();
        let text = fs::read_to_string(&self.local).map_err(|error| match error.kind() {
            ErrorKind::NotFound => anyhow!("there is no {file}: milkrun is not up, run `make up` first"),
            _ => anyhow!("{file} cannot be read ({error}): make it readable, or run `make up` again"),
        })?;
        Environment::parse(&text, self.local.parent().unwrap_or(Path::new(""))).map_err(|error| {
            anyhow!("{file} is not what this version of `make up` writes ({error}): run `make up` again")
        })
    }
}

impl Environment {
    fn parse(text: &str, state: &Path) -> Result<Self> {
        Ok(Self { state: state.to_owned(), ..serde_json::from_str(text)? })
    }

    /// The configuration of the emulator's AWS clients.
    pub(crate) fn aws(&self) -> SdkConfig {
        aws::emulator(&self.aws_endpoint, &self.region)
    }

    /// Runs to the end, and explains what fails.
    pub(crate) fn wait<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("the operating system refused what asynchronous input and output needs")?;
        runtime.block_on(work).map_err(|error| self.explain(&error))
    }

    /// Ends an error of the network, or of what is behind it, with what to do about it.
    pub(crate) fn explain(&self, error: &anyhow::Error) -> anyhow::Error {
        let endpoint = &self.aws_endpoint;
        if error.chain().any(is_refused) {
            return anyhow!("nothing answers at {endpoint}: the emulator is not running, run `make up` first");
        }
        let log = self.state.join("emulator.log");
        anyhow!(
            "{error:#}; `make logs` shows what the functions say and {} what the emulator does, or start afresh with \
             `make down` and `make up`",
            log.display()
        )
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Nothing listens there.
    const UNREACHABLE: &str = r#"{
        "aws_endpoint": "http://127.0.0.1:9", "region": "us-east-1", "webhook_url": "http://127.0.0.1:9/w",
        "positions_url": "http://127.0.0.1:9/p", "api_url": "http://127.0.0.1:9/r", "api_key": "key",
        "radar_secret": "secret", "standard_webhooks_secret": "whsec_c2VjcmV0", "quarantine_bucket": "q",
        "dispatch_bucket": "d", "subscriber_queue_url": "http://127.0.0.1:9/000000000000/q",
        "glue_database": "milkrun", "athena_workgroup": "milkrun",
        "aggregator_daily_function": "daily", "bus": "of no use here"
    }"#;

    pub(crate) fn unreachable() -> Environment {
        Environment::parse(UNREACHABLE, Path::new(".milkrun")).unwrap()
    }

    #[test]
    fn without_the_file_it_says_make_up() {
        let source = Source { local: PathBuf::from("no/such/local.json") };
        let error = source.read().err().unwrap();
        assert_eq!(format!("{error:#}"), "there is no no/such/local.json: milkrun is not up, run `make up` first");
    }

    #[test]
    fn a_file_of_another_version_is_named() {
        let error = Environment::parse(r#"{"region":"us-east-1"}"#, Path::new("")).err().unwrap();
        assert!(format!("{error:#}").contains("missing field `aws_endpoint`"), "{error:#}");
    }

    #[test]
    fn a_file_from_before_a_key_was_written_says_make_up() {
        for key in ["dispatch_bucket", "aggregator_daily_function"] {
            let directory = std::env::temp_dir().join(format!("milkrun-local-{:016x}", fastrand::u64(..)));
            fs::create_dir(&directory).unwrap();
            let local = directory.join("local.json");
            fs::write(&local, UNREACHABLE.replace(key, "another_key")).unwrap();
            let error = Source { local }.read().err().unwrap().to_string();
            fs::remove_dir_all(&directory).unwrap();
            let missing = format!("missing field `{key}`");
            assert!(error.contains(&missing) && error.ends_with("run `make up` again"), "{error}");
        }
    }

    #[tokio::test]
    async fn a_refused_connection_says_make_up() {
        let environment = unreachable();
        let by_http = crate::http::Client::new().get(&environment.webhook_url, &[], &[]).err().unwrap();
        let by_sdk = aws_sdk_sqs::Client::new(&environment.aws()).list_queues().send().await.err().unwrap();
        for error in [by_http, anyhow::Error::new(by_sdk).context("the queue cannot be read")] {
            assert!(environment.explain(&error).to_string().ends_with("run `make up` first"), "{error:#}");
        }
    }
}
