//! The log files of a chain: their names, the one that is written, the next one.

use crate::frame::BLOCK;
use crate::hash::hash_numbers;
use crate::head::FileName;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Where the first frame of a file begins, behind the head.
pub(crate) const FIRST_FRAME: u64 = BLOCK as u64;

/// Gives new log files their names. All logs of a store share one.
#[derive(Debug, Clone)]
pub struct FileNames {
    next: Arc<AtomicU64>,
    seed: u64,
}

impl FileNames {
    /// The first file gets the number `next`. The seed is a secret: ids come from it, and nobody who may write messages
    /// should know them.
    pub fn new(next: u64, seed: u64) -> Self {
        Self {
            next: Arc::new(AtomicU64::new(next)),
            seed,
        }
    }

    pub(super) fn next(&self, chain: u32) -> FileName {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let id = hash_numbers([self.seed, number]);
        FileName { number, chain, id }
    }
}

/// A file that frames are written to.
#[derive(Debug)]
pub(super) struct LogFile<F> {
    pub name: FileName,
    /// The number of its first frame, once that is known.
    pub first: u64,
    /// Where the next frame begins.
    pub offset: u64,
    /// Its head, until that is given to a job.
    pub head: Option<Vec<u8>>,
    /// Open files that no job uses.
    pub idle: Vec<F>,
}

impl<F> LogFile<F> {
    pub fn new(name: FileName, file: F) -> Self {
        Self {
            name,
            first: 0,
            offset: FIRST_FRAME,
            head: None,
            idle: vec![file],
        }
    }

    /// Whether a frame of this length fits, and a mark behind it. A file's first frame may make it longer.
    pub fn has_room(&self, length: usize, mark: usize, size: u64) -> bool {
        self.offset == FIRST_FRAME || self.offset + (length + mark) as u64 <= size
    }
}
