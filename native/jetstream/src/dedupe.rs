//! The ids of messages that were published lately (`Nats-Msg-Id`): a message with an id that is known is a duplicate.
//!
//! Ids are kept whole, in the order of their messages, in chunks that are dropped when all of their ids are too old. So an
//! id costs its length and about 30 bytes, and no operation takes long.

use nt_subject::{HashSeed, NumberTable};
use std::collections::VecDeque;

/// Ids in a chunk.
const CHUNK: usize = 512;

/// Known ids, each with the sequence of its message.
#[derive(Debug)]
pub struct DuplicateWindow {
    seed: HashSeed,
    chunks: VecDeque<Chunk>,
    /// Number of the first id of the first chunk. Numbers wrap; far fewer ids than there are numbers fit into memory.
    first: u32,
    /// Ids of the first chunk that were forgotten.
    forgotten: usize,
    numbers: NumberTable,
}

#[derive(Debug, Default)]
struct Chunk {
    ids: Vec<Id>,
    texts: Vec<u8>,
}

#[derive(Debug, Clone, Copy)]
struct Id {
    sequence: u64,
    time: i64,
    /// Where its text ends in the texts of its chunk; it starts where the one before ends.
    end: u32,
}

impl Chunk {
    fn text(&self, index: usize) -> &[u8] {
        let start = index.checked_sub(1).map_or(0, |before| self.ids[before].end);
        &self.texts[start as usize..self.ids[index].end as usize]
    }
}

impl DuplicateWindow {
    /// No ids. `random` is a secret: whoever knows it can choose ids whose hashes collide.
    pub fn new(random: u64) -> Self {
        Self {
            seed: HashSeed::new(random),
            chunks: VecDeque::new(),
            first: 0,
            forgotten: 0,
            numbers: NumberTable::new(),
        }
    }

    /// Number of ids.
    pub fn len(&self) -> usize {
        let full = self.chunks.len().saturating_sub(1) * CHUNK;
        full + self.chunks.back().map_or(0, |chunk| chunk.ids.len()) - self.forgotten
    }

    /// Whether there is no id.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The sequence of the message that had this id.
    pub fn find(&self, id: &[u8]) -> Option<u64> {
        let number = self
            .numbers
            .find(self.seed.hash(id), |number| self.text(number) == id)?;
        let (chunk, index) = self.place(number);
        Some(self.chunks[chunk].ids[index].sequence)
    }

    /// Adds the id of a message. Times never go back. An id that is known already is left as it is.
    pub fn insert(&mut self, id: &[u8], sequence: u64, time: i64) {
        if self.find(id).is_some() {
            return;
        }
        if self.chunks.back().is_none_or(|chunk| chunk.ids.len() == CHUNK) {
            self.chunks.push_back(Chunk::default());
        }
        let last = self.chunks.len() - 1;
        let chunk = &mut self.chunks[last];
        let number = self.first.wrapping_add((last * CHUNK + chunk.ids.len()) as u32);
        chunk.texts.extend_from_slice(id);
        let end = chunk.texts.len() as u32;
        chunk.ids.push(Id { sequence, time, end });
        self.with_hashes(|numbers, hash_of| numbers.insert(hash_of(number), number, hash_of));
    }

    /// Forgets ids of messages from before a time, at most `limit` of them. Whether there may be more.
    pub fn forget_before(&mut self, time: i64, limit: usize) -> bool {
        for _ in 0..limit {
            match self.chunks.front().and_then(|chunk| chunk.ids.get(self.forgotten)) {
                Some(oldest) if oldest.time < time => self.forget_oldest(),
                _ => return false,
            }
        }
        true
    }

    /// Forgets ids of messages from a sequence on: they were withdrawn.
    pub fn withdraw_from(&mut self, sequence: u64) {
        while let Some(chunk) = self.chunks.back()
            && let Some(newest) = chunk.ids.last()
            && newest.sequence >= sequence
            && !self.is_empty()
        {
            let number = self
                .first
                .wrapping_add(((self.chunks.len() - 1) * CHUNK + chunk.ids.len() - 1) as u32);
            self.with_hashes(|numbers, hash_of| numbers.remove(hash_of(number), number, hash_of));
            self.drop_newest();
        }
    }

