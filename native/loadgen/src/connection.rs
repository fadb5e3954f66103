//! One client connection: connecting, the handshake, its buffers, and what every role needs of it.
//!
//! Owns the socket and the handshake. The role handles the messages (`roles/`).

use crate::error::LoadError;
use crate::frames::Frame;
use crate::frames::{FrameReader, NoProtocol};
use crate::hello::Info;
use crate::local::Local;
use crate::plan::{SubscriptionsPlan, Tls};
use crate::shared::{Phase, Shared};
use crate::stats::Stats;
use crate::tls;
use crate::transport::Transport;
use mio::net::TcpStream;
use std::collections::VecDeque;
use std::io::{self, ErrorKind};

/// How far a connection has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Stage {
    Waiting,
    Tcp,
    Info,
    /// CONNECT and PING are sent; PONG or -ERR must follow.
    Hello,
    Open,
    Closed,
}

/// What a PING was sent for; PONGs come in the same order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Ping {
    Connect,
    Subscribe,
    Flush,
    Close,
}

/// Why a connection is over.
#[derive(Debug)]
pub enum Ended {
    /// The server closed the connection.
    Closed,
    /// An error of the system.
    Io(io::Error),
    /// The peer speaks another protocol.
    NoProtocol(String),
    /// The run can't continue.
    Fatal(LoadError),
}

impl From<io::Error> for Ended {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<NoProtocol> for Ended {
    fn from(said: NoProtocol) -> Self {
        Self::NoProtocol(said.0)
    }
}

/// Everything but the role.
pub struct Core {
    /// Its number among all connections of the run.
    pub id: usize,
    /// The index of its client in the plan, and its number within that client.
    pub client: usize,
    pub connection: usize,
    pub name: String,
    pub server: usize,
    pub transport: Transport,
    pub reader: FrameReader,
    /// Bytes read that are not a complete frame yet.
    pub rest: Vec<u8>,
    pub out: Vec<u8>,
    out_at: usize,
    pub readable: bool,
    pub writable: bool,
    /// It is in the run list of the loop.
    pub queued: bool,
    pub stage: Stage,
    pings: VecDeque<Ping>,
    pub began: u64,
    /// The last -ERR.
    pub last_error: Option<String>,
    /// The PONG after the last message of a part has arrived.
    pub flushed: bool,
    /// The server has shut down its sending side.
    pub read_closed: bool,
    pub stats: Stats,
    closing_done: bool,
}

impl Core {
    /// A connection that is not connected yet.
    pub fn new(id: usize, client: usize, connection: usize, name: String, server: usize) -> Self {
        Self {
            id,
            client,
            connection,
            name,
            server,
            transport: Transport::Closed,
            reader: FrameReader::default(),
            rest: Vec::new(),
            out: Vec::new(),
            out_at: 0,
            readable: false,
            writable: false,
            queued: false,
            stage: Stage::Waiting,
            pings: VecDeque::new(),
            began: 0,
            last_error: None,
            flushed: false,
            read_closed: false,
            stats: Stats::default(),
            closing_done: false,
        }
    }

    /// Starts connecting.
    pub fn begin(&mut self, shared: &Shared, now: u64) -> io::Result<&mut TcpStream> {
        let socket = TcpStream::connect(shared.servers[self.server].address)?;
        self.transport = Transport::Plain(socket);
        self.stage = Stage::Tcp;
        self.began = now;
        Ok(self.transport.socket().expect("it was just made"))
    }

    /// The socket is ready: it is connected, or the connection failed.
    pub fn connected(&mut self, shared: &Shared) -> Result<(), Ended> {
        let socket = self.transport.socket().expect("it is connecting");
        if let Some(error) = socket.take_error()? {
            return Err(error.into());
        }
        match socket.peer_addr() {
            Err(error) if error.kind() == ErrorKind::NotConnected => return Ok(()),
            Err(error) => return Err(error.into()),
            Ok(_) => {}
        }
        socket.set_nodelay(true)?;
        self.stage = Stage::Info;
        if shared.plan.tls.as_ref().is_some_and(|tls| tls.first) {
            self.upgrade(shared)?;
        }
        Ok(())
    }

