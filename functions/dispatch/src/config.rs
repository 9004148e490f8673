//! What the function is told by its environment.

use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use lambda_boot::{InvalidEnvironment, Variables};

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

/// A time zone by its IANA name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone(TimeZone);

impl Default for Zone {
    fn default() -> Self {
        Self(TimeZone::UTC)
    }
}

impl FromStr for Zone {
    type Err = jiff::Error;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        TimeZone::get(name).map(Self)
    }
}

impl Zone {
    /// The day that it is there.
    pub(crate) fn today(&self, now: location_event::Timestamp) -> Date {
        // Both kinds of timestamps cover the years to 9999.
        Timestamp::from_millisecond(now.as_millis()).unwrap_or(Timestamp::MAX).to_zoned(self.0.clone()).date()
    }
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

    #[test]
    fn a_day_begins_at_midnight_in_its_zone() {
        let zone: Zone = "America/Sao_Paulo".parse().unwrap();
        let today = |time: &str| zone.today(time.parse().unwrap()).to_string();
        assert_eq!(today("2026-11-20T02:59:59.999Z"), "2026-11-19");
        assert_eq!(today("2026-11-20T03:00:00.000Z"), "2026-11-20");
        assert!("Mars/Olympus".parse::<Zone>().is_err());
    }
}
