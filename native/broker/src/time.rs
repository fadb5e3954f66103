//! The time of a turn, passed in by the driver of the loop, and how moments are written.

use jiff::Timestamp;

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

/// A moment in UTC, given in nanoseconds since the epoch, with as many digits behind the second as it needs.
pub(crate) fn rfc3339(ns: u64) -> String {
    Timestamp::from_nanosecond(i128::from(ns)).map_or_else(|_| String::new(), |moment| moment.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_in_utc() {
        for (ms, ns, text) in [
            (0, 0, "1970-01-01T00:00:00Z"),
            (951_782_400_000, 0, "2000-02-29T00:00:00Z"),
            (1_709_251_199_500, 0, "2024-02-29T23:59:59.5Z"),
            (1_735_689_600_000, 7, "2025-01-01T00:00:00.000000007Z"),
            (4_107_542_400_001, 0, "2100-03-01T00:00:00.001Z"),
        ] {
            assert_eq!(rfc3339(ms * 1_000_000 + ns), text);
        }
    }
}
