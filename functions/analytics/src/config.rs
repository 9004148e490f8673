//! What the function is told by its environment.

use lambda_boot::{InvalidEnvironment, Variables};
use local_day::Zone;

/// The function's settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where minutes and days are.
    pub aggregates_table: String,
    /// Whose days they are.
    pub time_zone: Zone,
    /// Days after a day during which late events may still change its numbers.
    pub late_days: u32,
}

impl Config {
    /// From the process's environment, complete or not at all.
    pub fn from_env() -> Result<Self, InvalidEnvironment> {
        Variables::from_env(Self::read)
    }

    fn read(variables: &mut Variables<'_>) -> Self {
        Self {
            aggregates_table: variables.required("AGGREGATES_TABLE"),
            time_zone: variables.parsed("TIME_ZONE", "an IANA time zone, such as America/Sao_Paulo"),
            late_days: variables.parsed("LATE_DAYS", "a whole number of days"),
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
