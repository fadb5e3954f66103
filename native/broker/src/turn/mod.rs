//! The turn of a loop: the one place where the order of its steps is written.
//!
//! An [`EventLoop`] owns a shard, the sockets of its connections and the buffer they are read into; sockets, listeners
//! and other loops are reached through [`Io`]. Its driver waits until there is something to do, says which sockets are
//! ready and calls [`EventLoop::turn`].
//!
//! Promises of the order:
//! - The inbox is drained at the start of a turn, and again after each read before the bytes are parsed: what another
//!   loop
//!   sent before these bytes were sent is delivered before their effects.
//! - Other loops are woken after each read and at the end of the turn, never while a lock is held.
//! - Everything that happened before the end of a reload or of the broker is reported to the control plane before it.
//!
//! It never waits, and knows no socket of the system, no clock and no thread.

mod closing;
mod connect;
mod io;
mod moving;
mod reading;
mod ready;
mod socket;
mod writing;

pub use connect::{ConnectError, ConnectRequest};
pub use io::{Command, Io, Newcomer};
pub use socket::Readiness;

use crate::connection::close::CloseReason;
use crate::shard::Shard;
use crate::shard::event::Event;
use crate::time::Time;
use closing::Lingering;
use ready::ReadyList;
use socket::Socket;
use std::any::Any;

/// Bytes taken from one socket in one turn.
const READ_BYTES: usize = 1 << 20;

/// One loop: its shard, its sockets, and the order of things in a turn.
pub struct EventLoop<I: Io> {
    pub(crate) shard: Shard,
    pub(crate) io: I,
    sockets: Vec<Option<Socket<I::Socket>>>,
    ready: ReadyList,
    /// Sockets whose output did not fit into one turn.
    unfinished: Vec<u32>,
    lingering: Lingering,
    newcomers: Vec<Newcomer<I::Socket>>,
    buffer: Box<[u8]>,
    buffers_released: bool,
}

impl<I: Io> EventLoop<I> {
    /// A loop without connections.
    pub fn new(shard: Shard, io: I) -> Self {
        Self {
            shard,
            io,
            sockets: Vec::new(),
            ready: ReadyList::default(),
            unfinished: Vec::new(),
            lingering: Lingering::default(),
            newcomers: Vec::new(),
            buffer: vec![0; READ_BYTES].into_boxed_slice(),
            buffers_released: true,
        }
    }

    /// Its sockets, listeners and other loops.
    pub fn io(&self) -> &I {
        &self.io
    }

    /// Its sockets, listeners and other loops.
    pub fn io_mut(&mut self) -> &mut I {
        &mut self.io
    }

    /// The loop's connections.
    pub fn shard(&self) -> &Shard {
        &self.shard
    }

    /// The loop's connections, to be read or moved between turns.
    pub fn shard_mut(&mut self) -> &mut Shard {
        &mut self.shard
    }

    /// The readiness of the socket at this slot has changed. To be called before the turn.
    pub fn socket_is_ready(&mut self, slot: u32, reported: Readiness) {
        let Some(Some(socket)) = self.sockets.get_mut(slot as usize) else {
            return;
        };
        let readiness = self.io.progress(&mut socket.stream, reported);
        if readiness.writable && !socket.writable {
            socket.writable = true;
            self.unfinished.push(slot);
        }
        socket.read_closed |= readiness.read_closed;
        if readiness.readable || socket.read_closed {
            self.mark_ready(slot);
        }
    }

    /// Whether something is left to do without further events: the loop must not sleep.
    pub fn is_busy(&self) -> bool {
        !self.ready.is_empty() || !self.unfinished.is_empty() || self.shard.has_waiting()
    }

    /// Before the driver waits for events: from now on a thread that puts something into the inbox wakes the loop.
    /// False: something is in it already, so the loop must not sleep. [`Self::wake_up`] has to follow in any case.
    #[must_use]
    pub fn fall_asleep(&self) -> bool {
        self.shard.inbox().fall_asleep()
    }

    /// The wait is over.
    pub fn wake_up(&self) {
        self.shard.inbox().wake_up();
    }

    /// Whether something is in the inbox.
    pub fn has_inbox_items(&self) -> bool {
        self.shard.inbox().has_items()
    }

    /// When the next turn is due if nothing else happens, on the monotonic clock.
    pub fn next_timer(&self) -> Option<u64> {
        [self.shard.next_timer(), self.lingering.due()]
            .into_iter()
            .flatten()
            .min()
    }

