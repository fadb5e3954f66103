//! Limits log lines that many clients would repeat: a kind is logged once, then left out for a while.

use std::sync::atomic::{AtomicU64, Ordering};

/// The kinds of lines that are limited.
#[derive(Debug, Clone, Copy)]
pub(crate) enum LimitedLine {
    MaxConnections,
    MaxAccountConnections,
    AuthenticationTimeout,
    MaxSubscriptions,
}

impl LimitedLine {
    fn pause_ns(self) -> u64 {
        match self {
            Self::MaxConnections | Self::MaxAccountConnections | Self::AuthenticationTimeout => 1_000_000_000,
            Self::MaxSubscriptions => 2_000_000_000,
        }
    }
}

/// When each kind was logged last, on the loops' clock; 0: never.
#[derive(Debug, Default)]
pub(crate) struct LineLimiter([AtomicU64; 4]);

impl LineLimiter {
    /// Whether the line may be logged now; if so, that is noted. Of two loops that call at once, one may.
    pub fn allow(&self, what: LimitedLine, now_ns: u64) -> bool {
        let now = now_ns.max(1);
        let last = &self.0[what as usize];
        let before = last.load(Ordering::Relaxed);
        (before == 0 || now.saturating_sub(before) >= what.pause_ns())
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
        let allow = |what, ms: u64| lines.allow(what, ms * 1_000_000);
        assert!(allow(LimitedLine::MaxConnections, 5000));
        assert!(!allow(LimitedLine::MaxConnections, 5999));
        assert!(allow(LimitedLine::MaxSubscriptions, 5999));
        assert!(allow(LimitedLine::MaxConnections, 6000));
        assert!(!allow(LimitedLine::MaxSubscriptions, 7998));
        assert!(allow(LimitedLine::MaxSubscriptions, 7999));
    }
}
