//! The codecs: what is written is read again, any change of a byte is noticed, no bytes make them panic.

use crate::{
    BLOCK, Chain, Entry, FileName, FirstFrame, Floors, FrameHeader, Head, Listed, Parsed, Place, RECORD_HEADER,
    RECORD_MAX, Record, RecordError, SECTION_HEADER, Section, SectionError, StreamId, encode_record, in_blocks,
    parse_record,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

const STREAM: StreamId = StreamId(7);
const PLACE: Place = Place { file: 99, frame: 3 };

#[derive(Debug, Clone)]
struct Owned {
    numbers: (u8, u64, i64, u64),
    floors: Option<(u64, u64)>,
    subject: Vec<u8>,
    headers: Vec<u8>,
    body: Vec<u8>,
}

impl Owned {
    fn entry(&self) -> Entry<'_> {
        let (kind, sequence, time_ns, before) = self.numbers;
        Entry {
            kind,
            sequence,
            time_ns,
            before,
            floors: self.floors.map(|(stream, subject)| Floors { stream, subject }),
            subject: &self.subject,
            headers: &self.headers,
            body: &self.body,
        }
    }
}

fn owned() -> impl Strategy<Value = Owned> {
    let parts = (
        vec(any::<u8>(), 0..40),
        vec(any::<u8>(), 0..40),
        vec(any::<u8>(), 0..300),
    );
    (any::<(u8, u64, i64, u64)>(), option::of(any::<(u64, u64)>()), parts).prop_map(
        |(numbers, floors, (subject, headers, body))| Owned {
            numbers,
            floors,
            subject,
            headers,
            body,
        },
    )
}

/// A section of these entries, the first of which has index `first`.
fn section(entries: &[Owned], first: u64) -> Vec<u8> {
    let before = Chain::origin(STREAM, first - 1);
    let mut bytes = vec![0; SECTION_HEADER];
    let mut after = before;
    for (index, entry) in (first..).zip(entries) {
        after = encode_record(&mut bytes, index, &entry.entry(), after).expect("short");
    }
    let header = Section {
        stream: STREAM,
        term: 0,
        first,
        last: first + entries.len() as u64 - 1,
        first_sequence: entries[0].numbers.1,
        last_sequence: entries[entries.len() - 1].numbers.1,
        time_ns: entries[0].numbers.2,
        length: (bytes.len() - SECTION_HEADER) as u32,
        before,
        after,
    };
    bytes[..SECTION_HEADER].copy_from_slice(&header.encode(PLACE));
    bytes
}

fn intact(bytes: &[u8]) -> Option<Vec<Record<'_>>> {
    let (_, records) = Section::parse(bytes, PLACE).ok()?;
    records
        .map(|parsed| match parsed {
            Ok(Parsed::Intact(record)) => Some(record),
            _ => None,
        })
        .collect()
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 2_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_is_written_is_read(entries in vec(owned(), 1..8), first in 1..u64::MAX / 2) {
        let bytes = section(&entries, first);
        prop_assert_eq!(bytes.len() % 8, 0);
        let records = intact(&bytes).expect("intact");
        let read: Vec<(u64, Entry<'_>)> = records.iter().map(|record| (record.index, record.entry)).collect();
        let written: Vec<_> = (first..).zip(entries.iter().map(Owned::entry)).collect();
        prop_assert_eq!(read, written);
    }

    #[test]
    fn a_changed_byte_changes_no_record(entries in vec(owned(), 1..8), at in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let bytes = section(&entries, 1);
        let mut changed = bytes.clone();
        changed[at.index(bytes.len())] ^= 1_u8 << bit;
        // The zeros at the end of a record may change; nothing else does without being noticed.
        if let Some(records) = intact(&changed) {
            prop_assert_eq!(records, intact(&bytes).expect("intact"));
        }
        if let Ok((_, records)) = Section::parse(&changed, PLACE) {
            for parsed in records {
                if let Ok(Parsed::Intact(record)) = parsed {
                    prop_assert_eq!(record.entry, entries[record.index as usize - 1].entry());
                }
            }
        }
    }

    #[test]
    fn nothing_panics_on_any_bytes(bytes in vec(any::<u8>(), 0..400)) {
        let _ = parse_record(&bytes, Chain::origin(STREAM, 0));
        if let Ok((_, records)) = Section::parse(&bytes, PLACE) {
            records.for_each(drop);
        }
        prop_assert!(FrameHeader::parse(&bytes, 0, 0).is_none());
    }

    #[test]
    fn a_cut_section_is_noticed(entries in vec(owned(), 1..4), at in any::<prop::sample::Index>()) {
        let bytes = section(&entries, 1);
        let kept = &bytes[..at.index(bytes.len())];
        prop_assert_eq!(Section::parse(kept, PLACE).err(), Some(SectionError::Short));
    }

    #[test]
    fn a_frame_header_is_read_as_written(length in 64..u32::MAX, frame in 1..u64::MAX, durable in any::<u64>(), sections in any::<u32>()) {
        let header = FrameHeader {
            length,
            place: Place { file: 5, frame },
            durable: durable.min(frame),
            first: 1,
            sections,
            entries: (length - 64) / 48,
            directory_check: 17,
        };
        prop_assert_eq!(FrameHeader::parse(&header.encode(4096), 5, 4096), Some(header));
        prop_assert_eq!(FrameHeader::parse(&header.encode(4096), 6, 4096), None);
        prop_assert_eq!(FrameHeader::parse(&header.encode(4096), 5, 8192), None);
    }

    #[test]
    fn a_file_name_is_read_as_written(number in any::<u64>(), chain in any::<u32>(), id in any::<u64>(), first in any::<u64>()) {
        let name = FileName { number, chain, id };
        prop_assert_eq!(FileName::parse(&name.to_string()), Some(name));
        let earlier = vec![FirstFrame { file: number, first }; chain as usize % 400];
        let kept = earlier[..earlier.len().min(252)].to_vec();
        prop_assert_eq!(name.read_head(&name.head(first, &earlier)), Head::Written { first, earlier: kept });
    }
}

