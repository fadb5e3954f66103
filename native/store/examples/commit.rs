//! Groups of messages, each made durable by one sync in real files: `cargo run --release -p nt-store --example commit`.
//!
//! Prints how long a message and a commit take, and how much of it is the processor's. The directory is the first
//! argument; without one it is a new one in the temporary directory, which is removed afterwards.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a measurement: it has a clock and files"
)]

use nt_store::{
    Chain, ChainEnd, Directory, Entry, Event, FileNames, Log, LogOptions, OpenFile, StreamEnd, StreamId, StreamKey,
    open_directory,
};
use std::time::{Duration, Instant};

const GROUP: usize = 500;
const GROUPS: u32 = 1000;

fn main() {
    let given = std::env::args().nth(1);
    let path = given.clone().map_or_else(
        || std::env::temp_dir().join(format!("nt-store-commit-{}", std::process::id())),
        Into::into,
    );
    std::fs::create_dir_all(&path).expect("a directory");
    for body in [128, 1024] {
        let path = path.join(body.to_string());
        std::fs::create_dir_all(&path).expect("a directory");
        measure(&Directory::new(path), body);
    }
    if given.is_none() {
        std::fs::remove_dir_all(&path).expect("removed");
    }
}

fn measure(disk: &Directory, body: usize) {
    let _lock = open_directory(disk).expect("a store");
    let mut log: Log<OpenFile> = Log::new(LogOptions::default(), 0, FileNames::new(1, 1), &ChainEnd::default());
    let id = StreamId(1);
    let chain = Chain::origin(id, 0);
    let key = log.open_stream(id, 0, StreamEnd { index: 0, chain });
    let body = vec![7; body];
    let mut appending = Duration::ZERO;
    let mut commits: Vec<Duration> = Vec::new();
    let begin = Instant::now();
    for _ in 0..GROUPS {
        let started = Instant::now();
        let last = append(&mut log, key, &body);
        appending += started.elapsed();
        commit(&mut log, disk, last, begin);
        commits.push(started.elapsed());
    }
    commits.sort();
    let messages = GROUPS * GROUP as u32;
    println!(
        "{} B: {:.0} messages a second, appending takes {} ns each, a commit of {GROUP} has a median of {} us",
        body.len(),
        f64::from(messages) / begin.elapsed().as_secs_f64(),
        (appending / messages).as_nanos(),
        commits[commits.len() / 2].as_micros()
    );
}

fn append(log: &mut Log<OpenFile>, key: StreamKey, body: &[u8]) -> u64 {
    let entry = Entry {
        kind: 1,
        subject: b"orders.new.europe",
        body,
        ..Entry::default()
    };
    (0..GROUP)
        .map(|_| log.append(key, &entry).expect("short"))
        .last()
        .expect("a group")
}

/// Runs jobs until this index is acknowledged.
fn commit(log: &mut Log<OpenFile>, disk: &Directory, last: u64, begin: Instant) {
    loop {
        let now_ns = begin.elapsed().as_nanos() as u64;
        if let Some(job) = log.next_job(now_ns) {
            log.complete(job.run(disk), now_ns);
        }
        while let Some(event) = log.next_event() {
            match event {
                Event::Committed { index, .. } if index == last => return,
                Event::Committed { .. } => {}
                Event::Failed { file, error } => panic!("{file}: {error}"),
            }
        }
    }
}
