//! Sequences without a message, compressed: a bit for each where there are many, two bytes where there are few, nothing
//! for long runs.

use roaring::RoaringTreemap;
use std::ops::Range;

/// A set of sequences.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Gaps {
    set: RoaringTreemap,
    len: u64,
}

impl Gaps {
    /// No gaps.
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of sequences.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether a sequence is one of them.
    pub fn contains(&self, sequence: u64) -> bool {
        self.len > 0 && self.set.contains(sequence)
    }

    /// Number of sequences from this one on.
    pub fn count_from(&self, sequence: u64) -> u64 {
        if self.len == 0 {
            0
        } else {
            self.set.range_cardinality(sequence..)
        }
    }

    /// All sequences, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        self.set.iter()
    }

    /// The first sequence from this one on that is no gap; `None` if there is none in 64 bits.
    pub(super) fn first_outside(&self, sequence: u64) -> Option<u64> {
        if !self.contains(sequence) {
            return Some(sequence);
        }
        // A long run is measured by counting, not walked through.
        let is_run = |length: u64| match sequence.checked_add(length - 1) {
            Some(last) => self.set.range_cardinality(sequence..=last) == length,
            None => false,
        };
        let mut run = 1_u64;
        while is_run(run * 2) {
            run *= 2;
        }
        let (mut is, mut is_not) = (run, run * 2);
        while is_not - is > 1 {
            let middle = is.midpoint(is_not);
            if is_run(middle) {
                is = middle;
            } else {
                is_not = middle;
            }
        }
        sequence.checked_add(is)
    }

    pub(super) fn insert(&mut self, sequence: u64) {
        self.len += u64::from(self.set.insert(sequence));
    }

    pub(super) fn insert_range(&mut self, sequences: Range<u64>) {
        if !sequences.is_empty() {
            self.len += self.set.insert_range(sequences);
        }
    }

    pub(super) fn remove_below(&mut self, sequence: u64) {
        if self.len > 0 {
            self.len -= self.set.remove_range(..sequence);
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self::new();
    }

    /// Bytes on the heap, roughly.
    pub fn heap_bytes(&self) -> usize {
        self.set.serialized_size()
    }
}
