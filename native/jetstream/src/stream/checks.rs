//! Whether a message is stored: the checks of the reference, in its order (PUB-13 to PUB-15). The first that fails says
//! what is wrong.

use super::{Publish, Stream};
use crate::counter::{self, CounterError};
use crate::errors::{
    MESSAGE_COUNTER_BROKEN, MESSAGE_INCR_DISABLED, MESSAGE_INCR_INVALID, MESSAGE_INCR_MISSING, MESSAGE_INCR_PAYLOAD,
    MESSAGE_SCHEDULES_DISABLED, MESSAGE_SCHEDULES_PATTERN_INVALID, MESSAGE_SCHEDULES_ROLLUP_INVALID,
    MESSAGE_SCHEDULES_SCHEDULER_INVALID, MESSAGE_SCHEDULES_SOURCE_INVALID, MESSAGE_SCHEDULES_TARGET_INVALID,
    MESSAGE_SCHEDULES_TIME_ZONE_INVALID, MESSAGE_SCHEDULES_TTL_INVALID, MESSAGE_SOURCE_HDR_NOT_ALLOWED,
    MESSAGE_TTL_DISABLED, Refusal, STREAM_EXPECTED_LAST_SEQ_PER_SUBJECT_INVALID, STREAM_HEADER_EXCEEDS_MAXIMUM,
    STREAM_MESSAGE_EXCEEDS_MAXIMUM, STREAM_NOT_MATCH, STREAM_ROLLUP_FAILED, STREAM_SEALED, STREAM_STORE_FAILED,
    STREAM_WRONG_LAST_MSG_ID, STREAM_WRONG_LAST_SEQUENCE,
};
use crate::publish::{PublishHeaders, Ttl};
use crate::schedule::{Schedule, ScheduleError};
use nt_subject::{is_valid_literal_subject, literal_matches};
use num_bigint::BigInt;

/// The largest record of a file (PUB-13).
const RECORD_MAX: usize = 32 << 20;
/// The longest block of headers.
const HEADERS_MAX: usize = 65_535;

/// What becomes of a message.
#[derive(Debug)]
pub(super) enum Verdict {
    Accept(Accepted),
    /// It was stored before, under this sequence.
    Duplicate(u64),
    Refuse(Refusal),
}

/// How an accepted message is stored.
#[derive(Debug, Default)]
pub(super) struct Accepted {
    pub(super) rollup: Option<Rollup>,
    /// The header that says so is added: a schedule replaces the one before.
    pub(super) adds_rollup: bool,
    /// The total that the message becomes.
    pub(super) total: Option<String>,
}

/// What a message replaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rollup {
    Subject,
    All,
}

type Checked<T = ()> = Result<T, Refusal>;

impl Stream {
    pub(super) fn check(
        &mut self,
        subject: &[u8],
        headers: &PublishHeaders<'_>,
        message: &Publish<'_>,
        now: i64,
    ) -> Verdict {
        if let Err(refusal) = self
            .check_size(subject, message)
            .and_then(|()| self.check_headers(subject, headers, message, now))
        {
            return Verdict::Refuse(refusal);
        }
        if let Some(sequence) = self.known_sequence(headers, now) {
            return Verdict::Duplicate(sequence);
        }
        match self.check_last(subject, headers) {
            Ok(accepted) => Verdict::Accept(accepted),
            Err(refusal) => Verdict::Refuse(refusal),
        }
    }

    /// PUB-13
    fn check_size(&self, subject: &[u8], message: &Publish<'_>) -> Checked {
        let (headers, body) = (message.headers.len(), message.body.len());
        if 34 + subject.len() + headers + body > RECORD_MAX {
            return Err(STREAM_STORE_FAILED.with("message too large"));
        }
        refuse_if(self.config.sealed, STREAM_SEALED)?;
        let is_too_long = self
            .config
            .max_message_bytes
            .is_some_and(|max| (headers + body) as u64 > max);
        refuse_if(is_too_long, STREAM_MESSAGE_EXCEEDS_MAXIMUM)?;
        refuse_if(headers > HEADERS_MAX, STREAM_HEADER_EXCEEDS_MAXIMUM)
    }

    /// PUB-14
    fn check_headers(
        &mut self,
        subject: &[u8],
        headers: &PublishHeaders<'_>,
        message: &Publish<'_>,
        now: i64,
    ) -> Checked {
        if *headers == PublishHeaders::default() {
            return Ok(());
        }
        self.check_increment(headers, message)?;
        if let Some(stream) = value(headers.expected_stream) {
            refuse_if(stream != self.config.name.as_bytes(), STREAM_NOT_MATCH)?;
        }
        if !self.config.allows_ttl && value(headers.ttl).is_some() {
            let ttl = Ttl::parse(headers.ttl.unwrap_or_default());
            // One that can't be read is refused later, where TTLs are read (STR-57).
            refuse_if(matches!(ttl, Ok(Some(_))), MESSAGE_TTL_DISABLED)?;
        }
        self.check_expected_sequences(subject, headers)?;
        self.check_schedule(subject, headers, now)?;
        self.check_scheduler(subject, headers)?;
        refuse_if(value(headers.stream_source).is_some(), MESSAGE_SOURCE_HDR_NOT_ALLOWED)
    }

