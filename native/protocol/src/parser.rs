//! Finds one operation at the start of a buffer.
//!
//! The grammar is as lenient as nats-server: operation names in any case, tabs and several blanks between arguments, LF
//! without CR at the end of a control line. It is strict where a lenient parser would corrupt the streams of other
//! clients: a payload must end in CRLF, and a line break never becomes part of a subject.

use crate::{Op, ParseError, Publish, parse_canonical};
use memchr::memchr;

/// What this connection may send.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Longest argument of a control line, operation word and line end excluded.
    pub max_control_line: usize,
    /// Longest payload, headers included.
    pub max_payload: usize,
    /// Whether `HPUB` is allowed.
    pub headers: bool,
}

/// The result of parsing at the start of a buffer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parsed<'a> {
    /// An operation and how many bytes it took.
    Op(Op<'a>, usize),
    /// More bytes are needed: at least `need` in all, counted from the start of the operation (0: unknown).
    Incomplete {
        /// Length of the whole operation if the control line has it, else 0.
        need: usize,
    },
    /// The connection must end.
    Error(ParseError),
}

/// The most digits of a size: with nine it fits into 32 bits, with room for additions.
const SIZE_DIGITS_MAX: usize = 9;

/// Parses a size: decimal digits only, at most nine of them.
pub fn parse_size(digits: &[u8]) -> Option<usize> {
    if digits.is_empty() || digits.len() > SIZE_DIGITS_MAX {
        return None;
    }
    let mut n = 0usize;
    for &d in digits {
        let d = d.wrapping_sub(b'0');
        if d > 9 {
            return None;
        }
        n = n * 10 + usize::from(d);
    }
    Some(n)
}

/// Parses one operation at the start of `buf`.
#[inline(always)]
pub fn parse<'a>(buf: &'a [u8], limits: &Limits) -> Parsed<'a> {
    match parse_canonical(buf, limits) {
        Some((message, end)) => Parsed::Op(Op::Publish(message), end),
        None => parse_leniently(buf, limits),
    }
}

/// [`parse`] without the fast parser: for input that the fast parser left, and to test it.
#[inline(never)]
pub fn parse_leniently<'a>(buf: &'a [u8], limits: &Limits) -> Parsed<'a> {
    let Some(&first) = buf.first() else {
        return Parsed::Incomplete { need: 0 };
    };
    match first | 0x20 {
        b'p' => match buf.get(1).map(|b| b | 0x20) {
            None => Parsed::Incomplete { need: 0 },
            Some(b'u') => with_argument(buf, b"pub", Blank::Required, limits, |arg, end| {
                publish(buf, arg, end, limits)
            }),
            Some(b'i') => without_argument(buf, b"ping", limits, Op::Ping),
            Some(b'o') => without_argument(buf, b"pong", limits, Op::Pong),
            Some(_) => Parsed::Error(ParseError::UnknownOperation),
        },
        b'h' => hpub(buf, limits),
        b's' => with_argument(buf, b"sub", Blank::Required, limits, sub),
        b'u' => with_argument(buf, b"unsub", Blank::Required, limits, unsub),
        b'c' => with_argument(buf, b"connect", Blank::Optional, limits, |arg, end| {
            Parsed::Op(Op::Connect(arg), end)
        }),
        b'i' => with_argument(buf, b"info", Blank::Optional, limits, |arg, end| {
            Parsed::Op(Op::Info(arg), end)
        }),
        _ if first == b'+' => without_argument(buf, b"+ok", limits, Op::Ok),
        _ if first == b'-' => with_argument(buf, b"-err", Blank::Required, limits, |arg, _| {
            Parsed::Error(ParseError::ClientError(String::from_utf8_lossy(arg).into_owned()))
        }),
        _ => Parsed::Error(ParseError::UnknownOperation),
    }
}

#[derive(PartialEq, Eq)]
enum Blank {
    Required,
    Optional,
}

/// Compares the start of the buffer with `word`: all of it, a part at the end of the buffer, or something else.
fn starts_with_word(buf: &[u8], word: &[u8]) -> Option<bool> {
    let n = buf.len().min(word.len());
    let same = buf[..n].iter().zip(word).all(|(b, w)| b.eq_ignore_ascii_case(w));
    same.then_some(n == word.len())
}

