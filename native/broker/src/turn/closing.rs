//! Closing of sockets: what is left is written, our end is shut, and the socket is kept until the peer has all of it.
//!
//! A socket that is closed with something unread resets its connection, and the reset may overtake sent data. So it
//! stays open until all data is acknowledged: milliseconds, and never longer than the connection's time to linger.

use crate::turn::{EventLoop, Io};
use std::io;

/// How often unacknowledged data is checked: there is no event for it.
const ASK_EVERY_NS: u64 = 2_000_000;

/// Sockets whose end is shut and which are kept until the peer has everything.
#[derive(Default)]
pub(crate) struct Lingering {
    /// With the time since when they are kept.
    sockets: Vec<(u32, u64)>,
    /// When they are checked next.
    due_ns: u64,
}

impl Lingering {
    /// When the next check is due, if there are any.
    pub fn due(&self) -> Option<u64> {
        (!self.sockets.is_empty()).then_some(self.due_ns)
    }

    fn add(&mut self, slot: u32, since_ns: u64, now_ns: u64) {
        if self.sockets.is_empty() {
            self.due_ns = now_ns + ASK_EVERY_NS;
        }
        self.sockets.push((slot, since_ns));
    }

    fn take_due(&mut self, now_ns: u64) -> Vec<(u32, u64)> {
        match self.due() {
            Some(due) if due <= now_ns => std::mem::take(&mut self.sockets),
            _ => Vec::new(),
        }
    }
}

impl<I: Io> EventLoop<I> {
    /// Whether the slot still is the closing connection's: another one may have it by now.
    pub(crate) fn is_closing(&mut self, slot: u32) -> bool {
        self.shard.conn(slot).is_some_and(|conn| conn.is_closing())
    }

    pub(crate) fn shut_closing(&mut self) {
        loop {
            let closing = self.shard.take_closing();
            if closing.is_empty() {
                break;
            }
            for slot in closing {
                if self.is_closing(slot) {
                    self.shut(slot);
                }
            }
            // Closing a connection may have queued output for others.
            self.flush_dirty();
        }
    }

    pub(crate) fn drop_expired(&mut self) {
        for slot in self.shard.take_expired() {
            if self.is_closing(slot) {
                self.drop_socket(slot);
            }
        }
    }

    /// Writes what is left and shuts our end. What does not fit is written when the socket is writable again, until the
    /// connection's time is up. Where a reset is to follow, our end is not shut before.
    pub(crate) fn shut(&mut self, slot: u32) {
        self.flush(slot);
        let Some(conn) = self.shard.conn(slot).filter(|conn| conn.out().is_empty()) else {
            return;
        };
        let resets = conn.has_unread_input();
        let Some(Some(socket)) = self.sockets.get_mut(slot as usize) else {
            return;
        };
        if socket.shut {
            return;
        }
        if !resets {
            match self.io.shut(&mut socket.stream) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    socket.writable = false;
                    return;
                }
                Err(_) => return self.drop_socket(slot),
            }
        }
        socket.shut = true;
        let now = self.shard.delivery.now_ns();
        self.drop_or_keep(slot, now, now);
    }

    /// Drops the sockets whose data is acknowledged.
    pub(crate) fn drop_acknowledged(&mut self) {
        let now = self.shard.delivery.now_ns();
        for (slot, since) in self.lingering.take_due(now) {
            self.drop_or_keep(slot, since, now);
        }
    }

    fn drop_or_keep(&mut self, slot: u32, since: u64, now: u64) {
        // Its time may have been up before, and the slot may be another connection's.
        let Some(Some(socket)) = self.sockets.get_mut(slot as usize) else {
            return;
        };
        if !socket.shut {
            return;
        }
        if !self.io.has_arrived(&socket.stream, now.saturating_sub(since)) {
            return self.lingering.add(slot, since, now);
        }
        if self.shard.conn(slot).is_some_and(|conn| conn.has_unread_input()) {
            self.io.reset(&mut socket.stream);
        }
        self.drop_socket(slot);
    }

    /// Reads from a closed connection and discards it as long as something is to be written: its peer may read only
    /// after it has written.
    pub(crate) fn discard(&mut self, slot: u32) {
        let Some(Some(socket)) = self.sockets.get_mut(slot as usize) else {
            return;
        };
        if socket.shut {
            return;
        }
        match self.io.read(&mut socket.stream, &mut self.buffer) {
            // The peer has shut its end only, and may still read.
            Ok(0) => {}
            Ok(_) => self.mark_ready(slot),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => self.mark_ready(slot),
            Err(_) => self.drop_socket(slot),
        }
    }

    fn drop_socket(&mut self, slot: u32) {
        if let Some(mut socket) = self.sockets.get_mut(slot as usize).and_then(Option::take) {
            self.io.deregister(&mut socket.stream);
        }
        self.shard.remove_connection(slot);
        while matches!(self.sockets.last(), Some(None)) {
            self.sockets.pop();
        }
    }
}
