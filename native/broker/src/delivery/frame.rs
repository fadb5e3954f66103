//! The forms of a message for subscribers: with headers and without.

use nt_protocol::Publish;

/// A message that is being delivered: what follows subject and sid, for subscribers that read headers and for others.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame<'a> {
    /// `[reply ]size CRLF payload CRLF`, without headers.
    pub msg_tail: &'a [u8],
    /// `[reply ]header total CRLF headers payload CRLF`, when there are headers.
    pub hmsg_tail: Option<&'a [u8]>,
    /// Bytes of the payload, and of headers and payload together: what is counted.
    pub msg_bytes: usize,
    pub hmsg_bytes: usize,
    pub reply: Option<&'a [u8]>,
}

/// Makes both forms of a message, or the one with headers where all subscribers read those. `scratch` is used for what
/// can't be borrowed from the input.
pub(crate) fn frame_of<'a>(message: &Publish<'a>, headers_for_all: bool, scratch: &'a mut Vec<u8>) -> Frame<'a> {
    scratch.clear();
    let reply = message.reply;
    let total = message.body.len();
    let frame = |msg_tail, hmsg_tail| Frame {
        msg_tail,
        hmsg_tail,
        msg_bytes: total - message.header_len,
        hmsg_bytes: total,
        reply,
    };
    if let (Some(tail), false) = (message.tail, message.has_headers) {
        return frame(tail, None);
    }
    if let (Some(tail), true) = (message.tail, headers_for_all && message.header_len > 0) {
        return frame(&[], Some(tail));
    }
    let with_reply = |out: &mut Vec<u8>| {
        if let Some(reply) = reply {
            out.extend_from_slice(reply);
            out.push(b' ');
        }
    };
    // Without headers: for those who do not read them, and for messages that have none.
    with_reply(scratch);
    if message.header_len == 0 {
        scratch.extend_from_slice(message.size_text);
    } else {
        scratch.extend_from_slice((total - message.header_len).to_string().as_bytes());
    }
    for part in [b"\r\n", &message.body[message.header_len..], b"\r\n"] {
        scratch.extend_from_slice(part);
    }
    let msg_len = scratch.len();
    if message.header_len == 0 {
        return frame(scratch, None);
    }
    if let Some(tail) = message.tail {
        return frame(scratch, Some(tail));
    }
    with_reply(scratch);
    scratch.extend_from_slice(format!("{} ", message.header_len).as_bytes());
    for part in [message.size_text, b"\r\n", message.body, b"\r\n"] {
        scratch.extend_from_slice(part);
    }
    let (msg_tail, hmsg_tail) = scratch.split_at(msg_len);
    frame(msg_tail, Some(hmsg_tail))
}

/// The subject in the prefix of a frame: `MSG subject sid ` or `HMSG subject sid `.
pub(super) fn subject_of(prefix: &[u8]) -> &[u8] {
    prefix.split(|&byte| byte == b' ').nth(1).unwrap_or_default()
}
