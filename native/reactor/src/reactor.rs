//! The loop: wait, take in, read, write, close. What it owns, and the order of things in a turn.

use crate::accept::{Listening, listener_of};
use crate::balance::Meter;
use crate::host_thread::HostThread;
use crate::mailbox::BrokerEvent;
use crate::ready::ReadyList;
use crate::runtime::{HOST, Runtime, WAKE};
use crate::socket::Socket;
use crate::spin::SpinPolicy;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Registry, Token};
use nt_broker::{BrokerState, CloseReason, Event, Shard};
use slab::Slab;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

/// What a loop is asked to do beyond what its shard understands.
pub(crate) enum Command {
    Listen {
        state: Arc<BrokerState>,
        listener: TcpListener,
    },
    StopListening {
        broker: u32,
    },
    /// Goes to the loop that listens.
    Retire {
        state: Arc<BrokerState>,
    },
    Adopt {
        state: Arc<BrokerState>,
        stream: TcpStream,
        peer: SocketAddr,
    },
    /// Tests move connections when they like, not when a loop is busy.
    #[cfg(test)]
    Offer {
        state: Arc<BrokerState>,
        cid: u64,
        to: u16,
    },
}

/// Bytes taken from one socket in one turn.
pub(crate) const READ_BYTES: usize = 1 << 20;

pub(crate) struct Reactor {
    runtime: Arc<Runtime>,
    index: usize,
    pub(crate) poll: Poll,
    pub(crate) shard: Shard,
    pub(crate) meter: Meter,
    pub(crate) sockets: Vec<Option<Socket>>,
    pub(crate) listeners: Slab<Listening>,
    pub(crate) ready: ReadyList,
    /// Sockets whose output did not fit into one turn.
    pub(crate) unfinished: Vec<u32>,
    pub(crate) buffer: Box<[u8]>,
    pub(crate) buffers_released: bool,
    pub(crate) spin: SpinPolicy,
}

impl Reactor {
    pub fn new(runtime: Arc<Runtime>, index: usize, poll: Poll, shard: Shard) -> Self {
        Self {
            runtime,
            index,
            poll,
            shard,
            meter: Meter::default(),
            sockets: Vec::new(),
            listeners: Slab::new(),
            ready: ReadyList::default(),
            unfinished: Vec::new(),
            buffer: vec![0; READ_BYTES].into_boxed_slice(),
            buffers_released: true,
            spin: SpinPolicy::new(std::thread::available_parallelism().map_or(1, usize::from)),
        }
    }

    pub(crate) fn runtime(&self) -> &Arc<Runtime> {
        &self.runtime
    }

    pub(crate) fn index(&self) -> usize {
        self.index
    }

    pub(crate) fn registry(&self) -> &Registry {
        self.poll.registry()
    }

    /// Runs turns on the calling thread, which `host` may want back, until one of them ends with `is_over`.
    pub fn run(&mut self, host: Option<&HostThread>, is_over: impl Fn() -> bool) -> io::Result<()> {
        let mut events = Events::with_capacity(1024);
        self.watch_host(host)?;
        while !is_over() {
            let before = self.runtime.now_ns();
            self.wait(&mut events)?;
            let now = self.runtime.now_ns();
            self.shard.set_now(now);
            self.measure(before, now);
            for event in &events {
                self.note(event, host);
            }
            self.drain_inbox_and_commands();
            self.shard.handle_timers();
            self.accept_all(now);
            for slot in self.shard.take_resumed() {
                self.mark_ready(slot);
            }
            for slot in self.ready.take() {
                self.ready.begin(slot);
                self.read(slot);
            }
            for slot in std::mem::take(&mut self.unfinished) {
                if self.is_closing(slot) {
                    self.shut(slot);
                } else {
                    self.flush(slot);
                }
            }
            self.finish_turn();
        }
        Ok(())
    }

    fn note(&mut self, event: &mio::event::Event, host: Option<&HostThread>) {
        if event.token() == WAKE {
            return;
        }
        if event.token() == HOST {
            return self.check_host(host);
        }
        if let Some(key) = listener_of(event.token()) {
            if let Some(listening) = self.listeners.get_mut(key) {
                listening.ready = true;
            }
            return;
        }
        let slot = event.token().0 as u32;
        let Some(Some(socket)) = self.sockets.get_mut(slot as usize) else {
            return;
        };
        if event.is_writable() && !socket.writable {
            socket.writable = true;
            self.unfinished.push(slot);
        }
        let Some(Some(socket)) = self.sockets.get_mut(slot as usize) else {
            return;
        };
        socket.read_closed |= event.is_read_closed() || event.is_error();
        if event.is_readable() || socket.read_closed {
            self.mark_ready(slot);
        }
    }

    pub(crate) fn mark_ready(&mut self, slot: u32) {
        if let Some(Some(socket)) = self.sockets.get_mut(slot as usize) {
            socket.readable = true;
            self.ready.add(slot);
        }
    }

    fn drain_inbox_and_commands(&mut self) {
        self.shard.drain_inbox();
        while let Some(command) = self.shard.take_command() {
            match command.downcast::<Command>().map(|command| *command) {
                Ok(Command::Listen { state, listener }) => self.listen(state, listener),
                Ok(Command::StopListening { broker }) => self.stop_listening(broker),
                Ok(Command::Retire { state }) => {
                    self.stop_listening(state.id);
                    self.runtime().announce_lame_duck(&state);
                }
                Ok(Command::Adopt { state, stream, peer }) => self.adopt(state, stream, peer),
                #[cfg(test)]
                Ok(Command::Offer { state, cid, to }) => {
                    if let Some(at) = state.locate(cid).filter(|at| usize::from(at.reactor) == self.index) {
                        self.shard.offer(at.slot, to);
                    }
                }
                Err(_) => debug_assert!(false, "only bodies of this crate are sent"),
            }
        }
        self.move_connections();
    }

    pub(crate) fn adopt(&mut self, state: Arc<BrokerState>, stream: TcpStream, peer: SocketAddr) {
        if let Some(slot) = self.shard.add_connection(&state, peer) {
            self.install(slot, stream);
        }
    }

    pub(crate) fn install(&mut self, slot: u32, mut stream: TcpStream) {
        let interest = Interest::READABLE | Interest::WRITABLE;
        if self
            .registry()
            .register(&mut stream, Token(slot as usize), interest)
            .is_err()
        {
            self.shard.peer_gone(slot, CloseReason::ReadError);
        }
        if self.sockets.len() <= slot as usize {
            self.sockets.resize_with(slot as usize + 1, || None);
        }
        self.sockets[slot as usize] = Some(Socket::new(stream));
    }

    fn finish_turn(&mut self) {
        self.move_connections();
        self.flush_dirty();
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
        for slot in self.shard.take_expired() {
            if self.is_closing(slot) {
                self.drop_socket(slot);
            }
        }
        let checks = self.shard.take_password_checks();
        self.runtime.passwords.submit(&self.runtime, checks);
        self.wake_others();
        let events: Vec<BrokerEvent> = self.shard.take_events();
        self.runtime.mailbox.post(events);
        for reload in self.shard.take_reloaded() {
            if reload.acknowledge() {
                let number = reload.number;
                self.runtime
                    .mailbox
                    .post(vec![(reload.broker.id, Event::Reloaded { number })]);
            }
        }
        for (state, ending) in self.shard.take_ending() {
            state.acknowledge_reported(ending);
            if state.report_stopped(self.runtime.reactors()) {
                self.runtime.mailbox.post(vec![(state.id, Event::Stopped)]);
            }
        }
    }
}
