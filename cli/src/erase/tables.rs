//! The tables: the driver's partitions, and in a search all items of all of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, Select, WriteRequest};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use location_event::Timestamp;
use table_item::Fields as _;

use super::days::names_driver;
use super::eraser::{Eraser, Mode};
use super::names::{Mention, Names, Verdict};
use crate::deployment::Deployment;
use crate::progress::Progress;

type Item = HashMap<String, AttributeValue>;

/// Items in a `BatchWriteItem`.
const MOST_DELETIONS: usize = 25;
const DELETIONS_AT_ONCE: usize = 8;
/// Tries of deletions that a busy table has left out.
const TRIES: u32 = 8;
/// Parts in which a table is searched.
const PARTS: i32 = 4;

const EVENTS: &str = "LocationEvents";
const ASSIGNMENTS: &str = "DeliveryAssignments";
pub(super) const AGGREGATES: &str = "Aggregates";

/// Where a driver has items of its own: store, the stacks' name of the table, its key, what stands before the id.
const PARTITIONS: [(&str, &str, [&str; 2], &str); 3] = [
    (ASSIGNMENTS, "AssignmentsTable", ["driver_id", "package_id"], ""),
    (EVENTS, "EventsTable", ["driver_id", "sort_key"], ""),
    (AGGREGATES, "AggregatesTable", ["subject", "bucket"], "driver#"),
];

impl Eraser<'_> {
    /// Learns the driver's names from its events in the log and in the lake, and when it was last heard of. A name that
    /// records have as their driver is contested.
    pub(super) async fn learn(&mut self) -> Result<()> {
        let client = Client::new(&self.deployment.sdk);
        let ids: Vec<_> = self.names.ids().map(str::to_owned).collect();
        self.records = BTreeMap::new();
        for id in ids {
            for (store, output, [partition, _], before) in &PARTITIONS[..2] {
                let query = query(&client, self.deployment.output(output)?, partition, &format!("{before}{id}"));
                let mut items = query.into_paginator().items().send();
                while let Some(item) = items.next().await {
                    let item = item.with_context(|| format!("{store} cannot be read"))?;
                    *self.records.entry(id.clone()).or_default() += 1;
                    if *store == EVENTS {
                        // A package's attributes may name its customer.
                        self.names.learn(item.text("external_driver_id"), item.text("attributes"));
                    }
                    let heard = item.text("received_at").or_else(|| item.text("updated_at"));
                    let heard = heard.and_then(|text| text.parse::<Timestamp>().ok());
                    self.newest = self.newest.max(heard);
                }
            }
        }
        let is_complete = self.survey().await?;
        for name in self.names.unsettled() {
            let items = self.items_of(&client, &name).await?;
            self.records.insert(name.clone(), items);
            // A file that could not be read may have records of that name.
            let is_a_drivers = items > 0 || self.owners.contains_key(&name) || !is_complete;
            self.names.settle(&name, is_a_drivers);
        }
        Ok(())
    }

    /// How many items have a name as their driver.
    async fn items_of(&self, client: &Client, name: &str) -> Result<u64> {
        let mut items = 0;
        for (store, output, [partition, _], before) in PARTITIONS {
            let query = query(client, self.deployment.output(output)?, partition, &format!("{before}{name}"));
            let mut pages = query.select(Select::Count).into_paginator().send();
            while let Some(page) = pages.next().await {
                items += u64::try_from(page.with_context(|| format!("{store} cannot be read"))?.count)?;
            }
        }
        Ok(items)
    }

    pub(super) async fn tables(&mut self, mode: Mode) -> Result<()> {
        if mode == Mode::Search {
            return self.search_tables().await;
        }
        let client = Client::new(&self.deployment.sdk);
        let ids: Vec<_> = self.names.ids().map(str::to_owned).collect();
        for (store, output, key, before) in PARTITIONS {
            let table = self.deployment.output(output)?;
            for id in &ids {
                let query = query(&client, table, key[0], &format!("{before}{id}"))
                    .projection_expression("#partition, #sort")
                    .expression_attribute_names("#sort", key[1]);
                let mut pages = query.into_paginator().send();
                while let Some(page) = pages.next().await {
                    let keys = page.with_context(|| format!("{store} cannot be read"))?.items.unwrap_or_default();
                    self.found(mode, store, "items", keys.len() as u64, table);
                    if mode == Mode::Remove {
                        delete(&client, table, keys).await?;
                    }
                }
                if store == ASSIGNMENTS && mode == Mode::Remove {
                    self.delivered_by_nobody(&client, table, id).await?;
                }
            }
        }
        Ok(())
    }

    /// Takes the driver's id out of the notes that packages are delivered. The notes stay: another driver's delivery of
    /// one of them would still be a second one.
    async fn delivered_by_nobody(&mut self, client: &Client, table: &str, id: &str) -> Result<()> {
        let nobody = format!("erased-{:016x}", fastrand::u64(..));
        let notes = client
            .scan()
            .table_name(table)
            .filter_expression("delivered_by = :id")
            .expression_attribute_values(":id", AttributeValue::S(id.to_owned()))
            .projection_expression("driver_id, package_id")
            .consistent_read(true);
        let mut notes = notes.into_paginator().items().send();
        while let Some(note) = notes.next().await {
            let key = note.with_context(|| format!("{ASSIGNMENTS} cannot be read"))?;
            let update = client
                .update_item()
                .table_name(table)
                .set_key(Some(key))
                .update_expression("SET delivered_by = :nobody")
                .condition_expression("delivered_by = :id")
                .expression_attribute_values(":nobody", AttributeValue::S(nobody.clone()))
                .expression_attribute_values(":id", AttributeValue::S(id.to_owned()));
            match update.send().await {
                Ok(_) => self.found(Mode::Remove, ASSIGNMENTS, "notes", 1, table),
                // Gone, or another driver's by now.
                Err(error)
                    if error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception) => {
                }
                Err(error) => return Err(error).with_context(|| format!("{ASSIGNMENTS} cannot be changed")),
            }
        }
        Ok(())
    }

    async fn search_tables(&mut self) -> Result<()> {
        for (store, output) in [
            (EVENTS, "EventsTable"),
            (ASSIGNMENTS, "AssignmentsTable"),
            (AGGREGATES, "AggregatesTable"),
            ("SigningIds", "SigningIdsTable"),
        ] {
            // Signing ids are stored in some environments only.
            let Ok(table) = self.deployment.output(output) else { continue };
            let searched = search(self.deployment, store, table, &self.names).await?;
            for (verdict, place) in searched {
                match verdict {
                    Verdict::Foreign => {}
                    Verdict::Own => self.found(Mode::Search, store, "items", 1, &place),
                    Verdict::Shared(with) => drop(self.shared_with.insert(with)),
                    Verdict::Mentioned(by) => {
                        self.named_by(Mode::Search, store, &place, &BTreeSet::from([by]));
                    }
                }
            }
        }
        Ok(())
    }
}

