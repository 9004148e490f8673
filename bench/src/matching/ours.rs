//! The core of `POST /assign` as `functions/dispatch` has it, without a store: from the bytes of both lists to
//! the bytes of the answer. Every driver is asked for, and nothing is assigned yet.

use std::time::Instant;

use anyhow::anyhow;
use assignment::answer::Answer;
use assignment::classes::Classes;
use assignment::matching::{self, Request};
use assignment::{Day, Faults, List, Objective};

use crate::statistics::Spread;

/// What one run did.
pub(super) struct Run {
    /// The body of the answer, JSON.
    pub(super) answer: Vec<u8>,
    /// How many packages it assigns.
    pub(super) assigned: usize,
    pub(super) seconds: Seconds,
}

/// How long its steps took.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seconds {
    /// Text to a checked day.
    pub(super) read: f64,
    /// The classes of its packages.
    pub(super) classes: f64,
    /// The matching itself.
    pub(super) solve: f64,
    /// Assignments to the answer's bytes.
    pub(super) answer: f64,
    /// Everything, with the freeing of memory.
    pub(super) whole: f64,
}

impl Seconds {
    /// The medians of some runs.
    pub(super) fn medians(runs: &[Self]) -> Self {
        let median = |step: fn(&Self) -> f64| Spread::of(runs.iter().map(step)).median;
        Self {
            read: median(|run| run.read),
            classes: median(|run| run.classes),
            solve: median(|run| run.solve),
            answer: median(|run| run.answer),
            whole: median(|run| run.whole),
        }
    }
}

/// Bytes in, bytes out.
pub(super) fn run(drivers: &[u8], packages: &[u8], max_per_driver: u32) -> anyhow::Result<Run> {
    let started = Instant::now();
    let mut run = assign(drivers, packages, max_per_driver)?;
    run.seconds.whole = started.elapsed().as_secs_f64();
    Ok(run)
}

fn assign(drivers: &[u8], packages: &[u8], max_per_driver: u32) -> anyhow::Result<Run> {
    let mut last = Instant::now();
    let mut lap = || std::mem::replace(&mut last, Instant::now()).elapsed().as_secs_f64();
    let faulty = |faults: Faults| anyhow!("the lists have faults: {faults:?}");
    let drivers = List::Drivers.text(drivers).map_err(|fault| faulty(fault.into()))?;
    let packages = List::Packages.text(packages).map_err(|fault| faulty(fault.into()))?;
    let day = Day::read(&drivers, &packages).map_err(faulty)?;
    let read = lap();

    let of_day = Classes::of(&day);
    let classes = lap();

    let everybody: Vec<usize> = (0..day.drivers.len()).collect();
    let request = Request {
        drivers: &everybody,
        max_per_driver,
        loads: &vec![0; day.drivers.len()],
        taken: &vec![false; day.packages.len()],
        objective: Objective::EvenLoad,
    };
    let assignments = matching::assign(&day, &of_day, &request);
    let solve = lap();

    let mut carried: Vec<(&str, Vec<&str>)> = day.drivers.iter().map(|driver| (&*driver.id, Vec::new())).collect();
    let mut taken = vec![false; day.packages.len()];
    for new in &assignments {
        carried[new.driver].1.push(&day.packages[new.package].id);
        taken[new.package] = true;
    }
    let left = day.packages.iter().zip(taken).filter(|(_, taken)| !taken);
    let answer = Answer {
        unassigned_packages: left.map(|(package, _)| &*package.id).collect(),
        unassigned_drivers: carried.iter().filter(|(_, packages)| packages.is_empty()).map(|(id, _)| *id).collect(),
        assignments: carried,
    };
    let answer = serde_json::to_vec(&answer)?;
    let seconds = Seconds { read, classes, solve, answer: lap(), whole: 0.0 };
    Ok(Run { answer, assigned: assignments.len(), seconds })
}
