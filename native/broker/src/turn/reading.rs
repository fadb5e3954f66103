//! Reading: one read per connection and turn, and its consequences.

use crate::connection::close::CloseReason;
use crate::turn::{EventLoop, Io, READ_BYTES};
use std::io;

/// An unfinished operation longer than this collects in its own connection instead of passing through the buffer again.
const COLLECT_BYTES: usize = 64 * 1024;
/// How often what one read causes is written before others get their turn.
const FLUSHES_PER_TURN: usize = 4;
/// Output above this is written right after the read that caused it, while it is in the cache.
const FLUSH_EARLY_BYTES: usize = 64 * 1024;

impl<I: Io> EventLoop<I> {
    /// Reads once from one socket, and handles what was read.
    pub(crate) fn read(&mut self, slot: u32) {
        let Some(Some(socket)) = self.sockets.get_mut(slot as usize) else {
            return;
        };
        let Some(conn) = self.shard.conn(slot) else { return };
        if conn.is_closing() {
            return self.discard(slot);
        }
        if conn.is_paused() {
            return; // stays readable; the end of the pause brings it back
        }
        self.buffers_released = false;
        if let Some(whole) = conn.take_unhandled() {
            return self.handle_held(slot, whole);
        }
        let read_bytes = conn.read_bytes().min(READ_BYTES);
        let (held, need) = conn.held();
        let have = held.len();
        // A long line does not say how long it is.
        let collecting = need.max(have) > COLLECT_BYTES;
        let (from, to) = if collecting {
            let missing = if need > have { need - have } else { read_bytes };
            (0, read_bytes.min(missing))
        } else {
            self.buffer[..have].copy_from_slice(held);
            (have, (have + read_bytes).min(READ_BYTES))
        };
        let outcome = self.io.read(&mut socket.stream, &mut self.buffer[from..to]);
        // What another loop sent before these bytes were sent comes first.
        self.shard.drain_before_parsing();
        match outcome {
            Ok(0) => self.shard.socket_ended(slot, CloseReason::ClientClosed),
            Ok(count) => {
                let is_answer = std::mem::take(&mut socket.written);
                self.io.note_read(count, is_answer);
                if count == to - from || socket.read_closed || self.io.has_unread(&socket.stream) {
                    self.mark_ready(slot);
                }
                if collecting {
                    self.receive_collected(slot, count, need);
                } else {
                    self.receive(slot, from + count);
                }
                self.after_read(slot, count);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => self.mark_ready(slot),
            Err(_) => self.shard.socket_ended(slot, CloseReason::ReadError),
        }
    }

    /// Handles whole operations that were left from the last turn.
    fn handle_held(&mut self, slot: u32, whole: Vec<u8>) {
        let used = self.handle(slot, &whole);
        if let Some(conn) = self.shard.conn(slot) {
            conn.held().0.extend_from_slice(&whole[used..]);
        }
        // The socket may have more as well.
        self.mark_ready(slot);
        self.after_read(slot, whole.len());
    }

    fn receive(&mut self, slot: u32, len: usize) {
        let buffer = std::mem::take(&mut self.buffer);
        self.receive_bytes(slot, &buffer[..len]);
        self.buffer = buffer;
    }

    /// Has what was held and read handled, and holds what is left of it.
    pub(crate) fn receive_bytes(&mut self, slot: u32, data: &[u8]) {
        let used = self.handle(slot, data);
        if let Some(conn) = self.shard.conn(slot) {
            let (held, _) = conn.held();
            if used < data.len() {
                held.clear();
                held.extend_from_slice(&data[used..]);
            } else if held.capacity() > 0 {
                *held = Vec::new();
            }
        }
    }

    /// Has the shard handle bytes, writing in between when much is staged. Returns how many are handled; the rest is
    /// left for the next turn when this has taken long enough.
    fn handle(&mut self, slot: u32, data: &[u8]) -> usize {
        let mut used = 0;
        for _ in 0..FLUSHES_PER_TURN {
            let done = self.shard.receive(slot, &data[used..]);
            debug_assert!(done <= data.len() - used, "no more is handled than was passed");
            self.io.note_handled(slot, done);
            used += done;
            if !self.shard.should_flush() {
                return used;
            }
            self.flush_dirty();
            self.wake_others();
        }
        if used < data.len() {
            if let Some(conn) = self.shard.conn(slot) {
                conn.set_unhandled();
            }
            self.mark_ready(slot);
        }
        used
    }

    fn receive_collected(&mut self, slot: u32, count: usize, need: usize) {
        let Some(conn) = self.shard.conn(slot) else { return };
        let (held, _) = conn.held();
        held.reserve_exact(need.saturating_sub(held.len()));
        held.extend_from_slice(&self.buffer[..count]);
        if held.len() < need {
            return;
        }
        let whole = std::mem::take(held);
        let used = self.handle(slot, &whole);
        if used < whole.len()
            && let Some(conn) = self.shard.conn(slot)
        {
            conn.held().0.extend_from_slice(&whole[used..]);
        }
    }

    fn after_read(&mut self, slot: u32, count: usize) {
        self.wake_others();
        if count >= FLUSH_EARLY_BYTES {
            self.flush_dirty();
        }
        self.shard.pause_for_backlog(slot);
    }
}
