//! The day's lists in the bucket: `days/<date>/drivers.…` and `days/<date>/packages.…`.
//!
//! A new version is a new object, and the newest counts. Versions that something was assigned from stay.

use std::sync::{Arc, Mutex, PoisonError};

use assignment::{Day, Fault, Faults, List, list};
use jiff::civil::Date;
use location_event::Timestamp;

use crate::bucket::{Bucket, BucketError, Condition, Listed};
use crate::plan::ListVersion;

/// Lambda answers at most 6 MB, in which each quote takes two bytes.
const MAX_IDENTIFIERS_BYTES: usize = 5_500_000;

/// The lists of days, as the function reads and writes them.
#[derive(Debug)]
pub(crate) struct Lists {
    bucket: Bucket,
    /// The last list of each kind that was read: a day is assigned in many calls.
    recent: [Mutex<Option<Loaded>>; 2],
}

/// A list that was read.
#[derive(Clone, Debug)]
pub(crate) struct Loaded {
    pub(crate) version: ListVersion,
    pub(crate) text: Arc<str>,
}

/// A day's lists cannot be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListsError {
    #[error("{}", missing(*.date, .lists))]
    Missing { date: Date, lists: Vec<List> },
    #[error("the lists have {} faults", .0.total())]
    Invalid(Faults),
    #[error(transparent)]
    Bucket(#[from] BucketError),
}

fn missing(date: Date, lists: &[List]) -> String {
    let each =
        |form: &dyn Fn(&str) -> String| lists.iter().map(|list| form(list.name())).collect::<Vec<_>>().join(" and ");
    format!(
        "{} arrived for {date}: upload {} to the dispatch bucket, or PUT it to {}",
        each(&|name| format!("no list of {name} has")),
        each(&|name| format!("days/{date}/{name}.json")),
        each(&|name| format!("/v1/days/{date}/{name}")),
    )
}

impl Lists {
    pub(crate) fn new(bucket: Bucket) -> Self {
        Self { bucket, recent: [const { Mutex::new(None) }; 2] }
    }

    /// The objects that count for a day: drivers, packages.
    pub(crate) async fn newest(&self, date: Date) -> Result<[Option<Listed>; 2], BucketError> {
        let prefix = format!("days/{date}/");
        let listed = self.bucket.list(&prefix).await?;
        let newest = |list: List| {
            let prefix = format!("{prefix}{}.", list.name());
            let of_list = listed.iter().filter(|object| object.key.starts_with(&prefix));
            of_list.max_by(|a, b| (a.last_modified, &a.key).cmp(&(b.last_modified, &b.key))).cloned()
        };
        Ok([newest(List::Drivers), newest(List::Packages)])
    }

    /// The lists that count for a day, as text: drivers, packages.
    pub(crate) async fn load_newest(&self, date: Date) -> Result<[Loaded; 2], ListsError> {
        let (drivers, packages) = match self.newest(date).await? {
            [Some(drivers), Some(packages)] => (drivers, packages),
            [drivers, packages] => {
                let found = [(List::Drivers, drivers), (List::Packages, packages)];
                let lists = found.into_iter().filter(|(_, object)| object.is_none()).map(|(list, _)| list).collect();
                return Err(ListsError::Missing { date, lists });
            }
        };
        let version = |listed: Listed| ListVersion { key: listed.key, e_tag: listed.e_tag, version_id: None };
        let drivers = self.load(List::Drivers, date, version(drivers)).await?;
        Ok([drivers, self.load(List::Packages, date, version(packages)).await?])
    }

    /// A version of a list, as text.
    pub(crate) async fn load(&self, list: List, date: Date, version: ListVersion) -> Result<Loaded, ListsError> {
        let recent = &self.recent[list as usize];
        let known = recent.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(known) = known
            && (&known.version.key, &known.version.e_tag) == (&version.key, &version.e_tag)
        {
            return Ok(known);
        }
        let invalid = |fault: Fault| ListsError::Invalid(fault.into());
        let object = match self.bucket.get(&version.key, version.version_id.as_deref()).await {
            Err(BucketError::TooLarge(_)) => return Err(invalid(list.too_large())),
            object => object?.ok_or_else(|| ListsError::Missing { date, lists: vec![list] })?,
        };
        let text = list.text(&object.bytes).map_err(invalid)?;
        let version = ListVersion { key: version.key, e_tag: object.e_tag, version_id: object.version_id };
        let loaded = Loaded { version, text: text.into() };
        *recent.lock().unwrap_or_else(PoisonError::into_inner) = Some(loaded.clone());
        Ok(loaded)
    }

    /// Stores a list that came through the API, if it has no fault: its key, and how many it names.
    pub(crate) async fn store(
        &self,
        list: List,
        date: Date,
        body: Vec<u8>,
        now: Timestamp,
    ) -> Result<(String, usize), ListsError> {
        let text = list.text(&body).map_err(|fault| ListsError::Invalid(fault.into()))?;
        let count = match list {
            List::Drivers => list::drivers(&text).map(|drivers| drivers.len()),
            List::Packages => list::packages(&text).map(|packages| packages.len()),
        };
        let count = count.map_err(ListsError::Invalid)?;
        let stamp: String = now.to_string().chars().filter(char::is_ascii_alphanumeric).collect();
        // After any `packages.json` of the same second, which is all that S3 tells times by.
        let key = format!("days/{date}/{}.v{stamp}-{:08x}.json", list.name(), fastrand::u32(..));
        // The key is new, so there is no condition that could fail.
        self.bucket.put(&key, body, Condition::Always).await?;
        Ok((key, count))
    }
}

/// The day that two lists describe. Every answer names all of its drivers and packages, so they are bounded.
pub(crate) fn day<'a>(drivers: &Loaded, packages: &'a Loaded) -> Result<Day<'a>, ListsError> {
    let day = Day::read(&drivers.text, &packages.text).map_err(ListsError::Invalid)?;
    // Each identifier with its quotes and a comma.
    let drivers: usize = day.drivers.iter().map(|driver| driver.id.len() + 5).sum();
    let packages: usize = day.packages.iter().map(|package| package.id.len() + 5).sum();
    if drivers + packages <= MAX_IDENTIFIERS_BYTES {
        return Ok(day);
    }
    let detail = format!(
        "the identifiers of {} packages and {} drivers take {} bytes: accepted are {MAX_IDENTIFIERS_BYTES}, as an \
         answer names them all; divide the day",
        day.packages.len(),
        day.drivers.len(),
        drivers + packages
    );
    Err(ListsError::Invalid(Fault::new(List::Packages, None, None, detail).into()))
}
