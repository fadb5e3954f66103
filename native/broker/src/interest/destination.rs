//! Where a member's messages go.

use crate::connection::shared::ConnShared;
use crate::delivery::backlog::Backlog;
use crate::internal::MessageQueue;
use crate::streams::StreamInlet;
use std::sync::Arc;

/// What takes the messages of a member. Delivery asks for the backlog only; the rest is for logs and monitoring.
#[derive(Debug, Clone)]
pub(crate) enum Destination {
    /// A connection, at the member's location.
    Connection(Arc<ConnShared>),
    /// The control plane of the broker, which has no location. Its queue has limits of its own.
    Internal(Arc<MessageQueue>),
    /// A stream, which has no location either: whoever has messages for it runs it.
    Stream(StreamInlet),
}

impl Destination {
    /// The connection's number; 0: it is no connection.
    pub fn cid(&self) -> u64 {
        match self {
            Self::Connection(shared) => shared.cid,
            Self::Internal(_) | Self::Stream(_) => 0,
        }
    }

    /// The connection, for those who describe it.
    pub fn connection(&self) -> Option<&Arc<ConnShared>> {
        match self {
            Self::Connection(shared) => Some(shared),
            Self::Internal(_) | Self::Stream(_) => None,
        }
    }

    /// What waits for it, if publishers pause because of that.
    #[inline]
    pub fn backlog(&self) -> Option<&Arc<Backlog>> {
        match self {
            Self::Connection(shared) => Some(shared.backlog()),
            Self::Internal(_) | Self::Stream(_) => None,
        }
    }

    /// Bytes that wait for it; 0 where no publisher pauses because of them.
    pub fn pending_bytes(&self) -> usize {
        self.backlog().map_or(0, |backlog| backlog.bytes())
    }
}
