//! The end of sockets: last words out, our end shut, the peer's waited for.

use crate::turn::{EventLoop, Io};
use std::io;

impl<I: Io> EventLoop<I> {
    /// Whether the slot still is the closing connection's: that may have gone, and another have come, meanwhile.
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
            // A closing connection may have had the last word for others.
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

    /// Writes the last words and shuts our end; the peer's end is waited for, so that it can read them: a socket that
    /// is dropped with something unread takes them back. If they do not fit now, the socket calls again when it takes
    /// more; all of it ends when the connection's time is up.
    pub(crate) fn shut(&mut self, slot: u32) {
        self.flush(slot);
        if self.shard.conn(slot).is_some_and(|conn| !conn.out.is_empty()) {
            return;
        }
        let Some(Some(socket)) = self.sockets.get_mut(slot as usize) else {
            return;
        };
        if socket.shut {
            return;
        }
        socket.shut = true;
        if self.io.shut(&mut socket.stream).is_err() {
            return self.drop_socket(slot);
        }
        self.mark_ready(slot);
    }

    /// Reads from a closed connection until its peer closes too.
    pub(crate) fn discard(&mut self, slot: u32) {
        let Some(Some(socket)) = self.sockets.get_mut(slot as usize) else {
            return;
        };
        match self.io.read(&mut socket.stream, &mut self.buffer) {
            // What is still to be written may be read: the peer has only ended its own sending.
            Ok(0) if !socket.shut => {}
            Ok(0) => self.drop_socket(slot),
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
