//! Events for the control plane: many loops write, the main thread reads.
//!
//! Bounded while the main thread does not read: log lines, connection events and admission requests each have a budget;
//! those that find no room are counted and reported afterwards. The end of a broker or of a reload, and fatal errors,
//! are always kept.

use nt_broker::{AdmissionRequest, BrokerEvent, ConnectionSnapshot, Event, LogLevel};
use parking_lot::Mutex;
use std::collections::BTreeMap;

/// Log lines kept until they are read.
const LINES_MAX: usize = 64 * 1024;
/// Bytes of log lines kept until then: clients influence the length of a line.
const LINES_BYTES_MAX: usize = 16 << 20;
/// Connections and disconnections kept until then.
const CONNECTIONS_MAX: usize = 64 * 1024;
/// Admission requests kept until then. The clients of others time out.
const REQUESTS_MAX: usize = 64 * 1024;
/// Bytes of those requests.
const REQUESTS_BYTES_MAX: usize = 32 << 20;
/// Bytes of connections kept until then: clients choose the length of their names.
const CONNECTIONS_BYTES_MAX: usize = 32 << 20;

pub(crate) struct Mailbox {
    inner: Mutex<Inner>,
    wake: Box<dyn Fn() + Send + Sync>,
}

#[derive(Default)]
struct Inner {
    events: Vec<BrokerEvent>,
    lines: Budget,
    connections: Budget,
    requests: Budget,
    /// Counts of events that found no room, by broker.
    lost: BTreeMap<u32, Lost>,
}

/// How much is kept of one kind.
#[derive(Default)]
struct Budget {
    count: usize,
    bytes: usize,
}

impl Budget {
    /// Whether one more has room; if so, it is counted.
    fn admits(&mut self, bytes: usize, count_max: usize, bytes_max: usize) -> bool {
        let fits = self.count < count_max && self.bytes < bytes_max;
        if fits {
            self.count += 1;
            self.bytes += bytes;
        }
        fits
    }
}

#[derive(Default)]
struct Lost {
    lines: u64,
    connects: u64,
    disconnects: u64,
    requests: u64,
}

impl Inner {
    fn post(&mut self, broker: u32, event: Event) {
        let fits = match &event {
            Event::Log { text, .. } => self.lines.admits(text.len(), LINES_MAX, LINES_BYTES_MAX),
            Event::Connected(connection) | Event::Disconnected { connection, .. } => self.admits_connection(connection),
            Event::AdmissionRequested(request) => self.admits_request(request),
            Event::Stopped
            | Event::Reloaded { .. }
            | Event::Messages
            | Event::Published { .. }
            | Event::Fatal { .. } => true,
        };
        if fits {
            return self.events.push((broker, event));
        }
        let lost = self.lost.entry(broker).or_default();
        match event {
            Event::AdmissionRequested(_) => lost.requests += 1,
            Event::Connected(_) => lost.connects += 1,
            Event::Disconnected { .. } => lost.disconnects += 1,
            _ => lost.lines += 1,
        }
    }

    fn admits_connection(&mut self, c: &ConnectionSnapshot) -> bool {
        let texts = [&c.name, &c.lang, &c.version, &c.user, &c.account];
        let bytes = size_of::<ConnectionSnapshot>() + texts.into_iter().map(String::len).sum::<usize>();
        self.connections.admits(bytes, CONNECTIONS_MAX, CONNECTIONS_BYTES_MAX)
    }

    fn admits_request(&mut self, request: &AdmissionRequest) -> bool {
        let c = &request.connect;
        let texts = [
            &c.name,
            &c.lang,
            &c.version,
            &c.user,
            &c.pass,
            &c.auth_token,
            &c.nkey,
            &c.sig,
            &c.jwt,
        ];
        let bytes = size_of::<AdmissionRequest>() + texts.into_iter().map(String::len).sum::<usize>();
        self.requests.admits(bytes, REQUESTS_MAX, REQUESTS_BYTES_MAX)
    }
}

impl Lost {
    fn into_event(self) -> Event {
        let kinds = [
            (self.lines, "log line"),
            (self.connects, "connect event"),
            (self.disconnects, "disconnect event"),
            (self.requests, "authentication request"),
        ];
        let parts: Vec<String> = kinds
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}{}", if count == 1 { "" } else { "s" }))
            .collect();
        Event::Log {
            level: LogLevel::Warn,
            text: format!(
                "dropped, because the control plane was too busy to take them: {}",
                parts.join(", ")
            ),
        }
    }
}

