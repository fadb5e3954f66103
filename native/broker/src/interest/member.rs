//! A client of an account that has subscriptions.

use crate::connection::shared::ConnShared;
use crate::interest::Destination;
use crate::internal::MessageQueue;
use crate::plan::permissions::Permissions;
use crate::shard::inbox::Location;
use crate::streams::StreamInlet;
use std::sync::Arc;

/// What routing needs to know of a client: one record for all its subscriptions.
#[derive(Debug)]
pub(crate) struct Member {
    pub(super) location: Location,
    destination: Destination,
    /// Whether it reads HMSG.
    headers: bool,
    permissions: Option<Arc<Permissions>>,
    /// Nothing is routed to it any more: its remaining subscriptions are being removed.
    pub(super) removed: bool,
}

impl Member {
    /// A connection at its location.
    pub fn connection(
        location: Location,
        shared: Arc<ConnShared>,
        headers: bool,
        permissions: Option<Arc<Permissions>>,
    ) -> Self {
        Self {
            location,
            destination: Destination::Connection(shared),
            headers,
            permissions,
            removed: false,
        }
    }

    /// The control plane.
    pub fn internal(queue: Arc<MessageQueue>) -> Self {
        Self {
            location: Location::NOWHERE,
            destination: Destination::Internal(queue),
            headers: true,
            permissions: None,
            removed: false,
        }
    }

    /// A stream.
    pub fn stream(inlet: StreamInlet) -> Self {
        Self {
            location: Location::NOWHERE,
            destination: Destination::Stream(inlet),
            headers: true,
            permissions: None,
            removed: false,
        }
    }

    #[inline]
    pub fn location(&self) -> Location {
        self.location
    }

    #[inline]
    pub fn destination(&self) -> &Destination {
        &self.destination
    }

    /// Whether it reads HMSG.
    pub fn headers(&self) -> bool {
        self.headers
    }

    pub(super) fn set_headers(&mut self, headers: bool) {
        self.headers = headers;
    }

    pub fn permissions(&self) -> Option<&Permissions> {
        self.permissions.as_deref()
    }

    pub(super) fn set_permissions(&mut self, permissions: Option<Arc<Permissions>>) {
        self.permissions = permissions;
    }

    /// Whether its connection has closed, or is a client of another account now.
    pub fn is_removed(&self) -> bool {
        self.removed
    }
}
