//! Operations of clients besides publishing and CONNECT: SUB, UNSUB, PING, PONG.

use crate::connection::close::CloseReason;
use crate::interest::Interest;
use crate::interest::account::Account;
use crate::shard::Shard;
use crate::shard::inbox::InboxItem;
use crate::trace::InfoKind;
use crate::trace::line_limiter::LimitedLine;
use crate::trace::quote::quote;
use crate::trace::subscription_deleted;
use nt_protocol::Op;
use nt_subject::token_count;

/// The queue group that only the server itself may use.
const SYSTEM_QUEUE: &[u8] = b"_sys_";

impl Shard {
    pub(crate) fn handle_operation(&mut self, slot: u32, op: Op<'_>) {
        match op {
            Op::Connect(json) => self.connect(slot, json),
            // Runs take the messages of ready connections, and no other connection may publish.
            Op::Publish(_) => {}
            Op::Sub { subject, queue, sid } => self.subscribe(slot, subject, queue, sid),
            Op::Unsub { sid, max } => self.unsubscribe(slot, sid, max),
            Op::Ping => self.ping(slot),
            Op::Pong => self.pong(slot),
            Op::Ok => {}
            Op::Info(json) => self.info(slot, json),
        }
    }

    pub(crate) fn acknowledge(&mut self, slot: u32) {
        if self.connections[slot].client().flags().verbose {
            self.send(slot, b"+OK\r\n");
        }
    }

    /// `-ERR 'text'`, without consequences.
    pub(crate) fn error_reply(&mut self, slot: u32, text: &str) {
        self.send(slot, format!("-ERR '{text}'\r\n").as_bytes());
    }

    fn ping(&mut self, slot: u32) {
        self.drain_before_pong();
        if self.connections[slot].is_closing() {
            return;
        }
        self.send(slot, b"PONG\r\n");
        let flags = &mut self.connections[slot].client_mut().flags;
        if flags.connect_received && !flags.first_pong_sent {
            flags.first_pong_sent = true;
            if flags.async_info {
                self.connections[slot].shared().set_reads_info(true);
                self.send_info(slot, InfoKind::Connected);
            }
        }
    }

    fn info(&mut self, slot: u32, json: &[u8]) {
        if serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(json).is_err() {
            self.error(slot, || "Error parsing INFO".to_owned());
            self.close(slot, CloseReason::ProtocolViolation, None);
        }
    }

    fn subscribe(&mut self, slot: u32, subject: &[u8], queue: Option<&[u8]>, sid: &[u8]) {
        let conn = &self.connections[slot];
        let broker = conn.broker().clone();
        let account = conn.account().clone();
        let allowed = queue != Some(SYSTEM_QUEUE) && conn.permissions().is_none_or(|p| p.may_subscribe(subject, queue));
        if !allowed {
            return self.refuse_subscription(slot, subject, queue, sid);
        }
        let max_tokens = conn.config().max_sub_tokens;
        if max_tokens > 0 && token_count(subject) > max_tokens {
            let subject = quote(subject);
            let text = format!("Permissions Violation for Subscription to {subject}, too many tokens");
            self.error_reply(slot, &text);
            return self.error(slot, || {
                let sid = String::from_utf8_lossy(sid);
                format!("Subscription Violation Too Many Tokens - Subject {subject}, SID {sid}")
            });
        }
        if conn
            .limits()
            .subscriptions
            .is_some_and(|max| conn.subscriptions().len() >= max)
        {
            return self.too_many_subscriptions(slot);
        }
        let mut interest = account.interest().write();
        let at = self.connections.location(slot);
        let member = self.connections[slot].join_interest(&mut interest, at);
        let subscriptions = self.connections[slot].subscriptions();
        let known = subscriptions.find(sid, &interest, broker.sid_seed());
        // One that got its last message has ended, even if the loop that sent it has not removed the subscription yet.
        if let Some(exhausted) = known.filter(|&id| interest.is_exhausted(id)) {
            self.remove_subscription(&mut interest, exhausted);
        }
        let conn = &mut self.connections[slot];
        if conn.subscriptions().find(sid, &interest, broker.sid_seed()).is_none() {
            match interest.add(member, subject, queue, sid) {
                Ok(id) => {
                    conn.add_subscription(sid, id);
                    let original = self.link_if_imported(slot, &mut interest, id);
                    drop(interest);
                    self.add_copies(slot, original);
                }
                Err(_) => {
                    drop(interest);
                    return self.error_reply(slot, "Invalid Subject");
                }
            }
        } else {
            drop(interest);
        }
        self.remove_ended_copies();
        self.acknowledge(slot);
    }

