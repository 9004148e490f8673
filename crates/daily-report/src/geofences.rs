//! Crossings of each geofence in each hour: a table whose cells are the darker the more there were.

use std::cmp::Reverse;

use aggregation::day::{Crossings, Day, Geofence};
use maud::{Markup, html};

use crate::hours::{Hour, Hours};
use crate::text::{compact, count, ends, float, foreign, of, printable};

/// Rows of geofences; the others are one more.
const MOST_ROWS: usize = 25;
/// So many characters of an identifier at its beginning, and as many at its end.
const ID_ENDS: usize = 6;
/// Steps of colour.
const SHADES: u64 = 5;

/// Crossings of one geofence or of several.
struct Row {
    by_hour: Vec<Crossings>,
    day: Crossings,
}

pub(crate) fn section(day: &Day, hours: &Hours) -> Markup {
    html! {
        section aria-labelledby="geofences" {
            h2 id="geofences" { "Crossings by geofence and hour" }
            @if day.geofences.is_empty() {
                p.nothing { "No geofence was crossed." }
            } @else {
                (crossed(day, hours))
            }
        }
    }
}

fn crossed(day: &Day, hours: &Hours) -> Markup {
    let mut geofences: Vec<_> = day.geofences.iter().collect();
    // Of the same number, in the order of the day: by id.
    geofences.sort_by_key(|geofence| Reverse(total(geofence.crossings)));
    let (shown, others) = geofences.split_at(geofences.len().min(MOST_ROWS));
    let rows: Vec<_> = shown.iter().map(|geofence| Row::of(&[*geofence], hours)).collect();
    let most = rows.iter().flat_map(|row| &row.by_hour).map(|crossings| total(*crossings)).max().unwrap_or(0);
    html! {
        p.note {
            "Entries, exits and dwells together; the stronger the colour, the more in an hour. "
            @if !others.is_empty() {
                "The " (MOST_ROWS) " busiest of " (of(geofences.len() as u64, "geofence", "geofences")) ". "
            }
            @if hours.some_are_to_come() { "Hatched hours are yet to come." }
        }
        (legend(most))
        div.wide role="region" aria-labelledby="geofences" tabindex="0" {
            table.heat {
                (head(hours))
                tbody {
                    @for (geofence, row) in shown.iter().zip(&rows) {
                        tr {
                            th scope="row" title=(printable(&all_names(geofence))) { (name(geofence)) }
                            (row.cells(hours, Some(most)))
                        }
                    }
                }
                tfoot {
                    @if !others.is_empty() {
                        tr {
                            th scope="row" { (of(others.len() as u64, "other", "others")) }
                            (Row::of(others, hours).cells(hours, None))
                        }
                    }
                    tr {
                        th scope="row" { "All" }
                        (Row::of(&geofences, hours).cells(hours, None))
                    }
                }
            }
        }
    }
}

fn head(hours: &Hours) -> Markup {
    html! {
        colgroup {
            col.name;
            col.total;
            @for _ in hours.iter() { col; }
            @for _ in 0..3 { col.total; }
        }
        thead {
            tr {
                th scope="col" { "Geofence" }
                th scope="col" { "All day" }
                @for hour in hours.iter() { th scope="col" { (hour.label) } }
                @for name in ["Entered", "Exited", "Dwelled"] { th scope="col" { (name) } }
            }
        }
    }
}

impl Row {
    fn of(geofences: &[&Geofence], hours: &Hours) -> Self {
        let mut row = Self { by_hour: vec![Crossings::default(); hours.len()], day: Crossings::default() };
        for geofence in geofences {
            add(&mut row.day, geofence.crossings);
            let active = hours.align(&geofence.hours, |hour| &hour.hour);
            for (sum, active) in row.by_hour.iter_mut().zip(active) {
                add(sum, active.map(|active| active.crossings).unwrap_or_default());
            }
        }
        row
    }

    /// Shaded by the largest number that there is, if there is one to compare with.
    fn cells(&self, hours: &Hours, most: Option<u64>) -> Markup {
        html! {
            td.total { (count(total(self.day))) }
            @for (hour, crossings) in hours.iter().zip(&self.by_hour) { (cell(hour, *crossings, most)) }
            @for number in [self.day.entered, self.day.exited, self.day.dwelled] { td { (count(number)) } }
        }
    }
}

fn cell(hour: &Hour, crossings: Crossings, most: Option<u64>) -> Markup {
    let all = total(crossings);
    let Crossings { entered, exited, dwelled } = crossings;
    let class = match most {
        _ if all == 0 && !hour.begun => Some("later".to_owned()),
        _ if all == 0 => Some("zero".to_owned()),
        Some(most) => Some(format!("shade-{}", shade(all, most))),
        None => None,
    };
    let title = (all > 0).then(|| {
        format!("{}: {} entered, {} exited, {} dwelled", hour.clock, count(entered), count(exited), count(dwelled))
    });
    html! { td class=[class] title=[title] { @if all > 0 { (compact(float(all))) } } }
}

