//! Sends requests and keeps a given number of them unanswered; also publishes to streams, where the answer is a PubAck.
//!
//! Every request has its own reply subject: the inbox and a number, made of the slot in the window and how often that
//! slot was used. An atomic batch (ADR-50) is one request of several messages: the server answers the first message
//! with an empty message and the commit with a PubAck.

use super::{Next, Receive};
use crate::clock::ms;
use crate::connection::{Core, Ended};
use crate::frames::Message;
use crate::local::Local;
use crate::message::push_number;
use crate::plan::{AnswerKind, RolePlan};
use crate::sender::{Part, Sender};
use crate::shared::{Phase, Shared};
use crate::stamp::{IDENTITY, Stamp};
use memchr::memmem;
use serde_json::Value;

/// Written at once.
const TURN_BYTES: usize = 128 * 1024;
/// Last token of the reply subject behind the first message of a batch.
const BATCH_BEGUN: &[u8] = b"begun";

/// A request under way, or room for one.
#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    /// How often it was used.
    used: u64,
    open: bool,
    /// The time from which its latency counts.
    since: u64,
    sequence: u32,
    measured: bool,
    messages: u64,
    bytes: u64,
}

/// A requester.
pub struct Requester {
    sender: Sender,
    answer: AnswerKind,
    batch: Option<u64>,
    batches: u64,
    /// The prefix of reply subjects.
    inbox: Vec<u8>,
    slots: Vec<Slot>,
    free: Vec<usize>,
    last_answer: u64,
    patience_ns: u64,
    answered: u64,
    answered_bytes: u64,
}

impl Requester {
    /// The role as planned.
    pub fn new(core: &Core, id: usize, shared: &Shared) -> Self {
        let RolePlan::Requester {
            window,
            answer,
            ledgers,
            batch,
            sender,
        } = &shared.plan.clients[core.client].role
        else {
            unreachable!("made for requesters only");
        };
        Self {
            sender: Sender::new(sender, ledgers, id, shared),
            answer: *answer,
            batch: *batch,
            batches: 0,
            inbox: format!("{}.{}.", shared.inbox, core.id).into_bytes(),
            slots: vec![Slot::default(); *window],
            free: (0..*window).rev().collect(),
            last_answer: 0,
            patience_ns: ms(shared.plan.quiet_ms),
            answered: 0,
            answered_bytes: 0,
        }
    }

    /// Its inbox.
    pub fn subscribe(&self, core: &mut Core) {
        core.out.extend_from_slice(b"SUB ");
        core.out.extend_from_slice(&self.inbox);
        core.out.extend_from_slice(b"* 1\r\n");
    }

    /// The run has entered another phase.
    pub fn enter(&mut self, phase: Phase, core: &mut Core, local: &mut Local, now: u64) {
        self.last_answer = now;
        self.sender.enter(phase, core, local, now);
    }

    /// Sends what is due, as far as the window allows.
    pub fn pump(&mut self, core: &mut Core, local: &mut Local) -> Result<Next, Ended> {
        loop {
            if !core.flush()? {
                return Ok(Next::Event);
            }
            let now = local.shared.clock.now();
            if !self.sender.is_active() {
                let next = self.wait(now, local);
                self.settle(core, local);
                return Ok(next);
            }
            let due = self.sender.allowed(now);
            if due == 0 {
                if !self.sender.is_finished(now) {
                    return Ok(Next::At(self.sender.wake_at(now)));
                }
                self.sender.finish(core, local);
                continue;
            }
            if self.free.is_empty() {
                match self.wait(now, local) {
                    Next::Turn => continue,
                    next => return Ok(next),
                }
            }
            self.send(core, local, now, due);
        }
    }

    /// What to wait for while requests are unanswered: an answer, or the timeout.
    fn wait(&mut self, now: u64, local: &mut Local) -> Next {
        let open = self.slots.len() - self.free.len();
        if open == 0 {
            return Next::Event;
        }
        if now < self.last_answer + self.patience_ns {
            return Next::At(self.last_answer + self.patience_ns);
        }
        self.give_up(local);
        Next::Turn
    }

    fn give_up(&mut self, local: &mut Local) {
        let mut unanswered = 0;
        for (place, slot) in self.slots.iter_mut().enumerate().filter(|(_, slot)| slot.open) {
            slot.open = false;
            unanswered += 1;
            self.free.push(place);
        }
        local.errors_of("a request was not answered", unanswered);
    }

    fn send(&mut self, core: &mut Core, local: &Local, now: u64, due: u64) {
        let (mut sent, mut bytes) = (0, 0);
        while sent < due && core.out.len() < TURN_BYTES {
            let Some(place) = self.free.pop() else { break };
            let messages = self.batch.unwrap_or(1).min(due - sent);
            let number = self.slots[place].used * self.slots.len() as u64 + place as u64;
            let mut reply = self.inbox.clone();
            push_number(&mut reply, number);
            let before = bytes;
            let first = match self.batch {
                None => self.send_one(core, local, now, Some(&reply), b"", &mut bytes),
                Some(_) => self.send_batch(core, local, now, &reply, messages, &mut bytes),
            };
            let slot = &mut self.slots[place];
            *slot = Slot {
                used: slot.used + 1,
                open: true,
                since: first.time.unwrap_or(now),
                sequence: first.sequence,
                measured: self.sender.is_measured(),
                messages,
                bytes: bytes - before,
            };
            sent += messages;
            // With a pause, one is sent at a time.
            if !self.sender.is_free() && self.sender.allowed(now) == 0 {
                break;
            }
        }
        if self.free.is_empty() || self.slots.len() - self.free.len() == 1 {
            self.last_answer = self.last_answer.max(now);
        }
        if self.sender.is_measured() {
            core.published(sent, bytes, now);
            local.count(sent, 0, now);
        }
    }