    /// All ids with sequence and time, the oldest first.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], u64, i64)> {
        let all = self.chunks.iter().flat_map(|chunk| {
            let ids = chunk.ids.iter().enumerate();
            ids.map(|(index, id)| (chunk.text(index), id.sequence, id.time))
        });
        all.skip(self.forgotten)
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        let chunks: usize = self
            .chunks
            .iter()
            .map(|chunk| chunk.texts.capacity() + chunk.ids.capacity() * size_of::<Id>())
            .sum();
        chunks + self.chunks.capacity() * size_of::<Chunk>() + self.numbers.heap_bytes()
    }

    fn forget_oldest(&mut self) {
        let number = self.first.wrapping_add(self.forgotten as u32);
        self.with_hashes(|numbers, hash_of| numbers.remove(hash_of(number), number, hash_of));
        self.forgotten += 1;
        if self
            .chunks
            .front()
            .is_some_and(|chunk| chunk.ids.len() == self.forgotten)
        {
            let whole = self.chunks.pop_front().map_or(0, |chunk| chunk.ids.len());
            self.first = self.first.wrapping_add(whole as u32);
            self.forgotten = 0;
        }
    }

    fn drop_newest(&mut self) {
        let Some(chunk) = self.chunks.back_mut() else {
            return;
        };
        chunk.ids.pop();
        let end = chunk.ids.last().map_or(0, |id| id.end);
        chunk.texts.truncate(end as usize);
        let is_first = self.chunks.len() == 1;
        let left = self.chunks.back().map_or(0, |chunk| chunk.ids.len());
        if left == 0 || (is_first && left == self.forgotten) {
            self.chunks.pop_back();
            if is_first {
                self.first = self.first.wrapping_add(left as u32);
                self.forgotten = 0;
            }
        }
    }

    fn place(&self, number: u32) -> (usize, usize) {
        let offset = number.wrapping_sub(self.first) as usize;
        (offset / CHUNK, offset % CHUNK)
    }

    fn text(&self, number: u32) -> &[u8] {
        let (chunk, index) = self.place(number);
        self.chunks[chunk].text(index)
    }

    /// Changes the table of numbers, which asks for the hashes of ids.
    fn with_hashes(&mut self, change: impl FnOnce(&mut NumberTable, &dyn Fn(u32) -> u64)) {
        let mut numbers = std::mem::take(&mut self.numbers);
        change(&mut numbers, &|number| self.seed.hash(self.text(number)));
        self.numbers = numbers;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    #[derive(Debug, Clone)]
    enum Operation {
        Insert(u16, i64),
        Forget(i64, usize),
        Withdraw(u64),
    }

    fn operation() -> impl Strategy<Value = Operation> {
        prop_oneof![
            8 => (0..900_u16, 0..3_i64).prop_map(|(id, later)| Operation::Insert(id, later)),
            2 => (0..400_i64, 0..300_usize).prop_map(|(age, limit)| Operation::Forget(age, limit)),
            1 => (0..40_u64).prop_map(Operation::Withdraw),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn a_window_knows_what_a_list_knows(first in any::<u32>(), operations in vec(operation(), 1..3000)) {
            let mut window = DuplicateWindow::new(1);
            window.first = first;
            let mut model: Vec<(Vec<u8>, u64, i64)> = Vec::new();
            let (mut sequence, mut now) = (0, 0);
            for operation in operations {
                match operation {
                    Operation::Insert(id, later) => {
                        now += later;
                        let id = format!("id-{id}").into_bytes();
                        let known = model.iter().find(|known| known.0 == id).map(|known| known.1);
                        prop_assert_eq!(window.find(&id), known);
                        if known.is_none() {
                            sequence += 1;
                            window.insert(&id, sequence, now);
                            model.push((id, sequence, now));
                        }
                    }
                    Operation::Forget(age, limit) => {
                        let old = model.iter().take_while(|known| known.2 < now - age).count();
                        prop_assert_eq!(window.forget_before(now - age, limit), old >= limit);
                        model.drain(..old.min(limit));
                    }
                    Operation::Withdraw(count) => {
                        sequence = sequence.saturating_sub(count);
                        window.withdraw_from(sequence + 1);
                        model.retain(|known| known.1 <= sequence);
                    }
                }
                prop_assert_eq!(window.len(), model.len());
            }
            let all: Vec<_> = window.iter().map(|(id, sequence, time)| (id.to_vec(), sequence, time)).collect();
            prop_assert_eq!(all, model);
        }
    }

    #[test]
    fn an_id_costs_its_length_and_about_forty_bytes() {
        let mut window = DuplicateWindow::new(2);
        for n in 0..100_000 {
            window.insert(format!("{n:022}").as_bytes(), n, 0);
        }
        let each = window.heap_bytes() / window.len() - 22;
        assert!(each < 60, "{each} bytes");
        while window.forget_before(1, 1000) {}
        assert_eq!(window.len(), 0);
        assert!(window.heap_bytes() < 100_000, "{} bytes", window.heap_bytes());
    }
}
