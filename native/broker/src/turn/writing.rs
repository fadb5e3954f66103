//! Writes what waits for connections, and wakes loops that something was sent to.

use crate::connection::close::CloseReason;
use crate::turn::{EventLoop, Io};
use std::io::{self, IoSlice};

/// Bytes written to one socket in one turn.
const WRITE_BYTES: usize = 4 << 20;
/// Chunks handed to one vectored write.
const SLICES_MAX: usize = 64;

impl<I: Io> EventLoop<I> {
    pub(crate) fn flush_dirty(&mut self) {
        while self.shard.has_dirty() {
            let mut dirty = self.shard.take_dirty();
            for slot in dirty.drain(..) {
                if let Some(conn) = self.shard.conn(slot) {
                    conn.left_dirty_list();
                }
                self.flush(slot);
            }
            self.shard.reuse_dirty(dirty);
        }
    }

    /// Writes what waits for one connection, as far as its socket takes it.
    pub(crate) fn flush(&mut self, slot: u32) {
        let Some(Some(socket)) = self.sockets.get_mut(slot as usize) else {
            return;
        };
        self.shard.flush_begins(slot);
        let mut budget = WRITE_BYTES;
        while let Some(conn) = self.shard.conn(slot) {
            if conn.out().is_empty() || !socket.writable {
                break;
            }
            let mut slices: [IoSlice<'_>; SLICES_MAX] = std::array::from_fn(|_| IoSlice::new(&[]));
            let mut count = 0;
            let mut bytes = 0;
            for (place, slice) in slices.iter_mut().zip(conn.out().slices()) {
                bytes += slice.len();
                *place = slice;
                count += 1;
            }
            match self.io.write(&mut socket.stream, &slices[..count]) {
                Ok(written) => {
                    self.shard.wrote(slot, written);
                    socket.written = true;
                    budget = budget.saturating_sub(written);
                    if written < bytes {
                        // The next write would block, or return the error.
                        continue;
                    }
                    if budget == 0 {
                        self.unfinished.push(slot);
                        break;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => socket.writable = false,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => {
                    if let Some(conn) = self.shard.conn(slot) {
                        conn.drop_output();
                    }
                    return self.shard.socket_ended(slot, CloseReason::WriteError);
                }
            }
        }
        self.shard.flushed(slot);
    }

    /// Wakes loops that are asleep and have something in their inboxes.
    pub(crate) fn wake_others(&mut self) {
        for reactor in self.shard.take_wakes() {
            self.io.wake(usize::from(reactor));
        }
    }
}
