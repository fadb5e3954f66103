//! A connection's subscriptions by the names the client gave them.

use crate::interest::Interest;
use hashbrown::{HashTable, hash_table};
use nt_subject::HashSeed;

/// A connection's subscriptions by the client's name for them. Holds ids and hashes only: the names are in the
/// interest, which every caller that looks one up has locked anyway.
#[derive(Debug, Default)]
pub(crate) struct SidTable {
    ids: HashTable<(u32, u32)>,
}

/// Spreads the kept half of a hash over the bits that the table uses.
fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

impl SidTable {
    /// Names are chosen by clients, so the seed is a secret.
    fn hash(sid: &[u8], seed: &HashSeed) -> u32 {
        seed.hash(sid) as u32
    }

    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// The live subscription of that name. An id whose subscription has ended, or is another's by now, is not found.
    pub fn find(&self, sid: &[u8], member: u32, interest: &Interest, seed: &HashSeed) -> Option<u32> {
        self.ids
            .find(spread(Self::hash(sid, seed)), |(id, _)| {
                interest
                    .subscription_of(member, *id)
                    .is_some_and(|sub| *sub.sid() == *sid)
            })
            .map(|(id, _)| *id)
    }

    pub fn insert(&mut self, sid: &[u8], id: u32, seed: &HashSeed) {
        let hash = Self::hash(sid, seed);
        self.ids
            .insert_unique(spread(hash), (id, hash), |(_, hash)| spread(*hash));
    }

    /// Forgets an id under its name; the subscription itself may be removed already.
    pub fn forget(&mut self, sid: &[u8], id: u32, seed: &HashSeed) {
        let hash = Self::hash(sid, seed);
        // The id alone is not enough: it may be another name's by now.
        if let Ok(entry) = self.ids.find_entry(spread(hash), |entry| *entry == (id, hash)) {
            entry.remove();
        }
        if self.ids.is_empty() {
            self.ids = HashTable::new();
        }
    }

    /// The ids, in no order.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.ids.iter().map(|(id, _)| *id)
    }

    /// Takes all ids. The table is empty then.
    pub fn take(&mut self) -> SidIds {
        SidIds(std::mem::take(&mut self.ids).into_iter())
    }
}

/// The ids a [`SidTable`] had, in no order.
#[derive(Debug)]
pub(crate) struct SidIds(hash_table::IntoIter<(u32, u32)>);

impl Iterator for SidIds {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        self.0.next().map(|(id, _)| id)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for SidIds {}
