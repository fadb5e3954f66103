//! Lists of subject patterns, as permissions use them.
//!
//! An entry is `subject` or `subject queue`; both parts may have wildcards. An entry without a queue applies to every
//! subscription on its subjects. An entry with a queue applies only to subscriptions in a queue group that its queue
//! part equals or matches.
//!
//! A requested subscription is matched like a literal subject: its `*` and `>` are ordinary tokens. So `bar.*` matches
//! the request `bar.>`, although that covers more subjects, and does not match `>`. Whether a subject beyond the
//! entries may be received has to be checked for each message.

use crate::error::InvalidPattern;
use crate::hash_seed::HashSeed;
use crate::sublist::Sublist;
use crate::validate::{check_subject, has_wildcard, is_subset, literal_matches};

/// A list of patterns.
#[derive(Debug)]
pub struct PatternSet {
    plain: Sublist,
    scoped: Vec<Scoped>,
}

/// An entry with a queue.
#[derive(Debug)]
struct Scoped {
    subject: Box<[u8]>,
    queue: Box<[u8]>,
}

impl Scoped {
    fn includes_queue(&self, queue: &[u8]) -> bool {
        // The name of a queue may look like a pattern, so equality is checked first.
        *self.queue == *queue || (has_wildcard(&self.queue) && is_subset(queue, &self.queue))
    }
}

impl Default for PatternSet {
    fn default() -> Self {
        Self {
            // The patterns are an operator's: peers only look subjects up, and need no secret to hinder them.
            plain: Sublist::new(HashSeed::new(0)),
            scoped: Vec::new(),
        }
    }
}

impl PatternSet {
    /// Builds the list; the first bad entry is the error.
    pub fn new<E: AsRef<[u8]>>(entries: impl IntoIterator<Item = E>) -> Result<Self, InvalidPattern> {
        let mut set = Self::default();
        for entry in entries {
            set.insert(entry.as_ref())?;
        }
        Ok(set)
    }

    /// Adds `subject` or `subject queue`.
    pub fn insert(&mut self, entry: &[u8]) -> Result<(), InvalidPattern> {
        let shown = || String::from_utf8_lossy(entry).into_owned();
        let mut parts = entry
            .split(|byte| b" \t\r\n\x0c".contains(byte))
            .filter(|part| !part.is_empty());
        let subject = parts.next().unwrap_or_default();
        let queue = parts.next();
        if parts.next().is_some() {
            return Err(InvalidPattern::TooManyParts { entry: shown() });
        }
        check_subject(subject).map_err(|reason| InvalidPattern::Subject { entry: shown(), reason })?;
        if let Some(queue) = queue {
            check_subject(queue).map_err(|reason| InvalidPattern::Queue { entry: shown(), reason })?;
            self.scoped.push(Scoped {
                subject: subject.into(),
                queue: queue.into(),
            });
            return Ok(());
        }
        self.plain
            .insert(subject, None, self.plain.len() as u32)
            .map(|_| ())
            .map_err(|reason| InvalidPattern::Subject { entry: shown(), reason })
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.plain.len() + self.scoped.len()
    }

    /// Whether there are no entries. An empty list matches nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether an entry without a queue matches this literal subject.
    pub fn matches_literal(&self, subject: &[u8]) -> bool {
        self.plain.has_interest(subject)
    }

    /// Whether an entry matches this literal subject for a subscription in `queue` (`None`: in no queue group).
    pub fn matches_literal_in_queue(&self, subject: &[u8], queue: Option<&[u8]>) -> bool {
        self.matches_literal(subject)
            || queue.is_some_and(|queue| {
                self.scoped
                    .iter()
                    .any(|e| literal_matches(subject, &e.subject) && e.includes_queue(queue))
            })
    }

    /// As an allow list: whether a subscription to `subject` in `queue` is permitted.
    ///
    /// If entries with a queue match the subject, only they decide about queue subscriptions: with `foo` and `foo v1`,
    /// plain subscriptions and the queue `v1` may use `foo`, the queue `v2` may not.
    pub fn allows(&self, subject: &[u8], queue: Option<&[u8]>) -> bool {
        let Some(queue) = queue else {
            return self.matches_literal(subject);
        };
        let mut decided = false;
        for entry in self.scoped.iter().filter(|e| literal_matches(subject, &e.subject)) {
            if entry.includes_queue(queue) {
                return true;
            }
            decided = true;
        }
        !decided && self.matches_literal(subject)
    }
}
