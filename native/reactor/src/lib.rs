//! The body of the broker: event loops, sockets, mailboxes.
//!
//! A [`Runtime`] is a fixed number of loops shared by any number of brokers. Each loop runs on a thread that somebody
//! lends it ([`Runtime::run`]), and until then on one of its own ([`Runtime::start_interim`]). It owns a poller, its sockets and one [`nt_broker::Shard`], and talks to the others by
//! inboxes. What the control plane should hear gathers in one mailbox ([`Runtime::take_events`]).
//!
//! No rule of the protocol lives here: bytes go to the shard, bytes from it go to sockets.
#![forbid(unsafe_code)]

mod accept;
mod balance;
mod closing;
mod host_thread;
mod loop_thread;
mod mailbox;
mod moving;
mod passwords;
mod reactor;
mod reading;
mod ready;
mod runtime;
mod socket;
mod spin;
mod waiting;
mod writing;

#[cfg(test)]
mod tests;

pub use host_thread::HostThread;
pub use mailbox::BrokerEvent;
pub use runtime::{BrokerId, Reloading, Runtime, StartError, Started};
