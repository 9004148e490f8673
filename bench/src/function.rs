//! Starting a function as Lambda does: its environment, then the program.

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use crate::throttle::{Held, Throttle};

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
}

impl Program {
    pub(crate) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), arguments: Vec::new() }
    }
}

impl Function {
    /// Starts a program as a function of the Runtime API at `runtime`, which finds AWS at `aws`.
    ///
    /// A shell waits for a line and becomes the program, so that the quota is in force before the program
    /// begins, and the time counts from there.
    pub(crate) fn start(
        program: &Program,
        runtime: SocketAddr,
        aws: SocketAddr,
        throttle: Option<&Throttle>,
    ) -> anyhow::Result<Self> {
        let mut process = Command::new("/bin/sh")
            .args(["-c", r#"read -r go && exec "$0" "$@""#])
            .arg(&program.path)
            .args(&program.arguments)
            .env_clear()
            .envs([("AWS_LAMBDA_RUNTIME_API", runtime.to_string()), ("AWS_ENDPOINT_URL", format!("http://{aws}"))])
            .envs([
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
            ])
            .stdin(Stdio::piped())
            // Its log; standard output is the report's.
            .stdout(io::stderr())
            .spawn()
            .context("/bin/sh cannot be started")?;
        let mut go = process.stdin.take().context("no pipe to the shell")?;
        // The shell's own start is over by then.
        thread::sleep(Duration::from_millis(20));
        let held = throttle.map(|throttle| throttle.hold(process.id())).transpose()?;
        let started_at = Instant::now();
        go.write_all(b"\n")?;
        Ok(Self { process, held, started_at })
    }
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
