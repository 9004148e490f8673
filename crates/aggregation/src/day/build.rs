//! A day put together from its parts, which come in any order.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use local_day::LocalDay;
use location_event::Flag;

use super::rows::{Numbers, Part, Row, RowError, Traffic};
use super::{Crossings, Day, Driver, Events, Geofence, GeofenceHour, Hour, LAG_BOUNDS_S, LagBucket, Quality};

/// The parts that have been there so far.
#[derive(Default)]
struct Parts {
    live: Option<Numbers>,
    test: Option<Numbers>,
    too_late: Option<Numbers>,
    kinds: BTreeMap<String, Numbers>,
    hours: BTreeMap<usize, Numbers>,
    /// By key.
    geofences: BTreeMap<Option<String>, GeofenceParts>,
    drivers: BTreeMap<String, Numbers>,
    /// By position in [`LAG_BOUNDS_S`]; the last has no bound.
    lags: BTreeMap<usize, Numbers>,
    flags: BTreeMap<Vec<Flag>, Numbers>,
}

#[derive(Default)]
struct GeofenceParts {
    id: Option<String>,
    tag: Option<String>,
    external_id: Option<String>,
    hours: BTreeMap<usize, Crossings>,
}

impl Day {
    /// The day that a query's rows say, and the requests that went into the quarantine on it, by reason. No row
    /// at all is a day on which nothing happened.
    pub fn from_rows(
        day: &LocalDay,
        rows: impl IntoIterator<Item = Row>,
        quarantined: BTreeMap<String, u64>,
    ) -> Result<Self, RowError> {
        let mut parts = Parts::default();
        for row in rows {
            parts.add(row)?;
        }
        parts.check()?;
        parts.into_day(day, quarantined)
    }
}

impl Parts {
    fn add(&mut self, Row { traffic, part, numbers }: Row) -> Result<(), RowError> {
        let of_day = match traffic {
            Traffic::Live => &mut self.live,
            Traffic::Test => &mut self.test,
            Traffic::TooLate => &mut self.too_late,
        };
        match part {
            Part::Day if of_day.replace(numbers).is_none() => Ok(()),
            Part::Day => Err(RowError::Repeated { grain: "day" }),
            // What does not count is counted as such, and nothing else is asked of it.
            _ if traffic != Traffic::Live => Err(RowError::Value { column: "traffic", expected: "live" }),
            Part::Kind(kind) => insert(&mut self.kinds, kind, numbers, "kind"),
            Part::Hour(hour) => insert(&mut self.hours, hour, numbers, "hour"),
            Part::Driver(driver_id) => insert(&mut self.drivers, driver_id, numbers, "driver"),
            Part::Lag(bound) => insert(&mut self.lags, bucket(bound)?, numbers, "lag"),
            Part::Flags(flags) => insert(&mut self.flags, flags, numbers, "flags"),
            Part::Geofence { hour, key, id, tag, external_id } => {
                let geofence = self.geofences.entry(key).or_default();
                geofence.id = geofence.id.take().max(id);
                geofence.tag = geofence.tag.take().max(tag);
                geofence.external_id = geofence.external_id.take().max(external_id);
                insert(&mut geofence.hours, hour, numbers.crossings, "geofence")
            }
        }
    }

    /// Whether all rows came: a result is read page by page.
    fn check(&self) -> Result<(), RowError> {
        let day = self.live.unwrap_or_default();
        let events = |numbers: &Numbers| numbers.events;
        complete("kind", self.kinds.values().map(events), day.events)?;
        complete("hour", self.hours.values().map(events), day.events)?;
        complete("driver", self.drivers.values().map(events), day.events)?;
        complete("lag", self.lags.values().map(events), day.events)?;
        complete("flags", self.flags.values().map(events), day.events)?;
        let crossed = self.geofences.values().flat_map(|geofence| geofence.hours.values());
        complete("geofence", crossed.map(Crossings::sum), day.crossings.sum())
    }

