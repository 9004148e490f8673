//! The core of `dispatch` on generated days, against OR-Tools' flows on the pairs of driver and package: the
//! maximum flow, which carries as many packages, and that of least cost, which carries the same ones as we do
//! or others that are as good.

mod memory;
mod ours;
mod outcome;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use sample_day::{RuleCount, SampleDay};
use serde::Deserialize;
use serde_json::json;

use crate::python::Python;
use crate::report::{Goal, Section, Unit};
use crate::statistics::Spread;
pub(crate) use memory::run_alone;
use ours::Seconds;
use outcome::Outcome;

const ROUNDS: usize = 15;
const WHOLE: &str = "lists to answer";

/// A day to assign, with room for each package.
struct Size {
    title: &'static str,
    drivers: u32,
    packages: u32,
    /// How often we run in a round.
    repeats: u32,
    /// In how many of the rounds OR-Tools seeks most, and the best: what takes long needs few.
    their_rounds: [usize; 2],
}

const SIZES: [Size; 3] = [
    Size {
        title: "Assign 1,000 packages to 100 drivers",
        drivers: 100,
        packages: 1_000,
        repeats: 20,
        their_rounds: [15, 15],
    },
    Size {
        title: "Assign 10,000 packages to 1,000 drivers",
        drivers: 1_000,
        packages: 10_000,
        repeats: 5,
        their_rounds: [15, 3],
    },
    Size {
        title: "Assign 100,000 packages to 1,000 drivers",
        drivers: 1_000,
        packages: 100_000,
        repeats: 1,
        their_rounds: [5, 1],
    },
];
const MIDDLE: usize = 1;
const LARGEST: usize = 2;

/// A day's lists, here and in files for others.
struct Contest {
    size: &'static Size,
    max_per_driver: u32,
    drivers: Vec<u8>,
    packages: Vec<u8>,
    drivers_file: PathBuf,
    packages_file: PathBuf,
    ours: Vec<Seconds>,
    most: Vec<Theirs>,
    best: Vec<Theirs>,
}

/// What `python/matching.py` answers.
#[derive(Debug, Deserialize)]
struct Theirs {
    #[serde(flatten)]
    outcome: Outcome,
    pairs: usize,
    /// The flow alone.
    solving: f64,
    seconds: f64,
    peak_kb: Option<u32>,
}

pub(crate) fn measure() -> anyhow::Result<Vec<Section>> {
    let directory = Directory::new()?;
    let mut python = Python::start("matching.py")?;
    let mut contests = SIZES.iter().map(|size| Contest::new(size, &directory.0)).collect::<anyhow::Result<Vec<_>>>()?;
    for round in 0..ROUNDS {
        for contest in &mut contests {
            contest.run(round, &mut python)?;
        }
    }
    let mut sections: Vec<_> = contests.iter().map(Contest::report).collect();
    sections.push(growth(&contests[MIDDLE], &contests[LARGEST]));
    sections.push(memory::measure(&contests[LARGEST], &directory.0)?);
    Ok(sections)
}

impl Contest {
    fn new(size: &'static Size, directory: &Path) -> anyhow::Result<Self> {
        let day = SampleDay { drivers: size.drivers, packages: size.packages, rules: RuleCount::TwoToFour, seed: 1 };
        let (drivers, packages) = (day.drivers_json(), day.packages_json());
        let file = |name: &str| directory.join(format!("{name}.{}.json", size.packages));
        let (drivers_file, packages_file) = (file("drivers"), file("packages"));
        fs::write(&drivers_file, &drivers)?;
        fs::write(&packages_file, &packages)?;
        let max_per_driver = size.packages / size.drivers;
        let (ours, most, best) = (Vec::new(), Vec::new(), Vec::new());
        Ok(Self { size, max_per_driver, drivers, packages, drivers_file, packages_file, ours, most, best })
    }