/// From 1 to [`SHADES`], for numbers from 1 to the largest.
fn shade(number: u64, most: u64) -> u64 {
    let most = u128::from(most.max(1));
    u64::try_from((u128::from(number) * u128::from(SHADES)).div_ceil(most)).unwrap_or(SHADES).clamp(1, SHADES)
}

/// Which numbers have which shade.
fn legend(most: u64) -> Markup {
    // The largest number of each shade; a shade that no whole number has is left out.
    let bound = |shade: u64| u64::try_from(u128::from(most) * u128::from(shade) / u128::from(SHADES)).unwrap_or(most);
    html! {
        ul.legend aria-label="Shades" {
            @for shade in 1..=SHADES {
                @let (first, last) = (bound(shade - 1) + 1, bound(shade));
                @if first <= last {
                    li {
                        span class={ "swatch shade-" (shade) } {}
                        (count(first)) @if first < last { "–" (count(last)) }
                    }
                }
            }
        }
    }
}

/// The one that people gave it comes first.
fn name(geofence: &Geofence) -> Markup {
    let Geofence { geofence_id, geofence_tag, geofence_external_id, .. } = geofence;
    html! {
        @match (geofence_external_id, geofence_tag, geofence_id) {
            (Some(external_id), tag, _) => {
                (foreign(external_id))
                @if let Some(tag) = tag { " " span.tag { (foreign(tag)) } }
            }
            (None, Some(tag), Some(id)) => { (foreign(&ends(id, ID_ENDS))) " " span.tag { (foreign(tag)) } }
            (None, Some(tag), None) => (foreign(tag)),
            (None, None, Some(id)) => (foreign(&ends(id, ID_ENDS))),
            (None, None, None) => i { "without a name" },
        }
    }
}

fn all_names(geofence: &Geofence) -> String {
    let Geofence { geofence_id, geofence_tag, geofence_external_id, .. } = geofence;
    let names = [("external id", geofence_external_id), ("tag", geofence_tag), ("id", geofence_id)];
    let names = names.iter().filter_map(|(what, name)| Some(format!("{what}: {}", name.as_ref()?)));
    names.collect::<Vec<_>>().join("; ")
}

fn add(sum: &mut Crossings, more: Crossings) {
    sum.entered = sum.entered.saturating_add(more.entered);
    sum.exited = sum.exited.saturating_add(more.exited);
    sum.dwelled = sum.dwelled.saturating_add(more.dwelled);
}

fn total(Crossings { entered, exited, dwelled }: Crossings) -> u64 {
    entered.saturating_add(exited).saturating_add(dwelled)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_legend_says_what_cells_show(most in 1..=u64::MAX, part in 0.0..=1.0) {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some number up to the most")]
            let number = ((float(most) * part) as u64).clamp(1, most);
            let shade = shade(number, most);
            prop_assert!((1..=SHADES).contains(&shade));
            let bound = |shade: u64| u128::from(most) * u128::from(shade) / u128::from(SHADES);
            let within = bound(shade - 1) < u128::from(number) && u128::from(number) <= bound(shade);
            prop_assert!(within, "{number} of {most} is in shade {shade}");
        }
    }

    #[test]
    fn few_crossings_have_few_shades() {
        let text = legend(3).into_string();
        assert_eq!(text.matches("<li>").count(), 3);
        assert!(text.contains("shade-5\"></span>3</li>"), "{text}");
        assert!(legend(12).into_string().contains("shade-5\"></span>10–12</li>"));
    }

    #[test]
    fn a_geofence_has_the_name_that_people_gave_it() {
        let some = |name: &str| Some(name.to_owned());
        let mut geofence = Geofence { geofence_id: some("66a1b2c3d4e5f60000000014e"), ..Geofence::default() };
        assert_eq!(name(&geofence).into_string(), "<bdi>66a1b2…00014e</bdi>");
        geofence.geofence_tag = some("customer");
        assert!(name(&geofence).into_string().ends_with(r#"</bdi> <span class="tag"><bdi>customer</bdi></span>"#));
        geofence.geofence_external_id = some("depot <7>");
        assert!(name(&geofence).into_string().starts_with("<bdi>depot &lt;7&gt;</bdi>"));
        assert_eq!(all_names(&geofence), "external id: depot <7>; tag: customer; id: 66a1b2c3d4e5f60000000014e");
        assert_eq!(name(&Geofence::default()).into_string(), "<i>without a name</i>");
    }
}
