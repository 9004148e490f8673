//! Starting a function as Lambda does: its environment, then the program.
//!
//! A shell waits for a line and then becomes the program. So the quota is in force before the program
//! begins, and the time counts from there.

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

use anyhow::Context as _;

use crate::throttle::{Held, Throttle};

/// A program with its arguments.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) path: PathBuf,
    pub(crate) arguments: Vec<PathBuf>,
}

/// A function that is about to start, or runs; dropped, it ends.
pub(crate) struct Function {
    process: Child,
    go: Option<ChildStdin>,
    held: Option<Held>,
    shell_cpu: Option<Duration>,
}

impl Program {
    pub(crate) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), arguments: Vec::new() }
    }
}

impl Function {
    /// Prepares a program as a function of the Runtime API at `runtime`, which finds AWS at `aws`.
    pub(crate) fn prepare(program: &Program, runtime: SocketAddr, aws: SocketAddr) -> anyhow::Result<Self> {
        let mut process = Command::new("/bin/sh")
            .args(["-c", r#"read -r go && exec "$0" "$@""#])
            .arg(&program.path)
            .args(&program.arguments)
            .env_clear()
            .envs([("AWS_LAMBDA_RUNTIME_API", runtime.to_string()), ("AWS_ENDPOINT_URL", format!("http://{aws}"))])
            .envs(ENVIRONMENT)
            .stdin(Stdio::piped())
            // Its log; standard output is the report's.
            .stdout(io::stderr())
            .spawn()
            .context("/bin/sh cannot be started")?;
        let go = process.stdin.take();
        Ok(Self { process, go, held: None, shell_cpu: None })
    }

    /// Starts the program, and says when.
    pub(crate) fn start(&mut self, throttle: Option<&Throttle>) -> anyhow::Result<Instant> {
        let mut go = self.go.take().context("the function has been started before")?;
        self.held = throttle.map(|throttle| throttle.hold(self.process.id())).transpose()?;
        self.shell_cpu = cpu(self.process.id());
        let started_at = Instant::now();
        go.write_all(b"\n")?;
        Ok(started_at)
    }

    /// Processor time of the program so far; `None` where the system does not say.
    pub(crate) fn cpu(&self) -> Option<Duration> {
        // Only a thread that sleeps has its time counted to the end.
        thread::sleep(Duration::from_millis(2));
        Some(cpu(self.process.id())?.saturating_sub(self.shell_cpu?))
    }
}

/// What Lambda and the CDK app put into the environment of `ingest`.
const ENVIRONMENT: [(&str, &str); 14] = [
    ("AWS_ACCESS_KEY_ID", "test"),
    ("AWS_SECRET_ACCESS_KEY", "test"),
    ("AWS_SESSION_TOKEN", "test"),
    ("AWS_REGION", "us-east-1"),
    ("AWS_LAMBDA_FUNCTION_NAME", "ingest"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
    ("AWS_LAMBDA_LOG_LEVEL", "ERROR"),
    ("EVENTS_TABLE", "events"),
    ("EVENT_RETENTION_DAYS", "30"),
    ("QUARANTINE_BUCKET", "quarantine"),
    ("QUARANTINE_STATUS", "reject"),
    ("RADAR_SECRET_ID", "radar"),
    ("STANDARD_WEBHOOKS_SECRET_ID", "standard-webhooks"),
];

/// Processor time of a process's threads, as Linux tells it, to the nanosecond.
fn cpu(process: u32) -> Option<Duration> {
    let mut nanoseconds = 0;
    for thread in fs::read_dir(format!("/proc/{process}/task")).ok()? {
        let statistics = fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        nanoseconds += statistics.split(' ').next()?.parse::<u64>().ok()?;
    }
    Some(Duration::from_nanos(nanoseconds))
}

impl Drop for Function {
    fn drop(&mut self) {
        // Before the process is gone: the quota is on its id.
        self.held = None;
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
