//! The scale of an axis: round numbers, few enough to be read.

use crate::text::sound;

/// An axis has at most so many steps.
const STEPS: f64 = 4.0;

/// An axis from zero.
#[derive(Debug, PartialEq)]
pub(crate) struct Scale {
    /// Where it ends: the last tick.
    pub(crate) top: f64,
    /// From zero, evenly.
    pub(crate) ticks: Vec<f64>,
}

impl Scale {
    /// One that holds the largest value, in steps of 1, 2 or 5 times a power of ten, of whole numbers if
    /// that is what is counted.
    pub(crate) fn to(largest: f64, whole: bool) -> Self {
        // Twice the largest number there is would be none.
        let largest = sound(largest).min(1e300);
        let least = if whole { 1.0 } else { 0.1 };
        let rough = (largest / STEPS).max(least);
        let magnitude = 10f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0].map(|digit| digit * magnitude).into_iter().find(|step| *step * STEPS >= largest);
        let step = step.unwrap_or(10.0 * magnitude).max(least);
        let mut ticks = vec![0.0];
        for index in [1.0, 2.0, 3.0, STEPS] {
            let tick = step * index;
            ticks.push(tick);
            if tick >= largest {
                break;
            }
        }
        Self { top: ticks.last().copied().unwrap_or(step), ticks }
    }

    /// Where a value lies, from 0 to 1.
    pub(crate) fn part(&self, value: f64) -> f64 {
        (sound(value) / self.top).min(1.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ticks_are_round() {
        let ticks = |largest, whole| Scale::to(largest, whole).ticks;
        assert_eq!(ticks(0.0, true), [0.0, 1.0]);
        assert_eq!(ticks(3.0, true), [0.0, 1.0, 2.0, 3.0]);
        assert_eq!(ticks(7.0, true), [0.0, 2.0, 4.0, 6.0, 8.0]);
        assert_eq!(ticks(38.0, true), [0.0, 10.0, 20.0, 30.0, 40.0]);
        assert_eq!(ticks(4100.0, true), [0.0, 2000.0, 4000.0, 6000.0]);
        assert_eq!(ticks(1.4, false), [0.0, 0.5, 1.0, 1.5]);
    }

    proptest! {
        #[test]
        fn every_value_has_a_place(largest in any::<f64>(), part in 0.0..=1.0, whole: bool) {
            let scale = Scale::to(largest, whole);
            prop_assert!(scale.ticks.len() >= 2 && scale.ticks.len() <= 5, "{scale:?}");
            prop_assert!(scale.ticks.is_sorted() && scale.top.is_finite() && scale.top >= sound(largest).min(1e300));
            prop_assert!((0.0..=1.0).contains(&scale.part(largest * part)));
        }
    }
}
