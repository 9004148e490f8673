//! How far the numbers can be trusted.

use std::collections::BTreeMap;

use aggregation::day::{Day, LATE_AFTER_S, LagBucket};
use maud::{Markup, html};

use crate::bars::{Bar, Bars};
use crate::text::{count, foreign, share, shortened};

/// The most characters of a name that are shown.
const LONGEST: usize = 40;

pub(crate) fn section(day: &Day) -> Markup {
    let quality = &day.quality;
    let facts = [
        (
            "Late arrivals",
            quality.late_arrivals,
            format!(
                "{} of events, received more than {} after they were recorded",
                share(quality.late_arrivals, day.events.total),
                duration(LATE_AFTER_S)
            ),
        ),
        (
            "Too late",
            quality.too_late,
            "arrived on this day when the day in which they were recorded was closed, in no day's numbers".to_owned(),
        ),
        ("Repeated rows", quality.repeated_rows, "delivered to the lake again, and counted once".to_owned()),
        ("Test events", quality.test_events, "marked as not live, in no other number".to_owned()),
    ];
    html! {
        section aria-labelledby="quality" {
            h2 id="quality" { "Data quality" }
            dl.facts {
                @for (name, value, meaning) in facts {
                    div {
                        dt { (name) }
                        dd.value { (count(value)) }
                        dd { (meaning) }
                    }
                }
            }
            div.pair {
                div {
                    h3 { "Ingest lag: from recording to receipt" }
                    (lag(&quality.ingest_lag))
                }
                div {
                    h3 { "Quarantined requests by reason" }
                    (by_name("Reason", "Requests", &quality.quarantined))
                }
                div {
                    h3 { "Flagged events by flag" }
                    (by_name("Flag", "Events", &quality.flagged))
                }
            }
        }
    }
}

fn lag(buckets: &[LagBucket]) -> Markup {
    if buckets.iter().all(|bucket| bucket.events == 0) {
        return html! { p.nothing { "No events." } };
    }
    let lower = [0].into_iter().chain(buckets.iter().filter_map(|bucket| bucket.up_to_s));
    let rows = buckets.iter().zip(lower).map(|(bucket, lower)| {
        let name = match bucket.up_to_s {
            Some(up_to) if lower == 0 => format!("up to {}", duration(up_to)),
            Some(up_to) => format!("{} to {}", duration(lower), duration(up_to)),
            None => format!("over {}", duration(lower)),
        };
        Bar { name: html! { (name) }, value: bucket.events, alarming: lower >= LATE_AFTER_S }
    });
    Bars { of: "Lag", counted: "Events", shares: true, rows: rows.collect() }.table()
}

/// The most frequent name first.
fn by_name(of: &str, counted: &str, numbers: &BTreeMap<String, u64>) -> Markup {
    if numbers.is_empty() {
        return html! { p.nothing { "None." } };
    }
    let mut numbers: Vec<_> = numbers.iter().collect();
    numbers.sort_by(|a, b| b.1.cmp(a.1));
    let rows = numbers.into_iter().map(|(name, number)| Bar {
        name: foreign(&shortened(&name.replace('_', " "), LONGEST)),
        value: *number,
        alarming: true,
    });
    Bars { of, counted, shares: false, rows: rows.collect() }.table()
}

/// In the largest unit that it is a whole number of.
fn duration(seconds: u64) -> String {
    for (unit, length) in [("day", 86_400), ("h", 3600), ("min", 60)] {
        if seconds > 0 && seconds.is_multiple_of(length) {
            let units = seconds / length;
            return format!("{units} {unit}{}", if unit == "day" && units > 1 { "s" } else { "" });
        }
    }
    format!("{seconds} s")
}

#[cfg(test)]
mod tests {
    use aggregation::day::LAG_BOUNDS_S;

    use super::*;

    #[test]
    fn every_lag_has_a_row() {
        assert_eq!(LAG_BOUNDS_S.map(duration), ["1 s", "5 s", "30 s", "1 min", "10 min", "1 h", "1 day"]);
        assert_eq!(duration(2 * 86_400), "2 days");
        let bounds = LAG_BOUNDS_S.into_iter().map(Some).chain([None]);
        let buckets: Vec<_> = bounds.map(|up_to_s| LagBucket { up_to_s, events: 1 }).collect();
        let markup = lag(&buckets).into_string();
        for name in ["up to 1 s", "1 s to 5 s", "1 min to 10 min", "over 1 day"] {
            assert!(markup.contains(&format!(r#"<th scope="row">{name}</th>"#)), "{name} in {markup}");
        }
        // Those beyond ten minutes.
        assert_eq!(markup.matches("alarming").count(), 3);
    }
}
