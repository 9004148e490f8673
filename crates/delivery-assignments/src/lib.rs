//! `DeliveryAssignments`, who carries which package and how far it is: keys, items, writing and reading.
//!
//! An item is a package with one driver. Every change is one conditional `UpdateItem`, so that of two
//! callers at once one wins and the other learns what is there; every change adds to the item's history.
//! `delivered` is a transaction with one more item, [`item::Delivered`]: a package is delivered by one driver.

mod assignment;
mod error;
mod expression;
pub mod item;
mod read;
mod report;
mod table;

pub use assignment::{Assignment, HistoryEntry, NewAssignment, StatusChange};
pub use error::StoreError;
pub use item::{Change, Delivered};
pub use report::Updated;
pub use table::{Assignments, Written};
pub use table_item::ItemError;

#[cfg(test)]
mod tests;
