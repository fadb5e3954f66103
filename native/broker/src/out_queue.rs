//! Bytes waiting to be written to one connection.
//!
//! A queue of chunks: frames are appended to the last one until it is full, chunks staged elsewhere join whole.
//! Nothing is copied twice, and an idle queue owns no memory.

use std::collections::VecDeque;
use std::io::IoSlice;

/// Size from which a chunk takes no more frames.
const CHUNK_BYTES: usize = 128 * 1024;

/// An unbounded FIFO of bytes; the bound is the connection's policy.
#[derive(Debug, Default)]
pub struct OutQueue {
    chunks: VecDeque<Vec<u8>>,
    /// Bytes of the first chunk already written.
    head: usize,
    bytes: usize,
}

impl OutQueue {
    /// Bytes waiting.
    pub fn len(&self) -> usize {
        self.bytes
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// Appends one frame given as two parts.
    #[inline]
    pub fn push2(&mut self, a: &[u8], b: &[u8], spare: &mut BufferPool) {
        let added = a.len() + b.len();
        let tail = match self.chunks.back_mut() {
            Some(tail) if tail.len() < CHUNK_BYTES => tail,
            _ => self.grow(spare),
        };
        tail.reserve(added);
        tail.extend_from_slice(a);
        tail.extend_from_slice(b);
        self.bytes += added;
    }

    /// Appends bytes.
    pub fn push(&mut self, bytes: &[u8], spare: &mut BufferPool) {
        self.push2(bytes, &[], spare);
    }

    /// Appends a chunk staged elsewhere without copying it, unless it is small and there is room.
    pub fn push_chunk(&mut self, chunk: Vec<u8>, spare: &mut BufferPool) {
        const WORTH_COPYING: usize = 4096;
        match self.chunks.back_mut() {
            Some(tail) if chunk.len() <= WORTH_COPYING && tail.len() < CHUNK_BYTES => {
                tail.extend_from_slice(&chunk);
                self.bytes += chunk.len();
                spare.put(chunk);
            }
            _ => {
                self.bytes += chunk.len();
                self.chunks.push_back(chunk);
            }
        }
    }

    /// What to write next, in order.
    pub fn slices(&self) -> impl Iterator<Item = IoSlice<'_>> {
        let head = self.head;
        self.chunks
            .iter()
            .enumerate()
            .map(move |(i, c)| IoSlice::new(if i == 0 { &c[head..] } else { c }))
    }

    /// Takes note that `written` bytes left.
    pub fn advance(&mut self, mut written: usize, spare: &mut BufferPool) {
        self.bytes -= written;
        while let Some(front) = self.chunks.front() {
            let left = front.len() - self.head;
            if written < left {
                self.head += written;
                return;
            }
            written -= left;
            self.head = 0;
            if let Some(done) = self.chunks.pop_front() {
                spare.put(done);
            }
        }
        if self.chunks.capacity() > 8 {
            self.chunks = VecDeque::new();
        }
    }

    /// Drops everything.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    #[cold]
    fn grow(&mut self, spare: &mut BufferPool) -> &mut Vec<u8> {
        let fresh = spare.take();
        self.chunks.push_back(fresh);
        self.chunks.back_mut().expect("just pushed")
    }
}

/// Emptied buffers kept for the next one who needs room. Bounded, so a burst is given back.
#[derive(Debug, Default)]
pub struct BufferPool {
    buffers: Vec<Vec<u8>>,
    bytes: usize,
}

impl BufferPool {
    const BYTES_MAX: usize = 8 << 20;

    /// A buffer with nothing in it, perhaps with room.
    pub fn take(&mut self) -> Vec<u8> {
        let buffer = self.buffers.pop().unwrap_or_default();
        self.bytes -= buffer.capacity();
        buffer
    }

    /// Gives a buffer back.
    pub fn put(&mut self, mut buffer: Vec<u8>) {
        let room = buffer.capacity();
        if room >= 256 && self.bytes + room <= Self::BYTES_MAX {
            buffer.clear();
            self.bytes += room;
            self.buffers.push(buffer);
        }
    }

    /// Frees everything, when the loop has gone idle.
    pub fn shrink(&mut self) {
        *self = Self::default();
    }
}