    fn into_day(self, day: &LocalDay, quarantined: BTreeMap<String, u64>) -> Result<Day, RowError> {
        let hours: Vec<_> = day.hours().map(|hour| day.zone().wall_clock(hour)).collect();
        let label = |hour: usize| hours.get(hour).cloned().ok_or(RowError::Hour { hour, hours: hours.len() });
        let of_hour = |(hour, numbers): (usize, Numbers)| {
            Ok(Hour {
                hour: label(hour)?,
                events: numbers.events,
                positions: numbers.positions,
                distinct_drivers: numbers.distinct_drivers,
                distance_m: metres(numbers.distance_mm),
                crossings: numbers.crossings,
            })
        };
        let of_geofence = |parts: GeofenceParts| {
            let hours = parts.hours.into_iter();
            let hours = hours.map(|(hour, crossings)| Ok(GeofenceHour { hour: label(hour)?, crossings }));
            let hours: Vec<GeofenceHour> = hours.collect::<Result<_, _>>()?;
            Ok(Geofence {
                geofence_id: parts.id,
                geofence_tag: parts.tag,
                geofence_external_id: parts.external_id,
                crossings: hours.iter().fold(Crossings::default(), |sum, hour| sum.plus(hour.crossings)),
                hours,
            })
        };
        let lag = |(index, up_to_s)| LagBucket { up_to_s, events: self.lags.get(&index).map_or(0, |lag| lag.events) };
        let bounds = LAG_BOUNDS_S.into_iter().map(Some).chain([None]);
        let live = self.live.unwrap_or_default();
        let mut flagged = BTreeMap::new();
        for (flags, numbers) in &self.flags {
            for flag in flags {
                *flagged.entry(flag.name().to_owned()).or_default() += numbers.events;
            }
        }
        let geofences = self.geofences.into_values().map(of_geofence);
        let mut geofences: Vec<Geofence> = geofences.collect::<Result<_, _>>()?;
        geofences.sort_by(|a, b| a.names().cmp(&b.names()));
        Ok(Day {
            date: day.date().to_string(),
            time_zone: day.zone().to_string(),
            from: day.from().to_string(),
            to: day.to().to_string(),
            events: Events {
                total: live.events,
                positions: live.positions,
                by_kind: self.kinds.into_iter().map(|(kind, numbers)| (kind, numbers.events)).collect(),
            },
            distinct_drivers: live.distinct_drivers,
            trips: live.trips,
            crossings: live.crossings,
            active_minutes: live.active_minutes,
            distance_m: metres(live.distance_mm),
            quality: Quality {
                test_events: self.test.unwrap_or_default().events,
                repeated_rows: live.repeated_rows,
                late_arrivals: live.late_arrivals,
                too_late: self.too_late.unwrap_or_default().events,
                flagged,
                ingest_lag: bounds.enumerate().map(lag).collect(),
                quarantined,
            },
            hours: self.hours.into_iter().map(of_hour).collect::<Result<_, _>>()?,
            geofences,
            drivers: self.drivers.into_iter().map(driver).collect(),
        })
    }
}

impl Geofence {
    /// What tells it from others, the name that it is known by first.
    pub(super) fn names(&self) -> [Option<&str>; 3] {
        [&self.geofence_id, &self.geofence_external_id, &self.geofence_tag].map(Option::as_deref)
    }
}

impl Crossings {
    fn sum(&self) -> u64 {
        self.entered + self.exited + self.dwelled
    }

    fn plus(self, other: Self) -> Self {
        Self {
            entered: self.entered + other.entered,
            exited: self.exited + other.exited,
            dwelled: self.dwelled + other.dwelled,
        }
    }
}

fn driver((driver_id, numbers): (String, Numbers)) -> Driver {
    Driver {
        driver_id,
        events: numbers.events,
        positions: numbers.positions,
        active_minutes: numbers.active_minutes,
        distance_m: metres(numbers.distance_mm),
    }
}

/// The position of a bucket of lags in the histogram.
fn bucket(up_to_s: Option<u64>) -> Result<usize, RowError> {
    let Some(bound) = up_to_s else { return Ok(LAG_BOUNDS_S.len()) };
    let position = LAG_BOUNDS_S.iter().position(|known| *known == bound);
    position.ok_or(RowError::Value { column: "up_to_s", expected: "one of the histogram's bounds" })
}

fn insert<K: Ord, V>(parts: &mut BTreeMap<K, V>, key: K, part: V, grain: &'static str) -> Result<(), RowError> {
    match parts.entry(key) {
        Entry::Vacant(place) => {
            place.insert(part);
            Ok(())
        }
        Entry::Occupied(_) => Err(RowError::Repeated { grain }),
    }
}

fn complete(grain: &'static str, parts: impl Iterator<Item = u64>, total: u64) -> Result<(), RowError> {
    let sum = parts.sum();
    if sum == total { Ok(()) } else { Err(RowError::Incomplete { grain, sum, total }) }
}

fn metres(millimetres: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "exact to 9 billion kilometres")]
    let millimetres = millimetres as f64;
    millimetres / 1000.0
}
