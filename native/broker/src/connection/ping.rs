//! PINGs: whether a silent peer is still connected, and how long an answer takes.
//!
//! Owns which PINGs are unanswered and when the next check is due. Never closes a peer that sends something.

use crate::connection::Phase;
use crate::connection::close::CloseReason;
use crate::connection::timeouts::whole_seconds_text;
use crate::shard::Shard;
use crate::shard::timers::TimerKind;

/// When the first PING goes out, to learn the round-trip time: plus up to a fifth, so that many connections spread.
const FIRST_PING_NS: u64 = 2_000_000_000;

/// The PINGs of one connection.
#[derive(Debug, Default)]
pub(crate) struct PingState {
    outstanding: u32,
    sent_ns: u64,
    /// When the next check is due, on whichever loop.
    due_ns: u64,
    rtt_known: bool,
}

impl PingState {
    pub fn due_ns(&self) -> u64 {
        self.due_ns
    }

    /// When the last one was sent.
    #[cfg(test)]
    pub fn sent_ns(&self) -> u64 {
        self.sent_ns
    }

    fn note_sent(&mut self, now_ns: u64) {
        self.outstanding += 1;
        self.sent_ns = now_ns;
    }

    /// Returns the round-trip time, if a PONG was waited for.
    fn note_pong(&mut self, now_ns: u64) -> Option<u64> {
        let rtt = (self.outstanding > 0).then(|| now_ns.saturating_sub(self.sent_ns).max(1));
        self.rtt_known |= rtt.is_some();
        self.outstanding = 0;
        rtt
    }
}

impl Shard {
    pub(crate) fn add_first_ping_timer(&mut self, slot: u32) {
        let interval = self.ping_interval(slot);
        let spread = u64::from(self.delivery.random_below(1000)) * FIRST_PING_NS / 5000;
        self.add_ping_timer(slot, interval.min(FIRST_PING_NS + spread));
    }

    pub(crate) fn add_ping_timer(&mut self, slot: u32, after_ns: u64) {
        self.connections[slot].ping.due_ns = self.delivery.now_ns() + after_ns;
        self.add_timer(slot, TimerKind::Ping, after_ns);
    }

    fn ping_interval(&self, slot: u32) -> u64 {
        // No time at all would never end.
        (self.connections[slot].plan.config.ping_interval.as_nanos() as u64).max(1_000_000)
    }

    pub(crate) fn ping_due(&mut self, slot: u32) {
        self.debug_kind(slot, |kind| format!("{kind} Ping Timer"));
        let interval = self.ping_interval(slot);
        let now = self.delivery.now_ns();
        let conn = &mut self.connections[slot];
        debug_assert!(conn.ping.due_ns <= now, "a check happens when it is due");
        let silent_ns = now.saturating_sub(conn.last_activity_ns);
        let sent_lately = silent_ns < interval;
        // A peer that sends is connected. One PING is sent all the same, to learn the round-trip time.
        let asked = conn.ping.rtt_known || conn.ping.outstanding > 0;
        if sent_lately && asked {
            self.debug(slot, || {
                let ago = whole_seconds_text(silent_ns);
                format!("Delaying PING due to remote client data or ping {ago} ago")
            });
        } else if conn.phase == Phase::Ready {
            if conn.ping.outstanding >= conn.plan.config.ping_max {
                self.debug_kind(slot, |kind| format!("Stale {kind} Connection - Closing"));
                // The one reply that is not traced.
                self.delivery
                    .push(&mut self.connections, slot, b"-ERR 'Stale Connection'\r\n");
                return self.close(slot, CloseReason::StaleConnection, None);
            }
            conn.ping.note_sent(now);
            self.send(slot, b"PING\r\n");
        }
        self.add_ping_timer(slot, interval);
    }

    pub(crate) fn pong(&mut self, slot: u32) {
        let now = self.delivery.now_ns();
        let conn = &mut self.connections[slot];
        if let Some(rtt) = conn.ping.note_pong(now) {
            conn.shared.set_rtt_ns(rtt);
        }
    }
}
