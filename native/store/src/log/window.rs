//! The open window: what was appended since the last commit began, in memory, a section for each stream.

use crate::frame::FRAME_HEADER;
use crate::hash::Chain;
use crate::log::buffers::Buffers;
use crate::record::{Entry, EntryTooLong, StreamId, encode_record};
use crate::section::{SECTION_FULL, SECTION_HEADER, Section};

/// How far the log of a stream goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamEnd {
    /// The index of the last entry, 0 if there is none.
    pub index: u64,
    /// The chain after it.
    pub chain: Chain,
}

/// A section that takes records.
#[derive(Debug)]
pub(super) struct Building {
    /// The stream's key in the log.
    pub key: usize,
    pub section: Section,
    /// Room for the header of a frame and for the section's own, then the records. Where a window has one section, these
    /// bytes become the frame without being copied.
    pub bytes: Vec<u8>,
}

pub(super) const RECORDS: usize = FRAME_HEADER + SECTION_HEADER;

#[derive(Debug)]
pub(super) struct Window {
    sections: Vec<Building>,
    length: usize,
    /// Tells windows apart, for streams that remember their section.
    serial: u64,
}

/// Where a stream's section is in which window.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct At {
    serial: u64,
    position: usize,
}

impl Window {
    pub fn new() -> Self {
        Self {
            sections: Vec::new(),
            length: 0,
            serial: 1,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.sections.is_empty()
    }

    /// The bytes of all sections.
    pub fn length(&self) -> usize {
        self.length
    }

    /// The place of a section of this stream that has room, or of a new one.
    #[inline]
    pub fn section(&mut self, at: At, new: impl FnOnce() -> Building) -> At {
        if at.serial == self.serial && self.sections[at.position].bytes.len() < RECORDS + SECTION_FULL {
            return at;
        }
        self.sections.push(new());
        self.length += SECTION_HEADER;
        At {
            serial: self.serial,
            position: self.sections.len() - 1,
        }
    }

    /// Appends a record to the section at this place, and says where its stream ends then.
    #[inline]
    pub fn append(&mut self, at: At, entry: &Entry<'_>) -> Result<StreamEnd, EntryTooLong> {
        let Building { section, bytes, .. } = &mut self.sections[at.position];
        let before = bytes.len();
        let index = section.last + 1;
        let chain = encode_record(bytes, index, entry, section.after)?;
        if before == RECORDS {
            section.first_sequence = entry.sequence;
            section.time_ns = entry.time_ns;
        }
        section.last = index;
        section.last_sequence = entry.sequence;
        section.after = chain;
        self.length += bytes.len() - before;
        Ok(StreamEnd { index, chain })
    }

    /// Takes the sections out; the next window begins.
    pub fn take(&mut self) -> Vec<Building> {
        self.serial += 1;
        self.length = 0;
        std::mem::take(&mut self.sections)
    }
}

/// A section of this stream without records.
pub(super) fn building(key: usize, stream: StreamId, term: u64, end: StreamEnd, buffers: &mut Buffers) -> Building {
    let mut bytes = buffers.take();
    bytes.resize(RECORDS, 0);
    let section = Section {
        stream,
        term,
        first: end.index + 1,
        last: end.index,
        first_sequence: 0,
        last_sequence: 0,
        time_ns: 0,
        length: 0,
        before: end.chain,
        after: end.chain,
    };
    Building { key, section, bytes }
}
