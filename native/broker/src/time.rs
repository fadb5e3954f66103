//! The time of a turn, passed in by the driver of the loop.

/// Two clocks, read at the same moment. Nothing in this crate reads one itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Time {
    /// Never goes back: for timers and durations. Begins at any number, and is the same for all loops.
    pub monotonic_ns: u64,
    /// Nanoseconds since the epoch by the machine's clock: for logs and monitoring, and for what expires on a date. May
    /// jump in both directions.
    pub wall_ns: u64,
}

impl Time {
    /// The same number on both clocks, for tests and benchmarks.
    pub const fn on_both_clocks(ns: u64) -> Self {
        Self {
            monotonic_ns: ns,
            wall_ns: ns,
        }
    }
}
