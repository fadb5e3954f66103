//! The time of a turn, as the driver of the loop tells it.

/// Two clocks, read at the same moment. Nothing in this crate reads one itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Time {
    /// Never goes back: for whatever has to happen later. Begins anywhere, and is the same for all loops.
    pub monotonic_ns: u64,
    /// Nanoseconds since the epoch as the machine tells them now: for whatever people read, and for what expires on a
    /// date. May jump in both directions.
    pub wall_ns: u64,
}

impl Time {
    /// A moment at which both clocks show the same, for tests and benchmarks.
    pub const fn on_both_clocks(ns: u64) -> Self {
        Self {
            monotonic_ns: ns,
            wall_ns: ns,
        }
    }
}
