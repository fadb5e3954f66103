//! Message tracing: for a message with the header `Nats-Trace-Dest` an event is published there, which lists all
//! subscriptions the message was delivered to, those it was not delivered to, and why.
//!
//! Other messages pay one search of their headers, if they have any. A traced message is delivered as usual, with the
//! trace kept in [`Delivery`](crate::delivery::Delivery); the event is published after it, under the same lock. Fields
//! of nats-server's event about other servers, accounts and streams are left out as long as there are none.

mod encode;

pub use encode::snappy_frame;
mod event;
mod headers;

use crate::client::run::Run;
use crate::connection::Conn;
use crate::delivery::frame::Frame;
use crate::delivery::resolved::is_reserved;
use crate::interest::Interest;
use crate::shard::Shard;
use crate::time::rfc3339;
use crate::trace::quote::quote;
use event::{Entry, Event, Request, Server, Step};
use headers::{Headers, TraceRequest};
pub(crate) use headers::{disabled, may_request_trace};
use nt_protocol::{Publish, parse_size};
use nt_subject::{Matches, is_valid_literal_subject};

/// Why a subscription did not get a message.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Undelivered {
    NoEcho,
    Denied,
    AutoUnsubscribed,
    Slow,
}

impl Undelivered {
    fn text(self) -> &'static str {
        match self {
            Self::NoEcho => "Not delivered because of no echo",
            Self::Denied => "Not delivered because subscription denies this subject",
            Self::AutoUnsubscribed => "Not delivered because auto-unsubscribe exceeded",
            Self::Slow => "Not delivered because fast producer not stalled and consumer is slow",
        }
    }
}

/// The trace of one message.
#[derive(Debug)]
pub(crate) struct MsgTrace {
    /// The message is not delivered: only the trace is requested.
    only: bool,
    destination: Vec<u8>,
    headers: Headers,
    message_size: usize,
    ingress: Entry,
    /// What a mapping made of its subject.
    mapped_to: Option<String>,
    egress: Vec<Entry>,
}

impl MsgTrace {
    /// The message was refused.
    pub fn refused(&mut self, text: &str) {
        self.ingress.error = Some(text.to_owned());
    }

    /// Adds the subject that a mapping gave the message.
    pub fn mapped(&mut self, to: &[u8]) {
        self.mapped_to = Some(text(to));
    }

    /// Adds a delivery, or why there was none.
    pub fn add(&mut self, interest: &Interest, sub: u32, why: Option<Undelivered>) {
        let sub = interest.subscription(sub);
        let Some(shared) = interest.member_of(sub).destination().connection() else {
            return;
        };
        let subject = interest.subject_of(sub);
        self.egress.push(Entry {
            sub: Some(text(&subject)),
            queue: sub.queue().map(text),
            error: why.map(|why| why.text().to_owned()),
            ..Entry::of("eg", shared)
        });
    }

    /// Whether the message is not delivered: only the trace is requested.
    pub fn is_only_trace(&self) -> bool {
        self.only
    }

    /// Adds subscriptions that match and are no targets, since their users may not receive this subject; those of a
    /// queue group only where no member may.
    pub fn add_denied(&mut self, interest: &Interest, subject: &[u8]) {
        let mut found = Matches::new();
        interest.matches(subject, &mut found);
        let member_of = |id: u32| interest.member_of(interest.subscription(id));
        let is_member = |id: &u32| !member_of(*id).is_removed();
        let denied = |id: u32| {
            let queue = interest.subscription(id).queue();
            let permissions = member_of(id).permissions();
            permissions.is_some_and(|p| !p.may_receive(subject, queue))
        };
        let plain = found.plain.iter().copied().filter(is_member).filter(|&id| denied(id));
        let members = |ids: &'_ [u32]| ids.iter().copied().filter(is_member).collect::<Vec<_>>();
        let groups = found.groups().map(|(_, ids)| members(ids));
        let queued = groups.filter(|ids| ids.iter().all(|&id| denied(id))).flatten();
        for id in plain.chain(queued) {
            self.add(interest, id, Some(Undelivered::Denied));
        }
    }
}

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
                if let Some(trace) = self.delivery.end_traced() {
                    self.send_trace(run, *trace);
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
                shard.send_trace(run, *trace);
            }
            Tracing::Refused(destination) => shard.refuse_subject(slot, &destination),
            Tracing::Ordinary | Tracing::Disabled | Tracing::Dropped => {}
        });
    }

    fn tracing_of(&mut self, run: &Run<'_>, headers: &[u8], subject: &[u8], size: usize) -> Tracing {
        let Run { publisher, account, .. } = *run;
        let Some(TraceRequest {
            headers,
            destination,
            only,
        }) = TraceRequest::read(headers)
        else {
            return Tracing::Ordinary;
        };
        let without = |only: bool| if only { Tracing::Dropped } else { Tracing::Ordinary };
        let slot = publisher.slot;
        if let Some(origin) = headers.first(headers::ORIGIN_ACCOUNT) {
            let origin = quote(origin.as_bytes());
            self.error(slot, || {
                let name = headers::ORIGIN_ACCOUNT;
                format!("Message tracing disabled because of header \"{name}\" with value={origin}")
            });
            return if only { Tracing::Dropped } else { Tracing::Disabled };
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
        Tracing::Traced(Box::new(MsgTrace {
            only,
            destination,
            headers,
            message_size: size,
            ingress: Entry {
                acc: Some(account.name.clone()),
                subj: Some(text(subject)),
                ..Entry::of("in", conn.shared())
            },
            mapped_to: None,
            egress: Vec::new(),
        }))
    }

    /// Publishes the event as the server itself, without checks of permissions.
    fn send_trace(&mut self, run: &mut Run<'_>, trace: MsgTrace) {
        let conn = &self.connections[run.publisher.slot];
        let info = &conn.config().info;
        let now = rfc3339(self.delivery.wall_ns());
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
            seq: conn.broker().next_event_number(),
            time: &now,
        };
        let accepted = trace.headers.first(headers::ACCEPT_ENCODING).map(str::to_owned);
        let event = Event {
            server,
            request: Request {
                header: &trace.headers,
                msgsize: trace.message_size,
            },
            events: std::iter::once(trace.ingress.at(&now))
                .chain(trace.mapped_to.iter().map(|to| Step::mapped(to, &now)))
                .chain(trace.egress.iter().map(|entry| entry.at(&now)))
                .collect(),
        };
        let (headers, body) = encode::encode(&event, accepted.as_deref());
        let frame = WholeFrame::new(&headers, &body);
        self.deliver_from_server(run, &trace.destination, frame.borrowed());
    }
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
