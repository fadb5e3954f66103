//! The I/O of the broker: threads, sockets, wake-ups.
//!
//! A [`Runtime`] is a fixed number of loops shared by any number of brokers. Each loop runs on a thread of the caller
//! ([`Runtime::run`]), and until then on one of its own ([`Runtime::start_interim`]). It owns a poller and one
//! [`nt_broker::EventLoop`], and reaches other loops by their inboxes. Events for the control plane are collected in
//! one mailbox ([`Runtime::take_events`]).
//!
//! No rule of the protocol is here, nor the order of the steps of a turn or of a broker's life: those are in the core.
#![deny(unsafe_code)] // but for one question to the system, in `unacknowledged.rs`

mod accept;
mod balance;
mod connect;
mod credentials;
mod host_thread;
mod loop_thread;
mod mailbox;
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

pub use credentials::hash_password;
pub use host_thread::HostThread;
pub use nt_broker::{BrokerEvent, BrokerId, ConnectError, StartedReload};
pub use runtime::{BoundListener, Runtime, StartError, Started};
pub use transport::{Layer, Transport};
