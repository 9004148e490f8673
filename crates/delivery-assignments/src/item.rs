//! An assignment as an item of the table, and back.

use std::str::FromStr;

use aws_sdk_dynamodb::types::AttributeValue;
use delivery::{DeliveryEvent, DeliveryStatus, EventType, PackageId, PackageMetadata, Proof};
use jiff::civil::Date;
use location_event::{Attributes, DriverId, Timestamp};
use table_item::{Fields, Item, ItemError, number, optional, parsed, required};

use crate::expression::UpdateExpression;
use crate::{Assignment, HistoryEntry, NewAssignment, StatusChange};

/// The partition key: the driver.
pub const DRIVER_ID: &str = "driver_id";
/// The sort key: the package.
pub const PACKAGE_ID: &str = "package_id";
/// The day of the delivery, `YYYY-MM-DD`: the sort key of both indexes.
pub const DATE: &str = "date";
/// When the driver was given the package.
pub const ASSIGNED_AT: &str = "assigned_at";
/// The index by driver and day. Keys only.
pub const BY_DAY: &str = "by_day";
/// The index by package and day. Keys only.
pub const BY_PACKAGE: &str = "by_package";
/// When `DynamoDB` may remove the item, seconds since 1970.
pub const EXPIRES_AT: &str = "expires_at";
/// The number of the last change that left the status as it was.
const AMENDED: &str = "amended";
/// Which driver's report of a package as delivered counts, and when it came. In a note only.
pub const DELIVERED_BY: &str = "delivered_by";
const DELIVERED_AT: &str = "delivered_at";
/// What a note has in a driver's place, before the package. An identifier does not begin with a blank.
const NOTE: &str = " delivered ";

/// A change of the table, as its stream tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// What happened.
    pub event: DeliveryEvent,
    /// The package that it happened to.
    pub package: PackageMetadata,
}

/// Which report of a package as delivered counts.
///
/// It is an item of its own, one for all drivers of the package, written together with the driver's: of two drivers at
/// once one is first. It has no day, so it is in no index, and it is no change of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// Whose.
    pub by: DriverId,
    /// When it was written, by our clock.
    pub at: Timestamp,
}

impl Delivered {
    /// What a package's note has in the driver's place.
    pub fn key(package_id: &PackageId) -> DriverId {
        DriverId::from(format!("{NOTE}{package_id}"))
    }

    /// Whether an item of the table is such a note.
    pub fn is_note(item: &impl Fields) -> bool {
        item.text(DRIVER_ID).is_some_and(|id| id.starts_with(NOTE))
    }

    pub(crate) fn from_item(item: &Item) -> Result<Self, ItemError> {
        Ok(Self { by: required(item, DELIVERED_BY).map(DriverId::from)?, at: there(item, DELIVERED_AT)? })
    }
}

impl Change {
    /// The last change of an item: its attributes besides the history are those that this change left.
    ///
    /// An item is `assigned` when it is new or comes back on another day, and no update leads back to that
    /// status: it tells an assignment from an update without the stream's word for it.
    pub fn last_of(item: &impl Fields) -> Result<Self, ItemError> {
        let (date, driver_id, package_id) = (date(item)?, driver_id(item)?, package_id(item)?);
        let (status, sequence) = (status(item)?, sequence(item)?);
        let is_amendment = number(item, AMENDED)? == Some(sequence);
        let event = DeliveryEvent {
            event_id: DeliveryEvent::id(date, &driver_id, &package_id, sequence),
            event_type: match status {
                _ if is_amendment => EventType::Amended,
                DeliveryStatus::Assigned => EventType::Assigned,
                _ => EventType::StatusChanged,
            },
            driver_id,
            package_id,
            date,
            status,
            previous_status: if is_amendment { Some(status) } else { parsed(item, "previous_status")? },
            at: there(item, "updated_at")?,
            by: required(item, "updated_by")?,
            occurred_at: parsed(item, "occurred_at")?,
            reason: optional(item, "reason"),
            proof: proof(item)?,
            run_id: required(item, "run_id")?,
        };
        Ok(Self { event, package: package(item)? })
    }
}

