//! Sockets of connections that move from loop to loop: out of one poller, into the other.
//!
//! Which connections move is decided by whoever drives the loops; how none of their messages is lost on the way is the
//! shard's.

use crate::turn::{EventLoop, Io};
use std::any::Any;

/// What travels with a connection that moves to another loop.
struct MovedSocket<S> {
    stream: S,
    read_closed: bool,
}

impl<I: Io> EventLoop<I> {
    /// Lets go of connections whose new place is ready, and takes over those that arrived.
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
        if moved.read_closed
            && let Some(Some(socket)) = self.sockets.get_mut(slot as usize)
        {
            socket.read_closed = true;
            self.mark_ready(slot);
        }
        if self.shard.conn(slot).is_some_and(|conn| conn.has_unhandled()) {
            self.mark_ready(slot);
        }
        // What gathered before the socket was here.
        self.unfinished.push(slot);
    }
}
