//! Messages that the control plane publishes: frames of the client protocol, in batches.
//!
//! One loop handles all batches of a broker, in order and in portions, so that its connections keep their turn. Nothing
//! is checked that only concerns clients: no permissions, no limits, no reserved subjects. A request without
//! responders is answered at once with a 503.

use crate::client::reply_grants::{no_responders_frame, unavailable};
use crate::client::run::{RUN_BYTES_MAX, RUN_DELIVERIES_MAX};
use crate::delivery::{RefusedRequest, Sender};
use crate::interest::account::Account;
use crate::plan::config::Config;
use crate::plan::subject_space::SubjectSpace;
use crate::services::Origin;
use crate::shard::Shard;
use crate::shard::event::{Event, LogLevel};
use crate::state::BrokerState;
use nt_protocol::{Limits, Op, Parsed, Publish, parse};
use std::collections::VecDeque;
use std::sync::Arc;

/// A batch of messages to be published in one account.
pub struct InternalPublish {
    /// The broker.
    pub broker: Arc<BrokerState>,
    /// Where they are published.
    pub account: Arc<Account>,
    /// Whole `PUB` and `HPUB` frames.
    pub frames: Vec<u8>,
    /// [`Event::Published`] with this number follows once all of them are delivered.
    pub confirm: Option<u64>,
}

/// Bytes published before a loop goes on with its connections.
const PORTION_BYTES: usize = 256 * 1024;
/// Pause while a subscriber has a backlog: as long as a client that publishes to it would have to wait.
const PAUSE_NS: u64 = 1_000_000;

/// The control plane checks sizes itself, against the limits it knows.
const LIMITS: Limits = Limits {
    max_control_line: usize::MAX / 2,
    max_payload: usize::MAX / 2,
    headers: true,
};

/// Batches that a loop has not published yet.
#[derive(Default)]
pub(crate) struct PendingPublishes {
    batches: VecDeque<InternalPublish>,
    /// Bytes of the first one that are published.
    done: usize,
    /// When the loop goes on, on its clock.
    resume_ns: u64,
}

impl PendingPublishes {
    pub fn push(&mut self, batch: InternalPublish) {
        self.batches.push_back(batch);
    }

    /// When something is to be published, if anything is.
    pub fn next_at(&self) -> Option<u64> {
        (!self.batches.is_empty()).then_some(self.resume_ns)
    }

    /// Whether something is to be published now.
    pub fn is_due(&self, now_ns: u64) -> bool {
        self.next_at().is_some_and(|at| at <= now_ns)
    }
}

impl Shard {
    /// Publishes a portion of the batches.
    #[inline]
    pub(crate) fn publish_pending(&mut self) {
        if self.internal_publishes.is_due(self.delivery.now_ns()) {
            self.publish_portion();
        }
    }

    #[cold]
    fn publish_portion(&mut self) {
        let mut pending = std::mem::take(&mut self.internal_publishes);
        let mut left = PORTION_BYTES;
        while let Some(batch) = pending.batches.front()
            && left > 0
        {
            let rest = &batch.frames[pending.done..];
            let used = self.publish_frames(&batch.broker, &batch.account, rest);
            left = left.saturating_sub(used.max(1));
            pending.done += used;
            if used == rest.len() {
                batch.broker.internal().published(batch.frames.len());
                if let Some(number) = batch.confirm {
                    self.event(batch.broker.id, Event::Published { number });
                }
                pending.batches.pop_front();
                pending.done = 0;
            }
            if self.delivery.take_largest_backlog().is_some() {
                pending.resume_ns = self.delivery.now_ns() + PAUSE_NS;
                break;
            }
        }
        // Nothing here handles inbox items, so no batch came meanwhile.
        debug_assert!(self.internal_publishes.next_at().is_none());
        self.internal_publishes = pending;
    }

    /// Publishes frames from the front of `data` under one lock of the interest. Returns the bytes they took.
    pub(crate) fn publish_frames(&mut self, broker: &Arc<BrokerState>, account: &Arc<Account>, data: &[u8]) -> usize {
        let plan = broker.plan();
        let origin = Origin::server(broker, account);
        let space = origin.spaces.of(account);
        let mut touched = self.start_server_run(&plan.config);
        let interest = account.interest().read();
        let (mut at, mut deliveries) = (0, 0);
        while at < data.len().min(RUN_BYTES_MAX) && deliveries < RUN_DELIVERIES_MAX {
            let Parsed::Op(Op::Publish(message), used) = parse(&data[at..], &LIMITS) else {
                let (broker, level) = (broker.id, LogLevel::Error);
                let text = "a message published by the control plane is malformed: it is left out".to_owned();
                self.event(broker, Event::Log { level, text });
                at = data.len();
                break;
            };
            at += used;
            let index = self.results.find(&space, &interest, message.subject);
            let mut delivered = self.deliver_to_all(&interest, index, &message, Sender::SERVER, &mut touched);
            if self.results[index].leaves_account() {
                delivered += self.cross_from_server(&origin, index, &message, delivered);
            }
            deliveries += 1 + delivered;
            if let (0, Some(reply), Some(member)) = (delivered, message.reply, origin.member)
                && let Some(sid) = self.results.own_reply_sid(&interest, member, reply)
            {
                let frame = no_responders_frame(self.results[index].destination(), reply, sid);
                self.delivery.stage_internal_status(broker.internal().queue(), &frame);
            }
        }
        self.finish_run(&interest, &mut touched);
        drop(interest);
        self.run_buffers.reuse_touched(touched);
        self.after_run(broker, &plan.config, account);
        at
    }

    /// Sets limits, before the interest is locked. Returns the list for results with uncounted deliveries.
    fn start_server_run(&mut self, config: &Config) -> Vec<u32> {
        self.results.trim();
        self.delivery.begin_run(config, false);
        self.run_buffers.take_touched()
    }

    /// Answers a request that found no room in the control plane's queue.
    pub(crate) fn answer_refused(
        &mut self,
        broker: &Arc<BrokerState>,
        config: &Config,
        account: &Arc<Account>,
        request: &RefusedRequest,
    ) {
        let body = unavailable(&request.subject);
        let size = body.len().to_string();
        let message = Publish {
            subject: &request.reply,
            reply: None,
            has_headers: true,
            header_len: body.len(),
            body: &body,
            size_text: size.as_bytes(),
            tail: None,
        };
        let origin = Origin::server(broker, account);
        let mut touched = self.start_server_run(config);
        let interest = account.interest().read();
        self.delivery.set_status(true);
        let space = SubjectSpace::unmapped(account.id);
        let index = self.results.find(&space, &interest, message.subject);
        let delivered = self.deliver_to_all(&interest, index, &message, Sender::SERVER, &mut touched);
        if self.results[index].leaves_account() {
            self.cross_from_server(&origin, index, &message, delivered);
        }
        self.delivery.set_status(false);
        self.finish_run(&interest, &mut touched);
        drop(interest);
        self.run_buffers.reuse_touched(touched);
    }
}
