//! The core of the broker, sans-IO: connections, accounts, interest, routing, queue groups.
//!
//! One [`BrokerState`] is one broker: its plan, accounts and the directory of its connections, shared by all loops. One
//! [`Shard`] is what one loop owns: the connections placed there, their output queues, the cache of resolved subjects.
//! An [`EventLoop`] is a shard with its sockets and the order of the steps of a turn; it reaches sockets and other
//! loops through [`Io`], which the reactor implements with the system's sockets and the simulator with queues of bytes.
//! [`Brokers`] has what the control plane calls: start, reload, lame duck, stop.
//!
//! Promises kept here, across loops:
//! - Interest is read under the account's lock, and everything staged under it for other loops is in their inboxes
//!   before it is released. So when the interest is changed, all earlier messages are in inboxes or queues already:
//!   after SUB's PONG every message arrives, after UNSUB's none does, and `UNSUB max` is exact.
//! - Messages of one publisher reach each subscription in order: one loop stages them, inboxes are FIFO.
//!
//! Lock order: a stream, then an account's interest, then the plan, then an inbox, the directory or an account's pending responses.
//! Identities, and what is kept of closed connections, are locked alone. This crate never touches a socket, a clock or a
//! thread, and everything random in it comes from seeds that are passed in.
#![forbid(unsafe_code)]

mod brokers;
mod client;
mod connection;
mod delivery;
mod faults;
mod imports;
mod interest;
mod internal;
mod monitoring;
mod plan;
mod random;
mod services;
mod shard;
#[cfg(any(test, fuzzing, feature = "simulation"))]
pub mod simulation;
mod state;
mod streams;
mod time;
mod trace;
mod turn;

pub use brokers::{BrokerId, Brokers, LameDuckNotice, Listen, Loops, StartedReload};
pub use client::nonce::{NONCE_BYTES, Nonce, NonceSource};
pub use connection::Conn;
pub use connection::buffer_pool::{BufferPool, SharedBuffers};
pub use connection::close::CloseReason;
pub use connection::out_queue::OutQueue;
pub use connection::protocol::ConnectionKind;
pub use connection::shared::{ConnShared, ConnectionSnapshot, SubscriptionSnapshot};
pub use delivery::remote_batch::RemoteBatch;
pub use imports::{InvalidImport, StreamImportPlan};
pub use interest::InterestStats;
pub use interest::account::{Account, AccountIds};
pub use interest::feed::{InterestChange, InterestReader};
pub use internal::{InternalClient, InternalPublish, MessageBatch, MessageQueue, SubscribeError};
pub use monitoring::overview::{
    ConnectionOrder, ConnectionQuery, FoundConnections, FoundSubscriptions, OpenTotals, SubscriptionQuery,
};
pub use plan::account::{AccountLimits, AccountPlan, MsgTracePlan};
pub use plan::auth::{Auth, Authenticator};
pub use plan::config::{Config, InfoConfig};
pub use plan::connection_types::ConnectionTypes;
pub use plan::in_force::{AuthRules, ServerPart};
pub use plan::listener::{ListenerKind, ListenerPlan};
pub use plan::permissions::{PermissionLists, Permissions, ReplyAllowance};
pub use plan::proxies::TrustedProxy;
pub use plan::reload::{Reload, Reloading};
pub use plan::secret::Secret;
pub use plan::users::{Credential, User, Users};
pub use plan::{Plan, PlanError};
pub use services::{LatencyPlan, ResponseKind, ServiceImportPlan, ServicePlan};
pub use shard::admissions::{AdmissionId, AdmissionRequest, CredentialCheck, CredentialQuestion, Verdict};
pub use shard::event::{BrokerEvent, Event, LogLevel};
pub use shard::inbox::{Inbox, InboxItem, Location};
pub use shard::{Shard, ShardSeed};
pub use state::{AccountStats, BrokerState, BrokerStats, Ending, shared_by_one_client};
pub use streams::{SharedStream, Streams};
pub use time::Time;
pub use trace::msgtrace::snappy_frame;
pub use turn::{Command, ConnectError, ConnectRequest, EventLoop, Io, Newcomer, Readiness};

#[cfg(any(test, fuzzing))]
#[cfg_attr(fuzzing, allow(dead_code, unused_imports))]
mod tests;

/// What the fuzzer calls.
#[cfg(fuzzing)]
pub use tests::session::session;
