//! Messages for a stream: staged by a run, then waiting until the stream is run.

use crate::streams::shared::{SharedStream, StreamRole};
use std::sync::Arc;

/// What a message is for, and the lengths of its parts, which follow each other.
#[derive(Debug, Clone, Copy)]
struct Item {
    role: StreamRole,
    subject: u32,
    reply: u32,
    headers: u32,
    body: u32,
}

/// A message as it was delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Delivered<'a> {
    pub role: StreamRole,
    pub subject: &'a [u8],
    /// Empty: no answer is wanted.
    pub reply: &'a [u8],
    pub headers: &'a [u8],
    pub body: &'a [u8],
}

/// Messages of one run for one stream, in order.
#[derive(Debug)]
pub(crate) struct StagedInput {
    stream: Arc<SharedStream>,
    items: Vec<Item>,
    bytes: Vec<u8>,
}

impl StagedInput {
    pub fn new(stream: Arc<SharedStream>) -> Self {
        Self {
            stream,
            items: Vec::new(),
            bytes: Vec::new(),
        }
    }

    pub fn stream(&self) -> &Arc<SharedStream> {
        &self.stream
    }

    /// Adds a message as it is framed for subscribers: `[H]MSG subject sid `, then `[reply ][header ]size CRLF payload
    /// CRLF` with so many bytes of payload, headers included.
    pub fn add(&mut self, role: StreamRole, prefix: &[u8], tail: &[u8], payload_bytes: usize, reply: Option<&[u8]>) {
        let subject = prefix.split(|&byte| byte == b' ').nth(1).unwrap_or_default();
        let payload_start = tail.len().saturating_sub(payload_bytes + b"\r\n".len());
        let line = &tail[..payload_start];
        let headers = if prefix.starts_with(b"H") {
            header_length(line)
        } else {
            0
        };
        let payload = tail
            .get(payload_start..payload_start + payload_bytes)
            .unwrap_or_default();
        let reply = reply.unwrap_or_default();
        self.items.push(Item {
            role,
            subject: subject.len() as u32,
            reply: reply.len() as u32,
            headers: headers.min(payload.len()) as u32,
            body: payload.len().saturating_sub(headers) as u32,
        });
        for part in [subject, reply, payload] {
            self.bytes.extend_from_slice(part);
        }
    }

    /// The messages, in order.
    pub fn messages(&self) -> impl Iterator<Item = Delivered<'_>> {
        let mut rest = &self.bytes[..];
        self.items.iter().map(move |item| {
            let mut take = |length: u32| {
                let (part, after) = rest.split_at(length as usize);
                rest = after;
                part
            };
            Delivered {
                role: item.role,
                subject: take(item.subject),
                reply: take(item.reply),
                headers: take(item.headers),
                body: take(item.body),
            }
        })
    }
}

/// The length of the headers in a line `[reply ]header total CRLF`.
fn header_length(line: &[u8]) -> usize {
    let mut words = line.trim_ascii_end().rsplit(|&byte| byte == b' ');
    let digits = words.nth(1).unwrap_or_default();
    std::str::from_utf8(digits).map_or(0, |digits| digits.parse().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_out_as_they_were_framed() {
        let (store, get) = (StreamRole::Store, StreamRole::DirectGet { filter_at: 3 });
        let mut input = StagedInput::new(SharedStream::for_tests());
        input.add(store, b"MSG a.b 1 ", b"5\r\nhello\r\n", 5, None);
        input.add(get, b"MSG a 1 ", b"r.1 0\r\n\r\n", 0, Some(b"r.1"));
        input.add(
            store,
            b"HMSG c 12 ",
            b"r 12 14\r\nNATS/1.0\r\n\r\nhi\r\n",
            14,
            Some(b"r"),
        );
        let parts = |role, subject, reply, headers, body| Delivered {
            role,
            subject,
            reply,
            headers,
            body,
        };
        let expected: [Delivered<'_>; 3] = [
            parts(store, b"a.b", b"", b"", b"hello"),
            parts(get, b"a", b"r.1", b"", b""),
            parts(store, b"c", b"r", b"NATS/1.0\r\n\r\n", b"hi"),
        ];
        assert_eq!(input.messages().collect::<Vec<_>>(), expected);
    }
}
