//! What is in a stream: which sequences hold a message, what each subject has, and the sums.
//!
//! What: sums, the gaps that deletes leave, and the first and last sequence of each subject. It knows no contents; who
//! removes a message says its subject and size.
//!
//! Invariants: every sequence from the first to the last one holds a message or is a gap, so the number of messages is
//! known without counting. No operation goes through the stream: a removal of many messages is made of portions.

mod gaps;

pub use gaps::Gaps;
use nt_subject::SubjectMap;
use std::ops::ControlFlow;

/// The sums of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Number of messages.
    pub messages: u64,
    /// Their sizes, as they were told.
    pub bytes: u64,
    /// The first sequence that holds a message; without messages the one after the last.
    pub first_sequence: u64,
    /// The last sequence that was used, whether its message is there or not.
    pub last_sequence: u64,
    /// When it was used, nanoseconds since 1970; 0: never.
    pub last_time_ns: i64,
}

/// What a subject has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubjectState {
    /// Number of its messages.
    pub messages: u64,
    /// No message of the subject is below this sequence. With a single message it is the message's.
    pub first_sequence: u64,
    /// The sequence of its last message.
    pub last_sequence: u64,
}

/// A message as the index has to know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Indexed<'a> {
    /// Its place in the stream.
    pub sequence: u64,
    /// Its literal subject.
    pub subject: &'a [u8],
    /// What it counts for, in bytes.
    pub bytes: u64,
}

/// Which messages a stream has.
#[derive(Debug)]
pub struct StreamIndex {
    totals: Totals,
    gaps: Gaps,
    subjects: SubjectMap<SubjectState>,
}

impl StreamIndex {
    /// An empty stream whose first message will have `first_sequence`. `random` is a secret against chosen subjects.
    pub fn new(first_sequence: u64, random: u64) -> Self {
        let first_sequence = first_sequence.max(1);
        Self {
            totals: Totals {
                first_sequence,
                last_sequence: first_sequence - 1,
                ..Totals::default()
            },
            gaps: Gaps::new(),
            subjects: SubjectMap::new(random),
        }
    }

    /// The sums.
    pub fn totals(&self) -> Totals {
        self.totals
    }

    /// The gaps between the first and the last sequence.
    pub fn gaps(&self) -> &Gaps {
        &self.gaps
    }

    /// Number of subjects.
    pub fn subject_count(&self) -> usize {
        self.subjects.len()
    }

    /// Whether a sequence holds a message.
    pub fn holds(&self, sequence: u64) -> bool {
        (self.totals.first_sequence..=self.totals.last_sequence).contains(&sequence) && !self.gaps.contains(sequence)
    }

    /// The first message at or behind a sequence.
    pub fn next_from(&self, sequence: u64) -> Option<u64> {
        let next = self.gaps.first_outside(sequence.max(self.totals.first_sequence))?;
        (next <= self.totals.last_sequence).then_some(next)
    }

    /// How many messages there are from a sequence on.
    pub fn count_from(&self, sequence: u64) -> u64 {
        let (from, last) = (sequence.max(self.totals.first_sequence), self.totals.last_sequence);
        match last.checked_sub(from) {
            Some(span) if self.totals.messages > 0 => span + 1 - self.gaps.count_from(from),
            _ => 0,
        }
    }

    /// What a subject has.
    pub fn subject(&self, subject: &[u8]) -> Option<&SubjectState> {
        self.subjects.get(subject)
    }

    /// Calls `visit` for each subject that matches a filter, in the order of their bytes, from `start` on.
    pub fn walk<B>(
        &mut self,
        filter: &[u8],
        start: &[u8],
        visit: impl FnMut(&[u8], &SubjectState) -> ControlFlow<B>,
    ) -> Option<B> {
        self.subjects.walk_from(filter, start, visit)
    }

    /// Adds a message behind the last sequence. Sequences that it leaves out are gaps.
    ///
    /// # Panics
    /// If the sequence was used before: the log gives each one once.
    pub fn add(&mut self, message: Indexed<'_>, time_ns: i64) {
        self.use_sequence(message.sequence, time_ns);
        self.totals.messages += 1;
        self.totals.bytes += message.bytes;
        match self.subjects.get_mut(message.subject) {
            Some(state) => {
                state.messages += 1;
                state.last_sequence = message.sequence;
            }
            None => {
                let state = SubjectState {
                    messages: 1,
                    first_sequence: message.sequence,
                    last_sequence: message.sequence,
                };
                self.subjects.insert(message.subject, state);
            }
        }
    }

    /// Uses sequences up to this one without a message.
    ///
    /// # Panics
    /// If the sequence was used before.
    pub fn skip(&mut self, sequence: u64, time_ns: i64) {
        self.use_sequence(sequence, time_ns);
        self.leave(sequence);
    }

    /// Removes a message. `last_left` is the last message that the subject has besides, which matters if its last one is
    /// removed. Whether it was there.
    pub fn remove(&mut self, message: Indexed<'_>, last_left: impl FnOnce() -> Option<u64>) -> bool {
        if !self.holds(message.sequence) {
            return false;
        }
        self.totals.messages -= 1;
        self.totals.bytes = self.totals.bytes.saturating_sub(message.bytes);
        self.leave(message.sequence);
        self.remove_from_subject(message, last_left);
        true
    }

    /// Removes all messages; the sequence goes on behind the last one.
    pub fn clear(&mut self) {
        self.gaps.clear();
        self.subjects.clear();
        (self.totals.messages, self.totals.bytes) = (0, 0);
        self.totals.first_sequence = self.totals.last_sequence + 1;
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        self.gaps.heap_bytes() + self.subjects.heap_bytes()
    }

    fn use_sequence(&mut self, sequence: u64, time_ns: i64) {
        let last = self.totals.last_sequence;
        assert!(sequence > last, "sequence {sequence} was used, the last one is {last}");
        if self.totals.messages == 0 {
            self.totals.first_sequence = sequence;
        } else {
            self.gaps.insert_range(last + 1..sequence);
        }
        self.totals.last_sequence = sequence;
        self.totals.last_time_ns = time_ns;
    }

    /// A sequence between the first and the last one has no message any more.
    fn leave(&mut self, sequence: u64) {
        if sequence != self.totals.first_sequence {
            self.gaps.insert(sequence);
            return;
        }
        // Without a message left everything behind the first one is a gap, up to the last sequence.
        let next = self.gaps.first_outside(sequence + 1).unwrap_or(u64::MAX);
        self.totals.first_sequence = next.min(self.totals.last_sequence + 1);
        self.gaps.remove_below(self.totals.first_sequence);
    }

    fn remove_from_subject(&mut self, message: Indexed<'_>, last_left: impl FnOnce() -> Option<u64>) {
        let Some(state) = self.subjects.get_mut(message.subject) else {
            return;
        };
        state.messages -= 1;
        if state.messages == 0 {
            self.subjects.remove(message.subject);
            return;
        }
        if message.sequence == state.last_sequence
            && let Some(left) = last_left()
        {
            state.last_sequence = left;
        }
        if message.sequence == state.first_sequence {
            state.first_sequence += 1;
        }
        if state.messages == 1 {
            state.first_sequence = state.last_sequence;
        }
    }
}

#[cfg(test)]
mod tests;
