//! Reading a JSON body field by field, remembering everything that is wrong with it.

use wire_json::{Json, MAX_DEPTH, Object};

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
pub(crate) struct Fields<'a> {
    object: Object<'a>,
    faults: Vec<String>,
}

impl<'a> Fields<'a> {
    pub(crate) fn of(body: &'a [u8]) -> Result<Self, BadRequest> {
        let text = std::str::from_utf8(body)
            .map_err(|error| BadRequest::new(format!("the body is not JSON: it is not UTF-8 text: {error}")))?;
        let json = Json::parse(text).map_err(|error| BadRequest::new(format!("the body is not JSON: {error}")))?;
        if json.is_too_deep() {
            let fault = format!("the body is nested more than {MAX_DEPTH} levels deep");
            return Err(BadRequest::new(fault));
        }
        match json {
            Json::Object(object) => Ok(Self { object, faults: Vec::new() }),
            _ => Err(BadRequest::new("the body must be a JSON object")),
        }
    }

    /// A field that must be there and be what `read` takes; `accepted` says what that is.
    pub(crate) fn required<T>(
        &mut self,
        name: &str,
        accepted: &str,
        read: impl FnOnce(&Json<'a>) -> Option<T>,
    ) -> Option<T> {
        let value = self.object.get(name).and_then(read);
        if value.is_none() {
            self.faults.push(format!("{name} must be {accepted}"));
        }
        value
    }

    /// A field that may be missing: absent, null, or a text, an array or an object that holds nothing.
    pub(crate) fn optional<T>(
        &mut self,
        name: &str,
        accepted: &str,
        read: impl FnOnce(&Json<'a>) -> Option<T>,
    ) -> Option<T> {
        if self.object.given(name).is_none() { None } else { self.required(name, accepted, read) }
    }

    pub(crate) fn flag(&mut self, name: &str) -> bool {
        self.optional(name, "true or false", Json::as_bool).unwrap_or_default()
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

/// An identifier, without the blanks around it. A text that had to be mended is none.
pub(crate) fn identifier(value: &Json<'_>) -> Option<String> {
    let Json::Text(text) = value else { return None };
    location_event::check_identifier(text).ok().map(str::to_owned)
}

pub(crate) const DATE: &str = "a day such as 2026-11-20";
