//! Queue names: each is stored once, with the number of subscriptions that use it.

use crate::hash_seed::HashSeed;
use crate::slab::Slab;
use hashbrown::HashTable;

/// A queue name inside one `Sublist`. Valid until the last subscription of that name is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QueueId(pub(crate) u32);

impl QueueId {
    /// The id as a number.
    pub fn get(self) -> u32 {
        self.0
    }
}

#[derive(Debug)]
struct Name {
    text: Box<[u8]>,
    uses: usize,
}

#[derive(Debug)]
pub(crate) struct QueueNames {
    names: Slab<Name>,
    index: HashTable<u32>,
    text_bytes: usize,
}

impl QueueNames {
    pub(crate) fn new() -> Self {
        Self {
            names: Slab::new(),
            index: HashTable::new(),
            text_bytes: 0,
        }
    }

    pub(crate) fn find(&self, seed: &HashSeed, name: &[u8]) -> Option<QueueId> {
        let hash = seed.hash(name);
        self.index
            .find(hash, |&id| *self.names.at(id).text == *name)
            .map(|&id| QueueId(id))
    }

    /// The id of `name`; counts one more use.
    pub(crate) fn acquire(&mut self, seed: &HashSeed, name: &[u8]) -> QueueId {
        if let Some(id) = self.find(seed, name) {
            self.names.at_mut(id.0).uses += 1;
            return id;
        }
        let id = self.names.insert(Name {
            text: name.into(),
            uses: 1,
        });
        self.text_bytes += name.len();
        let names = &self.names;
        self.index
            .insert_unique(seed.hash(name), id, |&id| seed.hash(&names.at(id).text));
        QueueId(id)
    }

    /// Counts one use less; the name is removed with its last use.
    pub(crate) fn release(&mut self, seed: &HashSeed, id: QueueId) {
        let name = self.names.at_mut(id.0);
        name.uses -= 1;
        if name.uses > 0 {
            return;
        }
        let hash = seed.hash(&name.text);
        if let Ok(entry) = self.index.find_entry(hash, |&other| other == id.0) {
            entry.remove();
        }
        if let Some(name) = self.names.remove(id.0) {
            self.text_bytes -= name.text.len();
        }
        if self.index.is_empty() {
            self.index = HashTable::new();
        }
    }

    pub(crate) fn get(&self, id: QueueId) -> Option<&[u8]> {
        self.names.get(id.0).map(|name| &*name.text)
    }

    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        self.names.capacity_bytes() + self.index.allocation_size() + self.text_bytes
    }
}
