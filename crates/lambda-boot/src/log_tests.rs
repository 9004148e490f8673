//! For tests: what functions log.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, Once, PoisonError};

use lambda_runtime::Context;
use serde_json::Value;
use tracing::level_filters::LevelFilter;

use crate::invocation;
use crate::logs::subscriber;

/// For tests: the lines that are logged meanwhile, as if it were one invocation in production.
///
/// # Panics
/// Where a line is not JSON.
#[expect(clippy::expect_used, reason = "an assertion of tests")]
pub fn captured_logs(run: impl FnOnce()) -> Vec<Value> {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = subscriber(LevelFilter::INFO, move || writer.clone());
    tracing::subscriber::with_default(subscriber, || invocation::span(&Context::default()).in_scope(run));
    let bytes = lines.0.lock().unwrap_or_else(PoisonError::into_inner);
    bytes
        .split_inclusive(|byte| *byte == b'\n')
        .map(|line| serde_json::from_slice(line).expect("a line is JSON"))
        .collect()
}

/// For tests: from now on every test of the process fails that logs one of these texts in production. For what must
/// never be in a line: positions, addresses, bodies, secrets.
pub fn forbid_in_logs(texts: &'static [&'static str]) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let _ = tracing::subscriber::set_global_default(subscriber(LevelFilter::INFO, move || Forbidding(texts)));
    });
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Forbidding(&'static [&'static str]);

impl Write for Forbidding {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let line = String::from_utf8_lossy(bytes);
        for text in self.0 {
            assert!(!line.contains(text), "{text} is in a line of the log: {line}");
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
