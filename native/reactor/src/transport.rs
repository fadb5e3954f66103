//! Transports: the interface through which the loops use connected sockets.
//!
//! A [`Transport`] is a TCP connection, accepted or opened, with any number of layers over it. A [`Layer`] converts
//! between the bytes of the transport below and the bytes that the broker reads and writes, as encryption and framing
//! do. A plain connection has no layer, and the choice costs it one comparison per call.
//!
//! Never blocks, and knows nothing of what the bytes mean.

use crate::unacknowledged::unacknowledged;
use mio::net::TcpStream;
use nt_broker::Readiness;
use socket2::SockRef;
use std::io::{self, IoSlice, Read, Write};
use std::net::Shutdown;
use std::time::Duration;

/// Our end of a connection.
pub struct Transport(Kind);

enum Kind {
    Plain(TcpStream),
    Layered(Box<Layered>),
}

struct Layered {
    below: Transport,
    layer: Box<dyn Layer>,
}

/// A protocol between a transport and the broker, such as TLS.
///
/// A layer is called when the broker reads or writes and when the system reports readiness of the socket, at no other
/// time. So it may return [`io::ErrorKind::WouldBlock`] only if the transport below did, or if it waits for bytes of
/// the peer.
pub trait Layer: Send {
    /// The transport below has this readiness. The layer continues its handshake and writes bytes that did not fit
    /// before. Returns the readiness for the broker: not readable and not writable until the handshake is complete. If
    /// the layer fails, it sets `read_closed` and returns the error from the next read.
    fn progress(&mut self, below: &mut Transport, reported: Readiness) -> Readiness;

    /// Reads from the transport below until the buffer is full or that would block: a read that does not fill the
    /// buffer is only repeated at once if [`Self::has_unread`]. Zero: the peer has ended its stream, in the way of this
    /// layer.
    fn read(&mut self, below: &mut Transport, buffer: &mut [u8]) -> io::Result<usize>;

    /// Whether the next read returns something that was already read from below, which may be the end.
    fn has_unread(&self) -> bool;

    /// Takes bytes to write, and returns how many. They may be kept in the layer until the transport below takes them.
    /// The layer should keep few, since the broker does not count them as pending.
    fn write(&mut self, below: &mut Transport, slices: &[IoSlice<'_>]) -> io::Result<usize>;

    /// Writes what the layer keeps, and ends our stream in the way of this layer. [`io::ErrorKind::WouldBlock`]: it is
    /// called again when the transport below takes more. It may also be called again after success.
    fn shut(&mut self, below: &mut Transport) -> io::Result<()>;
}

impl Transport {
    /// A connection without a layer.
    pub(crate) fn plain(stream: TcpStream) -> Self {
        // A socket that can't be tuned still works.
        let _ = stream.set_nodelay(true);
        Self(Kind::Plain(stream))
    }

    /// Adds a layer. Nothing may have been read or written yet.
    #[must_use]
    pub fn with_layer(self, layer: impl Layer + 'static) -> Self {
        let (below, layer) = (self, Box::new(layer));
        Self(Kind::Layered(Box::new(Layered { below, layer })))
    }

    /// The socket, to be registered with a poller.
    pub(crate) fn source(&mut self) -> &mut TcpStream {
        match &mut self.0 {
            Kind::Plain(stream) => stream,
            Kind::Layered(layered) => layered.below.source(),
        }
    }

    fn stream(&self) -> &TcpStream {
        match &self.0 {
            Kind::Plain(stream) => stream,
            Kind::Layered(layered) => layered.below.stream(),
        }
    }

    /// The system reported this readiness of the socket. Returns that of the connection.
    #[inline]
    pub(crate) fn progress(&mut self, reported: Readiness) -> Readiness {
        match &mut self.0 {
            Kind::Plain(_) => reported,
            Kind::Layered(layered) => {
                let reported = layered.below.progress(reported);
                layered.layer.progress(&mut layered.below, reported)
            }
        }
    }

    /// Reads what is there, up to the size of the buffer.
    #[inline]
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.0 {
            Kind::Plain(stream) => stream.read(buffer),
            Kind::Layered(layered) => layered.layer.read(&mut layered.below, buffer),
        }
    }

    /// Whether a layer holds something for the next read, which no event will report.
    #[inline]
    pub(crate) fn has_unread(&self) -> bool {
        match &self.0 {
            Kind::Plain(_) => false,
            Kind::Layered(layered) => layered.layer.has_unread() || layered.below.has_unread(),
        }
    }

    /// Writes what fits, and returns how much that was.
    #[inline]
    pub fn write(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match &mut self.0 {
            Kind::Plain(stream) => stream.write_vectored(slices),
            Kind::Layered(layered) => layered.layer.write(&mut layered.below, slices),
        }
    }

    /// Ends our stream. [`io::ErrorKind::WouldBlock`]: the end does not fit yet.
    pub(crate) fn shut(&mut self) -> io::Result<()> {
        match &mut self.0 {
            Kind::Plain(stream) => stream.shutdown(Shutdown::Write),
            Kind::Layered(layered) => {
                layered.layer.shut(&mut layered.below)?;
                layered.below.shut()
            }
        }
    }

    /// From now on the end of the socket is a reset.
    pub(crate) fn reset(&self) {
        let _ = SockRef::from(self.stream()).set_linger(Some(Duration::ZERO));
    }

    /// Whether the peer's system has everything that was written, or the connection is broken. `None`: the system does
    /// not tell.
    pub(crate) fn has_arrived(&self) -> Option<bool> {
        let stream = self.stream();
        let left = unacknowledged(stream)?;
        Some(left == 0 || !matches!(stream.take_error(), Ok(None)))
    }
}
