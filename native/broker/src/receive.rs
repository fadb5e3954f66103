//! Bytes from a client, turn by turn.

use crate::close::CloseReason;
use crate::conn::Phase;
use crate::publish::limits_of;
use crate::quote::quote;
use crate::shard::Shard;
use nt_protocol::{ParseError, Parsed, parse};

/// How much of what can't be parsed is shown in the log.
const SNIPPET_BYTES: usize = 32;

impl Shard {
    /// Handles what a client sent. Returns how many bytes are done with; the caller keeps the rest and gives it again,
    /// with more behind it, next time. May stop early when [`Shard::should_flush`]: then with what is left, at once.
    pub fn receive(&mut self, slot: u32, data: &[u8]) -> usize {
        let now = self.out.now_ns;
        self.out.handed_bytes = 0;
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
                if self.should_flush() {
                    break;
                }
                continue;
            }
            let conn = &mut self.out.conns[slot as usize];
            if conn.phase == Phase::AwaitingConnect && !matches!(data.get(at), None | Some(b'c' | b'C')) {
                // Whatever this will be, it is no CONNECT: nothing else is listened to, or judged, before one.
                if self.admit_implicitly(slot) {
                    continue;
                }
                return data.len();
            }
            match parse(&data[at..], &limits_of(conn)) {
                Parsed::Op(op, used) => {
                    at += used;
                    self.operate(slot, op);
                }
                Parsed::Incomplete { need } => {
                    conn.need = need;
                    break;
                }
                Parsed::Error(error) => self.protocol_error(slot, &error, &data[at..], at),
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

    fn protocol_error(&mut self, slot: u32, error: &ParseError, rest: &[u8], offset: usize) {
        let reason = match error {
            ParseError::ControlLine => CloseReason::MaxControlLineExceeded,
            ParseError::Payload { .. } => CloseReason::MaxPayloadExceeded,
            ParseError::ClientError(_) => CloseReason::ParseError,
            ParseError::UnknownOperation | ParseError::Arguments { .. } | ParseError::HeadersNotSupported => {
                CloseReason::ProtocolViolation
            }
        };
        match error {
            ParseError::UnknownOperation => {
                let snippet = quote(&rest[..rest.len().min(SNIPPET_BYTES)]);
                self.error(slot, || {
                    format!("Client parser ERROR, state=0, i={offset}: proto='{snippet}...'")
                });
            }
            _ => self.error(slot, || error.to_string()),
        }
        self.close(slot, reason, error.wire_text());
    }
}
