//! Sockets of connections that move between loops: out of one poller, into the other.
//!
//! The driver of the loops decides which connections move; the shard takes care that no message is lost
//! (`connection/migrate.rs`).

use crate::turn::{EventLoop, Io};
use std::any::Any;

/// What travels with a connection that moves to another loop.
struct MovedSocket<S> {
    stream: S,
    read_closed: bool,
}

impl<I: Io> EventLoop<I> {
    /// Sends connections whose slot on another loop is reserved, and takes over those that moved in.
    pub(crate) fn move_connections(&mut self) {
        for (slot, to) in self.shard.take_moves_out() {
            let Some(mut socket) = self.sockets.get_mut(slot as usize).and_then(Option::take) else {
                self.shard.give_up_move(to);
                continue;
            };
            self.io.deregister(&mut socket.stream);
            let moved = MovedSocket {
                stream: socket.stream,
                read_closed: socket.read_closed,
            };
            if let Some(back) = self.shard.move_out(slot, to, Box::new(moved)) {
                self.settle(slot, back);
            }
        }
        for (slot, moved) in self.shard.take_moves_in() {
            self.settle(slot, moved);
        }
    }

    fn settle(&mut self, slot: u32, moved: Box<dyn Any + Send>) {
        let Ok(moved) = moved.downcast::<MovedSocket<I::Socket>>() else {
            debug_assert!(false, "sockets of one kind move between loops");
            return;
        };
        self.install(slot, moved.stream);
        let Some(Some(socket)) = self.sockets.get_mut(slot as usize) else {
            return;
        };
        socket.read_closed = moved.read_closed;
        let has_unread = moved.read_closed || self.io.has_unread(&socket.stream);
        if has_unread || self.shard.conn(slot).is_some_and(|conn| conn.has_unhandled()) {
            self.mark_ready(slot);
        }
        // Output may have been queued before the socket was here.
        self.unfinished.push(slot);
    }
}
