//! The system's sockets, as the turn of a loop uses them.
//!
//! Owns the poller, the listeners, the connections that are being opened and the spin policy of one loop. The order of
//! the steps is that of [`nt_broker::EventLoop`].

use crate::accept::Listening;
use crate::connect::Connecting;
use crate::runtime::Runtime;
use crate::spin::SpinPolicy;
use crate::tokens::Source;
use crate::transport::Transport;
use mio::net::TcpListener;
use mio::{Interest, Poll};
use nt_broker::{BrokerEvent, BrokerState, ConnectRequest, CredentialCheck, Io, Newcomer, Readiness};
use slab::Slab;
use std::io::{self, IoSlice};
use std::sync::Arc;

/// How long a closed socket is kept where the system does not say what its peer has acknowledged.
const UNTOLD_NS: u64 = 30_000_000;

/// The commands for a loop with these sockets.
pub(crate) type Command = nt_broker::Command<Transport, TcpListener>;

pub(crate) struct Sockets {
    pub(crate) runtime: Arc<Runtime>,
    pub(crate) index: usize,
    pub(crate) poll: Poll,
    pub(crate) listeners: Slab<Listening>,
    pub(crate) connecting: Slab<Connecting>,
    pub(crate) spin: SpinPolicy,
}

impl Sockets {
    pub fn new(runtime: Arc<Runtime>, index: usize, poll: Poll) -> Self {
        Self {
            runtime,
            index,
            poll,
            listeners: Slab::new(),
            connecting: Slab::new(),
            spin: SpinPolicy::new(std::thread::available_parallelism().map_or(1, usize::from)),
        }
    }
}

impl Io for Sockets {
    type Socket = Transport;
    type Listener = TcpListener;

    fn register(&mut self, slot: u32, socket: &mut Transport) -> io::Result<()> {
        let interest = Interest::READABLE | Interest::WRITABLE;
        let token = Source::Connection(slot).token();
        self.poll.registry().register(socket.source(), token, interest)
    }

    fn deregister(&mut self, socket: &mut Transport) {
        let _ = self.poll.registry().deregister(socket.source());
    }

    #[inline]
    fn progress(&mut self, socket: &mut Transport, reported: Readiness) -> Readiness {
        socket.progress(reported)
    }

    #[inline]
    fn read(&mut self, socket: &mut Transport, buffer: &mut [u8]) -> io::Result<usize> {
        socket.read(buffer)
    }

    #[inline]
    fn has_unread(&self, socket: &Transport) -> bool {
        socket.has_unread()
    }

    #[inline]
    fn write(&mut self, socket: &mut Transport, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let written = socket.write(slices)?;
        self.spin.record_written(written);
        Ok(written)
    }

    fn shut(&mut self, socket: &mut Transport) -> io::Result<()> {
        socket.shut()
    }

    fn has_arrived(&mut self, socket: &Transport, kept_ns: u64) -> bool {
        socket.has_arrived().unwrap_or(kept_ns >= UNTOLD_NS)
    }

    fn reset(&mut self, socket: &mut Transport) {
        socket.reset();
    }

    fn listen(&mut self, broker: Arc<BrokerState>, listener: TcpListener) {
        self.begin_listening(broker, listener);
    }

    fn stop_listening(&mut self, broker: u32) {
        self.end_listening(broker);
        self.stop_connecting(broker);
    }

    fn connect(&mut self, request: ConnectRequest) {
        self.begin_connecting(request);
    }

    fn accept(&mut self, now_ns: u64, newcomers: &mut Vec<Newcomer<Transport>>) {
        self.take_connected(now_ns, newcomers);
        self.accept_all(now_ns, newcomers);
    }

    fn wake(&mut self, reactor: usize) {
        self.runtime.wake(reactor);
    }

    fn check_credentials(&mut self, checks: Vec<CredentialCheck>) {
        self.runtime.credentials.submit(&self.runtime, checks);
    }

    fn report(&mut self, events: Vec<BrokerEvent>) {
        self.runtime.mailbox.post(events);
    }

    #[inline]
    fn note_read(&mut self, bytes: usize, is_answer: bool) {
        self.spin.record_read(bytes, is_answer);
    }
}
