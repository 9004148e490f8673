//! Invented lists of drivers and packages: a day to try, test and measure dispatch with.
//!
//! The same [`SampleDay`] gives the same bytes, on every machine. Drivers, packages and addresses are drawn
//! from streams of their own: with another number of packages the drivers stay the same, and a longer list
//! begins with the shorter one.

mod address;
mod draw;
mod driver;
mod package;
#[cfg(test)]
mod tests;

use std::ops::RangeInclusive;

use serde::Serialize;

use self::address::City;
use self::draw::{Draw, Stream};
use self::driver::Driver;
use self::package::Package;

/// What a day's two lists are drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SampleDay {
    /// How many drivers: `driver_1`, `driver_2`, …
    pub drivers: u32,
    /// How many packages.
    pub packages: u32,
    /// How many rules each driver has.
    pub rules: RuleCount,
    /// Another seed gives another day.
    pub seed: u64,
}

/// How many rules a driver has, each count as likely as the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleCount {
    /// None, one or two.
    ZeroToTwo,
    /// Two, three or four.
    TwoToFour,
}

impl SampleDay {
    /// How many packages a day has for each driver, unless it says otherwise.
    pub const PACKAGES_PER_DRIVER: u32 = 10;

    /// A day with ten packages for each driver, none to two rules each, and seed 1.
    pub fn new(drivers: u32) -> Self {
        let packages = drivers.saturating_mul(Self::PACKAGES_PER_DRIVER);
        Self { drivers, packages, rules: RuleCount::ZeroToTwo, seed: 1 }
    }

    /// The drivers, as a JSON array with one element a line.
    pub fn drivers_json(&self) -> Vec<u8> {
        json(self.drivers())
    }

    /// The drivers, as one JSON object a line; `[]` where there are none, since no line at all is no list.
    pub fn drivers_ndjson(&self) -> Vec<u8> {
        ndjson(self.drivers())
    }

    /// The packages, as a JSON array with one element a line.
    pub fn packages_json(&self) -> Vec<u8> {
        json(self.packages())
    }

    /// The packages, as one JSON object a line; `[]` where there are none.
    pub fn packages_ndjson(&self) -> Vec<u8> {
        ndjson(self.packages())
    }

    fn drivers(&self) -> impl Iterator<Item = Driver> {
        let mut draw = Draw::new(self.seed, Stream::Drivers);
        let rules = self.rules.range();
        (1..=self.drivers).map(move |number| Driver::draw(number, rules.clone(), &mut draw))
    }

    fn packages(&self) -> impl Iterator<Item = Package> {
        let mut draw = Draw::new(self.seed, Stream::Packages);
        let mut addresses = Draw::new(self.seed, Stream::Addresses);
        // A day's packages are all delivered in one place.
        let city = City::draw(&mut addresses);
        (0..self.packages).map(move |_| Package::draw(&mut draw, city.address(&mut addresses)))
    }
}

impl RuleCount {
    fn range(self) -> RangeInclusive<u32> {
        match self {
            Self::ZeroToTwo => 0..=2,
            Self::TwoToFour => 2..=4,
        }
    }
}

fn json(elements: impl Iterator<Item = impl Serialize>) -> Vec<u8> {
    let mut bytes = b"[".to_vec();
    let mut separator = "\n";
    for element in elements {
        bytes.extend_from_slice(separator.as_bytes());
        write(&mut bytes, &element);
        separator = ",\n";
    }
    let is_empty = bytes.len() == 1;
    bytes.extend_from_slice(if is_empty { b"]\n" } else { b"\n]\n" });
    bytes
}

fn ndjson(elements: impl Iterator<Item = impl Serialize>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for element in elements {
        write(&mut bytes, &element);
        bytes.push(b'\n');
    }
    if bytes.is_empty() { b"[]\n".to_vec() } else { bytes }
}

#[expect(clippy::expect_used, reason = "there is room in memory, and every key is text")]
fn write(bytes: &mut Vec<u8>, element: &impl Serialize) {
    serde_json::to_writer(bytes, element).expect("drivers and packages are JSON");
}
