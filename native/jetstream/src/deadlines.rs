//! When messages end: sequences by deadline, in slots of a quarter of a second.
//!
//! A message that is removed earlier is left in its slot; whoever takes a due sequence finds that there is no message.

use std::collections::BTreeMap;

/// Nanoseconds of a slot, as a power of two: 268 ms.
const SLOT_BITS: u32 = 28;

/// Sequences by deadline.
#[derive(Debug, Default)]
pub struct Deadlines {
    slots: BTreeMap<i64, Vec<u64>>,
    len: usize,
}

impl Deadlines {
    /// No deadlines.
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of deadlines, with those of removed messages.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no deadline.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds a message that ends at a time, in nanoseconds since 1970.
    pub fn insert(&mut self, deadline: i64, sequence: u64) {
        self.slots.entry(deadline >> SLOT_BITS).or_default().push(sequence);
        self.len += 1;
    }

    /// When something is due next: never before its deadline, and at most a slot after it.
    pub fn next_due(&self) -> Option<i64> {
        let (&slot, _) = self.slots.first_key_value()?;
        Some(end_of(slot))
    }

    /// Takes sequences whose deadlines have passed, at most about `limit`: slots are taken whole. Those of a slot come in
    /// ascending order.
    pub fn take_due(&mut self, now: i64, limit: usize) -> Vec<u64> {
        let mut due = Vec::new();
        while due.len() < limit
            && let Some(slot) = self.slots.first_entry()
            && end_of(*slot.key()) <= now
        {
            let mut sequences = slot.remove();
            sequences.sort_unstable();
            self.len -= sequences.len();
            due.append(&mut sequences);
        }
        due
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

/// The first time behind a slot.
fn end_of(slot: i64) -> i64 {
    // The last slot ends with time itself.
    slot.checked_add(1)
        .and_then(|next| next.checked_mul(1 << SLOT_BITS))
        .unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    const SLOT: i64 = 1 << SLOT_BITS;

    proptest! {
        #[test]
        fn nothing_is_due_early_and_everything_within_a_slot(
            deadlines in vec(-(20 * SLOT)..20 * SLOT, 1..100),
            times in vec(-(25 * SLOT)..25 * SLOT, 1..20),
        ) {
            let mut wheel = Deadlines::new();
            for (sequence, &deadline) in deadlines.iter().enumerate() {
                wheel.insert(deadline, sequence as u64);
            }
            let mut waiting: Vec<usize> = (0..deadlines.len()).collect();
            for now in times {
                let due = wheel.take_due(now, usize::MAX);
                for &sequence in &due {
                    prop_assert!(deadlines[sequence as usize] < now);
                }
                waiting.retain(|&sequence| !due.contains(&(sequence as u64)));
                prop_assert!(waiting.iter().all(|&sequence| deadlines[sequence] > now - SLOT));
                prop_assert_eq!(wheel.len(), waiting.len());
                prop_assert!(wheel.next_due().is_none_or(|due| due > now));
            }
        }
    }

    #[test]
    fn times_at_the_end_of_time_are_never_due() {
        let mut wheel = Deadlines::new();
        wheel.insert(i64::MAX, 1);
        assert_eq!(wheel.take_due(i64::MAX - 1, 10), [0_u64; 0]);
        assert_eq!((wheel.next_due(), wheel.len()), (Some(i64::MAX), 1));
    }

    #[test]
    fn a_limit_ends_behind_a_slot() {
        let mut wheel = Deadlines::new();
        for sequence in 0..10 {
            wheel.insert(SLOT * (sequence as i64 / 4), sequence);
        }
        assert_eq!(wheel.take_due(SLOT * 10, 1), [0, 1, 2, 3]);
        assert_eq!(wheel.take_due(SLOT * 10, 5), [4, 5, 6, 7, 8, 9]);
        assert!(wheel.is_empty());
    }
}
