//! The end of a run whose messages went to other accounts, and the end of requests that were not answered in time.

use crate::client::reply_grants::no_responders_frame;
use crate::plan::config::Config;
use crate::services::crossing::{Origin, Outcome, Status};
use crate::services::latency::End;
use crate::shard::Shard;
use crate::trace::msgtrace::{self, MsgTrace};
impl Shard {
    /// Forgets the responses to requests that nobody got, and says so to those who asked.
    pub(super) fn settle(&mut self, config: &Config) {
        let mut outcomes = self.crossings.take_outcomes();
        for number in (0..outcomes.len()).rev() {
            let Outcome {
                parent,
                delivered,
                pending,
                more,
                answered,
                trace,
                status,
                ..
            } = &mut outcomes[number];
            let (parent, delivered) = (*parent, *delivered);
            if let Some((account, token)) = pending.take().filter(|_| !delivered) {
                let ended = account.responses().remove(token);
                if let Some(measured) = ended.and_then(|response| response.measured) {
                    self.stage_measurement(&measured, &End::NoResponders);
                }
            }
            if let Some((account, token)) = more.take().filter(|_| !delivered) {
                account.responses().remove(token);
            }
            if let Some(answered) = answered {
                let end = if delivered {
                    End::Answered(answered)
                } else {
                    End::RequesterGone
                };
                self.stage_measurement(&answered.measured, &end);
            }
            if let Some(trace) = trace {
                self.stage_trace(trace, config);
            }
            if let Some(status) = status.take().filter(|_| !delivered) {
                self.tell_no_responders(&status);
            }
            if let Some(parent) = parent.filter(|_| delivered) {
                outcomes[parent as usize].delivered = true;
            }
        }
        self.crossings.reuse_outcomes(outcomes);
    }

    fn stage_trace(&mut self, trace: &MsgTrace, config: &Config) {
        let Some(origin) = self.crossings.origin() else { return };
        let wall_ns = self.delivery.wall_ns();
        let (headers, body) = msgtrace::trace_event(trace, config, &origin.broker, wall_ns);
        self.crossings
            .staged
            .push(trace.account(), None, &trace.destination, None, &headers, &body);
    }

    /// Tells the publisher that a request reached nobody, if it waits for the answer itself.
    fn tell_no_responders(&mut self, status: &Status) {
        let Some(origin) = self.crossings.origin() else { return };
        let (account, member) = (origin.account.clone(), origin.member);
        let (broker, slot) = (origin.broker.clone(), origin.slot);
        let interest = account.interest.read();
        let sid = member.and_then(|member| self.results.own_reply_sid(&interest, member, &status.reply));
        let Some(frame) = sid.map(|sid| no_responders_frame(&status.subject, &status.reply, sid)) else {
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
            for response in late.responses {
                let waits = response.to.interest.read().has_interest(&response.reply);
                let end = if waits { End::Late } else { End::RequesterGone };
                if let Some(measured) = response.measured {
                    self.stage_measurement(&measured, &end);
                }
            }
            self.publish_crossings(config);
        }
    }
}
