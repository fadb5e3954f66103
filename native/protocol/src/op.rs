//! The operations of a client. Every field borrows from the input buffer.

/// One client operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op<'a> {
    /// `CONNECT {json}`; the argument is not decoded yet.
    Connect(&'a [u8]),
    /// `PUB` or `HPUB` with its payload.
    Publish(Publish<'a>),
    /// `SUB subject [queue] sid`.
    Sub {
        /// Not validated here: the broker does that.
        subject: &'a [u8],
        /// Queue group, if any.
        queue: Option<&'a [u8]>,
        /// The client's name for the subscription: any bytes without blanks.
        sid: &'a [u8],
    },
    /// `UNSUB sid [max]`.
    Unsub {
        /// The subscription's name.
        sid: &'a [u8],
        /// Remove after that many deliveries; `None` and 0 remove at once.
        max: Option<u64>,
    },
    /// `PING`.
    Ping,
    /// `PONG`.
    Pong,
    /// `+OK`: clients have no reason to send it; ignored.
    Ok,
    /// `INFO {json}`, ignored when it is JSON.
    Info(&'a [u8]),
}

/// A published message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Publish<'a> {
    /// As the client wrote it, unchecked.
    pub subject: &'a [u8],
    /// Where answers should go.
    pub reply: Option<&'a [u8]>,
    /// Whether this was an `HPUB`.
    pub has_headers: bool,
    /// Bytes of `body` that are headers.
    pub header_len: usize,
    /// Headers and payload, without the CRLF at the end.
    pub body: &'a [u8],
    /// The size field as written, including leading zeros: subscribers get it verbatim.
    pub size_text: &'a [u8],
    /// Everything after the subject, ready to be copied to subscribers: `[reply ][hdr ]size CRLF body CRLF`.
    /// `None` if the spacing of the client's line must not be passed on.
    pub tail: Option<&'a [u8]>,
}
