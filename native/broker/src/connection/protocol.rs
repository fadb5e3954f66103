//! What is spoken over a connection: its kind, and the state of its protocol.
//!
//! A connection is a link with a protocol. Everything that differs between kinds of connection is here: their names in
//! log lines and monitoring, and the function that handles what they send.

use crate::client::state::ClientState;
use crate::connection::{Conn, Phase};
use crate::shard::Shard;

/// What is at the other end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionKind {
    /// A client of the broker.
    Client,
}

impl ConnectionKind {
    /// The name in `/connz` and at the start of log lines about such a connection.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Client => "Client",
        }
    }

    /// The label of the connection's number in log lines.
    pub(crate) fn id_label(self) -> &'static str {
        match self {
            Self::Client => "cid",
        }
    }
}

/// The state of a protocol.
#[derive(Debug)]
pub(super) enum Protocol {
    Client(ClientState),
}

impl Protocol {
    /// Where a connection of that kind begins.
    pub fn of(kind: ConnectionKind) -> Self {
        match kind {
            ConnectionKind::Client => Self::Client(ClientState::default()),
        }
    }
}

impl Conn {
    /// What is at its other end.
    pub(crate) fn kind(&self) -> ConnectionKind {
        self.shared.kind
    }

    /// Its state as a client.
    #[inline]
    pub(crate) fn client(&self) -> &ClientState {
        let Protocol::Client(state) = &self.protocol;
        state
    }

    #[inline]
    pub(crate) fn client_mut(&mut self) -> &mut ClientState {
        let Protocol::Client(state) = &mut self.protocol;
        state
    }
}

impl Shard {
    /// Handles what a connection sent. Returns how many bytes are handled; the caller keeps the rest and passes it
    /// again, followed by more. If it stops early because of [`Shard::should_flush`], the caller passes the rest at
    /// once.
    pub fn receive(&mut self, slot: u32, data: &[u8]) -> usize {
        let (now, wall) = (self.delivery.now_ns(), self.delivery.wall_ns());
        self.delivery.begin_receive();
        let Some(conn) = self.connections.get_mut(slot) else {
            return data.len();
        };
        match conn.phase {
            Phase::Closing(_) => return data.len(),
            Phase::AwaitingAdmission => return 0,
            _ => conn.touch(now, wall),
        }
        match conn.kind() {
            ConnectionKind::Client => self.receive_from_client(slot, data),
        }
    }
}
