//! The day's key figures.

use aggregation::day::Day;
use maud::{Markup, html};

use crate::text::{count, decimal, float, hours, kilometres, share};

/// A number, its unit if it has one, and what puts it into proportion.
struct Figure {
    name: &'static str,
    value: String,
    unit: &'static str,
    beside: String,
}

pub(crate) fn section(day: &Day) -> Markup {
    html! {
        dl.figures {
            @for Figure { name, value, unit, beside } in figures(day) {
                div {
                    dt { (name) }
                    dd.value { (value) @if !unit.is_empty() { " " span.unit { (unit) } } }
                    dd { (beside) }
                }
            }
        }
    }
}

fn figures(day: &Day) -> [Figure; 8] {
    let figure = |name, value, beside| Figure { name, value, unit: "", beside };
    let each = |sum: f64, unit: &str| match day.distinct_drivers {
        0 => "no driver was active".to_owned(),
        drivers => format!("{} {unit} per driver", decimal(sum / float(drivers))),
    };
    let (events, crossings, quality) = (&day.events, &day.crossings, &day.quality);
    let crossed = [crossings.entered, crossings.exited, crossings.dwelled];
    let quarantined = quality.quarantined.values().fold(0, |sum: u64, requests| sum.saturating_add(*requests));
    [
        figure("Events", count(events.total), format!("{} late", share(quality.late_arrivals, events.total))),
        figure("Positions", count(events.positions), format!("{} of events", share(events.positions, events.total))),
        figure("Active drivers", count(day.distinct_drivers), each(float(events.total), "events")),
        Figure {
            unit: "h",
            ..figure("Active driver-hours", hours(day.active_minutes), each(float(day.active_minutes) / 60.0, "h"))
        },
        Figure { unit: "km", ..figure("Distance", kilometres(day.distance_m), each(day.distance_m / 1000.0, "km")) },
        figure(
            "Crossings",
            count(crossed.into_iter().fold(0, u64::saturating_add)),
            format!("{} entered, {} exited, {} dwelled", count(crossed[0]), count(crossed[1]), count(crossed[2])),
        ),
        figure("Trips started", count(day.trips.started), format!("{} arrived", count(day.trips.arrived))),
        figure("Quarantined requests", count(quarantined), "kept whole, not counted above".to_owned()),
    ]
}
