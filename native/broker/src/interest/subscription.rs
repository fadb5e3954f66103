//! One subscription: its subject, its name, and how many messages it may have.

use nt_subject::NodeId;
use std::sync::atomic::{AtomicU64, Ordering};

/// One subscription of one member.
#[derive(Debug)]
pub(crate) struct Subscription {
    member: u32,
    pub(super) node: NodeId,
    sid: Box<[u8]>,
    queue: Option<Box<[u8]>>,
    /// Deliveries since SUB. Loops add to it before they release the lock, so under the write lock it is exact.
    delivered: AtomicU64,
    /// Deliveries it is limited to; 0: none.
    max: u64,
}

impl Subscription {
    pub(super) fn new(member: u32, node: NodeId, queue: Option<&[u8]>, sid: &[u8]) -> Self {
        Self {
            member,
            node,
            sid: sid.into(),
            queue: queue.map(Into::into),
            delivered: AtomicU64::new(0),
            max: 0,
        }
    }

    /// Its member in the interest.
    #[inline]
    pub fn member(&self) -> u32 {
        self.member
    }

    /// The client's name for it.
    #[inline]
    pub fn sid(&self) -> &[u8] {
        &self.sid
    }

    /// The same, when the subscription has ended.
    pub fn into_sid(self) -> Box<[u8]> {
        self.sid
    }

    pub fn queue(&self) -> Option<&[u8]> {
        self.queue.as_deref()
    }

    /// Deliveries it is limited to; 0: none.
    #[inline]
    pub fn max(&self) -> u64 {
        self.max
    }

    pub(super) fn set_max(&mut self, max: u64) {
        self.max = max;
    }

    /// Deliveries since SUB.
    pub fn delivered(&self) -> u64 {
        self.delivered.load(Ordering::Relaxed)
    }

    /// Whether it got the last message it may have.
    pub fn is_exhausted(&self) -> bool {
        self.max > 0 && self.delivered() >= self.max
    }

    /// Counts deliveries that needed no reservation.
    #[inline]
    pub fn count_deliveries(&self, count: u64) {
        self.delivered.fetch_add(count, Ordering::Relaxed);
    }

    /// Takes one delivery of a limited subscription; publishers of all loops draw from the same number. Returns the number
    /// of the delivery, [`Self::max`] for the last one; `None`: none is left.
    #[inline]
    pub fn reserve(&self) -> Option<u64> {
        debug_assert!(self.max > 0, "only limited subscriptions need a reservation");
        let before = self.delivered.fetch_add(1, Ordering::Relaxed);
        if before >= self.max {
            self.delivered.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        Some(before + 1)
    }
}
