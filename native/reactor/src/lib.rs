//! The I/O of the broker: threads, sockets, wake-ups.
//!
//! A [`Runtime`] is a fixed number of loops shared by any number of brokers. Each loop runs on a thread that somebody
//! lends it ([`Runtime::run`]), and until then on one of its own ([`Runtime::start_interim`]). It owns a poller and one
//! [`nt_broker::EventLoop`], and talks to the others by inboxes. What the control plane should hear gathers in one
//! mailbox ([`Runtime::take_events`]).
//!
//! No rule of the protocol lives here, nor the order of a turn or of a broker's life: those are the core's.
#![deny(unsafe_code)] // but for one question to the system, in `unacknowledged.rs`

mod accept;
mod balance;
mod connect;
mod host_thread;
mod loop_thread;
mod mailbox;
mod passwords;
mod reactor;
mod runtime;
mod sockets;
mod spin;
mod tokens;
mod transport;
mod unacknowledged;
mod waiting;

#[cfg(test)]
mod tests;

pub use host_thread::HostThread;
pub use nt_broker::{BrokerEvent, BrokerId, ConnectError, StartedReload};
pub use runtime::{BoundListener, Runtime, StartError, Started};
pub use transport::{Layer, Transport};