    fn upgrade(&mut self, shared: &Shared) -> Result<(), Ended> {
        let fail = |text: String| Ended::Fatal(LoadError::Failed(format!("TLS: {text}")));
        let config = match &shared.tls {
            Some(config) => config.clone(),
            None => tls::config(&Tls::default()).map_err(fail)?,
        };
        let named = shared.plan.tls.as_ref().and_then(|tls| tls.server_name.as_deref());
        let host = named.unwrap_or(&shared.servers[self.server].host);
        self.transport.upgrade(config, host).map_err(fail)?;
        self.transport.flush()?;
        Ok(())
    }

    /// Appends a PING; `what` says what its PONG means.
    pub fn ping(&mut self, what: Ping) {
        self.out.extend_from_slice(b"PING\r\n");
        self.pings.push_back(what);
    }

    /// Writes waiting bytes; true if none are left.
    pub fn flush(&mut self) -> io::Result<bool> {
        while self.out_at < self.out.len() {
            match self.transport.write(&self.out[self.out_at..]) {
                Ok(written) => self.out_at += written,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.writable = false;
                    return Ok(false);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.out.clear();
        self.out_at = 0;
        let gone = self.transport.flush()?;
        self.writable &= gone;
        Ok(gone)
    }

    /// Bytes waiting to be written.
    pub fn waiting(&self) -> usize {
        self.out.len() - self.out_at
    }

    /// Handles a frame that is not a message.
    pub fn control(&mut self, frame: Frame<'_>, local: &mut Local, now: u64) -> Result<(), Ended> {
        match frame {
            Frame::Ping => self.out.extend_from_slice(b"PONG\r\n"),
            Frame::Pong => self.pong(local, now),
            Frame::Error(text) => {
                let text = String::from_utf8_lossy(text).into_owned();
                if self.stage == Stage::Hello {
                    return Err(self.refused(&local.shared, text));
                }
                local.error(&text);
                self.last_error = Some(text);
            }
            Frame::Info(json) if self.stage == Stage::Info => self.hello(json, &local.shared)?,
            Frame::Info(_) | Frame::Ok | Frame::Message(_) => {}
        }
        Ok(())
    }

    fn refused(&self, shared: &Shared, text: String) -> Ended {
        let server = shared.servers[self.server].name.clone();
        let about_who = ["authori", "authenti", "credential", "expired", "revoked"];
        let lower = text.to_ascii_lowercase();
        Ended::Fatal(if about_who.iter().any(|word| lower.contains(word)) {
            LoadError::AuthRefused { server, text }
        } else {
            LoadError::ConnectFailed {
                server,
                reason: format!("the server said: {text}"),
            }
        })
    }

    fn hello(&mut self, json: &[u8], shared: &Shared) -> Result<(), Ended> {
        let info = Info::parse(json).ok_or_else(|| Ended::NoProtocol(String::from_utf8_lossy(json).into_owned()))?;
        let encrypted = matches!(self.transport, Transport::Tls(..));
        let wanted = shared.plan.tls.is_some() || info.tls_required;
        if wanted && !encrypted {
            self.upgrade(shared)?;
        }
        let largest = shared.plan.clients[self.client]
            .role
            .sender()
            .map_or(0, |sender| sender.size.largest());
        if let Some(max) = info.max_payload.filter(|max| (0..largest as i64).contains(max)) {
            let server = &shared.servers[self.server].name;
            let text =
                format!("{server} takes payloads up to {max} bytes, the plan sends {largest}: give a smaller size");
            return Err(Ended::Fatal(LoadError::Failed(text)));
        }
        let line = shared.identity.connect_line(&info, &self.name, wanted);
        self.out.extend_from_slice(&line);
        self.ping(Ping::Connect);
        self.stage = Stage::Hello;
        Ok(())
    }

    fn pong(&mut self, local: &mut Local, now: u64) {
        let gates = &local.shared.gates;
        match self.pings.pop_front() {
            Some(Ping::Connect) => {
                self.stage = Stage::Open;
                local.connects.record(now - self.began);
                local.connected_at = Some(now);
                local.connecting -= 1;
                local.shared.arrive(&gates.connected);
                local.wake_coordinator = true;
            }
            Some(Ping::Subscribe) => {
                local.shared.arrive(&gates.ready);
                local.wake_coordinator = true;
            }
            Some(Ping::Flush) => self.flushed = true,
            Some(Ping::Close) if !self.closing_done => {
                self.closing_done = true;
                local.shared.arrive(&gates.closed);
                local.wake_coordinator = true;
            }
            Some(Ping::Close) | None => {}
        }
    }

    /// Whether it has passed the last gate.
    pub fn is_closing_done(&self) -> bool {
        self.closing_done
    }

    /// Messages of the measured part have arrived.
    #[inline]
    pub fn arrived(&mut self, messages: u64, bytes: u64, now: u64) {
        self.stats.delivered += messages;
        self.stats.delivered_bytes += bytes;
        self.stats.first_arrived.get_or_insert(now);
        self.stats.last_arrived = Some(now);
    }

    /// Messages of the measured part were sent.
    #[inline]
    pub fn published(&mut self, messages: u64, bytes: u64, now: u64) {
        self.stats.published += messages;
        self.stats.published_bytes += bytes;
        self.stats.first_sent.get_or_insert(now);
        self.stats.last_sent = Some(now);
    }

    /// The error text if the connection ends too early.
    pub fn end_text(&self, shared: &Shared, ended: &Ended) -> String {
        let server = &shared.servers[self.server].name;
        match ended {
            Ended::Closed => match &self.last_error {
                Some(text) => format!("{server} closed a connection of {}: {text}", self.name),
                None => format!("{server} closed a connection of {}", self.name),
            },
            Ended::Io(error) => format!("{server}: a connection of {} broke: {error}", self.name),
            Ended::NoProtocol(said) => format!("{server} said what is not NATS: {said:?}"),
            Ended::Fatal(error) => error.to_string(),
        }
    }

    /// The error of the run if the connection ends before the run has begun.
    pub fn connect_error(&self, shared: &Shared, ended: Ended) -> LoadError {
        let server = shared.servers[self.server].name.clone();
        let reason = match ended {
            Ended::Fatal(error) => return error,
            Ended::Closed => match (&self.last_error, self.stage, shared.phase()) {
                (Some(text), _, _) => format!("the server closed the connection: {text}"),
                (None, Stage::Info | Stage::Tcp, _) => {
                    "the server closed the connection before it said INFO (it may want TLS first)".into()
                }
                (None, _, Phase::Connecting) => "the server closed the connection during the handshake".into(),
                _ => "the server closed the connection before the run began".into(),
            },
            Ended::Io(error) if error.kind() == ErrorKind::InvalidData => {
                let text = error.to_string();
                let hint = if text.contains("corrupt message") {
                    ": the server does not speak TLS here"
                } else {
                    ""
                };
                text + hint
            }
            Ended::Io(error) => match error.raw_os_error() {
                // Too many open files, in this process or in the system.
                Some(23 | 24) => format!("{error}: raise the limit of open files (ulimit -n)"),
                _ => error.to_string(),
            },
            Ended::NoProtocol(said) => format!("this is no NATS server, it said {said:?}"),
        };
        LoadError::ConnectFailed { server, reason }
    }
}

/// Appends SUB lines for a connection's share of the planned subscriptions.
pub fn push_subscriptions(out: &mut Vec<u8>, plan: &SubscriptionsPlan, connection: usize, connections: usize) {
    use crate::message::{Pattern, push_number};
    let pattern = Pattern::new(&plan.pattern);
    let count = if pattern.is_numbered() { plan.count } else { 1 };
    let (of, all) = (connection as u64, connections as u64);
    let share = if plan.split {
        of * count / all..(of + 1) * count / all
    } else {
        0..count
    };
    for (number, sid) in share.zip(1..) {
        out.extend_from_slice(b"SUB ");
        pattern.push(out, plan.first + number);
        out.push(b' ');
        if let Some(queue) = &plan.queue {
            out.extend_from_slice(queue.as_bytes());
            out.push(b' ');
        }
        push_number(out, sid);
        out.extend_from_slice(b"\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_cover_all_subjects_once() {
        let plan: SubscriptionsPlan =
            serde_json::from_str(r#"{"pattern":"a.{}","count":10,"first":5,"queue":"q","split":true}"#)
                .expect("a plan");
        let mut out = Vec::new();
        for connection in 0..3 {
            push_subscriptions(&mut out, &plan, connection, 3);
        }
        let text = String::from_utf8(out).expect("text");
        let subjects: Vec<&str> = text
            .lines()
            .map(|line| line.split(' ').nth(1).expect("a subject"))
            .collect();
        assert_eq!(subjects, (5..15).map(|n| format!("a.{n}")).collect::<Vec<_>>());
        assert!(text.starts_with("SUB a.5 q 1\r\n"));
    }
}
