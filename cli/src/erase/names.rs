//! What a driver is called, and where that is said.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;

use assignment::list::MAX_BYTES;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use flate2::read::MultiGzDecoder;
use wire_json::Json;

/// Shorter names than this are looked for in fields alone: as words of a text they would be found everywhere.
const LEAST_BYTES: usize = 4;
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
/// Where in an event's attributes the driver is described: positions of our own shape, Radar's events and envelopes.
const DESCRIPTIONS: [&[&str]; 3] = [&[], &["user"], &["envelope", "user"]];
/// Fields of these that name the driver or the device. Elsewhere they may name a customer.
const NAMING_FIELDS: [&str; 5] = ["deviceId", "device_id", "installId", "MMUserId", "userId"];
/// Fields of our own objects that hold what was sent, in base64.
const PACKED_FIELDS: [&str; 2] = ["body_base64", "rawData"];

/// A driver's names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Names {
    driver: String,
    /// The driver's ids, as the operator gave them: a record whose driver is one of them is theirs.
    ids: BTreeSet<String>,
    /// Ids that the driver's events have, and no record as its driver. What has no driver of its own and says one of
    /// them is theirs, and so are entries of lists and plans.
    learned: BTreeSet<String>,
    /// What else tells who it is: devices, older ids. What has no driver of its own and says one of them is theirs.
    others: BTreeSet<String>,
    /// What the driver's events have, and nobody has looked yet whether it is another's id.
    candidates: BTreeMap<String, Named>,
    /// Ids that the driver's events have, and that records have as their driver. They may be another's, so they are no
    /// names until the operator says so.
    contested: BTreeSet<String>,
    /// Not the driver's, whatever events say.
    excluded: BTreeSet<String>,
}

/// What a name is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Named {
    Device,
    Driver,
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

