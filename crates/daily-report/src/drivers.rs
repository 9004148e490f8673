//! Who drove how far.

use aggregation::day::{Day, Driver};
use maud::{Markup, html};

use crate::text::{count, ends, foreign, hours, kilometres, of, printable};

/// Rows of drivers; the others are one more.
const MOST_ROWS: usize = 20;
/// So many characters of an identifier at its beginning, and as many at its end.
const ID_ENDS: usize = 20;

pub(crate) fn section(day: &Day) -> Markup {
    let mut drivers: Vec<_> = day.drivers.iter().collect();
    // Of the same distance, in the order of the day: by id.
    drivers.sort_by(|a, b| b.distance_m.total_cmp(&a.distance_m));
    let (shown, others) = drivers.split_at(drivers.len().min(MOST_ROWS));
    html! {
        section aria-labelledby="drivers" {
            h2 id="drivers" { "Drivers" }
            @if !others.is_empty() {
                p.note { "The " (MOST_ROWS) " that went farthest, of " (of(drivers.len() as u64, "driver", "drivers")) "." }
            }
            div.wide role="region" aria-labelledby="drivers" tabindex="0" {
                table.drivers {
                    (head())
                    tbody {
                        @for driver in shown {
                            tr {
                                th scope="row" title=(printable(&driver.driver_id)) {
                                    (foreign(&ends(&driver.driver_id, ID_ENDS)))
                                }
                                (numbers(driver))
                            }
                        }
                    }
                    tfoot {
                        @if !others.is_empty() {
                            tr {
                                th scope="row" { (of(others.len() as u64, "other", "others")) }
                                (numbers(&sum(others)))
                            }
                        }
                        tr {
                            th scope="row" { "All" }
                            (numbers(&sum(&drivers)))
                        }
                    }
                }
            }
        }
    }
}

fn head() -> Markup {
    html! {
        thead {
            tr {
                th scope="col" { "Driver" }
                @for name in ["Distance, km", "Active, h", "Events", "Positions"] { th.number scope="col" { (name) } }
            }
        }
    }
}

fn numbers(driver: &Driver) -> Markup {
    html! {
        td.number { (kilometres(driver.distance_m)) }
        td.number { (hours(driver.active_minutes)) }
        td.number { (count(driver.events)) }
        td.number { (count(driver.positions)) }
    }
}

fn sum(drivers: &[&Driver]) -> Driver {
    drivers.iter().fold(Driver::default(), |sum, driver| Driver {
        driver_id: String::new(),
        events: sum.events.saturating_add(driver.events),
        positions: sum.positions.saturating_add(driver.positions),
        active_minutes: sum.active_minutes.saturating_add(driver.active_minutes),
        distance_m: sum.distance_m + driver.distance_m,
    })
}
