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

/// A position with what else of its event a minute is computed from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Position {
    /// Where and when.
    pub fix: Fix,
    /// Metres per second, as the device reports it.
    pub speed_mps: Option<f64>,
    /// Whether a flag makes it doubtful.
    pub is_doubtful: bool,
}

/// What is known of a driver's minute: a function of the positions recorded in it, and of nothing else. How the
/// driver came from the minute before is in the day's distance, not here.
///
/// Doubtful positions are counted. Everything else is of the others, if there are any: a minute of doubtful positions
/// alone says where these were, and has no distance and no speed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MinuteAggregate {
    /// The minute's first moment.
    pub minute: Timestamp,
    /// How many positions, one or more, doubtful ones included.
    pub positions: u64,
    /// How many of them are doubtful; left out where none is.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub doubtful_positions: u64,
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
    /// Metres per second, by way of `speed_source`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean_speed_mps: Option<f64>,
    /// What the speed is made of; absent where there is no speed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speed_source: Option<SpeedSource>,
}

/// What a minute's speed is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpeedSource {
    /// The distance over the time between the first and the last position.
    Distance,
    /// The arithmetic mean of the speeds that devices reported, where there is no time between positions: most
    /// trackers send one a minute.
    Reported,
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
    pub fn of(minute: Minute, positions: &[Position]) -> Option<Self> {
        let good: Vec<_> = positions.iter().filter(|position| !position.is_doubtful).collect();
        let counted = if good.is_empty() { positions.iter().collect() } else { good.clone() };
        let (first, last) = (counted.first()?.fix, counted.last()?.fix);
        let distance_m = distance_along(&good);
        let speed = measured_speed(&good, distance_m).or_else(|| reported_speed(&good)).unzip();
        Some(Self {
            minute: minute.from(),
            positions: positions.len() as u64,
            doubtful_positions: (positions.len() - good.len()) as u64,
            mean_latitude: mean(counted.iter().map(|position| position.fix.latitude))?,
            mean_longitude: wrapped(
                first.longitude
                    + mean(counted.iter().map(|position| wrapped(position.fix.longitude - first.longitude)))?,
            ),
            first,
            last,
            distance_m,
            mean_speed_mps: speed.0,
            speed_source: speed.1,
        })
    }
}

/// The arithmetic mean. `None` of none.
fn mean(numbers: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = numbers.fold((0.0, 0_u32), |(sum, count), number| (sum + number, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

/// Metres along positions, in order.
fn distance_along(positions: &[&Position]) -> f64 {
    let earth = Geodesic::wgs84();
    let steps = positions.windows(2).map(|pair| distance_m(&earth, pair[0].fix, pair[1].fix));
    // Not a sum: that of no steps is −0.
    steps.fold(0.0, |way, step| way + step)
}

/// The distance over the time between the first and the last position, where there is any.
fn measured_speed(positions: &[&Position], distance_m: f64) -> Option<(f64, SpeedSource)> {
    let [first, last] = [positions.first()?, positions.last()?].map(|position| position.fix.recorded_at.as_millis());
    #[expect(clippy::cast_precision_loss, reason = "at most 60,000")]
    let seconds = (last - first) as f64 / 1000.0;
    (seconds > 0.0).then(|| (distance_m / seconds, SpeedSource::Distance))
}

/// The mean of the speeds that positions carry.
fn reported_speed(positions: &[&Position]) -> Option<(f64, SpeedSource)> {
    mean(positions.iter().filter_map(|position| position.speed_mps)).map(|speed| (speed, SpeedSource::Reported))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
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
