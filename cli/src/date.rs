//! A day of a calendar, as options take it.

use jiff::civil::Date;

/// What clap takes a date with.
pub(crate) fn date(text: &str) -> Result<Date, &'static str> {
    local_day::date(text).ok_or("write the day of a calendar as 2026-11-21")
}
