//! Days of the environment's time zone: which one it is, when one begins and ends, and its hours.
//!
//! A day is a date, not 24 hours: with summer time it has 23 or 25. Instants are UTC, as everywhere.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use location_event::Timestamp;

/// Milliseconds of an hour.
const HOUR_MS: i64 = 3_600_000;

/// What the function that computes days says of one that the lake has forgotten, or that is not kept any more; who asks
/// it for days looks for these words.
pub const TOO_LONG_AGO: &str = "is too long ago";

/// A date in the one form that is a day's name: `2026-11-20`. Other ways to write it would be other keys.
pub fn date(text: &str) -> Option<Date> {
    text.parse::<Date>().ok().filter(|date| text.len() == 10 && date.to_string() == text)
}

/// A time zone by its IANA name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone(TimeZone);

/// One date in one zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalDay {
    date: Date,
    zone: Zone,
    from: Timestamp,
    to: Timestamp,
}

/// The day begins or ends outside the years 1970 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("accepted are dates from 1970-01-02 to 9999-12-30")]
pub struct DateOutOfRange;

impl Default for Zone {
    fn default() -> Self {
        Self(TimeZone::UTC)
    }
}

impl FromStr for Zone {
    type Err = jiff::Error;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        TimeZone::get(name).map(Self)
    }
}

impl fmt::Display for Zone {
    /// The IANA name.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0.iana_name().unwrap_or("UTC"))
    }
}

impl Zone {
    /// The date that it is there.
    pub fn today(&self, now: Timestamp) -> Date {
        self.zoned(now).date()
    }

    /// A moment by the zone's clocks, RFC 3339 with the offset and without fractions of a second, such as
    /// `2026-11-20T09:00:00-05:00`.
    pub fn wall_clock(&self, time: Timestamp) -> String {
        self.zoned(time).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    }

    fn zoned(&self, time: Timestamp) -> jiff::Zoned {
        // Both kinds of timestamps cover the years to 9999.
        jiff::Timestamp::from_millisecond(time.as_millis()).unwrap_or(jiff::Timestamp::MAX).to_zoned(self.0.clone())
    }
}

impl LocalDay {
    /// The day of this date.
    pub fn new(date: Date, zone: &Zone) -> Result<Self, DateOutOfRange> {
        let midnight = |date: Date| {
            let zoned = date.to_zoned(zone.0.clone()).map_err(|_| DateOutOfRange)?;
            Timestamp::from_millis(zoned.timestamp().as_millisecond()).map_err(|_| DateOutOfRange)
        };
        let from = midnight(date)?;
        let to = midnight(date.tomorrow().map_err(|_| DateOutOfRange)?)?;
        Ok(Self { date, zone: zone.clone(), from, to })
    }

    /// The date.
    pub fn date(&self) -> Date {
        self.date
    }

    /// The zone.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// Its first moment: midnight, or what comes after a gap there.
    pub fn from(&self) -> Timestamp {
        self.from
    }

    /// The first moment of the next day, which is not in it.
    pub fn to(&self) -> Timestamp {
        self.to
    }

    /// When its hours begin, counted from its first moment: 23, 24 or 25 of them. The last is a shorter one
    /// where clocks are changed by less than an hour.
    pub fn hours(&self) -> impl Iterator<Item = Timestamp> {
        let (from, to) = (self.from.as_millis(), self.to.as_millis());
        (0..).map(move |hour| from + hour * HOUR_MS).take_while(move |start| *start < to).map(|start| {
            // Between two timestamps lies a timestamp.
            Timestamp::from_millis(start).unwrap_or(self.from)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> Zone {
        name.parse().unwrap()
    }

    fn day(date: &str, name: &str) -> LocalDay {
        LocalDay::new(date.parse().unwrap(), &zone(name)).unwrap()
    }

    #[test]
    fn a_date_has_one_form() {
        assert_eq!(date("2026-11-20").unwrap().to_string(), "2026-11-20");
        for text in ["2026-02-30", "20261120", "2026-11-20T00:00:00", "today", "", "-002026-11-20"] {
            assert_eq!(date(text), None, "{text}");
        }
    }

    #[test]
    fn a_day_begins_at_midnight_in_its_zone() {
        let today = |time: &str| zone("America/Sao_Paulo").today(time.parse().unwrap()).to_string();
        assert_eq!(today("2026-11-20T02:59:59.999Z"), "2026-11-19");
        assert_eq!(today("2026-11-20T03:00:00.000Z"), "2026-11-20");
        assert!("Mars/Olympus".parse::<Zone>().is_err());
    }

    #[test]
    fn with_summer_time_a_day_has_23_or_25_hours() {
        let hours = |date| day(date, "America/New_York").hours().count();
        assert_eq!([hours("2026-03-08"), hours("2026-11-20"), hours("2026-11-01")], [23, 24, 25]);
        let fall: Vec<_> = day("2026-11-01", "America/New_York").hours().skip(1).take(2).collect();
        let labels = fall.into_iter().map(|hour| zone("America/New_York").wall_clock(hour));
        assert!(labels.eq(["2026-11-01T01:00:00-04:00", "2026-11-01T01:00:00-05:00"]));
    }

    #[test]
    fn a_day_without_a_midnight_begins_after_the_gap() {
        // Until 2018 Brazil's summer time began at midnight.
        let day = day("2018-11-04", "America/Sao_Paulo");
        assert_eq!(day.from().to_string(), "2018-11-04T03:00:00.000Z");
        assert_eq!(day.hours().count(), 23);
    }

    #[test]
    fn zones_off_the_hour_have_hours_of_their_own() {
        let day = day("2026-11-20", "Asia/Kolkata");
        assert_eq!(day.from().to_string(), "2026-11-19T18:30:00.000Z");
        assert_eq!(day.hours().count(), 24);
        assert_eq!(day.zone().to_string(), "Asia/Kolkata");
    }

    #[test]
    fn days_at_the_ends_of_time_are_refused() {
        for date in ["1969-12-31", "9999-12-31"] {
            assert!(LocalDay::new(date.parse().unwrap(), &Zone::default()).is_err(), "{date}");
        }
    }
}
