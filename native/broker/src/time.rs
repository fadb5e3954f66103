//! The time of a turn, passed in by the driver of the loop, and how moments are written.

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

const NS_PER_SECOND: u64 = 1_000_000_000;
const SECONDS_PER_DAY: u64 = 86_400;

/// A moment in UTC, given in nanoseconds since the epoch.
pub(crate) fn rfc3339(ns: u64) -> String {
    let (seconds, ns) = (ns / NS_PER_SECOND, ns % NS_PER_SECOND);
    let (year, month, day) = date(seconds / SECONDS_PER_DAY);
    let time = seconds % SECONDS_PER_DAY;
    let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
    let fraction = format!(".{ns:09}");
    let fraction = fraction.trim_end_matches('0').trim_end_matches('.');
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
}

/// The date so many days after the epoch. Years begin in March here, so that the leap day is the last one.
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, month, day)
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
