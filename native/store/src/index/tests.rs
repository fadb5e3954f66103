//! The index compared with a sorted map of messages.

use super::*;
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeMap;

#[derive(Debug, Clone)]
enum Operation {
    Add { subject: u8, bytes: u64, left_out: u64 },
    Skip { left_out: u64 },
    Remove(prop::sample::Index),
    RemoveFirst,
    RemoveLast,
    Clear,
}

fn operation() -> impl Strategy<Value = Operation> {
    let left_out = || prop_oneof![6 => Just(0), 1 => 0..100_000_u64];
    prop_oneof![
        12 => (0..6_u8, 1..100_u64, left_out())
            .prop_map(|(subject, bytes, left_out)| Operation::Add { subject, bytes, left_out }),
        1 => left_out().prop_map(|left_out| Operation::Skip { left_out }),
        6 => any::<prop::sample::Index>().prop_map(Operation::Remove),
        2 => Just(Operation::RemoveFirst),
        2 => Just(Operation::RemoveLast),
        1 => Just(Operation::Clear),
    ]
}

/// Messages by sequence: subject and size.
#[derive(Debug)]
struct Model {
    messages: BTreeMap<u64, (Vec<u8>, u64)>,
    last: u64,
}

impl Model {
    fn subject_state(&self, subject: &[u8]) -> Option<(u64, u64, u64)> {
        let of_subject = || {
            self.messages
                .iter()
                .filter(|(_, message)| message.0 == subject)
                .map(|(&sequence, _)| sequence)
        };
        Some((
            of_subject().count() as u64,
            of_subject().next()?,
            of_subject().next_back()?,
        ))
    }

    fn remove(&mut self, index: &mut StreamIndex, sequence: u64) {
        let Some((subject, bytes)) = self.messages.remove(&sequence) else {
            return;
        };
        let message = Indexed {
            sequence,
            subject: &subject,
            bytes,
        };
        let left = self.subject_state(&subject).map(|state| state.2);
        assert!(index.remove(message, || left));
        assert!(!index.remove(message, || left), "a message is removed once");
    }

    fn apply(&mut self, index: &mut StreamIndex, operation: Operation) {
        match operation {
            Operation::Add {
                subject,
                bytes,
                left_out,
            } => {
                let subject = format!("s.{subject}").into_bytes();
                self.last += left_out + 1;
                let message = Indexed {
                    sequence: self.last,
                    subject: &subject,
                    bytes,
                };
                index.add(message, self.last as i64);
                self.messages.insert(self.last, (subject, bytes));
            }
            Operation::Skip { left_out } => {
                self.last += left_out + 1;
                index.skip(self.last, self.last as i64);
            }
            Operation::Remove(which) if !self.messages.is_empty() => {
                let sequences: Vec<u64> = self.messages.keys().copied().collect();
                self.remove(index, *which.get(&sequences));
            }
            Operation::RemoveFirst => self.remove(index, index.totals().first_sequence),
            Operation::RemoveLast => self.remove(index, self.last),
            Operation::Remove(_) => {}
            Operation::Clear => {
                index.clear();
                self.messages.clear();
            }
        }
    }

    fn check(&self, index: &StreamIndex) {
        let totals = index.totals();
        assert_eq!(totals.messages, self.messages.len() as u64);
        assert_eq!(
            totals.bytes,
            self.messages.values().map(|message| message.1).sum::<u64>()
        );
        assert_eq!(totals.last_sequence, self.last);
        let first = self.messages.keys().next().copied();
        assert_eq!(totals.first_sequence, first.unwrap_or(self.last + 1));
        let span = totals.last_sequence + 1 - totals.first_sequence;
        assert_eq!(index.gaps().len(), span - totals.messages);
        for subject in 0..6 {
            let subject = format!("s.{subject}").into_bytes();
            let state = index.subject(&subject).copied();
            let expected = self.subject_state(&subject);
            assert_eq!(
                state.map(|state| (state.messages, state.last_sequence)),
                expected.map(|(n, _, last)| (n, last))
            );
            if let (Some(state), Some((count, first, _))) = (state, expected) {
                assert!(state.first_sequence <= first && (count > 1 || state.first_sequence == first));
            }
        }
        for from in [
            0,
            totals.first_sequence,
            totals.first_sequence + 3,
            self.last,
            self.last + 1,
        ] {
            assert_eq!(index.count_from(from), self.messages.range(from..).count() as u64);
        }
        let mut at = index.next_from(0);
        for &sequence in self.messages.keys() {
            assert_eq!(at, Some(sequence));
            assert!(index.holds(sequence));
            at = index.next_from(sequence + 1);
        }
        assert_eq!(at, None);
    }
}

proptest! {
    #[test]
    fn an_index_knows_what_a_map_knows(first in 0..1000_u64, operations in vec(operation(), 1..120)) {
        let mut index = StreamIndex::new(first, 1);
        let mut model = Model { messages: BTreeMap::new(), last: first.max(1) - 1 };
        for operation in operations {
            model.apply(&mut index, operation);
            model.check(&index);
        }
    }
}

#[test]
fn random_deletes_of_every_other_message_take_less_than_three_bits_a_message() {
    let mut gaps = Gaps::new();
    let mut random = 1_u64;
    while gaps.len() < 1_000_000 {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        gaps.insert((random >> 33) % 2_000_000);
    }
    assert!(gaps.heap_bytes() * 8 < 3 * 2_000_000, "{} bytes", gaps.heap_bytes());
}
