//! A day: who drives and what is to be carried.

use foldhash::HashMap;

use crate::{Driver, Faults, Package, list};

/// Both lists of a day, checked.
#[derive(Clone, Debug)]
pub struct Day<'a> {
    /// In the order of their list.
    pub drivers: Vec<Driver>,
    /// In the order of their list.
    pub packages: Vec<Package<'a>>,
}

impl<'a> Day<'a> {
    /// Reads both lists' texts; the faults of both are the error.
    pub fn read(drivers: &str, packages: &'a str) -> Result<Self, Faults> {
        match (list::drivers(drivers), list::packages(packages)) {
            (Ok(drivers), Ok(packages)) => Ok(Self { drivers, packages }),
            (drivers, packages) => Err(drivers.err().unwrap_or_default().and(packages.err().unwrap_or_default())),
        }
    }

    /// The drivers' places by their ids.
    pub fn drivers_by_id(&self) -> HashMap<&str, usize> {
        self.drivers.iter().enumerate().map(|(index, driver)| (driver.id.as_str(), index)).collect()
    }
}
