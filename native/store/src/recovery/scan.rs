//! One log file: which frames it has.
//!
//! Frames are looked for at every multiple of 4 KiB. So a frame is found whatever happened to those before it. What clients
//! send can't be taken for one: nobody tells them the id of a file.

use crate::disk::{DiskError, DiskFile};
use crate::frame::{BLOCK, FRAME_HEADER, FrameHeader};
use crate::head::{FileName, FirstFrame, Head};
use crate::log::FIRST_FRAME;

const CHUNK: usize = 256 * BLOCK;

/// A log file, as it was found.
pub(super) struct Scanned<F> {
    pub name: FileName,
    pub file: F,
    /// `None` if the number of its first frame is not known: nothing was written, or nothing is left.
    pub first: Option<u64>,
    /// What its head says of earlier files.
    pub earlier: Vec<FirstFrame>,
    pub is_head_damaged: bool,
    pub frames: Vec<Found>,
    pub length: u64,
    /// Where the first piece is that can't be read.
    pub unreadable: Option<u64>,
}

impl<F: DiskFile> Scanned<F> {
    /// Reads a piece. What lies behind the end is left out; what can't be read is zeros.
    pub fn read(&self, offset: u64, length: u32) -> Vec<u8> {
        let there = self.length.saturating_sub(offset).min(u64::from(length));
        let mut bytes = vec![0; there as usize];
        read_all(&self.file, offset, &mut bytes);
        bytes
    }
}

/// A frame whose header is intact.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    pub offset: u64,
    pub header: FrameHeader,
}

/// What a scan says besides: a format that this version does not know.
pub(super) struct UnknownFormat(pub u32);

pub(super) fn scan<F: DiskFile>(
    name: FileName,
    file: F,
    believes_any_id: bool,
) -> Result<Result<Scanned<F>, UnknownFormat>, DiskError> {
    let length = file.length()?;
    let mut chunks = Chunks::new(&file, length);
    let head = name.read_head(chunks.head());
    if let Head::Unknown(format) = head {
        return Ok(Err(UnknownFormat(format)));
    }
    let mut frames = Vec::new();
    let mut offset = FIRST_FRAME;
    while offset < length {
        let bytes = chunks.at(offset);
        let id = if believes_any_id { id_in(bytes) } else { name.id };
        if let Some(header) = FrameHeader::parse(bytes, id, offset) {
            frames.push(Found { offset, header });
        }
        offset += BLOCK as u64;
    }
    let unreadable = chunks.unreadable;
    let is_head_damaged = head == Head::Damaged;
    let (first, earlier) = match head {
        Head::Written { first, earlier } => (Some(first), earlier),
        _ => (frames.first().map(|frame| frame.header.first), Vec::new()),
    };
    Ok(Ok(Scanned {
        name,
        file,
        first,
        earlier,
        // A torn head of a file in which nothing was acknowledged is no damage.
        is_head_damaged: is_head_damaged && frames.iter().any(|found| found.header.durable >= found.header.first),
        frames,
        length,
        unreadable,
    }))
}

/// The id that a header claims, for a fault that is planted.
fn id_in(header: &[u8]) -> u64 {
    let id = header.get(8..16).and_then(|id| id.try_into().ok());
    u64::from_le_bytes(id.unwrap_or_default())
}

/// A file in large pieces. What can't be read counts as zeros.
struct Chunks<'f, F> {
    file: &'f F,
    size: usize,
    begin: u64,
    bytes: Vec<u8>,
    unreadable: Option<u64>,
}

impl<'f, F: DiskFile> Chunks<'f, F> {
    fn new(file: &'f F, length: u64) -> Self {
        Self {
            file,
            size: CHUNK.min(length as usize).max(BLOCK),
            begin: 0,
            bytes: Vec::new(),
            unreadable: None,
        }
    }

    /// The first block.
    fn head(&mut self) -> &[u8] {
        self.at(0);
        &self.bytes[..BLOCK]
    }

    /// The header-sized piece at this multiple of 4 KiB.
    fn at(&mut self, offset: u64) -> &[u8] {
        let is_here = offset >= self.begin && offset < self.begin + self.bytes.len() as u64;
        if !is_here {
            self.bytes.resize(self.size, 0);
            self.begin = offset;
            if !read_all(self.file, offset, &mut self.bytes) {
                self.unreadable = self.unreadable.or(Some(offset));
            }
        }
        let at = (offset - self.begin) as usize;
        self.bytes.get(at..at + FRAME_HEADER).unwrap_or_default()
    }
}

/// Reads what can be read; the rest is zeros. Says whether all of it could be read.
fn read_all<F: DiskFile>(file: &F, offset: u64, bytes: &mut [u8]) -> bool {
    match file.read_at(offset, bytes) {
        Ok(read) => bytes[read..].fill(0),
        Err(_) if bytes.len() > BLOCK => {
            let mut is_all = true;
            for (number, block) in bytes.chunks_mut(BLOCK).enumerate() {
                is_all &= read_all(file, offset + (number * BLOCK) as u64, block);
            }
            return is_all;
        }
        Err(_) => {
            bytes.fill(0);
            return false;
        }
    }
    true
}
