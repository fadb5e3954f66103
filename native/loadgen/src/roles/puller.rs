//! Requests messages from a pull consumer, in the two ways that clients do, and acknowledges them.
//!
//! `consume` keeps between half a batch and a whole batch of messages requested; `fetch` requests again when a batch
//! has ended. A request whose messages do not arrive is given up after a while: otherwise one lost message would make
//! the rest of the stream look lost.

use super::subscriber::Arrivals;
use super::{Next, Receive};
use crate::clock::ms;
use crate::connection::{Core, Ended, Ping};
use crate::frames::Message;
use crate::local::Local;
use crate::message::push_number;
use crate::plan::{AckStyle, PullPlan, PullStyle};
use crate::shared::{Phase, Shared};

/// Last tokens of its two inboxes.
const MESSAGES: &[u8] = b"m";
const ACKED: &[u8] = b"a";

/// A puller.
pub struct Puller {
    plan: PullPlan,
    arrivals: Arrivals,
    inbox: Vec<u8>,
    /// The subject of requests.
    ask: Vec<u8>,
    /// Messages requested that have not arrived.
    pending: u64,
    /// When something last arrived, or was given up.
    last: u64,
    patience_ns: u64,
    active: bool,
    /// Double acks sent and not yet confirmed.
    unconfirmed: u64,
    drained: bool,
    asked_to_flush: bool,
}

impl Puller {
    /// The role as planned.
    pub fn new(plan: &PullPlan, ledger: usize, core: &Core, shared: &Shared) -> Self {
        Self {
            arrivals: Arrivals::new(ledger, shared),
            inbox: format!("{}.{}.", shared.inbox, core.id).into_bytes(),
            ask: format!("{}.CONSUMER.MSG.NEXT.{}.{}", plan.prefix, plan.stream, plan.consumer).into_bytes(),
            plan: plan.clone(),
            pending: 0,
            last: 0,
            // Earlier than the run ends because nothing arrives.
            patience_ns: ms((plan.expires_ms as f64).min(shared.plan.quiet_ms / 2.0)),
            active: false,
            unconfirmed: 0,
            drained: false,
            asked_to_flush: false,
        }
    }

    /// Its inboxes.
    pub fn subscribe(&self, core: &mut Core) {
        core.out.extend_from_slice(b"SUB ");
        core.out.extend_from_slice(&self.inbox);
        core.out.extend_from_slice(b"* 1\r\n");
    }

    /// Requests messages from the warm-up on, if there is one.
    pub fn enter(&mut self, phase: Phase, core: &mut Core, local: &mut Local, now: u64) {
        match phase {
            Phase::Warming | Phase::Measuring => (self.active, self.last) = (true, now),
            Phase::Draining => {
                // Acknowledgements were written; the PONG shows that the server has read them.
                self.asked_to_flush = true;
                core.flushed = false;
                core.ping(Ping::Flush);
                self.settle(core, local);
            }
            Phase::Closing => self.active = false,
            _ => {}
        }
    }

    /// Writes, and requests messages when it is time.
    pub fn pump(&mut self, core: &mut Core, local: &Local) -> Result<Next, Ended> {
        let now = local.shared.clock.now();
        if self.pending > 0 && now >= self.last + self.patience_ns {
            (self.pending, self.last) = (0, now);
        }
        self.ask(core);
        core.flush()?;
        let waits = self.active && self.pending > 0;
        Ok(if waits {
            Next::At(self.last + self.patience_ns)
        } else {
            Next::Event
        })
    }

    fn ask(&mut self, core: &mut Core) {
        let enough = match self.plan.style {
            PullStyle::Consume => self.pending > self.plan.batch / 2,
            PullStyle::Fetch => self.pending > 0,
        };
        let left = self
            .plan
            .messages
            .saturating_sub(self.arrivals.tracker.ledger().arrived());
        if !self.active || enough || left == 0 {
            return;
        }
        let count = self.plan.batch - self.pending;
        let body = format!("{{\"batch\":{count},\"expires\":{}}}", self.plan.expires_ms * 1_000_000);
        push_publish(&mut core.out, &self.ask, Some((&self.inbox, MESSAGES)), body.as_bytes());
        self.pending += count;
    }

