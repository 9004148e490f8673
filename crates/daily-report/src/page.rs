//! The document around the sections.

use aggregation::day::{Day, State};
use jiff::civil::Date;
use local_day::Zone;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::hours::Hours;
use crate::text::{foreign, printable, shortened};
use crate::{Stamp, drivers, figures, fleet, geofences, quality};

/// Nothing is loaded and no script runs, whatever stands in a text.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
const STYLE: &str = include_str!("style.css");

pub(crate) fn render(day: &Day, stamp: &Stamp) -> Markup {
    let hours = Hours::of(day, stamp);
    let (date, state) = (long_date(&day.date), words(stamp.state));
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "milkrun: " (printable(&date)) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    p.product { "milkrun · daily report" }
                    h1 { (foreign(&date)) " " span class={ "state " (state.class) } { (state.name) } }
                    p {
                        (state.meaning)
                        @if let Some(note) = hours.note() { " " (note) }
                    }
                    p.note {
                        "Time zone " (foreign(&shortened(&day.time_zone, 60)))
                        " · computed " (foreign(&moment(day, stamp)))
                        " · revision " (stamp.revision)
                    }
                }
                main {
                    @if day.events.total == 0 {
                        p.nothing.large { (state.nothing) }
                        // There may be requests in the quarantine, and test traffic.
                        (quality::section(day))
                    } @else {
                        (figures::section(day))
                        (geofences::section(day, &hours))
                        (fleet::section(day, &hours))
                        (quality::section(day))
                        (drivers::section(day))
                    }
                }
                footer { (footer()) }
            }
        }
    }
}

fn footer() -> Markup {
    html! {
        ul {
            li { "An event belongs to the day and hour in which its device recorded it." }
            li { "A driver is active in a minute with at least one position." }
            li { "Distance is measured along a driver's positions, on the earth's ellipsoid (WGS 84)." }
            li { "Distance leaves out doubtful positions: at 0° N, 0° E, or uncertain by more than 100 m." }
            li { "Events that arrived more than once count once. Test traffic counts nowhere but under data quality." }
        }
    }
}

/// What is said of a state.
struct Words {
    name: &'static str,
    class: &'static str,
    /// Of a day without events.
    nothing: &'static str,
    meaning: &'static str,
}

fn words(state: State) -> Words {
    const NOTHING: &str = "No events on this day.";
    match state {
        State::InProgress => Words {
            name: "in progress",
            class: "in-progress",
            nothing: "No events so far.",
            meaning: "The day is not over. These are its numbers so far.",
        },
        State::Open => Words {
            name: "open",
            class: "open",
            nothing: NOTHING,
            meaning: "The day is over. Events that arrive late may still change its numbers.",
        },
        State::Final => Words {
            name: "final",
            class: "final",
            nothing: NOTHING,
            meaning: "The day is closed: late events are no longer looked for.",
        },
    }
}

/// `Friday, 20 November 2026`; as it is where it is no date.
fn long_date(date: &str) -> String {
    let parsed: Option<Date> = date.parse().ok();
    parsed.map_or_else(|| date.to_owned(), |date| date.strftime("%A, %-d %B %Y").to_string())
}

/// `2026-11-20 15:00 (UTC−05:00)`, by the zone's clocks; as it is where it is no time.
fn moment(day: &Day, stamp: &Stamp) -> String {
    let clock = || {
        let zone: Zone = day.time_zone.parse().ok()?;
        let clock = zone.wall_clock(stamp.computed_at.parse().ok()?);
        Some(format!("{} {} (UTC{})", clock.get(..10)?, clock.get(11..16)?, clock.get(19..)?.replace('-', "−")))
    };
    clock().unwrap_or_else(|| stamp.computed_at.clone())
}
