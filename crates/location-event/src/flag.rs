//! Flags: what one event alone shows to be doubtful. Decided once, when the event is normalised; readers choose what
//! to leave out.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Degrees around 0° N, 0° E within which a position is taken for a receiver without a fix: some 11 m.
const NULL_ISLAND_DEG: f64 = 1e-4;
/// The largest radius of uncertainty, metres, of a position that distances and speeds are measured with: that of a
/// cell tower or a Wi-Fi network is larger.
const MAX_ACCURACY_M: f64 = 100.0;

/// A reason to doubt an event, or a repair that was made to it. In the order of their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// The position is uncertain by more than 100 m.
    AccuracyPoor,
    /// The device's clock was behind by exactly 1,024 weeks, and `recorded_at` is corrected.
    ClockCorrected,
    /// Latitude and longitude are both within 0.0001 degrees of zero: what receivers send that have no fix.
    NullIsland,
}

impl Flag {
    /// Every flag there is, in order.
    pub const ALL: [Self; 3] = [Self::AccuracyPoor, Self::ClockCorrected, Self::NullIsland];

    /// The flag as it is written everywhere.
    pub fn name(self) -> &'static str {
        match self {
            Self::AccuracyPoor => "accuracy_poor",
            Self::ClockCorrected => "clock_corrected",
            Self::NullIsland => "null_island",
        }
    }

    /// The flag of this name, if there is one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|flag| flag.name() == name)
    }

    /// Whether it makes the position doubtful: one that distances and speeds leave out.
    pub fn is_doubtful_position(self) -> bool {
        match self {
            Self::AccuracyPoor | Self::NullIsland => true,
            Self::ClockCorrected => false,
        }
    }
}

/// An event's flags, in order: of its position (degrees north and east), where it has one, and of its clock.
pub(crate) fn of(position: Option<(f64, f64)>, accuracy_m: Option<f64>, is_clock_corrected: bool) -> Vec<Flag> {
    let is_null_island =
        |(latitude, longitude): (f64, f64)| latitude.abs() < NULL_ISLAND_DEG && longitude.abs() < NULL_ISLAND_DEG;
    let is_set = |flag: &Flag| match flag {
        Flag::AccuracyPoor => position.is_some() && accuracy_m.is_some_and(|accuracy_m| accuracy_m > MAX_ACCURACY_M),
        Flag::ClockCorrected => is_clock_corrected,
        Flag::NullIsland => position.is_some_and(is_null_island),
    };
    Flag::ALL.into_iter().filter(is_set).collect()
}

/// Flags as one text: `accuracy_poor,null_island`. `None` of none.
pub fn join(flags: &[Flag]) -> Option<String> {
    let names: Vec<_> = flags.iter().map(|flag| flag.name()).collect();
    (!names.is_empty()).then(|| names.join(","))
}

/// The flags that [`join`] has joined; `None` where the text names something else.
pub fn split(text: &str) -> Option<Vec<Flag>> {
    text.split(',').map(Flag::from_name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flags_name_is_what_serde_writes_and_reads_back() {
        for flag in Flag::ALL {
            assert_eq!(serde_json::to_value(flag).unwrap(), flag.name());
            assert_eq!(Flag::from_name(flag.name()), Some(flag));
        }
        assert!(Flag::ALL.is_sorted() && Flag::ALL.map(Flag::name).is_sorted());
    }

    #[test]
    fn joined_flags_read_back() {
        assert_eq!(join(&[]), None);
        let text = join(&Flag::ALL).unwrap();
        assert_eq!(text, "accuracy_poor,clock_corrected,null_island");
        assert_eq!(split(&text), Some(Flag::ALL.to_vec()));
        assert_eq!(split("null_island,teleported"), None);
    }

    #[test]
    fn impossible_and_uncertain_positions_are_flagged() {
        use Flag::{AccuracyPoor, ClockCorrected, NullIsland};
        let none: [Flag; 0] = [];
        let at = |latitude, longitude, accuracy_m| of(Some((latitude, longitude)), accuracy_m, false);
        for accuracy_m in [None, Some(0.0), Some(100.0)] {
            assert_eq!(at(51.5, -0.12, accuracy_m), none);
        }
        assert_eq!(at(51.5, -0.12, Some(100.1)), [AccuracyPoor]);
        assert_eq!(at(0.0, 0.0, Some(92_000.0)), [AccuracyPoor, NullIsland]);
        assert_eq!(at(-0.000_099, 0.000_099, None), [NullIsland]);
        // There are roads on the equator and on the prime meridian.
        assert_eq!(at(0.0, 0.0001, None), none);
        assert_eq!(at(51.5, 0.0, None), none);
        // An accuracy of no position says nothing.
        assert_eq!(of(None, Some(92_000.0), false), none);
        assert_eq!(of(Some((0.0, 0.0)), None, true), [ClockCorrected, NullIsland]);
    }
}
