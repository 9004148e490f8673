//! `make bench`: milkrun against its goals for speed and size, side by side with what it is compared to.
//!
//! Nothing here asserts a time: machines differ, and so do their moods. What is compared runs in turns
//! in the same rounds, and the figures are ratios. `docs/performance.md` says what is measured and how.

#![expect(clippy::print_stdout, reason = "a command-line tool")]

mod daily;
mod environment;
mod function;
mod matching;
mod minutes;
mod positions;
mod pure;
mod python;
mod report;
mod requests;
mod size;
mod start;
mod statistics;
mod stub;
mod throttle;

use anyhow::bail;

const USAGE: &str = "usage: milkrun-bench [--json] [pure] [matching] [minutes] [daily] [start] [requests] [size]";

fn main() -> anyhow::Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    // How `matching` starts this program again, for a process of its own.
    if let Some(("core", arguments)) = arguments.split_first().map(|(first, rest)| (first.as_str(), rest)) {
        println!("{}", matching::run_alone(arguments)?);
        return Ok(());
    }
    let mut is_json = false;
    let mut parts = Vec::new();
    for argument in arguments {
        match argument.as_str() {
            "--json" => is_json = true,
            "pure" | "matching" | "minutes" | "daily" | "start" | "requests" | "size" => parts.push(argument),
            _ => bail!(USAGE),
        }
    }
    let is_wanted = |part: &str| parts.is_empty() || parts.iter().any(|wanted| wanted == part);

    let mut sections = Vec::new();
    let mut done = |new: Vec<report::Section>| {
        if !is_json {
            new.iter().for_each(|section| print!("{}", section.to_table()));
        }
        sections.extend(new);
    };
    if is_wanted("pure") {
        done(pure::measure()?);
    }
    if is_wanted("matching") {
        done(matching::measure()?);
    }
    if is_wanted("minutes") {
        done(vec![minutes::measure()?]);
    }
    if is_wanted("daily") {
        done(vec![daily::measure()?]);
    }
    if is_wanted("start") {
        done(vec![start::at_full_speed()?]);
        done(vec![start::under_a_quota()?]);
    }
    if is_wanted("requests") {
        done(vec![requests::measure()?]);
    }
    if is_wanted("size") {
        done(vec![size::measure()?]);
    }
    if is_json {
        let sections: Vec<_> = sections.iter().map(report::Section::to_json).collect();
        println!("{}", serde_json::to_string_pretty(&sections)?);
    }
    Ok(())
}
