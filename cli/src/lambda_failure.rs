//! A batch of a stream that Lambda gave up, as it writes it into a bucket: whole.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-errors.html>

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

/// What an object says.
#[derive(Debug)]
pub(crate) struct FailedBatch {
    pub(crate) records: Vec<Value>,
    about: Value,
    /// The batch as the function got it, without its records.
    batch: Value,
    /// Whether the batch is JSON in a text, as it mostly is.
    is_text: bool,
}

impl FailedBatch {
    pub(crate) fn read(bytes: &[u8]) -> Result<Self> {
        let mut about: Value = serde_json::from_slice(bytes).context("not what Lambda writes about a batch")?;
        let (mut batch, is_text): (Value, _) = match about.get_mut("payload").map(Value::take) {
            Some(Value::String(text)) => (serde_json::from_str(&text).context("the batch is not JSON")?, true),
            Some(batch) => (batch, false),
            None => bail!("it does not have the batch"),
        };
        match batch.get_mut("Records").map(Value::take) {
            Some(Value::Array(records)) => Ok(Self { records, about, batch, is_text }),
            _ => bail!("it does not have the batch"),
        }
    }

    /// The object with the records of now.
    pub(crate) fn write(mut self) -> Result<Vec<u8>> {
        self.batch["Records"] = Value::Array(self.records);
        self.about["payload"] = if self.is_text { Value::String(self.batch.to_string()) } else { self.batch };
        Ok(serde_json::to_vec(&self.about)?)
    }

    /// Why it was given up.
    pub(crate) fn condition(&self) -> &str {
        self.about["requestContext"]["condition"].as_str().unwrap_or("no condition")
    }

    /// The ARN of the function that failed on it, with its alias.
    pub(crate) fn function(&self) -> Option<&str> {
        self.about["requestContext"]["functionArn"].as_str()
    }

    /// The ARN of the stream that it is of.
    pub(crate) fn stream(&self) -> Option<&str> {
        self.about["DDBStreamBatchInfo"]["streamArn"].as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_read_and_written_in_both_forms() {
        let text = r#"{"requestContext":{"condition":"RetryAttemptsExhausted"},"payload":"{\"Records\":[{},{}]}"}"#;
        let object = r#"{"requestContext":{"condition":"RecordAgeExceeded"},"payload":{"Records":[{}]}}"#;
        for (form, condition, count) in [(text, "RetryAttemptsExhausted", 2), (object, "RecordAgeExceeded", 1)] {
            let read = FailedBatch::read(form.as_bytes()).unwrap();
            assert_eq!((read.condition(), read.records.len()), (condition, count));
            let written: Value = serde_json::from_slice(&read.write().unwrap()).unwrap();
            assert_eq!(written, serde_json::from_str::<Value>(form).unwrap());
        }
        for odd in [r#"{"requestContext":{"condition":"x"}}"#, r#"{"payload":{}}"#, r#"{"payload":"3"}"#, "[]"] {
            let error = FailedBatch::read(odd.as_bytes()).err().unwrap();
            assert_eq!(error.to_string(), "it does not have the batch", "{odd}");
        }
    }
}
