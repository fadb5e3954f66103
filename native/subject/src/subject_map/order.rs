//! The numbers of entries, sorted by the bytes of their subjects.
//!
//! Sorted blocks of limited size, each with a copy of its first subject, so that a search reads few others. Subjects that come in ascending order are appended; others wait, unsorted, until there
//! are enough of them, or until someone walks: sorting many at once is far cheaper than a search for each.

use super::entries::Entries;
use crate::text::Text;

/// Numbers in a block at most; a fuller one is divided.
const BLOCK: usize = 128;
/// New numbers that may wait.
const WAITING: usize = 1024;

#[derive(Debug)]
pub(super) struct Order {
    /// None of them is empty.
    blocks: Vec<Block>,
    waiting: Vec<u32>,
    /// The block that is swept next.
    sweep_at: usize,
}

#[derive(Debug)]
struct Block {
    /// Not above any subject of the block, and above all of the block before.
    first: Text,
    ids: Vec<u32>,
}

impl Block {
    fn new<V: Copy>(ids: Vec<u32>, entries: &Entries<V>) -> Self {
        let first = Text::new(ids.first().map_or(&[], |&id| entries.text(id)));
        Self { first, ids }
    }
}

/// Where a walk stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    block: usize,
    index: usize,
}

impl Order {
    pub(super) fn new() -> Self {
        Self {
            blocks: Vec::new(),
            waiting: Vec::new(),
            sweep_at: 0,
        }
    }

    /// Adds the number of a new subject.
    pub(super) fn insert<V: Copy>(&mut self, id: u32, entries: &Entries<V>) {
        if self.waiting.is_empty() && self.is_behind_all(id, entries) {
            self.append(id, entries);
            return;
        }
        self.waiting.push(id);
        if self.waiting.len() >= WAITING {
            self.settle(entries);
        }
    }

    /// Sorts in what waits. Walks need it.
    pub(super) fn settle<V: Copy>(&mut self, entries: &Entries<V>) {
        let mut waiting = std::mem::take(&mut self.waiting);
        waiting.sort_unstable_by(|&a, &b| entries.text(a).cmp(entries.text(b)));
        let mut rest = &waiting[..];
        while let Some(&first) = rest.first() {
            let block = self.block_of(entries.text(first));
            let taken = match self.blocks.get(block + 1) {
                Some(next) => rest.partition_point(|&id| entries.text(id) < next.first.as_bytes()),
                None => rest.len(),
            };
            let (these, remaining) = rest.split_at(taken);
            self.merge(block, these, entries);
            rest = remaining;
        }
        waiting.clear();
        self.waiting = waiting;
        if self.blocks.is_empty() {
            self.waiting = Vec::new();
        }
    }

    /// The first place whose subject is not below `text`.
    pub(super) fn seek<V: Copy>(&self, text: &[u8], entries: &Entries<V>) -> Place {
        let block = self.block_of(text);
        let index = self
            .blocks
            .get(block)
            .map_or(0, |block| block.ids.partition_point(|&id| entries.text(id) < text));
        self.normal(Place { block, index })
    }

    /// The same, for a text above the subject at `place`: the near places are looked at first.
    pub(super) fn seek_after<V: Copy>(&self, place: Place, text: &[u8], entries: &Entries<V>) -> Place {
        let near = self.after(place);
        match self.at(near) {
            Some(id) if entries.text(id) < text => {}
            _ => return near,
        }
        let ids = &self.blocks[near.block].ids;
        if ids.last().is_some_and(|&id| entries.text(id) >= text) {
            let index = near.index + ids[near.index..].partition_point(|&id| entries.text(id) < text);
            return Place { index, ..near };
        }
        self.seek(text, entries)
    }

    #[inline]
    pub(super) fn at(&self, place: Place) -> Option<u32> {
        self.blocks.get(place.block)?.ids.get(place.index).copied()
    }

    #[inline]
    pub(super) fn after(&self, place: Place) -> Place {
        self.normal(Place {
            index: place.index + 1,
            ..place
        })
    }

    /// How many numbers the next sweep looks at.
    pub(super) fn next_sweep_cost(&self) -> usize {
        self.blocks.get(self.sweep_at).map_or(WAITING, |block| block.ids.len())
    }

