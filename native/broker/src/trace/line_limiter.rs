//! Lines that a crowd of clients would repeat: each kind is logged, then left out for a while.

use std::sync::atomic::{AtomicU64, Ordering};

/// What is worth one line, not a thousand.
#[derive(Debug, Clone, Copy)]
pub(crate) enum LimitedLine {
    MaxConnections,
    AuthenticationTimeout,
    MaxSubscriptions,
}

impl LimitedLine {
    fn pause_ms(self) -> u64 {
        match self {
            Self::MaxConnections | Self::AuthenticationTimeout => 1000,
            Self::MaxSubscriptions => 2000,
        }
    }
}

/// When each kind was logged last, milliseconds since the epoch; 0: never.
#[derive(Debug, Default)]
pub(crate) struct LineLimiter([AtomicU64; 3]);

impl LineLimiter {
    /// Whether it may be logged now, which is noted. Of two loops that ask at once, one may.
    pub fn allow(&self, what: LimitedLine, now_ms: f64) -> bool {
        let now = (now_ms as u64).max(1);
        let last = &self.0[what as usize];
        let before = last.load(Ordering::Relaxed);
        (before == 0 || now.abs_diff(before) >= what.pause_ms())
            && last
                .compare_exchange(before, now, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_own_pause() {
        let lines = LineLimiter::default();
        assert!(lines.allow(LimitedLine::MaxConnections, 5000.0));
        assert!(!lines.allow(LimitedLine::MaxConnections, 5999.0));
        assert!(lines.allow(LimitedLine::MaxSubscriptions, 5999.0));
        assert!(lines.allow(LimitedLine::MaxConnections, 6000.0));
        assert!(!lines.allow(LimitedLine::MaxSubscriptions, 7998.0));
        // A clock that was set back does not silence the log.
        assert!(lines.allow(LimitedLine::MaxSubscriptions, 1.0));
    }
}
