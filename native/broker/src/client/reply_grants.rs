//! Replies: what a user with `allow_responses` may answer, and the answer to a request that has no responders.
//!
//! Owns the grants of a connection and their bound. Never grants what the user's lists allow anyway.

use crate::client::run::Publisher;
use crate::connection::Conn;
use crate::interest::Interest;
use crate::plan::permissions::{Permissions, ReplyAllowance};
use crate::shard::Shard;
use std::collections::BTreeMap;

impl Shard {
    /// Whether each message must be checked because answers are counted.
    pub(crate) fn granted_by_request(&self, publisher: &Publisher) -> bool {
        publisher
            .permissions
            .as_ref()
            .is_some_and(|p| p.allow_responses.is_some())
    }

    /// Answers a requester at once that the subject of the result at `index` has no responders.
    pub(crate) fn no_responders(&mut self, slot: u32, interest: &Interest, member: u32, index: u32, reply: &[u8]) {
        let Some(sid) = self.results.own_reply_sid(interest, member, reply) else {
            return;
        };
        let frame = no_responders_frame(self.results[index].destination(), reply, sid);
        self.send(slot, &frame);
        self.connections[slot].count_out(1, 0);
    }
}

/// Whether a request that was delivered to this connection lets the message in. Uses up one answer.
pub(crate) fn use_reply_grant(conn: &mut Conn, permissions: &Permissions, subject: &[u8], now_ns: u64) -> bool {
    let Some(allowance) = permissions.allow_responses else {
        return false;
    };
    conn.client_mut().replies.use_up(subject, allowance, now_ns)
}

/// `HMSG reply sid …` with the status 503.
pub(crate) fn no_responders_frame(subject: &[u8], reply: &[u8], sid: &[u8]) -> Vec<u8> {
    let body = unavailable(subject);
    let size = format!(" {0} {0}\r\n", body.len());
    [b"HMSG ", reply, b" ", sid, size.as_bytes(), &body, b"\r\n"].concat()
}

/// The headers that say that a request on this subject has no responders.
pub(crate) fn unavailable(subject: &[u8]) -> Vec<u8> {
    [b"NATS/1.0 503\r\nNats-Subject: ", subject, b"\r\n\r\n"].concat()
}

/// Whether a client with this reply subject could act as the server.
pub(crate) fn is_reserved_reply(reply: &[u8]) -> bool {
    [&b"$JS.ACK."[..], b"_R_.", b"_GR_."]
        .iter()
        .any(|prefix| reply.starts_with(prefix))
}

/// Grants kept at most for one connection: if there are more, expired and then older ones are dropped.
const GRANTS_MAX: usize = 16 * 1024;

/// Answers that a connection may give although its user's lists do not name their subjects.
#[derive(Debug, Default)]
pub(crate) struct ReplyGrants {
    by_subject: BTreeMap<Box<[u8]>, ReplyGrant>,
}

#[derive(Debug, Clone, Copy)]
struct ReplyGrant {
    used: i64,
    granted_ns: u64,
}

impl ReplyGrants {
    /// Whether an answer on this subject is allowed; if so, it is counted.
    fn use_up(&mut self, subject: &[u8], allowance: ReplyAllowance, now_ns: u64) -> bool {
        let Some(grant) = self.by_subject.get_mut(subject) else {
            return false;
        };
        let expires = allowance.expires.as_nanos() as u64;
        let expired = expires > 0 && now_ns.saturating_sub(grant.granted_ns) >= expires;
        grant.used += 1;
        let within = !expired && (allowance.max < 0 || grant.used <= allowance.max);
        if expired || (allowance.max >= 0 && grant.used >= allowance.max) {
            self.by_subject.remove(subject);
        }
        within
    }

    /// Allows answers on this subject from now on, as many as if it had never been granted: unlike in the reference, a
    /// request takes no answer away from an earlier one.
    pub fn grant(&mut self, reply: &[u8], allowance: ReplyAllowance, granted_ns: u64) {
        if self.by_subject.len() >= GRANTS_MAX {
            self.forget_some(allowance, granted_ns);
        }
        debug_assert!(self.by_subject.len() < GRANTS_MAX, "there is room now");
        self.by_subject.insert(reply.into(), ReplyGrant { used: 0, granted_ns });
    }

    /// Makes room: drops those that expired, then the older half.
    #[cold]
    fn forget_some(&mut self, allowance: ReplyAllowance, now_ns: u64) {
        let grants = &mut self.by_subject;
        let expires = allowance.expires.as_nanos() as u64;
        grants.retain(|_, g| expires == 0 || now_ns.saturating_sub(g.granted_ns) < expires);
        if grants.len() < GRANTS_MAX {
            return;
        }
        let mut ages: Vec<u64> = grants.values().map(|g| g.granted_ns).collect();
        let (_, median, _) = ages.select_nth_unstable(GRANTS_MAX / 2);
        let median = *median;
        // Many may have the same time: half of all are dropped, not all of that time. Their order by subject decides.
        let mut to_forget = GRANTS_MAX / 2;
        grants.retain(|_, g| {
            let goes = to_forget > 0 && g.granted_ns <= median;
            to_forget -= usize::from(goes);
            !goes
        });
    }

    /// Adds the grants of another one.
    pub fn append(&mut self, other: &mut Self) {
        self.by_subject.append(&mut other.by_subject);
    }

    /// Drops all grants and their memory.
    pub fn clear(&mut self) {
        self.by_subject = BTreeMap::new();
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.by_subject.len()
    }
}
