//! Listeners: accepts clients, and tries again later when the process has no descriptors left.

use crate::sockets::{Command, Sockets};
use crate::tokens::Source;
use crate::transport::Transport;
use mio::Interest;
use mio::net::TcpListener;
use nt_broker::{BrokerState, Event, InboxItem, LogLevel, Loops, Newcomer};
use std::io;
use std::sync::Arc;

const RETRY_FIRST_NS: u64 = 10_000_000;
const RETRY_MAX_NS: u64 = 1_000_000_000;
/// Clients accepted in one turn, so that the others are served in between.
const BATCH: usize = 64;

pub(crate) struct Listening {
    state: Arc<BrokerState>,
    listener: TcpListener,
    /// A client may be waiting.
    ready: bool,
    /// When to try again after the process ran out of descriptors.
    retry_at_ns: Option<u64>,
    retry_after_ns: u64,
}

impl Sockets {
    pub(crate) fn begin_listening(&mut self, state: Arc<BrokerState>, mut listener: TcpListener) {
        let key = self.listeners.vacant_key();
        if let Err(error) =
            self.poll
                .registry()
                .register(&mut listener, Source::Listener(key).token(), Interest::READABLE)
        {
            return self.send_to(
                state.id,
                LogLevel::Error,
                format!("Error listening for clients: {error}"),
            );
        }
        self.listeners.insert(Listening {
            state,
            listener,
            ready: true,
            retry_at_ns: None,
            retry_after_ns: RETRY_FIRST_NS,
        });
    }

    pub(crate) fn end_listening(&mut self, broker: u32) {
        let keys: Vec<usize> = self
            .listeners
            .iter()
            .filter(|(_, l)| l.state.id == broker)
            .map(|(key, _)| key)
            .collect();
        for key in keys {
            let mut gone = self.listeners.remove(key);
            let _ = self.poll.registry().deregister(&mut gone.listener);
        }
    }

    /// A client waits at that listener.
    pub(crate) fn listener_is_ready(&mut self, key: usize) {
        if let Some(listening) = self.listeners.get_mut(key) {
            listening.ready = true;
        }
    }

    /// When a listener is to be tried again.
    pub(crate) fn next_accept_retry(&self) -> Option<u64> {
        self.listeners.iter().filter_map(|(_, l)| l.retry_at_ns).min()
    }

    pub(crate) fn accept_all(&mut self, now_ns: u64, newcomers: &mut Vec<Newcomer<Transport>>) {
        for key in 0..self.listeners.capacity() {
            let Some(listening) = self.listeners.get_mut(key) else {
                continue;
            };
            if listening.retry_at_ns.is_some_and(|at| at <= now_ns) {
                listening.retry_at_ns = None;
                listening.ready = true;
            }
            if listening.ready && listening.retry_at_ns.is_none() {
                self.accept_some(key, now_ns, newcomers);
            }
        }
    }

    pub(crate) fn someone_waits(&self) -> bool {
        self.listeners.iter().any(|(_, l)| l.ready && l.retry_at_ns.is_none())
    }

    fn accept_some(&mut self, key: usize, now_ns: u64, newcomers: &mut Vec<Newcomer<Transport>>) {
        for _ in 0..BATCH {
            let listening = &mut self.listeners[key];
            match listening.listener.accept() {
                Ok((stream, peer)) => {
                    listening.retry_after_ns = RETRY_FIRST_NS;
                    let broker = listening.state.clone();
                    let socket = Transport::plain(stream);
                    let newcomer = Newcomer { broker, socket, peer };
                    let place = self.runtime.place();
                    if place == self.index {
                        newcomers.push(newcomer);
                    } else {
                        let command = Command::Adopt(newcomer);
                        self.runtime.send(place, InboxItem::Command(Box::new(command)));
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    listening.ready = false;
                    return;
                }
                // The client has disconnected before it was accepted.
                Err(error)
                    if error.kind() == io::ErrorKind::ConnectionAborted
                        || error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    let after = listening.retry_after_ns;
                    listening.retry_at_ns = Some(now_ns + after);
                    listening.retry_after_ns = (after * 2).min(RETRY_MAX_NS);
                    let (broker, ms) = (listening.state.id, after / 1_000_000);
                    let text = format!("Temporary Client Accept Error ({error}), sleeping {ms}ms");
                    return self.send_to(broker, LogLevel::Error, text);
                }
            }
        }
    }

    pub(crate) fn send_to(&self, broker: u32, level: LogLevel, text: String) {
        self.runtime.mailbox.post(vec![(broker, Event::Log { level, text })]);
    }
}
