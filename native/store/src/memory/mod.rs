//! The messages of a stream in memory.
//!
//! What: messages by sequence, appended behind each other, read and removed anywhere.
//!
//! Layout: a `chunk` has successive messages in one piece of memory. What is removed is unused until its chunk is mostly
//! unused; then what is left is moved, together with the left of a neighbour if that is small, too.
//!
//! Invariants: an operation touches one chunk, or two. Unused memory is at most about as much as used memory, besides the
//! chunk that is being filled.

mod chunk;

use self::chunk::Chunk;
use std::collections::BTreeMap;

/// Bytes of a chunk; a longer message has a chunk of its own.
const CHUNK_BYTES: usize = 1 << 18;

/// A message as it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredMessage<'a> {
    /// Its place in the stream.
    pub sequence: u64,
    /// When it was stored, nanoseconds since 1970.
    pub time_ns: i64,
    /// The sequence of the message before on the same subject, 0 if there was none.
    pub before: u64,
    /// Its literal subject.
    pub subject: &'a [u8],
    /// Its block of headers, empty if there is none.
    pub headers: &'a [u8],
    /// Its body.
    pub body: &'a [u8],
}

/// Messages by sequence.
#[derive(Debug, Default)]
pub struct MemoryMessages {
    /// By the first sequence that each may have; none is empty.
    chunks: BTreeMap<u64, Chunk>,
}

impl MemoryMessages {
    /// No messages.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a message behind all others.
    ///
    /// # Panics
    /// If its sequence is not above those before, or if a part is longer than 4 GiB.
    pub fn add(&mut self, message: StoredMessage<'_>) {
        let last = self.chunks.last_entry();
        if let Some(mut last) = last
            && last.get().has_room_for(&message, CHUNK_BYTES)
        {
            last.get_mut().add(message);
            return;
        }
        let is_full = self.chunks.last_key_value().map(|(&first, _)| first);
        let mut chunk = Chunk::new(message.sequence);
        chunk.add(message);
        self.chunks.insert(message.sequence, chunk);
        if let Some(full) = is_full {
            self.close(full);
        }
    }

    /// A message; `None` if it is not there.
    pub fn get(&self, sequence: u64) -> Option<StoredMessage<'_>> {
        self.chunks.range(..=sequence).next_back()?.1.get(sequence)
    }

    /// Removes a message. Whether it was there.
    pub fn remove(&mut self, sequence: u64) -> bool {
        let Some((&first, chunk)) = self.chunks.range_mut(..=sequence).next_back() else {
            return false;
        };
        if !chunk.remove(sequence) {
            return false;
        }
        if chunk.is_empty() {
            self.chunks.remove(&first);
        } else if chunk.is_mostly_unused() && self.chunks.range(first + 1..).next().is_some() {
            self.compact(first);
        }
        true
    }

    /// Removes all messages.
    pub fn clear(&mut self) {
        self.chunks.clear();
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        self.chunks
            .values()
            .map(|chunk| chunk.heap_bytes() + size_of::<(u64, Chunk)>())
            .sum()
    }

    /// Gives back what a chunk was made larger for than it needed.
    fn close(&mut self, first: u64) {
        if let Some(chunk) = self.chunks.get_mut(&first) {
            chunk.shrink();
            if chunk.is_mostly_unused() {
                self.compact(first);
            }
        }
    }

    /// Moves what is left of a chunk, and of the one before if both fit into one.
    fn compact(&mut self, first: u64) {
        let before = self.chunks.range(..first).next_back();
        let joined = before.filter(|(_, before)| {
            before.is_mostly_unused() && before.used_bytes() + self.chunks[&first].used_bytes() <= CHUNK_BYTES
        });
        let start = joined.map_or(first, |(&start, _)| start);
        let mut compacted = Chunk::new(start);
        let pieces: Vec<u64> = self.chunks.range(start..=first).map(|(&piece, _)| piece).collect();
        for piece in pieces {
            if let Some(old) = self.chunks.remove(&piece) {
                old.messages().for_each(|message| compacted.add(message));
            }
        }
        compacted.shrink();
        self.chunks.insert(start, compacted);
    }
}

#[cfg(test)]
mod tests;
