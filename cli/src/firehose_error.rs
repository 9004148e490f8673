//! Records that Firehose could not convert, as it writes them into a bucket: a line each.
//!
//! <https://docs.aws.amazon.com/firehose/latest/dev/data-handling.html>

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;

/// A record.
#[derive(Debug)]
pub(crate) struct Unconverted(Value);

/// The records of an object.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Unconverted>> {
    let documents = serde_json::Deserializer::from_slice(bytes).into_iter();
    documents.map(|document| Ok(Unconverted(document.context("not what Firehose writes about records")?))).collect()
}

impl Unconverted {
    /// What kept it from being converted.
    pub(crate) fn code(&self) -> Option<&str> {
        ["lastErrorCode", "ErrorCode"].into_iter().find_map(|name| self.0[name].as_str())
    }

    /// The record as Firehose got it.
    pub(crate) fn data(&self) -> Result<Vec<u8>> {
        let data = self.0["rawData"].as_str().context("a record has no data")?;
        BASE64.decode(data).context("a record is not base64")
    }

    /// The line of the record with this data.
    pub(crate) fn line(mut self, data: &str) -> Result<Vec<u8>> {
        self.0["rawData"] = Value::String(BASE64.encode(data));
        let mut line = serde_json::to_vec(&self.0)?;
        line.push(b'\n');
        Ok(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_a_line_each() {
        let lines = br#"{"attemptsMade":1,"lastErrorCode":"DataFormatConversion.MalformedData","rawData":"e30="}
            {"ErrorCode":"DataFormatConversion.ParseError","rawData":"e30K"}
"#;
        let mut records = read(lines).unwrap();
        assert_eq!((records.len(), records[0].data().unwrap()), (2, b"{}".to_vec()));
        let second = records.remove(1);
        assert_eq!(second.code(), Some("DataFormatConversion.ParseError"));
        assert_eq!(read(&second.line("[]").unwrap()).unwrap()[0].data().unwrap(), b"[]");
        assert!(read(b"nonsense").is_err());
        assert!(read(b"{}").unwrap()[0].data().is_err());
    }
}
