//! Ending a function's processes as a lost machine would.

use std::fs;
use std::process::Command;

use crate::MILKRUN;

/// Kills every process of a function, found by the beginning of its construct's name, such as `Dispatch`, on
/// the emulator under test: no other emulator, nor anything else of this machine. The answer is how many.
pub fn processes_of(function: &str) -> usize {
    let processes = fs::read_dir("/proc").expect("this test needs Linux");
    let pids = processes.filter_map(|entry| entry.ok()?.file_name().into_string().ok()?.parse::<u32>().ok());
    let killed = pids.filter(|pid| runs(*pid, function)).filter(|pid| {
        let status = Command::new("kill").args(["-KILL", &pid.to_string()]).status().expect("kill is there");
        // One that has ended by itself meanwhile was not killed.
        assert!(status.success() || !runs(*pid, function), "process {pid} of {function} cannot be killed");
        status.success()
    });
    killed.count()
}

/// Whether a process is a function of the emulator under test: Lambda tells a function its name, and the
/// emulator where to find AWS.
fn runs(pid: u32, function: &str) -> bool {
    let Ok(environment) = fs::read(format!("/proc/{pid}/environ")) else { return false };
    let value = |name: &str| {
        let variables = environment.split(|byte| *byte == 0);
        let mut values = variables.filter_map(|variable| std::str::from_utf8(variable).ok()?.strip_prefix(name));
        values.next()
    };
    value("AWS_ENDPOINT_URL=") == Some(&MILKRUN.aws_endpoint)
        && value("_HANDLER=") == Some("bootstrap")
        && value("AWS_LAMBDA_FUNCTION_NAME=").is_some_and(|name| name.contains(function))
}
