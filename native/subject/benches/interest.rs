//! The interest index: subscriptions are added, matched and removed.
//!
//! `cargo bench -p nt-subject`. Half of the subscriptions are literal. Throughput is counted in subscriptions or
//! subjects; `cargo test` runs each case once. The example `measure` prints bytes per subscription.

#![allow(missing_docs)]

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use nt_subject::{HashSeed, Matches, NodeId, Sublist};

const SIZES: [u32; 2] = [1_000, 100_000];
/// Subjects of one iteration of a match.
const BATCH: u32 = 1_000;

/// The subscription with this number, and its queue.
fn subscription(n: u32) -> (String, Option<&'static [u8]>) {
    match n % 4 {
        0 | 1 => (format!("dev.{n}.temp"), None),
        2 => (format!("site.{n}.*"), None),
        // Four members each.
        _ => (format!("job.{}.run", n / 16), Some(b"workers")),
    }
}

type Subscription = (String, Option<&'static [u8]>);

fn subscriptions(total: u32) -> Vec<Subscription> {
    (0..total).map(subscription).collect()
}

fn fill(list: &mut Sublist, all: &[Subscription]) -> Vec<NodeId> {
    let insert = |(id, (subject, queue)): (usize, &Subscription)| {
        list.insert(subject.as_bytes(), *queue, id as u32).expect("valid")
    };
    all.iter().enumerate().map(insert).collect()
}

/// Pseudo-random numbers below `end`, the same ones in each run.
fn scattered(end: u32) -> impl Iterator<Item = u32> {
    (0..BATCH).map(move |i| i.wrapping_mul(2_654_435_761) % end)
}

#[divan::bench(args = SIZES)]
fn insert(bencher: Bencher<'_, '_>, total: u32) {
    let all = subscriptions(total);
    bencher
        .counter(ItemsCount::new(total))
        .with_inputs(|| Sublist::new(HashSeed::new(1)))
        .bench_local_values(|mut list| {
            fill(&mut list, &all);
            list
        });
}

#[divan::bench(args = SIZES)]
fn remove(bencher: Bencher<'_, '_>, total: u32) {
    let all = subscriptions(total);
    let filled = || {
        let mut list = Sublist::new(HashSeed::new(1));
        let nodes = fill(&mut list, &all);
        (list, nodes)
    };
    bencher
        .counter(ItemsCount::new(total))
        .with_inputs(filled)
        .bench_local_values(|(mut list, nodes)| {
            for (id, (node, (_, queue))) in nodes.into_iter().zip(&all).enumerate() {
                assert!(list.remove(node, *queue, id as u32));
            }
            assert!(list.is_empty());
            list
        });
}

/// Matches a batch of subjects made by `subject`; each must find the given number of subscriptions.
fn measure(bencher: Bencher<'_, '_>, total: u32, found: usize, subject: impl Fn(u32) -> String) {
    let mut list = Sublist::new(HashSeed::new(1));
    fill(&mut list, &subscriptions(total));
    let subjects: Vec<String> = scattered(total / 4).map(|n| subject(n * 4)).collect();
    let mut matches = Matches::new();
    let mut run = || {
        let mut count = 0;
        for subject in &subjects {
            list.matches(black_box(subject.as_bytes()), &mut matches);
            count += matches.plain.len() + matches.groups().map(|(_, ids)| ids.len()).sum::<usize>();
        }
        count
    };
    assert_eq!(run(), found * BATCH as usize);
    bencher.counter(ItemsCount::new(BATCH)).bench_local(run);
}

#[divan::bench(args = SIZES)]
fn match_literal(bencher: Bencher<'_, '_>, total: u32) {
    measure(bencher, total, 1, |n| format!("dev.{n}.temp"));
}

#[divan::bench(args = SIZES)]
fn match_wildcard(bencher: Bencher<'_, '_>, total: u32) {
    measure(bencher, total, 1, |n| format!("site.{}.load", n + 2));
}

#[divan::bench(args = SIZES)]
fn match_queue(bencher: Bencher<'_, '_>, total: u32) {
    // The last group may have fewer members than four.
    measure(bencher, total, 4, |n| format!("job.{}.run", n / 16 % (total / 16)));
}

#[divan::bench(args = SIZES)]
fn match_nothing(bencher: Bencher<'_, '_>, total: u32) {
    measure(bencher, total, 0, |n| format!("site.{n}.load"));
}

fn main() {
    divan::main();
}
