//! Staging: frames into output queues of connections here, into parcels for connections elsewhere.

pub(crate) mod burst;
pub(crate) mod byte_range;
pub(crate) mod frame;
pub(crate) mod resolved;
pub(crate) mod result_cache;

use crate::connection::buffer_pool::{BufferPool, LARGE_BYTES};
use crate::connection::shared::ConnShared;
use crate::connection::table::Connections;
use crate::delivery::frame::Frame;
use crate::delivery::resolved::{Resolved, Target};
use crate::interest::Destination;
use crate::interest::{Interest, Subscription};
use crate::internal::{MessageQueue, NO_REACTOR, StagedMessages};
use crate::shard::inbox::{Inbox, InboxItem, RemoteBatch};
use crate::trace::msgtrace::{MsgTrace, Undelivered};
use crate::trace::{DeliveryTrace, TracedDelivery};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Who sends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sender {
    pub cid: u64,
    pub echo: bool,
    /// Skip subscribers with more than this waiting; `usize::MAX`: nobody is skipped, the sender pauses instead.
    pub drop_above: usize,
}

impl Sender {
    /// The server itself: nothing is kept from anybody because of it.
    pub const SERVER: Self = Self {
        cid: 0,
        echo: true,
        drop_above: usize::MAX,
    };
}

/// Where messages leave: the connections here and the inboxes of other loops.
pub(crate) struct Delivery {
    pub reactor: u16,
    pub now_ns: u64,
    /// Bytes queued here since the list of connections with output was taken.
    pub staged_bytes: usize,
    /// Bytes handed over to other loops since [`crate::Shard::receive`] was entered.
    pub handed_bytes: usize,
    pub pool: BufferPool,
    pub wakes: Vec<u16>,
    /// Subscriptions that got their last message.
    pub exhausted: Vec<u32>,
    /// What is told of deliveries, while somebody reads traces.
    pub trace: DeliveryTrace,
    /// The message that is being delivered is traced for its publisher.
    pub traced_message: Option<Box<MsgTrace>>,
    /// The subscriber that is furthest behind among those written to lately: its publisher may have to pause.
    pub behind: Option<Arc<ConnShared>>,
    /// Bytes above which a subscriber counts as behind, for the broker whose messages are being delivered.
    pub behind_above: usize,
    /// Bytes above which a subscriber is cut off: no more is staged for it, however much matches.
    pub cut_above: usize,
    /// Frames for control planes, since the last hand-over: one entry for each broker.
    internal: Vec<StagedMessages>,
    /// What is delivered now are status messages, for which the control plane's queue has room in reserve.
    status: bool,
    /// Brokers whose control plane must be notified that messages wait.
    notified: Vec<u32>,
    /// Requests that found no room in the control plane's queue.
    refused: Vec<RefusedRequest>,
    inboxes: Vec<Arc<Inbox>>,
    pub stages: Vec<Stage>,
    random: u64,
}

/// A request that was not delivered to the control plane, since its queue is full.
pub(crate) struct RefusedRequest {
    pub subject: Vec<u8>,
    pub reply: Vec<u8>,
}

/// Batches for one other loop, since the last hand-over.
#[derive(Debug, Default)]
pub(crate) struct Stage {
    batches: Vec<RemoteBatch>,
    /// RemoteBatch of a slot: valid when its epoch is the current one.
    by_slot: Vec<(u32, u32)>,
    epoch: u32,
}

impl Delivery {
    pub fn new(reactor: u16, inboxes: Vec<Arc<Inbox>>, pool: BufferPool, random: u64) -> Self {
        Self {
            reactor,
            now_ns: 0,
            staged_bytes: 0,
            handed_bytes: 0,
            pool,
            wakes: Vec::new(),
            exhausted: Vec::new(),
            trace: DeliveryTrace::default(),
            traced_message: None,
            behind: None,
            behind_above: usize::MAX,
            cut_above: usize::MAX,
            stages: inboxes
                .iter()
                .map(|_| Stage {
                    epoch: 1,
                    ..Stage::default()
                })
                .collect(),
            internal: Vec::new(),
            status: false,
            notified: Vec::new(),
            refused: Vec::new(),
            inboxes,
            random: random | 1,
        }
    }

    /// Number of loops.
    pub fn reactors(&self) -> u16 {
        self.inboxes.len() as u16
    }

