//! The end of sockets: last words out, our end shut, the peer's waited for.

use crate::reactor::Reactor;
use std::io::{self, Read};
use std::net::Shutdown;

impl Reactor {
    /// Whether the slot still is the closing connection's: that may have gone, and another have come, meanwhile.
    pub(crate) fn is_closing(&mut self, slot: u32) -> bool {
        self.shard.conn(slot).is_some_and(|conn| conn.is_closing())
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
        if socket.stream.shutdown(Shutdown::Write).is_err() {
            return self.drop_socket(slot);
        }
        self.mark_ready(slot);
    }

    /// Reads from a closed connection until its peer closes too.
    pub(crate) fn discard(&mut self, slot: u32) {
        let Some(Some(socket)) = self.sockets.get_mut(slot as usize) else {
            return;
        };
        match socket.stream.read(&mut self.buffer) {
            // What is still to be written may be read: the peer has only ended its own sending.
            Ok(0) if !socket.shut => {}
            Ok(0) => self.drop_socket(slot),
            Ok(_) => self.mark_ready(slot),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => self.mark_ready(slot),
            Err(_) => self.drop_socket(slot),
        }
    }

    pub(crate) fn drop_socket(&mut self, slot: u32) {
        if let Some(mut socket) = self.sockets.get_mut(slot as usize).and_then(Option::take) {
            let _ = self.registry().deregister(&mut socket.stream);
        }
        self.shard.remove_connection(slot);
        while matches!(self.sockets.last(), Some(None)) {
            self.sockets.pop();
        }
    }
}
