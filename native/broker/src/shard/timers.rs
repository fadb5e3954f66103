//! Timers of one shard, in a heap.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What a timer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TimerKind {
    /// The next PING is due, or the peer is not there any more.
    Ping,
    /// The header of a proxy must be here by now.
    ProxyHeader,
    /// CONNECT must be here by now.
    Auth,
    /// A login that had to wait for its turn is decided about.
    Turn,
    /// The flush that began must be over.
    Write,
    /// Read from a paused publisher again.
    Resume,
    /// A closed connection had time to read what was left, or more of it.
    Linger,
}

/// A timer of the connection that has this generation in the slot. Those of earlier connections are ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Timer {
    pub at_ns: u64,
    pub slot: u32,
    pub generation: u32,
    pub kind: TimerKind,
}

#[derive(Debug, Default)]
pub(crate) struct Timers {
    heap: BinaryHeap<Reverse<Timer>>,
}

impl Timers {
    pub fn add(&mut self, timer: Timer) {
        self.heap.push(Reverse(timer));
    }

    pub fn next_at(&self) -> Option<u64> {
        self.heap.peek().map(|timer| timer.0.at_ns)
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    pub fn pop_due(&mut self, now_ns: u64) -> Option<Timer> {
        if self.next_at()? > now_ns {
            return None;
        }
        let due = self.heap.pop().map(|timer| timer.0);
        if self.heap.is_empty() {
            self.heap = BinaryHeap::new();
        }
        due
    }
}
