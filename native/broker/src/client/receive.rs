//! Bytes of a client: operations are parsed one after the other, and errors answered.

use crate::client::run::limits_of;
use crate::client::unknown_operation::{is_bad_payload, unknown_operation};
use crate::connection::close::CloseReason;
use crate::connection::{Conn, Phase};
use crate::shard::Shard;
use crate::trace::quote::quote;
use nt_protocol::{ParseError, Parsed, parse};

impl Shard {
    /// Handles what a client sent, as [`Shard::receive`] says.
    pub(crate) fn receive_from_client(&mut self, slot: u32, data: &[u8]) -> usize {
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
            let conn = &mut self.connections[slot];
            if conn.phase() == Phase::AwaitingProxyHeader {
                match self.take_proxy_header(slot, &data[at..]) {
                    Some(used) => at += used,
                    None if self.connections[slot].is_closing() => return data.len(),
                    None => break,
                }
                continue;
            }
            if conn.phase() == Phase::AwaitingConnect && !matches!(data.get(at), None | Some(b'c' | b'C')) {
                // This is no CONNECT: nothing else is parsed before the client is admitted.
                if self.admit_implicitly(slot) {
                    continue;
                }
                return data.len();
            }
            match parse(&data[at..], &limits_of(conn)) {
                Parsed::Op(op, used) => {
                    if conn.config().log_trace {
                        self.trace_line(slot, &data[at..at + used]);
                    }
                    at += used;
                    self.handle_operation(slot, op);
                }
                Parsed::Incomplete { need } => {
                    conn.expect_input(need);
                    if need > 0 && conn.config().log_trace {
                        self.trace_line_early(slot, &data[at..]);
                    }
                    break;
                }
                Parsed::Error(error) => self.protocol_error(slot, &error, data, at),
            }
            match self.connections[slot].phase() {
                Phase::Closing(_) => return data.len(),
                Phase::AwaitingAdmission => {
                    self.connections[slot].hold_input();
                    break;
                }
                _ => {}
            }
        }
        self.connections[slot].publish_in_counters();
        at
    }

    /// The peer shut its end, or the socket failed.
    pub fn socket_ended(&mut self, slot: u32, reason: CloseReason) {
        let awaited = |conn: &Conn| conn.phase() == Phase::AwaitingProxyHeader;
        if self.connections.get(slot).is_some_and(awaited) {
            return self.refuse_proxy_header(slot, "the connection ended before a whole header");
        }
        self.close(slot, reason, None);
    }

    /// The operation that begins at `start` of `data` is invalid: sends the error and logs it, in nats-server's order.
    fn protocol_error(&mut self, slot: u32, error: &ParseError, data: &[u8], start: usize) {
        match error {
            ParseError::UnknownOperation => {
                let traced = self.connections[slot].config().log_trace;
                if traced && is_bad_payload(&data[start..]) {
                    self.trace_line_early(slot, &data[start..]);
                }
                self.error_reply(slot, "Unknown Protocol Operation");
                self.error(slot, || unknown_operation(data, start));
                self.close(slot, CloseReason::ProtocolViolation, None);
            }
            ParseError::ControlLine => {
                self.close(slot, CloseReason::MaxControlLineExceeded, error.wire_text());
                self.error(slot, || error.to_string());
            }
            ParseError::Payload { .. } => {
                self.trace_oversized(slot, &data[start..]);
                self.trace_line(slot, &data[start..]);
                self.error(slot, || error.to_string());
                self.close(slot, CloseReason::MaxPayloadExceeded, error.wire_text());
                if has_more_than_a_line(&data[start..]) {
                    self.connections[slot].note_unread_input();
                }
            }
            ParseError::Arguments { what, argument } => {
                self.trace_line(slot, &data[start..]);
                self.error(slot, || format!("{what}: {}", quote(argument.as_bytes())));
                self.close(slot, CloseReason::ProtocolViolation, None);
            }
            ParseError::HeadersNotSupported => {
                self.trace_line(slot, &data[start..]);
                self.error(slot, || error.to_string());
                self.close(slot, CloseReason::ProtocolViolation, None);
            }
            ParseError::ClientError(_) => {
                self.error(slot, || error.to_string());
                self.close(slot, CloseReason::ParseError, None);
            }
        }
    }
}

/// Whether something follows the first line.
fn has_more_than_a_line(data: &[u8]) -> bool {
    let end = data.iter().position(|&byte| byte == b'\n');
    end.is_some_and(|end| end + 1 < data.len())
}