    /// Takes removed entries out of one block. They are added to `removed`; the result is how many were looked at.
    pub(super) fn sweep_block<V: Copy>(&mut self, entries: &Entries<V>, removed: &mut Vec<u32>) -> usize {
        if self.sweep_at >= self.blocks.len() {
            self.sweep_at = 0;
        }
        let Some(Block { ids, .. }) = self.blocks.get_mut(self.sweep_at) else {
            return 0;
        };
        let looked_at = ids.len();
        ids.retain(|&id| {
            let is_kept = entries.value(id).is_some();
            if !is_kept {
                removed.push(id);
            }
            is_kept
        });
        self.join_at(self.sweep_at);
        looked_at
    }

    pub(super) fn heap_bytes(&self) -> usize {
        let ids: usize = self.blocks.iter().map(|block| block.ids.capacity()).sum();
        let firsts: usize = self.blocks.iter().map(|block| block.first.boxed_bytes()).sum();
        (ids + self.waiting.capacity()) * size_of::<u32>() + firsts + self.blocks.capacity() * size_of::<Block>()
    }

    fn is_behind_all<V: Copy>(&self, id: u32, entries: &Entries<V>) -> bool {
        let last = self.blocks.last().and_then(|block| block.ids.last());
        last.is_none_or(|&last| entries.text(last) < entries.text(id))
    }

    /// Appends a number whose subject is above all others.
    fn append<V: Copy>(&mut self, id: u32, entries: &Entries<V>) {
        match self.blocks.last_mut() {
            Some(last) if last.ids.len() < BLOCK => last.ids.push(id),
            _ => self.blocks.push(Block::new(vec![id], entries)),
        }
    }

    /// The block a subject belongs into.
    fn block_of(&self, text: &[u8]) -> usize {
        self.blocks
            .partition_point(|block| block.first.as_bytes() <= text)
            .saturating_sub(1)
    }

    /// Merges sorted numbers into a block, and divides it if it is too full.
    fn merge<V: Copy>(&mut self, block: usize, ids: &[u32], entries: &Entries<V>) {
        if self.blocks.is_empty() {
            self.blocks.push(Block::new(Vec::new(), entries));
        }
        let old = std::mem::take(&mut self.blocks[block].ids);
        let mut merged = Vec::with_capacity(old.len() + ids.len());
        let mut rest = &old[..];
        for &id in ids {
            let text = entries.text(id);
            let before = rest.partition_point(|&other| entries.text(other) < text);
            merged.extend_from_slice(&rest[..before]);
            merged.push(id);
            rest = &rest[before..];
        }
        merged.extend_from_slice(rest);
        if merged.len() <= BLOCK {
            self.blocks[block] = Block::new(merged, entries);
            return;
        }
        let parts = merged.len().div_ceil(BLOCK * 3 / 4);
        let pieces = merged.chunks(merged.len().div_ceil(parts));
        let pieces = pieces.map(|ids| Block::new(ids.to_vec(), entries));
        self.blocks.splice(block..=block, pieces);
        if self.sweep_at > block {
            self.sweep_at += parts - 1;
        }
    }

    /// Removes a swept block if it is empty, joins it with the next one if both are small, and goes on to the next one.
    fn join_at(&mut self, block: usize) {
        if self.blocks[block].ids.is_empty() {
            self.blocks.remove(block);
            return;
        }
        let small = |block: &Block| block.ids.len() < BLOCK / 3;
        if small(&self.blocks[block]) && self.blocks.get(block + 1).is_some_and(small) {
            let next = self.blocks.remove(block + 1);
            self.blocks[block].ids.extend(next.ids);
            return;
        }
        self.blocks[block].ids.shrink_to_fit();
        self.sweep_at = block + 1;
    }

    /// A place behind the last number of a block is the first one of the next.
    fn normal(&self, place: Place) -> Place {
        match self.blocks.get(place.block) {
            Some(block) if place.index >= block.ids.len() => Place {
                block: place.block + 1,
                index: 0,
            },
            _ => place,
        }
    }
}
