//! The log: what was appended and acknowledged is what recovery finds; when commits start; which directories are opened.

use super::disk::MemoryDisk;
use crate::{
    Chain, ChainEnd, Disk, Entry, Event, FileNames, Job, Log, LogOptions, OpenError, Record, Recovered, StreamEnd,
    StreamId, StreamKey, open_directory, recover,
};
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeMap;

type File = <MemoryDisk as Disk>::File;
type Contents = BTreeMap<StreamId, Vec<Vec<u8>>>;

const MS: u64 = 1_000_000;

fn log(options: LogOptions, recovered: &Recovered) -> Log<File> {
    let end = recovered.chains.get(&0).cloned().unwrap_or_default();
    Log::new(options, 0, FileNames::new(recovered.next_file.max(1), 5), &end)
}

fn stream(log: &mut Log<File>, recovered: &Recovered, number: u64) -> StreamKey {
    let id = StreamId(number);
    let nothing = StreamEnd {
        index: 0,
        chain: Chain::origin(id, 0),
    };
    log.open_stream(id, 0, recovered.streams.get(&id).copied().unwrap_or(nothing))
}

fn message(body: &[u8]) -> Entry<'_> {
    Entry {
        kind: 1,
        subject: b"a",
        body,
        ..Entry::default()
    }
}

fn small() -> LogOptions {
    LogOptions {
        file_bytes: 256 << 10,
        ..LogOptions::default()
    }
}

/// Runs all jobs at once until there are none.
fn work(log: &mut Log<File>, disk: &MemoryDisk, now_ns: u64) -> Vec<Event> {
    while let Some(job) = log.next_job(now_ns) {
        log.complete(job.run(disk), now_ns);
    }
    std::iter::from_fn(|| log.next_event()).collect()
}

fn read(disk: &MemoryDisk) -> (Contents, Recovered) {
    let mut contents = Contents::new();
    let mut visitor = |stream: StreamId, _term: u64, record: &Record<'_>| {
        contents.entry(stream).or_default().push(record.entry.body.to_vec());
    };
    let recovered = recover(disk, &mut visitor).expect("readable");
    (contents, recovered)
}

/// What happens to a log.
#[derive(Debug, Clone)]
enum Step {
    Append(u64, Vec<u8>),
    Work,
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..4_u64, vec(any::<u8>(), 0..3000)).prop_map(|(stream, body)| Step::Append(stream, body)),
        2 => Just(Step::Work),
        1 => Just(Step::Restart),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_log_is_a_vector_for_each_stream(steps in vec(step(), 1..60)) {
        let options = LogOptions { file_bytes: 32 << 10, window_bytes: 8 << 10, ..LogOptions::default() };
        let disk = MemoryDisk::default();
        let mut model = Contents::new();
        let mut recovered = Recovered::default();
        let mut open = log(options, &recovered);
        let mut keys: Vec<StreamKey> = (0..4).map(|number| stream(&mut open, &recovered, number)).collect();
        for step in steps.into_iter().chain([Step::Restart]) {
            match step {
                Step::Append(number, body) => {
                    let index = open.append(keys[number as usize], &message(&body)).expect("short");
                    let entries = model.entry(StreamId(number)).or_default();
                    entries.push(body);
                    prop_assert_eq!(index, entries.len() as u64);
                }
                Step::Work => {
                    work(&mut open, &disk, 0);
                    prop_assert_eq!(open.pending_bytes(), 0);
                }
                Step::Restart => {
                    open.stop();
                    work(&mut open, &disk, 0);
                    prop_assert!(open.is_at_rest());
                    let (contents, found) = read(&disk);
                    prop_assert_eq!(&contents, &model);
                    prop_assert!(found.report.damages.is_empty() && found.report.cuts.is_empty());
                    recovered = found;
                    open = log(options, &recovered);
                    keys = (0..4).map(|number| stream(&mut open, &recovered, number)).collect();
                }
            }
        }
    }
}

fn commits(log: &mut Log<File>, now_ns: u64) -> Vec<Job<File>> {
    std::iter::from_fn(|| log.next_job(now_ns)).collect()
}

#[test]
fn a_commit_starts_beside_one_that_takes_a_millisecond() {
    let disk = MemoryDisk::default();
    let mut log = log(small(), &Recovered::default());
    let key = stream(&mut log, &Recovered::default(), 1);
    work(&mut log, &disk, 0);

    log.append(key, &message(b"1")).expect("short");
    let mut under_way = commits(&mut log, 10 * MS);
    assert_eq!(under_way.len(), 1, "nothing is under way: it starts at once");
    log.append(key, &message(b"2")).expect("short");
    assert!(commits(&mut log, 10 * MS).is_empty());
    assert_eq!(log.deadline_ns(), Some(11 * MS));
    for number in 3..10_u64 {
        under_way.extend(commits(&mut log, (8 + number) * MS));
        log.append(key, &message(b"more")).expect("short");
    }
    assert_eq!(under_way.len(), 4, "and no more than four");
    assert_eq!(log.deadline_ns(), None);

    let last = under_way.pop().expect("four");
    log.complete(last.run(&disk), 20 * MS);
    assert_eq!(log.next_event(), None, "what was before is not durable yet");
    for job in under_way {
        log.complete(job.run(&disk), 20 * MS);
    }
    let indexes = std::iter::from_fn(|| log.next_event()).map(|event| match event {
        Event::Committed { index, .. } => index,
        Event::Failed { .. } => 0,
    });
    assert_eq!(indexes.collect::<Vec<_>>(), [1, 2, 3, 4]);
}

