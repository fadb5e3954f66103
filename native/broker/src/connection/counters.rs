//! Messages and bytes of one connection, counted by its loop.
//!
//! What others read is a copy in [`ConnShared`]: it is published before anyone can know of what is counted:
//! with each run of messages, and before each write.

use crate::connection::shared::ConnShared;
use std::sync::atomic::Ordering;

/// What a connection has moved.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    in_msgs: u64,
    in_bytes: u64,
    out_msgs: u64,
    out_bytes: u64,
    /// See [`Self::take_activity`].
    activity_seen: u64,
}

impl Counters {
    #[inline]
    pub fn count_in(&mut self, messages: u64, payload_bytes: u64) {
        self.in_msgs += messages;
        self.in_bytes += payload_bytes;
    }

    #[inline]
    pub fn count_out(&mut self, messages: u64, payload_bytes: u64) {
        self.out_msgs += messages;
        self.out_bytes += payload_bytes;
    }

    /// Adds what was staged for a connection elsewhere.
    pub fn count_out_of(&mut self, other: &Self) {
        self.count_out(other.out_msgs, other.out_bytes);
    }

    pub fn publish_in(&self, shared: &ConnShared) {
        shared.in_msgs.store(self.in_msgs, Ordering::Relaxed);
        shared.in_bytes.store(self.in_bytes, Ordering::Relaxed);
    }

    pub fn publish_out(&self, shared: &ConnShared) {
        debug_assert!(
            shared.out_msgs.load(Ordering::Relaxed) <= self.out_msgs,
            "a counter has one writer and never goes back"
        );
        shared.out_msgs.store(self.out_msgs, Ordering::Relaxed);
        shared.out_bytes.store(self.out_bytes, Ordering::Relaxed);
    }

    /// Roughly the work the connection caused since the last call, in bytes: a message costs something besides them.
    pub fn take_activity(&mut self) -> u64 {
        let total = self.in_bytes + self.in_msgs * 32 + self.out_msgs * 64;
        debug_assert!(total >= self.activity_seen, "counters never go back");
        total - std::mem::replace(&mut self.activity_seen, total)
    }
}
