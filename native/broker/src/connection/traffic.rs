//! Messages and bytes in both directions: as numbers, and as counters that any thread may read.

use std::ops::AddAssign;
use std::sync::atomic::{AtomicU64, Ordering};

/// Messages and payload bytes in both directions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Traffic {
    pub in_msgs: u64,
    pub in_bytes: u64,
    pub out_msgs: u64,
    pub out_bytes: u64,
}

impl AddAssign for Traffic {
    fn add_assign(&mut self, other: Self) {
        self.in_msgs += other.in_msgs;
        self.in_bytes += other.in_bytes;
        self.out_msgs += other.out_msgs;
        self.out_bytes += other.out_bytes;
    }
}

/// Traffic that any thread may read. Either one writer sets it, or several add to it.
#[derive(Debug, Default)]
pub(crate) struct SharedTraffic {
    in_msgs: AtomicU64,
    in_bytes: AtomicU64,
    out_msgs: AtomicU64,
    out_bytes: AtomicU64,
}

impl SharedTraffic {
    /// The numbers at this moment. They need not be of the same moment.
    pub fn load(&self) -> Traffic {
        Traffic {
            in_msgs: self.in_msgs.load(Ordering::Relaxed),
            in_bytes: self.in_bytes.load(Ordering::Relaxed),
            out_msgs: self.out_msgs.load(Ordering::Relaxed),
            out_bytes: self.out_bytes.load(Ordering::Relaxed),
        }
    }

    /// Sets what came in. For the only writer.
    #[inline]
    pub fn set_in(&self, traffic: &Traffic) {
        self.in_msgs.store(traffic.in_msgs, Ordering::Relaxed);
        self.in_bytes.store(traffic.in_bytes, Ordering::Relaxed);
    }

    /// Sets what went out. For the only writer.
    #[inline]
    pub fn set_out(&self, traffic: &Traffic) {
        debug_assert!(
            self.out_msgs.load(Ordering::Relaxed) <= traffic.out_msgs,
            "a counter has one writer and never decreases"
        );
        self.out_msgs.store(traffic.out_msgs, Ordering::Relaxed);
        self.out_bytes.store(traffic.out_bytes, Ordering::Relaxed);
    }

    pub fn add(&self, traffic: Traffic) {
        self.in_msgs.fetch_add(traffic.in_msgs, Ordering::Relaxed);
        self.in_bytes.fetch_add(traffic.in_bytes, Ordering::Relaxed);
        self.out_msgs.fetch_add(traffic.out_msgs, Ordering::Relaxed);
        self.out_bytes.fetch_add(traffic.out_bytes, Ordering::Relaxed);
    }

    /// Subtracts, below zero too: [`Self::plus`] wraps back.
    pub fn subtract(&self, traffic: Traffic) {
        self.in_msgs.fetch_sub(traffic.in_msgs, Ordering::Relaxed);
        self.in_bytes.fetch_sub(traffic.in_bytes, Ordering::Relaxed);
        self.out_msgs.fetch_sub(traffic.out_msgs, Ordering::Relaxed);
        self.out_bytes.fetch_sub(traffic.out_bytes, Ordering::Relaxed);
    }

    /// The numbers at this moment with others added, wrapping.
    pub fn plus(&self, other: Traffic) -> Traffic {
        let traffic = self.load();
        Traffic {
            in_msgs: traffic.in_msgs.wrapping_add(other.in_msgs),
            in_bytes: traffic.in_bytes.wrapping_add(other.in_bytes),
            out_msgs: traffic.out_msgs.wrapping_add(other.out_msgs),
            out_bytes: traffic.out_bytes.wrapping_add(other.out_bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_subtracted_before_is_added_back() {
        let traffic = |n| Traffic {
            in_msgs: n,
            in_bytes: 2 * n,
            out_msgs: 3 * n,
            out_bytes: 4 * n,
        };
        let shared = SharedTraffic::default();
        // A connection joins that has moved something elsewhere, and moves more here.
        shared.subtract(traffic(5));
        assert_eq!(shared.plus(traffic(7)), traffic(2));
        shared.add(traffic(7));
        assert_eq!(shared.load(), traffic(2));
        let mut sum = traffic(1);
        sum += traffic(2);
        assert_eq!(sum, traffic(3));
    }
}
