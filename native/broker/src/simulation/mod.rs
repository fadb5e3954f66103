//! What tests and the simulator share: sockets that are queues of bytes, chance from a seed, what clients read.
//!
//! Compiled for tests and under the feature `simulation` only; the addon has none of it.

pub use crate::faults::Fault;

pub mod memory;
pub mod random;
pub mod wire;
