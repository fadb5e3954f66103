//! Everything a client may ask for besides publishing: CONNECT, SUB, UNSUB, PING, PONG.

use crate::connection::close::CloseReason;
use crate::connection::shared::Identity;
use crate::connection::{ClientFlags, Phase};
use crate::delivery::result_cache::ResultRef;
use crate::interest::{Destination, Interest, Member};
use crate::plan::auth::User;
use crate::plan::in_force::Identified;
use crate::shard::Shard;
use crate::shard::event::Event;
use crate::shard::inbox::InboxItem;
use crate::shard::inbox::Location;
use crate::trace::line_limiter::LimitedLine;
use crate::trace::quote::quote;
use crate::trace::{log_suffix, subscription_deleted};
use nt_protocol::{ConnectOptions, Op};
use nt_subject::token_count;
use std::sync::atomic::Ordering;

/// The queue group that only the server itself may use.
const SYSTEM_QUEUE: &[u8] = b"_sys_";

impl Shard {
    pub(crate) fn handle_operation(&mut self, slot: u32, op: Op<'_>) {
        match op {
            Op::Connect(json) => self.connect(slot, json),
            // A run takes every message of a ready connection, and nobody else may publish.
            Op::Publish(_) => {}
            Op::Sub { subject, queue, sid } => self.subscribe(slot, subject, queue, sid),
            Op::Unsub { sid, max } => self.unsubscribe(slot, sid, max),
            Op::Ping => self.ping(slot),
            Op::Pong => self.pong(slot),
            Op::Ok => {}
            Op::Info(json) => self.info(slot, json),
        }
    }

    /// Whether a connection may go on with something else than CONNECT: it is admitted, or nobody in particular may be.
    pub(crate) fn admit_implicitly(&mut self, slot: u32) -> bool {
        let conn = &self.connections[slot];
        if conn.phase != Phase::AwaitingConnect {
            return true;
        }
        let default_user = conn.broker.lock_plan().default_user();
        match default_user {
            Some(identified) => {
                self.admit(slot, identified, &ConnectOptions::default());
                // A CONNECT that follows makes it somebody else: what it subscribed to as nobody in particular goes.
                self.connections[slot].flags.connect_received = true;
                true
            }
            None => {
                self.authorization_violation(slot, None);
                false
            }
        }
    }

    fn acknowledge(&mut self, slot: u32) {
        if self.connections[slot].flags.verbose {
            self.send(slot, b"+OK\r\n");
        }
    }

    /// `-ERR 'text'`, without consequences.
    pub(crate) fn error_reply(&mut self, slot: u32, text: &str) {
        self.send(slot, format!("-ERR '{text}'\r\n").as_bytes());
    }

    fn connect(&mut self, slot: u32, json: &[u8]) {
        // A second CONNECT speaks only of what changes.
        let known = self.connections[slot].options.take();
        let options = match known.map(|o| *o).unwrap_or_default().decode_over(json) {
            Ok(options) => options,
            Err(error) => {
                self.error(slot, || format!("Error parsing CONNECT: {error}"));
                return self.close(slot, CloseReason::ProtocolViolation, None);
            }
        };
        if self.connections[slot].flags.connect_received {
            self.drop_subscriptions(slot);
            // Word that one of them had ended before must not be taken for word of one that follows.
            self.drain_deliveries();
        } else {
            // It answers INFO: until a PONG tells better, that is how long an answer takes.
            let now = self.delivery.now_ns();
            let conn = &self.connections[slot];
            let estimate = now.saturating_sub(conn.started_ns).max(1);
            conn.shared.rtt_ns.store(estimate, Ordering::Relaxed);
        }
        let plan = self.connections[slot].plan.clone();
        if !options.account.is_empty() || options.new_account {
            return self.authorization_violation(slot, Some(&options));
        }
        let broker = self.connections[slot].broker.clone();
        let identified = broker.lock_plan().identify(&options);
        let Some(identified) = identified else {
            self.record_rejected_client(slot, &options);
            return self.authorization_violation(slot, Some(&options));
        };
        let conn = &self.connections[slot];
        if !conn.flags.connect_received {
            // Who sends no credentials may have become somebody.
            let user = identified.user.as_ref().filter(|_| !options.has_credentials());
            let account = &identified.account.account.name;
            let log_suffix = log_suffix(&options, user.map(|user| user.name.as_str()), account);
            conn.shared.set_log_suffix(log_suffix);
        }
        if !(0..=1).contains(&options.protocol) {
            let text = "invalid client protocol";
            self.close(slot, CloseReason::BadClientProtocolVersion, Some(text));
            return self.error(slot, || text.to_owned());
        }
        let headers = plan.config.headers && options.headers;
        if options.no_responders && !headers {
            let text = "no responders requires headers support";
            self.close(slot, CloseReason::NoRespondersRequiresHeaders, Some(text));
            return self.error(slot, || text.to_owned());
        }
        let conn = &mut self.connections[slot];
        conn.flags = ClientFlags {
            verbose: options.verbose,
            pedantic: options.pedantic,
            echo: options.echo,
            headers,
            no_responders: options.no_responders,
            async_info: options.protocol >= 1,
            connect_received: true,
            first_pong_sent: conn.flags.first_pong_sent,
            knows_lame_duck: conn.flags.knows_lame_duck,
        };
        self.admit(slot, identified, &options);
        self.connections[slot].options = Some(Box::new(options));
        self.acknowledge(slot);
    }

