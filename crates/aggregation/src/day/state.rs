//! How final a day's numbers are.

use serde::{Deserialize, Serialize};

/// How final a day's numbers are. It follows from the date and the clock, and is not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The day is not over.
    InProgress,
    /// Late events may still change it.
    Open,
    /// Nothing changes it but a computation on demand.
    Final,
}

impl State {
    /// Of the day that was so many days before today, where the numbers of `late_days` days before today are
    /// computed anew.
    pub fn of(days_ago: i32, late_days: u32) -> Self {
        match u32::try_from(days_ago) {
            Ok(0) => Self::InProgress,
            Ok(days) if days <= late_days => Self::Open,
            _ => Self::Final,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_final_when_late_events_are_no_longer_looked_for() {
        let states = [0, 1, 3, 4, 365].map(|days_ago| State::of(days_ago, 3));
        assert_eq!(states, [State::InProgress, State::Open, State::Open, State::Final, State::Final]);
        assert_eq!(State::of(1, 0), State::Final);
    }
}
