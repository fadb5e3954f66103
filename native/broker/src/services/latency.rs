//! Measurements of how long services take, in nats-server's form (`io.nats.server.metric.v1.service_latency`).

use crate::interest::account::Account;
use crate::services::request_info::ClientInfo;
use crate::services::sampling::TraceHeaders;
use crate::time::{Time, rfc3339};
use serde::Serialize;
use std::sync::Arc;

/// A request whose latency is measured.
#[derive(Debug)]
pub(crate) struct Measured {
    /// The exporting account.
    pub account: Arc<Account>,
    /// Where the measurement goes there.
    pub subject: Box<[u8]>,
    requestor: ClientInfo,
    headers: TraceHeaders,
    /// When the request was made.
    at: Time,
}

/// A measured request, and who answered it.
#[derive(Debug)]
pub(crate) struct Answered {
    pub measured: Box<Measured>,
    responder: Option<ClientInfo>,
    at: Time,
}

/// How a measured request ended.
#[derive(Debug)]
pub(crate) enum End<'a> {
    Answered(&'a Answered),
    /// It has no reply subject.
    BadRequest,
    /// The requester does not wait any more.
    RequesterGone,
    NoResponders,
    Late,
}

impl End<'_> {
    fn status(&self) -> (u16, &'static str) {
        match self {
            Self::Answered(_) => (200, ""),
            Self::BadRequest => (400, "Bad Request"),
            Self::RequesterGone => (408, "Request Timeout"),
            Self::NoResponders => (503, "Service Unavailable"),
            Self::Late => (504, "Service Timeout"),
        }
    }
}

#[derive(Serialize)]
struct Event<'a> {
    r#type: &'static str,
    id: &'a str,
    timestamp: String,
    status: u16,
    #[serde(skip_serializing_if = "str::is_empty")]
    description: &'static str,
    requestor: &'a ClientInfo,
    #[serde(skip_serializing_if = "Option::is_none")]
    responder: Option<&'a ClientInfo>,
    #[serde(skip_serializing_if = "TraceHeaders::is_empty")]
    header: &'a TraceHeaders,
    start: String,
    service: u64,
    system: u64,
    total: u64,
}

impl Measured {
    pub fn new(account: &Arc<Account>, subject: &str, requestor: ClientInfo, headers: TraceHeaders, at: Time) -> Self {
        Self {
            account: account.clone(),
            subject: subject.as_bytes().into(),
            requestor,
            headers,
            at,
        }
    }

    /// It has an answer.
    pub fn answered(self: Box<Self>, responder: Option<ClientInfo>, at: Time) -> Answered {
        Answered {
            measured: self,
            responder,
            at,
        }
    }

    /// The measurement, as JSON. `id`: unique among events.
    pub fn event(&self, end: &End<'_>, id: &str, now: Time) -> Vec<u8> {
        let requestor_ns = self.requestor.rtt_ns();
        let (status, description) = end.status();
        let mut event = Event {
            r#type: "io.nats.server.metric.v1.service_latency",
            id,
            timestamp: rfc3339(now.wall_ns),
            status,
            description,
            requestor: &self.requestor,
            responder: None,
            header: &self.headers,
            start: rfc3339(self.at.wall_ns.saturating_sub(requestor_ns)),
            service: 0,
            system: 0,
            total: 0,
        };
        if let End::Answered(answered) = end {
            let taken_ns = answered.at.monotonic_ns.saturating_sub(self.at.monotonic_ns);
            event.responder = answered.responder.as_ref();
            let responder_ns = event.responder.map_or(0, ClientInfo::rtt_ns);
            event.service = taken_ns.saturating_sub(responder_ns);
            event.total = requestor_ns + taken_ns;
        }
        serde_json::to_vec(&event).expect("plain fields always serialise")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interest::account::AccountIds;
    use crate::services::request_info::InfoLevel;

    #[test]
    fn a_measurement_has_the_fields_of_the_reference() {
        let client = || ClientInfo::new("B", None, InfoLevel::default(), "s", None);
        let at = Time::on_both_clocks(1_000_000_000);
        let now = Time::on_both_clocks(3_000_000_000);
        let account = Arc::new(Account::new(&AccountIds::new(1), "A", true));
        let measured = Measured::new(&account, "l", client(), TraceHeaders::new(), at);
        let text = |event: Vec<u8>| String::from_utf8(event).expect("text");
        assert_eq!(
            text(measured.event(&End::Late, "i", now)),
            r#"{"type":"io.nats.server.metric.v1.service_latency","id":"i","timestamp":"1970-01-01T00:00:03Z","status":504,"description":"Service Timeout","requestor":{"acc":"B"},"start":"1970-01-01T00:00:01Z","service":0,"system":0,"total":0}"#
        );
        let answered = Box::new(measured).answered(Some(client()), now);
        let event = text(answered.measured.event(&End::Answered(&answered), "i", now));
        assert!(
            event.contains(r#""status":200,"requestor":{"acc":"B"},"responder":{"acc":"B"},"#),
            "{event}"
        );
        assert!(
            event.ends_with(r#""service":2000000000,"system":0,"total":2000000000}"#),
            "{event}"
        );
    }
}
