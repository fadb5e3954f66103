//! Bytes from a client, turn by turn.

use crate::close::CloseReason;
use crate::conn::Phase;
use crate::publish::limits_of;
use crate::shard::Shard;
use nt_protocol::{Op, ParseError, Parsed, parse};

impl Shard {
    /// Handles what a client sent. Returns how many bytes are done with; the caller keeps the rest and gives it again,
    /// with more behind it, next time.
    pub fn receive(&mut self, slot: u32, data: &[u8]) -> usize {
        let now = self.out.now_ns;
        let Some(conn) = self.out.conns.get_mut(slot as usize) else {
            return data.len();
        };
        if conn.is_closing() {
            return data.len();
        }
        conn.touch(now);
        let mut at = 0;
        loop {
            let used = self.publish_run(slot, &data[at..]);
            at += used;
            if used > 0 {
                continue;
            }
            let conn = &mut self.out.conns[slot as usize];
            match parse(&data[at..], &limits_of(conn)) {
                // Whoever need not introduce itself is let in first; then its operation is looked at again.
                Parsed::Op(op, used) if conn.phase == Phase::Ready || matches!(op, Op::Connect(_)) => {
                    at += used;
                    self.operate(slot, op);
                }
                Parsed::Op(..) => {
                    if !self.admit_implicitly(slot) {
                        return data.len();
                    }
                }
                Parsed::Incomplete { need } => {
                    conn.need = need;
                    break;
                }
                Parsed::Error(error) => self.protocol_error(slot, &error),
            }
            if self.out.conns[slot as usize].is_closing() {
                return data.len();
            }
        }
        self.out.conns[slot as usize].publish_in_counters();
        at
    }

    /// The peer closed its end, or the socket broke.
    pub fn peer_gone(&mut self, slot: u32, reason: CloseReason) {
        self.close(slot, reason, None);
    }

    fn protocol_error(&mut self, slot: u32, error: &ParseError) {
        let conn = &self.out.conns[slot as usize];
        // Before CONNECT nothing else is listened to, so nothing else is judged either.
        if conn.phase == Phase::AwaitingConnect
            && matches!(error, ParseError::Arguments { .. } | ParseError::HeadersNotSupported)
        {
            return self.authorization_violation(slot, None);
        }
        let reason = match error {
            ParseError::ControlLine => CloseReason::MaxControlLineExceeded,
            ParseError::Payload { .. } => CloseReason::MaxPayloadExceeded,
            ParseError::ClientError(_) => CloseReason::ParseError,
            ParseError::UnknownOperation | ParseError::Arguments { .. } | ParseError::HeadersNotSupported => {
                CloseReason::ProtocolViolation
            }
        };
        self.error(slot, || error.to_string());
        self.close(slot, reason, error.wire_text());
    }
}
