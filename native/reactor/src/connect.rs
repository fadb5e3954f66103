//! Outgoing connections until they are open, have failed or have timed out.

use crate::runtime::Runtime;
use crate::sockets::{Command, Sockets};
use crate::tokens::Source;
use crate::transport::Transport;
use mio::Interest;
use mio::net::TcpStream;
use nt_broker::{BrokerId, ConnectError, ConnectRequest, InboxItem, Loops, Newcomer};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

/// A connection that is being opened.
pub(crate) struct Connecting {
    request: ConnectRequest,
    stream: TcpStream,
    /// The system has reported an event for it.
    ready: bool,
    deadline_ns: u64,
}

impl Runtime {
    /// Opens a connection from a broker to that address. Once open, it is served like an accepted one. `done` is called
    /// once with the outcome, on the thread of a loop, and must not block.
    pub fn connect(
        &self,
        broker: BrokerId,
        address: SocketAddr,
        timeout: Duration,
        done: impl FnOnce(Result<(), ConnectError>) + Send + 'static,
    ) {
        let Some(broker) = self.state(broker) else {
            return done(Err(ConnectError::Stopped { address }));
        };
        let command = Command::Connect(ConnectRequest::new(broker, address, timeout, done));
        self.send(self.place(), InboxItem::Command(Box::new(command)));
    }
}

impl Sockets {
    pub(crate) fn begin_connecting(&mut self, request: ConnectRequest) {
        if request.broker().is_shutting_down() {
            return request.stop();
        }
        let source = Source::Connecting(self.connecting.vacant_key());
        let begun = TcpStream::connect(request.address()).and_then(|mut stream| {
            self.poll
                .registry()
                .register(&mut stream, source.token(), Interest::WRITABLE)?;
            Ok(stream)
        });
        let stream = match begun {
            Ok(stream) => stream,
            Err(error) => return request.fail(error),
        };
        let timeout_ns = u64::try_from(request.timeout().as_nanos()).unwrap_or(u64::MAX);
        self.connecting.insert(Connecting {
            request,
            stream,
            ready: false,
            deadline_ns: self.runtime.now_ns().saturating_add(timeout_ns),
        });
    }

    /// The system reported an event for the connection with that key.
    pub(crate) fn connecting_is_ready(&mut self, key: usize) {
        if let Some(connecting) = self.connecting.get_mut(key) {
            connecting.ready = true;
        }
    }

    /// When the next one times out.
    pub(crate) fn next_connect_deadline(&self) -> Option<u64> {
        self.connecting.iter().map(|(_, c)| c.deadline_ns).min()
    }

    /// Takes those that are open, and ends those that have failed or timed out.
    pub(crate) fn take_connected(&mut self, now_ns: u64, newcomers: &mut Vec<Newcomer<Transport>>) {
        for key in self.connecting_where(|connecting| connecting.ready) {
            self.connecting[key].ready = false;
            match is_connected(&self.connecting[key].stream) {
                Ok(true) => newcomers.push(self.hand_over(key)),
                Ok(false) => {}
                Err(error) => self.end_connecting(key).request.fail(error),
            }
        }
        for key in self.connecting_where(|connecting| connecting.deadline_ns <= now_ns) {
            self.end_connecting(key).request.time_out();
        }
    }

    /// Ends those of that broker if it is stopping.
    pub(crate) fn stop_connecting(&mut self, broker: u32) {
        let of_stopping = |connecting: &Connecting| {
            let broker_of = connecting.request.broker();
            broker_of.id == broker && broker_of.is_shutting_down()
        };
        for key in self.connecting_where(of_stopping) {
            self.end_connecting(key).request.stop();
        }
    }

    fn connecting_where(&self, condition: impl Fn(&Connecting) -> bool) -> Vec<usize> {
        let matching = self.connecting.iter().filter(|(_, connecting)| condition(connecting));
        matching.map(|(key, _)| key).collect()
    }

    fn hand_over(&mut self, key: usize) -> Newcomer<Transport> {
        let Connecting { request, stream, .. } = self.end_connecting(key);
        let newcomer = Newcomer {
            broker: request.broker().clone(),
            socket: Transport::plain(stream),
            peer: request.address(),
        };
        request.succeed();
        newcomer
    }

    fn end_connecting(&mut self, key: usize) -> Connecting {
        let mut connecting = self.connecting.remove(key);
        let _ = self.poll.registry().deregister(&mut connecting.stream);
        connecting
    }
}

/// Whether the connection is open. False: it may still become so.
fn is_connected(stream: &TcpStream) -> io::Result<bool> {
    if let Some(error) = stream.take_error()? {
        return Err(error);
    }
    match stream.peer_addr() {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(false),
        Err(error) => Err(error),
    }
}
