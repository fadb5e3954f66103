//! The messages of a stream and what is known about them, as one thing: adding and removing keeps both in step.
//!
//! Owns the index and the messages of a stream in memory. Decides nothing: which message goes is a matter of `stream`.

use nt_store::{Indexed, MemoryMessages, StoredMessage, StreamIndex, SubjectState, Totals};
use std::ops::ControlFlow;

/// With at most this many messages a subject's oldest one is found from its last one, message by message.
const WALK_BACK: u64 = 128;

/// The messages of a stream.
#[derive(Debug)]
pub(crate) struct Contents {
    index: StreamIndex,
    messages: MemoryMessages,
}

/// What a message counts for in a stream that is kept in memory (STR-10).
pub(crate) fn memory_bytes(subject: &[u8], headers: &[u8], body: &[u8]) -> u64 {
    (16 + subject.len() + headers.len() + body.len()) as u64
}

impl Contents {
    /// No messages; the first one will have this sequence.
    pub(crate) fn new(first_sequence: u64, random: u64) -> Self {
        Self {
            index: StreamIndex::new(first_sequence, random),
            messages: MemoryMessages::new(),
        }
    }

    pub(crate) fn totals(&self) -> Totals {
        self.index.totals()
    }

    pub(crate) fn index(&self) -> &StreamIndex {
        &self.index
    }

    pub(crate) fn get(&self, sequence: u64) -> Option<StoredMessage<'_>> {
        self.messages.get(sequence)
    }

    pub(crate) fn subject(&self, subject: &[u8]) -> Option<SubjectState> {
        self.index.subject(subject).copied()
    }

    /// The last message of the subjects that match a filter, which may have wildcards.
    pub(crate) fn last_of(&mut self, filter: &[u8]) -> Option<u64> {
        if !nt_subject::has_wildcard(filter) {
            return self.subject(filter).map(|state| state.last_sequence);
        }
        let mut last = None;
        self.walk(filter, |_, state| {
            last = last.max(Some(state.last_sequence));
            ControlFlow::<()>::Continue(())
        });
        last
    }

    /// Calls `visit` with the subjects that match a filter.
    pub(crate) fn walk<B>(
        &mut self,
        filter: &[u8],
        visit: impl FnMut(&[u8], &SubjectState) -> ControlFlow<B>,
    ) -> Option<B> {
        self.index.walk(filter, b"", visit)
    }

    /// The subjects that match a filter, with what they have.
    pub(crate) fn matching(&mut self, filter: &[u8]) -> Vec<(Vec<u8>, SubjectState)> {
        let mut found = Vec::new();
        self.walk(filter, |subject, state| {
            found.push((subject.to_vec(), *state));
            ControlFlow::<()>::Continue(())
        });
        found
    }

    /// Adds a message behind the last sequence. `before` is filled in here.
    pub(crate) fn add(&mut self, message: StoredMessage<'_>) {
        let before = self.subject(message.subject).map_or(0, |state| state.last_sequence);
        self.messages.add(StoredMessage { before, ..message });
        self.index.add(indexed(&message), message.time_ns);
    }

    /// Uses a sequence without a message.
    pub(crate) fn skip(&mut self, sequence: u64, time_ns: i64) {
        self.index.skip(sequence, time_ns);
    }

    /// Removes a message; what it counted for, if it was there.
    pub(crate) fn remove(&mut self, sequence: u64) -> Option<u64> {
        let message = self.messages.get(sequence)?;
        let indexed = indexed(&message);
        let (messages, index) = (&self.messages, &mut self.index);
        let lowest = index
            .subject(message.subject)
            .map_or(sequence, |state| state.first_sequence);
        index.remove(indexed, || previous(messages, &message, lowest));
        let bytes = indexed.bytes;
        self.messages.remove(sequence);
        Some(bytes)
    }

    /// Removes all messages; how many there were.
    pub(crate) fn clear(&mut self) -> u64 {
        let count = self.totals().messages;
        self.index.clear();
        self.messages.clear();
        count
    }

    /// The oldest message of a subject.
    pub(crate) fn oldest_of(&self, subject: &[u8]) -> Option<u64> {
        let state = self.subject(subject)?;
        let is_of_subject = |sequence| self.get(sequence).is_some_and(|message| message.subject == subject);
        if state.messages == 1 || is_of_subject(state.first_sequence) {
            return Some(state.first_sequence);
        }
        if state.messages <= WALK_BACK {
            return self.sequences_of(subject).last();
        }
        let mut next = self.index.next_from(state.first_sequence);
        while let Some(sequence) = next {
            if is_of_subject(sequence) {
                return Some(sequence);
            }
            next = self.index.next_from(sequence + 1);
        }
        None
    }

    /// The messages of a subject, the newest first.
    pub(crate) fn sequences_of(&self, subject: &[u8]) -> impl Iterator<Item = u64> + '_ {
        let state = self.subject(subject);
        let lowest = state.map_or(0, |state| state.first_sequence);
        let newest = state.map(|state| state.last_sequence);
        std::iter::successors(newest, move |&sequence| {
            let message = self.messages.get(sequence)?;
            previous(&self.messages, &message, lowest)
        })
        .take(state.map_or(0, |state| state.messages as usize))
    }

    /// Bytes on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.index.heap_bytes() + self.messages.heap_bytes()
    }
}

