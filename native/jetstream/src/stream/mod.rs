//! A stream: what it stores, answers, removes and copies.
//!
//! What: a message comes in and is checked, stored, answered and republished; time passes and messages end; messages are
//! deleted and purged.
//!
//! Layout: `config` is what it is told to be. `checks` decides about a message in the order of the reference (PUB-13 to
//! PUB-16), `publish` stores it, `limits` makes room, `expiry` ends messages, `removal` deletes and purges. `ack` and
//! `header_edit` write.
//!
//! Invariants: time and sequence never go back. What is sent because of an entry is handed out after it: today streams
//! are in memory, so at once; a stream in files will hold it back until the entry is on disk.

mod ack;
mod checks;
mod config;
mod expiry;
pub(crate) mod header_edit;
mod limits;
mod publish;
mod removal;

pub use config::{Discard, Republish, Retention, StreamConfig};
pub use publish::Publish;
pub use removal::Purge;

use self::ack::AckText;
use crate::contents::Contents;
use crate::deadlines::Deadlines;
use crate::dedupe::DuplicateWindow;
use crate::read::Selection;
use nt_store::{StoredMessage, SubjectState, Totals};

/// Takes what a stream sends.
pub trait Outbox {
    /// A message to a subject, from the server, without a reply subject.
    fn send(&mut self, subject: &[u8], headers: &[u8], body: &[u8]);
}

/// A stream in memory.
#[derive(Debug)]
pub struct Stream {
    config: StreamConfig,
    contents: Contents,
    ack: AckText,
    duplicates: DuplicateWindow,
    /// The id of the last message, empty if it had none.
    last_id: Vec<u8>,
    deadlines: Deadlines,
    /// No message below this sequence ends because of its age.
    aged_from: u64,
    /// The latest time that was seen.
    now_ns: i64,
}

impl Stream {
    /// An empty stream. `random` is a secret against chosen subjects and ids.
    pub fn new(config: StreamConfig, random: u64) -> Self {
        Self {
            contents: Contents::new(config.first_sequence, random),
            ack: AckText::new(&config.name, config.domain.as_deref()),
            duplicates: DuplicateWindow::new(random.rotate_left(17)),
            last_id: Vec::new(),
            deadlines: Deadlines::new(),
            aged_from: 0,
            now_ns: i64::MIN,
            config,
        }
    }

    /// What it was told to be.
    pub fn config(&self) -> &StreamConfig {
        &self.config
    }

    /// Its sums.
    pub fn totals(&self) -> Totals {
        self.contents.totals()
    }

    /// Number of its subjects.
    pub fn subject_count(&self) -> usize {
        self.contents.index().subject_count()
    }

    /// Sequences between the first and the last one without a message, ascending.
    pub fn deleted(&self) -> impl Iterator<Item = u64> + '_ {
        self.contents.index().gaps().iter()
    }

    /// A message.
    pub fn get(&self, sequence: u64) -> Option<StoredMessage<'_>> {
        self.contents.get(sequence)
    }

    /// The last message of the subjects that match a filter.
    pub fn last_of(&mut self, filter: &[u8]) -> Option<StoredMessage<'_>> {
        let sequence = self.contents.last_of(filter)?;
        self.contents.get(sequence)
    }

    /// The message that is wanted, if there is one.
    pub fn select(&mut self, selection: &Selection) -> Option<StoredMessage<'_>> {
        self.contents.select(selection)
    }

    pub(crate) fn contents_mut(&mut self) -> &mut Contents {
        &mut self.contents
    }

    /// The subjects that match a filter, with what they have.
    pub fn subjects(&mut self, filter: &[u8]) -> Vec<(Vec<u8>, SubjectState)> {
        self.contents.matching(filter)
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        self.contents.heap_bytes() + self.duplicates.heap_bytes()
    }

    /// Puts another configuration into force; lowered limits take effect at once (STR-22).
    pub fn update(&mut self, config: StreamConfig, now_ns: i64) {
        self.ack = AckText::new(&config.name, config.domain.as_deref());
        self.config = config;
        // Messages that were too young may not be any more.
        self.aged_from = 0;
        self.enforce_all_limits();
        self.tick_clock(now_ns);
        self.forget_old_ids();
    }

    /// The time of the stream, which never goes back.
    fn tick_clock(&mut self, now_ns: i64) -> i64 {
        self.now_ns = self.now_ns.max(now_ns);
        self.now_ns
    }
}

#[cfg(test)]
mod tests;
