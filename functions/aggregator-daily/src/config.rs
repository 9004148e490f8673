//! What the function is told by its environment.

use lambda_boot::{InvalidEnvironment, Variables};
use local_day::Zone;

/// The function's settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where days go.
    pub aggregates_table: String,
    /// Athena's workgroup, which says where results go and how much a query may scan.
    pub athena_workgroup: String,
    /// The database of the lake's table.
    pub glue_database: String,
    /// What was refused.
    pub quarantine_bucket: String,
    /// `EventBridge`'s bus.
    pub bus_name: String,
    /// Whose day it is.
    pub time_zone: Zone,
    /// Days before today that a late event may still change.
    pub late_days: u32,
    /// Days for which the lake keeps what arrived.
    pub lake_retention_days: u32,
    /// Days for which the quarantine keeps what it took in.
    pub quarantine_retention_days: u32,
    /// Days after its end for which a day is kept.
    pub day_retention_days: u32,
    /// Where days are stored as pages to look at, if they are.
    pub reports_bucket: Option<String>,
}

impl Config {
    /// From the process's environment, complete or not at all.
    pub fn from_env() -> Result<Self, InvalidEnvironment> {
        Variables::from_env(Self::read)
    }

    fn read(variables: &mut Variables<'_>) -> Self {
        Self {
            aggregates_table: variables.required("AGGREGATES_TABLE"),
            athena_workgroup: variables.required("ATHENA_WORKGROUP"),
            glue_database: variables.required("GLUE_DATABASE"),
            quarantine_bucket: variables.required("QUARANTINE_BUCKET"),
            bus_name: variables.required("BUS_NAME"),
            time_zone: variables.parsed("TIME_ZONE", "an IANA time zone, such as America/Sao_Paulo"),
            late_days: variables.parsed("LATE_DAYS", "a whole number of days"),
            lake_retention_days: variables.parsed("LAKE_RETENTION_DAYS", "a whole number of days"),
            quarantine_retention_days: variables.parsed("QUARANTINE_RETENTION_DAYS", "a whole number of days"),
            day_retention_days: variables.parsed("DAY_RETENTION_DAYS", "a whole number of days"),
            reports_bucket: variables.optional("REPORTS_BUCKET"),
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