/// PING, PONG, +OK: whatever follows on the line is ignored, as long as it fits on one.
fn without_argument<'a>(buf: &'a [u8], word: &[u8], limits: &Limits, op: Op<'a>) -> Parsed<'a> {
    match starts_with_word(buf, word) {
        None => return Parsed::Error(ParseError::UnknownOperation),
        Some(false) => return Parsed::Incomplete { need: 0 },
        Some(true) => {}
    }
    let rest = &buf[word.len()..];
    let end = memchr(b'\n', rest);
    if end.unwrap_or(rest.len()) > limits.max_control_line + 1 {
        return Parsed::Error(ParseError::ControlLine);
    }
    match end {
        Some(at) => Parsed::Op(op, word.len() + at + 1),
        None => Parsed::Incomplete { need: 0 },
    }
}

/// Finds the argument of the line and calls `then` with it and the offset after the line.
fn with_argument<'a>(
    buf: &'a [u8],
    word: &[u8],
    blank: Blank,
    limits: &Limits,
    then: impl FnOnce(&'a [u8], usize) -> Parsed<'a>,
) -> Parsed<'a> {
    match starts_with_word(buf, word) {
        None => return Parsed::Error(ParseError::UnknownOperation),
        Some(false) => return Parsed::Incomplete { need: 0 },
        Some(true) => {}
    }
    let Some(&after) = buf.get(word.len()) else {
        return Parsed::Incomplete { need: 0 };
    };
    if blank == Blank::Required && !is_blank(after) {
        return Parsed::Error(ParseError::UnknownOperation);
    }
    let mut start = word.len();
    while buf.get(start).is_some_and(|b| is_blank(*b)) {
        start += 1;
    }
    // They are not part of the argument, but a client that sends nothing else would make us keep and parse them
    // repeatedly.
    if start - word.len() > limits.max_control_line + 1 {
        return Parsed::Error(ParseError::ControlLine);
    }
    match memchr(b'\n', &buf[start..]) {
        Some(len) => {
            let arg = &buf[start..start + len];
            let arg = arg.strip_suffix(b"\r").unwrap_or(arg);
            if arg.len() > limits.max_control_line {
                return Parsed::Error(ParseError::ControlLine);
            }
            then(arg, start + len + 1)
        }
        // An incomplete line must not grow without bound either; its CR may have arrived.
        None if buf.len() - start > limits.max_control_line + 1 => Parsed::Error(ParseError::ControlLine),
        None => Parsed::Incomplete { need: 0 },
    }
}

fn is_blank(b: u8) -> bool {
    b == b' ' || b == b'\t'
}

/// Splits an argument at blanks; `None` when it has more parts than `N`.
fn split<const N: usize>(arg: &[u8]) -> Option<([&[u8]; N], usize)> {
    let mut parts: [&[u8]; N] = [&[]; N];
    let mut count = 0;
    for part in arg.split(|b| is_blank(*b)).filter(|p| !p.is_empty()) {
        *parts.get_mut(count)? = part;
        count += 1;
    }
    Some((parts, count))
}

fn publish<'a>(buf: &'a [u8], arg: &'a [u8], line_end: usize, limits: &Limits) -> Parsed<'a> {
    let (subject, reply, size_text) = match split::<3>(arg) {
        Some(([subject, size, _], 2)) => (subject, None, size),
        Some(([subject, reply, size], 3)) => (subject, Some(reply), size),
        _ => return Parsed::Error(ParseError::arguments("processPub Parse Error", arg)),
    };
    let Some(size) = parse_size(size_text) else {
        return Parsed::Error(ParseError::arguments("processPub Bad or Missing Size", arg));
    };
    with_payload(buf, line_end, size, limits, |body, end| Publish {
        subject,
        reply,
        has_headers: false,
        header_len: 0,
        body,
        size_text,
        tail: canonical_tail(buf, reply, None, size_text, line_end, end),
    })
}

