//! Outgoing connections: the request for one, and the errors that it may end with.
//!
//! [`crate::Io`] opens the connection, which takes a while. The broker knows nothing of the connection until it is
//! open. Then it is served like an accepted one.

use crate::state::BrokerState;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;

/// Why a connection was not opened.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// The peer or the system refused.
    #[error("can't connect to {address}: {source}")]
    Failed {
        /// The address of the peer.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// There was no answer in time.
    #[error("can't connect to {address}: no answer within {} ms", .timeout.as_millis())]
    TimedOut {
        /// The address of the peer.
        address: SocketAddr,
        /// The limit that has passed.
        timeout: Duration,
    },
    /// The broker does not exist, or it stopped before the connection was open.
    #[error("can't connect to {address}: the broker has stopped")]
    Stopped {
        /// The address of the peer.
        address: SocketAddr,
    },
}

/// Called with the outcome.
type Done = Box<dyn FnOnce(Result<(), ConnectError>) + Send>;

/// A request to open a connection.
pub struct ConnectRequest {
    broker: Arc<BrokerState>,
    address: SocketAddr,
    timeout: Duration,
    done: Done,
}

impl ConnectRequest {
    /// Requests a connection for that broker. `done` is called once, on the thread of the loop, and must not block. If
    /// the loops end before, it is dropped without a call.
    pub fn new(
        broker: Arc<BrokerState>,
        address: SocketAddr,
        timeout: Duration,
        done: impl FnOnce(Result<(), ConnectError>) + Send + 'static,
    ) -> Self {
        Self {
            broker,
            address,
            timeout,
            done: Box::new(done),
        }
    }

    /// The broker that the connection is for.
    pub fn broker(&self) -> &Arc<BrokerState> {
        &self.broker
    }

    /// The address of the peer.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How long opening may take.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// The connection is open.
    pub fn succeed(self) {
        (self.done)(Ok(()));
    }

    /// The peer or the system refused.
    pub fn fail(self, source: io::Error) {
        let address = self.address;
        (self.done)(Err(ConnectError::Failed { address, source }));
    }

    /// There was no answer in time.
    pub fn time_out(self) {
        let (address, timeout) = (self.address, self.timeout);
        (self.done)(Err(ConnectError::TimedOut { address, timeout }));
    }

    /// The broker is stopping.
    pub fn stop(self) {
        let address = self.address;
        (self.done)(Err(ConnectError::Stopped { address }));
    }
}