    /// Binds a connection to its user and account, and tells who came.
    fn admit(&mut self, slot: u32, identified: Identified, options: &ConnectOptions) {
        let user = identified.user.clone();
        let permissions = identified.permissions();
        self.rebind(slot, identified);
        let conn = &mut self.connections[slot];
        conn.enter_phase(Phase::Ready);
        conn.permissions = permissions;
        conn.replies.clear();
        conn.last_result = ResultRef::NONE;
        conn.move_outdated = conn.moving;
        let account = conn.account.clone();
        conn.shared.set_identity(Identity {
            name: options.name.clone(),
            lang: options.lang.clone(),
            version: options.version.clone(),
            user: shown_user(user.as_deref(), options),
            account: account.name.clone(),
        });
        // Subscriptions made before CONNECT stay; how their messages are framed may change now.
        if let Some(member) = conn.member {
            let mut interest = account.interest.write();
            interest.generation += 1;
            let member = &mut interest.members[member as usize];
            member.headers = conn.flags.headers;
            member.permissions = conn.permissions.clone();
        }
        if conn.broker.watches_connects() {
            let (broker, snapshot) = (conn.broker.id, Box::new(conn.shared.snapshot()));
            self.event(broker, Event::Connected(snapshot));
        }
    }

    /// What monitoring tells of a client that is refused: what it said of itself, and no account.
    fn record_rejected_client(&self, slot: u32, options: &ConnectOptions) {
        self.connections[slot].shared.set_identity(Identity {
            name: options.name.clone(),
            lang: options.lang.clone(),
            version: options.version.clone(),
            user: claimed_user(options),
            account: String::new(),
        });
    }

    pub(crate) fn authorization_violation(&mut self, slot: u32, options: Option<&ConnectOptions>) {
        self.error(slot, || match options {
            Some(o) if !o.nkey.is_empty() => format!("authentication error - Nkey {}", quote(o.nkey.as_bytes())),
            Some(o) if !o.user.is_empty() => format!("authentication error - User {}", quote(o.user.as_bytes())),
            Some(o) if !o.auth_token.is_empty() => "authentication error - Token \"[REDACTED]\"".to_owned(),
            _ => "authentication error".to_owned(),
        });
        self.close(
            slot,
            CloseReason::AuthenticationFailure,
            Some("Authorization Violation"),
        );
    }

