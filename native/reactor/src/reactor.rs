//! The driver of one loop: it waits, passes on which sockets are ready, and runs the turn.

use crate::balance::Meter;
use crate::host_thread::HostThread;
use crate::runtime::Runtime;
use crate::sockets::Sockets;
use crate::tokens::Source;
use mio::{Events, Poll};
use nt_broker::{EventLoop, Readiness, Shard};
use std::io;
use std::sync::Arc;

pub(crate) struct Reactor {
    pub(crate) event_loop: EventLoop<Sockets>,
    pub(crate) meter: Meter,
}

impl Reactor {
    pub fn new(runtime: Arc<Runtime>, index: usize, poll: Poll, shard: Shard) -> Self {
        Self {
            event_loop: EventLoop::new(shard, Sockets::new(runtime, index, poll)),
            meter: Meter::default(),
        }
    }

    pub(crate) fn runtime(&self) -> &Arc<Runtime> {
        &self.event_loop.io().runtime
    }

    pub(crate) fn index(&self) -> usize {
        self.event_loop.io().index
    }

    /// Runs turns on the calling thread until `is_over`, or until `host` is terminated.
    pub fn run(&mut self, host: Option<&HostThread>, is_over: impl Fn() -> bool) -> io::Result<()> {
        let mut events = Events::with_capacity(1024);
        self.watch_host(host)?;
        while !is_over() {
            let before = self.runtime().now_ns();
            self.wait(&mut events)?;
            let now = self.runtime().now();
            self.measure(before, now.monotonic_ns);
            for event in &events {
                self.note(event, host);
            }
            self.event_loop.turn(now);
        }
        Ok(())
    }

    fn note(&mut self, event: &mio::event::Event, host: Option<&HostThread>) {
        let slot = match Source::of(event.token()) {
            Source::Connection(slot) => slot,
            Source::Listener(key) => return self.event_loop.io_mut().listener_is_ready(key),
            Source::Connecting(key) => return self.event_loop.io_mut().connecting_is_ready(key),
            Source::Wake => return,
            Source::Host => return self.check_host(host),
        };
        let readiness = Readiness {
            readable: event.is_readable(),
            read_closed: event.is_read_closed() || event.is_error(),
            writable: event.is_writable(),
        };
        self.event_loop.socket_is_ready(slot, readiness);
    }
}
