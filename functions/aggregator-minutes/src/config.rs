//! What the function is told by its environment.

use lambda_boot::{InvalidEnvironment, Variables};

/// The function's settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The event log's table.
    pub events_table: String,
    /// Where minutes are written.
    pub aggregates_table: String,
    /// Days after which a minute may leave the table.
    pub minute_retention_days: u32,
}

impl Config {
    /// From the process's environment, complete or not at all.
    pub fn from_env() -> Result<Self, InvalidEnvironment> {
        Variables::from_env(Self::read)
    }

    fn read(variables: &mut Variables<'_>) -> Self {
        Self {
            events_table: variables.required("EVENTS_TABLE"),
            aggregates_table: variables.required("AGGREGATES_TABLE"),
            minute_retention_days: variables.parsed("MINUTE_RETENTION_DAYS", "a whole number of days"),
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
