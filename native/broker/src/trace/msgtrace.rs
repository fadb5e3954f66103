//! Message tracing: for a message with the header `Nats-Trace-Dest` an event is published there, which lists all
//! subscriptions the message was delivered to, those it was not delivered to, and why.
//!
//! Other messages pay one search of their headers, if they have any. A traced message is delivered as usual, with the
//! trace kept in [`Delivery`](crate::delivery::Delivery); the event is published after it, under the same lock. Where the
//! message goes to another account, the event waits until it is known what became of it there (`services`). Fields of
//! nats-server's event about other servers and about streams are left out as long as there are none.

mod encode;
mod event;
mod headers;
mod record;

use crate::client::run::Run;
use crate::connection::Conn;
use crate::delivery::frame::Frame;
use crate::delivery::resolved::is_reserved;
use crate::plan::config::Config;
use crate::shard::Shard;
use crate::state::BrokerState;
use crate::time::rfc3339;
use crate::trace::quote::quote;
pub use encode::snappy_frame;
use event::{Event, Request, Server};
use headers::TraceRequest;
pub(crate) use headers::{disabled, may_request_trace};
use nt_protocol::{Publish, parse_size};
use nt_subject::is_valid_literal_subject;
pub(crate) use record::{MsgTrace, Undelivered};

/// What happens to a message whose headers may request a trace.
enum Tracing {
    /// It is delivered without a trace.
    Ordinary,
    /// It is delivered without a trace, and other servers must not trace it either.
    Disabled,
    /// It is not delivered.
    Dropped,
    /// It is not delivered, and its publisher gets an error: it may not publish to this destination.
    Refused(Vec<u8>),
    Traced(Box<MsgTrace>),
}

impl Shard {
    /// Publishes a message whose headers may request a trace.
    #[cold]
    pub(crate) fn publish_traced(&mut self, run: &mut Run<'_>, message: &Publish<'_>) {
        let headers = &message.body[..message.header_len];
        let size = message.body.len();
        let tracing = self.tracing_of(run, headers, message.subject, size);
        match tracing {
            Tracing::Ordinary => self.publish_untraced_message(run, message),
            Tracing::Disabled => {
                let mut body = disabled(headers);
                let header_len = body.len();
                body.extend_from_slice(&message.body[message.header_len..]);
                let size_text = body.len().to_string();
                let changed = Publish {
                    header_len,
                    body: &body,
                    size_text: size_text.as_bytes(),
                    tail: None,
                    ..*message
                };
                self.publish_untraced_message(run, &changed);
            }
            Tracing::Dropped => self.check_literal_subject(run, message.subject),
            Tracing::Refused(destination) => {
                self.check_literal_subject(run, message.subject);
                self.refuse_subject(run.publisher.slot, &destination);
            }
            Tracing::Traced(trace) => {
                self.delivery.begin_traced(trace);
                self.publish_traced_message(run, message);
                if let Some(trace) = self.delivery.end_traced()
                    && let Some(trace) = self.crossings.keep_trace(trace)
                {
                    self.send_trace(run, &trace);
                }
            }
        }
    }

    /// The check for pedantic clients, of a message that is not delivered.
    fn check_literal_subject(&mut self, run: &Run<'_>, subject: &[u8]) {
        if run.publisher.flags.pedantic && !nt_subject::is_valid_literal_subject(subject) {
            self.error_reply(run.publisher.slot, "Invalid Publish Subject");
        }
    }

    /// A message that is too large closes its connection before it has arrived. If the part of its headers that has
    /// arrived requests a trace, that is sent all the same. `data` begins with the message's line.
    pub(crate) fn trace_oversized(&mut self, slot: u32, data: &[u8]) {
        let Some((subject, header_len, size, start)) = announced(data) else {
            return;
        };
        let headers = &data[start..data.len().min(start + header_len)];
        if !may_request_trace(headers) {
            return;
        }
        self.run_aside(slot, |shard, run| match shard.tracing_of(run, headers, subject, size) {
            Tracing::Traced(mut trace) => {
                trace.refused("maximum payload exceeded");
                shard.send_trace(run, &trace);
            }
            Tracing::Refused(destination) => shard.refuse_subject(slot, &destination),
            Tracing::Ordinary | Tracing::Disabled | Tracing::Dropped => {}
        });
    }

