//! Converts answers and events to JavaScript objects. The types are documented in `contract.ts`. Counters become
//! numbers, which are exact up to 2^53.
#![allow(missing_docs)]

use crate::monitor::{InterestStats, OpenTotals};
use napi_derive::napi;
use nt_broker::{AdmissionRequest, BrokerState, ConnectionSnapshot, Event, LogLevel, SubscriptionSnapshot};
use nt_reactor::BrokerEvent;

#[napi(object)]
pub struct ConnectionInfo {
    pub cid: f64,
    pub kind: String,
    pub ip: String,
    pub port: u32,
    pub start_ms: f64,
    pub last_activity_ms: f64,
    pub stop_ms: Option<f64>,
    pub reason: Option<String>,
    pub rtt_ns: f64,
    pub pending_bytes: f64,
    pub in_msgs: f64,
    pub in_bytes: f64,
    pub out_msgs: f64,
    pub out_bytes: f64,
    pub stalls: u32,
    pub subscriptions: u32,
    pub name: Option<String>,
    pub lang: Option<String>,
    pub version: Option<String>,
    pub user: Option<String>,
    pub account: String,
    pub proxy: Option<String>,
}

/// Of a wall clock, as JavaScript counts.
fn milliseconds(ns: u64) -> f64 {
    ns as f64 / 1e6
}

fn some(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

impl From<ConnectionSnapshot> for ConnectionInfo {
    fn from(c: ConnectionSnapshot) -> Self {
        Self {
            cid: c.cid as f64,
            kind: c.kind.as_str().to_owned(),
            ip: c.peer.ip().to_string(),
            port: u32::from(c.peer.port()),
            start_ms: milliseconds(c.start_ns),
            last_activity_ms: milliseconds(c.last_activity_ns),
            stop_ms: None,
            reason: None,
            rtt_ns: c.rtt_ns as f64,
            pending_bytes: c.pending_bytes as f64,
            in_msgs: c.in_msgs as f64,
            in_bytes: c.in_bytes as f64,
            out_msgs: c.out_msgs as f64,
            out_bytes: c.out_bytes as f64,
            stalls: c.stalls,
            subscriptions: c.subscriptions,
            name: some(c.name),
            lang: some(c.lang),
            version: some(c.version),
            user: some(c.user),
            account: c.account,
            proxy: some(c.proxy),
        }
    }
}

#[napi(object)]
pub struct AuthenticationRequest {
    pub id: f64,
    pub cid: f64,
    pub ip: String,
    pub port: u32,
    pub user: Option<String>,
    pub pass: Option<String>,
    pub token: Option<String>,
    pub nkey: Option<String>,
    pub jwt: Option<String>,
    pub name: Option<String>,
    pub lang: Option<String>,
    pub version: Option<String>,
}

impl From<AdmissionRequest> for AuthenticationRequest {
    fn from(r: AdmissionRequest) -> Self {
        Self {
            // Numbers of requests stay below 2^53.
            id: r.id.to_number() as f64,
            cid: r.cid as f64,
            ip: r.address.ip().to_string(),
            port: u32::from(r.address.port()),
            user: some(r.connect.user),
            pass: some(r.connect.pass),
            token: some(r.connect.auth_token),
            nkey: some(r.connect.nkey),
            jwt: some(r.connect.jwt),
            name: some(r.connect.name),
            lang: some(r.connect.lang),
            version: some(r.connect.version),
        }
    }
}

#[napi(object)]
pub struct NativeEvent {
    pub kind: String,
    pub broker: u32,
    pub level: Option<String>,
    pub text: Option<String>,
    pub connection: Option<ConnectionInfo>,
    pub number: Option<f64>,
    pub request: Option<AuthenticationRequest>,
}

impl From<BrokerEvent> for NativeEvent {
    fn from((broker, event): BrokerEvent) -> Self {
        let bare = |kind: &str| Self {
            kind: kind.to_owned(),
            broker,
            level: None,
            text: None,
            connection: None,
            number: None,
            request: None,
        };
        match event {
            Event::Log { level, text } => Self {
                level: Some(label(level).to_owned()),
                text: Some(text),
                ..bare("log")
            },
            Event::AdmissionRequested(request) => Self {
                request: Some((*request).into()),
                ..bare("authenticate")
            },
            Event::Connected(connection) => Self {
                connection: Some((*connection).into()),
                ..bare("connected")
            },
            Event::Disconnected {
                connection,
                reason,
                stop_ns,
            } => {
                let connection = ConnectionInfo {
                    stop_ms: Some(milliseconds(stop_ns)),
                    reason: Some(reason.as_str().to_owned()),
                    ..(*connection).into()
                };
                Self {
                    connection: Some(connection),
                    ..bare("disconnected")
                }
            }
            Event::Reloaded { number } => Self {
                number: Some(number as f64),
                ..bare("reloaded")
            },
            Event::Messages => bare("messages"),
            Event::Published { number } => Self {
                number: Some(number as f64),
                ..bare("published")
            },
            Event::Stopped => bare("stopped"),
            Event::Fatal { text } => Self {
                text: Some(text),
                ..bare("fatal")
            },
        }
    }
}

fn label(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Info => "INF",
        LogLevel::Debug => "DBG",
        LogLevel::Warn => "WRN",
        LogLevel::Error => "ERR",
        LogLevel::Trace => "TRC",
    }
}

