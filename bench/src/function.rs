//! Starting a function as Lambda does: its environment, then the program.
//!
//! This program starts once more as a launcher, which waits for a line and then becomes the function. So
//! the quota is in force before the function begins, and the time counts from there.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

use anyhow::Context as _;

use crate::throttle::{Held, Throttle};

/// The first argument that makes this program a launcher.
pub(crate) const LAUNCH: &str = "launch";

/// A program with its arguments.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) path: PathBuf,
    pub(crate) arguments: Vec<PathBuf>,
}

/// A function that runs until it is dropped.
pub(crate) struct Function {
    process: Child,
    held: Option<Held>,
    pub(crate) started_at: Instant,
    launcher_cpu: Option<Duration>,
}

/// A quota, and how much of its first period is used up when the function begins.
#[derive(Clone, Copy)]
pub(crate) struct Quota<'a> {
    pub(crate) throttle: &'a Throttle,
    pub(crate) used: Duration,
}

impl Program {
    pub(crate) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), arguments: Vec::new() }
    }
}

impl Function {
    /// Starts a program as a function of the Runtime API at `runtime`, which finds AWS at `aws`.
    pub(crate) fn start(
        program: &Program,
        runtime: SocketAddr,
        aws: SocketAddr,
        quota: Option<Quota<'_>>,
    ) -> anyhow::Result<Self> {
        let used = quota.map_or(Duration::ZERO, |quota| quota.used);
        let mut process = Command::new(std::env::current_exe()?)
            .args([LAUNCH, &used.as_micros().to_string()])
            .arg(&program.path)
            .args(&program.arguments)
            .env_clear()
            .envs([("AWS_LAMBDA_RUNTIME_API", runtime.to_string()), ("AWS_ENDPOINT_URL", format!("http://{aws}"))])
            .envs(ENVIRONMENT)
            .stdin(Stdio::piped())
            // Its log; standard output is the report's.
            .stdout(io::stderr())
            .spawn()?;
        let mut go = process.stdin.take().context("no pipe to the launcher")?;
        // The launcher's own start is over by then.
        thread::sleep(Duration::from_millis(20));
        let held = quota.map(|quota| quota.throttle.hold(process.id())).transpose()?;
        let launcher_cpu = cpu(process.id());
        let started_at = Instant::now() + used;
        go.write_all(b"\n")?;
        Ok(Self { process, held, started_at, launcher_cpu })
    }

    /// Processor time used so far; `None` where the system does not say.
    pub(crate) fn cpu(&self) -> Option<Duration> {
        Some(cpu(self.process.id())?.saturating_sub(self.launcher_cpu?))
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

/// What the launcher does: `arguments` are microseconds to use up, the program, and its arguments.
pub(crate) fn launch(mut arguments: impl Iterator<Item = OsString>) -> anyhow::Result<()> {
    let used = arguments.next().and_then(|used| used.to_str()?.parse().ok()).context("no time to use up")?;
    let program = arguments.next().context("no program")?;
    io::stdin().read_line(&mut String::new())?;
    let until = Instant::now() + Duration::from_micros(used);
    while Instant::now() < until {
        std::hint::spin_loop();
    }
    // It returns only where the program cannot be started.
    Err(Command::new(program).args(arguments).exec().into())
}

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
