//! Messages and bytes of one connection, counted by its loop.
//!
//! Others read a copy, [`SharedTraffic`]. It is published before anyone can know of what is counted: with each run of
//! messages, and before each write.

use crate::connection::traffic::{SharedTraffic, Traffic};

/// What a connection has moved.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    traffic: Traffic,
    /// See [`Self::take_activity`].
    activity_seen: u64,
}

impl Counters {
    #[inline]
    pub fn count_in(&mut self, messages: u64, payload_bytes: u64) {
        self.traffic.in_msgs += messages;
        self.traffic.in_bytes += payload_bytes;
    }

    #[inline]
    pub fn count_out(&mut self, messages: u64, payload_bytes: u64) {
        self.traffic.out_msgs += messages;
        self.traffic.out_bytes += payload_bytes;
    }

    /// Adds what was staged for a connection elsewhere.
    pub fn count_out_of(&mut self, other: &Self) {
        self.count_out(other.traffic.out_msgs, other.traffic.out_bytes);
    }

    #[inline]
    pub fn publish_in(&self, shared: &SharedTraffic) {
        shared.set_in(&self.traffic);
    }

    #[inline]
    pub fn publish_out(&self, shared: &SharedTraffic) {
        shared.set_out(&self.traffic);
    }

    /// Roughly the work the connection caused since the last call, in bytes; each message counts as some bytes more.
    pub fn take_activity(&mut self) -> u64 {
        let Traffic {
            in_msgs,
            in_bytes,
            out_msgs,
            ..
        } = self.traffic;
        let total = in_bytes + in_msgs * 32 + out_msgs * 64;
        debug_assert!(total >= self.activity_seen, "counters never decrease");
        total - std::mem::replace(&mut self.activity_seen, total)
    }
}
