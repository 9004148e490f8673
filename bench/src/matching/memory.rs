//! The memory of the largest day: each run has a process of its own, which is this program again.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::Context as _;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Deserialize;
use serde_json::json;

use super::{Contest, WHOLE, ours};
use crate::report::{Goal, Section, Unit};
use crate::statistics::Spread;

/// For each figure.
const PROCESSES: usize = 5;

/// What a process of our own answers.
#[derive(Deserialize)]
struct Alone {
    assigned: usize,
    seconds: f64,
    peak_kb: Option<u32>,
}

/// The largest day in processes of its own, as it comes and gzipped.
pub(super) fn measure(largest: &Contest, directory: &Path) -> anyhow::Result<Section> {
    let mut section = Section::new("100,000 packages in a process of their own");
    let gzipped = directory.join("packages.gz");
    let mut encoder = GzEncoder::new(fs::File::create(&gzipped)?, Compression::default());
    encoder.write_all(&largest.packages)?;
    encoder.finish()?;
    let assigned = largest.most.first().map(|theirs| theirs.outcome.assigned);
    for (what, packages, goal) in
        [("", &largest.packages_file, Some(Goal::AtMost(256.0))), (", packages gzipped", &gzipped, None)]
    {
        let runs: Vec<_> = (0..PROCESSES).map(|_| alone(largest, packages)).collect::<anyhow::Result<_>>()?;
        anyhow::ensure!(runs.iter().all(|run| Some(run.assigned) == assigned), "another process assigns differently");
        let times = Spread::of(runs.iter().map(|run| 1e3 * run.seconds));
        section.figure(format!("{WHOLE}, its first run{what}"), Unit::Milliseconds, times);
        let Some(peaks) = runs.iter().map(|run| run.peak_kb).collect::<Option<Vec<_>>>() else {
            section.note("this system does not say how much memory a process has had");
            continue;
        };
        let (what, peak) = (format!("peak memory{what}"), Spread::of(peaks.into_iter().map(megabytes)));
        match goal {
            Some(goal) => section.goal(what, Unit::Megabytes, peak, goal),
            None => section.figure(what, Unit::Megabytes, peak),
        }
    }
    // The first: before the flow of least cost.
    if let Some(peak) = largest.most.first().and_then(|theirs| theirs.peak_kb) {
        section.figure(
            "peak memory of OR-Tools in Python, maximum flow",
            Unit::Megabytes,
            Spread::of([megabytes(peak)]),
        );
    }
    Ok(section)
}

fn alone(contest: &Contest, packages: &Path) -> anyhow::Result<Alone> {
    let output = Command::new(std::env::current_exe()?)
        .arg("core")
        .args([contest.drivers_file.as_path(), packages])
        .arg(contest.max_per_driver.to_string())
        .output()?;
    anyhow::ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn megabytes(kb: u32) -> f64 {
    f64::from(kb) * 1024.0 / 1e6
}

/// One run in a process of its own, for its memory: `milkrun-bench core <drivers> <packages> <max_per_driver>`.
/// What it writes: `{"assigned", "seconds", "peak_kb"}`.
pub(crate) fn run_alone(arguments: &[String]) -> anyhow::Result<String> {
    let [drivers, packages, max_per_driver] = arguments else {
        anyhow::bail!("usage: milkrun-bench core <drivers> <packages> <max_per_driver>");
    };
    let read = |path: &String| fs::read(Path::new(path)).with_context(|| format!("{path} cannot be read"));
    let run = ours::run(&read(drivers)?, &read(packages)?, max_per_driver.parse()?)?;
    Ok(json!({ "assigned": run.assigned, "seconds": run.seconds.whole, "peak_kb": peak_kb() }).to_string())
}

/// The most memory that this process has had, in units of 1,024 bytes, where the system says. (`getrusage` would
/// count what its parent had.)
fn peak_kb() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok())
}
