//! The map of a stream's subjects: a million of them, looked up, added, removed and walked.

use divan::{Bencher, black_box};
use nt_subject::SubjectMap;
use std::ops::ControlFlow;

fn main() {
    divan::main();
}

type State = [u64; 3];

/// Subjects in no order, as keys of customers would come.
fn subject(n: u64) -> Vec<u8> {
    let id = n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
    format!("orders.{}.{id}", id % 1000).into_bytes()
}

fn filled(count: u64) -> (SubjectMap<State>, Vec<Vec<u8>>) {
    let mut map = SubjectMap::new(7);
    let subjects: Vec<Vec<u8>> = (0..count).map(subject).collect();
    for subject in &subjects {
        map.insert(subject, [1; 3]);
    }
    (map, subjects)
}

#[divan::bench(args = [1_000, 100_000, 1_000_000])]
fn look_up(bencher: Bencher, count: u64) {
    let (mut map, subjects) = filled(count);
    let mut next = subjects.iter().cycle();
    bencher.bench_local(|| {
        let state = next.next().and_then(|subject| map.get_mut(subject));
        if let Some(state) = state {
            state[2] += 1;
        }
    });
}

#[divan::bench(args = [1_000, 100_000, 1_000_000])]
fn add_one_and_remove_the_oldest(bencher: Bencher, count: u64) {
    let (mut map, _) = filled(count);
    let mut n = count;
    bencher.bench_local(|| {
        map.insert(&subject(n), [1; 3]);
        map.remove(&subject(n - count));
        n += 1;
    });
}

/// A thousand matches each.
#[divan::bench(args = ["orders.7.*", "orders.*.7777777"])]
fn walk_a_million(bencher: Bencher, filter: &str) {
    let (mut map, _) = filled(1_000_000);
    bencher.bench_local(|| {
        let mut found = 0;
        map.walk(filter.as_bytes(), |_, state| {
            found += state[0];
            ControlFlow::<()>::Continue(())
        });
        black_box(found)
    });
}
