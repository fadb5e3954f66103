//! Why connections end, and how.

use crate::connection::Phase;
use crate::connection::flush::WriteState;
use crate::connection::pause::resume_threshold;
use crate::monitoring::closed::last_subscriptions;
use crate::shard::Shard;
use crate::shard::event::Event;
use crate::shard::timers::TimerKind;

/// The reason shown to operators, in nats-server's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // each is its text
pub enum CloseReason {
    ClientClosed,
    AuthenticationTimeout,
    AuthenticationFailure,
    SlowConsumerPendingBytes,
    SlowConsumerWriteDeadline,
    WriteError,
    ReadError,
    ParseError,
    StaleConnection,
    ProtocolViolation,
    BadClientProtocolVersion,
    MaxConnectionsExceeded,
    MaxAccountConnectionsExceeded,
    MaxPayloadExceeded,
    MaxControlLineExceeded,
    MaxSubscriptionsExceeded,
    ServerShutdown,
    NoRespondersRequiresHeaders,
    Kicked,
    ProxyNotTrusted,
    ProxyRequired,
}

impl CloseReason {
    const ALL: [(Self, &str); 21] = [
        (Self::ClientClosed, "Client Closed"),
        (Self::AuthenticationTimeout, "Authentication Timeout"),
        (Self::AuthenticationFailure, "Authentication Failure"),
        (Self::SlowConsumerPendingBytes, "Slow Consumer (Pending Bytes)"),
        (Self::SlowConsumerWriteDeadline, "Slow Consumer (Write Deadline)"),
        (Self::WriteError, "Write Error"),
        (Self::ReadError, "Read Error"),
        (Self::ParseError, "Parse Error"),
        (Self::StaleConnection, "Stale Connection"),
        (Self::ProtocolViolation, "Protocol Violation"),
        (Self::BadClientProtocolVersion, "Bad Client Protocol Version"),
        (Self::MaxConnectionsExceeded, "Maximum Connections Exceeded"),
        (
            Self::MaxAccountConnectionsExceeded,
            "Maximum Account Connections Exceeded",
        ),
        (Self::MaxPayloadExceeded, "Maximum Message Payload Exceeded"),
        (Self::MaxControlLineExceeded, "Maximum Control Line Exceeded"),
        (Self::MaxSubscriptionsExceeded, "Maximum Subscriptions Exceeded"),
        (Self::ServerShutdown, "Server Shutdown"),
        (Self::NoRespondersRequiresHeaders, "No Responders Requires Headers"),
        (Self::Kicked, "Kicked"),
        (Self::ProxyNotTrusted, "Proxy Not Trusted"),
        (Self::ProxyRequired, "Proxy Required"),
    ];

    /// The text in `/connz`, events and logs.
    pub fn as_str(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(reason, _)| *reason == self)
            .map_or("Unknown State", |(_, text)| text)
    }

    /// Whether it was closed because it did not keep up.
    pub(crate) fn is_slow_consumer(self) -> bool {
        matches!(self, Self::SlowConsumerPendingBytes | Self::SlowConsumerWriteDeadline)
    }

    /// The reason of that text.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, t)| *t == text).map(|(reason, _)| *reason)
    }
}

/// How long a closed connection's socket is kept so that its peer can read what is left; longer for a peer that reads,
/// up to the write deadline.
const LINGER_NS: u64 = 1_000_000_000;

impl Shard {
    /// Closes a connection: sends it the error, if there is one for the client, removes its subscriptions, and leaves
    /// the socket to the loop. What is queued by then is written once; for a slow consumer it is dropped.
    pub fn close(&mut self, slot: u32, reason: CloseReason, error: Option<&str>) {
        let conn = &self.connections[slot];
        if conn.is_closing() {
            return;
        }
        if let Some(text) = error {
            self.error_reply(slot, text);
        }
        let subscriptions = self.connections[slot].subscriptions.len() as u32;
        self.keep_subscriptions(slot);
        self.debug_kind(slot, |kind| format!("{kind} connection closed: {}", reason.as_str()));
        self.drop_subscriptions(slot);
        self.unbind(slot);
        self.abandon_admission(slot);
        let stop_ns = self.delivery.wall_ns();
        let conn = &mut self.connections[slot];
        conn.enter_phase(Phase::Closing(reason));
        conn.input.clear_bytes();
        conn.paused = None;
        conn.client_mut().clear_grants();
        if reason.is_slow_consumer() {
            conn.out.clear();
        }
        conn.write = WriteState::closing(self.delivery.now_ns());
        conn.publish_in_counters();
        conn.publish_out_counters();
        conn.shared.set_subscriptions(subscriptions);
        let broker = conn.broker.clone();
        let enough = resume_threshold(&conn.plan.config);
        let shared = conn.shared.clone();
        // No publisher waits for it any more.
        shared.backlog().set_queued(0);
        self.notify_waiting(shared.backlog(), enough);
        let report_before_end = broker.unregister(&shared, reason);
        self.event(
            broker.id,
            Event::Disconnected {
                connection: Box::new(shared.snapshot()),
                reason,
                stop_ns,
            },
        );
        if report_before_end {
            self.connection_ended(broker);
        }
        self.connections.mark_closing(slot);
        self.add_timer(slot, TimerKind::Linger, LINGER_NS);
    }

    /// The time that a closed connection is kept has passed. A peer that reads what is left gets more, unless the
    /// broker stops.
    pub(crate) fn linger_due(&mut self, slot: u32) {
        let now = self.delivery.now_ns();
        let conn = &mut self.connections[slot];
        let deadline = conn.plan.config.write_deadline.as_nanos() as u64;
        let is_reading = !conn.out.is_empty() && conn.write.take_progress();
        let in_time = now.saturating_sub(conn.write.since_ns()) < deadline;
        if is_reading && in_time && conn.phase != Phase::Closing(CloseReason::ServerShutdown) {
            self.add_timer(slot, TimerKind::Linger, LINGER_NS);
        } else {
            self.connections.mark_expired(slot);
        }
    }

    /// Leaves what a connection is subscribed to with the broker, for monitoring.
    fn keep_subscriptions(&self, slot: u32) {
        let conn = &self.connections[slot];
        if conn.plan.config.max_closed_clients == 0 {
            return;
        }
        let subscriptions = last_subscriptions(conn);
        if !subscriptions.is_empty() {
            conn.broker.keep_closed(conn.shared.cid, subscriptions);
        }
    }
}
