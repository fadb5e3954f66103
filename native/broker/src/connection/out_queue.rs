//! Bytes waiting to be written to one connection.
//!
//! A queue of chunks: frames are appended to the last one until it is full, chunks staged elsewhere join whole.
//! Hardly anything is copied twice, and an idle queue owns no memory.

use crate::connection::buffer_pool::{BufferPool, SMALL_BYTES};
use crate::delivery::burst::Burst;
use crate::delivery::byte_range::ByteRange;
use std::collections::VecDeque;
use std::io::IoSlice;

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
    pub fn push2(&mut self, a: &[u8], b: &[u8], pool: &mut BufferPool) {
        let added = a.len() + b.len();
        let tail = match self.chunks.back_mut() {
            Some(tail) if tail.capacity() - tail.len() >= added => tail,
            _ => self.grow(added, pool),
        };
        tail.extend_from_slice(a);
        tail.extend_from_slice(b);
        self.bytes += added;
    }

    /// Appends the frames of a burst: to each the prefix, then its part of the input.
    pub(crate) fn push_burst(&mut self, prefix: ByteRange<'_>, burst: Burst<'_>, pool: &mut BufferPool) {
        let Burst { data, frames: mut left } = burst;
        while let Some(first) = left.first() {
            let needed = prefix.len() + first.range(data).len();
            let tail = match self.chunks.back_mut() {
                Some(tail) if tail.capacity() - tail.len() >= needed => tail,
                _ => self.grow(needed, pool),
            };
            let before = tail.len();
            let mut fitted = 0;
            for frame in left {
                let body = frame.range(data);
                if tail.capacity() - tail.len() < prefix.len() + body.len() {
                    break;
                }
                prefix.append_to(tail);
                body.append_to(tail);
                fitted += 1;
            }
            let added = tail.len() - before;
            self.bytes += added;
            left = &left[fitted..];
        }
    }

    /// Appends bytes.
    pub fn push(&mut self, bytes: &[u8], pool: &mut BufferPool) {
        self.push2(bytes, &[], pool);
    }

    /// Appends a chunk staged elsewhere without copying it, unless it is small and there is room.
    pub fn push_chunk(&mut self, chunk: Vec<u8>, pool: &mut BufferPool) {
        const WORTH_COPYING: usize = 4096;
        self.bytes += chunk.len();
        match self.chunks.back_mut() {
            Some(tail) if chunk.len() <= WORTH_COPYING && tail.capacity() - tail.len() >= chunk.len() => {
                tail.extend_from_slice(&chunk);
                pool.put(chunk);
            }
            _ => self.chunks.push_back(chunk),
        }
    }

    /// Appends everything from another queue.
    pub fn append(&mut self, other: &mut Self) {
        debug_assert_eq!(other.head, 0, "nothing was written from a queue without a socket");
        self.bytes += other.bytes;
        self.chunks.append(&mut other.chunks);
        other.clear();
    }

    /// What to write next, in order.
    pub fn slices(&self) -> impl Iterator<Item = IoSlice<'_>> {
        let head = self.head;
        self.chunks
            .iter()
            .enumerate()
            .map(move |(i, c)| IoSlice::new(if i == 0 { &c[head..] } else { c }))
    }

    /// Removes `written` bytes from the front.
    pub fn advance(&mut self, mut written: usize, pool: &mut BufferPool) {
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
                pool.put(done);
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

    /// Room for `added` more bytes: a small chunk grows, a large one is followed by another.
    #[cold]
    fn grow(&mut self, added: usize, pool: &mut BufferPool) -> &mut Vec<u8> {
        if let Some(tail) = self.chunks.back_mut()
            && tail.len() + added <= SMALL_BYTES
        {
            tail.reserve(added);
        } else {
            let fresh = if self.chunks.is_empty() {
                pool.take_small(added)
            } else {
                pool.take_large(added)
            };
            self.chunks.push_back(fresh);
        }
        self.chunks.back_mut().expect("there is one now")
    }
}
