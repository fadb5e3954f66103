//! Back-pressure: a publisher whose subscriber falls behind is not read from for a moment.
//!
//! Two degrees. A subscriber with more than a megabyte waiting gets a little time, so that a fast stream stays in the
//! cache instead of growing a queue; this is not worth counting. One above three quarters of `max_pending` is close to
//! being cut off: that pause is longer and counted as a stall. Either ends as soon as the subscriber has caught up, and
//! neither lasts longer than its limit, however stuck the subscriber is: it costs its publishers no more than that.

use crate::connection::shared::ConnShared;
use crate::connection::table::Connections;
use crate::shard::Shard;
use crate::shard::inbox::InboxItem;
use crate::shard::timers::TimerKind;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Longest pause for a subscriber that is merely behind.
const SOFT_PAUSE_NS: u64 = 1_000_000;
/// Longest pause for one that is nearly full.
const STALL_NS: u64 = 10_000_000;

/// A publisher that is not read from while a subscriber catches up.
#[derive(Debug)]
pub(crate) struct Pause {
    pub until_ns: u64,
    /// Who is behind.
    pub behind: Arc<ConnShared>,
    /// How much may wait for them before it goes on.
    pub enough: usize,
}

/// Publishers that are not read from for a moment.
#[derive(Debug, Default)]
pub(crate) struct Pauses {
    /// Their slots. A connection that closes ends its pause and stays in here until the next look.
    slots: Vec<u32>,
    /// Slots of those whose pause is over and whose sockets the loop has not read yet.
    resumed: Vec<u32>,
}

impl Pauses {
    pub fn has_resumed(&self) -> bool {
        !self.resumed.is_empty()
    }

    pub fn take_resumed(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.resumed)
    }

    /// The loop is to read from this one again, whatever it waited for.
    pub fn resume(&mut self, slot: u32) {
        self.resumed.push(slot);
    }

    /// Ends those that have no reason any more.
    fn end_due(&mut self, connections: &mut Connections, now_ns: u64) {
        let Self { slots, resumed } = self;
        slots.retain(|&slot| {
            let Some(conn) = connections.get_mut(slot) else {
                return false;
            };
            let Some(pause) = &conn.paused else { return false };
            if pause.behind.pending() > pause.enough && now_ns < pause.until_ns {
                return true;
            }
            conn.paused = None;
            resumed.push(slot);
            false
        });
    }
}

impl Shard {
    /// After a read from `slot` and the writes it caused: pauses the publisher if a subscriber can't keep up.
    pub fn pause_if_somebody_is_behind(&mut self, slot: u32) {
        let Some(behind) = self.delivery.take_lagging() else {
            return;
        };
        let pending = behind.pending();
        let (now, bit) = (self.delivery.now_ns(), self.bit());
        let Some(conn) = self.connections.get_mut(slot) else {
            return;
        };
        let behind_bytes = conn.plan.config.behind_bytes();
        if pending <= behind_bytes || conn.is_closing() || conn.plan.config.no_fast_producer_stall {
            return;
        }
        let threshold = conn.plan.config.stall_threshold();
        let (wait, enough) = if pending > threshold {
            behind.stalls.fetch_add(1, Ordering::Relaxed);
            conn.broker.stalled.fetch_add(1, Ordering::Relaxed);
            (STALL_NS, threshold)
        } else {
            (SOFT_PAUSE_NS, behind_bytes / 2)
        };
        behind.waited_for_by.fetch_or(bit, Ordering::SeqCst);
        conn.paused = Some(Pause {
            until_ns: now + wait,
            behind,
            enough,
        });
        self.pauses.slots.push(slot);
        self.add_timer(slot, TimerKind::Resume, wait);
    }

    fn bit(&self) -> u64 {
        1 << (self.delivery.reactor() % 64)
    }

    /// Tells publishers that wait for this connection, if it has caught up.
    pub(crate) fn notify_waiting(&mut self, shared: &Arc<ConnShared>, behind_bytes: usize) {
        if shared.waited_for_by.load(Ordering::SeqCst) == 0 || shared.pending() > behind_bytes / 2 {
            return;
        }
        let loops = shared.waited_for_by.swap(0, Ordering::SeqCst);
        for reactor in 0..self.delivery.reactors() {
            if loops & (1 << (reactor % 64)) == 0 {
                continue;
            }
            if reactor == self.delivery.reactor() {
                self.resume_all();
            } else {
                self.delivery.send_to(reactor, InboxItem::Drained);
            }
        }
    }

    /// Ends all pauses that have no reason any more.
    pub(crate) fn resume_all(&mut self) {
        self.pauses.end_due(&mut self.connections, self.delivery.now_ns());
    }
}