#[test]
fn a_damaged_body_costs_its_entry_only() {
    let disk = MemoryDisk::default();
    let mut log = log(small(), &Recovered::default());
    let key = stream(&mut log, &Recovered::default(), 1);
    for body in [b"first", b"other", b"third"] {
        log.append(key, &message(body)).expect("short");
    }
    log.stop();
    work(&mut log, &disk, 0);
    let name = disk.list().expect("names").into_iter().next().expect("a log file");
    disk.change(&name, |bytes| {
        let at = bytes.windows(5).position(|five| five == b"other").expect("there");
        bytes[at] ^= 1;
    });
    let (contents, recovered) = read(&disk);
    assert_eq!(contents[&StreamId(1)], [b"first".to_vec(), b"third".to_vec()]);
    let [damage] = &recovered.report.damages[..] else {
        panic!("{:?}", recovered.report);
    };
    assert_eq!((&damage.file, damage.lost.len(), damage.may_be_more), (&name, 1, false));
    assert_eq!((damage.lost[0].first, damage.lost[0].last), (2, 2));
    assert_eq!(recovered.streams[&StreamId(1)].index, 3);
}

#[test]
fn a_damaged_last_frame_is_known_from_its_mark() {
    let disk = MemoryDisk::default();
    let mut log = log(small(), &Recovered::default());
    let key = stream(&mut log, &Recovered::default(), 1);
    log.append(key, &message(b"lost")).expect("short");
    work(&mut log, &disk, 0);
    assert!(log.next_job(5 * MS).is_none(), "not idle for long");
    work(&mut log, &disk, 10 * MS);
    let name = disk.list().expect("names").into_iter().next().expect("a log file");
    disk.change(&name, |bytes| bytes[4096..8192].fill(0));
    let (_, recovered) = read(&disk);
    assert_eq!(recovered.report.damages[0].lost[0].stream, StreamId(1));
    assert_eq!(recovered.streams[&StreamId(1)].index, 1, "its index is not given again");
}

#[test]
fn a_directory_of_something_else_is_refused() {
    let disk = MemoryDisk::default();
    open_directory(&disk).expect("an empty one");
    open_directory(&disk).expect("a store");
    disk.change("FORMAT", |bytes| *bytes = b"nats-turbo store 2\n".to_vec());
    assert!(matches!(open_directory(&disk), Err(OpenError::UnknownFormat { .. })));

    let disk = MemoryDisk::default();
    disk.create("meta.inf", 0).expect("new");
    let refused = open_directory(&disk).err();
    assert!(
        matches!(&refused, Some(OpenError::NotAStore { file }) if file == "meta.inf"),
        "{refused:?}"
    );
    assert_eq!(disk.list(), Ok(vec!["meta.inf".to_owned()]), "untouched");
}

#[test]
fn a_log_file_of_another_format_is_refused() {
    let disk = MemoryDisk::default();
    let mut log = log(small(), &Recovered::default());
    let key = stream(&mut log, &Recovered::default(), 1);
    log.append(key, &message(b"a")).expect("short");
    work(&mut log, &disk, 0);
    let name = disk.list().expect("names").into_iter().next().expect("a log file");
    disk.change(&name, |bytes| {
        bytes[8] = 2;
        let check = crate::hash::hash(0, &bytes[..48]);
        bytes[48..56].copy_from_slice(&check.to_le_bytes());
    });
    let refused = recover(&disk, &mut |_: StreamId, _: u64, _: &Record<'_>| {}).err();
    assert!(
        matches!(refused, Some(OpenError::UnknownFile { format: 2, .. })),
        "{refused:?}"
    );
}

#[test]
fn what_is_withdrawn_leaves_its_index() {
    let mut log = log(small(), &Recovered::default());
    let key = stream(&mut log, &Recovered::default(), 1);
    assert_eq!(log.append(key, &message(b"a")), Ok(1));
    assert_eq!(log.append(key, &message(b"b")), Ok(2));
    let withdrawn = log.withdraw();
    assert_eq!((withdrawn[0].first, withdrawn[0].last), (1, 2));
    assert_eq!(log.append(key, &message(b"c")), Ok(1));
    assert_eq!(ChainEnd::default().frame, 0);
}
