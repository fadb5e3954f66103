//! What publishers and requesters share: sequence numbers, pace, and when a part is complete.

use crate::connection::{Core, Ping};
use crate::local::Local;
use crate::message::Composer;
use crate::pacer::Pacer;
use crate::plan::SenderPlan;
use crate::shared::{Phase, Shared};
use crate::stamp::Stamp;
use std::sync::atomic::Ordering::Relaxed;

/// Which part of the run a sender is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Sends nothing.
    Idle,
    /// The warm-up.
    Warm,
    /// The measured part.
    Measured,
    /// The last message of a part was written; waits for the PONG after it.
    Flushing {
        /// Whether it was the measured part.
        measured: bool,
    },
    /// Nothing more to do.
    Over,
}

/// The state of one sender.
#[derive(Debug)]
pub struct Sender {
    /// Composes the messages.
    pub composer: Composer,
    plan: SenderPlan,
    pacer: Pacer,
    part: Part,
    id: u16,
    senders: usize,
    sequence: u32,
    /// Messages sent in this part.
    sent: u64,
    limit: u64,
    until: u64,
    ledgers: Vec<usize>,
    /// Messages of this part that the server has refused.
    refused: u64,
    warmed: bool,
    over: bool,
}

impl Sender {
    /// Sender number `id` of the run.
    pub fn new(plan: &SenderPlan, ledgers: &[usize], id: usize, shared: &Shared) -> Self {
        Self {
            composer: Composer::new(plan, id as u64),
            plan: plan.clone(),
            pacer: Pacer::Free,
            part: Part::Idle,
            id: id as u16,
            senders: shared.senders,
            sequence: shared.plan.first_sequence,
            sent: 0,
            limit: 0,
            until: 0,
            ledgers: ledgers.to_vec(),
            refused: 0,
            warmed: false,
            over: false,
        }
    }

    /// The run has entered another phase.
    pub fn enter(&mut self, phase: Phase, core: &mut Core, local: &mut Local, now: u64) {
        let shared = local.shared.clone();
        match phase {
            Phase::Warming => {
                let warmup = shared.plan.warmup.expect("there is a warm-up");
                self.start(
                    Part::Warm,
                    warmup.messages_per_sender,
                    shared.warm_end.load(Relaxed),
                    now,
                );
            }
            Phase::Measuring => {
                let end = shared.measure_end.load(Relaxed);
                let timed = end != 0;
                let limit = if timed {
                    u64::MAX
                } else {
                    self.plan.messages.unwrap_or(0)
                };
                self.start(Part::Measured, limit, if timed { end } else { u64::MAX }, now);
            }
            // The time is over: a sender that has not finished stops.
            Phase::Draining if self.part == Part::Measured => self.finish(core, local),
            _ => {}
        }
    }

    fn start(&mut self, part: Part, limit: u64, until: u64, now: u64) {
        let share = f64::from(self.id) / self.senders.max(1) as f64;
        self.pacer = Pacer::new(&self.plan, now, share);
        (self.part, self.sent, self.limit, self.until) = (part, 0, limit, until);
    }

    /// The current part.
    pub fn part(&self) -> Part {
        self.part
    }

    /// Whether it sends.
    pub fn is_active(&self) -> bool {
        matches!(self.part, Part::Warm | Part::Measured)
    }

    /// Whether what it sends is measured.
    pub fn is_measured(&self) -> bool {
        self.part == Part::Measured
    }

    /// How many messages may be sent now.
    #[inline]
    pub fn allowed(&self, now: u64) -> u64 {
        let left = match self.part {
            // The warm-up ends when both limits (time and messages) are reached, the measured part when one of them is.
            Part::Warm if now < self.until => u64::MAX,
            Part::Warm => self.limit.saturating_sub(self.sent),
            Part::Measured if now < self.until => self.limit - self.sent,
            _ => 0,
        };
        if left == 0 {
            0
        } else {
            left.min(self.pacer.due(now, self.sent))
        }
    }

    /// Whether this part needs no more messages.
    pub fn is_finished(&self, now: u64) -> bool {
        match self.part {
            Part::Warm => now >= self.until && self.sent >= self.limit,
            Part::Measured => now >= self.until || self.sent >= self.limit,
            _ => false,
        }
    }

    /// When to check again if nothing may be sent now.
    pub fn wake_at(&self, now: u64) -> u64 {
        let due = self.pacer.wake_at(self.sent);
        // Also check at the end of the part.
        if self.until > now { due.min(self.until) } else { due }
    }

    /// The stamp of the next message, and the time its latency counts from.
    #[inline]
    pub fn stamp(&mut self, local: &Local, now: u64) -> Stamp {
        let stamp = Stamp {
            sequence: self.sequence,
            sender: self.id,
            mark: local.mark.measured(self.part == Part::Measured),
            time: Some(self.pacer.due_at(self.sent, now)),
        };
        self.sequence = self.sequence.wrapping_add(1);
        self.sent += 1;
        self.pacer.sent(now);
        stamp
    }

    /// The stamp of the first of `count` messages that are sent together.
    pub fn stamps(&mut self, local: &Local, count: u64) -> Stamp {
        let first = self.stamp(local, 0);
        self.sequence = self.sequence.wrapping_add((count - 1) as u32);
        self.sent += count - 1;
        first
    }

    /// Whether all messages of a batch may have the same time.
    pub fn is_free(&self) -> bool {
        matches!(self.pacer, Pacer::Free)
    }

    /// All messages of this part are written: adds them to the ledgers, and sends a PING to learn when the server has
    /// read them.
    pub fn finish(&mut self, core: &mut Core, local: &mut Local) {
        let measured = self.part == Part::Measured;
        self.account(&local.shared);
        core.flushed = false;
        core.ping(Ping::Flush);
        self.part = Part::Flushing { measured };
        if measured {
            self.pass_sent(local);
        }
    }

    fn account(&mut self, shared: &Shared) {
        let sent = std::mem::take(&mut self.sent) - std::mem::take(&mut self.refused);
        for &ledger in &self.ledgers {
            shared.ledgers[ledger].expect(sent);
        }
    }

    /// Messages that the server has refused will not arrive.
    pub fn refused(&mut self, messages: u64, shared: &Shared) {
        if self.is_active() {
            self.refused += messages;
            return;
        }
        for &ledger in &self.ledgers {
            shared.ledgers[ledger].expect_less(messages);
        }
    }

    fn pass_sent(&self, local: &mut Local) {
        local.shared.arrive(&local.shared.gates.sent);
        local.wake_coordinator = true;
    }

    /// The last PONG has arrived and no request is unanswered.
    pub fn settled(&mut self, local: &mut Local) {
        let Part::Flushing { measured } = self.part else { return };
        let gates = &local.shared.gates;
        if measured {
            self.part = Part::Over;
            self.over = true;
            local.shared.arrive(&gates.drained);
        } else {
            self.part = Part::Idle;
            self.warmed = true;
            local.shared.arrive(&gates.warmed);
        }
        local.wake_coordinator = true;
    }

    /// Its connection is lost: the run must not wait for it.
    pub fn lost(&mut self, local: &mut Local) {
        if self.over {
            return;
        }
        let gates = &local.shared.gates;
        self.account(&local.shared);
        if !self.warmed {
            local.shared.arrive(&gates.warmed);
        }
        if self.part != (Part::Flushing { measured: true }) {
            local.shared.arrive(&gates.sent);
        }
        local.shared.arrive(&gates.drained);
        self.part = Part::Over;
        self.over = true;
        local.wake_coordinator = true;
    }
}
