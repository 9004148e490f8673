//! A column for each hour, as SVG: drawn in two steps, so that tests can look at where everything stands.
//!
//! Sizes are in the units of the view box, which is as wide as a card of the page, so that a unit is about a
//! pixel and texts have one size everywhere, on a phone too.

use maud::{Markup, Render, html};

use crate::scale::Scale;
use crate::text::{compact, float};

pub(crate) const WIDTH: f64 = 350.0;
pub(crate) const HEIGHT: f64 = 178.0;
/// Of texts; `style.css` sets the same.
const FONT_SIZE: f64 = 11.0;
/// As wide as a digit gets in the fonts of common systems, in parts of the font's size.
const DIGIT: f64 = 0.65;
const TOP: f64 = 24.0;
const BOTTOM: f64 = HEIGHT - 36.0;
const LEFT: f64 = 40.0;
const RIGHT: f64 = WIDTH - 6.0;
/// Between two labels, at least.
const GAP: f64 = 6.0;
/// What is not nothing must be seen.
const LEAST_HEIGHT: f64 = 1.5;
/// Every third hour has a label.
const LABELLED: usize = 3;

/// What to draw.
pub(crate) struct Chart<'a> {
    /// Names it in the document: letters.
    pub(crate) id: &'a str,
    pub(crate) name: &'a str,
    /// What it shows, in a sentence, for those who do not see it.
    pub(crate) description: String,
    /// Of the values.
    pub(crate) unit: &'a str,
    /// What the columns are.
    pub(crate) axis: &'a str,
    /// Whether values are counts.
    pub(crate) whole: bool,
    pub(crate) columns: Vec<Column<'a>>,
}

/// One hour.
pub(crate) struct Column<'a> {
    pub(crate) label: &'a str,
    pub(crate) value: f64,
    /// What is shown where it is pointed at.
    pub(crate) title: String,
    /// Whether the hour had begun.
    pub(crate) begun: bool,
}

