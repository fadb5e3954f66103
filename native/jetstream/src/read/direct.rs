//! Answers to direct gets, each message as it is stored with headers that say where it comes from (GET-3 to GET-8).

use super::request::GetRequest;
use super::select::Selection;
use crate::publish::PublishHeaders;
use crate::stream::header_edit::with_lines;
use crate::stream::{Outbox, Stream};
use crate::time::shown_time;
use nt_store::StoredMessage;

/// Subjects whose last messages a request may ask for.
const MULTI_MAX: usize = 1024;
/// The level of the API that is served.
const API_LEVEL: u64 = 5;

/// Answers direct gets.
#[derive(Debug, Clone, Copy)]
pub struct DirectGets {
    /// Bytes after which a batch ends, unless the request says so.
    pub max_bytes: usize,
}

impl DirectGets {
    /// Answers a request for `subject` (the part of the request's subject behind the stream's name, empty if there is
    /// none) with this block of headers and body.
    pub fn answer(
        &self,
        stream: &mut Stream,
        subject: &[u8],
        headers: &[u8],
        body: &[u8],
        reply: &[u8],
        out: &mut impl Outbox,
    ) {
        if reply.is_empty() {
            return;
        }
        let request = match readable(subject, headers, body) {
            Ok(request) => request,
            Err(status) => return send_status(status, reply, out),
        };
        let mut answer = Answer {
            stream,
            request: &request,
            reply,
            out,
            before: 0,
            bytes: 0,
            max_bytes: match usize::try_from(request.max_bytes) {
                Ok(0) | Err(_) => self.max_bytes,
                Ok(bytes) => bytes,
            },
        };
        if !request.multi_last.is_empty() {
            answer.multi();
        } else if request.batch != 0 {
            answer.batch();
        } else {
            answer.single();
        }
    }
}

/// The request, or the status that tells what is wrong with it.
fn readable(subject: &[u8], headers: &[u8], body: &[u8]) -> Result<GetRequest, &'static str> {
    let level = PublishHeaders::find(headers).required_api_level;
    let is_served =
        |level: &[u8]| std::str::from_utf8(level).is_ok_and(|text| text.parse::<u64>().is_ok_and(|n| n <= API_LEVEL));
    if level.is_some_and(|level| !level.is_empty() && !is_served(level)) {
        return Err("412 Required Api Level");
    }
    let mut request = GetRequest::parse(body).map_err(|_| "408 Malformed Request")?;
    if !subject.is_empty() {
        let has_other =
            !request.is_empty() || request.batch != 0 || request.up_to_sequence != 0 || request.up_to_time_ns.is_some();
        if has_other {
            return Err("408 Bad Request");
        }
        request.last_by_subject = String::from_utf8_lossy(subject).into_owned();
        return Ok(request);
    }
    if request.is_empty() {
        return Err("408 Empty Request");
    }
    if request.has_conflict() {
        return Err("408 Bad Request");
    }
    Ok(request)
}

fn send_status(status: &str, reply: &[u8], out: &mut impl Outbox) {
    out.send(reply, format!("NATS/1.0 {status}\r\n\r\n").as_bytes(), b"");
}

/// An answer under way.
struct Answer<'a, O> {
    stream: &'a mut Stream,
    request: &'a GetRequest,
    reply: &'a [u8],
    out: &'a mut O,
    /// The sequence of the message that was sent last.
    before: u64,
    bytes: usize,
    max_bytes: usize,
}

