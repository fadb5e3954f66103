//! The ledger compared with a slow implementation: a set of everything seen.

use super::*;
use crate::stamp::Mark;
use proptest::prelude::*;
use std::collections::HashSet;

fn stamp(sender: u16, sequence: u32) -> Stamp {
    Stamp {
        sequence,
        sender,
        mark: Mark::of_run(2),
        time: None,
    }
}

fn sums_of(mode: Mode, first: u32, sent: u64, sequences: &[u32]) -> Sums {
    let ledger = Arc::new(Ledger::new(mode, 1, 0, 1, first));
    ledger.expect(sent);
    let mut tracker = Tracker::new(ledger.clone());
    for &sequence in sequences {
        tracker.arrive(&stamp(0, sequence));
    }
    tracker.publish();
    ledger.sums()
}

#[test]
fn all_in_order_is_complete() {
    for mode in [Mode::Exact, Mode::Shared] {
        let sums = sums_of(mode, 0, 1000, &(0..1000).collect::<Vec<_>>());
        let clean = Sums {
            expected: 1000,
            received: 1000,
            lost: 0,
            duplicated: 0,
            reordered: 0,
            foreign: 0,
        };
        assert_eq!(sums, clean, "{mode:?}");
    }
}

#[test]
fn tells_lost_duplicated_and_reordered_apart() {
    for mode in [Mode::Exact, Mode::Shared] {
        // 3 is lost, 5 arrives twice, 7 arrives after 9.
        let sums = sums_of(mode, 0, 11, &[0, 1, 2, 4, 5, 5, 6, 8, 9, 7, 10]);
        assert_eq!(
            (sums.lost, sums.duplicated, sums.reordered),
            (1, 1, 1),
            "{mode:?}: {sums:?}"
        );
    }
}

#[test]
fn the_first_message_may_be_the_lost_one() {
    let sums = sums_of(Mode::Exact, 0, 3, &[1, 2]);
    assert_eq!((sums.lost, sums.duplicated, sums.reordered), (1, 0, 0));
}

#[test]
fn sequences_wrap() {
    let first = u32::MAX - 99;
    for mode in [Mode::Exact, Mode::Shared] {
        let mut sequences: Vec<u32> = (0..200).map(|i| first.wrapping_add(i)).collect();
        sequences.remove(150);
        sequences.remove(50);
        sequences.push(first.wrapping_add(98)); // a duplicate from before the wrap
        sequences.push(first.wrapping_add(150)); // late, from after the wrap
        let sums = sums_of(mode, first, 200, &sequences);
        assert_eq!(
            (sums.lost, sums.duplicated, sums.reordered),
            (1, 1, 1),
            "{mode:?}: {sums:?}"
        );
    }
}

#[test]
fn a_group_sees_duplicates_across_connections() {
    let ledger = Arc::new(Ledger::new(Mode::Shared, 1, 0, 2, 0));
    ledger.expect(100);
    let mut trackers = [Tracker::new(ledger.clone()), Tracker::new(ledger.clone())];
    for sequence in 0..100 {
        trackers[sequence as usize % 2].arrive(&stamp(1, sequence));
    }
    // 40 went to the first; the other one gets it too, in its own order.
    trackers[1].arrive(&stamp(1, 100));
    let mut third = Tracker::new(ledger.clone());
    trackers.iter_mut().for_each(Tracker::publish);
    third.arrive(&stamp(1, 40));
    third.publish();
    let sums = ledger.sums();
    assert_eq!((sums.received, sums.duplicated, sums.reordered), (102, 1, 0));
}

#[test]
fn a_word_of_the_window_is_taken_over_by_newer_blocks_only() {
    let window = Window::new(4);
    assert_eq!(window.mark(0, 0b11), 0);
    assert_eq!(window.mark(0, 0b10), 0b10);
    assert_eq!(window.mark(4, 0b10), 0, "a newer block");
    assert_eq!(window.mark(0, 0b10), 0, "too old to tell");
    assert_eq!(window.mark(4, 0b10), 0b10, "the old one changed nothing");
    assert_eq!(Window::new(4).mark((1 << 27) - 1, 1), 0);
}

