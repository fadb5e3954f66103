//! A message that is published to the stream.

use super::ack::Extra;
use super::checks::{Accepted, Verdict};
use super::config::Retention;
use super::{Outbox, Stream, header_edit};
use crate::counter;
use crate::errors::{MESSAGE_TTL_INVALID, Refusal};
use crate::publish::{PublishHeaders, Ttl};
use crate::time::shown_time;
use nt_store::StoredMessage;
use std::borrow::Cow;

/// What was published.
#[derive(Debug, Clone, Copy, Default)]
pub struct Publish<'a> {
    /// The subject, with its mappings applied.
    pub subject: &'a [u8],
    /// Where the answer goes; empty: nowhere.
    pub reply: &'a [u8],
    /// The block of headers, empty if there is none.
    pub headers: &'a [u8],
    /// The body.
    pub body: &'a [u8],
}

impl Stream {
    /// Takes a message: stores it, or not, and answers. `random` serves transforms that draw lots.
    pub fn publish(
        &mut self,
        message: &Publish<'_>,
        now_ns: i64,
        random: &mut impl FnMut() -> u32,
        out: &mut impl Outbox,
    ) {
        let now = self.tick_clock(now_ns);
        let mut subject = Cow::Borrowed(message.subject);
        if let Some(transform) = &self.config.transform {
            let mut changed = Vec::new();
            if transform.transform(message.subject, random, &mut changed).is_ok() {
                subject = Cow::Owned(changed);
            }
        }
        let headers = PublishHeaders::find(message.headers);
        let verdict = self.check(&subject, &headers, message, now);
        let answer = match verdict {
            Verdict::Refuse(refusal) => self.ack.failure(&refusal),
            Verdict::Duplicate(sequence) => self.ack.success(sequence, Extra::Duplicate),
            Verdict::Accept(accepted) => {
                let publish = Publish {
                    subject: &subject,
                    ..*message
                };
                match self.take(&publish, &headers, accepted, now, random, out) {
                    Ok(answer) => answer,
                    Err(refusal) => self.ack.failure(&refusal),
                }
            }
        };
        if !self.config.no_ack && !message.reply.is_empty() {
            out.send(message.reply, b"", answer.as_bytes());
        }
    }

    /// Stores an accepted message; the answer.
    fn take(
        &mut self,
        message: &Publish<'_>,
        headers: &PublishHeaders<'_>,
        accepted: Accepted,
        now: i64,
        random: &mut impl FnMut() -> u32,
        out: &mut impl Outbox,
    ) -> Result<String, Refusal> {
        if self.config.retention == Retention::Interest {
            return Ok(self.skip(message, headers, &accepted, now));
        }
        let ttl = Ttl::parse(headers.ttl.unwrap_or_default()).map_err(|_| Refusal::from(MESSAGE_TTL_INVALID))?;
        let (stored_headers, ttl) = self.stored_headers(message.headers, headers, ttl, &accepted);
        let body = accepted.total.as_deref().map(counter::body);
        let stored = StoredMessage {
            sequence: self.totals().last_sequence + 1,
            time_ns: now,
            before: 0,
            subject: message.subject,
            headers: &stored_headers,
            body: body.as_ref().map_or(message.body, String::as_bytes),
        };
        self.refuse_beyond_limits(&stored, accepted.rollup.is_some())?;
        let before = self
            .contents
            .subject(message.subject)
            .map_or(0, |state| state.last_sequence);
        self.store(&stored, ttl, accepted.rollup);
        self.remember_id(headers, stored.sequence, now);
        self.republish(&stored, before, random, out);
        let extra = accepted.total.as_deref().map_or(Extra::Nothing, Extra::Total);
        Ok(self.ack.success(stored.sequence, extra))
    }

    /// Nobody needs the message: it has a sequence and an answer, and is not there (STR-37).
    fn skip(&mut self, message: &Publish<'_>, headers: &PublishHeaders<'_>, accepted: &Accepted, now: i64) -> String {
        let sequence = self.totals().last_sequence + 1;
        self.contents.skip(sequence, now);
        self.remember_id(headers, sequence, now);
        self.roll_up(message.subject, accepted.rollup, sequence);
        self.ack.success(sequence, Extra::Nothing)
    }

    fn remember_id(&mut self, headers: &PublishHeaders<'_>, sequence: u64, now: i64) {
        let id = headers.msg_id.unwrap_or_default();
        self.last_id.clear();
        self.last_id.extend_from_slice(id);
        if !id.is_empty() && self.config.duplicate_window_ns > 0 {
            self.duplicates.insert(id, sequence, now);
        }
    }

    /// The headers as they are stored, and how long the message lives.
    fn stored_headers<'a>(
        &self,
        block: &'a [u8],
        headers: &PublishHeaders<'_>,
        ttl: Option<Ttl>,
        accepted: &Accepted,
    ) -> (Cow<'a, [u8]>, Option<Ttl>) {
        let mut stored = header_edit::without_status(block).map_or(Cow::Borrowed(block), Cow::Owned);
        if headers.request_info.is_some() {
            stored = Cow::Owned(header_edit::without(&stored, "Nats-Request-Info"));
        }
        if accepted.adds_rollup {
            stored = Cow::Owned(header_edit::with(&stored, "Nats-Rollup", "sub"));
        }
        let least = self.config.delete_marker_ttl_s;
        match ttl {
            // A marker that lives longer than the message after it would be missed (STR-59).
            Some(Ttl::Seconds(seconds)) if seconds < least && self.config.max_messages_per_subject != Some(1) => {
                let raised = header_edit::without(&stored, "Nats-TTL");
                let raised = header_edit::with(&raised, "Nats-TTL", &least.to_string());
                (Cow::Owned(raised), Some(Ttl::Seconds(least)))
            }
            ttl => (stored, ttl),
        }
    }

    /// Sends a copy under the subject that the configuration gives (STR-53).
    fn republish(
        &self,
        stored: &StoredMessage<'_>,
        before: u64,
        random: &mut impl FnMut() -> u32,
        out: &mut impl Outbox,
    ) {
        let Some(republish) = &self.config.republish else {
            return;
        };
        let mut subject = Vec::new();
        let mapped = republish.transform.transform(stored.subject, random, &mut subject);
        if mapped.is_err() || !nt_subject::is_valid_literal_subject(&subject) {
            return;
        }
        let stored_subject = String::from_utf8_lossy(stored.subject);
        let (sequence, time) = (stored.sequence.to_string(), shown_time(stored.time_ns));
        let (before, size) = (before.to_string(), stored.body.len().to_string());
        let lines = [
            ("Nats-Stream", self.config.name.as_str()),
            ("Nats-Subject", &stored_subject),
            ("Nats-Sequence", &sequence),
            ("Nats-Time-Stamp", &time),
            ("Nats-Last-Sequence", &before),
            ("Nats-Msg-Size", &size),
        ];
        let (lines, body) = if republish.headers_only {
            (&lines[..], &b""[..])
        } else {
            (&lines[..5], stored.body)
        };
        out.send(&subject, &header_edit::with_lines(stored.headers, lines), body);
    }
}
