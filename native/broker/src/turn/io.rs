//! What a turn needs from outside: sockets, listeners, other loops, the control plane.
//!
//! The reactor implements it with the system's sockets, the simulator with queues of bytes. Both are known at compile
//! time, so that a message pays nothing for the choice.

use crate::shard::admissions::CredentialCheck;
use crate::shard::event::BrokerEvent;
use crate::state::BrokerState;
use crate::turn::connect::ConnectRequest;
use crate::turn::socket::Readiness;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::sync::Arc;

/// The input and output of one loop.
///
/// Sockets never block. Readiness is edge-triggered: after [`io::ErrorKind::WouldBlock`], or a read that did not fill
/// its buffer, the loop tries again only when [`crate::EventLoop::socket_is_ready`] is called.
pub trait Io {
    /// One end of a connection. It moves from loop to loop with its connection.
    type Socket: Send + 'static;
    /// The kind of listener.
    type Listener: Send + 'static;

    /// From now on the readiness of a socket is reported under this slot.
    fn register(&mut self, slot: u32, socket: &mut Self::Socket) -> io::Result<()>;

    /// It is not reported any more.
    fn deregister(&mut self, socket: &mut Self::Socket);

    /// The system reported this readiness of a socket. Returns whether the connection can be read and written: a layer
    /// over the socket, such as encryption, first continues its own work, and its answer may differ from the report.
    #[inline]
    fn progress(&mut self, _socket: &mut Self::Socket, reported: Readiness) -> Readiness {
        reported
    }

    /// Reads what is there, up to the size of the buffer. Zero: the peer sends no more.
    fn read(&mut self, socket: &mut Self::Socket, buffer: &mut [u8]) -> io::Result<usize>;

    /// Whether a layer over the socket holds something for the next read, which no event will report.
    #[inline]
    fn has_unread(&self, _socket: &Self::Socket) -> bool {
        false
    }

    /// Writes what the socket takes. Returns how much that was.
    fn write(&mut self, socket: &mut Self::Socket, slices: &[IoSlice<'_>]) -> io::Result<usize>;

    /// Shuts our end: nothing more will be sent. [`io::ErrorKind::WouldBlock`]: the last bytes do not fit yet; this is
    /// called again when the socket takes more.
    fn shut(&mut self, socket: &mut Self::Socket) -> io::Result<()>;

    /// Whether the peer has everything that was written, or the connection is broken. Where the system does not say,
    /// `kept_ns` decides: how long this has been waited for.
    fn has_arrived(&mut self, socket: &Self::Socket, kept_ns: u64) -> bool;

    /// From now on the end of the socket is a reset.
    fn reset(&mut self, socket: &mut Self::Socket);

    /// Begins to accept clients of a broker.
    fn listen(&mut self, broker: Arc<BrokerState>, listener: Self::Listener);

    /// Accepts no more clients of that broker. If it is stopping, connections that are being opened for it are
    /// given up.
    fn stop_listening(&mut self, broker: u32);

    /// Begins to open a connection. [`Self::accept`] returns it once it is open. The request is completed in any case.
    fn connect(&mut self, request: ConnectRequest);

    /// Accepts some of the clients that wait, and takes connections that were opened: those that this loop is to serve.
    fn accept(&mut self, now_ns: u64, newcomers: &mut Vec<Newcomer<Self::Socket>>);

    /// Wakes another loop, which sleeps although something is in its inbox.
    fn wake(&mut self, reactor: usize);

    /// Has credentials checked, which takes long. Answers come by [`crate::InboxItem::Verdict`].
    fn check_credentials(&mut self, checks: Vec<CredentialCheck>);

    /// Passes events on to the control plane.
    fn report(&mut self, events: Vec<BrokerEvent>);

    /// Notes that a client sent so many bytes. `is_answer`: after it was sent something.
    fn note_read(&mut self, _bytes: usize, _is_answer: bool) {}

    /// Notes that so many bytes of the connection at this slot are handled.
    fn note_handled(&mut self, _slot: u32, _bytes: usize) {}
}

/// A connection that was accepted or opened.
pub struct Newcomer<Socket> {
    /// Its broker.
    pub broker: Arc<BrokerState>,
    /// Our end.
    pub socket: Socket,
    /// The address of the other end.
    pub peer: SocketAddr,
}

/// What a loop has to do with sockets and listeners: the content of [`crate::InboxItem::Command`].
pub enum Command<Socket, Listener> {
    /// Accept clients of a broker.
    Listen {
        /// The broker.
        broker: Arc<BrokerState>,
        /// Where it listens.
        listener: Listener,
    },
    /// Accept no more clients of a broker.
    StopListening {
        /// Its number.
        broker: u32,
    },
    /// The same, and afterwards notify its clients that it goes away, so that none comes back.
    EnterLameDuck {
        /// Which one.
        broker: Arc<BrokerState>,
    },
    /// Serve a client.
    Adopt(Newcomer<Socket>),
    /// Open a connection and serve it.
    Connect(ConnectRequest),
    /// Move a connection to another loop. For tests, which move connections at any time, not when a loop is busy.
    #[cfg(any(test, feature = "simulation"))]
    Move {
        /// Whose connection.
        broker: Arc<BrokerState>,
        /// Which one.
        cid: u64,
        /// The other loop.
        to: u16,
    },
}
