//! The client protocol: the operations that clients send, their checks and their effects.
//!
//! Owns the order of checks of CONNECT, SUB, UNSUB, PING and PUB and the replies to them. Changes connections, interest
//! and delivery through their methods only. Never reads a socket or a clock.

pub(crate) mod admission;
mod login_turns;
pub(crate) mod nonce;
pub(crate) mod operations;
pub(crate) mod publish;
pub(crate) mod receive;
pub(crate) mod reply_grants;
pub(crate) mod run;
pub(crate) mod run_buffers;
pub(crate) mod state;
pub(crate) mod unknown_operation;
