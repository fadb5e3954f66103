//! The headers of a message that concern traces.

use crate::services::is_w3c_sampled;
use memchr::memmem::{Finder, find};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

const FIRST_LINE: &[u8] = b"NATS/1.0\r\n";
const DESTINATION: &str = "Nats-Trace-Dest";
/// Of W3C: a trace that is sampled is traced here, too, where the account says so.
const TRACE_PARENT: &[u8] = b"traceparent";
const ONLY: &str = "Nats-Trace-Only";
/// Instead of a destination: this message is not to be traced. It has a blank, so it is no subject.
const DISABLED: &str = "trace disabled";
pub(super) const ORIGIN_ACCOUNT: &str = "Nats-Trace-Origin-Account";
pub(super) const ACCEPT_ENCODING: &str = "Accept-Encoding";

static DESTINATION_FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"Nats-Trace-Dest:"));

/// Whether headers may request a trace. The only check that most messages with headers need.
#[inline]
pub(crate) fn may_request_trace(headers: &[u8]) -> bool {
    DESTINATION_FINDER.find(headers).is_some()
}

/// Headers by name, as they were written.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct Headers(BTreeMap<String, Vec<String>>);

impl Headers {
    /// The first value of that name.
    pub fn first(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.first().map(String::as_str)
    }
}

/// What the headers of a message request.
#[derive(Debug)]
pub(super) struct TraceRequest {
    pub headers: Headers,
    /// `None`: the account says where it goes.
    pub destination: Option<Vec<u8>>,
    /// The message itself is not to be delivered.
    pub only: bool,
}

impl TraceRequest {
    /// `None`: no trace is requested.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes.strip_prefix(FIRST_LINE)?;
        let mut headers = BTreeMap::<String, Vec<String>>::new();
        let mut destination = None;
        let mut is_sampled = false;
        while let Some(colon) = memchr::memchr(b':', rest) {
            let name = &rest[..colon];
            let from = colon + 1;
            // An incomplete one does not count.
            let Some(length) = find(&rest[from..], b"\r\n") else {
                break;
            };
            let value = trim(&rest[from..from + length]);
            rest = &rest[from + length + 2..];
            if name.is_empty() || value.is_empty() {
                continue;
            }
            if destination.is_none() && name == DESTINATION.as_bytes() {
                if value == DISABLED.as_bytes() {
                    return None;
                }
                destination = Some(value.to_vec());
            }
            is_sampled |= name.eq_ignore_ascii_case(TRACE_PARENT) && is_w3c_sampled(&String::from_utf8_lossy(value));
            let [name, value] = [name, value].map(|part| String::from_utf8_lossy(part).into_owned());
            headers.entry(name).or_default().push(value);
        }
        if destination.is_none() && !is_sampled {
            return None;
        }
        let headers = Headers(headers);
        let is_yes = |value: &str| ["1", "true", "on"].iter().any(|yes| value.eq_ignore_ascii_case(yes));
        let only = destination.is_some() && headers.first(ONLY).is_some_and(is_yes);
        Some(Self {
            destination,
            headers,
            only,
        })
    }
}

fn trim(value: &[u8]) -> &[u8] {
    let is_text = |b: &u8| !matches!(b, b' ' | b'\t');
    let start = value.iter().position(is_text).unwrap_or(value.len());
    let end = value.iter().rposition(is_text).map_or(start, |last| last + 1);
    &value[start..end]
}

/// The same headers, with the destination replaced by [`DISABLED`].
pub(crate) fn disabled(bytes: &[u8]) -> Vec<u8> {
    let name = format!("{DESTINATION}:");
    let end = bytes.strip_suffix(b"\r\n").unwrap_or(bytes);
    let mut kept = Vec::with_capacity(bytes.len() + DISABLED.len());
    let mut rest = end;
    while !rest.is_empty() {
        let length = find(rest, b"\r\n").map_or(rest.len(), |at| at + 2);
        if !rest.starts_with(name.as_bytes()) {
            kept.extend_from_slice(&rest[..length]);
        }
        rest = &rest[length..];
    }
    kept.extend_from_slice(format!("{name} {DISABLED}\r\n\r\n").as_bytes());
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &str) -> Option<(String, bool)> {
        let request = TraceRequest::read(format!("NATS/1.0\r\n{lines}\r\n").as_bytes())?;
        let destination = request.destination.unwrap_or_default();
        Some((String::from_utf8(destination).expect("text"), request.only))
    }

    #[test]
    fn a_destination_requests_a_trace() {
        let requested = |only| Some(("d".to_owned(), only));
        assert_eq!(read("Nats-Trace-Dest:d\r\n"), requested(false));
        assert_eq!(
            read("A: b\r\nNats-Trace-Dest: \t d \r\nNats-Trace-Dest: e\r\n"),
            requested(false)
        );
        for (value, only) in [
            ("1", true),
            ("TRUE", true),
            ("On", true),
            ("0", false),
            ("yes", false),
            ("", false),
        ] {
            let lines = format!("Nats-Trace-Only: {value}\r\nNats-Trace-Dest: d\r\n");
            assert_eq!(read(&lines), requested(only), "{value}");
        }
        assert_eq!(read("Nats-Trace-Only: 1\r\n"), None);
        let of_account = Some((String::new(), false));
        assert_eq!(read("Traceparent: 00-a-b-01\r\nNats-Trace-Only: 1\r\n"), of_account);
        assert_eq!(read("traceparent: 00-a-b-00\r\n"), None);
        assert_eq!(
            read("traceparent: 00-a-b-01\r\nNats-Trace-Dest: d\r\n"),
            requested(false)
        );
        assert_eq!(read("nats-trace-dest: d\r\n"), None);
        assert_eq!(read("Nats-Trace-Dest:\r\n"), None);
        assert_eq!(read("Nats-Trace-Dest : d\r\n"), None);
        assert_eq!(read("Nats-Trace-Dest: trace disabled\r\nNats-Trace-Dest: d\r\n"), None);
        assert!(TraceRequest::read(b"NATS/1.1\r\nNats-Trace-Dest: d\r\n\r\n").is_none());
        assert!(
            TraceRequest::read(b"NATS/1.0\r\nNats-Trace-Dest: d").is_none(),
            "cut off"
        );
    }

    #[test]
    fn headers_keep_their_case_and_their_values() {
        let request =
            TraceRequest::read(b"NATS/1.0\r\nx-A: 1\r\nNats-Trace-Dest: d\r\nX-a: 2\r\nx-A:  3 \r\nempty:\r\n\r\n");
        let json = serde_json::to_string(&request.expect("a request").headers).expect("plain text");
        assert_eq!(json, r#"{"Nats-Trace-Dest":["d"],"X-a":["2"],"x-A":["1","3"]}"#);
    }

    #[test]
    fn the_destination_is_replaced_at_the_end() {
        let before = b"NATS/1.0\r\nNats-Trace-Dest: d\r\nK: v\r\nNats-Trace-Dest: e\r\nNats-Trace-Destiny: f\r\n\r\n";
        let after = b"NATS/1.0\r\nK: v\r\nNats-Trace-Destiny: f\r\nNats-Trace-Dest: trace disabled\r\n\r\n";
        assert_eq!(disabled(before), after);
        assert!(TraceRequest::read(after).is_none());
    }
}
