//! Which driver carries which package: the day's lists, the rules, and an optimal matching.
//!
//! * [`list`]: the two lists as they arrive, checked as a whole; every fault is counted, and the first are kept.
//! * [`rule`]: what a driver may carry.
//! * [`classes`]: packages that no rule tells apart are one class; classes are few where packages are many.
//! * [`matching`]: as many packages as can be carried, evenly spread, the near ones first.
//! * [`answer`]: what a caller is told, with a reason for each package that stays.
//!
//! Nothing here knows a network or a clock, and the same input gives the same output.

pub mod answer;
mod bits;
pub mod classes;
pub mod day;
mod driver;
mod element;
mod fault;
pub mod list;
pub mod matching;
mod package;
pub mod rule;

pub use day::Day;
pub use driver::Driver;
pub use fault::{Fault, Faults};
pub use list::List;
pub use matching::{Assignment, Objective};
pub use package::{Package, Region};
pub use rule::Rule;
