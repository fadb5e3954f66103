//! A map from literal subjects to small values, for millions of subjects: what a stream knows about each of its subjects.
//!
//! What: lookups by subject through hash tables, walks over the subjects that match a filter in ascending order of their
//! bytes. A walk costs a search for each subject it finds and for each gap it skips, whatever the map holds besides.
//!
//! Layout: `entries` has the values and texts by a number, `NumberTable` finds the number of a subject, `order` keeps the
//! numbers sorted, `seek` says where the next subject can be that matches a filter.
//!
//! Invariants: no operation takes long, since an event loop waits for it: everything grows in portions. A removed entry
//! stays in the order until its block is swept, without a value; walks and lookups do not see it.
//! About 45 bytes for each subject besides its text and value.

mod entries;
mod order;
mod seek;

use self::entries::Entries;
use self::order::Order;
use self::seek::{Filter, Step};
use crate::hash_seed::HashSeed;
use crate::number_table::NumberTable;
use std::ops::ControlFlow;

/// The longest subject a map takes, in bytes.
const MAX_SUBJECT_BYTES: usize = u16::MAX as usize;

/// Values by literal subject.
#[derive(Debug)]
pub struct SubjectMap<V> {
    seed: HashSeed,
    entries: Entries<V>,
    numbers: NumberTable,
    order: Order,
    len: usize,
    /// Entries to sweep for removals that were not swept yet.
    sweep_debt: usize,
}

/// Entries swept for each removal: more than one, so that the removed ones remain a small part.
const SWEEP_RATE: usize = 4;

impl<V: Copy> SubjectMap<V> {
    /// An empty map. `random` is a secret: whoever knows it can choose subjects whose hashes collide.
    pub fn new(random: u64) -> Self {
        Self {
            seed: HashSeed::new(random),
            entries: Entries::new(),
            numbers: NumberTable::new(),
            order: Order::new(),
            len: 0,
            sweep_debt: 0,
        }
    }

    /// Number of subjects.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no subject.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The value of a subject.
    #[inline]
    pub fn get(&self, subject: &[u8]) -> Option<&V> {
        self.entries.value(self.find(subject)?)
    }

    /// The value of a subject, to change it.
    #[inline]
    pub fn get_mut(&mut self, subject: &[u8]) -> Option<&mut V> {
        let id = self.find(subject)?;
        self.entries.value_mut(id)
    }

    /// Sets the value of a subject; the value before, if there was one.
    ///
    /// # Panics
    /// If the subject is 64 KiB long or longer, which the protocol refuses long before.
    pub fn insert(&mut self, subject: &[u8], value: V) -> Option<V> {
        assert!(subject.len() <= MAX_SUBJECT_BYTES, "subjects are shorter than 64 KiB");
        let hash = self.seed.hash(subject);
        if let Some(id) = self.numbers.find(hash, |id| self.entries.text(id) == subject) {
            // A removed entry that was not swept yet is used again.
            let before = self.entries.set(id, value);
            self.len += usize::from(before.is_none());
            return before;
        }
        let id = self.entries.add(subject, value);
        let (seed, entries) = (&self.seed, &self.entries);
        self.numbers.insert(hash, id, |id| seed.hash(entries.text(id)));
        self.order.insert(id, entries);
        self.len += 1;
        None
    }

    /// Removes a subject; its value, if it was there.
    pub fn remove(&mut self, subject: &[u8]) -> Option<V> {
        let id = self.find(subject)?;
        let value = self.entries.remove(id)?;
        self.len -= 1;
        if self.len == 0 {
            self.clear();
        } else {
            self.sweep_debt += SWEEP_RATE;
            self.sweep();
        }
        Some(value)
    }

    /// Removes all subjects, and gives their memory back.
    pub fn clear(&mut self) {
        self.entries = Entries::new();
        self.numbers = NumberTable::new();
        self.order = Order::new();
        (self.len, self.sweep_debt) = (0, 0);
    }

    /// Calls `visit` with each subject that matches the filter, in ascending order of bytes, until it breaks. A filter
    /// may have wildcards; `>` visits everything.
    pub fn walk<B>(&mut self, filter: &[u8], visit: impl FnMut(&[u8], &V) -> ControlFlow<B>) -> Option<B> {
        self.walk_from(filter, b"", visit)
    }

    /// The same from the first subject on that is not below `start`.
    pub fn walk_from<B>(
        &mut self,
        filter: &[u8],
        start: &[u8],
        mut visit: impl FnMut(&[u8], &V) -> ControlFlow<B>,
    ) -> Option<B> {
        self.order.settle(&self.entries);
        let filter = Filter::new(filter);
        let first = filter.literal_prefix().max(start);
        let mut place = self.order.seek(first, &self.entries);
        let mut target = Vec::new();
        while let Some(id) = self.order.at(place) {
            let text = self.entries.text(id);
            place = match filter.step(text, &mut target) {
                Step::Matches => {
                    if let Some(value) = self.entries.value(id)
                        && let ControlFlow::Break(result) = visit(text, value)
                    {
                        return Some(result);
                    }
                    self.order.after(place)
                }
                Step::Next => self.order.after(place),
                Step::Seek => self.order.seek_after(place, &target, &self.entries),
                Step::End => break,
            };
        }
        None
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        self.entries.heap_bytes() + self.numbers.heap_bytes() + self.order.heap_bytes()
    }

    #[inline]
    fn find(&self, subject: &[u8]) -> Option<u32> {
        let hash = self.seed.hash(subject);
        self.numbers.find(hash, |id| self.entries.text(id) == subject)
    }

    /// Forgets removed entries of the next block once enough are owed.
    fn sweep(&mut self) {
        if self.sweep_debt < self.order.next_sweep_cost() {
            return;
        }
        self.order.settle(&self.entries);
        let mut removed = Vec::new();
        let swept = self.order.sweep_block(&self.entries, &mut removed);
        self.sweep_debt = self.sweep_debt.saturating_sub(swept.max(1));
        for id in removed {
            let (seed, entries) = (&self.seed, &self.entries);
            let hash = seed.hash(entries.text(id));
            self.numbers.remove(hash, id, |id| seed.hash(entries.text(id)));
            self.entries.free(id);
        }
    }
}
