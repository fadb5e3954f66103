//! Decides when the next message is due.
//!
//! In open loop, message k is due at a fixed time, no matter when the message before was sent. A sender that was
//! delayed sends all due messages at once, each stamped with the time at which it was due. Owns no clock.

use crate::plan::SenderPlan;

/// The pace of one sender through one part of the run.
#[derive(Debug, Clone, Copy)]
pub enum Pacer {
    /// As fast as possible.
    Free,
    /// Open loop.
    Rate {
        /// When message 0 is due.
        start: f64,
        /// Nanoseconds between two messages.
        interval: f64,
    },
    /// Closed loop, with a pause after each message.
    Pause {
        /// The earliest time of the next message.
        next: u64,
        /// The pause in nanoseconds.
        pause: u64,
    },
}

impl Pacer {
    /// Starts at `now`. `share` (0 to 1) shifts the senders of one rate within an interval, so that they do not all
    /// send at the same time.
    pub fn new(plan: &SenderPlan, now: u64, share: f64) -> Self {
        match (plan.rate, plan.sleep_us) {
            (Some(rate), _) => {
                let interval = 1e9 / rate;
                Self::Rate {
                    start: now as f64 + interval * share,
                    interval,
                }
            }
            (None, Some(us)) if us > 0.0 => Self::Pause {
                next: now,
                pause: (us * 1e3) as u64,
            },
            _ => Self::Free,
        }
    }

    /// How many messages may be sent at `now`, after `sent` messages.
    #[inline]
    pub fn due(&self, now: u64, sent: u64) -> u64 {
        match *self {
            Self::Free => u64::MAX,
            Self::Rate { start, interval } => {
                let elapsed = now as f64 - start;
                if elapsed < 0.0 {
                    0
                } else {
                    ((elapsed / interval) as u64 + 1).saturating_sub(sent)
                }
            }
            Self::Pause { next, .. } => u64::from(now >= next),
        }
    }

    /// When message `index` is due, from which its latency counts. In closed loop this is `now`.
    #[inline]
    pub fn due_at(&self, index: u64, now: u64) -> u64 {
        match *self {
            Self::Rate { start, interval } => (start + interval * index as f64) as u64,
            Self::Free | Self::Pause { .. } => now,
        }
    }

    /// When to check again, after `sent` messages.
    pub fn wake_at(&self, sent: u64) -> u64 {
        match *self {
            Self::Free => 0,
            Self::Rate { .. } => self.due_at(sent, 0),
            Self::Pause { next, .. } => next,
        }
    }

    /// A message was sent at `now`.
    #[inline]
    pub fn sent(&mut self, now: u64) {
        if let Self::Pause { next, pause } = self {
            *next = now + *pause;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(rate: f64) -> Pacer {
        Pacer::Rate {
            start: 1000.0,
            interval: 1e9 / rate,
        }
    }

    #[test]
    fn catches_up_after_a_stall() {
        let pacer = rate(1000.0);
        assert_eq!(pacer.due(999, 0), 0);
        assert_eq!(pacer.due(1000, 0), 1);
        assert_eq!(pacer.due(1000 + 10_000_000, 1), 10, "ten intervals passed unused");
        assert_eq!(
            pacer.due_at(7, 123),
            1000 + 7_000_000,
            "each is stamped with its own time"
        );
    }

    #[test]
    fn keeps_its_rate_over_a_day() {
        for per_second in [1.0, 3.0, 1e6] {
            let pacer = rate(per_second);
            let day = 86_400_000_000_000;
            let due = pacer.due(1000 + day, 0) as f64;
            assert!((due - 86_400.0 * per_second).abs() <= 2.0, "{per_second}/s: {due}");
        }
    }

    #[test]
    fn what_is_not_due_is_due_when_woken() {
        let pacer = rate(3.0);
        for sent in 0..100_000 {
            let wake = pacer.wake_at(sent);
            assert!(pacer.due(wake + 1, sent) >= 1, "woken for message {sent}");
        }
    }

    #[test]
    fn pauses_count_from_the_last_message() {
        let mut pacer = Pacer::Pause { next: 5, pause: 100 };
        assert_eq!((pacer.due(4, 0), pacer.due(5, 0)), (0, 1));
        pacer.sent(50);
        assert_eq!((pacer.due(149, 1), pacer.due(150, 1), pacer.wake_at(1)), (0, 1, 150));
    }
}