impl Assignment {
    /// The assignment in an item.
    pub fn from_item(item: &Item) -> Result<Self, ItemError> {
        Ok(Self {
            driver_id: driver_id(item)?,
            package_id: package_id(item)?,
            date: date(item)?,
            status: status(item)?,
            sequence: sequence(item)?,
            run_id: required(item, "run_id")?,
            assigned_at: there(item, "assigned_at")?,
            updated_at: there(item, "updated_at")?,
            updated_by: required(item, "updated_by")?,
            previous_status: parsed(item, "previous_status")?,
            reason: optional(item, "reason"),
            proof: proof(item)?,
            occurred_at: parsed(item, "occurred_at")?,
            history: history(item)?,
            expires_at: number(item, EXPIRES_AT)?.ok_or(ItemError { attribute: EXPIRES_AT })?,
            package: package(item)?,
        })
    }
}

/// What makes an item of a new assignment, or an older day's item into one.
pub(crate) fn assigning(row: &NewAssignment) -> UpdateExpression {
    let mut update = UpdateExpression::default();
    update.set(DATE, text(&row.date));
    update.set("run_id", text(&row.run_id));
    update.set(ASSIGNED_AT, text(&row.at));
    update.set(EXPIRES_AT, AttributeValue::N(row.expires_at.to_string()));
    let entry = [
        (DATE, Some(text(&row.date))),
        ("status", Some(text(&DeliveryStatus::Assigned))),
        ("at", Some(text(&row.at))),
        ("by", Some(text(&row.by))),
        ("run_id", Some(text(&row.run_id))),
    ];
    change(&mut update, DeliveryStatus::Assigned, row.at, &row.by, entry);
    for name in ["previous_status", "reason", "proof", "occurred_at"] {
        update.set_or_remove(name, None);
    }
    set_package(&mut update, &row.package);
    update
}

/// What gives an item another status.
pub(crate) fn updating(status_change: &StatusChange) -> UpdateExpression {
    let mut update = UpdateExpression::default();
    // The right side is what was there before.
    let previous = update.name("status");
    update.set_to("previous_status", &previous);
    report(&mut update, status_change);
    for (name, value) in said(status_change) {
        update.set_or_remove(name, value);
    }
    update
}

/// What adds to an item that has the status already. What is not said again stays.
pub(crate) fn amending(status_change: &StatusChange) -> UpdateExpression {
    let mut update = UpdateExpression::default();
    report(&mut update, status_change);
    update.set_to(AMENDED, NEXT_SEQUENCE);
    for (name, value) in said(status_change) {
        if let Some(value) = value {
            update.set(name, value);
        }
    }
    update
}

