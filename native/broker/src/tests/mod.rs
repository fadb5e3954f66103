//! Whole scenarios in one thread, from a seed: several shards of one broker, clients without sockets, a clock that is
//! told the time.
//!
//! - `harness` is the loop around the shards and the clients at its ends; `wire` reads what a client was sent;
//!   `random` is where chance comes from.
//! - `model` is the slow twin: what each client must have got, replayed from what was asked for in which order.
//! - The rest are tests by theme.

mod backpressure;
mod buffers;
mod endings;
mod harness;
mod interest;
mod interleavings;
mod memory;
mod migration;
mod model;
mod permissions;
mod random;
mod replies;
mod routes;
mod timers;
mod wire;
