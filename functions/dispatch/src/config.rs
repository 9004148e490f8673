//! What the function is told by its environment.

use lambda_boot::{InvalidEnvironment, Variables};
use local_day::Zone;

/// The function's settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The table of assignments.
    pub assignments_table: String,
    /// Lists, plans and stored answers.
    pub dispatch_bucket: String,
    /// Whose day it is.
    pub time_zone: Zone,
    /// Days after which an assignment may leave the table.
    pub assignment_retention_days: u32,
}

impl Config {
    /// From the process's environment, complete or not at all.
    pub fn from_env() -> Result<Self, InvalidEnvironment> {
        Variables::from_env(Self::read)
    }

    fn read(variables: &mut Variables<'_>) -> Self {
        Self {
            assignments_table: variables.required("ASSIGNMENTS_TABLE"),
            dispatch_bucket: variables.required("DISPATCH_BUCKET"),
            time_zone: variables.parsed("TIME_ZONE", "an IANA time zone, such as America/Sao_Paulo"),
            assignment_retention_days: variables.parsed("ASSIGNMENT_RETENTION_DAYS", "a whole number of days"),
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