/// The result of searching an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Searched {
    pub(super) mention: Mention,
    /// Why the object was not searched to its end.
    pub(super) cut_short: Option<String>,
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
        let driver = driver.to_owned();
        let [learned, others, contested] = [const { BTreeSet::new() }; 3];
        Self { driver, ids, learned, others, candidates: BTreeMap::new(), contested, excluded }
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        self.ids.iter().map(String::as_str)
    }

    /// All names but the driver's own id.
    pub(super) fn further(&self) -> Vec<&str> {
        let others = self.learned.iter().chain(&self.others).map(String::as_str);
        self.ids().filter(|id| *id != self.driver).chain(others).collect()
    }

    /// The driver's ids that were learned.
    pub(super) fn learned(&self) -> impl Iterator<Item = &str> {
        self.learned.iter().map(String::as_str)
    }

    /// Ids that may be another driver's.
    pub(super) fn contested(&self) -> impl Iterator<Item = &str> {
        self.contested.iter().map(String::as_str)
    }

    /// Names that the operator did not give, and that may be another driver's id by now.
    pub(super) fn unsettled(&self) -> Vec<String> {
        self.candidates.keys().chain(&self.learned).chain(&self.others).cloned().collect()
    }

    /// Says of an unsettled name whether records have it as their driver.
    pub(super) fn settle(&mut self, name: &str, is_a_drivers: bool) {
        let named = self.candidates.remove(name);
        if is_a_drivers {
            self.learned.remove(name);
            self.others.remove(name);
            self.contested.insert(name.to_owned());
        } else if let Some(named) = named {
            let known = if named == Named::Driver { &mut self.learned } else { &mut self.others };
            known.insert(name.to_owned());
        }
    }

    pub(super) fn is_own(&self, driver_id: &str) -> bool {
        self.ids.contains(driver_id)
    }

    /// Whether an entry of a list or a plan is the driver's.
    pub(super) fn is_listed(&self, id: &str) -> bool {
        self.is_own(id) || self.learned.contains(id)
    }

    /// Takes the names in from one of the driver's own events: to be settled, before they count.
    pub(super) fn learn(&mut self, external_driver_id: Option<&str>, attributes: Option<&str>) {
        if let Some(id) = external_driver_id {
            self.propose(id, Named::Driver);
        }
        let Some(attributes) = attributes.and_then(|json| Json::parse(json).ok()) else { return };
        let descriptions = DESCRIPTIONS.iter().filter_map(|path| at(&attributes, path));
        let named = descriptions
            .flat_map(|description| NAMING_FIELDS.iter().filter_map(|field| at(description, &[*field])?.as_str()));
        for name in named.filter(|name| name.len() >= LEAST_BYTES) {
            self.propose(name, Named::Device);
        }
    }

    fn propose(&mut self, name: &str, named: Named) {
        let known = [&self.ids, &self.learned, &self.contested, &self.excluded];
        if known.iter().any(|known| known.contains(name)) || (named == Named::Device && self.others.contains(name)) {
            return;
        }
        let known = self.candidates.entry(name.to_owned()).or_insert(named);
        *known = named.max(*known);
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (name, named) in &other.candidates {
            self.propose(name, *named);
        }
    }

    /// Names that are too short to be looked for in texts.
    pub(super) fn short(&self) -> impl Iterator<Item = &str> {
        self.ids.iter().chain(&self.learned).filter(|name| name.len() < LEAST_BYTES).map(String::as_str)
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

    /// Judges whose record it is: an event, a row, a record of a stream, or a message of the bus.
    pub(super) fn judge_record(&self, record: &str) -> Verdict {
        match Json::parse(record) {
            Ok(json) => self.judge(owner(&json), || self.in_document(&json, record)),
            Err(_) => self.judge(None, || self.in_text(record)),
        }
    }

    /// Searches the bytes of an object: JSON, lines of JSON or any text, packed or not.
    pub(super) fn search(&self, bytes: &[u8]) -> Searched {
        let (bytes, cut_short) = unpacked(bytes);
        Searched { mention: self.in_text(&String::from_utf8_lossy(&bytes)), cut_short }
    }

    /// Whether a text names the driver: in its fields where it is JSON, as words where it is not.
    pub(super) fn in_text(&self, text: &str) -> Mention {
        let text = wire_json::without_bom(text);
        if !text.trim_start().starts_with(['{', '[']) {
            return self.in_words(text);
        }
        match Json::parse(text) {
            Ok(json) => self.in_document(&json, text),
            Err(_) if text.contains('\n') => {
                text.lines().map(|line| self.in_text(line)).max().unwrap_or(Mention::Nothing)
            }
            Err(_) => self.in_words(text),
        }
    }

    /// Looks for the driver in a text value, as the whole of it or within it.
    pub(super) fn in_value(&self, text: &str) -> Mention {
        let name = text.trim();
        if self.is_name(name) { self.of_name(name) } else { self.in_text(text) }
    }

    /// Tells whether any name, however short, is part of a text.
    pub(super) fn is_part_of(&self, text: &str) -> bool {
        self.all().any(|name| text.contains(name))
    }

    /// A message without the names.
    pub(super) fn redacted(&self, message: &str) -> String {
        let names = self.all().filter(|name| name.len() >= LEAST_BYTES);
        names.fold(message.to_owned(), |message, name| message.replace(name, "…"))
    }

    fn in_document(&self, json: &Json<'_>, text: &str) -> Mention {
        let in_fields = self.in_json(json);
        // What is nested too deeply to be read has words at least.
        if json.is_too_deep() { in_fields.max(self.in_words(text)) } else { in_fields }
    }

    fn in_json(&self, json: &Json<'_>) -> Mention {
        let mention = match json {
            Json::Text(text) => Some(self.in_value(text)),
            Json::MendedText(text) => Some(self.in_value(text)),
            Json::Array(values) => values.iter().map(|value| self.in_json(value)).max(),
            Json::Object(fields) => fields.iter().map(|(field, value)| self.in_field(field, value)).max(),
            Json::Taken | Json::Null | Json::Bool(_) | Json::Number(_) | Json::LongNumber(_) | Json::TooDeep => None,
        };
        mention.unwrap_or(Mention::Nothing)
    }

    fn in_field(&self, field: &str, value: &Json<'_>) -> Mention {
        let is_id = || field.to_ascii_lowercase().ends_with("id");
        let own = match value {
            // Providers write ids as numbers, too; any other number is none.
            Json::Number(number) if is_id() => self.in_digits(&number.to_string()),
            Json::LongNumber(digits) if is_id() => self.in_digits(digits),
            Json::Text(text) if PACKED_FIELDS.contains(&field) => {
                BASE64.decode(&**text).map_or(Mention::Nothing, |bytes| self.search(&bytes).mention)
            }
            value => self.in_json(value),
        };
        let name = if self.is_name(field) { self.of_name(field) } else { Mention::Nothing };
        own.max(name)
    }

    fn in_digits(&self, digits: &str) -> Mention {
        if self.is_name(digits) { self.of_name(digits) } else { Mention::Nothing }
    }

    fn all(&self) -> impl Iterator<Item = &String> {
        self.ids.iter().chain(&self.learned).chain(&self.others)
    }

    fn is_name(&self, text: &str) -> bool {
        self.is_listed(text) || self.others.contains(text)
    }

    fn of_name(&self, name: &str) -> Mention {
        if name == self.driver { Mention::Driver } else { Mention::Other }
    }

    fn in_words(&self, text: &str) -> Mention {
        let names = self.all().filter(|name| name.len() >= LEAST_BYTES);
        names.filter(|name| has_word(text, name)).map(|name| self.of_name(name)).max().unwrap_or(Mention::Nothing)
    }
}