fn query(
    client: &Client,
    table: &str,
    partition: &str,
    value: &str,
) -> aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder {
    client
        .query()
        .table_name(table)
        .key_condition_expression("#partition = :value")
        .expression_attribute_names("#partition", partition)
        .expression_attribute_values(":value", AttributeValue::S(value.to_owned()))
        .consistent_read(true)
}

async fn delete(client: &Client, table: &str, keys: Vec<Item>) -> Result<()> {
    let batches: Vec<_> = keys.chunks(MOST_DELETIONS).map(<[_]>::to_vec).collect();
    let deletions = stream::iter(batches).map(|keys| delete_batch(client, table, keys));
    deletions.buffer_unordered(DELETIONS_AT_ONCE).try_collect().await
}

async fn delete_batch(client: &Client, table: &str, keys: Vec<Item>) -> Result<()> {
    let deletion = |key| DeleteRequest::builder().set_key(Some(key)).build();
    let requests = keys.into_iter().map(|key| Ok(WriteRequest::builder().delete_request(deletion(key)?).build()));
    let mut requests = requests.collect::<Result<Vec<_>>>()?;
    for retry in 0..TRIES {
        let written = client.batch_write_item().request_items(table, requests).send().await;
        let written = written.with_context(|| format!("items of {table} cannot be deleted"))?;
        requests = written.unprocessed_items.unwrap_or_default().into_values().flatten().collect();
        if requests.is_empty() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100 << retry).mul_f64(fastrand::f64())).await;
    }
    ensure!(requests.is_empty(), "{table} is too busy to delete from: run it again later");
    Ok(())
}

