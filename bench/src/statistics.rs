//! Medians, and ratios taken round by round.
//!
//! A machine's speed changes from second to second. What runs in the same round meets the same machine,
//! so the figure to look at is the median of each round's ratio, not the ratio of two medians.

/// A median and the extremes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

impl Spread {
    /// Of at least one finite sample.
    pub(crate) fn of(samples: impl IntoIterator<Item = f64>) -> Self {
        let mut samples: Vec<f64> = samples.into_iter().collect();
        samples.sort_by(f64::total_cmp);
        let at = |index: usize| samples.get(index).copied().unwrap_or(f64::NAN);
        let (middle, last) = (samples.len() / 2, samples.len().saturating_sub(1));
        let median = if samples.len().is_multiple_of(2) {
            f64::midpoint(at(middle.saturating_sub(1)), at(middle))
        } else {
            at(middle)
        };
        Self { median, min: at(0), max: at(last) }
    }

    /// Of `numerators` over `denominators`, round by round.
    pub(crate) fn of_ratios(numerators: &[f64], denominators: &[f64]) -> Self {
        Self::of(numerators.iter().zip(denominators).map(|(numerator, denominator)| numerator / denominator))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_of_odd_and_even_counts() {
        assert_eq!(Spread::of([3.0, 1.0, 2.0]), Spread { median: 2.0, min: 1.0, max: 3.0 });
        assert_eq!(Spread::of([4.0, 1.0, 2.0, 3.0]), Spread { median: 2.5, min: 1.0, max: 4.0 });
    }

    #[test]
    fn ratios_are_taken_round_by_round() {
        assert_eq!(Spread::of_ratios(&[2.0, 30.0], &[1.0, 10.0]), Spread { median: 2.5, min: 2.0, max: 3.0 });
    }
}
