//! Assigns days that come in as JSON, one a line, and writes what each driver gets, one line a day: for
//! `make test-matching`, which compares it with OR-Tools.

#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use std::collections::HashMap;
use std::error::Error;
use std::io::{self, BufRead as _};

use assignment::classes::Classes;
use assignment::matching::{self, Request};
use assignment::{Day, Objective};
use serde::Deserialize;
use serde_json::value::RawValue;

/// A day and what is asked of it.
#[derive(Deserialize)]
struct Instance<'a> {
    /// The list, as it arrives.
    #[serde(borrow)]
    drivers: &'a RawValue,
    #[serde(borrow)]
    packages: &'a RawValue,
    /// Ids of the drivers who are asked for.
    asked: Vec<String>,
    max_per_driver: u32,
    /// Ids of the packages that drivers have already.
    earlier: HashMap<String, Vec<String>>,
    objective: Objective,
}

fn main() -> Result<(), Box<dyn Error>> {
    for line in io::stdin().lock().lines() {
        println!("{}", serde_json::to_string(&assign(&line?)?)?);
    }
    Ok(())
}

/// Ids of the new packages of each driver who gets any.
fn assign(line: &str) -> Result<HashMap<String, Vec<String>>, Box<dyn Error>> {
    let instance: Instance<'_> = serde_json::from_str(line)?;
    let day = Day::read(instance.drivers.get(), instance.packages.get()).map_err(|faults| format!("{faults:?}"))?;
    let drivers_by_id = day.drivers_by_id();
    let packages_by_id: HashMap<&str, usize> =
        day.packages.iter().enumerate().map(|(index, package)| (&*package.id, index)).collect();
    let (mut loads, mut taken) = (vec![0; day.drivers.len()], vec![false; day.packages.len()]);
    for (driver, packages) in &instance.earlier {
        loads[drivers_by_id[driver.as_str()]] += u32::try_from(packages.len())?;
        packages.iter().for_each(|package| taken[packages_by_id[package.as_str()]] = true);
    }
    let asked: Vec<usize> = instance.asked.iter().map(|driver| drivers_by_id[driver.as_str()]).collect();
    let request = Request {
        drivers: &asked,
        max_per_driver: instance.max_per_driver,
        loads: &loads,
        taken: &taken,
        objective: instance.objective,
    };
    let mut assignments = HashMap::<String, Vec<String>>::new();
    for new in matching::assign(&day, &Classes::of(&day), &request) {
        let packages = assignments.entry(day.drivers[new.driver].id.clone()).or_default();
        packages.push(day.packages[new.package].id.to_string());
    }
    Ok(assignments)
}
