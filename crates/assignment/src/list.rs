//! The day's lists as they arrive: a JSON array, or one JSON object a line, either of them optionally gzipped.
//!
//! A list is accepted as a whole or not at all, and every fault in it is found.

use std::borrow::Cow;
use std::fmt;
use std::io::Read as _;

use flate2::read::MultiGzDecoder;
use foldhash::{HashMap, HashMapExt as _};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::driver::Driver;
use crate::package::{self, Package};

/// The most bytes of a list, unpacked: some 400,000 packages. A small file can unpack to anything.
pub const MAX_BYTES: usize = 128 * 1024 * 1024;
/// What a package takes in a list: only to reserve memory once.
const USUAL_BYTES: usize = 256;
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Which of the two lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum List {
    /// Who drives.
    Drivers,
    /// What is to be carried.
    Packages,
}

/// One thing that is wrong with a list.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Fault {
    /// In which list.
    pub list: List,
    /// The place of the element, from 0; absent where the list as a whole is at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<usize>,
    /// The element's own identifier, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What is wrong, and what is accepted.
    pub detail: String,
}

impl List {
    /// `drivers` or `packages`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Drivers => "drivers",
            Self::Packages => "packages",
        }
    }

    /// The text of a list, unpacked if it is gzip.
    pub fn text(self, bytes: &[u8]) -> Result<Cow<'_, str>, Fault> {
        let invalid = |error: &dyn fmt::Display| self.fault(None, None, format!("is not UTF-8 text: {error}"));
        let too_large = || self.fault(None, None, format!("is larger than {MAX_BYTES} bytes (unpacked)"));
        if !bytes.starts_with(&GZIP_MAGIC) {
            if bytes.len() > MAX_BYTES {
                return Err(too_large());
            }
            return std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|error| invalid(&error));
        }
        let mut unpacked = Vec::new();
        let limit = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX) + 1;
        MultiGzDecoder::new(bytes)
            .take(limit)
            .read_to_end(&mut unpacked)
            .map_err(|error| self.fault(None, None, format!("is gzip that cannot be unpacked: {error}")))?;
        if unpacked.len() > MAX_BYTES {
            return Err(too_large());
        }
        String::from_utf8(unpacked).map(Cow::Owned).map_err(|error| invalid(&error.utf8_error()))
    }

    pub(crate) fn fault(self, index: Option<usize>, id: Option<&str>, detail: impl Into<String>) -> Fault {
        Fault { list: self, index, id: id.map(str::to_owned), detail: detail.into() }
    }
}

/// The drivers of a list, or everything that is wrong with it.
pub fn drivers(text: &str) -> Result<Vec<Driver>, Vec<Fault>> {
    let list = List::Drivers;
    let (mut drivers, mut faults) = (Vec::new(), Vec::new());
    // Of all elements, so that a driver with a fault is not taken for an unused identifier.
    let mut seen = Seen::default();
    each::<Value>(list, text, &mut faults, |index, _, element, faults| {
        let Ok(value) = element else { return };
        let id = value.get("id").and_then(Value::as_str);
        faults.extend(id.and_then(|id| seen.repeats(id.to_owned().into(), index)).map(|first| {
            list.fault(Some(index), id, format!("id is used before, by element {first}: a driver is listed once"))
        }));
        match Driver::read(&value) {
            Ok(driver) => drivers.push(driver),
            Err(details) => faults.extend(details.into_iter().map(|detail| list.fault(Some(index), id, detail))),
        }
    });
    if faults.is_empty() { Ok(drivers) } else { Err(faults) }
}

