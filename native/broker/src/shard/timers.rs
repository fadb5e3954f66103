//! What must happen later: a heap of moments.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What a moment is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TimerKind {
    /// Next PING, or find out that the peer is gone.
    Ping,
    /// A proxy must have said by now who the client is.
    ProxyHeader,
    /// CONNECT must be here by now.
    Auth,
    /// The flush that began must be over.
    Write,
    /// Read from a paused publisher again.
    Resume,
    /// A closed connection had time to read the last words, or more of them.
    Linger,
}

/// A moment for one tenant of a slot. Stale ones are ignored by whoever looks at them.
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
