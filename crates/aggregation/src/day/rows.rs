//! The rows of `analytics/daily.sql`: numbers, each for one part of the day.

use std::str::FromStr;

use location_event::{Flag, flag};

use super::{Crossings, Trips};

/// The columns of a row, in order.
pub const COLUMNS: [&str; 23] = [
    "grain",
    "traffic",
    "kind",
    "elapsed_hour",
    "geofence_key",
    "driver_id",
    "up_to_s",
    "flags",
    "events",
    "positions",
    "distinct_drivers",
    "trips_started",
    "trips_arrived",
    "entered",
    "exited",
    "dwelled",
    "active_minutes",
    "distance_mm",
    "repeated_rows",
    "late_arrivals",
    "geofence_id",
    "geofence_tag",
    "geofence_external_id",
];

/// Why rows are not those of a day. No text of a row is quoted: it may be somebody's identifier.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    /// The query was another one.
    #[error("the result's columns are not those of analytics/daily.sql")]
    Columns,
    /// A value that the query cannot have made.
    #[error("a row's {column} is not {expected}")]
    Value {
        /// Of which column.
        column: &'static str,
        /// What would have been.
        expected: &'static str,
    },
    /// A row of an hour that the day does not have.
    #[error("a row is of hour {hour}, counted from 0, of a day of {hours} hours")]
    Hour {
        /// Counted from the day's first moment.
        hour: usize,
        /// How many there are.
        hours: usize,
    },
    /// The same part of the day twice.
    #[error("two rows are of the same {grain}")]
    Repeated {
        /// What kind of part.
        grain: &'static str,
    },
    /// Rows are missing: whatever is counted for the day is in one row of each grain.
    #[error("the rows of grain {grain} add up to {sum}, not to the day's {total}")]
    Incomplete {
        /// What kind of parts.
        grain: &'static str,
        /// Of the parts.
        sum: u64,
        /// Of the day.
        total: u64,
    },
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub(super) traffic: Traffic,
    pub(super) part: Part,
    pub(super) numbers: Numbers,
}

/// The events that a row is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Traffic {
    /// The day's, in all numbers.
    Live,
    /// Test traffic of the day.
    Test,
    /// Live events of a day that was final when they arrived, on this one.
    TooLate,
}

/// The part of the day that a row is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Day,
    Kind(String),
    /// Hours are counted from the day's first moment.
    Hour(usize),
    Geofence {
        hour: usize,
        /// Of the geofence, whatever its names; `None` where it has none.
        key: Option<String>,
        id: Option<String>,
        tag: Option<String>,
        external_id: Option<String>,
    },
    Driver(String),
    /// By the bucket's bound, seconds.
    Lag(Option<u64>),
    Flags(Vec<Flag>),
}

/// What is counted for every part, whether it is of use there or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Numbers {
    pub(super) events: u64,
    pub(super) positions: u64,
    pub(super) distinct_drivers: u64,
    pub(super) trips: Trips,
    pub(super) crossings: Crossings,
    pub(super) active_minutes: u64,
    pub(super) distance_mm: u64,
    pub(super) repeated_rows: u64,
    pub(super) late_arrivals: u64,
}

impl Row {
    /// From the texts of [`COLUMNS`], in order; `None` is NULL.
    pub fn read(texts: &[Option<String>]) -> Result<Self, RowError> {
        if texts.len() != COLUMNS.len() {
            return Err(RowError::Columns);
        }
        let cells = Cells(texts);
        Ok(Self { traffic: cells.traffic()?, part: cells.part()?, numbers: cells.numbers()? })
    }
}

/// A row's texts, by column.
struct Cells<'a>(&'a [Option<String>]);

impl Cells<'_> {
    fn text(&self, column: &'static str) -> Option<&String> {
        let index = COLUMNS.iter().position(|name| *name == column)?;
        self.0.get(index)?.as_ref()
    }

    fn required(&self, column: &'static str) -> Result<String, RowError> {
        self.text(column).cloned().ok_or(RowError::Value { column, expected: "there" })
    }

    fn parsed<T: FromStr>(&self, column: &'static str, expected: &'static str) -> Result<T, RowError> {
        let value = self.text(column).and_then(|text| text.parse().ok());
        value.ok_or(RowError::Value { column, expected })
    }

    fn count(&self, column: &'static str) -> Result<u64, RowError> {
        self.parsed(column, "a whole number from 0 on")
    }

    fn hour(&self) -> Result<usize, RowError> {
        self.parsed("elapsed_hour", "a whole number from 0 on")
    }

    fn traffic(&self) -> Result<Traffic, RowError> {
        match self.text("traffic").map(String::as_str) {
            Some("live") => Ok(Traffic::Live),
            Some("test") => Ok(Traffic::Test),
            Some("too_late") => Ok(Traffic::TooLate),
            _ => Err(RowError::Value { column: "traffic", expected: "live, test or too_late" }),
        }
    }

    fn flags(&self) -> Result<Vec<Flag>, RowError> {
        let flags = self.text("flags").map_or(Some(Vec::new()), |text| flag::split(text));
        flags.ok_or(RowError::Value { column: "flags", expected: "known flags joined by commas" })
    }

    fn part(&self) -> Result<Part, RowError> {
        match self.text("grain").map(String::as_str) {
            Some("day") => Ok(Part::Day),
            Some("kind") => Ok(Part::Kind(self.required("kind")?)),
            Some("hour") => Ok(Part::Hour(self.hour()?)),
            Some("geofence") => Ok(Part::Geofence {
                hour: self.hour()?,
                key: self.text("geofence_key").cloned(),
                id: self.text("geofence_id").cloned(),
                tag: self.text("geofence_tag").cloned(),
                external_id: self.text("geofence_external_id").cloned(),
            }),
            Some("driver") => Ok(Part::Driver(self.required("driver_id")?)),
            Some("lag") => Ok(Part::Lag(self.text("up_to_s").map(|_| self.count("up_to_s")).transpose()?)),
            Some("flags") => Ok(Part::Flags(self.flags()?)),
            _ => Err(RowError::Value { column: "grain", expected: "one of those of analytics/daily.sql" }),
        }
    }

    fn numbers(&self) -> Result<Numbers, RowError> {
        Ok(Numbers {
            events: self.count("events")?,
            positions: self.count("positions")?,
            distinct_drivers: self.count("distinct_drivers")?,
            trips: Trips { started: self.count("trips_started")?, arrived: self.count("trips_arrived")? },
            crossings: Crossings {
                entered: self.count("entered")?,
                exited: self.count("exited")?,
                dwelled: self.count("dwelled")?,
            },
            active_minutes: self.count("active_minutes")?,
            distance_mm: self.count("distance_mm")?,
            repeated_rows: self.count("repeated_rows")?,
            late_arrivals: self.count("late_arrivals")?,
        })
    }
}