#[test]
fn copies_of_one_message_are_no_disorder() {
    let ledger = Arc::new(Ledger::new(Mode::Counted, 2, 0, 1, 0));
    ledger.expect(3);
    let mut tracker = Tracker::new(ledger.clone());
    for sequence in [0, 0, 1, 1, 2, 2] {
        tracker.arrive(&stamp(0, sequence));
    }
    tracker.publish();
    assert!(ledger.is_complete());
    let sums = ledger.sums();
    assert_eq!((sums.duplicated, sums.reordered, sums.lost), (0, 0, 0));
}

#[test]
fn stored_messages_are_told_apart_by_their_stream() {
    for mode in [Mode::Exact, Mode::Shared] {
        let ledger = Arc::new(Ledger::new(mode, 1, 5, 0, 0));
        let mut tracker = Tracker::new(ledger.clone());
        // 12 was deleted, 14 is redelivered.
        for sequence in [10, 11, 13, 14, 14] {
            tracker.arrive_stored((1 << 32) + sequence);
        }
        tracker.publish();
        let sums = ledger.sums();
        assert_eq!(
            (sums.received, sums.foreign, sums.duplicated, sums.lost),
            (5, 0, 1, 1),
            "{mode:?}"
        );
    }
}

#[test]
fn what_strangers_send_makes_up_for_nothing_lost() {
    for (already_stored, lost) in [(0, 1), (2, 0)] {
        let ledger = Arc::new(Ledger::new(Mode::Exact, 1, already_stored, 1, 0));
        ledger.expect(2 - already_stored);
        let mut tracker = Tracker::new(ledger.clone());
        tracker.arrive(&stamp(0, 0));
        tracker.foreign();
        tracker.publish();
        assert_eq!(
            ledger.sums().lost,
            lost,
            "{already_stored} messages of strangers are expected"
        );
        assert_eq!(ledger.is_complete(), lost == 0);
    }
}

#[test]
fn modes() {
    assert_eq!(Mode::of(1, 1, false), Mode::Exact);
    assert_eq!(Mode::of(5, 5, false), Mode::Exact);
    assert_eq!(Mode::of(1, 5, false), Mode::Shared);
    assert_eq!(Mode::of(1, 5, true), Mode::Shared);
    assert_eq!(Mode::of(3, 5, false), Mode::Counted);
}

/// Shuffles within a few places, drops and repeats, as injected faults would.
fn faulty(sent: u32, first: u32) -> impl Strategy<Value = (u32, u32, Vec<u32>)> {
    let faults = prop::collection::vec((0..sent, 0..4u8, 1..40u32), 0..20);
    faults.prop_map(move |faults| {
        let mut sequence: Vec<u32> = (0..sent).collect();
        for (at, kind, by) in faults {
            if sequence.is_empty() {
                break;
            }
            let at = at as usize % sequence.len();
            let to = (at + by as usize) % sequence.len();
            match kind {
                0 => drop(sequence.remove(at)),
                1 => sequence.insert(to, sequence[at]),
                2 => {
                    let moved = sequence.remove(at);
                    sequence.insert(to.min(sequence.len()), moved);
                }
                _ => sequence.swap(at, to),
            }
        }
        (sent, first, sequence.iter().map(|s| first.wrapping_add(*s)).collect())
    })
}

proptest! {
    #[test]
    fn agrees_with_a_set((sent, first, arrivals) in faulty(300, 0).boxed().prop_union(faulty(300, u32::MAX - 150).boxed())) {
        let (mut seen, mut highest) = (HashSet::new(), None::<u32>);
        let (mut duplicated, mut reordered) = (0u64, 0u64);
        for &sequence in &arrivals {
            let place = sequence.wrapping_sub(first);
            if !seen.insert(place) {
                duplicated += 1;
            } else if highest.is_some_and(|h| place < h) {
                reordered += 1;
            }
            highest = highest.max(Some(place));
        }
        for mode in [Mode::Exact, Mode::Shared] {
            let sums = sums_of(mode, first, u64::from(sent), &arrivals);
            prop_assert_eq!(sums.lost, u64::from(sent) - seen.len() as u64, "{:?}", mode);
            prop_assert_eq!(sums.duplicated, duplicated, "{:?}", mode);
            prop_assert_eq!(sums.reordered, reordered, "{:?}", mode);
        }
    }
}
