//! The name of a log file, and the block at its beginning. Both say which file it is, so that either may be lost.
//!
//! The head has 4 KiB to itself, little endian: magic (8 bytes), u32 format, u32 chain, u64 number, u64 id, u64 number of
//! the first frame, u64 count of earlier files, for each of these u64 number and u64 number of its first frame, u64 check
//! of the bytes before. The earlier files are there because a first frame says which frames of the files before it do not
//! count: that must not be forgotten when a file is lost.

use crate::fields::{Fields, Writer};
use crate::frame::BLOCK;
use crate::hash::hash;

const MAGIC: [u8; 8] = *b"NTSTORE\0";
const FORMAT: u32 = 1;
const FIELDS: usize = 48;
const EARLIER: usize = 16;
/// So many earlier files a head tells of.
pub(crate) const EARLIER_MAX: usize = (BLOCK - FIELDS - 8) / EARLIER;
const SUFFIX: &str = ".log";

/// Which log file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileName {
    /// Its place in the order of all log files of the store.
    pub number: u64,
    /// The chain of files that it belongs to: one for each event loop.
    pub chain: u32,
    /// Drawn anew for each use of a file: what other uses left in it does not count.
    pub id: u64,
}

impl FileName {
    /// Reads the name of a file. `None` if it is another kind of file.
    pub fn parse(name: &str) -> Option<Self> {
        let mut parts = name.strip_suffix(SUFFIX)?.split('-');
        let parsed = Self {
            number: u64::from_str_radix(parts.next()?, 16).ok()?,
            chain: u32::from_str_radix(parts.next()?, 16).ok()?,
            id: u64::from_str_radix(parts.next()?, 16).ok()?,
        };
        (parsed.to_string() == name).then_some(parsed)
    }

    /// The bytes at the beginning of the file, whose first frame has this number. Only the last of the earlier files find
    /// room.
    pub fn head(&self, first: u64, earlier: &[FirstFrame]) -> Vec<u8> {
        let earlier = &earlier[earlier.len().saturating_sub(EARLIER_MAX)..];
        let mut fields = Writer::<FIELDS>::new();
        fields
            .put(MAGIC)
            .put(FORMAT.to_le_bytes())
            .put(self.chain.to_le_bytes())
            .put(self.number.to_le_bytes())
            .put(self.id.to_le_bytes())
            .put(first.to_le_bytes())
            .put((earlier.len() as u64).to_le_bytes());
        let mut head = fields.finish().to_vec();
        for one in earlier {
            head.extend_from_slice(&one.file.to_le_bytes());
            head.extend_from_slice(&one.first.to_le_bytes());
        }
        let check = hash(0, &head);
        head.extend_from_slice(&check.to_le_bytes());
        head
    }

    /// Reads the bytes at the beginning of a file with this name.
    pub fn read_head(&self, bytes: &[u8]) -> Head {
        let Some(start) = bytes.first_chunk::<FIELDS>() else {
            return Head::Damaged;
        };
        if start == &[0; FIELDS] {
            return Head::Empty;
        }
        let mut fields = Fields::new(start);
        let (_, format, chain) = (fields.u64(), fields.u32(), fields.u32());
        let (number, id, first) = (fields.u64(), fields.u64(), fields.u64());
        let count = (fields.u64() as usize).min(EARLIER_MAX);
        let (head, rest) = bytes.split_at((FIELDS + count * EARLIER).min(bytes.len()));
        if !head.starts_with(&MAGIC) || hash(0, head) != Fields::new(rest).u64() {
            return Head::Damaged;
        }
        if format != FORMAT {
            return Head::Unknown(format);
        }
        if (Self { number, chain, id }) != *self {
            return Head::Damaged;
        }
        let earlier = head[FIELDS..].chunks_exact(EARLIER).map(FirstFrame::parse).collect();
        Head::Written { first, earlier }
    }
}

/// The number of the first frame of a log file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FirstFrame {
    /// The number of the file.
    pub file: u64,
    /// The number of its first frame.
    pub first: u64,
}

impl FirstFrame {
    fn parse(bytes: &[u8]) -> Self {
        let mut fields = Fields::new(bytes);
        Self {
            file: fields.u64(),
            first: fields.u64(),
        }
    }
}

impl std::fmt::Display for FileName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:012x}-{:04x}-{:016x}{SUFFIX}", self.number, self.chain, self.id)
    }
}

/// What the beginning of a log file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Head {
    /// Nothing was written yet.
    Empty,
    /// What was written there.
    Written {
        /// The number of the first frame.
        first: u64,
        /// The same of files before it.
        earlier: Vec<FirstFrame>,
    },
    /// It was written, and does not say what it should.
    Damaged,
    /// Written in a format that this version does not know.
    Unknown(u32),
}
