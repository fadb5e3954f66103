//! A client's socket and what is known of its readiness.

/// Readiness is edge-triggered: it is remembered until the socket says that it would block.
pub(crate) struct Socket<S> {
    pub stream: S,
    /// The peer will send no more after what is there.
    pub read_closed: bool,
    /// May take bytes.
    pub writable: bool,
    /// Was written to since it was last read from: what comes next may be an answer.
    pub written: bool,
    /// All was written, and nothing is read any more: it is kept until the peer has everything.
    pub shut: bool,
}

impl<S> Socket<S> {
    pub fn new(stream: S) -> Self {
        Self {
            stream,
            read_closed: false,
            writable: true,
            written: false,
            shut: false,
        }
    }
}

/// What has changed at a socket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Readiness {
    /// There is something to read.
    pub readable: bool,
    /// The peer will send no more, or the socket is broken: the next read says which.
    pub read_closed: bool,
    /// It takes bytes again.
    pub writable: bool,
}