/// The driver of a record, where it says so at a place of its own.
fn owner<'a>(record: &'a Json<'_>) -> Option<&'a str> {
    let places: [&[&str]; 5] = [
        // The note that a package is delivered is of who delivered it.
        &["dynamodb", "NewImage", "delivered_by", "S"],
        &["driver_id"],
        &["detail", "driver_id"],
        &["dynamodb", "NewImage", "driver_id", "S"],
        &["dynamodb", "Keys", "driver_id", "S"],
    ];
    places.into_iter().find_map(|place| at(record, place)?.as_str())
}

/// The value at the end of a way through objects.
fn at<'a, 'j>(json: &'a Json<'j>, way: &[&str]) -> Option<&'a Json<'j>> {
    way.iter().try_fold(json, |json, name| json.as_object()?.get(name))
}

/// The bytes of an object, unpacked if they are gzip, as far as that is possible; and why it is possible no further.
fn unpacked(bytes: &[u8]) -> (Cow<'_, [u8]>, Option<String>) {
    if !bytes.starts_with(&GZIP_MAGIC) {
        return (Cow::Borrowed(bytes), None);
    }
    let mut unpacked = Vec::new();
    let limit = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX);
    let cut_short = match MultiGzDecoder::new(bytes).take(limit.saturating_add(1)).read_to_end(&mut unpacked) {
        Err(error) => Some(format!("gzip that cannot be unpacked to its end: {error}")),
        Ok(_) if unpacked.len() > MAX_BYTES => Some(format!("gzip of more than {MAX_BYTES} bytes (unpacked)")),
        Ok(_) => None,
    };
    (Cow::Owned(unpacked), cut_short)
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
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use serde_json::json;

    use super::*;

    pub(in super::super) fn names() -> Names {
        let mut names = Names::new("driver-1", &[], &[]);
        names.learn(
            Some("courier-7"),
            Some(r#"{"user":{"deviceId":"phone-9","deviceType":"Android"},"trip":{"userId":"customer"}}"#),
        );
        for name in names.unsettled() {
            names.settle(&name, false);
        }
        names
    }

    #[test]
    fn names_are_learned_from_the_drivers_events() {
        let names = names();
        assert_eq!(names.further(), ["courier-7", "phone-9"]);
        assert!(names.is_listed("courier-7") && !names.is_listed("phone-9"));
        assert!(!names.is_own("courier-7"), "only who was named is erased from records that have a driver");
    }

    #[test]
    fn an_id_that_has_records_is_no_name() {
        let mut names = Names::new("driver-1", &[], &[]);
        // As Radar's events: the id is in the attributes as well.
        names.learn(Some("4242"), Some(r#"{"user":{"userId":"4242","deviceId":"phone-9"}}"#));
        assert_eq!(names.unsettled(), ["4242", "phone-9"]);
        assert_eq!(names.in_text("4242"), Mention::Nothing, "before it is settled");
        names.settle("4242", true);
        names.settle("phone-9", false);
        names.learn(Some("4242"), Some(r#"{"user":{"userId":"4242"}}"#));
        assert_eq!((names.further(), names.contested().collect::<Vec<_>>()), (vec!["phone-9"], vec!["4242"]));
        assert!(!names.is_listed("4242") && names.in_text("4242") == Mention::Nothing);
        // What was nobody's may become another's.
        names.settle("phone-9", true);
        assert!(names.further().is_empty());
        let given = Names::new("driver-1", &["4242".to_owned()], &[]);
        assert!(given.is_own("4242"));
    }

    #[test]
    fn what_is_excluded_is_not_learned() {
        let mut names = Names::new("driver-1", &[], &["courier-7".to_owned(), "phone-9".to_owned()]);
        names.learn(Some("courier-7"), Some(r#"{"deviceId":"phone-9"}"#));
        assert!(names.unsettled().is_empty());
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
            assert_eq!(names().in_text(&value.to_string()), mention, "{value}");
        }
    }

    #[test]
    fn odd_tokens_hide_no_name() {
        let deep = |inner: &str| format!("{}{inner}{}", "[".repeat(130), "]".repeat(130));
        for (text, mention) in [
            (r#"[{"name":"Jo\ud83d","id":"driver-1"}]"#.to_owned(), Mention::Driver),
            (r#"{"x":1e999,"id":"\u0064river-1"}"#.to_owned(), Mention::Driver),
            (r#"{"id":"driver-1","id":"driver-2"}"#.to_owned(), Mention::Driver),
            (r#"{"id":" driver-1 "}"#.to_owned(), Mention::Driver),
            ("\u{feff}[{\"id\":\"driver-1\"}]".to_owned(), Mention::Driver),
            (deep(r#""driver-1""#), Mention::Driver),
            (deep(r#""driver-2""#), Mention::Nothing),
            (r#"[{"name":"Jo\ud83d","id":"driver-2"}]"#.to_owned(), Mention::Nothing),
        ] {
            assert_eq!(names().in_text(&text), mention, "{text}");
        }
        let long = "123456789012345678901234567890";
        assert_eq!(Names::new(long, &[], &[]).in_text(&format!(r#"{{"_id":{long}}}"#)), Mention::Driver);
    }

    #[test]
    fn what_cannot_be_unpacked_is_searched_as_far_as_it_can_and_says_so() {
        let text = format!("driver-1 {}", "noise ".repeat(10_000));
        let whole = gzip(text.as_bytes());
        let searched = names().search(&whole);
        assert_eq!((searched.mention, searched.cut_short), (Mention::Driver, None));
        let searched = names().search(&whole[..whole.len() / 2]);
        assert_eq!(searched.mention, Mention::Driver);
        assert!(searched.cut_short.unwrap().starts_with("gzip that cannot be unpacked"));
        let bomb = names().search(&gzip(&vec![b' '; MAX_BYTES + 1]));
        assert_eq!(bomb.cut_short.unwrap(), format!("gzip of more than {MAX_BYTES} bytes (unpacked)"));
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(bytes).unwrap();
        packed.finish().unwrap()
    }

    #[test]
    fn a_message_is_redacted() {
        assert_eq!(names().redacted("driver-1 of courier-7, 404"), "… of …, 404");
        assert!(names().is_part_of("days/driver-12.json") && !names().is_part_of("days/2026-11-20/drivers.json"));
    }

    #[test]
    fn an_id_may_be_a_number_but_a_number_is_no_id() {
        let names = Names::new("12", &[], &[]);
        assert_eq!(names.in_text(r#"{"_id": 12}"#), Mention::Driver);
        assert_eq!(names.in_text(r#"{"events": 12, "text": "12 events"}"#), Mention::Nothing);
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
            assert_eq!(names().search(text.as_bytes()).mention, mention, "{text}");
        }
    }

    #[test]
    fn a_record_is_its_drivers_whatever_else_it_says() {
        let names = names();
        let other = "driver-2".to_owned();
        for (record, verdict) in [
            (json!({"driver_id": "driver-1"}), Verdict::Own),
            // The id became another's since: nothing of theirs is touched.
            (json!({"detail": {"driver_id": "courier-7"}}), Verdict::Shared("courier-7".to_owned())),
            (json!({"dynamodb": {"NewImage": {"driver_id": {"S": "driver-1"}}}}), Verdict::Own),
            (json!({"unreadable": "driver-1"}), Verdict::Own),
            (
                json!({"driver_id": "driver-2", "attributes": "{\"deviceId\":\"phone-9\"}"}),
                Verdict::Shared(other.clone()),
            ),
            (json!({"driver_id": "driver-2", "attributes": "{\"relieves\":\"driver-1\"}"}), Verdict::Mentioned(other)),
            (json!({"driver_id": "driver-2"}), Verdict::Foreign),
        ] {
            assert_eq!(names.judge_record(&record.to_string()), verdict, "{record}");
        }
    }
}
