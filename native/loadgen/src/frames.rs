//! Parses frames of a server from a buffer: sans-IO, borrowing, without allocations per message.
//!
//! Consecutive messages often have the same line; the reader remembers the last line and does not parse it again.

use memchr::{memchr, memrchr};
use nt_protocol::parse_size;

/// No server sends longer lines, INFO included.
const LINE_MAX: usize = 1 << 20;

/// One thing said.
#[derive(Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Frame<'a> {
    Message(Message<'a>),
    Ping,
    Pong,
    Ok,
    /// The text between the quotes.
    Error(&'a [u8]),
    Info(&'a [u8]),
}

/// `MSG` or `HMSG`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message<'a> {
    /// The arguments, without CRLF: `subject sid [reply] sizes`.
    line: &'a [u8],
    header_len: usize,
    /// Headers and payload.
    body: &'a [u8],
    /// Arguments after the reply: one for `MSG`, two for `HMSG`.
    sizes: usize,
}

impl<'a> Message<'a> {
    /// The payload, without the headers.
    #[inline]
    pub fn payload(&self) -> &'a [u8] {
        &self.body[self.header_len..]
    }

    /// The header block; empty when there is none.
    pub fn headers(&self) -> &'a [u8] {
        &self.body[..self.header_len]
    }

    /// The subject.
    pub fn subject(&self) -> &'a [u8] {
        self.line.split(|b| *b == b' ').next().unwrap_or_default()
    }

    /// The reply subject, if any.
    pub fn reply(&self) -> Option<&'a [u8]> {
        let mut fields = self.line.split(|b| *b == b' ');
        let reply = fields.nth(2)?;
        (fields.count() == self.sizes).then_some(reply)
    }

    /// The code of the status line (`NATS/1.0 503`), if the message has one.
    pub fn status(&self) -> Option<Status<'a>> {
        let rest = self.headers().strip_prefix(b"NATS/1.0 ")?;
        let line = &rest[..memchr(b'\r', rest)?];
        let code = std::str::from_utf8(line.get(..3)?).ok()?.parse().ok()?;
        Some(Status {
            code,
            text: line.get(4..).unwrap_or_default(),
        })
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&'a [u8]> {
        self.headers().split(|b| *b == b'\n').find_map(|line| {
            let (key, value) = line.split_at_checked(memchr(b':', line)?)?;
            key.eq_ignore_ascii_case(name.as_bytes())
                .then(|| value[1..].trim_ascii())
        })
    }
}

/// A message without payload that has a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Status<'a> {
    pub code: u16,
    pub text: &'a [u8],
}

/// The peer does not speak the protocol. Holds what it said instead.
#[derive(Debug, PartialEq, Eq)]
pub struct NoProtocol(pub String);

/// Reads frames of one connection.
#[derive(Debug, Default)]
pub struct FrameReader {
    /// The line of the last message including CRLF, and its parsed form.
    line: Vec<u8>,
    header_len: usize,
    total: usize,
}

impl FrameReader {
    /// The frame at the start of `buf` and its length; `None` if it is incomplete.
    #[inline]
    pub fn next<'a>(&mut self, buf: &'a [u8]) -> Result<Option<(Frame<'a>, usize)>, NoProtocol> {
        if !self.line.is_empty() && buf.starts_with(&self.line) {
            return Ok(self.message(buf));
        }
        self.next_line(buf)
    }

    /// The message of the line that was read last.
    #[inline]
    fn message<'a>(&self, buf: &'a [u8]) -> Option<(Frame<'a>, usize)> {
        let body_at = self.line.len();
        let body = buf.get(body_at..body_at + self.total)?;
        let end = body_at + self.total + 2;
        if buf.len() < end {
            return None;
        }
        let (verb, sizes) = if buf[0] == b'M' { (4, 1) } else { (5, 2) };
        let line = &buf[verb..body_at - 2];
        Some((
            Frame::Message(Message {
                line,
                header_len: self.header_len,
                body,
                sizes,
            }),
            end,
        ))
    }

    fn next_line<'a>(&mut self, buf: &'a [u8]) -> Result<Option<(Frame<'a>, usize)>, NoProtocol> {
        let Some(end) = memchr(b'\n', buf) else {
            return if buf.len() > LINE_MAX {
                Err(no_protocol(buf))
            } else {
                Ok(None)
            };
        };
        let line = buf[..end].strip_suffix(b"\r").ok_or_else(|| no_protocol(buf))?;
        let is = |word: &[u8]| line.len() >= word.len() && line[..word.len()].eq_ignore_ascii_case(word);
        let frame = if is(b"MSG ") || is(b"HMSG ") {
            self.remember(&buf[..=end], is(b"HMSG "))
                .ok_or_else(|| no_protocol(buf))?;
            return Ok(self.message(buf));
        } else if is(b"PING") {
            Frame::Ping
        } else if is(b"PONG") {
            Frame::Pong
        } else if is(b"+OK") {
            Frame::Ok
        } else if is(b"-ERR") {
            let text = line[4..].trim_ascii();
            Frame::Error(
                text.strip_prefix(b"'")
                    .and_then(|t| t.strip_suffix(b"'"))
                    .unwrap_or(text),
            )
        } else if is(b"INFO ") {
            Frame::Info(&line[5..])
        } else {
            return Err(no_protocol(buf));
        };
        Ok(Some((frame, end + 1)))
    }

    fn remember(&mut self, line: &[u8], with_headers: bool) -> Option<()> {
        let text = &line[..line.len() - 2];
        let at = memrchr(b' ', text)?;
        self.total = parse_size(&text[at + 1..])?;
        self.header_len = 0;
        if with_headers {
            let before = &text[..at];
            self.header_len = parse_size(&before[memrchr(b' ', before)? + 1..])?;
        }
        self.line.clear();
        if self.header_len > self.total {
            return None;
        }
        self.line.extend_from_slice(line);
        Some(())
    }
}