fn hpub<'a>(buf: &'a [u8], limits: &Limits) -> Parsed<'a> {
    if starts_with_word(buf, b"hpub") == Some(true) && !limits.headers {
        return Parsed::Error(ParseError::HeadersNotSupported);
    }
    with_argument(buf, b"hpub", Blank::Required, limits, |arg, line_end| {
        let (subject, reply, header_text, size_text) = match split::<4>(arg) {
            Some(([subject, header, size, _], 3)) => (subject, None, header, size),
            Some(([subject, reply, header, size], 4)) => (subject, Some(reply), header, size),
            _ => return Parsed::Error(ParseError::arguments("processHeaderPub Parse Error", arg)),
        };
        let Some(header_len) = parse_size(header_text) else {
            return Parsed::Error(ParseError::arguments(
                "processHeaderPub Bad or Missing Header Size",
                arg,
            ));
        };
        let Some(size) = parse_size(size_text) else {
            return Parsed::Error(ParseError::arguments("processHeaderPub Bad or Missing Total Size", arg));
        };
        if header_len > size {
            return Parsed::Error(ParseError::arguments(
                "processHeaderPub Header Size larger then TotalSize",
                arg,
            ));
        }
        with_payload(buf, line_end, size, limits, |body, end| Publish {
            subject,
            reply,
            has_headers: true,
            header_len,
            body,
            size_text,
            tail: canonical_tail(buf, reply, Some(header_text), size_text, line_end, end),
        })
    })
}

fn with_payload<'a>(
    buf: &'a [u8],
    line_end: usize,
    size: usize,
    limits: &Limits,
    make: impl FnOnce(&'a [u8], usize) -> Publish<'a>,
) -> Parsed<'a> {
    if size > limits.max_payload {
        return Parsed::Error(ParseError::Payload {
            size,
            limit: limits.max_payload,
        });
    }
    let body_end = line_end + size;
    // The part of the final CRLF that has arrived must be right, even if the rest is missing.
    match buf.get(body_end) {
        None => return Parsed::Incomplete { need: body_end + 2 },
        Some(b'\r') => {}
        Some(_) => return Parsed::Error(ParseError::UnknownOperation),
    }
    match buf.get(body_end + 1) {
        None => Parsed::Incomplete { need: body_end + 2 },
        Some(b'\n') => Parsed::Op(Op::Publish(make(&buf[line_end..body_end], body_end + 2)), body_end + 2),
        Some(_) => Parsed::Error(ParseError::UnknownOperation),
    }
}

/// The bytes after the subject, if they can be sent to subscribers unchanged: one space between arguments and CRLF
/// directly after the size.
fn canonical_tail<'a>(
    buf: &'a [u8],
    reply: Option<&[u8]>,
    header_text: Option<&[u8]>,
    size_text: &[u8],
    line_end: usize,
    end: usize,
) -> Option<&'a [u8]> {
    let arguments = reply.map_or(0, |r| r.len() + 1) + header_text.map_or(0, |h| h.len() + 1) + size_text.len();
    let start = line_end.checked_sub(arguments + 2)?;
    let line = buf[start..line_end].strip_suffix(b"\r\n")?;
    // Arguments contain no blanks, so if lengths and blanks match, the bytes match.
    let mut rest = line;
    for part in [reply, header_text].into_iter().flatten() {
        rest = rest.strip_prefix(part)?.strip_prefix(b" ")?;
    }
    (rest == size_text).then(|| &buf[start..end])
}

fn sub(arg: &[u8], end: usize) -> Parsed<'_> {
    match split::<3>(arg) {
        Some(([subject, sid, _], 2)) => Parsed::Op(
            Op::Sub {
                subject,
                queue: None,
                sid,
            },
            end,
        ),
        Some(([subject, queue, sid], 3)) => Parsed::Op(
            Op::Sub {
                subject,
                queue: Some(queue),
                sid,
            },
            end,
        ),
        _ => Parsed::Error(ParseError::arguments("processSub Parse Error", arg)),
    }
}

fn unsub(arg: &[u8], end: usize) -> Parsed<'_> {
    match split::<2>(arg) {
        Some(([sid, _], 1)) => Parsed::Op(Op::Unsub { sid, max: None }, end),
        // Anything but a number of at most nine digits removes at once, like 0.
        Some(([sid, max], 2)) => Parsed::Op(
            Op::Unsub {
                sid,
                max: parse_size(max).map(|m| m as u64),
            },
            end,
        ),
        _ => Parsed::Error(ParseError::arguments("processUnsub Parse Error", arg)),
    }
}
