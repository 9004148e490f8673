//! Making keys and values of items.

use aws_sdk_dynamodb::types::AttributeValue;
use table_item::{Item, ItemError};

use crate::keys;

/// A primary key.
pub(crate) fn key(subject: String, bucket: String) -> Item {
    Item::from([
        (keys::SUBJECT.to_owned(), AttributeValue::S(subject)),
        (keys::BUCKET.to_owned(), AttributeValue::S(bucket)),
    ])
}

pub(crate) fn number(number: impl Into<i128>) -> AttributeValue {
    AttributeValue::N(number.into().to_string())
}

pub(crate) fn body(item: &Item) -> Result<String, ItemError> {
    table_item::required(item, keys::BODY)
}

/// A number that must be there.
pub(crate) fn count<T: std::str::FromStr>(item: &Item, attribute: &'static str) -> Result<T, ItemError> {
    table_item::number(item, attribute)?.ok_or(ItemError { attribute })
}
