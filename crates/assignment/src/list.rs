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

use crate::driver::Driver;
use crate::element::Examined;
use crate::fault::{Fault, Faults};
use crate::package::Package;

/// The most bytes of a list, unpacked: some 200,000 packages. A small file can unpack to anything, and what is read of
/// both lists takes a few times their text.
pub const MAX_BYTES: usize = 64 * 1024 * 1024;
/// The most elements of a list. The smallest drivers take ten times their text.
pub const MAX_ELEMENTS: usize = 500_000;
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
        if !bytes.starts_with(&GZIP_MAGIC) {
            if bytes.len() > MAX_BYTES {
                return Err(self.too_large());
            }
            let text = std::str::from_utf8(bytes).map_err(|error| invalid(&error))?;
            return Ok(Cow::Borrowed(text));
        }
        let mut unpacked = Vec::new();
        let limit = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX) + 1;
        MultiGzDecoder::new(bytes)
            .take(limit)
            .read_to_end(&mut unpacked)
            .map_err(|error| self.fault(None, None, format!("is gzip that cannot be unpacked: {error}")))?;
        if unpacked.len() > MAX_BYTES {
            return Err(self.too_large());
        }
        String::from_utf8(unpacked).map(Cow::Owned).map_err(|error| invalid(&error.utf8_error()))
    }

    /// What is said of a list that is not even read.
    pub fn too_large(self) -> Fault {
        self.fault(None, None, format!("is larger than {MAX_BYTES} bytes (unpacked)"))
    }

    fn fault(self, index: Option<usize>, id: Option<&str>, detail: impl Into<String>) -> Fault {
        Fault::new(self, index, id, detail)
    }
}

/// The drivers of a list, or what is wrong with it.
pub fn drivers(text: &str) -> Result<Vec<Driver>, Faults> {
    let (drivers, faults) = read_drivers(text);
    if faults.is_empty() { Ok(drivers) } else { Err(faults) }
}

/// The packages of a list, or what is wrong with it.
pub fn packages(text: &str) -> Result<Vec<Package<'_>>, Faults> {
    let (packages, faults) = read_packages(text);
    if faults.is_empty() { Ok(packages) } else { Err(faults) }
}

/// Every element is a driver, or has a fault.
fn read_drivers(text: &str) -> (Vec<Driver>, Faults) {
    let (mut drivers, mut faults) = (Vec::new(), Faults::default());
    let mut seen = Seen { list: List::Drivers, places: HashMap::new() };
    each::<IgnoredAny>(List::Drivers, text, &mut faults, |index, source, _, faults| {
        let examined = Driver::examine(source);
        drivers.extend(seen.judge(index, examined, faults));
    });
    (drivers, faults)
}

/// Every element is a package, or has a fault.
fn read_packages(text: &str) -> (Vec<Package<'_>>, Faults) {
    let expected = (text.len() / USUAL_BYTES).min(MAX_ELEMENTS);
    let (mut packages, mut faults) = (Vec::with_capacity(expected), Faults::default());
    let mut seen = Seen { list: List::Packages, places: HashMap::with_capacity(expected) };
    each::<Package<'_>>(List::Packages, text, &mut faults, |index, source, element, faults| match element {
        Ok(package) if package.is_valid(source) => {
            let package = package.listed_as(source);
            if seen.is_new(package.id.clone(), index, faults) {
                // Side by side in memory: answers name them in another order than the list's text.
                let id = Cow::Owned(package.id.into_owned());
                packages.push(Package { id, ..package });
            }
        }
        // Read again, for all that is wrong with it or has to be mended: the first reading stops at the first of both.
        _ => packages.extend(seen.judge(index, Package::examine(source), faults)),
    });
    (packages, faults)
}

/// Where an identifier was first used, by any element: one with another fault has its identifier all the same.
struct Seen<'a> {
    list: List,
    places: HashMap<Cow<'a, str>, usize>,
}

impl<'a> Seen<'a> {
    /// The element, unless it has faults, which are noted.
    fn judge<T>(&mut self, index: usize, examined: Examined<T>, faults: &mut Faults) -> Option<T> {
        let Examined { id, outcome } = examined;
        let is_new = id.clone().is_none_or(|id| id.is_empty() || self.is_new(id.into(), index, faults));
        match outcome {
            Ok(element) => is_new.then_some(element),
            Err(details) => {
                for detail in details {
                    faults.push(|| self.list.fault(Some(index), id.as_deref(), detail));
                }
                None
            }
        }
    }

    /// Whether no element before this one has its identifier; that one has is a fault.
    fn is_new(&mut self, id: Cow<'a, str>, index: usize, faults: &mut Faults) -> bool {
        // No longer one is an identifier, and texts of any length are not to be kept.
        if id.len() > location_event::MAX_IDENTIFIER_BYTES {
            return true;
        }
        let first = *self.places.entry(id.clone()).or_insert(index);
        if first == index {
            return true;
        }
        let (field, whom) = match self.list {
            List::Drivers => ("id", "a driver"),
            List::Packages => ("package_id", "a package"),
        };
        faults.push(|| {
            let detail = format!("{field} is used before, by element {first}: {whom} is listed once");
            self.list.fault(Some(index), Some(&id), detail)
        });
        false
    }
}

/// Calls `take` for each element of a list: its index, its text, and what it is read as. Reading ends at text
/// that is no JSON, which is a fault.
fn each<'a, T: Deserialize<'a>>(
    list: List,
    text: &'a str,
    faults: &mut Faults,
    mut take: impl FnMut(usize, &'a str, Result<T, serde_json::Error>, &mut Faults),
) {
    let text = wire_json::without_bom(text);
    if text.trim().is_empty() {
        faults.push(|| list.fault(None, None, "is empty; [] says that there are none"));
        return;
    }
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
            faults.push(|| rest.broken(list, index, "a comma or the closing ] is missing"));
            return;
        }
        rest.skip_space();
        if index == MAX_ELEMENTS {
            faults.push(|| list.fault(None, None, format!("has more than {MAX_ELEMENTS} elements")));
            return;
        }
        match rest.next::<T>() {
            Ok((source, element)) => take(index, source, element, faults),
            Err(error) => {
                faults.push(|| rest.broken(list, index, &error.to_string()));
                return;
            }
        }
        index += 1;
        rest.skip_space();
    };
    rest.skip_space();
    if !is_complete {
        faults.push(|| rest.broken(list, index, "the closing ] is missing: the list is cut off"));
    } else if !rest.is_at_end() {
        faults.push(|| rest.broken(list, index, "something follows the list"));
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
