//! Finding messages: by sequence, subject and time.

use crate::contents::Contents;
use nt_store::StoredMessage;
use nt_subject::literal_matches;
use std::ops::ControlFlow;

/// Which single message is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// The one with this sequence.
    Sequence(u64),
    /// The last one of the subjects that match.
    Last(Vec<u8>),
    /// The first one of the subjects that match, from a sequence on.
    Next {
        /// The filter.
        filter: Vec<u8>,
        /// The lowest sequence.
        from: u64,
    },
    /// The first one from a time on, nanoseconds since 1970.
    FirstFrom(i64),
}

/// With more subjects than this that match, a search goes through the messages instead.
const SUBJECTS_COMPARED: usize = 256;

impl Contents {
    /// The message that is wanted, if there is one.
    pub(crate) fn select(&mut self, selection: &Selection) -> Option<StoredMessage<'_>> {
        let sequence = match selection {
            Selection::Sequence(sequence) => Some(*sequence),
            Selection::Last(filter) => self.last_of(filter),
            Selection::Next { filter, from } => self.next_matching(filter, *from),
            Selection::FirstFrom(time) => self.index().next_from(self.sequence_at(*time)),
        };
        self.get(sequence?)
    }

    /// The first message from a sequence on whose subject matches.
    pub(crate) fn next_matching(&mut self, filter: &[u8], from: u64) -> Option<u64> {
        if filter == b">" {
            return self.index().next_from(from);
        }
        let bound = self.lower_bound(filter, from)?;
        let mut next = self.index().next_from(bound);
        while let Some(sequence) = next {
            if self
                .get(sequence)
                .is_some_and(|message| literal_matches(message.subject, filter))
            {
                return Some(sequence);
            }
            next = self.index().next_from(sequence + 1);
        }
        None
    }

    /// No message that matches is in front of it; `None` if there is none from `from` on.
    fn lower_bound(&mut self, filter: &[u8], from: u64) -> Option<u64> {
        let (mut bound, mut compared) = (None, 0);
        let ended = self.walk(filter, |_, state| {
            if state.last_sequence >= from {
                let first = state.first_sequence.max(from);
                bound = Some(bound.map_or(first, |bound: u64| bound.min(first)));
            }
            compared += 1;
            if compared > SUBJECTS_COMPARED {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        if ended.is_some() { Some(from) } else { bound }
    }

    /// How many messages from a sequence on match.
    pub(crate) fn count_from(&mut self, filter: &[u8], from: u64) -> u64 {
        if filter == b">" {
            return self.index().count_from(from);
        }
        let mut count = 0;
        for (subject, state) in self.matching(filter) {
            if state.first_sequence >= from {
                count += state.messages;
            } else if state.last_sequence >= from {
                count += self
                    .sequences_of(&subject)
                    .take_while(|&sequence| sequence >= from)
                    .count() as u64;
            }
        }
        count
    }

    /// The first sequence whose message is not older than a time; without one the sequence behind the last.
    pub(crate) fn sequence_at(&self, time_ns: i64) -> u64 {
        let totals = self.totals();
        let (mut low, mut high) = (totals.first_sequence, totals.last_sequence + 1);
        while low < high {
            let middle = low.midpoint(high);
            let message = self.index().next_from(middle).and_then(|sequence| self.get(sequence));
            match message {
                Some(message) if message.time_ns < time_ns => low = message.sequence + 1,
                // Everything from the middle to that message is a gap, or it.
                _ => high = middle,
            }
        }
        low
    }

    /// The last message of each subject that matches one of the filters, ascending, and none above `up_to`. `None` if
    /// there are more than `max`.
    pub(crate) fn last_of_each(&mut self, filters: &[String], up_to: u64, max: usize) -> Option<Vec<u64>> {
        let mut sequences = Vec::new();
        for filter in filters {
            for (subject, _) in self.matching(filter.as_bytes()) {
                sequences.extend(self.sequences_of(&subject).find(|&sequence| sequence <= up_to));
            }
            sequences.sort_unstable();
            sequences.dedup();
            if sequences.len() > max {
                return None;
            }
        }
        Some(sequences)
    }
}