/// Every item of a table that names the driver, whose it is, and where.
async fn search(
    deployment: &Deployment,
    store: &'static str,
    table: &str,
    names: &Names,
) -> Result<Vec<(Verdict, String)>> {
    let client = Client::new(&deployment.sdk);
    let described = client.describe_table().table_name(table).send().await;
    let described = described.with_context(|| format!("{table} cannot be described"))?;
    let items = described.table.and_then(|table| table.item_count).unwrap_or_default();
    let progress = std::cell::RefCell::new((Progress::new(store, usize::try_from(items).unwrap_or_default()), 0));
    let part =
        async |part| {
            let mut found = Vec::new();
            let scan = client.scan().table_name(table).segment(part).total_segments(PARTS);
            let mut pages = scan.into_paginator().send();
            while let Some(page) = pages.next().await {
                let items = page.with_context(|| format!("{table} cannot be searched"))?.items.unwrap_or_default();
                let mut progress = progress.borrow_mut();
                progress.1 += items.len();
                let read = progress.1;
                progress.0.reach(read);
                found.extend(items.iter().map(|item| (judge(names, item), item)).filter_map(|(verdict, item)| {
                    (verdict != Verdict::Foreign).then(|| (verdict, place(table, item)))
                }));
            }
            anyhow::Ok(found)
        };
    let parts: Vec<_> = stream::iter(0..PARTS).map(part).buffer_unordered(4).try_collect().await?;
    progress.borrow().0.finish();
    Ok(parts.into_iter().flatten().collect())
}

/// Whose an item of any of the tables is.
fn judge(names: &Names, item: &Item) -> Verdict {
    if let Some(subject) = item.text("subject") {
        if let Some(driver) = subject.strip_prefix("driver#") {
            return names.judge(Some(driver), || Mention::Nothing);
        }
        // A day's pages have numbers that look like short ids, so only its drivers are looked at.
        let is_named = item.text("body").is_some_and(|body| names_driver(names, body));
        return if is_named { Verdict::Own } else { Verdict::Foreign };
    }
    names.judge(item.text("driver_id"), || {
        item.values().map(|value| mention(names, value)).max().unwrap_or(Mention::Nothing)
    })
}

fn mention(names: &Names, value: &AttributeValue) -> Mention {
    let all = |values: &mut dyn Iterator<Item = Mention>| values.max().unwrap_or(Mention::Nothing);
    match value {
        AttributeValue::S(text) => names.in_value(text),
        AttributeValue::L(values) => all(&mut values.iter().map(|value| mention(names, value))),
        AttributeValue::M(values) => all(&mut values.values().map(|value| mention(names, value))),
        AttributeValue::Ss(texts) => all(&mut texts.iter().map(|text| names.in_text(text))),
        AttributeValue::B(bytes) => names.search(bytes.as_ref()).mention,
        _ => Mention::Nothing,
    }
}

fn place(table: &str, item: &Item) -> String {
    let key = ["driver_id", "subject", "signing_id", "sort_key", "package_id", "bucket"];
    place_of(table, &key.iter().filter_map(|name| item.text(name)).collect::<Vec<_>>())
}

/// Where an item is, for people.
pub(super) fn place_of(table: &str, key: &[&str]) -> String {
    format!("{table}: {}", key.join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::names::tests::names;
    use super::*;

    fn item(attributes: &[(&str, &str)]) -> Item {
        attributes.iter().map(|(name, text)| ((*name).to_owned(), AttributeValue::S((*text).to_owned()))).collect()
    }

    #[test]
    fn an_item_is_its_drivers() {
        let names = names();
        for (attributes, verdict) in [
            (vec![("driver_id", "driver-1")], Verdict::Own),
            (
                vec![("driver_id", "driver-2"), ("external_driver_id", "courier-7")],
                Verdict::Shared("driver-2".to_owned()),
            ),
            (
                vec![("driver_id", "driver-2"), ("attributes", r#"{"a":"driver-1"}"#)],
                Verdict::Mentioned("driver-2".to_owned()),
            ),
            (vec![("driver_id", "driver-2")], Verdict::Foreign),
            (vec![("subject", "driver#driver-1")], Verdict::Own),
            (vec![("subject", "driver#driver-2")], Verdict::Foreign),
            (vec![("subject", "day#2026-11-20"), ("body", r#"{"drivers":[{"driver_id":"driver-1"}]}"#)], Verdict::Own),
            (
                vec![("subject", "day#2026-11-20"), ("body", r#"{"drivers":[{"driver_id":"driver-2"}]}"#)],
                Verdict::Foreign,
            ),
            (vec![("signing_id", "driver-1")], Verdict::Own),
        ] {
            assert_eq!(judge(&names, &item(&attributes)), verdict, "{attributes:?}");
        }
    }

    #[test]
    fn an_item_is_searched_to_its_depth() {
        let entry = AttributeValue::M(item(&[("reason", "given to driver-1")]));
        let mut assignment = item(&[("driver_id", "driver-2")]);
        assignment.insert("history".to_owned(), AttributeValue::L(vec![entry]));
        assert_eq!(judge(&names(), &assignment), Verdict::Mentioned("driver-2".to_owned()));
    }
}
