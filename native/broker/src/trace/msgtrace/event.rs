//! The form of a trace's event.

use super::headers::Headers;
use crate::connection::shared::ConnShared;
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
pub(super) struct Event<'a> {
    pub server: Server<'a>,
    pub request: Request<'a>,
    pub events: Vec<TimedStep<'a>>,
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

/// What happened to the message, in order.
#[derive(Debug, Serialize)]
pub(super) struct TimedStep<'a> {
    #[serde(rename = "type")]
    pub station: &'static str,
    pub ts: &'a str,
    #[serde(flatten)]
    pub fields: &'a Fields,
}

/// The fields of a step, as far as it has them.
#[derive(Debug, Default, Serialize)]
pub(super) struct Fields {
    /// Of the connection; 0: a client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cid: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acc: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subj: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl Fields {
    /// Those that say which connection it is.
    pub fn of(connection: &ConnShared) -> Self {
        Self {
            kind: Some(0),
            cid: Some(connection.cid),
            name: Some(connection.name()).filter(|name| !name.is_empty()),
            ..Self::default()
        }
    }
}
