//! An entry of a stream, and the record it is in bytes.
//!
//! Layout, little endian: a header of 64 bytes, the floors if there are some (16 bytes), subject, headers, body, zeros up
//! to a multiple of 8.
//!
//! | Bytes | |
//! |---|---|
//! | 0 | u32 length of the whole record, a multiple of 8 |
//! | 4 | u8 kind, u8 flags, u16 length of the subject |
//! | 8 | u32 length of the headers, u32 length of the body |
//! | 16 | u64 index |
//! | 24 | u64 sequence |
//! | 32 | i64 time |
//! | 40 | u64 digest of subject, headers and body |
//! | 48 | u64 sequence of the message before on this subject |
//! | 56 | u64 chain: the hash of bytes 0 to 55 and the floors, seeded with the chain of the record before |
//!
//! The chain proves that the header is intact and in its place; it has the digest, which proves the contents. So contents
//! can be erased later without breaking the chain. A record is never changed otherwise.
//!
//! What a kind means is not decided here.

use crate::fields::{Fields, Writer, aligned};
use crate::hash::{Chain, hash};
use thiserror::Error;

/// The length of a record's header.
pub const RECORD_HEADER: usize = 64;
/// The longest record.
pub const RECORD_MAX: usize = 1 << 28;
const FLOORS: u8 = 1;
const FLOORS_LENGTH: usize = 16;
const CHAINED: usize = 56;

/// The number of a stream, never used twice in a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(pub u64);

/// New first sequences that an entry causes, 0 for no change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Floors {
    /// Of the stream.
    pub stream: u64,
    /// Of the entry's subject.
    pub subject: u64,
}

/// One change of a stream. Its index is given by the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Entry<'a> {
    /// What it changes.
    pub kind: u8,
    /// The sequence of a message, or the one that the entry is about.
    pub sequence: u64,
    /// Nanoseconds since 1970.
    pub time_ns: i64,
    /// The sequence of the message before on the same subject, 0 if none.
    pub before: u64,
    /// What the entry removes besides.
    pub floors: Option<Floors>,
    /// The subject of a message.
    pub subject: &'a [u8],
    /// Its headers.
    pub headers: &'a [u8],
    /// Its body.
    pub body: &'a [u8],
}

/// An entry does not fit into a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the entry is too long; a subject may have 65535 bytes, and all of it {RECORD_MAX}")]
pub struct EntryTooLong;

/// An entry as it was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    /// Its place in the log of its stream.
    pub index: u64,
    /// The entry.
    pub entry: Entry<'a>,
    /// The chain after it.
    pub chain: Chain,
}

/// A record that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parsed<'a> {
    /// All of it is intact.
    Intact(Record<'a>),
    /// The header is intact, the contents are not: erased, or damaged.
    Unreadable {
        /// Its place in the log of its stream.
        index: u64,
        /// Its sequence.
        sequence: u64,
        /// The chain after it.
        chain: Chain,
    },
}

impl Parsed<'_> {
    /// Its index, and the chain after it.
    pub fn position(&self) -> (u64, Chain) {
        match *self {
            Self::Intact(Record { index, chain, .. }) | Self::Unreadable { index, chain, .. } => (index, chain),
        }
    }
}

/// Why bytes are no record of this stream in this place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RecordError {
    /// The bytes end within the record.
    #[error("the record is cut short")]
    Short,
    /// The header is damaged, or belongs elsewhere.
    #[error("the header of the record is damaged or out of place")]
    Header,
    /// A flag that this version does not know.
    #[error("the record was written by a newer version")]
    Unknown,
}

/// Appends the record of an entry, and says the chain after it. `bytes` has whole records, so that it ends at a multiple
/// of 8 behind its beginning.
#[inline]
pub fn encode_record(bytes: &mut Vec<u8>, index: u64, entry: &Entry<'_>, before: Chain) -> Result<Chain, EntryTooLong> {
    let lengths = Lengths::of(entry)?;
    let begin = bytes.len();
    bytes.reserve(lengths.record);
    bytes.extend_from_slice(&[0; RECORD_HEADER]);
    if let Some(floors) = entry.floors {
        bytes.extend_from_slice(&floors_bytes(floors));
    }
    let contents = bytes.len();
    bytes.extend_from_slice(entry.subject);
    bytes.extend_from_slice(entry.headers);
    bytes.extend_from_slice(entry.body);
    let digest = hash(0, &bytes[contents..]);
    let padding = begin + lengths.record - bytes.len();
    bytes.extend_from_slice(&[0; 8][..padding]);

    let mut header = Writer::<RECORD_HEADER>::new();
    header
        .put((lengths.record as u32).to_le_bytes())
        .put([entry.kind, if entry.floors.is_some() { FLOORS } else { 0 }])
        .put(lengths.subject.to_le_bytes())
        .put((entry.headers.len() as u32).to_le_bytes())
        .put((entry.body.len() as u32).to_le_bytes())
        .put(index.to_le_bytes())
        .put(entry.sequence.to_le_bytes())
        .put(entry.time_ns.to_le_bytes())
        .put(digest.to_le_bytes())
        .put(entry.before.to_le_bytes());
    let chain = chain_after(before, header.so_far(), entry.floors);
    header.put(chain.to_bytes());
    bytes[begin..begin + RECORD_HEADER].copy_from_slice(&header.finish());
    Ok(chain)
}

