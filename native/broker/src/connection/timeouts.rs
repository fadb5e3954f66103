//! Timers that are due, and CONNECTs that come too late.
//!
//! Never reads a clock: the loop passes the time.

use crate::connection::close::CloseReason;
use crate::shard::Shard;
use crate::shard::timers::TimerKind;
use crate::trace::line_limiter::LimitedLine;

impl Shard {
    /// Does what is due, and a share of what was deferred.
    pub fn handle_timers(&mut self) {
        self.removals.remove_share();
        self.publish_pending();
        self.end_late_requests();
        while let Some(timer) = self.timers.pop_due(self.delivery.now_ns()) {
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
                TimerKind::Turn => self.turn_due(timer.slot),
                TimerKind::Write => self.write_due(timer.slot),
                TimerKind::Resume => self.resume_all(),
            }
        }
    }

    /// For a connection whose client is known: the deadline of CONNECT, if it is required, and the first PING.
    pub(crate) fn add_first_timers(&mut self, slot: u32) {
        let auth = self.connections[slot].plan.auth.as_ref();
        if let Some(timeout) = auth.map(|auth| auth.timeout) {
            self.add_timer(slot, TimerKind::Auth, timeout.as_nanos() as u64);
        }
        self.add_first_ping_timer(slot);
    }

    fn auth_due(&mut self, slot: u32) {
        if self.is_admission_overdue(slot) {
            let conn = &self.connections[slot];
            let text = "Authentication Timeout";
            let logged = conn
                .broker
                .line_limiter()
                .allow(LimitedLine::AuthenticationTimeout, self.delivery.now_ns());
            self.error_reply(slot, text);
            if logged {
                self.debug(slot, || text.to_owned());
            }
            self.close(slot, CloseReason::AuthenticationTimeout, None);
        }
    }
}

/// A duration in whole seconds: `0s`, `1m5s`.
pub(super) fn whole_seconds_text(ns: u64) -> String {
    match (ns + 500_000_000) / 1_000_000_000 {
        0 => "0s".to_owned(),
        seconds => seconds_text(seconds * 1_000_000_000),
    }
}

/// A duration as operators wrote it: `10s`, `1m30s`, `500ms`.
pub(super) fn seconds_text(ns: u64) -> String {
    let (minutes, rest) = (ns / 60_000_000_000, ns % 60_000_000_000);
    let seconds = rest as f64 / 1e9;
    match (minutes, rest) {
        (0, _) if ns < 1_000_000_000 => format!("{}ms", ns as f64 / 1e6),
        (0, _) => format!("{seconds}s"),
        (m, _) => format!("{m}m{seconds}s"),
    }
}
