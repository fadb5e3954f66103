//! Where a member's messages go.

use crate::connection::shared::ConnShared;
use crate::internal::MessageQueue;
use std::sync::Arc;

/// What takes the messages of a member: delivery knows how much waits there and who it is.
#[derive(Debug, Clone)]
pub(crate) enum Destination {
    /// A connection, at the member's location.
    Connection(Arc<ConnShared>),
    /// The control plane of the broker, which is at no location.
    Internal(Arc<MessageQueue>),
}

impl Destination {
    /// The connection's number; 0: it is none.
    pub fn cid(&self) -> u64 {
        match self {
            Self::Connection(shared) => shared.cid,
            Self::Internal(_) => 0,
        }
    }

    pub fn connection(&self) -> Option<&Arc<ConnShared>> {
        match self {
            Self::Connection(shared) => Some(shared),
            Self::Internal(_) => None,
        }
    }

    /// Bytes that wait for it. The control plane's have a bound of their own: publishers do not look at them.
    pub fn pending(&self) -> usize {
        self.connection().map_or(0, |shared| shared.pending())
    }
}
