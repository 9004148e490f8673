//! What a driver is called, and where that is said.

use std::collections::BTreeSet;
use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use flate2::read::MultiGzDecoder;
use serde_json::Value;

/// Shorter names than this are looked for in fields alone: as words of a text they would be found everywhere.
const LEAST_BYTES: usize = 4;
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
/// Where in an event's attributes the driver is described: positions of our own shape, Radar's events and envelopes.
const DESCRIPTIONS: [&str; 3] = ["", "/user", "/envelope/user"];
/// Fields of these that name the driver or the device. Elsewhere they may name a customer.
const NAMING_FIELDS: [&str; 5] = ["deviceId", "device_id", "installId", "MMUserId", "userId"];
/// Fields of our own objects that hold what was sent, in base64.
const PACKED_FIELDS: [&str; 2] = ["body_base64", "rawData"];

/// A driver's names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Names {
    driver: String,
    /// The driver's ids: a record whose driver is one of them is theirs.
    ids: BTreeSet<String>,
    /// What else tells who it is: devices, older ids. What has no driver of its own and says one of them is theirs.
    others: BTreeSet<String>,
    /// Not the driver's, whatever events say.
    excluded: BTreeSet<String>,
}

/// Whether something names the driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mention {
    Nothing,
    /// By another name than the driver's id.
    Other,
    /// By the driver's id.
    Driver,
}

/// Whose a record is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Somebody else's.
    Foreign,
    /// Another driver's, who shares a name.
    Shared(String),
    /// Another driver's, and it says this driver's id: a person has to decide.
    Mentioned(String),
    /// The driver's.
    Own,
}

impl Names {
    pub(super) fn new(driver: &str, more: &[String], excluded: &[String]) -> Self {
        let ids = std::iter::once(driver).chain(more.iter().map(String::as_str)).map(str::to_owned).collect();
        let excluded = excluded.iter().cloned().collect();
        Self { driver: driver.to_owned(), ids, others: BTreeSet::new(), excluded }
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        self.ids.iter().map(String::as_str)
    }

    /// All names but the driver's own id.
    pub(super) fn further(&self) -> Vec<&str> {
        self.ids().filter(|id| *id != self.driver).chain(self.others.iter().map(String::as_str)).collect()
    }

    pub(super) fn is_own(&self, driver_id: &str) -> bool {
        self.ids.contains(driver_id)
    }

    /// Takes the names in from one of the driver's own events.
    pub(super) fn learn(&mut self, external_driver_id: Option<&str>, attributes: Option<&str>) {
        if let Some(id) = external_driver_id
            && !self.excluded.contains(id)
        {
            self.ids.insert(id.to_owned());
        }
        let Some(attributes) = attributes.and_then(|json| serde_json::from_str::<Value>(json).ok()) else { return };
        let descriptions = DESCRIPTIONS.iter().filter_map(|path| attributes.pointer(path));
        let named =
            descriptions.flat_map(|description| NAMING_FIELDS.iter().filter_map(|field| description[field].as_str()));
        let named = named.filter(|name| name.len() >= LEAST_BYTES && !self.excluded.contains(*name));
        self.others.extend(named.map(str::to_owned));
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.ids.extend(other.ids);
        self.others.extend(other.others);
    }

    /// Whose a record is that says what `mention` says.
    pub(super) fn judge(&self, owner: Option<&str>, mention: impl FnOnce() -> Mention) -> Verdict {
        if owner.is_some_and(|owner| self.is_own(owner)) {
            return Verdict::Own;
        }
        match (owner, mention()) {
            (_, Mention::Nothing) => Verdict::Foreign,
            (None, _) => Verdict::Own,
            (Some(owner), Mention::Other) => Verdict::Shared(owner.to_owned()),
            (Some(owner), Mention::Driver) => Verdict::Mentioned(owner.to_owned()),
        }
    }

    /// Whose a record in JSON is: an event, a row, a record of a stream, or a message of the bus.
    pub(super) fn judge_json(&self, record: &Value) -> Verdict {
        self.judge(owner(record), || self.in_json(record))
    }

    /// Whether the bytes of an object name the driver: JSON, lines of JSON or any text, packed or not.
    pub(super) fn in_bytes(&self, bytes: &[u8]) -> Mention {
        if bytes.starts_with(&GZIP_MAGIC) {
            let mut unpacked = Vec::new();
            // What cannot be unpacked to its end is searched as far as it could.
            let _ = MultiGzDecoder::new(bytes).read_to_end(&mut unpacked);
            return self.in_text(&String::from_utf8_lossy(&unpacked));
        }
        self.in_text(&String::from_utf8_lossy(bytes))
    }

