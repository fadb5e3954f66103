//! Answers: what a user with `allow_responses` may answer, and what a requester is told when nobody can.

use crate::client::publish::Publisher;
use crate::connection::{Conn, ReplyGrant};
use crate::interest::Interest;
use crate::plan::permissions::Permissions;
use crate::shard::Shard;

impl Shard {
    /// Whether a request that was delivered to this connection lets the message in. Uses up one answer.
    pub(crate) fn use_reply_grant(&mut self, slot: u32, permissions: &Permissions, subject: &[u8]) -> bool {
        let Some(allowance) = permissions.allow_responses else {
            return false;
        };
        let now = self.delivery.now_ns;
        let grants = &mut self.connections[slot].replies;
        let Some(grant) = grants.get_mut(subject) else {
            return false;
        };
        let expires = allowance.expires.as_nanos() as u64;
        let expired = expires > 0 && now.saturating_sub(grant.granted_ns) >= expires;
        grant.used += 1;
        let within = !expired && (allowance.max < 0 || grant.used <= allowance.max);
        if expired || (allowance.max >= 0 && grant.used >= allowance.max) {
            grants.remove(subject);
        }
        within
    }

    /// Whether each message must be checked anew because answers are counted.
    pub(crate) fn granted_by_request(&self, publisher: &Publisher) -> bool {
        publisher
            .permissions
            .as_ref()
            .is_some_and(|p| p.allow_responses.is_some())
    }

    /// Tells a requester at once that nobody listens.
    pub(crate) fn no_responders(&mut self, slot: u32, interest: &Interest, member: u32, subject: &[u8], reply: &[u8]) {
        let Some(sid) = self.results.own_reply_sid(interest, member, reply) else {
            return;
        };
        let frame = no_responders_frame(subject, reply, sid);
        self.send(slot, &frame);
        self.connections[slot].out_msgs += 1;
    }
}

/// `HMSG reply sid …` with the status 503.
pub(crate) fn no_responders_frame(subject: &[u8], reply: &[u8], sid: &[u8]) -> Vec<u8> {
    let body = unavailable(subject);
    let size = format!(" {0} {0}\r\n", body.len());
    [b"HMSG ", reply, b" ", sid, size.as_bytes(), &body, b"\r\n"].concat()
}

/// The headers that say that nobody takes a request on that subject.
pub(crate) fn unavailable(subject: &[u8]) -> Vec<u8> {
    [b"NATS/1.0 503\r\nNats-Subject: ", subject, b"\r\n\r\n"].concat()
}

/// Replies that would let a client speak as the server.
pub(crate) fn is_reserved_reply(reply: &[u8]) -> bool {
    [&b"$JS.ACK."[..], b"_R_.", b"_GR_."]
        .iter()
        .any(|prefix| reply.starts_with(prefix))
}

/// Grants kept at most for one connection: beyond it, expired and then oldest ones are forgotten.
const GRANTS_MAX: usize = 16 * 1024;

/// A request reached a connection: its answer is let in, if its user may answer at all.
pub(crate) fn grant_reply(conn: &mut Conn, reply: &[u8], now_ns: u64) {
    let Some(permissions) = conn.permissions.clone() else {
        return;
    };
    let Some(allowance) = permissions.allow_responses else {
        return;
    };
    if permissions.may_publish(reply) {
        return;
    }
    let grants = &mut conn.replies;
    if grants.len() >= GRANTS_MAX {
        let expires = allowance.expires.as_nanos() as u64;
        grants.retain(|_, g| expires == 0 || now_ns.saturating_sub(g.granted_ns) < expires);
        if grants.len() >= GRANTS_MAX {
            let mut ages: Vec<u64> = grants.values().map(|g| g.granted_ns).collect();
            let (_, median, _) = ages.select_nth_unstable(GRANTS_MAX / 2);
            let median = *median;
            // Many may be of the same moment: half of all goes, not all of that moment.
            let mut over_limit = GRANTS_MAX / 2;
            grants.retain(|_, g| {
                let goes = over_limit > 0 && g.granted_ns <= median;
                over_limit -= usize::from(goes);
                !goes
            });
        }
    }
    grants.insert(
        reply.into(),
        ReplyGrant {
            used: 0,
            granted_ns: now_ns,
        },
    );
}
