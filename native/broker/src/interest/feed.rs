//! The feed of interest changes, for routes and leafnodes, which repeat an account's interest elsewhere.
//!
//! A reader gets the interest there is, then every change, in order, with the number of subscriptions left of that
//! subject and queue group. Changes are appended while the interest is locked, so none is missing and none comes twice.
//! An interest without readers costs one comparison per change. A reader that is dropped is forgotten at the next
//! change.

use crate::shard::inbox::Inbox;
use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

/// How many subscriptions of a subject and queue group there are after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InterestChange {
    /// The account's id.
    pub account: u32,
    /// The subject as subscribed to, with wildcards.
    pub subject: Box<[u8]>,
    /// The queue group, if any.
    pub queue: Option<Box<[u8]>>,
    /// Subscriptions left; 0: the interest has ended.
    pub count: u32,
    /// Whether one was added; otherwise one was removed.
    pub added: bool,
}

/// The end of a feed where changes are taken.
#[derive(Debug)]
pub struct InterestReader {
    changes: Arc<Inbox<InterestChange>>,
}

impl InterestReader {
    /// Changes since the last call, in order. The first ones are the interest there was when the reader was made.
    pub fn take(&self) -> Vec<InterestChange> {
        let mut changes = Vec::new();
        self.changes.drain(&mut changes);
        changes
    }

    /// Whether there is something to take.
    pub fn has_changes(&self) -> bool {
        self.changes.has_items()
    }
}

type Key = (Box<[u8]>, Option<Box<[u8]>>);

/// The readers of one account's interest.
#[derive(Debug, Default)]
pub(crate) struct InterestFeed {
    readers: Vec<Weak<Inbox<InterestChange>>>,
    /// Subscriptions by subject and queue group, kept while there are readers.
    counts: BTreeMap<Key, u32>,
}

impl InterestFeed {
    #[inline]
    pub fn has_readers(&self) -> bool {
        !self.readers.is_empty()
    }

    /// Adds a reader. `existing` are the subscriptions there are, used for the first reader only.
    pub fn follow(&mut self, account: u32, existing: impl Iterator<Item = Key>) -> InterestReader {
        if !self.has_readers() {
            self.counts.clear();
            for key in existing {
                *self.counts.entry(key).or_insert(0) += 1;
            }
        }
        let changes = Arc::<Inbox<InterestChange>>::default();
        for ((subject, queue), &count) in &self.counts {
            let (subject, queue) = (subject.clone(), queue.clone());
            append(
                &changes,
                InterestChange {
                    account,
                    subject,
                    queue,
                    count,
                    added: true,
                },
            );
        }
        self.readers.push(Arc::downgrade(&changes));
        InterestReader { changes }
    }

    /// Reports a change to all readers.
    pub fn append(&mut self, account: u32, key: Key, added: bool) {
        let count = match added {
            true => {
                let count = self.counts.entry(key.clone()).or_insert(0);
                *count += 1;
                *count
            }
            false => self.remove_one(&key),
        };
        let (subject, queue) = key;
        let change = InterestChange {
            account,
            subject,
            queue,
            count,
            added,
        };
        self.readers.retain(|reader| match reader.upgrade() {
            Some(changes) => {
                append(&changes, change.clone());
                true
            }
            None => false,
        });
    }

    fn remove_one(&mut self, key: &Key) -> u32 {
        let Some(count) = self.counts.get_mut(key) else {
            debug_assert!(false, "what is removed was counted");
            return 0;
        };
        *count -= 1;
        let left = *count;
        if left == 0 {
            self.counts.remove(key);
        }
        left
    }
}

/// The reader polls; no thread is woken here.
fn append(changes: &Inbox<InterestChange>, change: InterestChange) {
    let _ = changes.push(change);
}
