//! The name of a log file, and the block at its beginning. Both say which file it is, so that either may be lost.
//!
//! The head is 4 KiB, of which 64 bytes are used, little endian: magic (8 bytes), u32 format, u32 chain, u64 number, u64
//! id, u64 number of the first frame, 16 zeros, u64 check of the bytes before.

use crate::fields::{Fields, Writer};
use crate::hash::hash;

const MAGIC: [u8; 8] = *b"NTSTORE\0";
const FORMAT: u32 = 1;
const HEAD: usize = 64;
const CHECKED: usize = 56;
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

    /// The bytes at the beginning of the file, whose first frame has this number.
    pub fn head(&self, first: u64) -> [u8; HEAD] {
        let mut head = Writer::<HEAD>::new();
        head.put(MAGIC)
            .put(FORMAT.to_le_bytes())
            .put(self.chain.to_le_bytes())
            .put(self.number.to_le_bytes())
            .put(self.id.to_le_bytes())
            .put(first.to_le_bytes())
            .put([0; 16]);
        let check = hash(0, head.so_far());
        head.put(check.to_le_bytes()).finish()
    }

    /// Reads the bytes at the beginning of a file with this name.
    pub fn read_head(&self, bytes: &[u8]) -> Head {
        let Some(head) = bytes.first_chunk::<HEAD>() else {
            return Head::Damaged;
        };
        if head == &[0; HEAD] {
            return Head::Empty;
        }
        let mut fields = Fields::new(head);
        let (_, format, chain) = (fields.u64(), fields.u32(), fields.u32());
        let (number, id, first) = (fields.u64(), fields.u64(), fields.u64());
        let (_, _, check) = (fields.u64(), fields.u64(), fields.u64());
        if !head.starts_with(&MAGIC) || hash(0, &head[..CHECKED]) != check {
            return Head::Damaged;
        }
        if format != FORMAT {
            return Head::Unknown(format);
        }
        let name = Self { number, chain, id };
        if name != *self {
            return Head::Damaged;
        }
        Head::First(first)
    }
}

impl std::fmt::Display for FileName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:012x}-{:04x}-{:016x}{SUFFIX}", self.number, self.chain, self.id)
    }
}

/// What the beginning of a log file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Head {
    /// Nothing was written yet.
    Empty,
    /// The number of the first frame.
    First(u64),
    /// It was written, and does not say what it should.
    Damaged,
    /// Written in a format that this version does not know.
    Unknown(u32),
}
