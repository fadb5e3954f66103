//! Frames for connections of other loops: staged in batches, sent while the interest is still locked.

use crate::connection::buffer_pool::BufferPool;
use crate::connection::table::Connections;
use crate::delivery::Delivery;
use crate::delivery::remote_batch::RemoteBatch;
use crate::delivery::resolved::Target;
use crate::interest::Interest;
use crate::internal::{NO_REACTOR, StagedMessages};
use crate::shard::inbox::InboxItem;

/// Batches for one other loop that are not sent yet.
#[derive(Debug)]
pub(crate) struct RemoteStage {
    batches: Vec<RemoteBatch>,
    /// Index of the batch for a slot: valid when its epoch is the current one.
    by_slot: Vec<(u32, u32)>,
    epoch: u32,
}

impl Default for RemoteStage {
    fn default() -> Self {
        Self {
            batches: Vec::new(),
            by_slot: Vec::new(),
            // A slot without a batch has 0.
            epoch: 1,
        }
    }
}

impl Delivery {
    #[inline]
    pub(super) fn stage_elsewhere(
        &mut self,
        interest: &Interest,
        target: &Target,
        prefix: &[u8],
        tail: &[u8],
        bytes: usize,
        reply: Option<&[u8]>,
    ) {
        if target.location.reactor == NO_REACTOR {
            return self.stage_nowhere(interest, target, prefix, tail, bytes, reply);
        }
        let stage = &mut self.stages[usize::from(target.location.reactor)];
        let batch = stage.batch_for(interest, target, self.cut_above, &mut self.pool);
        if batch.is_full() {
            return;
        }
        batch.push(prefix, tail, bytes, &mut self.pool);
        if target.tracks_replies
            && let Some(reply) = reply
        {
            batch.grant_reply(reply);
        }
    }

    /// Whether there is something for [`Self::send_batches`] to send.
    pub(super) fn has_staged(&self) -> bool {
        !self.internal.is_empty()
            || !self.streams.is_empty()
            || self.stages.iter().any(|stage| !stage.batches.is_empty())
    }

    /// Puts all batches into the inboxes of their loops. While the interest is still locked: the next change of it
    /// relies on that.
    pub fn send_batches(&mut self) {
        if !self.internal.is_empty() {
            let staged = self.internal.drain(..).filter_map(StagedMessages::send);
            self.notified.extend(staged);
        }
        if !self.streams.is_empty() {
            self.send_to_streams();
        }
        for (reactor, stage) in self.stages.iter_mut().enumerate() {
            if stage.batches.is_empty() {
                continue;
            }
            debug_assert_ne!(reactor, usize::from(self.reactor), "connections here have queues here");
            stage.epoch = stage.epoch.wrapping_add(1);
            for batch in &stage.batches {
                self.sent_bytes += batch.len();
                let waiting = batch.backlog().note_sent(batch.len());
                if waiting > self.pause_above && self.largest_backlog.as_ref().is_none_or(|b| b.bytes() < waiting) {
                    self.largest_backlog = Some(batch.backlog().clone());
                }
            }
            let batches = std::mem::take(&mut stage.batches);
            if self.inboxes[reactor].push(InboxItem::Batches(batches)) {
                self.wakes.push(reactor as u16);
            }
        }
    }

    /// Puts an item into the inbox of a loop.
    pub fn send_to(&mut self, reactor: u16, item: InboxItem) {
        if self.inboxes[usize::from(reactor)].push(item) && reactor != self.reactor {
            self.wakes.push(reactor);
        }
    }

    /// Queues the batches of other loops.
    pub fn accept(&mut self, connections: &mut Connections, batches: Vec<RemoteBatch>) {
        for batch in batches {
            batch.backlog().note_received(batch.len());
            let to = batch.to();
            let Some(conn) = connections.occupant(to) else {
                continue;
            };
            batch.move_into(conn, self.now.monotonic_ns, &mut self.pool);
            connections.mark_dirty(to.slot);
        }
    }
}

impl RemoteStage {
    /// The batch for a target; a new one unless there is one.
    #[inline]
    pub fn batch_for(
        &mut self,
        interest: &Interest,
        target: &Target,
        cut_above: usize,
        pool: &mut BufferPool,
    ) -> &mut RemoteBatch {
        let slot = target.location.slot as usize;
        if slot >= self.by_slot.len() {
            self.by_slot.resize(slot + 1, (0, 0));
        }
        let (epoch, at) = self.by_slot[slot];
        let known = epoch == self.epoch
            && self
                .batches
                .get(at as usize)
                .is_some_and(|batch| batch.to() == target.location);
        if known {
            return &mut self.batches[at as usize];
        }
        self.by_slot[slot] = (self.epoch, self.batches.len() as u32);
        let destination = interest.member(target.member).destination();
        let backlog = destination
            .backlog()
            .expect("only a connection is at a location")
            .clone();
        self.batches
            .push(RemoteBatch::new(target.location, backlog, cut_above, pool));
        self.batches.last_mut().expect("just pushed")
    }
}