fn indexed<'a>(message: &StoredMessage<'a>) -> Indexed<'a> {
    Indexed {
        sequence: message.sequence,
        subject: message.subject,
        bytes: memory_bytes(message.subject, message.headers, message.body),
    }
}

/// The message before on the same subject, not below `lowest`. The one that the message names may have been removed;
/// then it is searched for.
fn previous(messages: &MemoryMessages, message: &StoredMessage<'_>, lowest: u64) -> Option<u64> {
    let named = message.before;
    if named == 0 || named < lowest {
        return None;
    }
    if messages.get(named).is_some() {
        return Some(named);
    }
    (lowest..named).rev().find(|&sequence| {
        messages
            .get(sequence)
            .is_some_and(|other| other.subject == message.subject)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn add(contents: &mut Contents, sequence: u64, subject: &[u8]) {
        contents.add(StoredMessage {
            sequence,
            time_ns: 0,
            before: 0,
            subject,
            headers: b"",
            body: b"x",
        });
    }

    proptest! {
        /// Messages are added on a few subjects and removed anywhere.
        #[test]
        fn the_messages_of_a_subject_are_found_whatever_was_removed(
            subjects in vec(0..4_u8, 1..80),
            removals in vec(any::<prop::sample::Index>(), 0..60),
        ) {
            let mut contents = Contents::new(1, 7);
            let mut model: Vec<(u64, Vec<u8>)> = Vec::new();
            let name = |subject: u8| format!("s.{subject}").into_bytes();
            let mut removals = removals.into_iter();
            for (n, &subject) in subjects.iter().enumerate() {
                let sequence = n as u64 + 1;
                add(&mut contents, sequence, &name(subject));
                model.push((sequence, name(subject)));
                if n % 3 == 2 && let Some(which) = removals.next() {
                    let (sequence, subject) = model.remove(which.index(model.len()));
                    prop_assert_eq!(contents.remove(sequence), Some(memory_bytes(&subject, b"", b"x")));
                }
            }
            for subject in 0..4 {
                let mut expected: Vec<u64> = model
                    .iter()
                    .filter(|message| message.1 == name(subject))
                    .map(|message| message.0)
                    .collect();
                prop_assert_eq!(contents.oldest_of(&name(subject)), expected.first().copied());
                prop_assert_eq!(contents.last_of(&name(subject)), expected.last().copied());
                expected.reverse();
                let found: Vec<u64> = contents.sequences_of(&name(subject)).collect();
                prop_assert_eq!(found, expected);
            }
            prop_assert_eq!(contents.last_of(b"s.*"), model.last().map(|message| message.0));
        }
    }
}
