//! Limits of a stream: what is refused because of them, and what goes.

use super::checks::Rollup;
use super::config::Discard;
use super::{Stream, expiry};
use crate::contents::memory_bytes;
use crate::errors::{Refusal, STREAM_STORE_FAILED};
use crate::publish::Ttl;
use nt_store::StoredMessage;

impl Stream {
    /// Refuses what there is no room for, where new messages are refused rather than old ones removed (STR-31, STR-32).
    pub(super) fn refuse_beyond_limits(&self, message: &StoredMessage<'_>, is_rollup: bool) -> Result<(), Refusal> {
        let Discard::New { per_subject } = self.config.discard else {
            return Ok(());
        };
        let state = self.contents.subject(message.subject);
        let is_subject_full = self
            .config
            .max_messages_per_subject
            .is_some_and(|max| state.is_some_and(|state| state.messages >= max));
        if is_subject_full && per_subject && !is_rollup {
            return Err(STREAM_STORE_FAILED.with("maximum messages per subject exceeded"));
        }
        let totals = self.totals();
        let is_full = self.config.max_messages.is_some_and(|max| totals.messages >= max);
        // One that replaces another takes no room that was not taken.
        if is_full && !is_subject_full {
            return Err(STREAM_STORE_FAILED.with("maximum messages exceeded"));
        }
        let bytes = memory_bytes(message.subject, message.headers, message.body);
        let is_too_much = self.config.max_bytes.is_some_and(|max| totals.bytes + bytes > max);
        if is_too_much && !(is_subject_full && self.oldest_bytes(message.subject) >= bytes) {
            return Err(STREAM_STORE_FAILED.with("maximum bytes exceeded"));
        }
        Ok(())
    }

    fn oldest_bytes(&self, subject: &[u8]) -> u64 {
        let oldest = self
            .contents
            .oldest_of(subject)
            .and_then(|sequence| self.contents.get(sequence));
        oldest.map_or(0, |oldest| memory_bytes(oldest.subject, oldest.headers, oldest.body))
    }

    /// Adds a message, and removes what it leaves no room for or replaces.
    pub(super) fn store(&mut self, message: &StoredMessage<'_>, ttl: Option<Ttl>, rollup: Option<Rollup>) {
        self.contents.add(*message);
        if self.config.allows_ttl
            && let Some(deadline) = ttl.and_then(|ttl| ttl.deadline(message.time_ns))
        {
            self.deadlines.insert(deadline, message.sequence);
        }
        self.enforce_subject_limit(message.subject);
        self.enforce_limits();
        self.roll_up(message.subject, rollup, message.sequence);
    }

    /// Removes what a message replaces: everything on its subject, or in the stream, but itself.
    pub(super) fn roll_up(&mut self, subject: &[u8], rollup: Option<Rollup>, sequence: u64) {
        let replaced: Vec<u64> = match rollup {
            None => return,
            Some(Rollup::Subject) => self.contents.sequences_of(subject).collect(),
            Some(Rollup::All) => self.sequences_below(sequence),
        };
        for other in replaced {
            if other != sequence {
                self.contents.remove(other);
            }
        }
    }

    pub(super) fn sequences_below(&self, end: u64) -> Vec<u64> {
        let index = self.contents.index();
        let following = |&sequence: &u64| index.next_from(sequence + 1);
        std::iter::successors(index.next_from(0), following)
            .take_while(|&sequence| sequence < end)
            .collect()
    }

    /// Everything, after limits were lowered.
    pub(super) fn enforce_all_limits(&mut self) {
        if let Some(max) = self.config.max_messages_per_subject {
            let mut subjects = self.contents.matching(b">");
            subjects.retain(|(_, state)| state.messages > max);
            for (subject, _) in subjects {
                self.enforce_subject_limit(&subject);
            }
        }
        self.enforce_limits();
    }

    fn enforce_subject_limit(&mut self, subject: &[u8]) {
        let Some(max) = self.config.max_messages_per_subject else {
            return;
        };
        let excess = |stream: &Self| {
            stream
                .contents
                .subject(subject)
                .is_some_and(|state| state.messages > max)
        };
        while excess(self)
            && let Some(oldest) = self.contents.oldest_of(subject)
        {
            self.contents.remove(oldest);
        }
    }

    /// The oldest messages go until there are not too many, and not too many bytes.
    fn enforce_limits(&mut self) {
        let is_beyond = |stream: &Self| {
            let totals = stream.totals();
            stream.config.max_messages.is_some_and(|max| totals.messages > max)
                || stream.config.max_bytes.is_some_and(|max| totals.bytes > max)
        };
        while is_beyond(self) && self.contents.remove(self.totals().first_sequence).is_some() {}
    }

    pub(super) fn forget_old_ids(&mut self) {
        self.forget_ids_before(self.now_ns);
    }

    /// Forgets ids that are older than the window.
    pub(super) fn forget_ids_before(&mut self, now: i64) {
        let oldest = now.saturating_sub(self.config.duplicate_window_ns);
        while self.duplicates.forget_before(oldest, expiry::PORTION) {}
    }
}