fn message() -> Owned {
    Owned {
        numbers: (1, 5, 1_000, 4),
        floors: None,
        subject: b"orders.new".to_vec(),
        headers: Vec::new(),
        body: b"three apples".to_vec(),
    }
}

#[test]
fn a_record_is_valid_behind_its_predecessor_only() {
    let mut bytes = Vec::new();
    let origin = Chain::origin(STREAM, 0);
    encode_record(&mut bytes, 1, &message().entry(), origin).expect("short");
    assert!(parse_record(&bytes, origin).is_ok());
    for elsewhere in [Chain::origin(StreamId(8), 0), Chain::origin(STREAM, 1)] {
        assert_eq!(parse_record(&bytes, elsewhere).err(), Some(RecordError::Header));
    }
}

#[test]
fn a_section_is_valid_in_its_place_only() {
    let bytes = section(&[message()], 1);
    assert!(Section::parse(&bytes, PLACE).is_ok());
    for elsewhere in [Place { file: 98, ..PLACE }, Place { frame: 4, ..PLACE }] {
        assert_eq!(Section::parse(&bytes, elsewhere).err(), Some(SectionError::Header));
    }
}

#[test]
fn erased_contents_break_no_chain() {
    let mut bytes = section(&[message(), message()], 1);
    bytes[SECTION_HEADER + RECORD_HEADER..][..message().subject.len()].fill(0);
    let (_, mut records) = Section::parse(&bytes, PLACE).expect("intact");
    let first = records.next().expect("a record").expect("an intact header");
    assert!(
        matches!(
            first,
            Parsed::Unreadable {
                index: 1,
                sequence: 5,
                ..
            }
        ),
        "{first:?}"
    );
    assert!(matches!(
        records.next(),
        Some(Ok(Parsed::Intact(Record { index: 2, .. })))
    ));
    assert!(records.next().is_none());
}

#[test]
fn an_unknown_encoding_is_an_error() {
    let mut bytes = section(&[message()], 1);
    bytes[64] = 3;
    let check = crate::hash::hash(PLACE.seed(), &bytes[..88]);
    bytes[88..96].copy_from_slice(&check.to_le_bytes());
    assert_eq!(Section::parse(&bytes, PLACE).err(), Some(SectionError::Encoding(3)));
}

#[test]
fn an_entry_that_fits_into_no_record_is_refused() {
    let long = vec![b'a'; usize::from(u16::MAX) + 1];
    let entry = Entry {
        subject: &long,
        ..Entry::default()
    };
    let mut bytes = Vec::new();
    assert!(encode_record(&mut bytes, 1, &entry, Chain::origin(STREAM, 0)).is_err());
    let body = vec![0; RECORD_MAX];
    let entry = Entry {
        body: &body,
        ..Entry::default()
    };
    assert!(encode_record(&mut bytes, 1, &entry, Chain::origin(STREAM, 0)).is_err());
    assert!(bytes.is_empty());
}

#[test]
fn a_directory_is_read_as_written() {
    let place = Place { file: 1, frame: 4 };
    let listed = Listed {
        stream: STREAM,
        first: 5,
        last: 9,
        first_sequence: 3,
        last_sequence: 7,
        offset: 4096 + 64,
        length: 800,
    };
    let directory = [listed.encode(), listed.encode()].concat();
    let header = FrameHeader {
        length: 64 + 96,
        place,
        durable: 3,
        first: 1,
        sections: 0,
        entries: 2,
        directory_check: crate::frame::directory_check(&directory, place),
    };
    let mut frame = [&header.encode(0)[..], &directory].concat();
    assert_eq!(header.directory(&frame), Some(vec![listed; 2]));
    frame[70] ^= 1;
    assert_eq!(header.directory(&frame), None);
    assert_eq!(header.directory(&frame[..100]), None);
    assert_eq!(in_blocks(BLOCK + 1), 2 * BLOCK);
}

#[test]
fn other_files_are_no_log_files() {
    let name = FileName {
        number: 1,
        chain: 0,
        id: 10,
    };
    assert_eq!(name.to_string(), "000000000001-0000-000000000000000a.log");
    for other in [
        "FORMAT",
        "lock",
        "1-0-a.log",
        "000000000001-0000-00000000000000zz.log",
        ".log",
    ] {
        assert_eq!(FileName::parse(other), None, "{other}");
    }
}

#[test]
fn a_head_belongs_to_its_name() {
    let name = FileName {
        number: 1,
        chain: 0,
        id: 10,
    };
    let mut head = name.head(3, &[]);
    assert_eq!(FileName { id: 11, ..name }.read_head(&head), Head::Damaged);
    head[40] ^= 1;
    assert_eq!(name.read_head(&head), Head::Damaged);
    assert_eq!(name.read_head(&[0; 64]), Head::Empty);
    assert_eq!(name.read_head(&[0; 10]), Head::Damaged);
}
