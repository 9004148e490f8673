//! The hours of the day, as its charts and tables have them side by side.

use std::collections::{HashMap, HashSet};

use aggregation::day::Day;
use local_day::{LocalDay, Zone};

use crate::Stamp;

/// All hours of a day, in order.
pub(crate) struct Hours {
    hours: Vec<Hour>,
    /// Whether they are all that there are.
    complete: bool,
}

/// One of them.
pub(crate) struct Hour {
    /// As the numbers name it: `2026-11-20T09:00:00-05:00`.
    key: String,
    /// As clocks show its beginning, `09:00`; where they showed it before, `01:00*`.
    pub(crate) clock: String,
    /// For the head of a column: `09`, `01*`; `04:30` where clocks were changed by half an hour.
    pub(crate) label: String,
    /// Whether it had begun when the numbers were computed.
    pub(crate) begun: bool,
}

impl Hours {
    pub(crate) fn of(day: &Day, stamp: &Stamp) -> Self {
        let calendar = calendar(day, stamp).unwrap_or_default();
        // Numbers are shown even where the calendar knows nothing of their hours.
        let complete = day.hours.iter().all(|active| calendar.iter().any(|(key, _)| *key == active.hour));
        let active = || day.hours.iter().map(|active| (active.hour.clone(), true)).collect();
        let hours: Vec<_> = if complete { calendar } else { active() };
        let mut seen = HashSet::new();
        let hours = hours.into_iter().map(|(key, begun)| {
            let clock = clock(&key);
            let again = if seen.insert(clock.clone()) { "" } else { "*" };
            let label = format!("{}{again}", clock.strip_suffix(":00").unwrap_or(&clock));
            Hour { clock: format!("{clock}{again}"), label, begun, key }
        });
        Self { hours: hours.collect(), complete }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Hour> {
        self.hours.iter()
    }

    pub(crate) fn len(&self) -> usize {
        self.hours.len()
    }

    /// One place for each hour, with the item of that hour, if there is one.
    pub(crate) fn align<'a, T>(&self, items: &'a [T], hour: fn(&T) -> &str) -> Vec<Option<&'a T>> {
        let items: HashMap<_, _> = items.iter().map(|item| (hour(item), item)).collect();
        self.hours.iter().map(|hour| items.get(hour.key.as_str()).copied()).collect()
    }

    /// What a reader has to know of these hours, where they are not what they are every day.
    pub(crate) fn note(&self) -> Option<String> {
        let hours = self.len();
        let repeated = self.hours.iter().find(|hour| hour.clock.ends_with('*'));
        match (self.complete, hours, repeated) {
            (true, _, Some(hour)) => {
                Some(format!("Clocks were set back: the day has {hours} hours, and {} is the second one.", hour.clock))
            }
            (true, 1..24, None) => Some(format!("Clocks were set forward: the day has {hours} hours.")),
            _ => None,
        }
    }

    /// Whether some have not begun.
    pub(crate) fn some_are_to_come(&self) -> bool {
        self.hours.iter().any(|hour| !hour.begun)
    }
}

/// When each hour begins, by the zone's clocks, and whether it has begun.
fn calendar(day: &Day, stamp: &Stamp) -> Option<Vec<(String, bool)>> {
    let zone: Zone = day.time_zone.parse().ok()?;
    let calendar_day = LocalDay::new(day.date.parse().ok()?, &zone).ok()?;
    let computed_at = stamp.computed_at.parse().ok();
    let begun = |start| computed_at.is_none_or(|computed_at| start <= computed_at);
    Some(calendar_day.hours().map(|start| (zone.wall_clock(start), begun(start))).collect())
}

/// `09:00` of `2026-11-20T09:00:00-05:00`.
fn clock(key: &str) -> String {
    let clock = key.get(11..16).filter(|clock| clock.bytes().all(|byte| byte.is_ascii_digit() || byte == b':'));
    clock.unwrap_or("?").to_owned()
}

#[cfg(test)]
mod tests {
    use aggregation::day::State;

    use super::*;

    fn hours(date: &str, time_zone: &str, active: &[&str]) -> Hours {
        let hours = active.iter().map(|hour| aggregation::day::Hour { hour: (*hour).to_owned(), ..Default::default() });
        let day =
            Day { date: date.to_owned(), time_zone: time_zone.to_owned(), hours: hours.collect(), ..Day::default() };
        let computed_at = "2026-11-20T20:00:00.000Z".to_owned();
        Hours::of(&day, &Stamp { state: State::InProgress, revision: 1, computed_at })
    }

    fn labels(hours: &Hours) -> Vec<&str> {
        hours.iter().map(|hour| hour.label.as_str()).collect()
    }

    #[test]
    fn a_day_has_all_its_hours_whatever_happened() {
        let hours = hours("2026-11-20", "America/New_York", &["2026-11-20T09:00:00-05:00"]);
        assert_eq!((hours.len(), labels(&hours)[9]), (24, "09"));
        let aligned = hours.align(&["2026-11-20T09:00:00-05:00"], |hour| hour);
        assert!(aligned[9].is_some() && aligned.iter().flatten().count() == 1);
        assert_eq!(hours.note(), None);
        // Computed at 15:00 by the zone's clocks.
        assert_eq!(hours.iter().filter(|hour| hour.begun).count(), 16);
        assert!(hours.some_are_to_come());
    }

    #[test]
    fn hours_that_clocks_repeat_are_told_apart() {
        let back = hours("2026-11-01", "America/New_York", &[]);
        assert_eq!(labels(&back)[..4], ["00", "01", "01*", "02"]);
        assert_eq!(back.note().unwrap(), "Clocks were set back: the day has 25 hours, and 01:00* is the second one.");
        let forward = hours("2026-03-08", "America/New_York", &[]);
        assert_eq!(labels(&forward)[..3], ["00", "01", "03"]);
        assert_eq!(forward.note().unwrap(), "Clocks were set forward: the day has 23 hours.");
        let half = hours("2026-10-04", "Australia/Lord_Howe", &[]);
        assert_eq!(labels(&half)[..4], ["00", "01", "02:30", "03:30"]);
    }

    #[test]
    fn numbers_of_hours_that_no_calendar_knows_are_shown() {
        let odd = hours("2026-11-20", "Mars/Olympus", &["2026-11-20T09:00:00-05:00", "<b>"]);
        assert_eq!(labels(&odd), ["09", "?"]);
        assert_eq!(hours("someday", "UTC", &[]).len(), 0);
    }
}
