//! Drawing from a seed: the same seed gives the same values, whatever the machine and the version.

use std::ops::RangeInclusive;

use chacha20::ChaCha8Rng;
use chacha20::rand_core::{Rng as _, SeedableRng as _};

/// A sequence of draws. `ChaCha` is a published algorithm, so its stream does not change with a release of
/// the crate, and its numbered streams are independent of each other. What is made of it is up to this file.
pub(crate) struct Draw(ChaCha8Rng);

/// What is drawn separately, so that more of one leaves the others as they are.
#[derive(Clone, Copy)]
pub(crate) enum Stream {
    Drivers = 0,
    Packages = 1,
    Addresses = 2,
}

impl Draw {
    pub(crate) fn new(seed: u64, stream: Stream) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream as u64);
        Self(rng)
    }

    pub(crate) fn flip(&mut self) -> bool {
        self.below(2) == 1
    }

    /// A whole number, both ends included.
    pub(crate) fn whole(&mut self, range: RangeInclusive<u32>) -> u32 {
        range.start() + self.below(range.end() - range.start() + 1)
    }

    /// A number with two decimals. The range is in hundredths, both ends included.
    pub(crate) fn hundredths(&mut self, range: RangeInclusive<i32>) -> f64 {
        let offset = self.below(range.end().abs_diff(*range.start()) + 1);
        f64::from(range.start().saturating_add_unsigned(offset)) / 100.0
    }

    /// One of them.
    pub(crate) fn one<T: Copy, const N: usize>(&mut self, all: [T; N]) -> T {
        all[self.index(N)]
    }

    /// So many of them, none twice, in the order of `all`.
    pub(crate) fn some<T: Copy, const N: usize>(&mut self, all: [T; N], count: u32) -> Vec<T> {
        let mut places: [usize; N] = std::array::from_fn(|place| place);
        let count = count as usize;
        for place in 0..count {
            places.swap(place, place + self.index(N - place));
        }
        places[..count].sort_unstable();
        places[..count].iter().map(|place| all[*place]).collect()
    }

    /// A UUID of version 4, the version of random ones.
    pub(crate) fn uuid(&mut self) -> String {
        let high = self.0.next_u64() & !0xf000 | 0x4000;
        let low = self.0.next_u64() >> 2 | 1 << 63;
        let (first, second, third) = (high >> 32, high >> 16 & 0xffff, high & 0xffff);
        let (fourth, fifth) = (low >> 48, low & 0xffff_ffff_ffff);
        format!("{first:08x}-{second:04x}-{third:04x}-{fourth:04x}-{fifth:012x}")
    }

    #[expect(clippy::cast_possible_truncation, reason = "the tables of this crate are short")]
    fn index(&mut self, len: usize) -> usize {
        self.below(len as u32) as usize
    }

    /// Less than `limit`, each as likely as the next: the bias is at most `limit` in 2⁶⁴.
    #[expect(clippy::cast_possible_truncation, reason = "it is less than the limit")]
    fn below(&mut self, limit: u32) -> u32 {
        ((u128::from(self.0.next_u64()) * u128::from(limit)) >> 64) as u32
    }
}
