//! Sets of small numbers, as bits.

/// A set of numbers below a limit; two are combined only where their limits are equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bits(Vec<u64>);

impl Bits {
    /// The empty set.
    pub(crate) fn none(limit: usize) -> Self {
        Self(vec![0; limit.div_ceil(64)])
    }

    /// All numbers below the limit.
    pub(crate) fn all(limit: usize) -> Self {
        let mut bits = Self(vec![u64::MAX; limit.div_ceil(64)]);
        if let (Some(last), used @ 1..) = (bits.0.last_mut(), limit % 64) {
            *last = (1 << used) - 1;
        }
        bits
    }

    pub(crate) fn words(&self) -> &[u64] {
        &self.0
    }

    pub(crate) fn contains(&self, number: usize) -> bool {
        self.0[number / 64] & (1 << (number % 64)) != 0
    }

    pub(crate) fn insert(&mut self, number: usize) {
        self.0[number / 64] |= 1 << (number % 64);
    }

    pub(crate) fn remove(&mut self, number: usize) {
        self.0[number / 64] &= !(1 << (number % 64));
    }

    pub(crate) fn remove_all(&mut self, others: &Self) {
        for (word, other) in self.0.iter_mut().zip(&others.0) {
            *word &= !other;
        }
    }

    pub(crate) fn insert_all(&mut self, others: &Self) {
        for (word, other) in self.0.iter_mut().zip(&others.0) {
            *word |= other;
        }
    }

    pub(crate) fn clear(&mut self) {
        self.0.fill(0);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> {
        self.0.iter().enumerate().flat_map(|(index, word)| numbers(index, *word))
    }

    /// How many numbers are in both sets.
    pub(crate) fn common(&self, others: &Self) -> usize {
        self.0.iter().zip(&others.0).map(|(word, other)| (word & other).count_ones() as usize).sum()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }
}

/// The numbers that a word of a set stands for, in ascending order.
pub(crate) fn numbers(index: usize, mut word: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = (word != 0).then(|| word.trailing_zeros() as usize)?;
        word &= word - 1;
        Some(index * 64 + bit)
    })
}

/// The smallest number that is in all of the sets.
pub(crate) fn first_common<const N: usize>(sets: [&[u64]; N]) -> Option<usize> {
    (0..sets[0].len()).find_map(|index| {
        let word = sets.iter().fold(u64::MAX, |word, set| word & set[index]);
        (word != 0).then(|| index * 64 + word.trailing_zeros() as usize)
    })
}
