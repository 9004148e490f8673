//! Items of `DynamoDB` tables in the two forms that there are, the SDK's and a stream record's, and reading
//! the attributes of either; what a failure of a table means; and batches of a table's stream.

mod failure;
mod stream;

use std::collections::HashMap;
use std::str::FromStr;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Deserialize;
use serde::de::IgnoredAny;

pub use failure::Failure;
pub use stream::{BatchResponse, REPLAYED, RecordError, StreamEvent, StreamRecord};

/// An item as the SDK has it.
pub type Item = HashMap<String, AttributeValue>;
/// An item as a stream record has it: `{"driver_id":{"S":"…"}}`.
pub type StreamImage = HashMap<String, StreamValue>;

/// One attribute in a stream record.
#[derive(Clone, Debug, Deserialize)]
#[expect(missing_docs, reason = "DynamoDB's own names for its types")]
pub enum StreamValue {
    S(String),
    N(String),
    BOOL(bool),
    B(IgnoredAny),
    NULL(IgnoredAny),
    M(IgnoredAny),
    L(IgnoredAny),
    SS(IgnoredAny),
    NS(IgnoredAny),
    BS(IgnoredAny),
}

/// The item is not one that this code writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the item's attribute {attribute} is missing or not what is written there")]
pub struct ItemError {
    /// Which attribute.
    pub attribute: &'static str,
}

/// Reading an item's attributes, whichever of the two forms it has. One of another type is absent.
pub trait Fields {
    /// A text attribute.
    fn text(&self, name: &str) -> Option<&str>;
    /// A number attribute, as the text that `DynamoDB` gives.
    fn number(&self, name: &str) -> Option<&str>;
    /// A boolean attribute.
    fn boolean(&self, name: &str) -> Option<bool>;
}

impl Fields for Item {
    fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_s().ok().map(String::as_str)
    }

    fn number(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_n().ok().map(String::as_str)
    }

    fn boolean(&self, name: &str) -> Option<bool> {
        self.get(name)?.as_bool().ok().copied()
    }
}

impl Fields for StreamImage {
    fn text(&self, name: &str) -> Option<&str> {
        if let StreamValue::S(text) = self.get(name)? { Some(text) } else { None }
    }

    fn number(&self, name: &str) -> Option<&str> {
        if let StreamValue::N(number) = self.get(name)? { Some(number) } else { None }
    }

    fn boolean(&self, name: &str) -> Option<bool> {
        if let StreamValue::BOOL(boolean) = self.get(name)? { Some(*boolean) } else { None }
    }
}

/// A text that must be there.
pub fn required(item: &impl Fields, attribute: &'static str) -> Result<String, ItemError> {
    optional(item, attribute).ok_or(ItemError { attribute })
}

/// A text that may be absent.
pub fn optional(item: &impl Fields, attribute: &'static str) -> Option<String> {
    item.text(attribute).map(str::to_owned)
}

/// A value written as text, which may be absent but not be another text.
pub fn parsed<T: FromStr>(item: &impl Fields, attribute: &'static str) -> Result<Option<T>, ItemError> {
    item.text(attribute).map(|text| text.parse().map_err(|_| ItemError { attribute })).transpose()
}

/// A number, which may be absent but not be out of the type's range.
pub fn number<T: FromStr>(item: &impl Fields, attribute: &'static str) -> Result<Option<T>, ItemError> {
    item.number(attribute).map(|number| number.parse().map_err(|_| ItemError { attribute })).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forms() -> (Item, StreamImage) {
        let image =
            r#"{"text": {"S": "9"}, "number": {"N": "9"}, "boolean": {"BOOL": true}, "list": {"L": [{"S": "9"}]}}"#;
        let item = [
            ("text", AttributeValue::S("9".to_owned())),
            ("number", AttributeValue::N("9".to_owned())),
            ("boolean", AttributeValue::Bool(true)),
            ("list", AttributeValue::L(vec![AttributeValue::S("9".to_owned())])),
        ];
        (item.map(|(name, value)| (name.to_owned(), value)).into(), serde_json::from_str(image).unwrap())
    }

    fn assert_read(item: &impl Fields) {
        assert_eq!(required(item, "text").as_deref(), Ok("9"));
        assert_eq!(parsed(item, "text"), Ok(Some(9_u8)));
        assert_eq!(number(item, "number"), Ok(Some(9.0)));
        assert_eq!(item.boolean("boolean"), Some(true));
        // Of another type, or none.
        for attribute in ["number", "boolean", "list", "nothing"] {
            assert_eq!(required(item, attribute), Err(ItemError { attribute }));
            assert_eq!(parsed::<u8>(item, attribute), Ok(None));
        }
        for attribute in ["text", "boolean", "list", "nothing"] {
            assert_eq!(number::<u8>(item, attribute), Ok(None), "{attribute}");
        }
        assert_eq!(item.boolean("text"), None);
    }

    #[test]
    fn both_forms_read_alike() {
        let (item, image) = forms();
        assert_read(&item);
        assert_read(&image);
    }

    #[test]
    fn what_does_not_parse_is_named() {
        let item: StreamImage = serde_json::from_str(r#"{"n": {"N": "1.5"}, "t": {"S": "x"}}"#).unwrap();
        assert_eq!(number::<u8>(&item, "n"), Err(ItemError { attribute: "n" }));
        assert_eq!(parsed::<u8>(&item, "t"), Err(ItemError { attribute: "t" }));
    }
}
