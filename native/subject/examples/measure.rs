//! Measures the interest index: bytes per subscription, insertion and removal of a million, and nanoseconds per match.
//!
//! `cargo run --release -p nt-subject --example measure`. Bytes are those requested from the allocator, counted by this
//! program's own allocator, and the growth of resident memory where the system reports it.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, missing_docs)]

use nt_subject::{HashSeed, Matches, NodeId, Sublist};
use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Instant;

struct Counting;
static HELD: AtomicUsize = AtomicUsize::new(0);
static CALLS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: forwards everything to the system allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HELD.fetch_add(layout.size(), Relaxed);
        CALLS.fetch_add(1, Relaxed);
        // SAFETY: the caller's guarantees are passed on.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller's guarantees are passed on.
        unsafe { System.dealloc(ptr, layout) }
    }
    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        HELD.fetch_add(new_size, Relaxed);
        HELD.fetch_sub(layout.size(), Relaxed);
        CALLS.fetch_add(1, Relaxed);
        // SAFETY: the caller's guarantees are passed on.
        unsafe { System.realloc(ptr, layout, new_size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn resident() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    text.split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<usize>().ok())
        .unwrap_or(0)
        * 4096
}

fn subjects(total: usize) -> Vec<String> {
    let quarter = total / 4;
    let mut all = Vec::with_capacity(total);
    for n in 0..quarter * 2 {
        all.push(format!("dev.{n:06}.temp"));
    }
    for n in 0..quarter {
        all.push(format!("dev.{n:06}.*"));
        all.push(format!("*.{n:06}.hum"));
    }
    all
}

fn fill(list: &mut Sublist, subjects: &[String]) -> Vec<NodeId> {
    let insert = |(id, subject): (usize, &String)| list.insert(subject.as_bytes(), None, id as u32).expect("valid");
    subjects.iter().enumerate().map(insert).collect()
}

struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}

fn time_matches(total: usize, range: usize) {
    let mut list = Sublist::new(HashSeed::new(1));
    fill(&mut list, &subjects(total));
    let mut random = Random(88_172_645_463_325_252);
    let probes: Vec<String> = (0..1 << 16)
        .map(|_| format!("dev.{:06}.temp", random.below(range)))
        .collect();
    let mut out = Matches::new();
    list.matches(probes[0].as_bytes(), &mut out);
    let calls = CALLS.load(Relaxed);
    let mut best = f64::MAX;
    let mut found = 0;
    for _ in 0..7 {
        let start = Instant::now();
        found = 0;
        for probe in &probes {
            list.matches(black_box(probe.as_bytes()), &mut out);
            found += out.plain.len();
        }
        best = best.min(start.elapsed().as_nanos() as f64 / probes.len() as f64);
    }
    let per_match = found as f64 / probes.len() as f64;
    let calls = CALLS.load(Relaxed) - calls;
    println!("match, {total:>9} subscriptions: {best:6.1} ns, {per_match:.2} found each, {calls} allocations");
}

fn main() {
    let all = subjects(1_000_000);
    let mut list = Sublist::new(HashSeed::new(1));
    let mut nodes = Vec::with_capacity(all.len());
    nodes.resize(all.len(), list.insert(b"warm", None, 0).expect("valid"));
    list.remove(nodes[0], None, 0);
    let (held, before) = (HELD.load(Relaxed), resident());
    let start = Instant::now();
    for (id, subject) in all.iter().enumerate() {
        nodes[id] = list.insert(subject.as_bytes(), None, id as u32).expect("valid");
    }
    let took = start.elapsed().as_millis();
    let per = |bytes: usize| bytes as f64 / all.len() as f64;
    println!("insert 1,000,000: {took} ms");
    println!(
        "bytes per subscription: resident {:.1}, allocated {:.1}, own estimate {:.1}",
        per(resident() - before),
        per(HELD.load(Relaxed) - held),
        per(list.memory_bytes())
    );
    let start = Instant::now();
    for (id, node) in nodes.iter().enumerate() {
        assert!(list.remove(*node, None, id as u32));
    }
    println!("remove 1,000,000: {} ms", start.elapsed().as_millis());
    println!(
        "left behind: {} bytes, {} nodes",
        HELD.load(Relaxed).saturating_sub(held),
        list.node_count()
    );

    let start = Instant::now();
    let same: Vec<NodeId> = (0..100_000)
        .map(|id| list.insert(b"one.subject", None, id).expect("valid"))
        .collect();
    for (id, node) in same.iter().enumerate() {
        assert!(list.remove(*node, None, id as u32));
    }
    println!("100,000 on one subject, in and out: {} ms", start.elapsed().as_millis());

    time_matches(1_000, 500);
    time_matches(100_000, 50_000);
    time_matches(100_000, 1_000_000);
    time_matches(1_000_000, 500_000);
}
