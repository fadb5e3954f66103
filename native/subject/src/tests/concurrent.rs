//! The index behind a lock of the caller, read and changed by several threads at once.

#![allow(clippy::disallowed_methods, clippy::disallowed_types)] // The threads and the lock are the caller under test.

use crate::{HashSeed, Matches, Sublist};
use std::sync::RwLock;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::thread;

const WRITERS: u32 = 2;
const ROUNDS: u32 = 400;
/// Subscriptions a writer keeps before it begins to remove the oldest.
const WINDOW: u32 = 50;

/// The progress of one writer: ids below `removed` are removed, ids from there to below `inserted` are present.
#[derive(Default)]
struct Progress {
    inserted: AtomicU32,
    removing: AtomicU32,
    removed: AtomicU32,
}

fn id(writer: u32, round: u32) -> u32 {
    writer * ROUNDS + round
}

fn subject(writer: u32, round: u32) -> String {
    match round % 3 {
        0 => format!("w{writer}.n{round}.x"),
        1 => format!("w{writer}.n{round}.*"),
        _ => format!("*.n{round}.>"),
    }
}

fn queue(round: u32) -> Option<&'static [u8]> {
    (round % 2 == 1).then_some(b"workers")
}

#[test]
fn what_was_inserted_is_seen_and_what_was_removed_is_not() {
    let list = RwLock::new(Sublist::new(HashSeed::new(1)));
    let progress: Vec<Progress> = (0..WRITERS).map(|_| Progress::default()).collect();
    let finished = AtomicBool::new(false);
    let checks = AtomicU32::new(0);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut out = Matches::new();
                while !finished.load(SeqCst) {
                    for writer in 0..WRITERS {
                        let state = &progress[writer as usize];
                        let (gone, done) = (state.removed.load(SeqCst), state.inserted.load(SeqCst));
                        for round in [gone.checked_sub(1), done.checked_sub(1)].into_iter().flatten() {
                            let literal = format!("w{writer}.n{round}.x");
                            let guard = list.read().expect("no writer panicked");
                            guard.matches(literal.as_bytes(), &mut out);
                            // Read under the lock: what a writer announced earlier is done now.
                            let removing = state.removing.load(SeqCst);
                            drop(guard);
                            let mut all = out.groups().flat_map(|(_, ids)| ids).chain(&out.plain);
                            let seen = all.any(|&other| other == id(writer, round));
                            if round < gone {
                                assert!(!seen, "{literal} was removed before the match began");
                            } else if round >= removing {
                                assert!(seen, "{literal} was inserted before the match began");
                            }
                            checks.fetch_add(1, SeqCst);
                        }
                    }
                }
            });
        }
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (list, state) = (&list, &progress[writer as usize]);
                scope.spawn(move || {
                    let mut nodes = Vec::new();
                    for round in 0..ROUNDS + WINDOW {
                        if round < ROUNDS {
                            let mut guard = list.write().expect("nobody panicked");
                            let text = subject(writer, round);
                            nodes.push(
                                guard
                                    .insert(text.as_bytes(), queue(round), id(writer, round))
                                    .expect("valid subject"),
                            );
                            drop(guard);
                            state.inserted.store(round + 1, SeqCst);
                        }
                        if let Some(old) = round.checked_sub(WINDOW) {
                            state.removing.store(old + 1, SeqCst);
                            let mut guard = list.write().expect("nobody panicked");
                            assert!(guard.remove(nodes[old as usize], queue(old), id(writer, old)));
                            drop(guard);
                            state.removed.store(old + 1, SeqCst);
                        }
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.join().expect("a writer finishes");
        }
        // Each reader must have matched at least once, however the threads were scheduled.
        while checks.load(SeqCst) == 0 {
            thread::yield_now();
        }
        finished.store(true, SeqCst);
    });
    let list = list.into_inner().expect("nobody panicked");
    assert_eq!((list.len(), list.node_count(), list.queue_count()), (0, 0, 0));
    assert_eq!(list.generation(), u64::from(2 * WRITERS * ROUNDS));
}