    fn tracing_of(&mut self, run: &Run<'_>, headers: &[u8], subject: &[u8], size: usize) -> Tracing {
        let publisher = run.publisher;
        let Some(request) = TraceRequest::read(headers) else {
            return Tracing::Ordinary;
        };
        let TraceRequest { only, .. } = request;
        let without = |only: bool| if only { Tracing::Dropped } else { Tracing::Ordinary };
        let slot = publisher.slot;
        if let Some(origin) = request.headers.first(headers::ORIGIN_ACCOUNT) {
            let origin = quote(origin.as_bytes());
            self.error(slot, || {
                let name = headers::ORIGIN_ACCOUNT;
                format!("Message tracing disabled because of header \"{name}\" with value={origin}")
            });
            return if only { Tracing::Dropped } else { Tracing::Disabled };
        }
        let account = publisher.part();
        let Some(destination) = request.destination.clone().or_else(|| account.trace_destination()) else {
            return Tracing::Ordinary;
        };
        if request.destination.is_none() && self.delivery.random_below(100) >= account.trace_sampling() {
            return Tracing::Disabled;
        }
        if !is_valid_literal_subject(&destination) {
            let text = quote(&destination);
            self.error(slot, || {
                format!("Destination {text} is not valid, won't be able to trace events")
            });
            return without(only);
        }
        let permitted = publisher
            .permissions
            .as_ref()
            .is_none_or(|p| p.may_publish(&destination));
        if is_reserved(&destination) || !permitted {
            return Tracing::Refused(destination);
        }
        let conn: &Conn = &self.connections[slot];
        let trace = MsgTrace::new(request, destination, size, subject, &account.account, conn.shared());
        Tracing::Traced(Box::new(trace))
    }

    /// Publishes the event as the server itself, without checks of permissions.
    fn send_trace(&mut self, run: &mut Run<'_>, trace: &MsgTrace) {
        let conn = &self.connections[run.publisher.slot];
        let (headers, body) = trace_event(trace, conn.config(), conn.broker(), self.delivery.wall_ns());
        let frame = WholeFrame::new(&headers, &body);
        self.deliver_from_server(run, &trace.destination, frame.borrowed());
    }
}

/// Headers and body of the event that tells of a trace.
pub(crate) fn trace_event(trace: &MsgTrace, config: &Config, broker: &BrokerState, wall_ns: u64) -> (Vec<u8>, Vec<u8>) {
    let info = &config.info;
    let now = rfc3339(wall_ns);
    let server = Server {
        name: &info.server_name,
        host: &info.host,
        id: &info.server_id,
        ver: &info.version,
        tags: &info.tags,
        metadata: &info.metadata,
        feature_flags: &info.feature_flags,
        jetstream: false,
        flags: 0,
        seq: broker.next_event_number(),
        time: &now,
    };
    let accepted = trace.headers.first(headers::ACCEPT_ENCODING);
    let event = Event {
        server,
        request: Request {
            header: &trace.headers,
            msgsize: trace.message_size,
        },
        events: trace.timed(&now),
    };
    encode::encode(&event, accepted)
}

/// Both forms of a message of the server itself. There is no reply subject, which leaves two blanks.
struct WholeFrame {
    msg: Vec<u8>,
    hmsg: Option<Vec<u8>>,
    body_bytes: usize,
    header_bytes: usize,
}

impl WholeFrame {
    fn new(headers: &[u8], body: &[u8]) -> Self {
        let msg = [format!(" {}\r\n", body.len()).as_bytes(), body, b"\r\n"].concat();
        let total = headers.len() + body.len();
        let line = format!(" {} {total}\r\n", headers.len());
        let hmsg = (!headers.is_empty()).then(|| [line.as_bytes(), headers, body, b"\r\n"].concat());
        Self {
            msg,
            hmsg,
            body_bytes: body.len(),
            header_bytes: headers.len(),
        }
    }

    fn borrowed(&self) -> Frame<'_> {
        Frame {
            msg_tail: &self.msg,
            hmsg_tail: self.hmsg.as_deref(),
            msg_bytes: self.body_bytes,
            hmsg_bytes: self.header_bytes + self.body_bytes,
            reply: None,
        }
    }
}

/// What the line of an HPUB announces: its subject, the length of its headers, its whole size, and where the line ends.
fn announced(data: &[u8]) -> Option<(&[u8], usize, usize, usize)> {
    let end = memchr::memchr(b'\n', data)?;
    let mut parts = data[..end]
        .split(|b| matches!(b, b' ' | b'\t' | b'\r'))
        .filter(|part| !part.is_empty());
    if !parts.next()?.eq_ignore_ascii_case(b"hpub") {
        return None;
    }
    let subject = parts.next()?;
    let size = parse_size(parts.next_back()?)?;
    let header_len = parse_size(parts.next_back()?)?;
    Some((subject, header_len, size, end + 1))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
