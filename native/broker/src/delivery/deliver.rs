//! Delivery of one message: which targets get it, and frames into the output queues of connections here.

use crate::connection::table::Connections;
use crate::delivery::frame::{Frame, subject_of};
use crate::delivery::resolved::{Resolved, Target};
use crate::delivery::{Delivery, Sender};
use crate::interest::{Interest, Subscription};
use crate::trace::TracedDelivery;
use crate::trace::msgtrace::Undelivered;

impl Delivery {
    /// Delivers to all targets of the subject, with lines for the log where traces are logged. Returns how many got it.
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

    /// [`Self::deliver`] with traces, apart from the code for messages without.
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
        if let Some(trace) = &mut self.traced_message {
            trace.add_denied(interest, resolved.destination());
        }
        delivered
    }

    /// Delivers to one member of each group: a random one, or the next that can get it.
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
            let first = if size == 1 { 0 } else { self.random_below(size) };
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
        if from.is_imported && target.is_copy {
            return false;
        }
        let own = !from.echo && target.cid == from.cid;
        if TRACED && !own && self.only_traces() {
            self.add_to_trace(interest, target, prefixes.msg(target), None);
            return true;
        }
        if own || (from.drop_above < usize::MAX && self.pending(connections, interest, target) > from.drop_above) {
            if TRACED {
                let why = if own { Undelivered::NoEcho } else { Undelivered::Slow };
                self.add_to_trace(interest, target, prefixes.msg(target), Some(why));
            }
            return false;
        }
        if !target.limited {
            target.delivered += 1;
        } else if !reserve(interest.subscription(target.sub), target.sub, &mut self.exhausted) {
            if TRACED {
                let why = Undelivered::AutoUnsubscribed;
                self.add_to_trace(interest, target, prefixes.msg(target), Some(why));
            }
            return false;
        }
        let (prefix, tail, bytes) = match frame.hmsg_tail {
            Some(tail) if target.headers => (prefixes.hmsg(target), tail, frame.hmsg_bytes),
            _ => (prefixes.msg(target), frame.msg_tail, frame.msg_bytes),
        };
        if TRACED {
            self.add_to_trace(interest, target, prefixes.msg(target), None);
        }
        if TRACED && self.trace.is_on() {
            let sub = interest.subscription(target.sub);
            let is_last = target.limited && self.exhausted.last() == Some(&target.sub);
            let header_len = bytes - frame.msg_bytes;
            let delivery = TracedDelivery {
                prefix,
                tail,
                header_len,
                last: is_last.then_some((sub.sid(), sub.max())),
            };
            if let Some(shared) = interest.member(target.member).destination().connection() {
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
        if conn.out().len() > self.cut_above {
            return self.overflow(connections, slot);
        }
        conn.queue_frame(prefix, tail, bytes, &mut self.pool);
        self.staged_bytes += prefix.len() + tail.len();
        if target.tracks_replies
            && let Some(reply) = reply
        {
            conn.grant_reply(reply, self.now_ns());
        }
        self.after_staging(connections, slot);
    }

    /// A connection has so much waiting that it is closed at its next flush. One message for ten thousand of its
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
        if conn.out().len() > self.pause_above && self.largest_backlog.is_none() {
            self.largest_backlog = Some(conn.shared().backlog().clone());
        }
        connections.mark_dirty(slot);
    }

    /// Whether a message is only traced and not delivered.
    #[inline]
    pub fn only_traces(&self) -> bool {
        self.traced_message.as_ref().is_some_and(|trace| trace.is_only_trace())
    }

    /// Adds a delivery to the trace, or why there was none, if the message is traced.
    #[cold]
    fn add_to_trace(&mut self, interest: &Interest, target: &Target, prefix: &[u8], why: Option<Undelivered>) {
        if let Some(trace) = &mut self.traced_message {
            trace.add(interest, target.sub, subject_of(prefix), why);
        }
    }

    /// Bytes that wait for a subscriber, without those in batches that are not sent.
    fn pending(&self, connections: &Connections, interest: &Interest, target: &Target) -> usize {
        let destination = interest.member(target.member).destination();
        let here = target.location.reactor == self.reactor;
        let staged = if here {
            connections[target.location.slot].out().len()
        } else {
            0
        };
        staged.max(destination.pending_bytes())
    }
}

/// Takes one delivery of a limited subscription, if one is left. Notes a subscription that got its last one.
pub(crate) fn reserve(sub: &Subscription, id: u32, exhausted: &mut Vec<u32>) -> bool {
    let Some(number) = sub.reserve() else { return false };
    if number == sub.max() {
        exhausted.push(id);
    }
    true
}
