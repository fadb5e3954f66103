//! Sockets that are queues of bytes, and the I/O of a loop over them.
//!
//! An [`End`] is a connection as its client holds it; the loop has the other end. Nothing here decides when something
//! happens: the driver of the loops puts bytes in, opens windows and says which sockets are ready.

use crate::{BrokerEvent, BrokerState, ConnectRequest, CredentialCheck, Io, Newcomer};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::sync::Arc;

/// One connection: what its client sent and got, and how its socket stands.
#[derive(Debug, Default)]
pub struct Pipe {
    /// The number of its client, where the driver of the loops counts them.
    pub number: usize,
    /// Sent by the client, not read by the loop yet.
    pub input: VecDeque<u8>,
    /// What one read takes at most.
    pub read_max: usize,
    /// The client closed its end: what is in `input` is the last.
    pub hung_up: bool,
    /// The loop has read that.
    pub end_read: bool,
    /// Bytes the loop may still write.
    pub window: usize,
    /// Everything the client was sent.
    pub got: Vec<u8>,
    /// Bytes of the client that had their effect.
    pub handled: usize,
    /// The window that is needed to shut our end: a layer over the socket would write a message for it.
    pub end_window: usize,
    /// The server ended it by a reset.
    pub reset: bool,
    /// The server closed its end.
    pub ended: bool,
    /// Loop and slot where the socket is registered; `None` while it moves and after it is closed.
    pub at: Option<(usize, u32)>,
}

/// A connection, as both ends hold it.
#[derive(Debug, Clone)]
pub struct End(Arc<Mutex<Pipe>>);

impl Default for End {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Pipe {
            read_max: usize::MAX,
            window: usize::MAX,
            ..Pipe::default()
        })))
    }
}

impl End {
    /// Reads or changes the connection.
    pub fn with<T>(&self, act: impl FnOnce(&mut Pipe) -> T) -> T {
        act(&mut self.0.lock())
    }

    /// The client sends bytes.
    pub fn send(&self, bytes: &[u8]) {
        self.0.lock().input.extend(bytes);
    }

    /// Which client's it is.
    pub fn number(&self) -> usize {
        self.0.lock().number
    }

    /// Whether a read would find something new.
    pub fn has_input(&self) -> bool {
        let pipe = self.0.lock();
        !pipe.input.is_empty() || (pipe.hung_up && !pipe.end_read)
    }
}

/// The I/O of one loop over such connections.
pub struct MemoryIo {
    index: usize,
    slots: Vec<Option<End>>,
    /// Clients that wait to be accepted.
    pub newcomers: Vec<Newcomer<End>>,
    /// Brokers whose clients this loop accepts.
    pub listening: Vec<u32>,
    /// Loops that were woken.
    pub woken: Vec<usize>,
    /// Requested connections: the driver of the loop completes them, and adds those it opens to `newcomers`.
    pub connects: Vec<ConnectRequest>,
    /// Passwords to be checked: the driver of the loop answers.
    pub checks: Vec<CredentialCheck>,
    /// What was reported to the control plane.
    pub events: Vec<BrokerEvent>,
    /// Peers acknowledge nothing after the server has closed its end.
    pub peers_stay: bool,
}

impl MemoryIo {
    /// For the loop of that index.
    pub fn new(index: usize) -> Self {
        Self {
            index,
            slots: Vec::new(),
            newcomers: Vec::new(),
            listening: Vec::new(),
            woken: Vec::new(),
            connects: Vec::new(),
            checks: Vec::new(),
            events: Vec::new(),
            peers_stay: false,
        }
    }

    /// The connection at a slot.
    pub fn end(&self, slot: u32) -> Option<&End> {
        self.slots.get(slot as usize)?.as_ref()
    }
}

impl Io for MemoryIo {
    type Socket = End;
    type Listener = ();

    fn register(&mut self, slot: u32, socket: &mut End) -> io::Result<()> {
        if self.slots.len() <= slot as usize {
            self.slots.resize(slot as usize + 1, None);
        }
        let before = self.slots[slot as usize].replace(socket.clone());
        assert!(before.is_none(), "two sockets in one slot");
        socket.with(|pipe| pipe.at = Some((self.index, slot)));
        Ok(())
    }

    fn deregister(&mut self, socket: &mut End) {
        let at = socket.with(|pipe| pipe.at.take());
        let (index, slot) = at.expect("only what is registered is deregistered");
        assert_eq!(index, self.index, "a socket is deregistered where it is");
        self.slots[slot as usize] = None;
    }

    fn read(&mut self, socket: &mut End, buffer: &mut [u8]) -> io::Result<usize> {
        socket.with(|pipe| {
            let count = buffer.len().min(pipe.read_max).min(pipe.input.len());
            if count == 0 && pipe.hung_up && pipe.input.is_empty() {
                pipe.end_read = true;
                return Ok(0);
            }
            if count == 0 {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            for (place, byte) in buffer.iter_mut().zip(pipe.input.drain(..count)) {
                *place = byte;
            }
            Ok(count)
        })
    }

    fn write(&mut self, socket: &mut End, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        socket.with(|pipe| {
            let mut written = 0;
            for slice in slices {
                let count = slice.len().min(pipe.window - written);
                pipe.got.extend_from_slice(&slice[..count]);
                written += count;
            }
            if written == 0 {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            if pipe.window != usize::MAX {
                pipe.window -= written;
            }
            Ok(written)
        })
    }

    fn shut(&mut self, socket: &mut End) -> io::Result<()> {
        if socket.with(|pipe| pipe.window < pipe.end_window) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        socket.with(|pipe| pipe.ended = true);
        if self.peers_stay {
            return Ok(());
        }
        // The peer has closed its end by the time we do.
        Err(io::ErrorKind::NotConnected.into())
    }

    fn has_arrived(&mut self, _socket: &End, _kept_ns: u64) -> bool {
        !self.peers_stay
    }

    fn reset(&mut self, socket: &mut End) {
        socket.with(|pipe| pipe.reset = true);
    }

    fn listen(&mut self, broker: Arc<BrokerState>, (): ()) {
        self.listening.push(broker.id);
    }

    fn stop_listening(&mut self, broker: u32) {
        self.listening.retain(|id| *id != broker);
    }

    fn connect(&mut self, request: ConnectRequest) {
        self.connects.push(request);
    }

    fn accept(&mut self, _now_ns: u64, newcomers: &mut Vec<Newcomer<End>>) {
        newcomers.append(&mut self.newcomers);
    }

    fn wake(&mut self, reactor: usize) {
        self.woken.push(reactor);
    }

    fn check_credentials(&mut self, checks: Vec<CredentialCheck>) {
        self.checks.extend(checks);
    }

    fn report(&mut self, events: Vec<BrokerEvent>) {
        self.events.extend(events);
    }

    fn note_handled(&mut self, slot: u32, bytes: usize) {
        if let Some(end) = self.end(slot) {
            end.with(|pipe| pipe.handled += bytes);
        }
    }
}