fn no_protocol(buf: &[u8]) -> NoProtocol {
    NoProtocol(String::from_utf8_lossy(&buf[..buf.len().min(40)]).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(buf: &[u8]) -> Vec<String> {
        let (mut reader, mut at, mut said) = (FrameReader::default(), 0, Vec::new());
        while let Some((frame, len)) = reader.next(&buf[at..]).expect("the protocol") {
            said.push(match frame {
                Frame::Message(m) => format!(
                    "{} {} {} {}",
                    m.subject().escape_ascii(),
                    m.reply().unwrap_or(b"-").escape_ascii(),
                    m.header_len,
                    m.payload().escape_ascii()
                ),
                other => format!("{other:?}"),
            });
            at += len;
        }
        assert_eq!(at, buf.len(), "all was read");
        said
    }

    #[test]
    fn messages_of_all_forms() {
        let said = all(b"MSG a.b 1 2\r\nhi\r\nMSG a.b 1 2\r\nho\r\nMSG a 1 r.x 0\r\n\r\nHMSG a 1 r 12 14\r\nNATS/1.0\r\n\r\nhi\r\n");
        assert_eq!(said, ["a.b - 0 hi", "a.b - 0 ho", "a r.x 0 ", "a r 12 hi"]);
    }

    #[test]
    fn every_cut_waits_for_more() {
        let buf = b"HMSG a 1 12 14\r\nNATS/1.0\r\n\r\nhi\r\n";
        for end in 0..buf.len() {
            assert_eq!(FrameReader::default().next(&buf[..end]), Ok(None), "cut at {end}");
        }
    }

    #[test]
    fn status_and_headers() {
        let block = b"NATS/1.0 409 Leadership Change\r\nNats-Pending-Messages: 7\r\n\r\n";
        let mut buf = format!("HMSG a 1 {0} {0}\r\n", block.len()).into_bytes();
        buf.extend_from_slice(block);
        buf.extend_from_slice(b"\r\n");
        let mut reader = FrameReader::default();
        let Ok(Some((Frame::Message(message), _))) = reader.next(&buf) else {
            panic!("a message")
        };
        assert_eq!(
            message.status(),
            Some(Status {
                code: 409,
                text: b"Leadership Change"
            })
        );
        assert_eq!(message.header("nats-pending-messages"), Some(&b"7"[..]));
        assert_eq!(message.header("nats-pending"), None);
    }

    #[test]
    fn errors_come_without_quotes() {
        let mut reader = FrameReader::default();
        let said = reader.next(b"-ERR 'Authorization Violation'\r\n");
        assert_eq!(said, Ok(Some((Frame::Error(b"Authorization Violation"), 32))));
    }

    #[test]
    fn other_protocols_are_refused() {
        assert!(FrameReader::default().next(b"HTTP/1.1 400 Bad Request\r\n").is_err());
        assert!(FrameReader::default().next(b"MSG a 1 x\r\n").is_err());
        assert!(FrameReader::default().next(b"HMSG a 1 9 2\r\n").is_err());
    }
}