    fn send_one(
        &mut self,
        core: &mut Core,
        local: &Local,
        now: u64,
        reply: Option<&[u8]>,
        headers: &[u8],
        bytes: &mut u64,
    ) -> Stamp {
        let stamp = self.sender.stamp(local, now);
        *bytes += self.sender.composer.push(&mut core.out, stamp, reply, headers) as u64;
        stamp
    }

    fn send_batch(
        &mut self,
        core: &mut Core,
        local: &Local,
        now: u64,
        reply: &[u8],
        messages: u64,
        bytes: &mut u64,
    ) -> Stamp {
        let begun = [&self.inbox[..], BATCH_BEGUN].concat();
        self.batches += 1;
        let id = format!(
            "{}-{}-{}",
            local.shared.inbox.trim_start_matches("_INBOX."),
            core.id,
            self.batches
        );
        let mut first = None;
        for number in 1..=messages {
            let last = number == messages;
            let commit = if last { "Nats-Batch-Commit: 1\r\n" } else { "" };
            let headers = format!("Nats-Batch-Id: {id}\r\nNats-Batch-Sequence: {number}\r\n{commit}");
            let answer = if last {
                Some(reply)
            } else {
                Some(&begun[..]).filter(|_| number == 1)
            };
            let stamp = self.send_one(core, local, now, answer, headers.as_bytes(), bytes);
            first.get_or_insert(stamp);
        }
        first.expect("a batch has a message")
    }

    fn judge(&self, slot: &Slot, message: &Message<'_>) -> Result<(), String> {
        let payload = message.payload();
        if let Some(status) = message.status() {
            if status.code == 503 {
                return Err("503: nobody answers on this subject".into());
            }
            if status.code >= 400 && self.answer != AnswerKind::Any {
                return Err(format!("{} {}", status.code, String::from_utf8_lossy(status.text))
                    .trim()
                    .to_owned());
            }
        }
        match self.answer {
            AnswerKind::Any | AnswerKind::Message => Ok(()),
            AnswerKind::Echo => match Stamp::read(payload) {
                Some(stamp) if stamp.sequence != slot.sequence => Err("an answer belongs to another request".into()),
                None if slot.bytes >= IDENTITY as u64 && payload.len() < IDENTITY => {
                    Err("an answer does not carry the request's stamp".into())
                }
                _ => Ok(()),
            },
            AnswerKind::Puback => judge_puback(payload),
        }
    }
}

fn judge_puback(payload: &[u8]) -> Result<(), String> {
    let holds = |what: &[u8]| memmem::find(payload, what).is_some();
    if holds(b"\"stream\"") && !holds(b"\"error\"") {
        return Ok(());
    }
    let answer: Value = serde_json::from_slice(payload).unwrap_or_default();
    let error = &answer["error"];
    Err(match (error["description"].as_str(), error["err_code"].as_u64()) {
        (Some(text), Some(code)) => format!("{text} ({code})"),
        (Some(text), None) => text.to_owned(),
        _ => "an answer is no PubAck".to_owned(),
    })
}

impl Requester {
    fn answered(&mut self, number: u64, message: &Message<'_>, core: &Core, local: &mut Local, now: u64) {
        let window = self.slots.len() as u64;
        let place = (number % window) as usize;
        let slot = self.slots[place];
        if !slot.open || slot.used != number / window + 1 {
            local.error("an answer came twice or too late");
            return;
        }
        self.slots[place].open = false;
        self.free.push(place);
        match self.judge(&slot, message) {
            Ok(()) if slot.measured => {
                self.answered += slot.messages;
                self.answered_bytes += message.payload().len() as u64;
                local.latencies[core.client].record(now.saturating_sub(slot.since));
            }
            Ok(()) => local.warmed += slot.messages,
            Err(text) => {
                local.error(&text);
                self.sender.refused(slot.messages, &local.shared);
            }
        }
    }

    /// Ends the part when everything is answered or given up.
    fn settle(&mut self, core: &mut Core, local: &mut Local) {
        let answered = self.free.len() == self.slots.len();
        if core.flushed && answered && matches!(self.sender.part(), Part::Flushing { .. }) {
            core.flushed = false;
            self.sender.settled(local);
        }
    }

    /// Its connection is lost.
    pub fn lost(&mut self, local: &mut Local) {
        self.close(local);
        self.sender.lost(local);
    }

    /// The run is over; open requests stay unanswered.
    pub fn close(&mut self, local: &mut Local) {
        self.give_up(local);
    }
}

impl Receive for Requester {
    fn message(&mut self, message: &Message<'_>, core: &mut Core, local: &mut Local, now: u64) {
        let subject = message.subject();
        let token = subject.get(self.inbox.len()..).unwrap_or_default();
        if token == BATCH_BEGUN {
            // A batch that could not begin also fails at its end, and is counted there. An empty answer means success.
            return;
        }
        match std::str::from_utf8(token).ok().and_then(|token| token.parse().ok()) {
            Some(number) => self.answered(number, message, core, local, now),
            None => local.error("a message came to an inbox of no request"),
        }
    }

    fn read_handled(&mut self, core: &mut Core, local: &mut Local, now: u64) {
        self.last_answer = now;
        let (answered, bytes) = (
            std::mem::take(&mut self.answered),
            std::mem::take(&mut self.answered_bytes),
        );
        if answered > 0 {
            core.arrived(answered, bytes, now);
        }
        local.count(0, answered, now);
        self.settle(core, local);
    }
}
