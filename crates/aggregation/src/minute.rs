//! A driver's minute: where the driver was on average, and how far and fast.

use geographiclib_rs::{Geodesic, InverseGeodesic as _};
use location_event::Timestamp;
use serde::{Deserialize, Serialize};

const MINUTE_MS: i64 = 60_000;

/// A UTC minute, by its first moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Minute(i64);

/// A position, as a minute needs it. Angles are degrees (WGS 84).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fix {
    /// When, by the device's clock.
    pub recorded_at: Timestamp,
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
}

/// What is known of a driver's minute: a function of the positions recorded in it, and of nothing else. How the
/// driver came from the minute before is in the day's distance, not here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MinuteAggregate {
    /// The minute's first moment.
    pub minute: Timestamp,
    /// How many positions, one or more.
    pub positions: u64,
    /// The arithmetic mean, degrees north.
    pub mean_latitude: f64,
    /// The arithmetic mean, degrees east, −180 to 180; each longitude is taken on the side of the antimeridian that
    /// is nearer to the first one.
    pub mean_longitude: f64,
    /// The first position.
    pub first: Fix,
    /// The last position; the first one where it is the only one.
    pub last: Fix,
    /// Metres along the positions, in order: geodesics on the WGS 84 ellipsoid.
    pub distance_m: f64,
    /// Metres per second: the distance over the time between the first and the last position. Absent where there is
    /// no time between them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean_speed_mps: Option<f64>,
}

impl Minute {
    /// The minute that a moment is in.
    pub fn of(time: Timestamp) -> Self {
        Self(time.as_millis().div_euclid(MINUTE_MS))
    }

    /// Its first moment.
    pub fn from(self) -> Timestamp {
        at(self.0)
    }

    /// The first moment of the next minute. Of the very last minute, its last millisecond: no event is later.
    pub fn to(self) -> Timestamp {
        at(self.0 + 1)
    }
}

fn at(minute: i64) -> Timestamp {
    // Timestamps begin and end with a minute; only the end of the last one is after them.
    Timestamp::from_millis(minute * MINUTE_MS).unwrap_or(Timestamp::MAX)
}

impl MinuteAggregate {
    /// Of the positions of one driver and minute, in the order of the log: time, then event id. `None` of none.
    pub fn of(minute: Minute, fixes: &[Fix]) -> Option<Self> {
        let (first, last) = (*fixes.first()?, *fixes.last()?);
        #[expect(clippy::cast_precision_loss, reason = "no minute has 2^52 positions")]
        let count = fixes.len() as f64;
        let mean = |sum: f64| sum / count;
        let earth = Geodesic::wgs84();
        let steps = fixes.windows(2).map(|pair| distance_m(&earth, pair[0], pair[1]));
        // Not a sum: that of no steps is −0.
        let distance_m = steps.fold(0.0, |way, step| way + step);
        #[expect(clippy::cast_precision_loss, reason = "at most 60,000")]
        let seconds = (last.recorded_at.as_millis() - first.recorded_at.as_millis()) as f64 / 1000.0;
        Some(Self {
            minute: minute.from(),
            positions: fixes.len() as u64,
            mean_latitude: mean(fixes.iter().map(|fix| fix.latitude).sum()),
            mean_longitude: wrapped(
                first.longitude + mean(fixes.iter().map(|fix| wrapped(fix.longitude - first.longitude)).sum()),
            ),
            first,
            last,
            distance_m,
            mean_speed_mps: (seconds > 0.0).then(|| distance_m / seconds),
        })
    }
}

/// Metres between two positions along the geodesic (Karney 2013, <https://doi.org/10.1007/s00190-012-0578-z>).
fn distance_m(earth: &Geodesic, from: Fix, to: Fix) -> f64 {
    // Most vehicles stand much of the time, and the search for no distance takes as long as for any.
    if (from.latitude, from.longitude) == (to.latitude, to.longitude) {
        return 0.0;
    }
    earth.inverse(from.latitude, from.longitude, to.latitude, to.longitude)
}

/// The same angle between −180 and 180 degrees; unchanged, to the last bit, if it is.
fn wrapped(degrees: f64) -> f64 {
    if degrees > 180.0 {
        degrees - 360.0
    } else if degrees < -180.0 {
        degrees + 360.0
    } else {
        degrees
    }
}

#[cfg(test)]
mod tests;
