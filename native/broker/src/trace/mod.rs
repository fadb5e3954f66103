//! Text for logs and traces: protocol traces, debug lines, errors, and events of traced messages.
//!
//! Owns the form of the lines and of what stands in them: quoting, hidden secrets, limits of length and rate. Text is
//! made only when its level is logged. May read connections and messages; lines go into the shard's events. Never
//! writes to a file and never changes what is delivered: a message with a trace takes the way of any other.

pub(crate) mod line_limiter;
pub(crate) mod msgtrace;
pub(crate) mod quote;
pub(crate) mod redact;

use crate::client::nonce::Nonce;
use crate::connection::shared::{ConnShared, cut};
use crate::connection::{Conn, Phase};
use crate::plan::config::Config;
use crate::plan::in_force::AuthRules;
use crate::plan::users::User;
use crate::shard::Shard;
use crate::shard::event::{Event, LogLevel};
use crate::trace::quote::quote;
use crate::trace::redact::redact;
use nt_protocol::{ConnectOptions, Publish, ServerInfo};

/// Which INFO of a connection it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InfoKind {
    /// The first one, which has the nonce.
    First,
    /// The one after the first PONG.
    Connected,
    /// That something has changed.
    Change,
}

/// An INFO line of one connection. `ldm`: the broker goes away.
pub(crate) fn info_line(conn: &Conn, kind: InfoKind, ldm: bool) -> Vec<u8> {
    let config = conn.config();
    let info = &config.info;
    // Until then it is the proxy's.
    let known = conn.phase() != Phase::AwaitingProxyHeader;
    let connect_info = kind == InfoKind::Connected;
    let nonce = conn.client().nonce().filter(|_| kind == InfoKind::First);
    let client_ip = known.then(|| conn.shared().address().ip().to_string());
    ServerInfo {
        server_id: &info.server_id,
        server_name: &info.server_name,
        version: &info.version,
        proto: 1,
        git_commit: info.git_commit.as_deref(),
        go: &info.go,
        host: &info.host,
        port: info.port,
        headers: config.headers,
        auth_required: conn.plan().auth.as_ref().is_some_and(AuthRules::is_required),
        max_payload: conn.limits().payload.map_or(-1, |max| max as i64),
        client_id: conn.shared().cid,
        client_ip: client_ip.as_deref(),
        nonce: nonce.map(Nonce::as_str),
        ldm,
        connect_info,
        remote_account: connect_info.then_some(conn.account().name.as_str()),
        acc_is_sys: connect_info && conn.account().name == config.system_account,
        api_lvl: 5,
        xkey: &info.xkey,
    }
    .to_line()
}

impl Shard {
    pub(crate) fn debug(&mut self, slot: u32, text: impl FnOnce() -> String) {
        if self.connections[slot].config().log_debug {
            self.log(slot, LogLevel::Debug, &text());
        }
    }

    /// The same, with the kind of the connection.
    pub(crate) fn debug_kind(&mut self, slot: u32, text: impl FnOnce(&str) -> String) {
        let kind = self.connections[slot].kind();
        self.debug(slot, || text(kind.as_str()));
    }

    pub(crate) fn error(&mut self, slot: u32, text: impl FnOnce() -> String) {
        self.log(slot, LogLevel::Error, &text());
    }

    pub(crate) fn log(&mut self, slot: u32, level: LogLevel, text: &str) {
        let conn = &self.connections[slot];
        let broker = conn.broker().id;
        let text = format!("{} - {text}", conn.shared().label());
        self.event(broker, Event::Log { level, text });
    }

    pub(crate) fn trace(&mut self, slot: u32, text: impl FnOnce() -> String) {
        if self.connections[slot].config().log_trace {
            self.log(slot, LogLevel::Trace, &text());
        }
    }

    /// Traces the line that `bytes` begin with, if it is complete.
    pub(crate) fn trace_line(&mut self, slot: u32, bytes: &[u8]) {
        if self.connections[slot].config().log_trace
            && let Some(line) = line_text(bytes)
        {
            self.log(slot, LogLevel::Trace, &format!("<<- [{line}]"));
        }
    }

    /// Traces the line of a message before its payload has arrived; it is not traced again then.
    pub(crate) fn trace_line_early(&mut self, slot: u32, bytes: &[u8]) {
        if !self.connections[slot].input_mut().note_line_traced() {
            self.trace_line(slot, bytes);
        }
    }

