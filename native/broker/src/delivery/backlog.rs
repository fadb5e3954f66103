//! What waits for one destination of messages, and who waits for it.
//!
//! The part of a destination that delivery and back-pressure need, whatever the destination is: a connection today.
//! Any loop reads it. Bytes in queues have one writer, the destination's loop; bytes in transit have one per loop.

use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};

/// Bytes that wait for one destination, and the loops whose publishers pause because of them.
#[derive(Debug, Default)]
pub(crate) struct Backlog {
    /// Bytes in its output queue.
    queued: AtomicUsize,
    /// Bytes in batches that its loop has not taken from the inbox.
    in_transit: AtomicUsize,
    /// Loops, by bit, where publishers are paused until less waits.
    waiting_loops: AtomicU64,
    /// How often publishers were stalled because of it.
    stalls: AtomicU32,
}

impl Backlog {
    /// Bytes that wait anywhere.
    #[inline]
    pub fn bytes(&self) -> usize {
        self.queued.load(Ordering::Relaxed) + self.in_transit()
    }

    /// Bytes in batches that its loop has not taken from the inbox.
    #[inline]
    pub fn in_transit(&self) -> usize {
        self.in_transit.load(Ordering::Relaxed)
    }

    /// So many bytes are in its output queue now.
    #[inline]
    pub fn set_queued(&self, bytes: usize) {
        self.queued.store(bytes, Ordering::Relaxed);
    }

    /// A batch goes into the inbox of its loop. Returns the bytes that wait with it.
    #[inline]
    pub fn note_sent(&self, bytes: usize) -> usize {
        let before = self.in_transit.fetch_add(bytes, Ordering::Relaxed);
        before + bytes + self.queued.load(Ordering::Relaxed)
    }

    /// Its loop has taken a batch from the inbox.
    #[inline]
    pub fn note_received(&self, bytes: usize) {
        let before = self.in_transit.fetch_sub(bytes, Ordering::Relaxed);
        debug_assert!(before >= bytes, "only what was sent is received");
    }

    /// A publisher on this loop pauses until less waits.
    pub fn add_waiting(&self, reactor: u16) {
        self.waiting_loops.fetch_or(bit(reactor), Ordering::SeqCst);
    }

    /// Whether a publisher may be paused because of it: to be asked after each flush.
    #[inline]
    pub fn has_waiting(&self) -> bool {
        self.waiting_loops.load(Ordering::Relaxed) != 0
    }

    /// The loops with publishers that pause because of it, if no more than `enough` bytes wait. They are forgotten
    /// here.
    pub fn take_waiting(&self, enough: usize) -> WaitingLoops {
        if self.waiting_loops.load(Ordering::SeqCst) == 0 || self.bytes() > enough {
            return WaitingLoops(0);
        }
        WaitingLoops(self.waiting_loops.swap(0, Ordering::SeqCst))
    }

    /// A publisher is stalled because of it.
    pub fn count_stall(&self) {
        self.stalls.fetch_add(1, Ordering::Relaxed);
    }

    pub fn stalls(&self) -> u32 {
        self.stalls.load(Ordering::Relaxed)
    }
}

/// Loops with paused publishers. Loops whose numbers differ by 64 share a bit: some are then notified without need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WaitingLoops(u64);

impl WaitingLoops {
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn contains(self, reactor: u16) -> bool {
        self.0 & bit(reactor) != 0
    }
}

fn bit(reactor: u16) -> u64 {
    1 << (reactor % 64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_wait_in_batches_and_in_the_queue() {
        let backlog = Backlog::default();
        backlog.set_queued(10);
        assert_eq!(backlog.note_sent(5), 15);
        assert_eq!((backlog.bytes(), backlog.in_transit()), (15, 5));
        backlog.note_received(5);
        backlog.set_queued(0);
        assert_eq!(backlog.bytes(), 0);
    }

    #[test]
    fn waiting_loops_are_returned_once_when_little_enough_waits() {
        let backlog = Backlog::default();
        backlog.set_queued(10);
        backlog.add_waiting(1);
        backlog.add_waiting(63);
        assert!(backlog.take_waiting(9).is_empty());
        let loops = backlog.take_waiting(10);
        assert!(loops.contains(1) && loops.contains(63) && !loops.contains(2));
        assert!(!backlog.has_waiting() && backlog.take_waiting(10).is_empty());
    }
}
