//! A section: successive records of one stream, the unit of compression and encryption.
//!
//! Layout: a header of 96 bytes, the stored bytes, zeros up to a multiple of 8.
//!
//! | Bytes | |
//! |---|---|
//! | 0 | u64 stream |
//! | 8 | u64 term |
//! | 16 | u64 first index, u64 last index |
//! | 32 | u64 first sequence, u64 last sequence |
//! | 48 | i64 time of the first record |
//! | 56 | u32 length of the records, u32 length of the stored bytes |
//! | 64 | u8 encoding of the stored bytes, 7 zeros |
//! | 72 | u64 chain before the first record, u64 chain after the last |
//! | 88 | u64 check of bytes 0 to 87, seeded with the place |
//!
//! The check proves the header only; the records prove themselves by their chain. A section that is copied to another
//! place is not valid there.

use crate::fields::{Fields, Writer, aligned};
use crate::hash::{Chain, hash, hash_numbers};
use crate::record::{Parsed, RecordError, StreamId, parse_record};
use thiserror::Error;

/// The length of a section's header.
pub const SECTION_HEADER: usize = 96;
/// A section takes no further record once its records have so many bytes.
pub const SECTION_FULL: usize = 256 << 10;
const CHECKED: usize = 88;
const PLAIN: u8 = 0;

/// Where a section is: in which frame of which file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The id of the file.
    pub file: u64,
    /// The number of the frame.
    pub frame: u64,
}

impl Place {
    /// What seals things to this place.
    pub(crate) fn seed(self) -> u64 {
        hash_numbers([self.file, self.frame])
    }
}

/// What the header of a section says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Section {
    /// Whose records these are.
    pub stream: StreamId,
    /// The term in which they were decided.
    pub term: u64,
    /// The index of the first record.
    pub first: u64,
    /// The index of the last record.
    pub last: u64,
    /// The sequence of the first record.
    pub first_sequence: u64,
    /// The sequence of the last record.
    pub last_sequence: u64,
    /// The time of the first record.
    pub time_ns: i64,
    /// The length of the records.
    pub length: u32,
    /// The chain before the first record.
    pub before: Chain,
    /// The chain after the last record.
    pub after: Chain,
}

/// Why bytes are no section in this place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SectionError {
    /// The bytes end within the section.
    #[error("the section is cut short")]
    Short,
    /// The header is damaged, or belongs elsewhere.
    #[error("the header of the section is damaged or out of place")]
    Header,
    /// An encoding that this version does not know.
    #[error("the section was written by a newer version: its encoding is {0}")]
    Encoding(u8),
}

impl Section {
    /// The bytes of the header in this place.
    pub fn encode(&self, place: Place) -> [u8; SECTION_HEADER] {
        let mut header = Writer::<SECTION_HEADER>::new();
        header
            .put(self.stream.0.to_le_bytes())
            .put(self.term.to_le_bytes())
            .put(self.first.to_le_bytes())
            .put(self.last.to_le_bytes())
            .put(self.first_sequence.to_le_bytes())
            .put(self.last_sequence.to_le_bytes())
            .put(self.time_ns.to_le_bytes())
            .put(self.length.to_le_bytes())
            .put(self.length.to_le_bytes())
            .put([PLAIN])
            .put([0; 7])
            .put(self.before.to_bytes())
            .put(self.after.to_bytes());
        let check = hash(place.seed(), header.so_far());
        header.put(check.to_le_bytes()).finish()
    }

    /// Reads the section at the beginning of these bytes: what its header says, and its records.
    pub fn parse(bytes: &[u8], place: Place) -> Result<(Self, Records<'_>), SectionError> {
        let header: &[u8; SECTION_HEADER] = bytes.first_chunk().ok_or(SectionError::Short)?;
        let mut fields = Fields::new(header);
        let (stream, term) = (StreamId(fields.u64()), fields.u64());
        let (first, last) = (fields.u64(), fields.u64());
        let (first_sequence, last_sequence, time_ns) = (fields.u64(), fields.u64(), fields.i64());
        let (length, stored) = (fields.u32(), fields.u32());
        let encoding = fields.u64() as u8;
        let (before, after, check) = (fields.chain(), fields.chain(), fields.u64());
        if hash(place.seed(), &header[..CHECKED]) != check {
            return Err(SectionError::Header);
        }
        if !is_range(first, last) {
            return Err(SectionError::Header);
        }
        if encoding != PLAIN {
            return Err(SectionError::Encoding(encoding));
        }
        let end = SECTION_HEADER + stored as usize;
        let records = bytes.get(SECTION_HEADER..end).ok_or(SectionError::Short)?;
        let section = Self {
            stream,
            term,
            first,
            last,
            first_sequence,
            last_sequence,
            time_ns,
            length,
            before,
            after,
        };
        Ok((section, Records::new(records, &section)))
    }

    /// The length of header and records, and of the zeros behind them.
    pub fn length_in_frame(&self) -> usize {
        aligned(SECTION_HEADER + self.length as usize)
    }
}

/// Whether these can be the first and the last index of a section.
pub(crate) fn is_range(first: u64, last: u64) -> bool {
    (1..u64::MAX).contains(&last) && (1..=last).contains(&first)
}

/// The records of a section, one after another. After an error there are no more.
#[derive(Debug, Clone)]
pub struct Records<'a> {
    rest: &'a [u8],
    /// The index of the next record, and of the last.
    next: u64,
    last: u64,
    chain: Chain,
    after: Chain,
}

impl<'a> Records<'a> {
    fn new(records: &'a [u8], section: &Section) -> Self {
        Self {
            rest: records,
            next: section.first,
            last: section.last,
            chain: section.before,
            after: section.after,
        }
    }

    fn read(&mut self) -> Result<Parsed<'a>, RecordError> {
        let (parsed, length) = parse_record(self.rest, self.chain)?;
        let (index, chain) = parsed.position();
        if index != self.next || (index == self.last && chain != self.after) {
            return Err(RecordError::Header);
        }
        self.rest = &self.rest[length..];
        self.next = index.wrapping_add(1);
        self.chain = chain;
        Ok(parsed)
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Parsed<'a>, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next > self.last || self.next == 0 {
            return None;
        }
        let parsed = self.read();
        if parsed.is_err() {
            self.last = 0;
        }
        Some(parsed)
    }
}