    /// Traces the line of a message of a client: `bytes` are all of it, line and payload.
    pub(crate) fn trace_publish_line(&mut self, slot: u32, bytes: &[u8]) {
        if !self.connections[slot].input_mut().take_line_traced() {
            self.trace_line(slot, bytes);
        }
    }

    /// Traces the payload of a message of a client, and before it the subject that a mapping gave the message.
    #[cold]
    pub(crate) fn trace_arrival(&mut self, slot: u32, index: u32, message: &Publish<'_>) {
        let mapped = self.results[index].mapped().map(<[u8]>::to_vec);
        if let (Some(to), Some(trace)) = (&mapped, self.delivery.traced_message()) {
            trace.mapped(to);
        }
        if !self.connections[slot].config().log_trace {
            return;
        }
        if let Some(to) = mapped {
            let [from, to] = [message.subject, &to].map(String::from_utf8_lossy);
            self.log(slot, LogLevel::Trace, &format!("<<- [MAPPING {from} -> {to}]"));
        }
        let shown = Shown::of(self.connections[slot].config());
        if let Some(payload) = shown.payload(message.body, message.header_len) {
            self.log(slot, LogLevel::Trace, &format!("<<- {payload}"));
        }
    }

    /// Traces what is sent, unless it is INFO or a message.
    pub(crate) fn trace_out(&mut self, slot: u32, bytes: &[u8]) {
        let line = String::from_utf8_lossy(bytes);
        let line = line.trim_end();
        let shown = match line {
            "+OK" => "OK".to_owned(),
            "PING" | "PONG" => line.to_owned(),
            _ => match line.strip_prefix("-ERR '").and_then(|text| text.strip_suffix('\'')) {
                Some(text) => format!("-ERR {text}"),
                None => return,
            },
        };
        self.log(slot, LogLevel::Trace, &format!("->> [{shown}]"));
    }

    /// Logs the lines that the delivery of a message has added.
    pub(crate) fn report_deliveries(&mut self, broker: u32) {
        for (level, text) in self.delivery.trace_mut().take_lines() {
            self.event(broker, Event::Log { level, text });
        }
        let lost = self.delivery.trace_mut().take_lost();
        if lost > 0 {
            self.count_lost_lines(broker, lost);
        }
    }
}

/// What traces of messages show.
#[derive(Debug, Default, Clone, Copy)]
struct Shown {
    headers_only: bool,
    max_len: usize,
}

impl Shown {
    fn of(config: &Config) -> Self {
        Self {
            headers_only: config.trace_headers,
            max_len: config.max_traced_msg_len,
        }
    }

    /// The part of a payload that is shown.
    fn part(self, body: &[u8], header_len: usize) -> Option<&[u8]> {
        let whole = if self.headers_only {
            // Without the empty line that ends them.
            &body[..header_len.saturating_sub(4)]
        } else {
            body
        };
        (!whole.is_empty()).then_some(whole)
    }

    /// The payload's line, without direction. `None`: nothing to show.
    fn payload(self, body: &[u8], header_len: usize) -> Option<String> {
        let whole = self.part(body, header_len)?;
        let text = if self.max_len > 0 && whole.len() > self.max_len {
            let cut = quote(&whole[..self.max_len]);
            format!("{}...\"", &cut[..cut.len() - 1])
        } else {
            quote(whole)
        };
        Some(format!("MSG_PAYLOAD: [{text}]"))
    }
}

/// Lines about messages that are being delivered, while traces are logged.
#[derive(Debug, Default)]
pub(crate) struct DeliveryTrace {
    /// Whether traces are logged.
    on: bool,
    shown: Shown,
    debug: bool,
    lines: Vec<(LogLevel, String)>,
    bytes: usize,
    /// Lines that found no room.
    lost: u64,
}

/// One delivery, for the trace.
pub(crate) struct TracedDelivery<'a> {
    /// `MSG subject sid `.
    pub prefix: &'a [u8],
    /// `[reply ]size CRLF payload CRLF`.
    pub tail: &'a [u8],
    pub header_len: usize,
    /// For the last one of its subscription: the sid, and how many it got.
    pub last: Option<(&'a [u8], u64)>,
}

/// Bytes of lines about one message at most: it may have a million subscribers.
const DELIVERY_BYTES_MAX: usize = 16 << 20;

impl DeliveryTrace {
    /// For the messages of one run.
    #[inline]
    pub fn set_up(&mut self, config: &Config, on: bool) {
        self.on = on;
        if !on {
            return;
        }
        self.shown = Shown::of(config);
        self.debug = config.log_debug;
        self.bytes = 0;
    }

    /// Whether traces are logged.
    #[inline]
    pub fn is_on(&self) -> bool {
        self.on
    }

