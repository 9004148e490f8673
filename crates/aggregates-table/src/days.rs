//! A day's numbers: a head that says which revision counts, and the pages of it.
//!
//! Pages are named by the revision and the digest of the numbers, so that a revision is written beside the one that
//! counts and readers change over at once, by the head.

use aws_sdk_dynamodb::types::AttributeValue;
use table_item::{Item, ItemError, required};

use crate::items::{body, count, key, number};
use crate::{Aggregates, TableError, keys};

const REVISION: &str = "revision";
const DIGEST: &str = "digest";
const PAGES: &str = "pages";
const CHANGED_AT: &str = "changed_at";
const COMPUTED_AT: &str = "computed_at";
const PUBLISHED: &str = "published";

/// Which numbers of a day count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayHead {
    /// 1, 2, …: how often the numbers have changed.
    pub revision: u64,
    /// Of the numbers: names their pages.
    pub digest: String,
    /// How many pages there are, numbered from 0.
    pub pages: u32,
    /// When these numbers were computed first, RFC 3339, UTC.
    pub changed_at: String,
    /// When they were computed last, RFC 3339, UTC.
    pub computed_at: String,
    /// The last revision that was published; 0: none was.
    pub published: u64,
}

/// What became of a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadWrite {
    /// It counts.
    Written,
    /// Somebody else wrote one since this was begun.
    Lost,
}

impl Aggregates {
    /// The head of a day, `2026-11-20`, as of now. `None`: its numbers were never computed, or have expired.
    pub async fn day_head(&self, date: &str) -> Result<Option<DayHead>, TableError> {
        let item = self.get(date, keys::HEAD.to_owned()).await?;
        Ok(item.as_ref().map(head).transpose()?)
    }

    /// The JSON of one page of the numbers that this head is of. `None`: they have been replaced.
    pub async fn day_page(&self, date: &str, head: &DayHead, index: u32) -> Result<Option<String>, TableError> {
        let item = self.get(date, keys::page(head.revision, &head.digest, index)).await?;
        Ok(item.as_ref().map(body).transpose()?)
    }

    /// Writes one page of numbers that do not count yet, and are to be this revision. `expires_at`: seconds since 1970.
    pub async fn put_day_page(
        &self,
        date: &str,
        revision: u64,
        digest: &str,
        index: u32,
        body: String,
        expires_at: i64,
    ) -> Result<(), TableError> {
        self.client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(key(keys::day(date), keys::page(revision, digest, index))))
            .item(keys::BODY, AttributeValue::S(body))
            .item(keys::EXPIRES_AT, number(expires_at))
            .send()
            .await
            .map_err(TableError::of)?;
        Ok(())
    }

    /// Makes numbers count whose pages are all written, unless another head than that of revision `seen`
    /// (`None`: any) is there by now.
    pub async fn put_day_head(
        &self,
        date: &str,
        seen: Option<u64>,
        head: &DayHead,
        expires_at: i64,
    ) -> Result<HeadWrite, TableError> {
        let text = |text: &String| AttributeValue::S(text.clone());
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(key(keys::day(date), keys::HEAD.to_owned())))
            .item(REVISION, number(head.revision))
            .item(DIGEST, text(&head.digest))
            .item(PAGES, number(head.pages))
            .item(CHANGED_AT, text(&head.changed_at))
            .item(COMPUTED_AT, text(&head.computed_at))
            .item(PUBLISHED, number(head.published))
            .item(keys::EXPIRES_AT, number(expires_at));
        let put = match seen {
            None => put.condition_expression("attribute_not_exists(subject)"),
            Some(revision) => {
                put.condition_expression("revision = :seen").expression_attribute_values(":seen", number(revision))
            }
        };
        match put.send().await {
            Ok(_) => Ok(HeadWrite::Written),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => {
                Ok(HeadWrite::Lost)
            }
            Err(error) => Err(TableError::of(error)),
        }
    }

    /// Notes that the numbers of this revision were computed again at `at` (RFC 3339, UTC) and are the same.
    pub async fn set_computed(&self, date: &str, revision: u64, at: &str) -> Result<HeadWrite, TableError> {
        self.set(date, revision, COMPUTED_AT, AttributeValue::S(at.to_owned())).await
    }

    /// Notes that this revision was published.
    pub async fn set_published(&self, date: &str, revision: u64) -> Result<HeadWrite, TableError> {
        self.set(date, revision, PUBLISHED, number(revision)).await
    }

    /// Deletes the pages of all revisions of a day before this one: those that it replaced, and those of runs that
    /// did not come to their end. It may never touch pages that another run has written and is about to make count:
    /// those are of a later revision.
    pub async fn delete_pages_before(&self, date: &str, revision: u64) -> Result<(), TableError> {
        let pages = self.between(keys::day(date), keys::FIRST_PAGE.to_owned(), keys::pages(revision));
        let mut items = pages.projection_expression("subject, #bucket").into_paginator().items().send();
        while let Some(item) = items.next().await {
            // What was projected is the key.
            let key = item.map_err(TableError::of)?;
            let delete = self.client.delete_item().table_name(&self.table).set_key(Some(key));
            delete.send().await.map_err(TableError::of)?;
        }
        Ok(())
    }

    async fn get(&self, date: &str, bucket: String) -> Result<Option<Item>, TableError> {
        let outcome = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(key(keys::day(date), bucket)))
            .consistent_read(true)
            .send()
            .await
            .map_err(TableError::of)?;
        Ok(outcome.item)
    }

    async fn set(
        &self,
        date: &str,
        revision: u64,
        attribute: &str,
        value: AttributeValue,
    ) -> Result<HeadWrite, TableError> {
        let outcome = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(keys::day(date), keys::HEAD.to_owned())))
            .update_expression("SET #attribute = :value")
            .condition_expression("revision = :revision")
            .expression_attribute_names("#attribute", attribute)
            .expression_attribute_values(":value", value)
            .expression_attribute_values(":revision", number(revision))
            .send()
            .await;
        match outcome {
            Ok(_) => Ok(HeadWrite::Written),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => {
                Ok(HeadWrite::Lost)
            }
            Err(error) => Err(TableError::of(error)),
        }
    }
}

fn head(item: &Item) -> Result<DayHead, ItemError> {
    Ok(DayHead {
        revision: count(item, REVISION)?,
        digest: required(item, DIGEST)?,
        pages: count(item, PAGES)?,
        changed_at: required(item, CHANGED_AT)?,
        computed_at: required(item, COMPUTED_AT)?,
        published: count(item, PUBLISHED)?,
    })
}
