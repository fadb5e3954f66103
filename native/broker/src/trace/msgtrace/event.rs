//! The form of a trace's event and of its times.

use super::headers::Headers;
use crate::connection::shared::ConnShared;
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
pub(super) struct Event<'a> {
    pub server: Server<'a>,
    pub request: Request<'a>,
    pub events: Vec<Step<'a>>,
}

/// The server that publishes it.
#[derive(Serialize)]
pub(super) struct Server<'a> {
    pub name: &'a str,
    pub host: &'a str,
    pub id: &'a str,
    pub ver: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub tags: &'a [String],
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: &'a BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub feature_flags: &'a BTreeMap<String, bool>,
    pub jetstream: bool,
    pub flags: u64,
    /// Of the events this server sent.
    pub seq: u64,
    pub time: &'a str,
}

/// The message.
#[derive(Serialize)]
pub(super) struct Request<'a> {
    pub header: &'a Headers,
    pub msgsize: usize,
}

/// One entry: where a message came in, or where it was delivered or not.
#[derive(Debug)]
pub(super) struct Entry {
    pub station: &'static str,
    pub cid: u64,
    pub name: Option<String>,
    pub acc: Option<String>,
    pub subj: Option<String>,
    pub sub: Option<String>,
    pub queue: Option<String>,
    pub error: Option<String>,
}

impl Entry {
    pub fn of(station: &'static str, connection: &ConnShared) -> Self {
        Self {
            station,
            cid: connection.cid,
            name: Some(connection.name()).filter(|name| !name.is_empty()),
            acc: None,
            subj: None,
            sub: None,
            queue: None,
            error: None,
        }
    }

    pub fn at<'a>(&'a self, ts: &'a str) -> Step<'a> {
        Step::Station(Timed {
            station: self.station,
            ts,
            kind: 0,
            cid: self.cid,
            name: self.name.as_deref(),
            acc: self.acc.as_deref(),
            subj: self.subj.as_deref(),
            sub: self.sub.as_deref(),
            queue: self.queue.as_deref(),
            error: self.error.as_deref(),
        })
    }
}

/// What happened to the message, in order.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Step<'a> {
    Station(Timed<'a>),
    Mapped {
        #[serde(rename = "type")]
        kind: &'static str,
        ts: &'a str,
        to: &'a str,
    },
}

impl<'a> Step<'a> {
    /// A mapping gave it this subject.
    pub fn mapped(to: &'a str, ts: &'a str) -> Self {
        Self::Mapped { kind: "sm", ts, to }
    }
}

/// An entry as it is written.
#[derive(Serialize)]
pub(super) struct Timed<'a> {
    #[serde(rename = "type")]
    station: &'static str,
    ts: &'a str,
    /// Of the connection; 0: a client.
    kind: u8,
    cid: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acc: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subj: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    queue: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}