    /// Whether a text names the driver: in its fields where it is JSON, as words where it is not.
    pub(super) fn in_text(&self, text: &str) -> Mention {
        if let Ok(value @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(text) {
            return self.in_json(&value);
        }
        if text.contains('\n') && text.trim_start().starts_with(['{', '[']) {
            return text.lines().map(|line| self.in_text(line)).max().unwrap_or(Mention::Nothing);
        }
        self.in_words(text)
    }

    pub(super) fn in_json(&self, value: &Value) -> Mention {
        let mention = match value {
            Value::String(text) if self.is_name(text) => Some(self.of_name(text)),
            Value::String(text) => Some(self.in_text(text)),
            Value::Array(values) => values.iter().map(|value| self.in_json(value)).max(),
            Value::Object(fields) => fields.iter().map(|(field, value)| self.in_field(field, value)).max(),
            Value::Null | Value::Bool(_) | Value::Number(_) => None,
        };
        mention.unwrap_or(Mention::Nothing)
    }

    fn in_field(&self, field: &str, value: &Value) -> Mention {
        let own = match value {
            // Providers write ids as numbers, too; any other number is none.
            Value::Number(number) if field.to_ascii_lowercase().ends_with("id") => {
                let text = number.to_string();
                if self.is_name(&text) { self.of_name(&text) } else { Mention::Nothing }
            }
            Value::String(text) if PACKED_FIELDS.contains(&field) => {
                BASE64.decode(text).map_or(Mention::Nothing, |bytes| self.in_bytes(&bytes))
            }
            value => self.in_json(value),
        };
        let name = if self.is_name(field) { self.of_name(field) } else { Mention::Nothing };
        own.max(name)
    }

    fn is_name(&self, text: &str) -> bool {
        self.ids.contains(text) || self.others.contains(text)
    }

    fn of_name(&self, name: &str) -> Mention {
        if name == self.driver { Mention::Driver } else { Mention::Other }
    }

    fn in_words(&self, text: &str) -> Mention {
        let names = self.ids.iter().chain(&self.others).filter(|name| name.len() >= LEAST_BYTES);
        names.filter(|name| has_word(text, name)).map(|name| self.of_name(name)).max().unwrap_or(Mention::Nothing)
    }
}

/// The driver of a record, where it says so at a place of its own.
pub(super) fn owner(record: &Value) -> Option<&str> {
    let change = &record["dynamodb"];
    [
        &record["driver_id"],
        &record["detail"]["driver_id"],
        &change["NewImage"]["driver_id"]["S"],
        &change["Keys"]["driver_id"]["S"],
    ]
    .into_iter()
    .find_map(Value::as_str)
}

/// Whether a name stands in a text with neither letter nor digit beside it.
fn has_word(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(start, _)| {
        let before = text[..start].chars().next_back();
        let after = text[start + name.len()..].chars().next();
        [before, after].into_iter().flatten().all(|beside| !beside.is_alphanumeric())
    })
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;

    use super::*;

    pub(in super::super) fn names() -> Names {
        let mut names = Names::new("driver-1", &[], &[]);
        names.learn(
            Some("courier-7"),
            Some(r#"{"user":{"deviceId":"phone-9","deviceType":"Android"},"trip":{"userId":"customer"}}"#),
        );
        names
    }

    #[test]
    fn names_are_learned_from_the_drivers_events() {
        let names = names();
        assert_eq!(names.further(), ["courier-7", "phone-9"]);
        assert!(names.is_own("courier-7") && !names.is_own("phone-9"));
    }

    #[test]
    fn what_is_excluded_is_not_learned() {
        let mut names = Names::new("driver-1", &[], &["courier-7".to_owned(), "phone-9".to_owned()]);
        names.learn(Some("courier-7"), Some(r#"{"deviceId":"phone-9"}"#));
        assert!(names.further().is_empty());
    }

    #[test]
    fn json_names_the_driver_in_fields_keys_and_texts_within() {
        for (value, mention) in [
            (json!({"driver_id": "driver-1"}), Mention::Driver),
            (json!({"assignments": {"driver-1": []}}), Mention::Driver),
            (json!({"body": "{\"user\":{\"_id\":\"driver-1\"}}"}), Mention::Driver),
            (json!({"body_base64": BASE64.encode("\u{1}driver-1")}), Mention::Driver),
            (json!({"event_id": "2026-11-20/driver-1/package/1"}), Mention::Driver),
            (json!([{"deviceId": "phone-9"}]), Mention::Other),
            (json!({"driver_id": "driver-12", "note": "xdriver-1"}), Mention::Nothing),
            (json!({"positions": 9, "text": "phone"}), Mention::Nothing),
        ] {
            assert_eq!(names().in_json(&value), mention, "{value}");
        }
    }

    #[test]
    fn an_id_may_be_a_number_but_a_number_is_no_id() {
        let names = Names::new("12", &[], &[]);
        assert_eq!(names.in_json(&json!({"_id": 12})), Mention::Driver);
        assert_eq!(names.in_json(&json!({"events": 12, "text": "12 events"})), Mention::Nothing);
        assert_eq!(names.in_text("12,24"), Mention::Nothing);
    }

    #[test]
    fn texts_name_the_driver_by_a_word() {
        for (text, mention) in [
            ("driver;driver-1;3", Mention::Driver),
            ("<td>courier-7</td>", Mention::Other),
            ("driver-10", Mention::Nothing),
            ("{\"driver_id\":\"x\"}\n{\"driver_id\":\"driver-1\"}\n", Mention::Driver),
        ] {
            assert_eq!(names().in_bytes(text.as_bytes()), mention, "{text}");
        }
    }

    #[test]
    fn a_record_is_its_drivers_whatever_else_it_says() {
        let names = names();
        let other = "driver-2".to_owned();
        for (record, verdict) in [
            (json!({"driver_id": "driver-1"}), Verdict::Own),
            (json!({"detail": {"driver_id": "courier-7"}}), Verdict::Own),
            (json!({"dynamodb": {"NewImage": {"driver_id": {"S": "driver-1"}}}}), Verdict::Own),
            (json!({"unreadable": "driver-1"}), Verdict::Own),
            (
                json!({"driver_id": "driver-2", "attributes": "{\"deviceId\":\"phone-9\"}"}),
                Verdict::Shared(other.clone()),
            ),
            (json!({"driver_id": "driver-2", "attributes": "{\"relieves\":\"driver-1\"}"}), Verdict::Mentioned(other)),
            (json!({"driver_id": "driver-2"}), Verdict::Foreign),
        ] {
            assert_eq!(names.judge_json(&record), verdict, "{record}");
        }
    }
}
