//! The end of a run whose messages went to other accounts, and the end of requests that were not answered in time.

use crate::client::reply_grants::no_responders_frame;
use crate::faults::Fault;
use crate::plan::config::Config;
use crate::services::crossing::{Origin, Outcome, Rare, Status};
use crate::services::latency::End;
use crate::shard::Shard;
use crate::trace::msgtrace::{self, MsgTrace};

impl Shard {
    /// Forgets the responses to requests that nobody got, and says so to those who asked.
    pub(super) fn settle(&mut self, config: &Config) {
        let mut outcomes = self.crossings.take_outcomes();
        for number in (0..outcomes.len()).rev() {
            let outcome = &outcomes[number];
            if let Some(rare) = &outcome.rare {
                self.settle_rare(rare, outcome.delivered, config);
            }
            if !outcome.delivered {
                self.settle_undelivered(outcome);
            } else if let Some(parent) = outcome.parent {
                outcomes[parent as usize].delivered = true;
            }
        }
        self.crossings.reuse_outcomes(outcomes);
    }

    fn settle_rare(&mut self, rare: &Rare, delivered: bool, config: &Config) {
        if let Some(answered) = &rare.answered {
            let end = if delivered {
                End::Answered(answered)
            } else {
                End::RequesterGone
            };
            self.stage_measurement(&answered.measured, &end);
        }
        if let Some((account, token)) = rare.more.as_ref().filter(|_| !delivered) {
            account.responses().remove(*token);
        }
        if let Some(trace) = &rare.trace {
            self.stage_trace(trace, config);
        }
    }

    fn settle_undelivered(&mut self, outcome: &Outcome) {
        if let (Some(account), Some(token)) = (self.crossings.asked(outcome), outcome.token)
            && let Some(measured) = account.responses().remove(token)
        {
            self.stage_measurement(&measured, &End::NoResponders);
        }
        if let Some(status) = &outcome.status {
            self.tell_no_responders(status);
        }
    }

    fn stage_trace(&mut self, trace: &MsgTrace, config: &Config) {
        let Some(origin) = self.crossings.origin() else { return };
        let wall_ns = self.delivery.wall_ns();
        let (headers, body) = msgtrace::trace_event(trace, config, &origin.broker, wall_ns);
        self.crossings
            .staged
            .push(trace.account(), None, &trace.destination, b"", &headers, &body);
    }

    /// Tells the publisher that a request reached nobody, if it waits for the answer itself.
    fn tell_no_responders(&mut self, status: &Status) {
        let Some(origin) = self.crossings.origin() else { return };
        let (account, member) = (origin.account.clone(), origin.member);
        let (broker, slot) = (origin.broker.clone(), origin.slot);
        let interest = account.interest().read();
        let (subject, reply) = self.crossings.status_texts(status);
        let sid = member.and_then(|member| self.results.own_reply_sid(&interest, member, reply));
        let Some(frame) = sid.map(|sid| no_responders_frame(subject, reply, sid)) else {
            return;
        };
        match slot {
            Some(slot) => {
                drop(interest);
                self.send(slot, &frame);
                self.connections[slot].count_out(1, 0);
            }
            None => {
                self.delivery.stage_internal_status(broker.internal().queue(), &frame);
                self.delivery.send_batches();
            }
        }
    }

    /// Ends requests that were not answered in time.
    #[inline]
    pub(crate) fn end_late_requests(&mut self) {
        if self.planted.is(Fault::LateAnswers) {
            return;
        }
        if self
            .response_timers
            .next_at()
            .is_some_and(|at| at <= self.delivery.now_ns())
        {
            self.end_late_now();
        }
    }

    #[cold]
    fn end_late_now(&mut self) {
        for late in self.response_timers.take_late(self.delivery.now_ns()) {
            let config = &late.broker.plan().config;
            self.crossings.begin(|| Origin::server(&late.broker, &late.account));
            for request in late.requests {
                let waits = request.to.interest().read().has_interest(&request.reply);
                let end = if waits { End::Late } else { End::RequesterGone };
                self.stage_measurement(&request.measured, &end);
            }
            self.publish_crossings(config);
        }
    }
}
