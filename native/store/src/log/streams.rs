//! The streams that a log takes entries of, and how far each is decided and committed.

use crate::log::window::{At, StreamEnd};
use crate::record::StreamId;

/// A stream in its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamKey(pub(super) usize);

#[derive(Debug)]
pub(super) struct Stream {
    pub id: StreamId,
    pub term: u64,
    pub decided: StreamEnd,
    pub committed: StreamEnd,
    /// Its section in the window.
    pub at: At,
}

impl Stream {
    pub fn new(id: StreamId, term: u64, end: StreamEnd) -> Self {
        Self {
            id,
            term,
            decided: end,
            committed: end,
            at: At::default(),
        }
    }
}
