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

const NS_PER_SECOND: u64 = 1_000_000_000;
const SECONDS_PER_DAY: u64 = 86_400;

/// A moment in UTC, given in nanoseconds since the epoch.
pub(super) fn rfc3339(ns: u64) -> String {
    let (seconds, ns) = (ns / NS_PER_SECOND, ns % NS_PER_SECOND);
    let (year, month, day) = date(seconds / SECONDS_PER_DAY);
    let time = seconds % SECONDS_PER_DAY;
    let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
    let fraction = format!(".{ns:09}");
    let fraction = fraction.trim_end_matches('0').trim_end_matches('.');
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
}

/// The date so many days after the epoch. Years begin in March here, so that the leap day is the last one.
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_in_utc() {
        for (ms, ns, text) in [
            (0, 0, "1970-01-01T00:00:00Z"),
            (951_782_400_000, 0, "2000-02-29T00:00:00Z"),
            (1_709_251_199_500, 0, "2024-02-29T23:59:59.5Z"),
            (1_735_689_600_000, 7, "2025-01-01T00:00:00.000000007Z"),
            (4_107_542_400_001, 0, "2100-03-01T00:00:00.001Z"),
        ] {
            assert_eq!(rfc3339(ms * 1_000_000 + ns), text);
        }
    }
}
