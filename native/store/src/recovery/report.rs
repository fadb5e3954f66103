//! What recovery found wrong.

use crate::record::StreamId;

/// What was damaged, and what was dropped.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Places that should be intact, and are not. Their bytes stay where they are.
    pub damages: Vec<Damage>,
    /// Tails that were never acknowledged.
    pub cuts: Vec<Cut>,
}

/// Damage in one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The name of the file.
    pub file: String,
    /// Where in it the damaged frame or section begins. If it is not known: 0.
    pub offset: u64,
    /// The entries that are lost; none if all of them are elsewhere, or nothing but an aid of recovery is damaged.
    pub lost: Vec<Lost>,
    /// Whether other entries may be lost, too: it is not known what was there. What a stream has before and behind it
    /// is reported as lost with the section behind it.
    pub may_be_more: bool,
}

/// Entries of a stream that are lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lost {
    /// The stream.
    pub stream: StreamId,
    /// The first index.
    pub first: u64,
    /// The last index.
    pub last: u64,
    /// The sequences of the first and the last of them, if known.
    pub sequences: Option<(u64, u64)>,
}

/// The end of a log that was not acknowledged, and does not count any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// The name of the file.
    pub file: String,
    /// Where in it the first frame begins that does not count.
    pub offset: u64,
}
