//! A batch: the sections of a closed window, which become a frame when it is known where that is written.
//!
//! A batch whose commit failed is placed anew, in another file. Records are not touched by that, only headers.

use crate::frame::{FRAME_HEADER, FrameHeader, Listed, directory_check, in_blocks};
use crate::log::buffers::Buffers;
use crate::log::window::{Building, RECORDS};
use crate::section::{Place, SECTION_HEADER, Section};

/// A section in a batch.
#[derive(Debug)]
pub(super) struct Placed {
    pub key: usize,
    pub section: Section,
    /// Where it begins in the frame.
    offset: usize,
}

#[derive(Debug)]
pub(super) struct Batch {
    pub sections: Vec<Placed>,
    /// The frame; while a job writes it, the job has it.
    pub bytes: Vec<u8>,
    /// Where the sections end.
    end: usize,
}

/// Where a frame goes, and what it has to say of the frames before.
#[derive(Debug, Clone, Copy)]
pub(super) struct Position<'a> {
    pub place: Place,
    pub durable: u64,
    pub first: u64,
    /// Where in the file it begins.
    pub offset: u64,
    /// The directory of the frame before.
    pub previous: &'a [u8],
}

impl Batch {
    /// Joins the sections of a window.
    pub fn new(sections: Vec<Building>, buffers: &mut Buffers) -> Self {
        let mut batch = Self {
            sections: Vec::with_capacity(sections.len()),
            bytes: Vec::new(),
            end: FRAME_HEADER,
        };
        for building in sections {
            batch.join(building, buffers);
        }
        batch
    }

    fn join(&mut self, building: Building, buffers: &mut Buffers) {
        let Building {
            key,
            mut section,
            bytes,
        } = building;
        section.length = (bytes.len() - RECORDS) as u32;
        self.sections.push(Placed {
            key,
            section,
            offset: self.end,
        });
        if self.bytes.is_empty() {
            self.bytes = bytes;
        } else {
            self.bytes.extend_from_slice(&bytes[FRAME_HEADER..]);
            buffers.give_back(bytes);
        }
        self.end = self.bytes.len();
    }

    /// The length that the frame will have.
    pub fn frame_length(&self, previous: &[u8]) -> usize {
        in_blocks(self.end + previous.len())
    }

    /// The bytes of its entries.
    pub fn length(&self) -> usize {
        self.end
    }

    /// Makes the frame, and says its directory.
    pub fn place(&mut self, position: Position<'_>) -> Vec<u8> {
        let mut directory = Vec::with_capacity(self.sections.len() * crate::DIRECTORY_ENTRY);
        self.bytes.truncate(self.end);
        for Placed { section, offset, .. } in &self.sections {
            let header = section.encode(position.place);
            self.bytes[*offset..offset + SECTION_HEADER].copy_from_slice(&header);
            let listed = Listed {
                stream: section.stream,
                first: section.first,
                last: section.last,
                first_sequence: section.first_sequence,
                last_sequence: section.last_sequence,
                offset: position.offset + *offset as u64,
                length: section.length_in_frame() as u32,
            };
            directory.extend_from_slice(&listed.encode());
        }
        finish(&mut self.bytes, self.sections.len(), position);
        directory
    }
}

/// The bytes of a mark.
pub(super) fn mark(mut bytes: Vec<u8>, position: Position<'_>) -> Vec<u8> {
    bytes.resize(FRAME_HEADER, 0);
    finish(&mut bytes, 0, position);
    bytes
}

/// Appends the directory and the zeros, and writes the header.
fn finish(bytes: &mut Vec<u8>, sections: usize, position: Position<'_>) {
    bytes.extend_from_slice(position.previous);
    let header = FrameHeader {
        length: bytes.len() as u32,
        place: position.place,
        durable: position.durable,
        first: position.first,
        sections: sections as u32,
        entries: (position.previous.len() / crate::DIRECTORY_ENTRY) as u32,
        directory_check: directory_check(position.previous, position.place),
    };
    bytes[..FRAME_HEADER].copy_from_slice(&header.encode(position.offset));
    bytes.resize(in_blocks(bytes.len()), 0);
}
