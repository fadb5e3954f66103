//! A log without its disk: what a message costs from appending to being ready to be written.
//!
//! `cargo bench -p nt-store`. Throughput is counted in messages; `cargo test` runs each case once. The example `commit`
//! measures with files.

#![allow(missing_docs)]

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use nt_store::{
    Chain, ChainEnd, Disk, DiskError, DiskFile, Entry, FileNames, Log, LogOptions, StreamEnd, StreamId, StreamKey,
    encode_record,
};

/// Messages of one commit.
const GROUP: usize = 500;
const BODIES: [usize; 2] = [128, 1024];

fn main() {
    divan::main();
}

/// A disk on which everything succeeds at once.
struct NoDisk;
struct NoFile;

impl Disk for NoDisk {
    type File = NoFile;
    type Lock = ();

    fn lock(&self) -> Result<(), DiskError> {
        Ok(())
    }

    fn list(&self) -> Result<Vec<String>, DiskError> {
        Ok(Vec::new())
    }

    fn create(&self, _name: &str, _length: u64) -> Result<NoFile, DiskError> {
        Ok(NoFile)
    }

    fn open(&self, _name: &str) -> Result<NoFile, DiskError> {
        Ok(NoFile)
    }

    fn rename(&self, _from: &str, _to: &str) -> Result<(), DiskError> {
        Ok(())
    }

    fn remove(&self, _name: &str) -> Result<(), DiskError> {
        Ok(())
    }

    fn sync_directory(&self) -> Result<(), DiskError> {
        Ok(())
    }
}

impl DiskFile for NoFile {
    fn read_at(&self, _offset: u64, _bytes: &mut [u8]) -> Result<usize, DiskError> {
        Ok(0)
    }

    fn write_at(&self, _offset: u64, bytes: &[u8]) -> Result<(), DiskError> {
        black_box(bytes);
        Ok(())
    }

    fn sync(&self) -> Result<(), DiskError> {
        Ok(())
    }

    fn set_length(&self, _length: u64) -> Result<(), DiskError> {
        Ok(())
    }

    fn length(&self) -> Result<u64, DiskError> {
        Ok(0)
    }
}

fn entry(body: &[u8]) -> Entry<'_> {
    Entry {
        kind: 1,
        sequence: 1,
        subject: b"orders.new.europe",
        body,
        ..Entry::default()
    }
}

/// Only the record: hashes and copies.
#[divan::bench(args = BODIES)]
fn encode(bencher: Bencher<'_, '_>, body: usize) {
    let body = vec![7; body];
    let mut bytes = Vec::with_capacity(GROUP * (body.len() + 128));
    bencher.counter(ItemsCount::new(GROUP)).bench_local(|| {
        bytes.clear();
        let mut chain = Chain::origin(StreamId(1), 0);
        for index in 1..=GROUP as u64 {
            chain = encode_record(&mut bytes, index, black_box(&entry(&body)), chain).expect("short");
        }
        chain
    });
}

struct Fixture {
    log: Log<NoFile>,
    keys: Vec<StreamKey>,
    now_ns: u64,
}

impl Fixture {
    fn new(streams: u64) -> Self {
        let names = FileNames::new(1, 1);
        let mut log = Log::new(LogOptions::default(), 0, names, &ChainEnd::default());
        let keys = (0..streams).map(|number| {
            let id = StreamId(number);
            let chain = Chain::origin(id, 0);
            log.open_stream(id, 0, StreamEnd { index: 0, chain })
        });
        let keys = keys.collect();
        Self { log, keys, now_ns: 0 }
    }

    /// Appends a group, and commits it.
    fn group(&mut self, body: &[u8]) {
        for number in 0..GROUP {
            let key = self.keys[number % self.keys.len()];
            self.log.append(key, black_box(&entry(body))).expect("short");
        }
        self.now_ns += 1000;
        while let Some(job) = self.log.next_job(self.now_ns) {
            self.log.complete(job.run(&NoDisk), self.now_ns);
        }
        while let Some(event) = self.log.next_event() {
            black_box(event);
        }
    }
}

/// All messages to one stream.
#[divan::bench(args = BODIES)]
fn append_to_one(bencher: Bencher<'_, '_>, body: usize) {
    append(bencher, 1, body);
}

/// Messages to a thousand streams in turn.
#[divan::bench(args = BODIES)]
fn append_to_a_thousand(bencher: Bencher<'_, '_>, body: usize) {
    append(bencher, 1000, body);
}

fn append(bencher: Bencher<'_, '_>, streams: u64, body: usize) {
    let body = vec![7; body];
    let mut fixture = Fixture::new(streams);
    bencher
        .counter(ItemsCount::new(GROUP))
        .bench_local(|| fixture.group(&body));
}
