//! Mappings of accounts: tables are built, rules found, and subjects transformed.
//!
//! `cargo bench -p nt-subject --bench mapping`. A third of the rules have literal sources. Throughput is counted in
//! rules or subjects; `cargo test` runs each case once.

#![allow(missing_docs)]

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use nt_subject::transform::{Destination, Mapping, MappingTable, Outcome, Transform};

const SIZES: [u32; 3] = [1, 1_000, 100_000];
/// Subjects of one iteration.
const BATCH: u32 = 1_000;

/// Source and destination of the rule with this number.
fn rule(n: u32) -> (String, String) {
    match n % 3 {
        0 => (format!("order.{n}.*"), format!("v2.{n}.$1")),
        1 => (format!("site.{n}.load"), format!("v2.load.{n}")),
        _ => (format!("*.{n}.>"), format!("v2.$1.{n}.>")),
    }
}

fn table(total: u32) -> MappingTable {
    MappingTable::new((0..total).map(|n| {
        let (source, destination) = rule(n);
        Mapping::new(source.as_bytes(), &[Destination::new(destination.as_bytes())], b"").expect("valid")
    }))
}

#[divan::bench(args = SIZES)]
fn build(bencher: Bencher<'_, '_>, total: u32) {
    bencher.counter(ItemsCount::new(total)).bench_local(|| table(total));
}

/// Transforms a batch of subjects, each of them by a rule if `found`.
fn measure(bencher: Bencher<'_, '_>, total: u32, found: bool, subject: impl Fn(u32) -> String) {
    let table = table(total);
    let number = |i: u32| i.wrapping_mul(2_654_435_761) % total / 3 * 3;
    let subjects: Vec<String> = (0..BATCH).map(|i| subject(number(i))).collect();
    let mut out = Vec::new();
    let mut run = || {
        let mut count = 0;
        for subject in &subjects {
            out.clear();
            let subject = black_box(subject.as_bytes());
            if let Some(Outcome::Transformed(transform)) = table.find(subject).map(|rule| rule.choose(0)) {
                transform.apply(subject, &mut || 0, &mut out);
                count += usize::from(!black_box(&out).is_empty());
            }
        }
        count
    };
    assert_eq!(run(), if found { BATCH as usize } else { 0 });
    bencher.counter(ItemsCount::new(BATCH)).bench_local(run);
}

#[divan::bench(args = SIZES)]
fn map_wildcard(bencher: Bencher<'_, '_>, total: u32) {
    measure(bencher, total, true, |n| format!("order.{n}.created"));
}

#[divan::bench(args = [1_000, 100_000])]
fn map_literal(bencher: Bencher<'_, '_>, total: u32) {
    // The last group of three may lack its literal rule.
    measure(bencher, total, true, |n| {
        format!("site.{}.load", n % (total - 2) / 3 * 3 + 1)
    });
}

#[divan::bench(args = SIZES)]
fn map_nothing(bencher: Bencher<'_, '_>, total: u32) {
    measure(bencher, total, false, |n| format!("other.{n}"));
}

#[divan::bench(args = [
    "v2.$2.$1",
    "v2.{{partition(16,1,2)}}.$1",
    "v2.{{split(2,-)}}",
    "v2.{{sliceFromLeft(1,2)}}.x",
    "v2.{{random(8)}}",
])]
fn apply(bencher: Bencher<'_, '_>, destination: &str) {
    let transform = Transform::new(b"order.*.*", destination.as_bytes()).expect("valid");
    let mut out = Vec::new();
    bencher.counter(ItemsCount::new(BATCH)).bench_local(|| {
        for _ in 0..BATCH {
            out.clear();
            transform.apply(black_box(b"order.123456.created-by-us"), &mut || 5, &mut out);
            black_box(&out);
        }
    });
}

fn main() {
    divan::main();
}
