//! The control plane's own client: it subscribes and publishes without a socket.
//!
//! Owns the subscriptions of code that runs beside the broker ([`InternalClient`], one for each broker), the messages
//! that wait for it ([`MessageQueue`]) and the way of the messages it publishes (`publish.rs`). A subscription is a
//! member of the account's interest like a connection's, so a message is routed to it by the same lookup; its frames go
//! to the queue instead of a socket.
//!
//! Accounts that import streams bring them here as well: a subscription has copies in the exporting accounts (`imports`),
//! which change with the plan.
//!
//! Promises: once [`InternalClient::subscribe`] returns, every later message is delivered, in order per publisher. Once
//! [`InternalClient::unsubscribe`] returns, no later message is. The data plane never waits for the control plane: when
//! the queue is full, a request is answered with a 503, other messages are dropped and counted.
//!
//! Never calls into the control plane, and parses nothing of its messages but the client protocol.

mod client;
mod publish;
mod queue;

pub use client::{InternalClient, SubscribeError};
pub use publish::InternalPublish;
pub(crate) use publish::PendingPublishes;
pub(crate) use queue::StagedMessages;
pub use queue::{MessageBatch, MessageQueue};

/// The number of no loop: for targets that are no connections.
pub(crate) const NO_REACTOR: u16 = u16::MAX;
