//! A day's numbers as a page that people look at: one HTML document that stands alone. Pure: no clock, network or AWS.
//!
//! Everything is in it, its charts as inline SVG, so that it can be sent, stored and printed; it runs no script
//! and loads nothing. Charts are drawn here (`chart`) because the libraries that were looked at (charts-rs,
//! plotters, kuva, poloto) give a chart no name and description for those who hear it, and all but the last
//! write colours and fonts where a reader's dark mode does not reach.

mod bars;
mod chart;
mod drivers;
mod figures;
mod fleet;
mod geofences;
mod hours;
mod page;
mod quality;
mod scale;
mod text;

use aggregation::day::{Day, State};
use serde::{Deserialize, Serialize};

/// What stands beside a day's numbers: how final they are, and when they were computed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// How final they are.
    pub state: State,
    /// How often they have changed, 1 at first.
    pub revision: u64,
    /// When they were computed, RFC 3339. Hours that began later are shown as yet to come.
    pub computed_at: String,
}

/// The page. Texts of the day come from strangers and are escaped, and none has a say in where others stand.
pub fn render(day: &Day, stamp: &Stamp) -> String {
    page::render(day, stamp).into_string()
}
