//! A day: who drives and what is to be carried.

use foldhash::HashMap;

use crate::list::{self, Fault};
use crate::{Driver, Package};

/// Both lists of a day, checked.
#[derive(Clone, Debug)]
pub struct Day<'a> {
    /// In the order of their list.
    pub drivers: Vec<Driver>,
    /// In the order of their list.
    pub packages: Vec<Package<'a>>,
}

impl<'a> Day<'a> {
    /// Reads both lists' texts; all faults of both are the error.
    pub fn read(drivers: &str, packages: &'a str) -> Result<Self, Vec<Fault>> {
        match (list::drivers(drivers), list::packages(packages)) {
            (Ok(drivers), Ok(packages)) => Ok(Self { drivers, packages }),
            (drivers, packages) => Err([drivers.err(), packages.err()].into_iter().flatten().flatten().collect()),
        }
    }

    /// The drivers' places by their ids.
    pub fn drivers_by_id(&self) -> HashMap<&str, usize> {
        self.drivers.iter().enumerate().map(|(index, driver)| (driver.id.as_str(), index)).collect()
    }
}
