//! A frame: what one commit wrote. It begins at a multiple of 4 KiB, so that a torn write never touches what was durable
//! before.
//!
//! Layout: a header of 64 bytes, sections, the directory of the frame before it, zeros up to a multiple of 4 KiB.
//!
//! | Bytes | |
//! |---|---|
//! | 0 | u32 magic, u32 length without the zeros |
//! | 8 | u64 id of the file |
//! | 16 | u64 number of the frame in its chain of files |
//! | 24 | u64 number up to which all frames of the chain were durable when this one was made |
//! | 32 | u64 number of the file's first frame |
//! | 40 | u32 number of sections, u32 number of directory entries |
//! | 48 | u64 check of the directory, seeded with the place |
//! | 56 | u64 check of bytes 0 to 55, seeded with the offset in the file |
//!
//! A frame without sections is a **mark**: it has the number of the frame before it, whose directory it carries, and says
//! that all up to that one are durable. It may be lost without a trace. It may begin a file, whose first frame has the next
//! number then.

use crate::fields::{Fields, Writer};
use crate::hash::hash;
use crate::record::StreamId;
use crate::section::{Place, is_range};

/// The length of a frame's header.
pub const FRAME_HEADER: usize = 64;
/// Frames begin at multiples of this.
pub const BLOCK: usize = 4096;
/// The length of a directory's entry.
pub const DIRECTORY_ENTRY: usize = 48;
const MAGIC: u32 = u32::from_le_bytes(*b"NTFR");
const CHECKED: usize = 56;

/// What the header of a frame says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameHeader {
    /// The length without the zeros at the end.
    pub length: u32,
    /// In which file, and with which number.
    pub place: Place,
    /// All frames up to this number were durable when this one was made.
    pub durable: u64,
    /// The number of the file's first frame. Frames of files before with this number or a greater one do not count.
    pub first: u64,
    /// How many sections follow.
    pub sections: u32,
    /// How many entries the directory has.
    pub entries: u32,
    /// The check of the directory.
    pub directory_check: u64,
}

impl FrameHeader {
    /// The bytes of the header at this offset of its file.
    pub fn encode(&self, offset: u64) -> [u8; FRAME_HEADER] {
        let mut header = Writer::<FRAME_HEADER>::new();
        header
            .put(MAGIC.to_le_bytes())
            .put(self.length.to_le_bytes())
            .put(self.place.file.to_le_bytes())
            .put(self.place.frame.to_le_bytes())
            .put(self.durable.to_le_bytes())
            .put(self.first.to_le_bytes())
            .put(self.sections.to_le_bytes())
            .put(self.entries.to_le_bytes())
            .put(self.directory_check.to_le_bytes());
        let check = hash(offset, header.so_far());
        header.put(check.to_le_bytes()).finish()
    }

    /// Reads the header at this offset of a file. `None` if these bytes don't begin with an intact one of that place.
    pub fn parse(bytes: &[u8], file: u64, offset: u64) -> Option<Self> {
        let header: &[u8; FRAME_HEADER] = bytes.first_chunk()?;
        let mut fields = Fields::new(header);
        let (magic, length) = (fields.u32(), fields.u32());
        let place = Place {
            file: fields.u64(),
            frame: fields.u64(),
        };
        let (durable, first) = (fields.u64(), fields.u64());
        let (sections, entries) = (fields.u32(), fields.u32());
        let (directory_check, check) = (fields.u64(), fields.u64());
        let is_ours = magic == MAGIC && place.file == file && hash(offset, &header[..CHECKED]) == check;
        let parsed = Self {
            length,
            place,
            durable,
            first,
            sections,
            entries,
            directory_check,
        };
        (is_ours && parsed.is_sound()).then_some(parsed)
    }

    fn is_sound(&self) -> bool {
        let directory = u64::from(self.entries) * DIRECTORY_ENTRY as u64;
        FRAME_HEADER as u64 + directory <= u64::from(self.length)
            && self.durable <= self.place.frame
            && (1..u64::MAX).contains(&self.place.frame)
            && self.first <= self.place.frame + u64::from(self.is_mark())
    }

    /// Whether it is a mark.
    pub fn is_mark(&self) -> bool {
        self.sections == 0
    }

    /// Where the sections of a frame end and the directory begins.
    pub fn sections_end(&self) -> usize {
        self.length as usize - self.entries as usize * DIRECTORY_ENTRY
    }

    /// The directory in a frame, if it is intact.
    pub fn directory(&self, frame: &[u8]) -> Option<Vec<Listed>> {
        let bytes = frame.get(self.sections_end()..self.length as usize)?;
        if hash(self.place.seed(), bytes) != self.directory_check {
            return None;
        }
        let listed: Vec<Listed> = bytes.chunks_exact(DIRECTORY_ENTRY).map(Listed::parse).collect();
        listed.iter().all(|one| is_range(one.first, one.last)).then_some(listed)
    }
}

/// The check of a directory in a frame at this place.
pub(crate) fn directory_check(directory: &[u8], place: Place) -> u64 {
    hash(place.seed(), directory)
}

/// The next multiple of 4 KiB.
pub const fn in_blocks(length: usize) -> usize {
    length.div_ceil(BLOCK) * BLOCK
}

/// What a directory says of a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed {
    /// Whose records it has.
    pub stream: StreamId,
    /// The first index.
    pub first: u64,
    /// The last index.
    pub last: u64,
    /// The sequence of the first record.
    pub first_sequence: u64,
    /// The sequence of the last record.
    pub last_sequence: u64,
    /// Where in the file it begins.
    pub offset: u64,
    /// Its length with header and zeros.
    pub length: u32,
}

impl Listed {
    /// The bytes of the entry. Sections begin at multiples of 8.
    pub fn encode(&self) -> [u8; DIRECTORY_ENTRY] {
        let mut bytes = Writer::new();
        bytes
            .put(self.stream.0.to_le_bytes())
            .put(self.first.to_le_bytes())
            .put(self.last.to_le_bytes())
            .put(self.first_sequence.to_le_bytes())
            .put(self.last_sequence.to_le_bytes())
            .put(((self.offset / 8) as u32).to_le_bytes())
            .put(self.length.to_le_bytes())
            .finish()
    }

    fn parse(bytes: &[u8]) -> Self {
        let mut fields = Fields::new(bytes);
        Self {
            stream: StreamId(fields.u64()),
            first: fields.u64(),
            last: fields.u64(),
            first_sequence: fields.u64(),
            last_sequence: fields.u64(),
            offset: u64::from(fields.u32()) * 8,
            length: fields.u32(),
        }
    }
}
