//! What happens when time passes: PINGs, stale peers, late CONNECTs, stuck writes, pauses that end.

use crate::connection::Phase;
use crate::connection::close::CloseReason;
use crate::shard::Shard;
use crate::shard::event::LogLevel;
use crate::shard::timers::{Timer, TimerKind};
use crate::trace::line_limiter::LimitedLine;
use std::sync::atomic::Ordering;

/// When the first PING goes out, to learn the round-trip time: plus up to a fifth, so that a crowd spreads.
const FIRST_PING_NS: u64 = 2_000_000_000;

impl Shard {
    /// Does what is due, and some of what was put off.
    pub fn handle_timers(&mut self) {
        self.removals.remove_share();
        self.publish_pending();
        while let Some(timer) = self.timers.pop_due(self.delivery.now_ns) {
            let Some(conn) = self.connections.get(timer.slot) else {
                continue;
            };
            if conn.generation != timer.generation {
                continue;
            }
            match timer.kind {
                TimerKind::Linger => self.linger_due(timer.slot),
                _ if conn.is_closing() => {}
                TimerKind::Ping => self.ping_due(timer.slot),
                TimerKind::ProxyHeader => self.proxy_header_due(timer.slot),
                TimerKind::Auth => self.auth_due(timer.slot),
                TimerKind::Write => self.write_due(timer),
                TimerKind::Resume => self.resume_all(),
            }
        }
    }

    /// For a connection whose peer is known: CONNECT, if it must come, and the first PING.
    pub(crate) fn add_first_timers(&mut self, slot: u32) {
        let auth = self.connections[slot].plan.auth.as_ref();
        if let Some(timeout) = auth.map(|auth| auth.timeout) {
            self.add_timer(slot, TimerKind::Auth, timeout.as_nanos() as u64);
        }
        self.add_first_ping_timer(slot);
    }

    fn add_first_ping_timer(&mut self, slot: u32) {
        let interval = self.ping_interval(slot);
        let spread = u64::from(self.delivery.below(1000)) * FIRST_PING_NS / 5000;
        self.add_ping_timer(slot, interval.min(FIRST_PING_NS + spread));
    }

    pub(crate) fn add_ping_timer(&mut self, slot: u32, after_ns: u64) {
        self.connections[slot].ping.due_ns = self.delivery.now_ns + after_ns;
        self.add_timer(slot, TimerKind::Ping, after_ns);
    }

    fn ping_interval(&self, slot: u32) -> u64 {
        // No time at all would never end.
        (self.connections[slot].plan.config.ping_interval.as_nanos() as u64).max(1_000_000)
    }

    fn ping_due(&mut self, slot: u32) {
        self.debug(slot, || "Client Ping Timer".to_owned());
        let interval = self.ping_interval(slot);
        let now = self.delivery.now_ns;
        let conn = &mut self.connections[slot];
        let silent_ns = now.saturating_sub(conn.last_activity_ns);
        let heard_of_lately = silent_ns < interval;
        // Whoever talks lives. One PING goes out all the same, to learn the round-trip time.
        let asked = conn.ping.rtt_known || conn.ping.outstanding > 0;
        if heard_of_lately && asked {
            self.debug(slot, || {
                let ago = whole_seconds_text(silent_ns);
                format!("Delaying PING due to remote client data or ping {ago} ago")
            });
        } else if conn.phase == Phase::Ready {
            if conn.ping.outstanding >= conn.plan.config.ping_max {
                self.debug(slot, || "Stale Client Connection - Closing".to_owned());
                // The one reply that traces leave out.
                self.delivery
                    .push(&mut self.connections, slot, b"-ERR 'Stale Connection'\r\n");
                return self.close(slot, CloseReason::StaleConnection, None);
            }
            conn.ping.outstanding += 1;
            conn.ping.sent_ns = now;
            self.send(slot, b"PING\r\n");
        }
        self.add_ping_timer(slot, interval);
    }

    pub(crate) fn pong(&mut self, slot: u32) {
        let now = self.delivery.now_ns;
        let conn = &mut self.connections[slot];
        if conn.ping.outstanding > 0 {
            let rtt = now.saturating_sub(conn.ping.sent_ns).max(1);
            conn.shared.rtt_ns.store(rtt, Ordering::Relaxed);
            conn.ping.rtt_known = true;
        }
        conn.ping.outstanding = 0;
    }