    /// A number in `0..n`. Even enough for spreading load; `n` is far below 2^32.
    pub fn below(&mut self, n: u32) -> u32 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (((self.random >> 32) * u64::from(n)) >> 32) as u32
    }

    /// Queues bytes that are no message.
    pub fn push(&mut self, connections: &mut Connections, slot: u32, bytes: &[u8]) {
        connections[slot].out.push(bytes, &mut self.pool);
        connections.mark_dirty(slot);
    }

    /// Delivers to everyone on the route, and tells `trace` of it where somebody reads traces. Returns how many got it.
    #[inline]
    pub fn deliver<const TRACED: bool>(
        &mut self,
        connections: &mut Connections,
        interest: &Interest,
        resolved: &mut Resolved,
        from: Sender,
        frame: Frame<'_>,
    ) -> u32 {
        let mut delivered = 0;
        for i in 0..resolved.plain {
            if self.deliver_one::<TRACED>(connections, interest, resolved, i, from, frame) {
                delivered += 1;
            }
        }
        if !resolved.groups.is_empty() {
            delivered += self.deliver_groups::<TRACED>(connections, interest, resolved, from, frame);
        }
        resolved.note_deliveries(delivered);
        delivered
    }

    /// [`Self::deliver`] with traces, out of the way of those without.
    #[cold]
    pub fn deliver_traced(
        &mut self,
        connections: &mut Connections,
        interest: &Interest,
        resolved: &mut Resolved,
        from: Sender,
        frame: Frame<'_>,
    ) -> u32 {
        let delivered = self.deliver::<true>(connections, interest, resolved, from, frame);
        if self.traced_message.is_some() {
            self.follow_denied(interest, resolved.subject());
        }
        delivered
    }

    /// One member of each group: a random one, or the next that takes it.
    pub fn deliver_groups<const TRACED: bool>(
        &mut self,
        connections: &mut Connections,
        interest: &Interest,
        resolved: &mut Resolved,
        from: Sender,
        frame: Frame<'_>,
    ) -> u32 {
        let mut delivered = 0;
        for g in 0..resolved.groups.len() {
            let (start, end) = resolved.groups[g];
            let size = end - start;
            let first = if size == 1 { 0 } else { self.below(size) };
            for step in 0..size {
                let mut at = first + step;
                if at >= size {
                    at -= size;
                }
                if self.deliver_one::<TRACED>(connections, interest, resolved, (start + at) as usize, from, frame) {
                    delivered += 1;
                    break;
                }
            }
        }
        delivered
    }

    #[inline]
    fn deliver_one<const TRACED: bool>(
        &mut self,
        connections: &mut Connections,
        interest: &Interest,
        resolved: &mut Resolved,
        index: usize,
        from: Sender,
        frame: Frame<'_>,
    ) -> bool {
        let (target, prefixes) = resolved.target_mut(interest, index);
        let own = !from.echo && target.cid == from.cid;
        if TRACED && !own && self.only_traces() {
            self.follow(interest, target, None);
            return true;
        }
        if own || (from.drop_above < usize::MAX && self.pending(connections, interest, target) > from.drop_above) {
            if TRACED {
                let why = if own { Undelivered::NoEcho } else { Undelivered::Slow };
                self.follow(interest, target, Some(why));
            }
            return false;
        }
        if !target.limited {
            target.delivered += 1;
        } else if !reserve(&interest.subs[target.sub as usize], target.sub, &mut self.exhausted) {
            if TRACED {
                self.follow(interest, target, Some(Undelivered::AutoUnsubscribed));
            }
            return false;
        }
        let (prefix, tail, bytes) = match frame.hmsg_tail {
            Some(tail) if target.headers => (prefixes.hmsg(target), tail, frame.hmsg_bytes),
            _ => (prefixes.msg(target), frame.msg_tail, frame.msg_bytes),
        };
        if TRACED {
            self.follow(interest, target, None);
        }
        if TRACED && self.trace.on {
            let sub = &interest.subs[target.sub as usize];
            let is_last = target.limited && self.exhausted.last() == Some(&target.sub);
            let header_len = bytes - frame.msg_bytes;
            let delivery = TracedDelivery {
                prefix,
                tail,
                header_len,
                last: is_last.then_some((&sub.sid, sub.max)),
            };
            if let Some(shared) = interest.members[target.member as usize].destination.connection() {
                self.trace.add(shared, &delivery);
            }
        }
        if target.location.reactor == self.reactor {
            self.stage_here(connections, target, prefix, tail, bytes, frame.reply);
        } else {
            self.stage_elsewhere(interest, target, prefix, tail, bytes, frame.reply);
        }
        true
    }

    #[inline]
    fn stage_here(
        &mut self,
        connections: &mut Connections,
        target: &Target,
        prefix: &[u8],
        tail: &[u8],
        bytes: usize,
        reply: Option<&[u8]>,
    ) {
        let slot = target.location.slot;
        let conn = &mut connections[slot];
        if conn.out.len() > self.cut_above {
            return self.overflow(connections, slot);
        }
        conn.out.push2(prefix, tail, &mut self.pool);
        conn.count_out(1, bytes as u64);
        self.staged_bytes += prefix.len() + tail.len();
        if target.tracks_replies
            && let Some(reply) = reply
        {
            conn.grant_reply(reply, self.now_ns);
        }
        self.after_staging(connections, slot);
    }

    /// A connection has so much waiting that it is cut off at its next flush. One message for ten thousand of its
    /// subscriptions must not fill the memory before that.
    #[cold]
    pub fn overflow(&self, connections: &mut Connections, slot: u32) {
        connections[slot].note_overflow();
        connections.mark_dirty(slot);
    }

    /// After frames were queued for a connection here.
    #[inline]
    pub fn after_staging(&mut self, connections: &mut Connections, slot: u32) {
        let conn = &mut connections[slot];
        if conn.out.len() > self.behind_above && self.behind.is_none() {
            self.behind = Some(conn.shared.clone());
        }
        connections.mark_dirty(slot);
    }

    #[inline]
    fn stage_elsewhere(
        &mut self,
        interest: &Interest,
        target: &Target,
        prefix: &[u8],
        tail: &[u8],
        bytes: usize,
        reply: Option<&[u8]>,
    ) {
        if target.location.reactor == NO_REACTOR {
            return self.stage_internal(interest, target, &[prefix, tail], reply);
        }
        let stage = &mut self.stages[usize::from(target.location.reactor)];
        let batch = stage.batch_for(interest, target, self.cut_above, &mut self.pool);
        if batch.is_full() {
            return;
        }
        batch.messages += 1;
        batch.payload_bytes += bytes as u64;
        let added = prefix.len() + tail.len();
        if batch.bytes.capacity() - batch.bytes.len() < added {
            make_room(&mut batch.bytes, added, &mut self.pool);
        }
        batch.bytes.extend_from_slice(prefix);
        batch.bytes.extend_from_slice(tail);
        if target.tracks_replies
            && let Some(reply) = reply
        {
            batch.replies.push(reply.into());
        }
    }

    /// Bytes that wait for a subscriber, as far as they have been handed over.
    fn pending(&self, connections: &Connections, interest: &Interest, target: &Target) -> usize {
        let destination = &interest.members[target.member as usize].destination;
        let here = target.location.reactor == self.reactor;
        let staged = if here {
            connections[target.location.slot].out.len()
        } else {
            0
        };
        staged.max(destination.pending())
    }

    /// Stages a frame for the control plane. Where it has no room, a request is answered later.
    #[cold]
    #[inline(never)]
    pub fn stage_internal(&mut self, interest: &Interest, target: &Target, frame: &[&[u8]], reply: Option<&[u8]>) {
        let Destination::Internal(queue) = &interest.members[target.member as usize].destination else {
            debug_assert!(false, "a connection is at a location");
            return;
        };
        let status = self.status;
        if !self.staged_for(queue).add(frame, status)
            && let Some(reply) = reply
        {
            let subject = interest.subject_of(&interest.subs[target.sub as usize]);
            let reply = reply.to_vec();
            self.refused.push(RefusedRequest { subject, reply });
        }
    }

    /// Whether what is delivered from now on are status messages.
    pub fn set_status(&mut self, status: bool) {
        self.status = status;
    }

    /// Stages a status message for the control plane.
    pub fn stage_internal_status(&mut self, queue: &Arc<MessageQueue>, frame: &[u8]) {
        self.staged_for(queue).add(&[frame], true);
    }

    fn staged_for(&mut self, queue: &Arc<MessageQueue>) -> &mut StagedMessages {
        let known = self.internal.iter().position(|staged| staged.is_for(queue));
        let at = known.unwrap_or_else(|| {
            self.internal.push(StagedMessages::new(queue.clone()));
            self.internal.len() - 1
        });
        &mut self.internal[at]
    }

    /// Brokers whose control plane must be notified.
    pub fn take_notified(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.notified)
    }

    pub fn take_refused(&mut self) -> Vec<RefusedRequest> {
        std::mem::take(&mut self.refused)
    }

    /// Whether something is left to be done once the interest is unlocked.
    #[inline]
    pub fn has_aftermath(&self) -> bool {
        !self.exhausted.is_empty() || !self.refused.is_empty()
    }

    /// Hands all parcels over. While the interest is still locked: whoever changes it next may rely on that.
    pub fn send_batches(&mut self) {
        if !self.internal.is_empty() {
            let staged = self.internal.drain(..).filter_map(StagedMessages::send);
            self.notified.extend(staged);
        }
        for (reactor, stage) in self.stages.iter_mut().enumerate() {
            if stage.batches.is_empty() {
                continue;
            }
            stage.epoch = stage.epoch.wrapping_add(1);
            for batch in &stage.batches {
                let bytes = batch.bytes.len();
                self.handed_bytes += bytes;
                let pending = batch.shared.inbox_pending.fetch_add(bytes, Ordering::Relaxed)
                    + bytes
                    + batch.shared.out_pending.load(Ordering::Relaxed);
                if pending > self.behind_above && self.behind.as_ref().is_none_or(|b| b.pending() < pending) {
                    self.behind = Some(batch.shared.clone());
                }
            }
            let batches = std::mem::take(&mut stage.batches);
            if self.inboxes[reactor].push(InboxItem::Batches(batches)) {
                self.wakes.push(reactor as u16);
            }
        }
    }

    /// Tells another loop something.
    pub fn send_to(&mut self, reactor: u16, item: InboxItem) {
        if self.inboxes[usize::from(reactor)].push(item) && reactor != self.reactor {
            self.wakes.push(reactor);
        }
    }

    /// Queues what other loops staged.
    pub fn accept(&mut self, connections: &mut Connections, batches: Vec<RemoteBatch>) {
        for batch in batches {
            batch
                .shared
                .inbox_pending
                .fetch_sub(batch.bytes.len(), Ordering::Relaxed);
            let Some(conn) = connections.occupant(batch.to) else {
                continue;
            };
            for reply in &batch.replies {
                conn.grant_reply(reply, self.now_ns);
            }
            if batch.overflowed {
                conn.note_overflow();
            }
            conn.count_out(u64::from(batch.messages), batch.payload_bytes);
            conn.out.push_chunk(batch.bytes, &mut self.pool);
            connections.mark_dirty(batch.to.slot);
        }
    }
}

