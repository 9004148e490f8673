//! UTC to the millisecond, always written in the same width, so that text order is time order.

use std::fmt;
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

/// The earliest time accepted (1970): before it, a device's clock is broken and the width changes.
const MIN: i64 = 0;
/// The last millisecond of the year 9999: after it, five digits of year would break the text order.
const MAX: i64 = 253_402_300_799_999;

/// Characters of the text.
const WIDTH: usize = 24;

/// A moment in UTC, in whole milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(i64);

/// The text is no RFC 3339 time with an offset between the years 1970 and 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("accepted is RFC 3339 with an offset, such as 2026-01-31T09:30:00.000Z, from 1970 to 9999")]
pub struct InvalidTimestamp;

impl Timestamp {
    /// The last moment that there is.
    pub const MAX: Self = Self(MAX);

    /// From milliseconds since 1970.
    pub fn from_millis(millis: i64) -> Result<Self, InvalidTimestamp> {
        if (MIN..=MAX).contains(&millis) { Ok(Self(millis)) } else { Err(InvalidTimestamp) }
    }

    /// Milliseconds since 1970.
    pub fn as_millis(self) -> i64 {
        self.0
    }

    /// `YYYY-MM-DD`, the UTC date.
    pub fn date(self) -> String {
        let mut text = self.to_string();
        text.truncate(10);
        text
    }

    /// `YYYY-MM-DD hh:mm:ss.sss`, as the lake's `TIMESTAMP` columns take it.
    pub fn to_sql(self) -> String {
        let mut text = self.to_string();
        text.truncate(23);
        text.replace_range(10..11, " ");
        text
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let millis = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
        Self(i64::try_from(millis).unwrap_or(MAX).clamp(MIN, MAX))
    }
}

impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed: jiff::Timestamp = text.parse().map_err(|_| InvalidTimestamp)?;
        Self::from_millis(parsed.as_millisecond())
    }
}

impl Timestamp {
    /// The text, digit by digit: an event needs it several times, and formatting took as long as signing.
    fn text(self) -> [u8; WIDTH] {
        // All of `MIN..=MAX` is in jiff's range.
        let time = jiff::Timestamp::from_millisecond(self.0).unwrap_or_default();
        let time = jiff::tz::Offset::UTC.to_datetime(time);
        let mut text = *b"0000-00-00T00:00:00.000Z";
        for (place, mut number) in [
            (0..4, time.year()),
            (5..7, time.month().into()),
            (8..10, time.day().into()),
            (11..13, time.hour().into()),
            (14..16, time.minute().into()),
            (17..19, time.second().into()),
            (20..23, time.millisecond()),
        ] {
            for digit in text[place].iter_mut().rev() {
                *digit += u8::try_from(number % 10).unwrap_or_default();
                number /= 10;
            }
        }
        text
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.text()).map_err(|_| fmt::Error)?)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(std::str::from_utf8(&self.text()).map_err(ser::Error::custom)?)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl de::Visitor<'_> for Text {
            type Value = Timestamp;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an RFC 3339 time")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Timestamp, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text)
    }
}

impl schemars::JsonSchema for Timestamp {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "format": "date-time",
            "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$",
            "description": "UTC, to the millisecond, always of the same width.",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn text_order_is_time_order(a in MIN..=MAX, b in MIN..=MAX) {
            let (a, b) = (Timestamp(a), Timestamp(b));
            prop_assert_eq!(a.cmp(&b), a.to_string().cmp(&b.to_string()));
        }

        #[test]
        fn text_reads_back(millis in MIN..=MAX) {
            let timestamp = Timestamp(millis);
            prop_assert_eq!(timestamp.to_string().parse(), Ok(timestamp));
            prop_assert_eq!(timestamp.to_string().len(), 24);
        }
    }

    #[test]
    fn offsets_and_fractions_are_brought_to_utc_milliseconds() {
        for (text, utc) in [
            ("2026-03-01T12:00:00-03:00", "2026-03-01T15:00:00.000Z"),
            ("2026-03-01T12:00:00.1239Z", "2026-03-01T12:00:00.123Z"),
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.000Z"),
        ] {
            assert_eq!(text.parse::<Timestamp>().unwrap().to_string(), utc);
        }
    }

    #[test]
    fn a_time_without_an_offset_or_outside_the_years_is_refused() {
        for text in ["2026-03-01T12:00:00", "2026-03-01", "1969-12-31T23:59:59Z", "now", "", "1700000000"] {
            assert_eq!(text.parse::<Timestamp>(), Err(InvalidTimestamp), "{text}");
        }
    }

    #[test]
    fn sql_and_date_forms() {
        let timestamp: Timestamp = "2026-03-01T12:00:00.007Z".parse().unwrap();
        assert_eq!(timestamp.to_sql(), "2026-03-01 12:00:00.007");
        assert_eq!(timestamp.date(), "2026-03-01");
    }
}
