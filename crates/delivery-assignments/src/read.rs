//! Reading the table. The indexes have keys only and lag behind; items are read consistently by these keys.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_dynamodb::types::KeysAndAttributes;
use delivery::PackageId;
use jiff::civil::Date;
use location_event::DriverId;
use table_item::{Fields as _, Item, ItemError};

use crate::error::classify;
use crate::item::{self, text};
use crate::{Assignment, Assignments, StoreError};

/// The most keys in a `BatchGetItem`.
const MAX_KEYS: usize = 100;
/// Requests for what `BatchGetItem` left out, after the first. The SDK retries whole requests itself.
const RETRIES: u32 = 5;
const FIRST_BACKOFF: Duration = Duration::from_millis(50);

/// The table answered, but not for everything that was asked of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} items were left unread after all retries")]
struct Unprocessed(usize);

/// A driver and a package.
type Key = (String, String);

impl Assignments {
    /// What a driver was given for a day, sorted by package. Rows of the last moments may be missing: they
    /// are found through an index.
    pub async fn of_driver(&self, driver_id: &DriverId, date: Date) -> Result<Vec<Assignment>, StoreError> {
        let keys = self.keys(item::BY_DAY, item::DRIVER_ID, driver_id.as_str(), Some(date)).await?;
        let mut assignments = self.get_all(keys).await?;
        // The index may still have the day of a package that has come back since.
        assignments.retain(|assignment| assignment.date == date);
        assignments.sort_by(|a, b| a.package_id.cmp(&b.package_id));
        Ok(assignments)
    }

    /// The packages that a driver was given for a day, as far as the index knows: rows of the last moments may
    /// be missing.
    pub async fn package_ids_of_driver(
        &self,
        driver_id: &DriverId,
        date: Date,
    ) -> Result<BTreeSet<PackageId>, StoreError> {
        let keys = self.keys(item::BY_DAY, item::DRIVER_ID, driver_id.as_str(), Some(date)).await?;
        Ok(keys.into_iter().map(|(_, package_id)| PackageId::from(package_id)).collect())
    }

    /// Every driver's delivery of a package, on all days, the newest last. As to rows of the last moments,
    /// see [`Self::of_driver`].
    pub async fn of_package(&self, package_id: &PackageId) -> Result<Vec<Assignment>, StoreError> {
        let keys = self.keys(item::BY_PACKAGE, item::PACKAGE_ID, package_id.as_str(), None).await?;
        let mut assignments = self.get_all(keys).await?;
        let order = |assignment: &Assignment| (assignment.date, assignment.assigned_at);
        assignments.sort_by(|a, b| order(a).cmp(&order(b)).then_with(|| a.driver_id.cmp(&b.driver_id)));
        Ok(assignments)
    }

    /// A driver's delivery of a package, as of now.
    pub(crate) async fn get(
        &self,
        driver_id: &DriverId,
        package_id: &PackageId,
    ) -> Result<Option<Assignment>, StoreError> {
        let key = (driver_id.to_string(), package_id.to_string());
        Ok(self.get_all(BTreeSet::from([key])).await?.pop())
    }

    /// The keys that an index has of one partition, of one day where that is asked for.
    async fn keys(
        &self,
        index: &str,
        partition: &str,
        id: &str,
        date: Option<Date>,
    ) -> Result<BTreeSet<Key>, StoreError> {
        let mut query = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(index)
            .key_condition_expression("#partition = :id")
            .expression_attribute_names("#partition", partition)
            .expression_attribute_values(":id", text(&id));
        if let Some(date) = date {
            query = query
                .key_condition_expression("#partition = :id AND #date = :date")
                .expression_attribute_names("#date", item::DATE)
                .expression_attribute_values(":date", text(&date));
        }
        // A set, because an entry that moves between two pages is in both, and no key may be asked for twice.
        let mut keys = BTreeSet::new();
        let mut start = None;
        loop {
            let page = query.clone().set_exclusive_start_key(start).send().await.map_err(classify)?;
            for item in page.items() {
                keys.insert(key_of(item).map_err(StoreError::Unreadable)?);
            }
            start = page.last_evaluated_key;
            if start.is_none() {
                return Ok(keys);
            }
        }
    }

    /// The items of these keys that there are, in no order.
    async fn get_all(&self, keys: BTreeSet<Key>) -> Result<Vec<Assignment>, StoreError> {
        let keys: Vec<_> = keys.into_iter().map(to_item).collect();
        let mut assignments = Vec::with_capacity(keys.len());
        for keys in keys.chunks(MAX_KEYS) {
            self.get_batch(keys.to_vec(), &mut assignments).await?;
        }
        Ok(assignments)
    }

    async fn get_batch(&self, mut keys: Vec<Item>, assignments: &mut Vec<Assignment>) -> Result<(), StoreError> {
        let mut backoff = FIRST_BACKOFF;
        for retry in 0..=RETRIES {
            if retry > 0 {
                // Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
                tokio::time::sleep(backoff.mul_f64(fastrand::f64())).await;
                backoff *= 2;
            }
            let request = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
            let request = request.map_err(|error| StoreError::Refused(error.into()))?;
            let page =
                self.client.batch_get_item().request_items(&self.table, request).send().await.map_err(classify)?;
            for item in page.responses.unwrap_or_default().into_values().flatten() {
                assignments.push(Assignment::from_item(&item).map_err(StoreError::Unreadable)?);
            }
            let unprocessed = page.unprocessed_keys.unwrap_or_default();
            keys = unprocessed.into_values().flat_map(|left| left.keys).collect();
            if keys.is_empty() {
                return Ok(());
            }
        }
        Err(StoreError::Throttled(Unprocessed(keys.len()).into()))
    }
}

fn key_of(item: &Item) -> Result<Key, ItemError> {
    let text = |attribute| item.text(attribute).map(str::to_owned).ok_or(ItemError { attribute });
    Ok((text(item::DRIVER_ID)?, text(item::PACKAGE_ID)?))
}

fn to_item((driver_id, package_id): Key) -> Item {
    Item::from([(item::DRIVER_ID.to_owned(), text(&driver_id)), (item::PACKAGE_ID.to_owned(), text(&package_id))])
}
