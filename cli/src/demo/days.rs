//! The days of the run: computed now instead of by their schedule, and read as a consumer reads them.

use aggregation::day::{Day as Numbers, Driver};
use anyhow::Result;
use aws_types::SdkConfig;
use daily_report::Stamp;

use super::drive::Run;
use crate::environment::Environment;
use crate::http::Client;
use crate::{daily, report};

/// A day on which the run's driver was on the way.
pub(crate) struct Day {
    /// Everybody's.
    pub(crate) numbers: Numbers,
    pub(crate) stamp: Stamp,
    pub(crate) driver: Driver,
}

/// Has the days computed that late events may still change: today, whatever time zone the environment has, and days
/// before it, in which the drive may have begun. Returns those that know the run's driver, oldest first.
pub(crate) async fn computed(sdk: &SdkConfig, http: &Client, environment: &Environment, run: &Run) -> Result<Vec<Day>> {
    let mut days = Vec::new();
    for computed in daily::compute(sdk, &environment.aggregator_daily_function, &[]).await?.days {
        let (numbers, stamp) = report::day::read(http, environment, &computed.date)?;
        let driver = numbers.drivers.iter().find(|driver| driver.driver_id == run.driver()).cloned();
        days.extend(driver.map(|driver| Day { numbers, stamp, driver }));
    }
    Ok(days)
}
