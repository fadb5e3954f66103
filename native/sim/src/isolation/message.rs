//! A message as the model expects it, compared with a frame that a client got.

use crate::isolation::model::Model;
use crate::isolation::setup::{MARK, SERVER};
use nt_broker::simulation::wire::Frame;
use std::collections::BTreeSet;

#[derive(Debug, Clone)]
pub(super) struct Message {
    pub reply: Option<String>,
    /// Of the headers, without the first and the empty one.
    pub lines: Vec<String>,
    pub info: Option<Info>,
    pub payload: Payload,
}

#[derive(Debug, Clone)]
pub(super) enum Payload {
    Text(String),
    /// A measurement: one of these statuses, and exactly these names.
    Latency {
        status: &'static [u16],
        marks: BTreeSet<String>,
    },
    /// A trace, and the names that it may have.
    Trace(BTreeSet<String>),
}

/// What a service is told of who asks.
#[derive(Debug, Clone)]
pub(super) struct Info {
    pub account: String,
    pub service: Option<String>,
    pub server: bool,
    /// User and name, where the import shares them.
    pub requester: Option<(String, String)>,
}

const REQUEST_INFO: &str = "Nats-Request-Info";

impl Message {
    pub fn is_empty(&self) -> bool {
        let is_empty = matches!(&self.payload, Payload::Text(text) if text.is_empty());
        is_empty && self.lines.is_empty() && self.info.is_none()
    }

    /// The header lines in another account: without what a client says about who asks, and so that the message is not
    /// traced there.
    pub fn lines_elsewhere(&self) -> Vec<String> {
        let is_info = |line: &&String| line.to_lowercase().starts_with(&REQUEST_INFO.to_lowercase());
        let lines = self.lines.iter().filter(|line| !is_info(line));
        let untraced = |line: &String| match line.split_once(": ") {
            Some((name @ "Nats-Trace-Dest", _)) => format!("{name}: trace disabled"),
            _ => line.clone(),
        };
        lines.map(untraced).collect()
    }

    /// Whether a frame is this message, under this subject. Notes the values of variables.
    pub fn is_frame(&self, frame: &Frame, subject: &str, sid: &str, model: &mut Model) -> bool {
        let Frame::Msg(got) = frame else { return false };
        // As in nats-server, an event has an empty reply subject.
        let same_reply = match (&self.reply, got.reply.as_ref().filter(|reply| !reply.is_empty())) {
            (None, None) => true,
            (Some(wanted), Some(got)) => model.unify(wanted, got),
            _ => false,
        };
        let headers = String::from_utf8_lossy(&got.headers);
        got.sid == sid
            && same_reply
            && model.unify(subject, &got.subject)
            && self.has_payload(&got.text())
            && self.has_headers(&headers)
    }

    fn has_payload(&self, got: &str) -> bool {
        match &self.payload {
            Payload::Text(text) => text == got,
            Payload::Latency { status, marks } => {
                status
                    .iter()
                    .any(|status| got.contains(&format!("\"status\":{status},")))
                    && marks_in(got) == *marks
            }
            Payload::Trace(allowed) => got.contains("\"events\":[") && marks_in(got).is_subset(allowed),
        }
    }

    fn has_headers(&self, got: &str) -> bool {
        if self.lines.is_empty() && self.info.is_none() {
            return got.is_empty();
        }
        let block = got
            .strip_prefix("NATS/1.0\r\n")
            .and_then(|block| block.strip_suffix("\r\n\r\n"));
        let lines = block.into_iter().flat_map(|block| block.split("\r\n"));
        let (told, mut others): (Vec<&str>, Vec<&str>) = lines.partition(|line| line.starts_with(REQUEST_INFO));
        let mut wanted: Vec<&str> = self.lines.iter().map(String::as_str).collect();
        others.sort_unstable();
        wanted.sort_unstable();
        let is_told = match (&self.info, &told[..]) {
            (None, []) => true,
            (Some(info), [told]) => told.split_once(": ").is_some_and(|(_, told)| info.is(told)),
            _ => false,
        };
        is_told && others == wanted
    }
}

impl Info {
    fn is(&self, told: &str) -> bool {
        let text = |name: &str, value: &str| format!("\"{name}\":\"{value}\"");
        let mut fields = vec![text("acc", &self.account)];
        fields.extend(self.service.as_ref().map(|service| text("svc", service)));
        fields.extend(self.server.then(|| text("server", SERVER)));
        let Some((user, name)) = &self.requester else {
            return without_rtt(told) == format!("{{{}}}", fields.join(","));
        };
        fields.extend([text("user", user), text("name", name)]);
        let mut marks = BTreeSet::from([self.account.clone(), user.clone(), name.clone()]);
        marks.extend(self.service.clone());
        marks.extend(self.server.then(|| SERVER.to_owned()));
        fields.iter().all(|field| told.contains(field)) && marks_in(told) == marks
    }
}

/// The same without the round-trip time, which everyone may know.
fn without_rtt(told: &str) -> String {
    let Some((before, after)) = told.split_once(",\"rtt\":") else {
        return told.to_owned();
    };
    before.to_owned() + after.trim_start_matches(|digit: char| digit.is_ascii_digit())
}

/// The names in a text that tell who someone is.
fn marks_in(text: &str) -> BTreeSet<String> {
    let starts = text.match_indices(MARK).map(|(at, _)| at);
    let mark = |at: usize| text[at..].chars().take_while(char::is_ascii_alphanumeric).collect();
    starts.map(mark).collect()
}

/// Whether a text names anyone.
pub(super) fn has_mark(text: &str) -> bool {
    text.contains(MARK)
}