/// The packages of a list, or everything that is wrong with it.
pub fn packages(text: &str) -> Result<Vec<Package<'_>>, Vec<Fault>> {
    let list = List::Packages;
    let expected = text.len() / USUAL_BYTES;
    let (mut packages, mut faults) = (Vec::with_capacity(expected), Vec::new());
    let mut seen = Seen(HashMap::with_capacity(expected));
    each::<Package<'_>>(list, text, &mut faults, |index, source, element, faults| {
        let repeated = |first| format!("package_id is used before, by element {first}: a package is listed once");
        let problem = match element {
            Ok(package) if package.is_valid(source) => {
                let first = seen.repeats(package.id.clone(), index);
                faults.extend(first.map(|first| list.fault(Some(index), Some(&package.id), repeated(first))));
                // Side by side in memory: answers name them in another order than the list's text.
                let id = Cow::Owned(package.id.into_owned());
                packages.push(Package { id, source, ..package });
                return;
            }
            Ok(_) => String::new(),
            Err(error) => error.to_string(),
        };
        // Read again, for all that is wrong: the first reading stops at the first fault.
        let Ok(value) = serde_json::from_str::<Value>(source) else {
            faults.push(list.fault(Some(index), None, problem));
            return;
        };
        let id = value.as_object().and_then(package::identifier);
        let first = id.and_then(|id| seen.repeats(Cow::Owned(id.to_owned()), index));
        faults.extend(first.map(|first| list.fault(Some(index), id, repeated(first))));
        let mut details = package::faults(&value, source);
        if details.is_empty() {
            details.push(problem);
        }
        faults.extend(details.into_iter().map(|detail| list.fault(Some(index), id, detail)));
    });
    if faults.is_empty() { Ok(packages) } else { Err(faults) }
}

/// Where an identifier was first used.
#[derive(Default)]
struct Seen<'a>(HashMap<Cow<'a, str>, usize>);

impl<'a> Seen<'a> {
    fn repeats(&mut self, id: Cow<'a, str>, index: usize) -> Option<usize> {
        let first = *self.0.entry(id).or_insert(index);
        (first != index).then_some(first)
    }
}

/// Calls `take` for each element of a list: its index, its text, and what it is read as. Reading ends at text
/// that is no JSON, which is a fault.
fn each<'a, T: Deserialize<'a>>(
    list: List,
    text: &'a str,
    faults: &mut Vec<Fault>,
    mut take: impl FnMut(usize, &'a str, Result<T, serde_json::Error>, &mut Vec<Fault>),
) {
    let mut rest = Rest { text, at: 0 };
    rest.skip_space();
    let is_array = rest.skip('[');
    rest.skip_space();
    let mut index = 0;
    let is_complete = loop {
        if is_array && rest.skip(']') {
            break true;
        }
        if rest.is_at_end() {
            break !is_array;
        }
        if is_array && index > 0 && !rest.skip(',') {
            faults.push(rest.broken(list, index, "a comma or the closing ] is missing"));
            return;
        }
        rest.skip_space();
        match rest.next::<T>() {
            Ok((source, element)) => take(index, source, element, faults),
            Err(error) => {
                faults.push(rest.broken(list, index, &error.to_string()));
                return;
            }
        }
        index += 1;
        rest.skip_space();
    };
    rest.skip_space();
    if !is_complete {
        faults.push(rest.broken(list, index, "the closing ] is missing: the list is cut off"));
    } else if !rest.is_at_end() {
        faults.push(rest.broken(list, index, "something follows the list"));
    }
}

/// What is left to read.
struct Rest<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Rest<'a> {
    /// The next value: its text, and what it is read as. `Err` where there is no JSON.
    fn next<T: Deserialize<'a>>(&mut self) -> Result<(&'a str, Result<T, serde_json::Error>), serde_json::Error> {
        let text = &self.text[self.at..];
        let mut values = serde_json::Deserializer::from_str(text).into_iter::<T>();
        let (element, length) = match values.next() {
            Some(Ok(value)) => (Ok(value), values.byte_offset()),
            Some(Err(error)) => {
                // Not what it should be, or no JSON at all?
                let mut skipped = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>();
                skipped.next().transpose()?;
                (Err(error), skipped.byte_offset())
            }
            None => return Err(serde::de::Error::custom("an element is missing")),
        };
        self.at += length;
        Ok((&text[..length], element))
    }

    fn skip(&mut self, character: char) -> bool {
        let is_next = self.text[self.at..].starts_with(character);
        self.at += usize::from(is_next);
        is_next
    }

    fn skip_space(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
    }

    fn is_at_end(&self) -> bool {
        self.at == self.text.len()
    }

    fn broken(&self, list: List, index: usize, problem: &str) -> Fault {
        let line = 1 + self.text[..self.at].matches('\n').count();
        let detail = format!(
            "is not JSON from here on (line {line} of the list): {problem}; accepted is an array of objects, or an \
             object a line"
        );
        list.fault(Some(index), None, detail)
    }
}

#[cfg(test)]
mod tests;