    /// Does all there is to do.
    pub fn turn(&mut self, now: Time) {
        self.shard.set_now(now);
        self.take_in();
        self.shard.handle_timers();
        self.accept(now.monotonic_ns);
        self.read_ready();
        self.shard.run_streams();
        self.write_unfinished();
        self.write_and_close();
        self.report();
    }

    /// Handles what other loops and the control plane sent; moves connections.
    pub(crate) fn take_in(&mut self) {
        self.shard.drain_inbox();
        while let Some(command) = self.shard.take_command() {
            self.execute(command);
        }
        self.move_connections();
    }

    fn execute(&mut self, command: Box<dyn Any + Send>) {
        let Ok(command) = command.downcast::<Command<I::Socket, I::Listener>>() else {
            debug_assert!(false, "only commands for this kind of I/O are sent");
            return;
        };
        match *command {
            Command::Listen { broker, listener } => self.io.listen(broker, listener),
            Command::StopListening { broker } => self.io.stop_listening(broker),
            Command::EnterLameDuck { broker } => {
                self.io.stop_listening(broker.id);
                self.shard.send_lame_duck(&broker);
            }
            Command::Adopt(newcomer) => self.adopt(newcomer),
            Command::Connect(request) => self.io.connect(request),
            #[cfg(any(test, feature = "simulation"))]
            Command::Move { broker, cid, to } => self.shard.begin_move_of(&broker, cid, to),
        }
    }

    fn accept(&mut self, now_ns: u64) {
        let mut newcomers = std::mem::take(&mut self.newcomers);
        self.io.accept(now_ns, &mut newcomers);
        for newcomer in newcomers.drain(..) {
            self.adopt(newcomer);
        }
        self.newcomers = newcomers;
    }

    pub(crate) fn adopt(&mut self, newcomer: Newcomer<I::Socket>) {
        if let Some(slot) = self.shard.add_connection(&newcomer.broker, newcomer.peer) {
            self.install(slot, newcomer.socket);
        }
    }

    fn install(&mut self, slot: u32, mut stream: I::Socket) {
        if self.io.register(slot, &mut stream).is_err() {
            self.shard.socket_ended(slot, CloseReason::ReadError);
        }
        if self.sockets.len() <= slot as usize {
            self.sockets.resize_with(slot as usize + 1, || None);
        }
        debug_assert!(self.sockets[slot as usize].is_none(), "two sockets in one slot");
        self.sockets[slot as usize] = Some(Socket::new(stream));
    }

    pub(crate) fn mark_ready(&mut self, slot: u32) {
        if matches!(self.sockets.get(slot as usize), Some(Some(_))) {
            self.ready.add(slot);
        }
    }

    /// Reads once from each socket that has something.
    fn read_ready(&mut self) {
        for slot in self.shard.take_resumed() {
            self.mark_ready(slot);
        }
        for slot in self.ready.take() {
            self.ready.begin(slot);
            self.read(slot);
        }
    }

    pub(crate) fn write_unfinished(&mut self) {
        for slot in std::mem::take(&mut self.unfinished) {
            if self.is_closing(slot) {
                self.shut(slot);
            } else {
                self.flush(slot);
            }
        }
    }

    /// Writes what the turn left to write, ends what it closed, and wakes those who wait for it.
    pub(crate) fn write_and_close(&mut self) {
        self.move_connections();
        self.flush_dirty();
        self.shut_closing();
        self.drop_acknowledged();
        self.drop_expired();
        let checks = self.shard.take_credential_checks();
        if !checks.is_empty() {
            self.io.check_credentials(checks);
        }
        self.wake_others();
    }

    /// Reports the events of the turn to the control plane, and the ends of reloads and brokers last.
    pub(crate) fn report(&mut self) {
        let events = self.shard.take_events();
        if !events.is_empty() {
            self.io.report(events);
        }
        for reload in self.shard.take_reloaded() {
            if reload.acknowledge() {
                let number = reload.number;
                self.io.report(vec![(reload.broker.id, Event::Reloaded { number })]);
            }
        }
        for (broker, ending) in self.shard.take_ending() {
            broker.acknowledge_reported(ending);
            if broker.report_stopped(self.shard.loops()) {
                self.io.report(vec![(broker.id, Event::Stopped)]);
            }
        }
    }

    /// Whether buffers are kept that only a burst needed.
    pub fn has_spare_buffers(&self) -> bool {
        !self.buffers_released
    }

    /// Frees these buffers: the loop has been idle for a while.
    pub fn release_buffers(&mut self) {
        self.shard.shrink();
        self.buffers_released = true;
    }
}
