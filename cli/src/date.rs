//! A day of a calendar, as options take it.

use jiff::civil::Date;

/// Strict, because it becomes a key or a name: other ways to write the day would be other days.
pub(crate) fn date(text: &str) -> Result<Date, &'static str> {
    let date = text.parse().ok().filter(|date: &Date| date.to_string() == text);
    date.ok_or("write the day of a calendar as 2026-11-21")
}
