//! Writing to a connection: what the loop reports of each flush, and the deadline for what its socket does not take.
//!
//! Owns the state of the flush under way. Never writes to a socket: the loop does, and reports how much was written.

use crate::connection::close::CloseReason;
use crate::connection::pause::resume_threshold;
use crate::connection::timeouts::seconds_text;
use crate::shard::Shard;
use crate::shard::event::LogLevel;
use crate::shard::timers::TimerKind;

/// Progress of a flush when the socket takes no more; after the connection is closed, of everything that is left.
#[derive(Debug, Default)]
pub(crate) struct WriteState {
    blocked: bool,
    /// A timer for the deadline is set, maybe for an earlier flush.
    timed: bool,
    since_ns: u64,
    /// Bytes of the flush still to go.
    left: usize,
    /// Bytes written since the deadline was set.
    progressed: usize,
    /// The log has a line about this slow consumer already.
    reported: bool,
}

impl WriteState {
    /// Of a connection that closes now.
    pub fn closing(now_ns: u64) -> Self {
        Self {
            since_ns: now_ns,
            ..Self::default()
        }
    }

    pub(super) fn note_written(&mut self, bytes: usize) {
        self.left = self.left.saturating_sub(bytes);
        self.progressed += bytes;
    }

    /// Everything is written.
    fn unblock(&mut self) {
        self.blocked = false;
        self.progressed = 0;
    }

    /// So many bytes wait, and the socket takes no more. Returns whether a new deadline begins: it is for what waits
    /// now; what comes later gets its own when this is written.
    fn block(&mut self, waiting: usize, now_ns: u64) -> bool {
        debug_assert!(waiting > 0, "an empty queue blocks nothing");
        let is_new = !self.blocked || self.left == 0;
        if is_new {
            self.blocked = true;
            self.since_ns = now_ns;
            self.left = waiting;
        }
        is_new
    }

    /// The deadline passed: a new one begins for what waits.
    fn start_over(&mut self, waiting: usize, now_ns: u64) {
        self.reported = true;
        self.since_ns = now_ns;
        self.progressed = 0;
        self.left = waiting;
    }

    /// When the flush under way must be over, if one is and `deadline_ns` limits it.
    pub fn due_ns(&self, deadline_ns: u64) -> Option<u64> {
        (self.blocked && deadline_ns > 0).then(|| self.since_ns + deadline_ns)
    }

    /// The timer that was set names a slot where the connection is not any more.
    pub fn forget_timer(&mut self) {
        self.timed = false;
    }

    /// Since when what is left waits.
    pub fn since_ns(&self) -> u64 {
        self.since_ns
    }

    /// Whether anything was written since the last call.
    pub fn take_progress(&mut self) -> bool {
        std::mem::take(&mut self.progressed) > 0
    }
}

impl Shard {
    /// A flush begins. What it writes is counted before the peer can have it.
    pub fn flush_begins(&mut self, slot: u32) {
        if let Some(conn) = self.connections.get(slot) {
            conn.publish_out_counters();
        }
    }

    /// Bytes were written to a connection.
    pub fn wrote(&mut self, slot: u32, written: usize) {
        let conn = &mut self.connections[slot];
        self.delivery.advance(conn, written);
    }

    /// A flush ended: everything is written, or the socket takes no more for now. Closes a connection with more waiting
    /// than it may have.
    pub fn flushed(&mut self, slot: u32) {
        let now = self.delivery.now_ns();
        let Some(conn) = self.connections.get_mut(slot) else {
            return;
        };
        if conn.is_closing() {
            return;
        }
        debug_assert!(!conn.is_placeholder(), "a placeholder has no socket");
        let backlog = conn.shared.backlog();
        backlog.set_queued(conn.out.len());
        if backlog.has_waiting() {
            let backlog = backlog.clone();
            let enough = resume_threshold(&conn.plan.config);
            self.notify_waiting(&backlog, enough);
        }
        let conn = &mut self.connections[slot];
        let config = &conn.plan.config;
        if conn.overflowed || conn.out.len() > config.max_pending {
            let text = format!("Slow Consumer Detected: MaxPending of {} Exceeded", config.max_pending);
            self.log(slot, LogLevel::Info, &text);
            return self.close(slot, CloseReason::SlowConsumerPendingBytes, None);
        }
        if conn.out.is_empty() {
            return conn.write.unblock();
        }
        let deadline = config.write_deadline.as_nanos() as u64;
        if conn.write.block(conn.out.len(), now) && !conn.write.timed && deadline > 0 {
            self.add_write_timer(slot, deadline);
        }
    }

    /// One for each connection at most: sockets may block and unblock a thousand times until it is due.
    pub(crate) fn add_write_timer(&mut self, slot: u32, after_ns: u64) {
        let write = &mut self.connections[slot].write;
        debug_assert!(!write.timed, "one timer at a time");
        write.timed = true;
        self.add_timer(slot, TimerKind::Write, after_ns);
    }

    pub(crate) fn write_due(&mut self, slot: u32) {
        let now = self.delivery.now_ns();
        let conn = &mut self.connections[slot];
        conn.write.timed = false;
        let deadline = conn.plan.config.write_deadline.as_nanos() as u64;
        if !conn.write.blocked {
            return;
        }
        let due = conn.write.since_ns + deadline;
        if due > now {
            // The flush that this timer was set for has ended; the one after it has its own deadline.
            return self.add_write_timer(slot, due - now);
        }
        let retry = conn.plan.config.write_timeout_retry && conn.write.progressed > 0;
        let text = format!(
            "Slow Consumer {}: WriteDeadline of {} exceeded with {} chunks of {} total bytes.",
            if conn.write.reported { "State" } else { "Detected" },
            seconds_text(deadline),
            conn.out.slices().count(),
            conn.out.len()
        );
        conn.write.start_over(conn.out.len(), now);
        self.log(slot, LogLevel::Info, &text);
        if retry {
            self.add_write_timer(slot, deadline);
        } else {
            self.close(slot, CloseReason::SlowConsumerWriteDeadline, None);
        }
    }
}