    fn check_increment(&self, headers: &PublishHeaders<'_>, message: &Publish<'_>) -> Checked {
        let Some(increment) = value(headers.increment) else {
            return Ok(());
        };
        counter::parse_increment(increment).map_err(|_| MESSAGE_INCR_INVALID)?;
        refuse_if(!self.config.is_counter, MESSAGE_INCR_DISABLED)?;
        refuse_if(!message.body.is_empty(), MESSAGE_INCR_PAYLOAD)?;
        let has_clashing = value(headers.rollup).is_some()
            || value(headers.expected_stream).is_some()
            || value(headers.expected_last_msg_id).is_some()
            || value(headers.expected_last_subject_sequence_subject).is_some()
            || value(headers.expected_last_sequence).is_some()
            || value(headers.expected_last_subject_sequence).is_some();
        refuse_if(has_clashing, MESSAGE_INCR_INVALID)
    }

    fn check_expected_sequences(&mut self, subject: &[u8], headers: &PublishHeaders<'_>) -> Checked {
        let other_subject = value(headers.expected_last_subject_sequence_subject);
        if let Some(expected) = value(headers.expected_last_subject_sequence) {
            let last = self.contents.last_of(other_subject.unwrap_or(subject)).unwrap_or(0);
            refuse_if_not_last(expected, last)?;
        } else {
            refuse_if(other_subject.is_some(), STREAM_EXPECTED_LAST_SEQ_PER_SUBJECT_INVALID)?;
        }
        match value(headers.expected_last_sequence) {
            Some(expected) => refuse_if_not_last(expected, self.totals().last_sequence),
            None => Ok(()),
        }
    }

    /// STR-85
    fn check_schedule(&self, subject: &[u8], headers: &PublishHeaders<'_>, now: i64) -> Checked {
        let pattern = headers.schedule.unwrap_or_default();
        let zone = headers.schedule_time_zone;
        if pattern.is_empty() && zone.is_none() {
            return Ok(());
        }
        let is_enabled = self.config.allows_schedules;
        if let Err(error) = is_due_some_time(pattern, zone, now) {
            return Err(if is_enabled {
                error
            } else {
                MESSAGE_SCHEDULES_DISABLED.into()
            });
        }
        if pattern.is_empty() {
            return Ok(());
        }
        refuse_if(!is_enabled, MESSAGE_SCHEDULES_DISABLED)?;
        let ttl = Ttl::parse(headers.schedule_ttl.unwrap_or_default()).map_err(|_| MESSAGE_SCHEDULES_TTL_INVALID)?;
        let is_sub = |rollup: Option<&[u8]>| value(rollup).is_none_or(|rollup| rollup == b"sub");
        refuse_if(!is_sub(headers.schedule_rollup), MESSAGE_SCHEDULES_ROLLUP_INVALID)?;
        refuse_if(ttl.is_some() && !self.config.allows_ttl, MESSAGE_TTL_DISABLED)?;
        let target = headers.schedule_target.unwrap_or_default();
        let is_target = is_valid_literal_subject(target) && target != subject;
        refuse_if(!is_target, MESSAGE_SCHEDULES_TARGET_INVALID)?;
        let source = value(headers.schedule_source);
        let is_source = |source: &[u8]| source != target && source != subject && is_valid_literal_subject(source);
        refuse_if(!source.is_none_or(is_source), MESSAGE_SCHEDULES_SOURCE_INVALID)?;
        refuse_if(!self.captures(target), MESSAGE_SCHEDULES_TARGET_INVALID)?;
        refuse_if(
            !source.is_none_or(|source| self.captures(source)),
            MESSAGE_SCHEDULES_SOURCE_INVALID,
        )?;
        refuse_if(!is_sub(headers.rollup), MESSAGE_SCHEDULES_ROLLUP_INVALID)
    }

    /// STR-88: a client may end a schedule, and nothing else.
    fn check_scheduler(&mut self, subject: &[u8], headers: &PublishHeaders<'_>) -> Checked {
        let scheduler = value(headers.scheduler);
        let Some(next) = value(headers.schedule_next) else {
            return refuse_if(scheduler.is_some(), MESSAGE_SCHEDULES_SCHEDULER_INVALID);
        };
        let named = scheduler.filter(|&named| named != subject && is_valid_literal_subject(named));
        let Some(named) = named.filter(|_| next == b"purge") else {
            return Err(MESSAGE_SCHEDULES_SCHEDULER_INVALID.into());
        };
        refuse_if(!self.config.allows_schedules, MESSAGE_SCHEDULES_DISABLED)?;
        let is_other = self.last_of(named).is_some_and(|last| {
            let found = PublishHeaders::find(last.headers);
            value(found.schedule).is_none()
        });
        refuse_if(is_other, MESSAGE_SCHEDULES_SCHEDULER_INVALID)
    }

