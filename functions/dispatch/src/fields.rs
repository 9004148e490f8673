//! Reading a JSON body field by field, remembering everything that is wrong with it.

use serde_json::{Map, Value};

/// The body is not what is accepted. The message is for the caller, with every fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("; "))]
pub(crate) struct BadRequest(pub(crate) Vec<String>);

impl BadRequest {
    pub(crate) fn new(fault: impl Into<String>) -> Self {
        Self(vec![fault.into()])
    }
}

/// An object's fields while they are read. Fields that nobody asks for are ignored.
pub(crate) struct Fields {
    object: Map<String, Value>,
    faults: Vec<String>,
}

impl Fields {
    pub(crate) fn of(body: &[u8]) -> Result<Self, BadRequest> {
        match serde_json::from_slice(body) {
            Ok(Value::Object(object)) => Ok(Self { object, faults: Vec::new() }),
            Ok(_) => Err(BadRequest::new("the body must be a JSON object")),
            Err(error) => Err(BadRequest::new(format!("the body is not JSON: {error}"))),
        }
    }

    /// A field that must be there and be what `read` takes; `accepted` says what that is.
    pub(crate) fn required<T>(
        &mut self,
        name: &str,
        accepted: &str,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Option<T> {
        let value = self.object.get(name).and_then(read);
        if value.is_none() {
            self.faults.push(format!("{name} must be {accepted}"));
        }
        value
    }

    /// A field that may be absent or null.
    pub(crate) fn optional<T>(
        &mut self,
        name: &str,
        accepted: &str,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Option<T> {
        if self.object.get(name).is_none_or(Value::is_null) { None } else { self.required(name, accepted, read) }
    }

    pub(crate) fn flag(&mut self, name: &str) -> bool {
        self.optional(name, "true or false", Value::as_bool).unwrap_or_default()
    }

    pub(crate) fn fault(&mut self, fault: String) {
        self.faults.push(fault);
    }

    /// `value`, which is there unless there was a fault.
    pub(crate) fn finish<T>(self, value: Option<T>) -> Result<T, BadRequest> {
        match value {
            Some(value) if self.faults.is_empty() => Ok(value),
            _ => Err(BadRequest(self.faults)),
        }
    }
}

pub(crate) const DATE: &str = "a day such as 2026-11-20";
