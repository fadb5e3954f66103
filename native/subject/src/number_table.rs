//! Numbers of entries by the hash of their keys.
//!
//! A large map has many tables: a table that grows moves all it has, and an event loop waits for that.

use hashbrown::HashTable;

/// From this many entries on there are [`TABLES`] tables.
const DIVIDED_FROM: usize = 4096;
const TABLES: usize = 256;

/// Numbers by hash. The keys are kept by whoever numbers them, and are asked for.
#[derive(Debug)]
pub struct NumberTable {
    /// One or [`TABLES`].
    tables: Vec<HashTable<u32>>,
}

impl Default for NumberTable {
    fn default() -> Self {
        Self::new()
    }
}

impl NumberTable {
    /// An empty table.
    pub fn new() -> Self {
        Self {
            tables: vec![HashTable::new()],
        }
    }

    /// The number with this hash that `is_it`.
    #[inline]
    pub fn find(&self, hash: u64, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        self.table(hash).find(hash, |&id| is_it(id)).copied()
    }

    /// Adds a number that is not in the table. `hash_of` is asked for numbers that were inserted before.
    pub fn insert(&mut self, hash: u64, id: u32, hash_of: impl Fn(u32) -> u64) {
        if self.tables.len() == 1 && self.tables[0].len() >= DIVIDED_FROM {
            self.divide(&hash_of);
        }
        self.table_mut(hash).insert_unique(hash, id, |&id| hash_of(id));
    }

    /// Removes a number.
    pub fn remove(&mut self, hash: u64, id: u32, hash_of: impl Fn(u32) -> u64) {
        let table = self.table_mut(hash);
        if let Ok(entry) = table.find_entry(hash, |&other| other == id) {
            entry.remove();
        }
        if table.capacity() > 64 && table.len() < table.capacity() / 8 {
            let keep = table.len() * 2;
            table.shrink_to(keep, |&id| hash_of(id));
        }
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        let tables: usize = self.tables.iter().map(HashTable::allocation_size).sum();
        tables + self.tables.capacity() * size_of::<HashTable<u32>>()
    }

    fn divide(&mut self, hash_of: impl Fn(u32) -> u64) {
        let whole = std::mem::replace(&mut self.tables, (0..TABLES).map(|_| HashTable::new()).collect());
        for id in whole.into_iter().flatten() {
            let hash = hash_of(id);
            self.table_mut(hash).insert_unique(hash, id, |&id| hash_of(id));
        }
    }

    // A table uses the top bits of a hash and the lowest ones; these are between them.
    #[inline]
    fn index(&self, hash: u64) -> usize {
        (hash >> 40) as usize & (self.tables.len() - 1)
    }

    #[inline]
    fn table(&self, hash: u64) -> &HashTable<u32> {
        &self.tables[self.index(hash)]
    }

    #[inline]
    fn table_mut(&mut self, hash: u64) -> &mut HashTable<u32> {
        let index = self.index(hash);
        &mut self.tables[index]
    }
}