    /// The checks behind that for duplicates (PUB-15).
    fn check_last(&mut self, subject: &[u8], headers: &PublishHeaders<'_>) -> Checked<Accepted> {
        if let Some(expected) = value(headers.expected_last_msg_id)
            && expected != self.last_id
        {
            return Err(STREAM_WRONG_LAST_MSG_ID.with(String::from_utf8_lossy(&self.last_id)));
        }
        let is_schedule = value(headers.schedule).is_some();
        let mut accepted = Accepted {
            rollup: self.rollup(headers)?,
            ..Accepted::default()
        };
        if is_schedule && accepted.rollup.is_none() {
            accepted.rollup = Some(Rollup::Subject);
            accepted.adds_rollup = true;
        }
        if self.config.is_counter {
            accepted.total = Some(self.total(subject, headers)?);
        }
        Ok(accepted)
    }

    fn rollup(&self, headers: &PublishHeaders<'_>) -> Checked<Option<Rollup>> {
        let Some(rollup) = value(headers.rollup) else {
            return Ok(None);
        };
        if !self.config.allows_rollup {
            return Err(STREAM_ROLLUP_FAILED.with("rollup not permitted"));
        }
        match rollup {
            _ if rollup.eq_ignore_ascii_case(b"sub") => Ok(Some(Rollup::Subject)),
            _ if rollup.eq_ignore_ascii_case(b"all") => Ok(Some(Rollup::All)),
            _ => {
                let shown = String::from_utf8_lossy(rollup);
                Err(STREAM_ROLLUP_FAILED.with(format!("rollup value invalid: {shown:?}")))
            }
        }
    }

    /// The total of a counter with this increment.
    fn total(&mut self, subject: &[u8], headers: &PublishHeaders<'_>) -> Checked<String> {
        let increment = value(headers.increment).ok_or(MESSAGE_INCR_MISSING)?;
        let increment: BigInt = counter::parse_increment(increment).map_err(|_| MESSAGE_INCR_INVALID)?;
        let last = self.last_of(subject).map(|last| last.body);
        let total = counter::add(last, &increment).map_err(|error| match error {
            CounterError::Increment => MESSAGE_INCR_INVALID,
            CounterError::LastTotal => MESSAGE_COUNTER_BROKEN,
        })?;
        let is_too_long = self
            .config
            .max_message_bytes
            .is_some_and(|max| counter::body(&total).len() as u64 > max);
        refuse_if(is_too_long, STREAM_MESSAGE_EXCEEDS_MAXIMUM)?;
        Ok(total)
    }

    /// The sequence of the message that had the same id, if that is not too long ago.
    fn known_sequence(&mut self, headers: &PublishHeaders<'_>, now: i64) -> Option<u64> {
        let id = value(headers.msg_id)?;
        self.forget_ids_before(now);
        self.duplicates.find(id)
    }

    fn captures(&self, subject: &[u8]) -> bool {
        self.config
            .subjects
            .iter()
            .any(|pattern| literal_matches(subject, pattern))
    }
}

/// The value of a header; an empty one is like none.
fn value(header: Option<&[u8]>) -> Option<&[u8]> {
    header.filter(|value| !value.is_empty())
}

fn refuse_if(condition: bool, refusal: impl Into<Refusal>) -> Checked {
    if condition { Err(refusal.into()) } else { Ok(()) }
}

/// A number that can't be read never fits (PUB-10).
fn refuse_if_not_last(expected: &[u8], last: u64) -> Checked {
    let is_number = expected.iter().all(u8::is_ascii_digit);
    let expected = std::str::from_utf8(expected)
        .ok()
        .and_then(|text| text.parse::<u64>().ok());
    if is_number && expected == Some(last) {
        return Ok(());
    }
    Err(STREAM_WRONG_LAST_SEQUENCE.with(last))
}

fn is_due_some_time(pattern: &[u8], zone: Option<&[u8]>, now: i64) -> Checked {
    let refusal = |error| match error {
        ScheduleError::Pattern => Refusal::from(MESSAGE_SCHEDULES_PATTERN_INVALID),
        ScheduleError::TimeZone => Refusal::from(MESSAGE_SCHEDULES_TIME_ZONE_INVALID),
    };
    if pattern.is_empty() {
        // A time zone without a pattern: only its name is looked at.
        return Schedule::parse(b"@daily", zone).map(|_| ()).map_err(refusal);
    }
    let schedule = Schedule::parse(pattern, zone).map_err(refusal)?;
    schedule
        .next(now, now)
        .map(|_| ())
        .ok_or(refusal(ScheduleError::Pattern))
}