    /// Adds a round's times.
    fn run(&mut self, round: usize, python: &mut Python) -> anyhow::Result<()> {
        let runs = (0..self.size.repeats).map(|_| ours::run(&self.drivers, &self.packages, self.max_per_driver));
        let runs = runs.collect::<anyhow::Result<Vec<_>>>()?;
        self.ours.push(Seconds::medians(&runs.iter().map(|run| run.seconds).collect::<Vec<_>>()));
        let ours = Outcome::read(&runs.last().context("we ran in no round")?.answer, &self.packages)?;
        let [most, best] = self.size.their_rounds;
        if round < most {
            let theirs = self.ask("most", python)?;
            anyhow::ensure!(theirs.outcome.assigned == ours.assigned, "most is {:?}, ours {ours:?}", theirs.outcome);
            self.most.push(theirs);
        }
        if round < best {
            let theirs = self.ask("best", python)?;
            anyhow::ensure!(ours.equals(&theirs.outcome), "best is {:?}, ours {ours:?}", theirs.outcome);
            self.best.push(theirs);
        }
        Ok(())
    }

    fn ask(&self, flow: &str, python: &mut Python) -> anyhow::Result<Theirs> {
        let answer = python.ask(&json!({
            "drivers": self.drivers_file, "packages": self.packages_file,
            "max_per_driver": self.max_per_driver, "flow": flow,
        }))?;
        Ok(serde_json::from_value(answer)?)
    }

    fn report(&self) -> Section {
        let mut section = Section::new(self.size.title);
        // The goals are those of the largest day.
        let goal = |section: &mut Section, what: &str, unit, spread, goal| {
            if self.size.packages == SIZES[LARGEST].packages {
                section.goal(what, unit, spread, goal);
            } else {
                section.figure(what, unit, spread);
            }
        };
        let millis = |step: fn(&Seconds) -> f64| Spread::of(self.ours.iter().map(|ours| 1e3 * step(ours)));
        section.figure("read: text to a checked day", Unit::Milliseconds, millis(|ours| ours.read));
        section.figure("classes", Unit::Milliseconds, millis(|ours| ours.classes));
        let (solve, whole) = (millis(|ours| ours.solve), millis(|ours| ours.whole));
        goal(&mut section, "solve", Unit::Milliseconds, solve, Goal::AtMost(10.0));
        section.figure("answer: assignments to JSON", Unit::Milliseconds, millis(|ours| ours.answer));
        goal(&mut section, WHOLE, Unit::Milliseconds, whole, Goal::AtMost(100.0));
        let flow = |theirs: &[Theirs]| Spread::of(theirs.iter().map(|theirs| 1e3 * theirs.solving));
        section.figure("OR-Tools, maximum flow alone", Unit::Milliseconds, flow(&self.most));
        let all = |theirs: &[Theirs]| Spread::of(theirs.iter().map(|theirs| 1e3 * theirs.seconds));
        section.figure("OR-Tools, lists to answer, maximum flow", Unit::Milliseconds, all(&self.most));
        section.figure("OR-Tools, lists to answer, least cost", Unit::Milliseconds, all(&self.best));
        let ratio = |theirs: &[Theirs]| {
            let theirs: Vec<_> = theirs.iter().map(|theirs| theirs.seconds).collect();
            Spread::of_ratios(&theirs, &self.ours.iter().map(|ours| ours.whole).collect::<Vec<_>>())
        };
        let (most, best) = (ratio(&self.most), ratio(&self.best));
        goal(&mut section, "maximum flow / milkrun", Unit::Times, most, Goal::AtLeast(80.0));
        section.figure("least cost / milkrun", Unit::Times, best);
        if let Some(theirs) = self.most.first() {
            let (pairs, assigned) = (theirs.pairs, theirs.outcome.assigned);
            section.note(format!(
                "{pairs} pairs; each assigns {assigned} packages; least cost is as even and as near as milkrun"
            ));
        }
        section
    }
}

/// How times grow with ten times as many packages.
fn growth(smaller: &Contest, larger: &Contest) -> Section {
    let mut section = Section::new("From 10,000 to 100,000 packages");
    let times = |contest: &Contest, step: fn(&Seconds) -> f64| contest.ours.iter().map(step).collect::<Vec<_>>();
    let ratio = |step| Spread::of_ratios(&times(larger, step), &times(smaller, step));
    section.figure("solve", Unit::Times, ratio(|ours| ours.solve));
    section.figure(WHOLE, Unit::Times, ratio(|ours| ours.whole));
    section
}

/// A directory for the lists, which ends with the benchmark.
struct Directory(PathBuf);

impl Directory {
    fn new() -> anyhow::Result<Self> {
        let path = std::env::temp_dir().join(format!("milkrun-bench-{}", std::process::id()));
        fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // A temporary directory that stays behind is the system's to clean up.
        let _ = fs::remove_dir_all(&self.0);
    }
}
