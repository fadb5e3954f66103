//! Messages are published in other accounts, once the interest of the one they come from is unlocked.

use crate::client::run::RUN_DELIVERIES_MAX;
use crate::delivery::Sender;
use crate::delivery::frame::frame_of;
use crate::delivery::result_cache::ResultRef;
use crate::faults::Fault;
use crate::interest::Interest;
use crate::interest::account::Account;
use crate::plan::config::Config;
use crate::plan::subject_space::SubjectSpace;
use crate::services::batch::{Batch, Crossing, Traced};
use crate::shard::Shard;
use nt_protocol::Publish;
use std::sync::Arc;

/// Messages that arrive in an account, under one lock of its interest.
struct Arrivals<'a> {
    account: &'a Arc<Account>,
    interest: &'a Interest,
    space: &'a SubjectSpace,
    /// Who published them.
    sender: Sender,
    /// The result of the last message.
    last: ResultRef,
    /// Results with uncounted deliveries.
    touched: Vec<u32>,
}

impl Shard {
    /// Publishes what was set aside, and all that follows from it.
    #[inline(never)]
    pub(crate) fn publish_crossings(&mut self, config: &Config) {
        loop {
            if !self.crossings.staged.is_empty() {
                let batch = self.take_staged();
                self.publish_batches(batch, config);
            }
            self.settle(config);
            if self.crossings.staged.is_empty() {
                break;
            }
        }
        self.crossings.end();
    }

    /// What follows from a message is published before the next message.
    fn publish_batches(&mut self, first: Batch, config: &Config) {
        let mut batches = vec![first];
        while let Some(batch) = batches.last_mut() {
            if batch.is_empty() {
                let published = batches.pop();
                published.into_iter().for_each(|batch| self.crossings.reuse(batch));
                continue;
            }
            self.publish_some(batch, config);
            if !self.crossings.staged.is_empty() {
                batches.push(self.take_staged());
            }
        }
    }

    /// Publishes messages of a batch that are for the same account, under one lock of its interest, until something
    /// follows from one of them.
    fn publish_some(&mut self, batch: &mut Batch, config: &Config) {
        let (Some(to), Some(origin)) = (batch.next_account(), self.crossings.origin()) else {
            debug_assert!(false, "there is a message, and someone sent it");
            return;
        };
        let to = to.clone();
        let (broker, sender, traced) = (origin.broker.clone(), origin.sender, origin.traced);
        let space = if self.planted.is(Fault::MixedPlans) {
            broker.lock_plan().spaces().of(&to)
        } else {
            origin.spaces.of(&to)
        };
        self.results.trim();
        self.delivery.begin_run(config, traced);
        let interest = to.interest().read();
        let mut run = Arrivals {
            account: &to,
            interest: &interest,
            space: &space,
            sender: Sender {
                is_imported: true,
                ..sender
            },
            last: ResultRef::NONE,
            touched: self.run_buffers.take_touched(),
        };
        let mut deliveries = 0;
        while let Some(crossing) = batch.next()
            && batch.next_account().is_some_and(|next| Arc::ptr_eq(next, &to))
            && deliveries < RUN_DELIVERIES_MAX
            && self.crossings.staged.is_empty()
        {
            if !crossing.has_ended() {
                let message = batch.message(crossing);
                deliveries += 1 + self.publish_one(&mut run, crossing, &message);
            }
            batch.advance();
        }
        let mut touched = run.touched;
        self.finish_run(&interest, &mut touched);
        drop(interest);
        self.run_buffers.reuse_touched(touched);
        if traced {
            self.report_deliveries(broker.id);
        }
        self.follow_up(&broker, config, &to);
    }

    /// Returns how many got it.
    fn publish_one(&mut self, run: &mut Arrivals<'_>, crossing: &Crossing, message: &Publish<'_>) -> u32 {
        let Some(outcome) = crossing.outcome else {
            let space = SubjectSpace::unmapped(run.account.id);
            let index = self.results.find(&space, run.interest, message.subject);
            // The server says it, whoever caused it: one who does not hear itself hears this.
            return self.deliver_to_all(run.interest, index, message, Sender::SERVER, &mut run.touched);
        };
        let index = self.result_of(run, message.subject);
        match &crossing.traced {
            Some(traced) => self.publish_traced_at(run, outcome, traced, index, message),
            None => self.publish_at(run, outcome, index, message),
        }
    }

    /// The index of the result of a subject; mostly it is that of the last one.
    fn result_of(&mut self, run: &mut Arrivals<'_>, subject: &[u8]) -> u32 {
        let (space, generation) = (run.space.number(), run.interest.generation());
        let last = self.results.known(run.last, space, generation);
        if last.is_some_and(|last| last.subject() == subject) {
            return run.last.index();
        }
        let index = self.results.find(run.space, run.interest, subject);
        run.last = self.results.remember(index);
        index
    }

    /// The same, with its result at `index`.
    fn publish_at(&mut self, run: &mut Arrivals<'_>, outcome: u32, index: u32, message: &Publish<'_>) -> u32 {
        let by_server = self.crossings.outcome(outcome).by_server;
        let sender = if by_server { Sender::SERVER } else { run.sender };
        let delivered = self.deliver_to_all(run.interest, index, message, sender, &mut run.touched);
        self.crossings.outcome(outcome).delivered |= delivered > 0;
        if self.results[index].leaves_account() {
            self.stage(run.account, index, message, outcome);
        }
        delivered
    }

    /// The same with a trace, which may end here.
    #[cold]
    fn publish_traced_at(
        &mut self,
        run: &mut Arrivals<'_>,
        outcome: u32,
        traced: &Traced,
        index: u32,
        message: &Publish<'_>,
    ) -> u32 {
        let Some(mut trace) = self.crossings.take_trace(outcome) else {
            return self.publish_at(run, outcome, index, message);
        };
        trace.goes_to_service(run.account, &traced.from, self.results[index].destination());
        trace.enter(run.account);
        if traced.goes_on {
            self.delivery.begin_traced(trace);
            let delivered = self.publish_at(run, outcome, index, message);
            let trace = self.delivery.end_traced();
            self.crossings.put_trace(outcome, trace);
            return delivered;
        }
        // Nobody is told that it was not delivered, since it was not to be.
        let delivered = if trace.is_only_trace() {
            self.crossings.outcome(outcome).delivered = true;
            0
        } else {
            self.publish_at(run, outcome, index, message)
        };
        self.crossings.put_trace(outcome, Some(trace));
        delivered
    }

    /// Delivers a message to the targets of the result at `index`. Returns how many got it.
    pub(crate) fn deliver_to_all(
        &mut self,
        interest: &Interest,
        index: u32,
        message: &Publish<'_>,
        sender: Sender,
        touched: &mut Vec<u32>,
    ) -> u32 {
        let mut scratch = self.run_buffers.take_frame();
        let resolved = &mut self.results[index];
        let frame = frame_of(message, resolved.headers_for_all(), &mut scratch);
        let was_counted = !resolved.has_uncounted();
        let connections = &mut self.connections;
        let delivered = if self.delivery.trace_mut().is_on() || self.delivery.traced_message().is_some() {
            self.delivery
                .deliver_traced(connections, interest, resolved, sender, frame)
        } else {
            self.delivery
                .deliver::<false>(connections, interest, resolved, sender, frame)
        };
        if was_counted && resolved.has_uncounted() {
            touched.push(index);
        }
        self.run_buffers.reuse_frame(scratch);
        delivered
    }
}
