//! A CPU quota, as Lambda imposes one on a function with little memory.
//!
//! Three ways, the first that works here: the kernel's own quota by cgroup version 2 or version 1 (both
//! need root), else stopping and continuing the process on a timer. The last one also stops the clock of
//! whatever the process waits for, so it is harsher; the report says which was used.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// Lambda gives 1,769 MB one core, so 128 MB are 7 %, in periods of 20 ms.
const PERIOD_US: u32 = 20_000;
const QUOTA_US: u32 = 1_400;

/// A way to hold processes to the quota.
pub(crate) enum Throttle {
    Cgroup { directory: PathBuf, version: u8 },
    Signals,
}

/// Holds one process to the quota until it is dropped, which must be before the process is waited for.
pub(crate) struct Held {
    is_over: Arc<AtomicBool>,
    signals: Option<JoinHandle<()>>,
}

impl Throttle {
    pub(crate) fn new() -> Self {
        let name = format!("milkrun-bench-{}", std::process::id());
        let roots = [(2, "/sys/fs/cgroup"), (1, "/sys/fs/cgroup/cpu"), (1, "/sys/fs/cgroup/cpu,cpuacct")];
        for (version, root) in roots {
            let directory = Path::new(root).join(&name);
            if fs::create_dir(&directory).is_ok() {
                if limit(&directory, version).is_ok() {
                    return Self::Cgroup { directory, version };
                }
                // It was made, but there is no quota to set in it.
                let _ = fs::remove_dir(&directory);
            }
        }
        Self::Signals
    }

    pub(crate) fn describe(&self) -> String {
        let share = format!("{} ms in each {} ms", f64::from(QUOTA_US) / 1e3, f64::from(PERIOD_US) / 1e3);
        match self {
            Self::Cgroup { version, .. } => format!("{share}, by a cgroup version {version}"),
            Self::Signals => format!("{share}, by SIGSTOP and SIGCONT: no cgroup can be made here"),
        }
    }

    pub(crate) fn hold(&self, process: u32) -> anyhow::Result<Held> {
        let is_over = Arc::new(AtomicBool::new(false));
        let signals = match self {
            Self::Cgroup { directory, .. } => {
                set(directory, "cgroup.procs", &process.to_string())?;
                None
            }
            Self::Signals => {
                let pid = i32::try_from(process).ok().and_then(Pid::from_raw);
                let pid = pid.ok_or_else(|| anyhow::anyhow!("{process} is no process id"))?;
                let is_over = Arc::clone(&is_over);
                Some(thread::spawn(move || stop_and_go(pid, &is_over)))
            }
        };
        Ok(Held { is_over, signals })
    }
}

fn limit(directory: &Path, version: u8) -> std::io::Result<()> {
    if version == 2 {
        set(directory, "cpu.max", &format!("{QUOTA_US} {PERIOD_US}"))
    } else {
        set(directory, "cpu.cfs_period_us", &PERIOD_US.to_string())?;
        set(directory, "cpu.cfs_quota_us", &QUOTA_US.to_string())
    }
}

/// Writes to a file that the kernel must have put there.
fn set(directory: &Path, file: &str, value: &str) -> std::io::Result<()> {
    OpenOptions::new().write(true).open(directory.join(file))?.write_all(value.as_bytes())
}

fn stop_and_go(pid: Pid, is_over: &AtomicBool) {
    let (go, stop) = (u64::from(QUOTA_US), u64::from(PERIOD_US - QUOTA_US));
    while !is_over.load(Ordering::Relaxed) && kill_process(pid, Signal::STOP).is_ok() {
        thread::sleep(Duration::from_micros(stop));
        if kill_process(pid, Signal::CONT).is_err() {
            break;
        }
        thread::sleep(Duration::from_micros(go));
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        if let Some(signals) = self.signals.take() {
            // It panics nowhere; and there is nothing left to do if it did.
            let _ = signals.join();
        }
    }
}

impl Drop for Throttle {
    fn drop(&mut self) {
        if let Self::Cgroup { directory, .. } = self {
            // Its processes have ended; a directory that stays behind is empty and harmless.
            let _ = fs::remove_dir(directory);
        }
    }
}
