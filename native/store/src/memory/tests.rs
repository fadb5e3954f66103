//! Messages in memory compared with a sorted map.

use super::*;
use proptest::collection::vec;
use proptest::prelude::*;

#[derive(Debug, Clone)]
enum Operation {
    Add { left_out: u64, body: usize },
    Remove(prop::sample::Index),
    RemoveOldest(usize),
    Clear,
}

fn operation() -> impl Strategy<Value = Operation> {
    let left_out = prop_oneof![8 => Just(0), 1 => 1..10_u64, 1 => 50..5_000_u64];
    let body = prop_oneof![6 => 0..200_usize, 3 => 5_000..40_000_usize, 1 => 250_000..400_000_usize];
    prop_oneof![
        12 => (left_out, body).prop_map(|(left_out, body)| Operation::Add { left_out, body }),
        8 => any::<prop::sample::Index>().prop_map(Operation::Remove),
        2 => (0..8_usize).prop_map(Operation::RemoveOldest),
        1 => Just(Operation::Clear),
    ]
}

fn body_of(sequence: u64, length: usize) -> Vec<u8> {
    (0..length).map(|n| (n as u64 ^ sequence) as u8).collect()
}

fn message(sequence: u64, body: &[u8]) -> StoredMessage<'_> {
    StoredMessage {
        sequence,
        time_ns: -(sequence as i64),
        before: sequence / 2,
        subject: b"orders.new",
        headers: if sequence.is_multiple_of(3) {
            b"NATS/1.0\r\n\r\n"
        } else {
            b""
        },
        body,
    }
}

fn remove(messages: &mut MemoryMessages, model: &mut BTreeMap<u64, usize>, sequence: u64) {
    assert_eq!(messages.remove(sequence), model.remove(&sequence).is_some());
    assert!(!messages.remove(sequence), "a message is removed once");
}

proptest! {
    #[test]
    fn messages_are_there_until_they_are_removed(first in 1..u64::MAX / 2, operations in vec(operation(), 1..200)) {
        let (mut messages, mut model) = (MemoryMessages::new(), BTreeMap::new());
        let mut last = first;
        for operation in operations {
            match operation {
                Operation::Add { left_out, body } => {
                    last += left_out + 1;
                    messages.add(message(last, &body_of(last, body)));
                    model.insert(last, body);
                }
                Operation::Remove(which) if !model.is_empty() => {
                    let sequences: Vec<u64> = model.keys().copied().collect();
                    remove(&mut messages, &mut model, *which.get(&sequences));
                }
                Operation::Remove(_) => remove(&mut messages, &mut model, last),
                Operation::RemoveOldest(count) => {
                    let oldest: Vec<u64> = model.keys().take(count).copied().collect();
                    oldest.into_iter().for_each(|sequence| remove(&mut messages, &mut model, sequence));
                }
                Operation::Clear => {
                    messages.clear();
                    model.clear();
                }
            }
        }
        for (&sequence, &length) in &model {
            let body = body_of(sequence, length);
            prop_assert_eq!(messages.get(sequence), Some(message(sequence, &body)));
            prop_assert_eq!(messages.get(sequence + 1).is_some(), model.contains_key(&(sequence + 1)));
        }
        let used: usize = model.values().map(|body| body + 100).sum();
        prop_assert!(messages.heap_bytes() <= used * 3 + 2 * CHUNK_BYTES, "{} for {used}", messages.heap_bytes());
    }
}

#[test]
fn a_few_messages_among_many_removed_ones_keep_little_memory() {
    let mut messages = MemoryMessages::new();
    for sequence in 1..=200_000_u64 {
        messages.add(message(sequence, &[0; 100]));
        if sequence > 100 && !(sequence - 100).is_multiple_of(1000) {
            messages.remove(sequence - 100);
        }
    }
    assert!(messages.heap_bytes() < 3 * CHUNK_BYTES, "{}", messages.heap_bytes());
    assert_eq!(messages.get(7_000).map(|found| found.sequence), Some(7_000));
    assert_eq!(messages.get(7_001), None);
}