/// Reads the record at the beginning of these bytes, which follows a record with the chain `before`. Says its length
/// besides.
pub fn parse_record(bytes: &[u8], before: Chain) -> Result<(Parsed<'_>, usize), RecordError> {
    let header: &[u8; RECORD_HEADER] = bytes.first_chunk().ok_or(RecordError::Short)?;
    let mut fields = Fields::new(header);
    let length = fields.u32() as usize;
    let (kind, flags, subject) = (fields.u8(), fields.u8(), usize::from(fields.u16()));
    let (headers, body) = (fields.u32() as usize, fields.u32() as usize);
    let (index, sequence, time_ns) = (fields.u64(), fields.u64(), fields.i64());
    let (digest, before_on_subject, chain) = (fields.u64(), fields.u64(), fields.chain());

    let floors = match flags & FLOORS {
        0 => None,
        _ => Some(parse_floors(&bytes[RECORD_HEADER..]).ok_or(RecordError::Short)?),
    };
    if chain_after(before, &header[..CHAINED], floors) != chain {
        return Err(RecordError::Header);
    }
    if flags & !FLOORS != 0 {
        return Err(RecordError::Unknown);
    }
    let begin = RECORD_HEADER + floors.map_or(0, |_| FLOORS_LENGTH);
    if headers > RECORD_MAX || body > RECORD_MAX || aligned(begin + subject + headers + body) != length {
        return Err(RecordError::Header);
    }
    let end = begin + subject + headers + body;
    let contents = bytes.get(begin..end).ok_or(RecordError::Short)?;
    if bytes.len() < length {
        return Err(RecordError::Short);
    }
    if hash(0, contents) != digest {
        let unreadable = Parsed::Unreadable { index, sequence, chain };
        return Ok((unreadable, length));
    }
    let (subject, rest) = contents.split_at(subject);
    let (headers, body) = rest.split_at(headers);
    let entry = Entry {
        kind,
        sequence,
        time_ns,
        before: before_on_subject,
        floors,
        subject,
        headers,
        body,
    };
    Ok((Parsed::Intact(Record { index, entry, chain }), length))
}

/// The chain after a record with these header fields.
#[inline]
fn chain_after(before: Chain, fields: &[u8], floors: Option<Floors>) -> Chain {
    match floors {
        None => before.after(fields),
        Some(floors) => before.after(fields).after(&floors_bytes(floors)),
    }
}

fn floors_bytes(floors: Floors) -> [u8; FLOORS_LENGTH] {
    let mut bytes = Writer::new();
    bytes
        .put(floors.stream.to_le_bytes())
        .put(floors.subject.to_le_bytes())
        .finish()
}

fn parse_floors(bytes: &[u8]) -> Option<Floors> {
    let mut fields = Fields::new(bytes.get(..FLOORS_LENGTH)?);
    Some(Floors {
        stream: fields.u64(),
        subject: fields.u64(),
    })
}

/// Whether the entry fits into a record.
#[inline]
pub(crate) fn check_length(entry: &Entry<'_>) -> Result<(), EntryTooLong> {
    Lengths::of(entry).map(|_| ())
}

struct Lengths {
    subject: u16,
    record: usize,
}

impl Lengths {
    #[inline]
    fn of(entry: &Entry<'_>) -> Result<Self, EntryTooLong> {
        let subject = u16::try_from(entry.subject.len()).map_err(|_| EntryTooLong)?;
        if entry.headers.len() > RECORD_MAX || entry.body.len() > RECORD_MAX {
            return Err(EntryTooLong);
        }
        let floors = entry.floors.map_or(0, |_| FLOORS_LENGTH);
        let record = aligned(RECORD_HEADER + floors + entry.subject.len() + entry.headers.len() + entry.body.len());
        if record > RECORD_MAX {
            return Err(EntryTooLong);
        }
        Ok(Self { subject, record })
    }
}
