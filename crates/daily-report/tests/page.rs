//! The page as a whole.

#![expect(clippy::unwrap_used, reason = "this is test code")]

mod samples;

use aggregation::day::Day;
use aggregation::day::State;
use daily_report::{Stamp, render};

fn sample(wanted: &str) -> String {
    let (_, day, stamp) = samples::all().into_iter().find(|(name, _, _)| *name == wanted).unwrap();
    render(&day, &stamp)
}

/// What a reader reads: without the style, each text on a line of its own.
fn texts(page: &str) -> String {
    let (head, rest) = page.split_once("<style>").unwrap();
    let (_, body) = rest.split_once("</style>").unwrap();
    let texts = [head, body].concat();
    let texts = texts.split(['<', '>']).skip(2).step_by(2).filter(|text| !text.trim().is_empty());
    texts.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_small_day() {
    insta::assert_snapshot!(texts(&sample("demo")));
}

#[test]
fn an_empty_day_reads_well() {
    insta::assert_snapshot!(texts(&sample("empty")));
}

#[test]
fn it_stands_alone() {
    for (name, day, stamp) in samples::all() {
        let page = render(&day, &stamp);
        for outside in ["<script", "src=", "href=", "url(", "@import", "http:", "https:", "<iframe", "<form"] {
            let own = samples::HOSTILE.concat();
            assert!(own.contains(outside) || !page.contains(outside), "{outside} in {name}");
        }
        assert!(page.contains("Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline';"));
    }
}

#[test]
fn what_is_not_shown_is_summed() {
    let page = sample("company");
    let texts = texts(&page);
    for line in [" busiest of ", "60 geofences", "35 others", "500 drivers", "480 others"] {
        assert!(texts.lines().any(|text| text.contains(line)), "{line}");
    }
    // 25 geofences, the others and all: each has a name, 24 hours and four sums.
    let (_, heat) = page.split_once("<tbody>").unwrap();
    let (heat, _) = heat.split_once("</table>").unwrap();
    assert_eq!([heat.matches("<tr>").count(), heat.matches("<td").count()], [27, 27 * 28]);
}

#[test]
fn it_stays_short_however_many_there_are() {
    let (_, mut day, stamp) = samples::all().into_iter().find(|(name, _, _)| *name == "company").unwrap();
    let (geofences, drivers) = (day.geofences.clone(), day.drivers.clone());
    for number in [0, 1, 25, 26, 5000] {
        day.geofences = geofences.iter().cycle().take(number).cloned().collect();
        day.drivers = drivers.iter().cycle().take(number).cloned().collect();
        let page = render(&day, &stamp);
        tags(&page);
        assert!(page.len() < 100_000 && !page.contains("NaN"), "{number} make {} bytes", page.len());
    }
}

#[test]
fn names_of_strangers_are_only_read() {
    let page = sample("strangers");
    let body = &page[page.find("<body>").unwrap()..];
    assert!(!body.contains("<script"), "a script");
    // Inside a text or an attribute there is no way out of it.
    assert!(body.contains("&lt;script&gt;alert(1)"));
    assert!(!body.contains("onmouseover=alert(1) x=\""));
    assert!(body.chars().all(|c| !c.is_control() && !('\u{202a}'..='\u{202e}').contains(&c)), "control characters");
    tags(&page);
}

#[test]
fn even_nonsense_makes_a_page() {
    let mut day = Day { date: samples::HOSTILE[0].into(), time_zone: samples::HOSTILE[1].into(), ..Day::default() };
    day.events.total = u64::MAX;
    day.distance_m = f64::NAN;
    day.hours = vec![aggregation::day::Hour {
        hour: samples::HOSTILE[0].into(),
        events: u64::MAX,
        distance_m: f64::INFINITY,
        ..Default::default()
    }];
    let stamp = Stamp { state: State::Final, revision: u64::MAX, computed_at: samples::HOSTILE[2].into() };
    let page = render(&day, &stamp);
    assert!(!page.contains("NaN") && !page.contains("inf\"") && !page.contains("<script"), "{page}");
    tags(&page);
}

/// Every element is closed where it was opened, and none is one that the page does not use.
fn tags(page: &str) {
    const VOID: [&str; 3] = ["!DOCTYPE", "meta", "col"];
    let mut open = Vec::new();
    for tag in page.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').unwrap();
        let name = tag.split(' ').next().unwrap();
        if let Some(name) = name.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "{tag}");
        } else if !VOID.contains(&name) {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?}");
}
