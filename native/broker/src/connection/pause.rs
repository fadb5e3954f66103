//! Back-pressure: a publisher whose subscriber has a large backlog is not read from for a moment.
//!
//! Two degrees. A subscriber with more than a megabyte waiting gets a little time, so that a fast stream stays in the
//! cache instead of making a queue longer; this is not counted. One above three quarters of `max_pending` is close to
//! being closed: that pause is longer and counted as a stall. Either ends as soon as the backlog is small enough, and
//! neither lasts longer than its limit, even if the subscriber reads nothing: it costs its publishers no more than
//! that.

use crate::connection::table::Connections;
use crate::delivery::backlog::Backlog;
use crate::plan::config::Config;
use crate::shard::Shard;
use crate::shard::inbox::InboxItem;
use crate::shard::timers::TimerKind;
use std::sync::Arc;

/// Longest pause for a backlog that is merely large.
const SOFT_PAUSE_NS: u64 = 1_000_000;
/// Longest pause for one near the limit.
const STALL_NS: u64 = 10_000_000;

/// Why and how long a publisher is not read from.
#[derive(Debug)]
pub(super) struct Pause {
    until_ns: u64,
    /// The subscriber's.
    backlog: Arc<Backlog>,
    /// Bytes that may wait when the publisher goes on.
    enough: usize,
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
            if pause.backlog.bytes() > pause.enough && now_ns < pause.until_ns {
                return true;
            }
            conn.paused = None;
            resumed.push(slot);
            false
        });
    }
}

impl Shard {
    /// After a read from `slot` and the writes it caused: pauses the publisher if a subscriber has a large backlog.
    pub fn pause_for_backlog(&mut self, slot: u32) {
        let Some(backlog) = self.delivery.take_largest_backlog() else {
            return;
        };
        let waiting = backlog.bytes();
        let now = self.delivery.now_ns();
        let Some(conn) = self.connections.get_mut(slot) else {
            return;
        };
        let config = &conn.plan.config;
        if waiting <= config.pause_threshold() || conn.is_closing() || config.no_fast_producer_stall {
            return;
        }
        let stall_above = config.stall_threshold();
        let (wait, enough) = if waiting > stall_above {
            backlog.count_stall();
            conn.broker.count_stall();
            (STALL_NS, stall_above)
        } else {
            (SOFT_PAUSE_NS, resume_threshold(config))
        };
        backlog.add_waiting(self.delivery.reactor());
        conn.paused = Some(Pause {
            until_ns: now + wait,
            backlog,
            enough,
        });
        self.pauses.slots.push(slot);
        self.add_timer(slot, TimerKind::Resume, wait);
    }

    /// Notifies the loops of publishers that wait for this backlog, if at most `enough` bytes are left of it.
    pub(crate) fn notify_waiting(&mut self, backlog: &Backlog, enough: usize) {
        let loops = backlog.take_waiting(enough);
        if loops.is_empty() {
            return;
        }
        for reactor in 0..self.delivery.reactors() {
            if !loops.contains(reactor) {
                continue;
            }
            if reactor == self.delivery.reactor() {
                self.resume_all();
            } else {
                self.delivery.send_to(reactor, InboxItem::BacklogReduced);
            }
        }
    }

    /// Ends all pauses that have no reason any more.
    pub(crate) fn resume_all(&mut self) {
        self.pauses.end_due(&mut self.connections, self.delivery.now_ns());
    }
}

/// Pending bytes of a subscriber at which its publishers are read from again after a short pause.
pub(super) fn resume_threshold(config: &Config) -> usize {
    config.pause_threshold() / 2
}
