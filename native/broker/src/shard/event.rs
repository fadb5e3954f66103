//! Events for the control plane.

use crate::connection::close::CloseReason;
use crate::connection::shared::ConnectionSnapshot;
use crate::shard::admissions::AdmissionRequest;

/// Label of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum LogLevel {
    Info,
    Debug,
    Warn,
    Error,
    Trace,
}

/// One event of one broker.
pub type BrokerEvent = (u32, Event);

/// An event of one broker.
#[derive(Debug, Clone)]
pub enum Event {
    /// A line for the log.
    Log {
        /// Its label.
        level: LogLevel,
        /// Its text, without time and label.
        text: String,
    },
    /// The embedding program is to decide about a client, by [`crate::InboxItem::Verdict`].
    AdmissionRequested(Box<AdmissionRequest>),
    /// A client was admitted.
    Connected(Box<ConnectionSnapshot>),
    /// A connection has closed.
    Disconnected {
        /// Its last state.
        connection: Box<ConnectionSnapshot>,
        /// Why.
        reason: CloseReason,
        /// When it closed, nanoseconds since the epoch.
        stop_ns: u64,
    },
    /// Messages wait for the control plane, which was not notified of any since it took the last ones.
    Messages,
    /// The control plane's messages up to this number are delivered.
    Published {
        /// As it was given with them.
        number: u64,
    },
    /// The plan of this number, or a later one, is in force for all connections of a broker.
    Reloaded {
        /// The number of that plan.
        number: u64,
    },
    /// The last connection of a broker that was shut down is closed.
    Stopped,
    /// A loop has failed; the broker can't go on.
    Fatal {
        /// What is known of it.
        text: String,
    },
}