    fn ping(&mut self, slot: u32) {
        self.drain_before_pong();
        if self.connections[slot].is_closing() {
            return;
        }
        self.send(slot, b"PONG\r\n");
        let flags = &mut self.connections[slot].flags;
        if flags.connect_received && !flags.first_pong_sent {
            flags.first_pong_sent = true;
            if flags.async_info {
                self.send_info(slot, true);
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
        let broker = conn.broker.clone();
        let account = conn.account.clone();
        let allowed = queue != Some(SYSTEM_QUEUE)
            && conn
                .permissions
                .as_ref()
                .is_none_or(|p| p.may_subscribe(subject, queue));
        if !allowed {
            return self.refuse_subscription(slot, subject, queue, sid);
        }
        let max_tokens = conn.plan.config.max_sub_tokens;
        if max_tokens > 0 && token_count(subject) > max_tokens {
            let subject = quote(subject);
            let text = format!("Permissions Violation for Subscription to {subject}, too many tokens");
            self.error_reply(slot, &text);
            return self.error(slot, || {
                let sid = String::from_utf8_lossy(sid);
                format!("Subscription Violation Too Many Tokens - Subject {subject}, SID {sid}")
            });
        }
        let max_subscriptions = conn.plan.config.max_subscriptions;
        if max_subscriptions > 0 && conn.sids.len() >= max_subscriptions {
            let text = "maximum subscriptions exceeded";
            if broker.line_limiter.allow(LimitedLine::MaxSubscriptions, self.wall_ms()) {
                self.error(slot, || text.to_owned());
            }
            return self.error_reply(slot, text);
        }
        let mut interest = account.interest.write();
        let member = self.member_of(slot, &mut interest);
        let known = self.connections[slot]
            .sids
            .find(sid, member, &interest, &broker.sid_seed);
        // One that got its last message is as good as gone, even if whoever sent that has not removed it yet.
        if let Some(spent) = known.filter(|&id| interest.is_spent(id)) {
            self.remove_subscription(&mut interest, spent);
        }
        let conn = &mut self.connections[slot];
        if conn.sids.find(sid, member, &interest, &broker.sid_seed).is_none() {
            match interest.add(member, subject, queue, sid) {
                Ok(id) => {
                    conn.sids.insert(sid, id, &broker.sid_seed);
                    conn.publish_subscription_count();
                }
                Err(_) => {
                    drop(interest);
                    return self.error_reply(slot, "Invalid Subject");
                }
            }
        }
        drop(interest);
        self.acknowledge(slot);
    }

    /// The connection's record in the interest, made at its first subscription.
    fn member_of(&mut self, slot: u32, interest: &mut Interest) -> u32 {
        let reactor = self.delivery.reactor();
        let conn = &mut self.connections[slot];
        let generation = conn.generation();
        *conn.member.get_or_insert_with(|| {
            interest.members.insert(Member {
                location: Location {
                    reactor,
                    slot,
                    generation,
                },
                destination: Destination::Connection(conn.shared.clone()),
                headers: conn.flags.headers,
                permissions: conn.permissions.clone(),
                removed: false,
            }) as u32
        })
    }

    fn unsubscribe(&mut self, slot: u32, sid: &[u8], max: Option<u64>) {
        let conn = &self.connections[slot];
        let account = conn.account.clone();
        let mut removed = false;
        if let Some(member) = conn.member {
            let mut interest = account.interest.write();
            let conn = &self.connections[slot];
            if let Some(id) = conn.sids.find(sid, member, &interest, &conn.broker.sid_seed) {
                let sub = &mut interest.subs[id as usize];
                let max = max.unwrap_or(0);
                if max > sub.delivered.load(Ordering::Relaxed) {
                    sub.max = max;
                    interest.generation += 1;
                } else {
                    // Whoever sent the last message of a spent one tells of its end.
                    removed = !interest.is_spent(id);
                    self.remove_subscription(&mut interest, id);
                    self.require_drain_before_pong();
                }
            }
        }
        self.acknowledge(slot);
        if removed {
            self.trace(slot, || subscription_deleted(sid));
        }
    }

    /// Removes one subscription from the interest and from its owner's table, here or elsewhere.
    pub(crate) fn remove_subscription(&mut self, interest: &mut Interest, id: u32) {
        let Some(sub) = interest.remove(id) else { return };
        let member = &interest.members[sub.member as usize];
        if member.removed {
            return;
        }
        let to = member.location;
        if to.reactor != self.delivery.reactor() {
            return self.delivery.send_to(
                to.reactor,
                InboxItem::SubscriptionGone {
                    to,
                    sub: id,
                    sid: sub.sid,
                },
            );
        }
        if let Some(conn) = self.connections.occupant(to) {
            conn.forget_subscription(sub.sid, id);
        }
    }

    fn refuse_subscription(&mut self, slot: u32, subject: &[u8], queue: Option<&[u8]>, sid: &[u8]) {
        let subject = quote(subject);
        let sid = String::from_utf8_lossy(sid);
        let (told, logged) = match queue.map(quote) {
            Some(queue) => (
                format!("{subject} using queue {queue}"),
                format!("{subject}, Queue: {queue}"),
            ),
            None => (subject.clone(), subject),
        };
        self.error_reply(slot, &format!("Permissions Violation for Subscription to {told}"));
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

    /// Tells the publisher, and whoever traces the message.
    fn refuse_publish(&mut self, slot: u32, text: &str) {
        if let Some(trace) = self.delivery.traced_message() {
            trace.refused(text);
        }
        self.error_reply(slot, text);
    }
}

/// Whom monitoring shows a client as: the user it is, or else who it says it is.
pub(crate) fn shown_user(user: Option<&User>, options: &ConnectOptions) -> String {
    user.map(|user| user.name.clone())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| claimed_user(options))
}

/// Who the client says it is. A token is a secret: that there is one is all that is told.
fn claimed_user(options: &ConnectOptions) -> String {
    if !options.nkey.is_empty() {
        options.nkey.clone()
    } else if !options.user.is_empty() {
        options.user.clone()
    } else if !options.auth_token.is_empty() {
        "[REDACTED]".to_owned()
    } else {
        String::new()
    }
}
