//! What the function is told by its environment.

use lambda_boot::{InvalidEnvironment, Variables};

/// The function's settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Firehose's stream into the lake.
    pub delivery_stream: String,
    /// EventBridge's bus.
    pub bus_name: String,
    /// The table of assignments, whose stream is the second one that is relayed.
    pub assignments_table: String,
    /// Firehose's stream into the operations log's assignments.
    pub assignments_log_stream: String,
    /// Firehose's stream into the operations log's updates.
    pub updates_log_stream: String,
}

impl Config {
    /// From the process's environment, complete or not at all.
    pub fn from_env() -> Result<Self, InvalidEnvironment> {
        Variables::from_env(Self::read)
    }

    fn read(variables: &mut Variables<'_>) -> Self {
        Self {
            delivery_stream: variables.required("DELIVERY_STREAM"),
            bus_name: variables.required("BUS_NAME"),
            assignments_table: variables.required("ASSIGNMENTS_TABLE"),
            assignments_log_stream: variables.required("ASSIGNMENTS_LOG_STREAM"),
            updates_log_stream: variables.required("UPDATES_LOG_STREAM"),
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
