//! The store: the contents of streams in files. `docs/internals/store.md` says how, and why so.
//!
//! What there is so far is the log: [`Log`] makes entries durable, [`recover`] reads them after a crash.
//!
//! Layout: `record`, `section` and `frame` are what a log file consists of, from the inside to the outside; `head` is its
//! name and its first block. `log` writes log files, `recovery` reads them, `directory` opens a store. `disk` is what the
//! store asks of a disk, `files` the disk of the system. `index` says which messages a stream has, `memory` keeps messages
//! in memory. `fields` reads and writes headers, `hash` is the one hash.
//!
//! Invariants: the crate is pure but for the module that says otherwise. No bytes make it panic, and none are believed
//! unless a check over them holds.
#![forbid(unsafe_code)]

mod directory;
mod disk;
mod faults;
mod fields;
mod files;
mod frame;
mod hash;
mod head;
mod index;
mod log;
mod memory;
mod record;
mod recovery;
mod section;

#[cfg(test)]
mod tests;

pub use directory::{OpenError, open_directory};
pub use disk::{Call, Disk, DiskError, DiskFile};
#[cfg(any(test, fuzzing, feature = "simulation"))]
pub use faults::Fault;
pub use files::{Directory, OpenFile};
pub use frame::{BLOCK, DIRECTORY_ENTRY, FRAME_HEADER, FrameHeader, Listed, in_blocks};
pub use hash::Chain;
pub use head::{FileName, FirstFrame, Head};
pub use index::{Gaps, Indexed, StreamIndex, SubjectState, Totals};
pub use log::{ChainEnd, Event, FileNames, Job, Log, LogOptions, StreamEnd, StreamKey, Withdrawn};
pub use memory::{MemoryMessages, StoredMessage};
pub use record::{
    Entry, EntryTooLong, Floors, Parsed, RECORD_HEADER, RECORD_MAX, Record, RecordError, StreamId, encode_record,
    parse_record,
};
#[cfg(any(test, fuzzing, feature = "simulation"))]
pub use recovery::recover_with;
pub use recovery::{Cut, Damage, Lost, Recovered, Report, Visitor, recover};
pub use section::{Place, Records, SECTION_FULL, SECTION_HEADER, Section, SectionError};
