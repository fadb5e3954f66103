//! The system's sockets, as a loop's turn asks for them.
//!
//! Owns the poller, the listeners and the spin policy of one loop. No order is decided here: see
//! [`nt_broker::EventLoop`].

use crate::accept::Listening;
use crate::runtime::Runtime;
use crate::spin::SpinPolicy;
use crate::unacknowledged::unacknowledged;
use mio::net::{TcpListener, TcpStream};
use mio::{Interest, Poll, Token};
use nt_broker::{BrokerEvent, BrokerState, Io, Newcomer, PasswordCheck};
use slab::Slab;
use socket2::SockRef;
use std::io::{self, IoSlice, Read, Write};
use std::net::Shutdown;
use std::sync::Arc;
use std::time::Duration;

/// How long a closed socket is kept where the system does not tell what its peer has.
const UNTOLD_NS: u64 = 30_000_000;

/// What a loop here is asked to do.
pub(crate) type Command = nt_broker::Command<TcpStream, TcpListener>;

pub(crate) struct Sockets {
    pub(crate) runtime: Arc<Runtime>,
    pub(crate) index: usize,
    pub(crate) poll: Poll,
    pub(crate) listeners: Slab<Listening>,
    pub(crate) spin: SpinPolicy,
}

impl Sockets {
    pub fn new(runtime: Arc<Runtime>, index: usize, poll: Poll) -> Self {
        Self {
            runtime,
            index,
            poll,
            listeners: Slab::new(),
            spin: SpinPolicy::new(std::thread::available_parallelism().map_or(1, usize::from)),
        }
    }
}

impl Io for Sockets {
    type Socket = TcpStream;
    type Listener = TcpListener;

    fn register(&mut self, slot: u32, socket: &mut TcpStream) -> io::Result<()> {
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(socket, Token(slot as usize), interest)
    }

    fn deregister(&mut self, socket: &mut TcpStream) {
        let _ = self.poll.registry().deregister(socket);
    }

    #[inline]
    fn read(&mut self, socket: &mut TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
        socket.read(buffer)
    }

    #[inline]
    fn write(&mut self, socket: &mut TcpStream, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let written = socket.write_vectored(slices)?;
        self.spin.record_written(written);
        Ok(written)
    }

    fn shut(&mut self, socket: &mut TcpStream) -> io::Result<()> {
        socket.shutdown(Shutdown::Write)
    }

    fn has_arrived(&mut self, socket: &TcpStream, kept_ns: u64) -> bool {
        match unacknowledged(socket) {
            Some(0) => true,
            Some(_) => !matches!(socket.take_error(), Ok(None)),
            None => kept_ns >= UNTOLD_NS,
        }
    }

    fn reset(&mut self, socket: &mut TcpStream) {
        let _ = SockRef::from(&*socket).set_linger(Some(Duration::ZERO));
    }

    fn listen(&mut self, broker: Arc<BrokerState>, listener: TcpListener) {
        self.begin_listening(broker, listener);
    }

    fn stop_listening(&mut self, broker: u32) {
        self.end_listening(broker);
    }

    fn accept(&mut self, now_ns: u64, newcomers: &mut Vec<Newcomer<TcpStream>>) {
        self.accept_all(now_ns, newcomers);
    }

    fn wake(&mut self, reactor: usize) {
        self.runtime.wake(reactor);
    }

    fn check_passwords(&mut self, checks: Vec<PasswordCheck>) {
        self.runtime.passwords.submit(&self.runtime, checks);
    }

    fn report(&mut self, events: Vec<BrokerEvent>) {
        self.runtime.mailbox.post(events);
    }

    #[inline]
    fn note_read(&mut self, bytes: usize, is_answer: bool) {
        self.spin.record_read(bytes, is_answer);
    }
}