/// What a report says besides the status.
pub(crate) fn said(status_change: &StatusChange) -> [(&'static str, Option<AttributeValue>); 3] {
    [
        ("reason", status_change.reason.as_ref().map(text)),
        ("proof", status_change.proof.as_ref().map(|proof| text(&proof.as_json()))),
        ("occurred_at", status_change.occurred_at.as_ref().map(text)),
    ]
}

/// What makes, or renews, the note that a package is delivered.
pub(crate) fn noting(by: &DriverId, status_change: &StatusChange) -> UpdateExpression {
    let mut update = UpdateExpression::default();
    update.set(DELIVERED_BY, text(by));
    update.set(DELIVERED_AT, text(&status_change.at));
    update.set(EXPIRES_AT, AttributeValue::N(status_change.known_until.to_string()));
    update
}

/// The change that a report is, as every report leaves it.
fn report(update: &mut UpdateExpression, status_change: &StatusChange) {
    let StatusChange { status, at, by, request_id, .. } = status_change;
    let [reason, proof, occurred_at] = said(status_change);
    let entry = [
        ("status", Some(text(status))),
        ("at", Some(text(at))),
        ("by", Some(text(by))),
        ("request_id", Some(text(request_id))),
        reason,
        proof,
        occurred_at,
    ];
    change(update, *status, *at, by, entry);
}

/// The number of this change.
const NEXT_SEQUENCE: &str = "if_not_exists(#sequence, :zero) + :one";

/// What every change leaves: the status, who and when, the next number, one more entry of the history.
fn change<const N: usize>(
    update: &mut UpdateExpression,
    status: DeliveryStatus,
    at: Timestamp,
    by: &str,
    entry: [(&str, Option<AttributeValue>); N],
) {
    update.set("status", text(&status));
    update.set("updated_at", text(&at));
    update.set("updated_by", text(&by));
    let entry = entry.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
    let history = update.name("history");
    update.value("zero", AttributeValue::N("0".to_owned()));
    update.value("one", AttributeValue::N("1".to_owned()));
    let none = update.value("none", AttributeValue::L(Vec::new()));
    let entry = update.value("entry", AttributeValue::L(vec![AttributeValue::M(entry)]));
    update.set_to("sequence", NEXT_SEQUENCE);
    update.set_to("history", &format!("list_append(if_not_exists({history}, {none}), {entry})"));
}

fn set_package(update: &mut UpdateExpression, package: &PackageMetadata) {
    update.set("weight_kg", decimal(package.weight_kg));
    update.set("is_perishable", AttributeValue::Bool(package.is_perishable));
    update.set("region", text(&package.region));
    update.set("distance_km", decimal(package.distance_km));
    update.set("is_express", AttributeValue::Bool(package.is_express));
    update.set("is_fragile", AttributeValue::Bool(package.is_fragile));
    update.set_or_remove("hazmat_class", package.hazmat_class.map(|class| AttributeValue::N(class.to_string())));
    update.set("temperature_c", decimal(package.temperature_c));
    update.set("delivery_hour", AttributeValue::N(package.delivery_hour.to_string()));
    update.set("volume_m3", decimal(package.volume_m3));
    update.set_or_remove("address", package.address.as_ref().map(text));
    update.set_or_remove("attributes", package.attributes.as_ref().map(|attributes| text(&attributes.as_json())));
}

fn package(item: &impl Fields) -> Result<PackageMetadata, ItemError> {
    let decimal = |attribute| number(item, attribute)?.ok_or(ItemError { attribute });
    let boolean = |attribute| item.boolean(attribute).ok_or(ItemError { attribute });
    Ok(PackageMetadata {
        weight_kg: decimal("weight_kg")?,
        is_perishable: boolean("is_perishable")?,
        region: required(item, "region")?,
        distance_km: decimal("distance_km")?,
        is_express: boolean("is_express")?,
        is_fragile: boolean("is_fragile")?,
        hazmat_class: number(item, "hazmat_class")?,
        temperature_c: decimal("temperature_c")?,
        delivery_hour: number(item, "delivery_hour")?.ok_or(ItemError { attribute: "delivery_hour" })?,
        volume_m3: decimal("volume_m3")?,
        address: optional(item, "address"),
        attributes: optional(item, "attributes")
            .map(|json| Attributes::from_json(json).map_err(|_| ItemError { attribute: "attributes" }))
            .transpose()?,
    })
}

/// Entries of updates have no day: an expression cannot copy the item's into them. Theirs is the one of the
/// assignment before them.
fn history(item: &Item) -> Result<Vec<HistoryEntry>, ItemError> {
    const UNREADABLE: ItemError = ItemError { attribute: "history" };
    let entries = item.get("history").and_then(|history| history.as_l().ok()).ok_or(UNREADABLE)?;
    let mut day = None;
    let entry = |entry: &AttributeValue| {
        let entry = entry.as_m().map_err(|_| UNREADABLE)?;
        day = parsed(entry, DATE)?.or(day);
        Ok(HistoryEntry {
            date: day.ok_or(UNREADABLE)?,
            status: status(entry)?,
            at: there(entry, "at")?,
            by: required(entry, "by")?,
            request_id: optional(entry, "request_id"),
            run_id: optional(entry, "run_id"),
            reason: optional(entry, "reason"),
            proof: proof(entry)?,
            occurred_at: parsed(entry, "occurred_at")?,
        })
    };
    entries.iter().map(entry).collect()
}

fn there<T: FromStr>(item: &impl Fields, attribute: &'static str) -> Result<T, ItemError> {
    parsed(item, attribute)?.ok_or(ItemError { attribute })
}

fn driver_id(item: &impl Fields) -> Result<DriverId, ItemError> {
    required(item, DRIVER_ID).map(DriverId::from)
}

fn package_id(item: &impl Fields) -> Result<PackageId, ItemError> {
    required(item, PACKAGE_ID).map(PackageId::from)
}

fn date(item: &impl Fields) -> Result<Date, ItemError> {
    there(item, DATE)
}

fn status(item: &impl Fields) -> Result<DeliveryStatus, ItemError> {
    there(item, "status")
}

fn sequence(item: &impl Fields) -> Result<u64, ItemError> {
    number(item, "sequence")?.ok_or(ItemError { attribute: "sequence" })
}

fn proof(item: &impl Fields) -> Result<Option<Proof>, ItemError> {
    optional(item, "proof").map(|json| Proof::from_json(json).map_err(|_| ItemError { attribute: "proof" })).transpose()
}

pub(crate) fn text(value: &impl ToString) -> AttributeValue {
    AttributeValue::S(value.to_string())
}

fn decimal(number: f64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}