#[napi(object)]
pub struct SubscriptionInfo {
    pub cid: f64,
    pub account: String,
    pub subject: String,
    pub queue: Option<String>,
    pub sid: String,
    pub msgs: f64,
    pub max: Option<f64>,
}

impl From<SubscriptionSnapshot> for SubscriptionInfo {
    fn from(s: SubscriptionSnapshot) -> Self {
        Self {
            cid: s.cid as f64,
            account: s.account,
            subject: s.subject,
            queue: s.queue,
            sid: s.sid,
            msgs: s.msgs as f64,
            max: (s.max > 0).then_some(s.max as f64),
        }
    }
}

#[napi(object)]
pub struct AccountStats {
    pub name: String,
    pub connections: u32,
    pub subscriptions: u32,
    pub in_msgs: f64,
    pub in_bytes: f64,
    pub out_msgs: f64,
    pub out_bytes: f64,
    pub slow_consumers: f64,
    pub interest: InterestStats,
}

#[napi(object)]
pub struct BrokerStats {
    pub connections: f64,
    pub total_connections: f64,
    pub in_msgs: f64,
    pub in_bytes: f64,
    pub out_msgs: f64,
    pub out_bytes: f64,
    pub slow_consumers: f64,
    pub slow_consumers_pending: f64,
    pub slow_consumers_deadline: f64,
    pub stale_connections: f64,
    pub stalled_clients: f64,
    pub subscriptions: f64,
    pub open: OpenTotals,
    pub accounts: Vec<AccountStats>,
}

impl BrokerStats {
    pub fn of(state: &BrokerState) -> Self {
        let s = state.stats();
        Self {
            connections: s.connections as f64,
            total_connections: s.total_connections as f64,
            in_msgs: s.in_msgs as f64,
            in_bytes: s.in_bytes as f64,
            out_msgs: s.out_msgs as f64,
            out_bytes: s.out_bytes as f64,
            slow_consumers: (s.slow_consumers_pending + s.slow_consumers_deadline) as f64,
            slow_consumers_pending: s.slow_consumers_pending as f64,
            slow_consumers_deadline: s.slow_consumers_deadline as f64,
            stale_connections: s.stale_connections as f64,
            stalled_clients: s.stalled_clients as f64,
            subscriptions: s.subscriptions as f64,
            open: s.open.into(),
            accounts: s.accounts.into_iter().map(AccountStats::from).collect(),
        }
    }
}

impl From<nt_broker::AccountStats> for AccountStats {
    fn from(s: nt_broker::AccountStats) -> Self {
        Self {
            name: s.name,
            connections: s.connections as u32,
            subscriptions: s.subscriptions as u32,
            in_msgs: s.in_msgs as f64,
            in_bytes: s.in_bytes as f64,
            out_msgs: s.out_msgs as f64,
            out_bytes: s.out_bytes as f64,
            slow_consumers: s.slow_consumers as f64,
            interest: s.interest.into(),
        }
    }
}
