//! Frames that one loop has staged for a connection of another loop.

use crate::connection::Conn;
use crate::connection::buffer_pool::{BufferPool, LARGE_BYTES};
use crate::delivery::backlog::Backlog;
use crate::delivery::burst::Burst;
use crate::delivery::byte_range::ByteRange;
use crate::shard::inbox::Location;
use std::sync::Arc;

/// Whole frames for one connection, on their way to its loop.
#[derive(Debug)]
pub struct RemoteBatch {
    to: Location,
    /// The receiver's: it includes what is in this batch once that is sent.
    backlog: Arc<Backlog>,
    /// Bytes it may hold: with more, the receiver has too much waiting.
    room: usize,
    /// Something found no room: the receiver is closed.
    overflowed: bool,
    /// Messages in `bytes`, and the bytes of their payloads.
    messages: u32,
    payload_bytes: u64,
    bytes: Vec<u8>,
    /// Reply subjects the receiver may answer on, where its permissions grant answers only.
    replies: Vec<Box<[u8]>>,
}

impl RemoteBatch {
    /// An empty one. More than `cut_above` bytes may not wait for its receiver.
    pub(super) fn new(to: Location, backlog: Arc<Backlog>, cut_above: usize, pool: &mut BufferPool) -> Self {
        Self {
            to,
            room: cut_above.saturating_sub(backlog.in_transit()),
            backlog,
            overflowed: false,
            messages: 0,
            payload_bytes: 0,
            bytes: pool.take_small(0),
            replies: Vec::new(),
        }
    }

    /// The receiver's location.
    #[inline]
    pub(super) fn to(&self) -> Location {
        self.to
    }

    pub(super) fn backlog(&self) -> &Arc<Backlog> {
        &self.backlog
    }

    /// Bytes of the frames.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether nothing more fits; then the receiver will be closed.
    #[inline]
    pub(super) fn is_full(&mut self) -> bool {
        let full = self.bytes.len() > self.room;
        self.overflowed |= full;
        full
    }

    /// Appends one frame given as two parts.
    #[inline]
    pub(super) fn push(&mut self, prefix: &[u8], tail: &[u8], payload_bytes: usize, pool: &mut BufferPool) {
        self.messages += 1;
        self.payload_bytes += payload_bytes as u64;
        self.reserve(prefix.len() + tail.len(), pool);
        self.bytes.extend_from_slice(prefix);
        self.bytes.extend_from_slice(tail);
    }

    /// Appends the frames of a burst.
    #[inline]
    pub(super) fn push_burst(&mut self, prefix: ByteRange<'_>, burst: Burst<'_>, pool: &mut BufferPool) {
        let Burst { data, frames } = burst;
        let Some((first, last)) = frames.first().zip(frames.last()) else {
            return;
        };
        self.messages += frames.len() as u32;
        self.reserve(frames.len() * prefix.len() + (last.end - first.start) as usize, pool);
        for frame in frames {
            self.payload_bytes += u64::from(frame.size);
            prefix.append_to(&mut self.bytes);
            frame.range(data).append_to(&mut self.bytes);
        }
    }

    #[inline]
    fn reserve(&mut self, added: usize, pool: &mut BufferPool) {
        if self.bytes.capacity() - self.bytes.len() < added {
            make_room(&mut self.bytes, added, pool);
        }
    }

    /// The receiver may answer on this subject.
    pub(super) fn grant_reply(&mut self, reply: &[u8]) {
        self.replies.push(reply.into());
    }

    /// Moves everything into the output queue of the receiver.
    pub(super) fn move_into(self, conn: &mut Conn, now_ns: u64, pool: &mut BufferPool) {
        for reply in &self.replies {
            conn.grant_reply(reply, now_ns);
        }
        if self.overflowed {
            conn.note_overflow();
        }
        conn.queue_batch(self.bytes, self.messages, self.payload_bytes, pool);
    }
}

/// Makes room in a batch: as much as is needed, or a large buffer if more than half of that is filled.
#[cold]
fn make_room(bytes: &mut Vec<u8>, added: usize, pool: &mut BufferPool) {
    let needed = bytes.len() + added;
    if needed <= LARGE_BYTES / 2 || bytes.capacity() >= LARGE_BYTES {
        return bytes.reserve(added);
    }
    let mut large = pool.take_large(needed);
    large.extend_from_slice(bytes);
    pool.put(std::mem::replace(bytes, large));
}