    fn auth_due(&mut self, slot: u32) {
        let conn = &self.connections[slot];
        if conn.phase == Phase::AwaitingConnect {
            let text = "Authentication Timeout";
            let logged = conn
                .broker
                .line_limiter
                .allow(LimitedLine::AuthenticationTimeout, self.wall_ms());
            self.error_reply(slot, text);
            if logged {
                self.debug(slot, || text.to_owned());
            }
            self.close(slot, CloseReason::AuthenticationTimeout, None);
        }
    }

    /// Notes that bytes left for a connection.
    pub fn wrote(&mut self, slot: u32, written: usize) {
        let conn = &mut self.connections[slot];
        conn.out.advance(written, &mut self.delivery.pool);
        conn.write.left = conn.write.left.saturating_sub(written);
        conn.write.progressed += written;
    }

    /// Notes how a flush ended: everything left, or the socket takes no more for now. Cuts off whoever has more waiting
    /// than it may have.
    pub fn flushed(&mut self, slot: u32) {
        let now = self.delivery.now_ns;
        let Some(conn) = self.connections.get_mut(slot) else {
            return;
        };
        if conn.is_closing() {
            return;
        }
        conn.publish_out_counters();
        if conn.shared.waited_for_by.load(Ordering::Relaxed) != 0 {
            let shared = conn.shared.clone();
            let behind_bytes = conn.plan.config.behind_bytes();
            self.notify_waiting(&shared, behind_bytes);
        }
        let conn = &mut self.connections[slot];
        let config = &conn.plan.config;
        if conn.overflowed || conn.out.len() > config.max_pending {
            let text = format!("Slow Consumer Detected: MaxPending of {} Exceeded", config.max_pending);
            self.log(slot, LogLevel::Info, &text);
            return self.close(slot, CloseReason::SlowConsumerPendingBytes, None);
        }
        if conn.out.is_empty() {
            conn.write.blocked = false;
            conn.write.progressed = 0;
            return;
        }
        // The deadline is for what waits now; what comes later gets its own when this is through.
        if !conn.write.blocked || conn.write.left == 0 {
            conn.write.blocked = true;
            conn.write.since_ns = now;
            conn.write.left = conn.out.len();
            let deadline = config.write_deadline.as_nanos() as u64;
            if !conn.write.timed && deadline > 0 {
                self.add_write_timer(slot, deadline);
            }
        }
    }

    /// One for each connection at most: sockets may block and unblock a thousand times until it is due.
    pub(crate) fn add_write_timer(&mut self, slot: u32, after_ns: u64) {
        self.connections[slot].write.timed = true;
        self.add_timer(slot, TimerKind::Write, after_ns);
    }

    fn write_due(&mut self, timer: Timer) {
        let slot = timer.slot;
        let conn = &mut self.connections[slot];
        conn.write.timed = false;
        if !conn.write.blocked {
            return;
        }
        let deadline = conn.plan.config.write_deadline.as_nanos() as u64;
        let due = conn.write.since_ns + deadline;
        if due > self.delivery.now_ns {
            // The flush this timer was set for is through; the one after it has its own time.
            let wait = due - self.delivery.now_ns;
            return self.add_write_timer(slot, wait);
        }
        let retry = conn.plan.config.write_timeout_retry && conn.write.progressed > 0;
        let text = format!(
            "Slow Consumer {}: WriteDeadline of {} exceeded with {} chunks of {} total bytes.",
            if conn.write.complained { "State" } else { "Detected" },
            seconds_text(deadline),
            conn.out.slices().count(),
            conn.out.len()
        );
        conn.write.complained = true;
        conn.write.since_ns = self.delivery.now_ns;
        conn.write.progressed = 0;
        conn.write.left = conn.out.len();
        self.log(slot, LogLevel::Info, &text);
        if retry {
            self.add_write_timer(slot, deadline);
        } else {
            self.close(slot, CloseReason::SlowConsumerWriteDeadline, None);
        }
    }
}

/// A duration in whole seconds: `0s`, `1m5s`.
fn whole_seconds_text(ns: u64) -> String {
    match (ns + 500_000_000) / 1_000_000_000 {
        0 => "0s".to_owned(),
        seconds => seconds_text(seconds * 1_000_000_000),
    }
}

/// A duration as operators wrote it: `10s`, `1m30s`, `500ms`.
fn seconds_text(ns: u64) -> String {
    let (minutes, rest) = (ns / 60_000_000_000, ns % 60_000_000_000);
    let seconds = rest as f64 / 1e9;
    match (minutes, rest) {
        (0, _) if ns < 1_000_000_000 => format!("{}ms", ns as f64 / 1e6),
        (0, _) => format!("{seconds}s"),
        (m, _) => format!("{m}m{seconds}s"),
    }
}
