//! Receives: counts messages, records them in the ledger, and records their latency.

use super::Receive;
use crate::connection::Core;
use crate::delivery::Delivery;
use crate::frames::Message;
use crate::ledger::Tracker;
use crate::local::Local;
use crate::shared::Shared;
use crate::stamp::{IDENTITY, Stamp};

/// What every receiving role does with a message that is not a status message.
pub struct Arrivals {
    /// Writes into the ledger.
    pub tracker: Tracker,
    /// All messages of this run have a stamp: a message without one is from another program.
    stamped: bool,
    /// The run counts messages of other programs.
    for_strangers: bool,
    every: u32,
    /// Messages until the next latency is recorded.
    left: u32,
    /// Messages of the measured part since the last `publish`.
    messages: u64,
    bytes: u64,
}

impl Arrivals {
    /// Writes into ledger number `ledger`.
    pub fn new(ledger: usize, shared: &Shared) -> Self {
        let senders = shared.plan.senders().map(|client| &client.role);
        let ours = senders.filter(|role| role.feeds().contains(&ledger));
        let smallest = ours
            .filter_map(|role| role.sender())
            .map(|sender| sender.size.smallest())
            .min();
        Self {
            tracker: Tracker::new(shared.ledgers[ledger].clone()),
            stamped: smallest.is_some_and(|size| size >= IDENTITY),
            for_strangers: shared.serves() || shared.ledgers[ledger].already_stored() > 0,
            every: shared.plan.latency_every,
            left: 1,
            messages: 0,
            bytes: 0,
        }
    }

    /// Handles one message.
    #[inline]
    pub fn take(&mut self, message: &Message<'_>, core: &Core, local: &mut Local, now: u64) {
        let measured = match Stamp::read(message.payload()) {
            Some(stamp) if local.is_ours(&stamp) => {
                self.tracker.arrive(&stamp);
                if stamp.mark.is_measured()
                    && let Some(time) = stamp.time
                {
                    self.left -= 1;
                    if self.left == 0 {
                        self.left = self.every;
                        local.latencies[core.client].record(now.saturating_sub(time));
                    }
                }
                stamp.mark.is_measured()
            }
            stamp => self.take_other(message, stamp.is_some()) && local.is_measuring(),
        };
        self.messages += u64::from(measured);
        self.bytes += if measured { message.payload().len() as u64 } else { 0 };
    }

    /// Handles a message that is not of this run, or too short for a stamp. Returns whether it counts.
    fn take_other(&mut self, message: &Message<'_>, stamped: bool) -> bool {
        match message.reply().and_then(Delivery::parse) {
            Some(delivery) => self.tracker.arrive_stored(delivery.stream_sequence),
            None if stamped || self.stamped => {
                self.tracker.foreign();
                return self.for_strangers;
            }
            None => self.tracker.count(),
        }
        true
    }

    /// Publishes the counts for other threads.
    pub fn publish(&mut self, core: &mut Core, local: &Local, now: u64) {
        self.tracker.publish();
        let (messages, bytes) = (std::mem::take(&mut self.messages), std::mem::take(&mut self.bytes));
        if messages > 0 {
            core.arrived(messages, bytes, now);
        }
        local.count(0, messages, now);
    }
}

/// A subscriber.
pub struct Subscriber(Arrivals);

impl Subscriber {
    /// The role as planned.
    pub fn new(ledger: usize, shared: &Shared) -> Self {
        Self(Arrivals::new(ledger, shared))
    }
}

impl Receive for Subscriber {
    #[inline]
    fn message(&mut self, message: &Message<'_>, core: &mut Core, local: &mut Local, now: u64) {
        self.0.take(message, core, local, now);
    }

    fn read_handled(&mut self, core: &mut Core, local: &mut Local, now: u64) {
        self.0.publish(core, local, now);
    }
}
