//! One client's socket, as its loop sees it.

use mio::net::TcpStream;

/// A socket and what is known of its readiness. Readiness is edge-triggered: it is remembered until the socket says
/// that it would block.
pub(crate) struct Socket {
    pub stream: TcpStream,
    /// Has something to read, as far as is known.
    pub readable: bool,
    /// The peer will send no more after what is there.
    pub read_closed: bool,
    /// Takes bytes, as far as is known.
    pub writable: bool,
    /// Was written to since it was last read from: what comes next may be an answer.
    pub written: bool,
    /// Our end is shut: only the peer's end is waited for.
    pub shut: bool,
}

impl Socket {
    pub fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            readable: false,
            read_closed: false,
            writable: true,
            written: false,
            shut: false,
        }
    }
}