/// Where everything stands.
pub(crate) struct Plot<'a> {
    chart: &'a Chart<'a>,
    /// Height and label of each line across.
    pub(crate) lines: Vec<(f64, String)>,
    pub(crate) columns: Vec<(Area, &'a str)>,
    /// The hours to come.
    pub(crate) later: Option<Area>,
    /// Middle and text of each label below.
    pub(crate) labels: Vec<(f64, &'a str)>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Area {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

impl<'a> Chart<'a> {
    pub(crate) fn plot(&'a self) -> Plot<'a> {
        let largest = self.columns.iter().map(|column| column.value).fold(0.0, f64::max);
        let scale = Scale::to(largest, self.whole);
        let slot = (RIGHT - LEFT) / float(self.columns.len().max(1) as u64);
        let left = |index: usize| LEFT + slot * float(index as u64);
        let y = |value| BOTTOM - (BOTTOM - TOP) * scale.part(value);

        let columns =
            self.columns.iter().enumerate().filter(|(_, column)| column.value > 0.0).map(|(index, column)| {
                let height = (BOTTOM - y(column.value)).max(LEAST_HEIGHT);
                let area = Area { x: left(index) + slot * 0.14, y: BOTTOM - height, width: slot * 0.72, height };
                (area, column.title.as_str())
            });
        let later = self.columns.iter().position(|column| !column.begun).map(|index| {
            let x = left(index);
            Area { x, y: TOP, width: RIGHT - x, height: BOTTOM - TOP }
        });
        Plot {
            lines: scale.ticks.iter().map(|tick| (y(*tick), compact(*tick))).collect(),
            columns: columns.collect(),
            later,
            labels: self.labels(|index| left(index) + slot / 2.0),
            chart: self,
        }
    }

    /// Every third hour, as far as there is room.
    fn labels(&self, middle: impl Fn(usize) -> f64) -> Vec<(f64, &str)> {
        let mut labels = Vec::new();
        let mut free = 0.0;
        for (index, column) in self.columns.iter().enumerate() {
            let hour = column.label.get(..2).and_then(|hour| hour.parse().ok()).unwrap_or(0_usize);
            let half = text_width(column.label) / 2.0;
            let from = middle(index) - half;
            if hour.is_multiple_of(LABELLED) && from >= free && middle(index) + half <= WIDTH {
                labels.push((middle(index), column.label));
                free = middle(index) + half + GAP;
            }
        }
        labels
    }
}

/// How wide it is at most, made of what labels are made of.
pub(crate) fn text_width(text: &str) -> f64 {
    float(text.chars().count() as u64) * DIGIT * FONT_SIZE
}

impl Render for Plot<'_> {
    fn render(&self) -> Markup {
        let Chart { id, name, description, unit, axis, .. } = self.chart;
        html! {
            svg.chart viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-labelledby={ (id) "-name " (id) "-text" } {
                title id={ (id) "-name" } { (name) }
                desc id={ (id) "-text" } { (description) }
                @if let Some(area) = &self.later {
                    rect.later x=(px(area.x)) y=(px(area.y)) width=(px(area.width)) height=(px(area.height)) {}
                }
                @for (y, label) in &self.lines {
                    line x1=(px(LEFT)) x2=(px(RIGHT)) y1=(px(*y)) y2=(px(*y)) {}
                    text.end x=(px(LEFT - 5.0)) y=(px(y + 3.5)) { (label) }
                }
                text x="0" y="11" { (unit) }
                @for (area, title) in &self.columns {
                    rect x=(px(area.x)) y=(px(area.y)) width=(px(area.width)) height=(px(area.height)) {
                        title { (title) }
                    }
                }
                @for (x, label) in &self.labels {
                    text.middle x=(px(*x)) y=(px(BOTTOM + 14.0)) { (label) }
                }
                text.middle x=(px(f64::midpoint(LEFT, RIGHT))) y=(px(HEIGHT - 4.0)) { (axis) }
            }
        }
    }
}

/// A hundredth is finer than any screen.
fn px(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn chart<'a>(values: &[f64], labels: &[&'a str], whole: bool) -> Chart<'a> {
        let columns = values.iter().zip(labels).enumerate().map(|(index, (value, label))| Column {
            label,
            value: *value,
            title: format!("{label}: {value}"),
            begun: index < 20,
        });
        let description = "Most at <09>.".to_owned();
        Chart { id: "e", name: "Events", description, unit: "events", axis: "hour", whole, columns: columns.collect() }
    }

    const LABELS: [&str; 25] = [
        "00", "00*", "01", "02", "03:30", "04", "05", "06", "07", "08", "09", "10", "11", "12:30", "13", "14", "15:30",
        "16", "17", "18", "19", "20", "21:30", "22", "23",
    ];

    #[test]
    fn hours_are_columns() {
        let chart = chart(&[0.0, 5.0, 10.0], &["00", "01", "02"], true);
        let plot = chart.plot();
        assert_eq!(plot.lines.iter().map(|(_, label)| label.as_str()).collect::<Vec<_>>(), ["0", "5", "10"]);
        let [(half, _), (full, title)] = plot.columns[..] else { panic!("columns of what is not nothing") };
        assert!((full.height - 2.0 * half.height).abs() < 1e-9 && (full.y - TOP).abs() < 1e-9, "{full:?}");
        assert_eq!(title, "02: 10");
        insta::assert_snapshot!(plot.render().into_string().replace("><", ">\n<"));
    }

    proptest! {
        #[test]
        fn everything_is_inside_and_no_labels_overlap(
            values in prop::collection::vec(prop_oneof![any::<f64>(), 0.0..1e6, Just(0.0)], 0..=25), whole: bool,
        ) {
            let chart = chart(&values, &LABELS, whole);
            let plot = chart.plot();
            for area in plot.columns.iter().map(|(area, _)| area).chain(&plot.later) {
                let sides = [area.x, area.y, area.width, area.height];
                prop_assert!(sides.iter().all(|side| side.is_finite() && *side >= 0.0), "{area:?}");
                prop_assert!(area.x + area.width <= WIDTH && area.y + area.height <= HEIGHT, "{area:?}");
            }
            for ((low, _), (high, _)) in plot.lines.iter().zip(plot.lines.iter().skip(1)) {
                prop_assert!(low - high >= FONT_SIZE + 2.0);
            }
            for (y, label) in &plot.lines {
                prop_assert!((TOP..=BOTTOM).contains(y) && text_width(label) <= LEFT - 4.0, "{label}");
            }
            for ((x, label), (next, following)) in plot.labels.iter().zip(plot.labels.iter().skip(1)) {
                prop_assert!(x + text_width(label) / 2.0 < next - text_width(following) / 2.0);
            }
            let markup = plot.render().into_string();
            prop_assert!(!markup.contains("NaN") && !markup.contains("inf"), "{markup}");
        }
    }
}