impl Mailbox {
    /// `wake` is called, on any thread, at the first event after the mailbox was read.
    pub fn new(wake: Box<dyn Fn() + Send + Sync>) -> Self {
        Self {
            inner: Mutex::default(),
            wake,
        }
    }

    pub fn post(&self, events: Vec<BrokerEvent>) {
        if events.is_empty() {
            return;
        }
        let was_empty = {
            let mut inner = self.inner.lock();
            let was_empty = inner.events.is_empty();
            for (broker, event) in events {
                inner.post(broker, event);
            }
            was_empty
        };
        if was_empty {
            (self.wake)();
        }
    }

    /// Events that wait right now.
    pub fn len(&self) -> usize {
        self.inner.lock().events.len()
    }

    pub fn take(&self) -> Vec<BrokerEvent> {
        let inner = std::mem::take(&mut *self.inner.lock());
        let mut events = inner.events;
        for (broker, lost) in inner.lost {
            events.push((broker, lost.into_event()));
        }
        events
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(bytes: usize) -> BrokerEvent {
        let (level, text) = (LogLevel::Error, "x".repeat(bytes));
        (1, Event::Log { level, text })
    }

    fn connection(name: &str) -> Box<ConnectionSnapshot> {
        Box::new(ConnectionSnapshot {
            kind: nt_broker::ConnectionKind::Client,
            cid: 1,
            peer: "127.0.0.1:1000".parse().expect("an address"),
            start_ns: 0,
            last_activity_ns: 0,
            rtt_ns: 0,
            pending_bytes: 0,
            in_msgs: 0,
            in_bytes: 0,
            out_msgs: 0,
            out_bytes: 0,
            stalls: 0,
            subscriptions: 0,
            name: name.to_owned(),
            lang: String::new(),
            version: String::new(),
            user: String::new(),
            account: "$G".to_owned(),
            proxy: String::new(),
        })
    }

    fn visit(broker: u32, name: &str) -> Vec<BrokerEvent> {
        let gone = Event::Disconnected {
            connection: connection(name),
            reason: nt_broker::CloseReason::ClientClosed,
            stop_ns: 0,
        };
        vec![(broker, Event::Connected(connection(name))), (broker, gone)]
    }

    /// The lines about lost events, by broker.
    fn losses(events: &[BrokerEvent]) -> Vec<(u32, String)> {
        events
            .iter()
            .filter_map(|(broker, event)| match event {
                Event::Log { text, .. } if text.starts_with("dropped") => Some((*broker, text.clone())),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn long_lines_that_nobody_reads_are_counted_not_kept() {
        let mailbox = Mailbox::new(Box::new(|| ()));
        for _ in 0..20 {
            mailbox.post(vec![line(1 << 20), (1, Event::Stopped)]);
        }
        let events = mailbox.take();
        let lines = events.iter().filter(|(_, e)| matches!(e, Event::Log { .. })).count();
        assert_eq!((lines, events.len() - lines), (16 + 1, 20));
        let lines = losses(&events);
        assert_eq!(lines.len(), 1);
        assert!(lines[0].1.ends_with(": 4 log lines"), "{lines:?}");
        mailbox.post(vec![line(1)]);
        assert_eq!(mailbox.take().len(), 1, "there is room again");
    }

    #[test]
    fn visitors_that_nobody_hears_of_are_counted_not_kept() {
        let mailbox = Mailbox::new(Box::new(|| ()));
        for _ in 0..50_000 {
            mailbox.post(visit(1, ""));
        }
        mailbox.post(visit(2, "").split_off(1));
        // Neither lines nor the end have to make way.
        mailbox.post(vec![line(1), (1, Event::Stopped)]);
        let events = mailbox.take();
        assert_eq!(events.len(), 64 * 1024 + 2 + 2);
        let lines = losses(&events);
        let half = 50_000 - 32 * 1024;
        assert!(
            lines[0].0 == 1
                && lines[0]
                    .1
                    .ends_with(&format!(": {half} connect events, {half} disconnect events")),
            "{lines:?}"
        );
        assert!(
            lines[1].0 == 2 && lines[1].1.ends_with(": 1 disconnect event"),
            "{lines:?}"
        );
        mailbox.post(visit(1, ""));
        assert_eq!(mailbox.take().len(), 2, "there is room again");
    }

    #[test]
    fn visitors_with_long_names_are_fewer() {
        let mailbox = Mailbox::new(Box::new(|| ()));
        let name = "n".repeat(1 << 20);
        for _ in 0..40 {
            mailbox.post(visit(1, &name));
        }
        let kept = mailbox.take().len();
        assert!((30..40).contains(&kept), "{kept} kept");
    }
}