    fn status(&mut self, code: u16, message: &Message<'_>, local: &mut Local) {
        let number = |name| {
            message
                .header(name)
                .and_then(|value| std::str::from_utf8(value).ok()?.parse::<u64>().ok())
        };
        let text = message
            .status()
            .map(|status| String::from_utf8_lossy(status.text).into_owned())
            .unwrap_or_default();
        match code {
            // A heartbeat.
            100 => {}
            // No messages, expired, or ended by the server: the rest of the request will not arrive.
            404 | 408 => self.ended(number("Nats-Pending-Messages")),
            409 if text.starts_with("Batch Completed") || text.starts_with("Message Size Exceeds") => {
                self.ended(number("Nats-Pending-Messages"));
            }
            409 if text.starts_with("Exceeded") => {
                local.error(&format!("409 {text}"));
                self.ended(number("Nats-Pending-Messages"));
            }
            503 => {
                local.error("503: no JetStream answers, or there is no such consumer");
                self.stop();
            }
            _ => {
                local.error(&format!("{code} {text}"));
                self.stop();
            }
        }
    }

    /// Another request would get the same answer.
    fn stop(&mut self) {
        self.active = false;
        self.pending = 0;
    }

    fn ended(&mut self, pending: Option<u64>) {
        self.pending = self.pending.saturating_sub(pending.unwrap_or(self.pending));
    }

    fn settle(&mut self, core: &Core, local: &mut Local) {
        if self.asked_to_flush && core.flushed && self.unconfirmed == 0 && !self.drained {
            self.drained = true;
            local.shared.arrive(&local.shared.gates.drained);
            local.wake_coordinator = true;
        }
    }

    /// Its connection is lost.
    pub fn lost(&mut self, local: &Local) {
        if !self.drained {
            self.drained = true;
            local.shared.arrive(&local.shared.gates.drained);
        }
    }
}

/// Appends a PUB; the reply is given in two parts.
pub(super) fn push_publish(out: &mut Vec<u8>, subject: &[u8], reply: Option<(&[u8], &[u8])>, payload: &[u8]) {
    out.extend_from_slice(b"PUB ");
    out.extend_from_slice(subject);
    out.push(b' ');
    if let Some((first, second)) = reply {
        out.extend_from_slice(first);
        out.extend_from_slice(second);
        out.push(b' ');
    }
    push_number(out, payload.len() as u64);
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(payload);
    out.extend_from_slice(b"\r\n");
}

impl Receive for Puller {
    fn message(&mut self, message: &Message<'_>, core: &mut Core, local: &mut Local, now: u64) {
        if let Some(status) = message.status() {
            self.status(status.code, message, local);
            return;
        }
        // Delivered messages have the subject under which they were stored, so only confirmations have the inbox's
        // subject.
        if message.subject().strip_prefix(&self.inbox[..]) == Some(ACKED) {
            self.unconfirmed = self.unconfirmed.saturating_sub(1);
            return;
        }
        self.pending = self.pending.saturating_sub(1);
        match (self.plan.ack, message.reply()) {
            (AckStyle::None, _) | (_, None) => {}
            (AckStyle::Explicit, Some(reply)) => push_publish(&mut core.out, reply, None, b"+ACK"),
            (AckStyle::Double, Some(reply)) => {
                push_publish(&mut core.out, reply, Some((&self.inbox, ACKED)), b"+ACK");
                self.unconfirmed += 1;
            }
        }
        self.arrivals.take(message, core, local, now);
        // One read may hold many batches: request in between, not after all of them.
        if self.pending <= self.plan.batch / 2 {
            self.arrivals.tracker.publish();
            self.ask(core);
        }
    }

    fn read_handled(&mut self, core: &mut Core, local: &mut Local, now: u64) {
        self.last = now;
        self.arrivals.publish(core, local, now);
        self.settle(core, local);
    }
}