/// Takes one delivery of a limited subscription; publishers of all loops draw from the same number.
pub(crate) fn reserve(sub: &Subscription, id: u32, exhausted: &mut Vec<u32>) -> bool {
    let before = sub.delivered.fetch_add(1, Ordering::Relaxed);
    if before >= sub.max {
        sub.delivered.fetch_sub(1, Ordering::Relaxed);
        return false;
    }
    if before + 1 == sub.max {
        exhausted.push(id);
    }
    true
}

/// Makes room in a parcel: as much as is asked for, or a large buffer once that is mostly filled.
#[cold]
pub(crate) fn make_room(bytes: &mut Vec<u8>, added: usize, pool: &mut BufferPool) {
    let needed = bytes.len() + added;
    if needed <= LARGE_BYTES / 2 || bytes.capacity() >= LARGE_BYTES {
        return bytes.reserve(added);
    }
    let mut large = pool.take_large(needed);
    large.extend_from_slice(bytes);
    pool.put(std::mem::replace(bytes, large));
}

impl Stage {
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
        let known = epoch == self.epoch && self.batches.get(at as usize).is_some_and(|p| p.to == target.location);
        if known {
            return &mut self.batches[at as usize];
        }
        self.by_slot[slot] = (self.epoch, self.batches.len() as u32);
        let destination = &interest.members[target.member as usize].destination;
        let shared = destination
            .connection()
            .expect("only a connection is at a location")
            .clone();
        self.batches.push(RemoteBatch {
            to: target.location,
            room: cut_above.saturating_sub(shared.inbox_pending.load(Ordering::Relaxed)),
            overflowed: false,
            shared,
            messages: 0,
            payload_bytes: 0,
            bytes: pool.take_small(0),
            replies: Vec::new(),
        });
        self.batches.last_mut().expect("just pushed")
    }
}
