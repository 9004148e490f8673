//! What the function is told by its environment.

use lambda_boot::{InvalidEnvironment, Variables};

/// The function's settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The event log's table.
    pub events_table: String,
    /// Where refused input is kept.
    pub quarantine_bucket: String,
    /// Secrets Manager's id of the secrets that Radar signs with.
    pub radar_secret_id: String,
    /// The same for Standard Webhooks.
    pub standard_webhooks_secret_id: String,
    /// Days after which an event may leave the log (it stays in the lake).
    pub event_retention_days: u32,
    /// What a provider is told whose whole request was quarantined.
    pub quarantine_status: QuarantineStatus,
    /// The store of Radar's signing ids, where the environment has one.
    pub signing_ids_table: Option<String>,
}

/// How a request is answered of which nothing was valid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum QuarantineStatus {
    /// With 422 or 400: the sender learns of its mistake.
    #[default]
    Reject,
    /// With 202: for a provider that switches failing endpoints off.
    Accept,
}

impl std::str::FromStr for QuarantineStatus {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "reject" => Ok(Self::Reject),
            "accept" => Ok(Self::Accept),
            _ => Err(()),
        }
    }
}

impl Config {
    /// From the process's environment, complete or not at all.
    pub fn from_env() -> Result<Self, InvalidEnvironment> {
        Variables::from_env(Self::read)
    }

    fn read(variables: &mut Variables<'_>) -> Self {
        Self {
            events_table: variables.required("EVENTS_TABLE"),
            quarantine_bucket: variables.required("QUARANTINE_BUCKET"),
            radar_secret_id: variables.required("RADAR_SECRET_ID"),
            standard_webhooks_secret_id: variables.required("STANDARD_WEBHOOKS_SECRET_ID"),
            event_retention_days: variables.parsed("EVENT_RETENTION_DAYS", "a whole number of days"),
            quarantine_status: variables.parsed("QUARANTINE_STATUS", "reject or accept"),
            signing_ids_table: variables.optional("SIGNING_IDS_TABLE"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_construct_sets() {
        Variables::assert_listed(Config::read, include_str!("../environment.json"));
    }
}
