//! What a command says while it works, on standard error: the result has standard output to itself.
//!
//! A bar on a terminal, a line at each quarter of the way where there is none.

use std::fmt;
use std::io::{IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use anyhow::Result;
use indicatif::{ProgressBar, ProgressState, ProgressStyle};

/// How long something that is waited for is left alone before it is asked for again.
const INTERVAL: Duration = Duration::from_millis(500);
/// Lines that a way has without a terminal.
const LINES: usize = 4;

/// Something of a known size that is under way.
pub(crate) struct Progress {
    title: &'static str,
    total: usize,
    started: Instant,
    /// On a terminal.
    bar: Option<ProgressBar>,
    /// Lines written without one.
    lines: usize,
}

impl Progress {
    pub(crate) fn new(title: &'static str, total: usize) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| bar(title, total));
        Self { title, total, started: Instant::now(), bar, lines: 0 }
    }

    /// So many are done.
    pub(crate) fn reach(&mut self, done: usize) {
        if let Some(bar) = &self.bar {
            bar.set_position(as_u64(done));
        } else if done * LINES / self.total.max(1) > self.lines {
            self.lines = done * LINES / self.total.max(1);
            let Self { title, total, started, .. } = self;
            // What cannot be shown is not worth failing for.
            let _ = writeln!(std::io::stderr(), "{title}: {done} of {total} in {:.1?}", started.elapsed());
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Asks how many there are until it is `total`, or `patience` is over.
pub(crate) async fn wait_until(
    title: &'static str,
    total: usize,
    patience: Duration,
    mut count: impl AsyncFnMut() -> Result<usize>,
) -> Result<()> {
    let mut progress = Progress::new(title, total);
    let deadline = Instant::now() + patience;
    loop {
        let found = count().await?;
        progress.reach(found);
        if found >= total || Instant::now() > deadline {
            progress.finish();
            return Ok(());
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

fn bar(title: &'static str, total: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg}  {wide_bar}  {pos} of {len}, {rate}, {elapsed}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .with_key("rate", |state: &ProgressState, out: &mut dyn fmt::Write| {
            let _ = write!(out, "{:.1}/s", state.per_sec());
        });
    let bar = ProgressBar::new(as_u64(total)).with_style(style).with_message(title);
    // So that the time goes on while nothing else does.
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn as_u64(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_asks_until_all_are_there() {
        let mut asked = 0;
        let count = async || {
            asked += 1;
            Ok(asked)
        };
        wait_until("test", 2, Duration::from_mins(1), count).await.unwrap();
        assert_eq!(asked, 2);
    }

    #[tokio::test]
    async fn it_gives_up_when_patience_is_over() {
        let mut asked = 0;
        let count = async || {
            asked += 1;
            Ok(0)
        };
        wait_until("test", 2, Duration::ZERO, count).await.unwrap();
        assert_eq!(asked, 1);
    }
}
