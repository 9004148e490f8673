//! What was measured, as a table for people or as JSON.

use serde::Serialize;
use serde_json::{Value, json};

use crate::statistics::Spread;

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Unit {
    Microseconds,
    Milliseconds,
    Megabytes,
    EventsPerSecond,
    Times,
    Requests,
}

/// What a figure should be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Goal {
    AtLeast(f64),
    AtMost(f64),
}

impl Goal {
    fn is_met(self, value: f64) -> bool {
        match self {
            Self::AtLeast(limit) => value >= limit,
            Self::AtMost(limit) => value <= limit,
        }
    }
}

/// One figure.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    what: String,
    unit: Unit,
    spread: Spread,
    goal: Option<Goal>,
}

/// One part of the benchmark.
#[derive(Clone, Debug)]
pub(crate) struct Section {
    title: &'static str,
    figures: Vec<Figure>,
    /// How it was measured, and what could not be.
    notes: Vec<String>,
}

impl Section {
    pub(crate) fn new(title: &'static str) -> Self {
        Self { title, figures: Vec::new(), notes: Vec::new() }
    }

    pub(crate) fn figure(&mut self, what: impl Into<String>, unit: Unit, spread: Spread) {
        self.figures.push(Figure { what: what.into(), unit, spread, goal: None });
    }

    pub(crate) fn goal(&mut self, what: impl Into<String>, unit: Unit, spread: Spread, goal: Goal) {
        self.figures.push(Figure { what: what.into(), unit, spread, goal: Some(goal) });
    }

    pub(crate) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    pub(crate) fn to_json(&self) -> Value {
        let figures: Vec<_> = self.figures.iter().map(Figure::to_json).collect();
        json!({ "section": self.title, "figures": figures, "notes": self.notes })
    }

    pub(crate) fn to_table(&self) -> String {
        let rows: Vec<_> = self.figures.iter().map(Figure::to_row).collect();
        let mut widths = [0; 4];
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.chars().count().max(*width);
            }
        }
        let mut table = format!("\n{}\n", self.title);
        let [what, median, range, goal] = widths;
        for row in &rows {
            let line =
                format!("  {:<what$}  {:>median$}  {:<range$}  {:<goal$}  {}", row[0], row[1], row[2], row[3], row[4]);
            table.push_str(line.trim_end());
            table.push('\n');
        }
        table.extend(self.notes.iter().map(|note| format!("  ({note})\n")));
        table
    }
}

impl Figure {
    fn is_met(&self) -> Option<bool> {
        self.goal.map(|goal| goal.is_met(self.spread.median))
    }

    fn to_json(&self) -> Value {
        let Spread { median, min, max } = self.spread;
        json!({
            "what": self.what, "unit": self.unit, "median": median, "min": min, "max": max,
            "goal": self.goal, "met": self.is_met(),
        })
    }

    fn to_row(&self) -> [String; 5] {
        let Spread { median, min, max } = self.spread;
        let range = if min < max { format!("{}–{}", number(min), number(max)) } else { String::new() };
        let unit = match self.unit {
            Unit::Microseconds => " µs",
            Unit::Milliseconds => " ms",
            Unit::Megabytes => " MB",
            Unit::EventsPerSecond => " events/s",
            Unit::Times => " ×",
            Unit::Requests => "",
        };
        let goal = match self.goal {
            None => String::new(),
            Some(Goal::AtLeast(limit)) => format!("goal ≥ {limit}"),
            Some(Goal::AtMost(limit)) => format!("goal ≤ {limit}"),
        };
        let verdict = match self.is_met() {
            None => "",
            Some(true) => "met",
            Some(false) => "NOT MET",
        };
        [self.what.clone(), format!("{}{unit}", number(median)), range, goal, verdict.to_owned()]
    }
}

/// Three significant digits or so.
fn number(value: f64) -> String {
    let decimals = match value.abs() {
        magnitude if magnitude >= 100.0 => 0,
        magnitude if magnitude >= 10.0 => 1,
        _ => 2,
    };
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_decides_whether_a_goal_is_met() {
        let mut section = Section::new("Size");
        let spread = Spread { median: 3.0, min: 2.0, max: 40.0 };
        section.goal("a", Unit::Megabytes, spread, Goal::AtMost(3.0));
        section.goal("b", Unit::Times, spread, Goal::AtLeast(8.0));
        section.figure("c", Unit::Microseconds, Spread::of([1.0]));
        section.note("as is");
        assert_eq!(
            section.to_table(),
            "\nSize\n  \
             a  3.00 MB  2.00–40.0  goal ≤ 3  met\n  \
             b   3.00 ×  2.00–40.0  goal ≥ 8  NOT MET\n  \
             c  1.00 µs\n  (as is)\n"
        );
        assert_eq!(section.to_json()["figures"][0]["goal"]["at_most"], 3.0);
        assert_eq!(section.to_json()["figures"][2]["met"], Value::Null);
    }
}
