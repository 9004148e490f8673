//! What the fleet did, hour by hour, and what its events were.

use aggregation::day::{Day, Hour as Active};
use maud::{Markup, Render as _, html};

use crate::bars::{Bar, Bars};
use crate::chart::{Chart, Column};
use crate::hours::Hours;
use crate::text::{count, decimal, float, foreign, kilometres, shortened, whole};

/// The most characters of a kind or a time zone that are shown.
const LONGEST: usize = 40;

/// What one chart shows of an hour.
struct Measure {
    id: &'static str,
    name: &'static str,
    unit: &'static str,
    whole: bool,
    of: fn(&Active) -> f64,
}

const MEASURES: [Measure; 3] = [
    Measure {
        id: "drivers-by-hour",
        name: "Active drivers per hour",
        unit: "drivers",
        whole: true,
        of: |hour| float(hour.distinct_drivers),
    },
    Measure {
        id: "events-by-hour",
        name: "Events per hour",
        unit: "events",
        whole: true,
        of: |hour| float(hour.events),
    },
    Measure {
        id: "distance-by-hour",
        name: "Distance per hour",
        unit: "km",
        whole: false,
        of: |hour| hour.distance_m / 1000.0,
    },
];

pub(crate) fn section(day: &Day, hours: &Hours) -> Markup {
    let active = hours.align(&day.hours, |hour| &hour.hour);
    let axis = format!("hour of the day, {}", shortened(&day.time_zone, LONGEST));
    html! {
        section aria-labelledby="fleet" {
            h2 id="fleet" { "Fleet activity" }
            div.charts {
                @for measure in &MEASURES {
                    figure {
                        figcaption { (measure.name) }
                        (measure.chart(hours, &active, &axis).plot().render())
                    }
                }
            }
            details {
                summary { "The numbers of each hour" }
                (by_hour(hours, &active))
            }
            h3 { "Events by kind" }
            (by_kind(day))
        }
    }
}

impl Measure {
    fn chart<'a>(&'a self, hours: &'a Hours, active: &[Option<&Active>], axis: &'a str) -> Chart<'a> {
        let written = |value| {
            let number = if self.whole { whole(value) } else { decimal(value) };
            format!("{number} {}", self.unit)
        };
        let columns = hours.iter().zip(active).map(|(hour, active)| {
            let value = active.map_or(0.0, self.of);
            Column {
                label: &hour.label,
                value,
                title: format!("{}: {}", hour.clock, written(value)),
                begun: hour.begun,
            }
        });
        let columns: Vec<_> = columns.collect();
        let highest = columns.iter().max_by(|a, b| a.value.total_cmp(&b.value));
        let highest = highest.map_or("nothing", |column| &column.title);
        Chart {
            id: self.id,
            name: self.name,
            description: format!("A column for each hour of the day; the highest: {highest}. The table below has all."),
            unit: self.unit,
            axis,
            whole: self.whole,
            columns,
        }
    }
}

fn by_hour(hours: &Hours, active: &[Option<&Active>]) -> Markup {
    let nothing = Active::default();
    html! {
        div.wide role="region" aria-label="The numbers of each hour" tabindex="0" {
            table {
                thead {
                    tr {
                        th scope="col" { "Hour" }
                        @for name in ["Drivers", "Events", "Positions", "Distance, km", "Entered", "Exited", "Dwelled"] {
                            th.number scope="col" { (name) }
                        }
                    }
                }
                tbody {
                    @for (hour, active) in hours.iter().zip(active).filter(|(hour, _)| hour.begun) {
                        @let Active { distinct_drivers, events, positions, distance_m, crossings, .. } =
                            active.unwrap_or(&nothing);
                        tr {
                            th scope="row" { (hour.clock) }
                            td.number { (count(*distinct_drivers)) }
                            td.number { (count(*events)) }
                            td.number { (count(*positions)) }
                            td.number { (kilometres(*distance_m)) }
                            td.number { (count(crossings.entered)) }
                            td.number { (count(crossings.exited)) }
                            td.number { (count(crossings.dwelled)) }
                        }
                    }
                }
            }
        }
    }
}

fn by_kind(day: &Day) -> Markup {
    let mut kinds: Vec<_> = day.events.by_kind.iter().collect();
    // Of the same number, by name.
    kinds.sort_by(|a, b| b.1.cmp(a.1));
    let rows = kinds.into_iter().map(|(kind, events)| Bar {
        name: foreign(&shortened(&kind.replace('_', " "), LONGEST)),
        value: *events,
        alarming: false,
    });
    Bars { of: "Kind", counted: "Events", shares: true, rows: rows.collect() }.table()
}