    /// Sends an error to the client, and logs it unless such a line was logged lately.
    fn too_many_subscriptions(&mut self, slot: u32) {
        let text = "maximum subscriptions exceeded";
        let limiter = self.connections[slot].broker().line_limiter();
        if limiter.allow(LimitedLine::MaxSubscriptions, self.delivery.now_ns()) {
            self.error(slot, || text.to_owned());
        }
        self.error_reply(slot, text);
    }

    /// Whether a connection has more subscriptions than it may: a reload has lowered the limit.
    pub(crate) fn is_over_subscription_limit(&self, slot: u32) -> bool {
        let conn = &self.connections[slot];
        conn.limits()
            .subscriptions
            .is_some_and(|max| conn.subscriptions().len() > max)
    }

    /// Closes such a connection: which of its subscriptions are one too many is not for the server to choose.
    pub(crate) fn close_over_subscription_limit(&mut self, slot: u32) {
        self.too_many_subscriptions(slot);
        self.close(slot, CloseReason::MaxSubscriptionsExceeded, None);
    }

    fn unsubscribe(&mut self, slot: u32, sid: &[u8], max: Option<u64>) {
        let conn = &self.connections[slot];
        let account = conn.account().clone();
        let mut removed = false;
        let mut limited = None;
        if conn.subscriptions().member().is_some() {
            let mut interest = account.interest().write();
            let conn = &self.connections[slot];
            let seed = conn.broker().sid_seed();
            if let Some(id) = conn.subscriptions().find(sid, &interest, seed) {
                let sub = interest.subscription(id);
                let max = max.unwrap_or(0);
                if max > sub.delivered() {
                    limited = sub.link().is_some().then_some(id);
                    interest.limit(id, max);
                } else {
                    // The loop that sends the last message of a limited subscription traces its end.
                    removed = !sub.is_exhausted();
                    self.remove_subscription(&mut interest, id);
                    self.require_drain_before_pong();
                }
            }
        }
        if let Some(id) = limited {
            self.limit_copies(slot, id, max.unwrap_or(0));
            // Until its copies were limited, messages of other accounts were counted, but not checked.
            self.remove_if_exhausted(&account, id);
        }
        self.remove_ended_copies();
        self.acknowledge(slot);
        if removed {
            self.trace(slot, || subscription_deleted(sid));
        }
    }

    fn remove_if_exhausted(&mut self, account: &Account, id: u32) {
        let mut interest = account.interest().write();
        if interest.is_exhausted(id) {
            self.remove_subscription(&mut interest, id);
        }
    }

    /// Removes one subscription from the interest and from its connection's table, on whichever loop that is.
    pub(crate) fn remove_subscription(&mut self, interest: &mut Interest, id: u32) {
        let Some(sub) = interest.remove(id) else { return };
        let member = interest.member_of(&sub);
        if member.is_removed() {
            return;
        }
        let to = member.location();
        if to.reactor != self.delivery.reactor() {
            return self.delivery.send_to(
                to.reactor,
                InboxItem::SubscriptionGone {
                    to,
                    sub: id,
                    sid: sub.into_sid(),
                },
            );
        }
        if let Some(conn) = self.connections.occupant(to) {
            conn.forget_subscription(sub.into_sid(), id);
            self.note_ended_copies(to.slot);
        }
    }

    fn refuse_subscription(&mut self, slot: u32, subject: &[u8], queue: Option<&[u8]>, sid: &[u8]) {
        let subject = quote(subject);
        let sid = String::from_utf8_lossy(sid);
        let (reply, logged) = match queue.map(quote) {
            Some(queue) => (
                format!("{subject} using queue {queue}"),
                format!("{subject}, Queue: {queue}"),
            ),
            None => (subject.clone(), subject),
        };
        self.error_reply(slot, &format!("Permissions Violation for Subscription to {reply}"));
        self.error(slot, || format!("Subscription Violation - Subject {logged}, SID {sid}"));
    }

    pub(crate) fn refuse_subject(&mut self, slot: u32, subject: &[u8]) {
        let subject = quote(subject);
        self.refuse_publish(slot, &format!("Permissions Violation for Publish to {subject}"));
        self.error(slot, || format!("Publish Violation - Subject {subject}"));
    }

    pub(crate) fn refuse_reply(&mut self, slot: u32, reply: &[u8]) {
        let reply = quote(reply);
        self.refuse_publish(
            slot,
            &format!("Permissions Violation for Publish with Reply of {reply}"),
        );
        self.error(slot, || format!("Publish Violation - Reply {reply}"));
    }

    /// Sends the error to the publisher, and adds it to the trace of the message.
    fn refuse_publish(&mut self, slot: u32, text: &str) {
        if let Some(trace) = self.delivery.traced_message() {
            trace.refused(text);
        }
        self.error_reply(slot, text);
    }
}
