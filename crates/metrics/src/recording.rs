//! For tests: the lines that would have been written.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use crate::Metrics;

/// For tests: keeps lines instead of writing them.
#[derive(Clone, Debug, Default)]
pub struct Recording(Arc<Mutex<Vec<u8>>>);

impl Recording {
    /// What writes to this.
    pub fn metrics(&self) -> Metrics {
        Metrics::to(self.clone())
    }

    /// The lines so far.
    ///
    /// # Panics
    /// Where one is not JSON.
    #[expect(clippy::expect_used, reason = "an assertion of tests")]
    pub fn lines(&self) -> Vec<Value> {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        lines.map(|line| serde_json::from_slice(line).expect("a line is JSON")).collect()
    }

    /// Every value of a metric so far, of the lines that give it without dimensions.
    pub fn values(&self, name: &str) -> Vec<f64> {
        let lines = self.lines();
        let plain = lines.iter().filter(|line| {
            let sets = line["_aws"]["CloudWatchMetrics"][0]["Dimensions"].as_array();
            sets.is_some_and(|sets| sets.iter().any(|set| set.as_array().is_some_and(Vec::is_empty)))
        });
        let values = plain.flat_map(|line| match &line[name] {
            Value::Array(values) => values.as_slice(),
            value => std::slice::from_ref(value),
        });
        values.filter_map(Value::as_f64).collect()
    }
}

impl Write for Recording {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
