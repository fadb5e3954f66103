//! Clients behind a load balancer: the first bytes of their connections may be a header with the client's address.
//!
//! Looked for only if the plan says so, and only before anything else is parsed. INFO is sent at once, so that a client
//! without a header does not wait; it has no address until the header is known. The timers of a connection start after
//! the header.

use crate::connection::Phase;
use crate::connection::close::CloseReason;
use crate::shard::Shard;
use crate::shard::event::{Event, LogLevel};
use crate::shard::timers::TimerKind;
use nt_protocol::{ProxyHeader, parse_proxy_header};

/// Time to send the whole header, or a first byte that can't belong to one.
const HEADER_NS: u64 = 5_000_000_000;

impl Shard {
    /// Waits for the header.
    pub(crate) fn await_proxy_header(&mut self, slot: u32) {
        self.add_timer(slot, TimerKind::ProxyHeader, HEADER_NS);
    }

    /// Looks for a header at the start of what a connection sent. Returns the bytes it took; `None`: there is more to
    /// come, or the connection is closed.
    pub(crate) fn take_proxy_header(&mut self, slot: u32, data: &[u8]) -> Option<usize> {
        let conn = &mut self.connections[slot];
        let used = match parse_proxy_header(data) {
            Ok(ProxyHeader::Incomplete { need }) => {
                conn.expect_input(need);
                return None;
            }
            Ok(ProxyHeader::Absent) => 0,
            Ok(ProxyHeader::Local { used }) => used,
            Ok(ProxyHeader::Client { source, used }) => {
                conn.shared.set_proxied(source);
                used
            }
            Err(error) => {
                self.refuse_proxy_header(slot, &error.to_string());
                return None;
            }
        };
        conn.enter_phase(Phase::first(&conn.plan));
        self.add_first_timers(slot);
        Some(used)
    }

    /// Its time is up.
    pub(crate) fn proxy_header_due(&mut self, slot: u32) {
        if self.connections[slot].phase == Phase::AwaitingProxyHeader {
            self.refuse_proxy_header(
                slot,
                "timeout: the client sent neither a whole header nor anything else",
            );
        }
    }

    /// Closes a connection whose client is not known. The log names the peer, which is the proxy.
    pub(crate) fn refuse_proxy_header(&mut self, slot: u32, why: &str) {
        let conn = &self.connections[slot];
        let (broker, level) = (conn.broker.id, LogLevel::Warn);
        let text = format!("Error reading PROXY protocol header from {}: {why}", conn.shared.peer);
        self.event(broker, Event::Log { level, text });
        self.close(slot, CloseReason::ProtocolViolation, None);
    }
}