    fn take_lines(&mut self) -> Vec<(LogLevel, String)> {
        std::mem::take(&mut self.lines)
    }

    fn take_lost(&mut self) -> u64 {
        std::mem::take(&mut self.lost)
    }

    #[cold]
    pub fn add(&mut self, to: &ConnShared, delivery: &TracedDelivery<'_>) {
        let split = delivery.tail.iter().position(|&b| b == b'\n').unwrap_or(0) + 1;
        let (line, body) = delivery.tail.split_at(split.min(delivery.tail.len()));
        let body = body.strip_suffix(b"\r\n").unwrap_or(body);
        if self.bytes >= DELIVERY_BYTES_MAX {
            let last = delivery.last.is_some();
            let parts = [
                true,
                self.shown.part(body, delivery.header_len).is_some(),
                last,
                last && self.debug,
            ];
            self.lost += parts.into_iter().map(u64::from).sum::<u64>();
            return;
        }
        let label = to.label();
        let mut push = |level, text: String| {
            self.bytes += text.len();
            self.lines.push((level, text));
        };
        if let Some((sid, max)) = delivery.last
            && self.debug
        {
            push(LogLevel::Debug, format!("{label} - {}", limit_reached(sid, max)));
        }
        let [prefix, line] = [delivery.prefix, line].map(String::from_utf8_lossy);
        push(LogLevel::Trace, format!("{label} - ->> [{prefix}{}]", line.trim_end()));
        if let Some(payload) = self.shown.payload(body, delivery.header_len) {
            push(LogLevel::Trace, format!("{label} - ->> {payload}"));
        }
        if let Some((sid, _)) = delivery.last {
            push(LogLevel::Trace, format!("{label} - {}", subscription_deleted(sid)));
        }
    }
}

/// A subscription gets its last message.
pub(crate) fn limit_reached(sid: &[u8], max: u64) -> String {
    let sid = String::from_utf8_lossy(sid);
    format!("Auto-unsubscribe limit of {max} reached for sid '{sid}'")
}

/// A subscription has ended.
pub(crate) fn subscription_deleted(sid: &[u8]) -> String {
    format!("<-> [DELSUB {}]", String::from_utf8_lossy(sid))
}

/// The line that `bytes` begin with, the way it is traced. `None`: it is not, or it is unfinished.
fn line_text(bytes: &[u8]) -> Option<String> {
    const WORDS: [&str; 7] = ["PUB", "HPUB", "SUB", "UNSUB", "CONNECT", "PING", "PONG"];
    let end = bytes.iter().position(|&b| b == b'\n')?;
    let line = bytes[..end].strip_suffix(b"\r").unwrap_or(&bytes[..end]);
    let word = WORDS.into_iter().find(|word| {
        let start = line.get(..word.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
    })?;
    if matches!(word, "PING" | "PONG") {
        return Some(word.to_owned());
    }
    let argument = String::from_utf8_lossy(&line[word.len()..]);
    let argument = argument.trim_start_matches([' ', '\t']);
    Some(match word {
        "CONNECT" => format!("CONNECT {}", redact(argument)),
        _ => format!("{word} {argument}"),
    })
}

/// What CONNECT adds to a connection's name in the log: the client's description and its user. `None`: nothing.
pub(crate) fn log_suffix(options: &ConnectOptions, no_auth_user: Option<&User>, account: &str) -> Option<String> {
    let version = match options.version.as_str() {
        "" => String::new(),
        version => format!("v{version}"),
    };
    let mut parts = [version, options.lang.clone(), options.name.clone()];
    parts.iter_mut().for_each(cut);
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    let user = match (options.nkey.as_str(), options.user.as_str(), no_auth_user) {
        ("", "", Some(user)) if user.has_key() => Some(format!("nkey:{}", user.name)),
        ("", "", Some(user)) => Some(format!("user:{}", user.name)),
        ("", "", None) if options.auth_token.is_empty() => None,
        ("", "", None) => Some("token".to_owned()),
        ("", user, _) => Some(format!("user:{user}")),
        (nkey, ..) => Some(format!("nkey:{nkey}")),
    };
    let client = (!parts.is_empty()).then(|| quote(parts.join(":").as_bytes()));
    let user = user.map(|mut user| {
        cut(&mut user);
        quote(format!("{account}/{user}").as_bytes())
    });
    let text: String = [client, user]
        .into_iter()
        .flatten()
        .map(|part| format!(" - {part}"))
        .collect();
    (!text.is_empty()).then_some(text)
}