impl<O: Outbox> Answer<'_, O> {
    fn single(&mut self) {
        let request = self.request;
        let selection = if !request.next_by_subject.is_empty() {
            Selection::Next {
                filter: request.next_by_subject.clone().into(),
                from: self.start(),
            }
        } else if !request.last_by_subject.is_empty() {
            Selection::Last(request.last_by_subject.clone().into())
        } else if let Some(time) = request.start_time_ns {
            Selection::FirstFrom(time)
        } else {
            Selection::Sequence(request.sequence)
        };
        match self.stream.select(&selection) {
            Some(message) => {
                let sequence = message.sequence;
                self.send_message(sequence, None);
            }
            None => self.send_status("404 Message Not Found"),
        }
    }

    /// Messages one after the other, and where they end.
    fn batch(&mut self) {
        let filter = match self.request.next_by_subject.as_bytes() {
            b"" => b">",
            filter => filter,
        };
        let mut next = self.start();
        let mut pending = self.stream.contents_mut().count_from(filter, next);
        for n in 0..self.request.batch {
            let Some(sequence) = self.stream.contents_mut().next_matching(filter, next) else {
                if n == 0 {
                    return self.send_status("404 Message Not Found");
                }
                break;
            };
            if !self.request.no_headers {
                pending = pending.saturating_sub(1);
            }
            next = sequence + 1;
            if self.send_message(sequence, Some(pending)) {
                break;
            }
        }
        self.send_end(pending, None);
    }

    /// The last messages of many subjects.
    fn multi(&mut self) {
        let totals = self.stream.totals();
        let up_to = match (self.request.up_to_time_ns, self.request.up_to_sequence) {
            (Some(time), _) => {
                let behind = self.stream.contents_mut().sequence_at(time);
                if behind <= totals.first_sequence {
                    return self.send_status("404 No Results");
                }
                behind - 1
            }
            (None, 0) => totals.last_sequence,
            (None, sequence) => sequence,
        };
        let filters = &self.request.multi_last;
        let Some(sequences) = self.stream.contents_mut().last_of_each(filters, up_to, MULTI_MAX) else {
            return self.send_status("413 Too Many Results");
        };
        if sequences.is_empty() {
            return self.send_status("404 No Results");
        }
        let (mut pending, mut sent) = (sequences.len() as u64, 0);
        for sequence in sequences {
            pending -= 1;
            if sequence < self.request.sequence {
                continue;
            }
            sent += 1;
            if self.send_message(sequence, Some(pending)) || sent == self.request.batch {
                break;
            }
        }
        self.send_end(pending, Some(up_to));
    }

    /// The lowest sequence that is wanted.
    fn start(&mut self) -> u64 {
        match self.request.start_time_ns {
            Some(time) => self.stream.contents_mut().sequence_at(time),
            None => self.request.sequence,
        }
    }

    /// Sends a message; whether the answer is long enough.
    fn send_message(&mut self, sequence: u64, pending: Option<u64>) -> bool {
        let Some(message) = self.stream.get(sequence) else {
            return false;
        };
        self.bytes += message.subject.len() + message.headers.len() + message.body.len();
        let is_multi = !self.request.multi_last.is_empty();
        let headers = if self.request.no_headers && !is_multi {
            Vec::new()
        } else {
            answer_headers(&self.stream.config().name, &message, pending, self.before)
        };
        self.out.send(self.reply, &headers, message.body);
        self.before = sequence;
        self.bytes >= self.max_bytes
    }

    fn send_end(&mut self, pending: u64, up_to: Option<u64>) {
        let mut lines = format!(
            "204 EOB\r\nNats-Num-Pending: {pending}\r\nNats-Last-Sequence: {}",
            self.before
        );
        if let Some(up_to) = up_to {
            lines.push_str(&format!("\r\nNats-UpTo-Sequence: {up_to}"));
        }
        self.send_status(&lines);
    }

    fn send_status(&mut self, status: &str) {
        send_status(status, self.reply, self.out);
    }
}

/// The message's own headers, and where it comes from.
fn answer_headers(stream: &str, message: &StoredMessage<'_>, pending: Option<u64>, before: u64) -> Vec<u8> {
    let subject = String::from_utf8_lossy(message.subject);
    let (sequence, time) = (message.sequence.to_string(), shown_time(message.time_ns));
    let (left, before) = (pending.unwrap_or(0).to_string(), before.to_string());
    let lines = [
        ("Nats-Stream", stream),
        ("Nats-Subject", &*subject),
        ("Nats-Sequence", &*sequence),
        ("Nats-Time-Stamp", &*time),
        ("Nats-Num-Pending", &*left),
        ("Nats-Last-Sequence", &*before),
    ];
    let count = if pending.is_some() { lines.len() } else { 4 };
    with_lines(message.headers, &lines[..count])
}
