//! The mind of the broker, sans-IO: connections, accounts, interest, routing, queue groups.
//!
//! One [`Hub`] is one broker: its plan, accounts and the directory of its connections, shared by all loops.
//! One [`Shard`] is what one loop owns: the connections placed there, their output queues, the cache of resolved
//! subjects. The loop gives it bytes and the time ([`Shard::receive`], [`Shard::handle_timers`]) and takes from it
//! what must leave: output of connections marked dirty, [`Parcel`]s for other loops, [`Event`]s for the control plane.
//!
//! Promises kept here, across loops:
//! - Interest is read under the account's lock, and everything staged under it for other loops is in their inboxes
//!   before it is released. So whoever changes interest knows that all earlier messages are already on their way:
//!   after SUB's PONG every message arrives, after UNSUB's none does, and `UNSUB max` is exact.
//! - Messages of one publisher reach each subscription in order: one loop stages them, inboxes are FIFO.
//!
//! Lock order: an account's interest, then the plan, then an inbox or the directory. Identities, and what is kept
//! of closed connections, are locked alone.
//! This crate never touches a socket, a clock or a thread.
#![forbid(unsafe_code)]

mod account;
mod answers;
mod auth;
mod buffer_pool;
mod burst;
mod close;
mod closed;
mod config;
mod conn;
mod connection_shared;
mod connection_types;
mod deliver;
mod event;
mod frame;
mod hub;
mod inbox;
mod interest;
mod leaving;
mod listing;
mod migrate;
mod msgtrace;
mod operations;
mod out_queue;
mod overview;
mod pause;
mod permissions;
mod piece;
mod plan;
mod proxy;
mod publish;
mod quote;
mod receive;
mod redact;
mod reload;
mod repeated;
mod route;
mod shard;
mod timeouts;
mod timers;
mod trace;
mod unknown;

pub use account::Account;
pub use auth::{Auth, User};
pub use buffer_pool::{BufferPool, SharedBuffers};
pub use close::CloseReason;
pub use config::{Config, InfoConfig};
pub use conn::Conn;
pub use connection_shared::{ConnShared, ConnectionSnapshot, SubscriptionSnapshot};
pub use connection_types::ConnectionTypes;
pub use event::{Event, LogLevel};
pub use hub::{Ending, Hub, HubStats};
pub use inbox::{Inbox, InboxItem, Location, Parcel};
pub use interest::InterestStats;
pub use out_queue::OutQueue;
pub use overview::{
    ConnectionOrder, ConnectionQuery, FoundConnections, FoundSubscriptions, OpenTotals, SubscriptionQuery,
};
pub use permissions::{PermissionLists, Permissions, ReplyAllowance};
pub use reload::{Reload, Reloading};
pub use shard::{Shard, ShardSeed};

#[cfg(any(test, fuzzing))]
#[cfg_attr(fuzzing, allow(dead_code))]
mod tests;

/// What the fuzzer calls.
#[cfg(fuzzing)]
pub use tests::session::session;
