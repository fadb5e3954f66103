//! The model: who gets which message, said as simply as possible. It shares no code with the core.
//!
//! Knows what clients have said, which configuration each of them follows, and which requests are pending. Whatever it
//! can't foresee (which member of a queue group, which destination of a weighted mapping, the tokens of reply subjects)
//! it takes from what clients got, as far as that is possible at all; if an explanation fails, another is tried.
//!
//! A configuration counts for a connection as a whole: that of its publisher says what becomes of a message and which
//! services get it, that of a receiver what it imports and may receive.

use crate::isolation::names;
use crate::isolation::setup::{Setup, UserSetup};
use nt_broker::simulation::wire::Frame;
use nt_broker::{PermissionLists, ResponseKind};
use std::collections::BTreeMap;
use std::rc::Rc;

/// What clients have, and what is pending.
#[derive(Debug, Clone)]
pub(super) struct Model {
    pub setups: Rc<Vec<Setup>>,
    /// The configuration of new connections.
    pub in_force: usize,
    pub now_ms: u64,
    pub conns: BTreeMap<usize, Conn>,
    pub pending: Vec<Pending>,
    pub requests: usize,
    /// The values of the variables in subjects, which are tokens like `#k1`.
    pub bound: BTreeMap<String, String>,
}

#[derive(Debug, Clone)]
pub(super) struct Conn {
    pub user: String,
    pub account: usize,
    /// The configuration that it follows.
    pub setup: usize,
    pub at: usize,
    pub no_responders: bool,
    pub echo: bool,
    pub subs: Vec<Sub>,
    /// What it may answer: how often it has, and since when.
    pub grants: BTreeMap<String, (i64, u64)>,
}

#[derive(Debug, Clone)]
pub(super) struct Sub {
    pub sid: String,
    pub subject: String,
    pub queue: Option<String>,
    pub delivered: u64,
    pub max: u64,
}

/// A request that an account has not answered, or may answer again.
#[derive(Debug, Clone)]
pub(super) struct Pending {
    pub number: usize,
    /// The account that answers, and the subject it does so on.
    pub account: usize,
    pub subject: String,
    /// The account that asks, and the subject it waits on.
    pub to: usize,
    pub reply: String,
    pub kind: ResponseKind,
    pub threshold_ms: u64,
    pub since_ms: u64,
    pub measured: Option<Measured>,
}

/// Where a measurement goes, and what it may name.
#[derive(Debug, Clone)]
pub(super) struct Measured {
    pub subject: String,
    pub marks: Vec<String>,
}

/// What clients got in a step.
pub(super) type Seen = BTreeMap<usize, Vec<Frame>>;

impl Conn {
    pub fn permissions<'s>(&self, setups: &'s [Setup]) -> Option<&'s PermissionLists> {
        let setup = &setups[self.setup];
        setup.permissions(setup.user(&self.user)?)
    }
}

impl Model {
    pub fn new(setups: Rc<Vec<Setup>>) -> Self {
        Self {
            setups,
            in_force: 0,
            now_ms: 0,
            conns: BTreeMap::new(),
            pending: Vec::new(),
            requests: 0,
            bound: BTreeMap::new(),
        }
    }

    /// The user of a name, for new connections.
    pub fn user(&self, name: &str) -> Option<&UserSetup> {
        self.setups[self.in_force].user(name)
    }

    /// A subject, with the values of the variables that are known.
    pub fn resolved(&self, subject: &str) -> String {
        let tokens = subject
            .split('.')
            .map(|token| self.bound.get(token).map_or(token, String::as_str));
        tokens.collect::<Vec<&str>>().join(".")
    }

    /// Whether a subject that was seen is the expected one. Unknown variables get their values.
    pub fn unify(&mut self, expected: &str, actual: &str) -> bool {
        let (expected, actual): (Vec<&str>, Vec<&str>) = (expected.split('.').collect(), actual.split('.').collect());
        expected.len() == actual.len()
            && expected.iter().zip(&actual).all(|(expected, actual)| {
                if let Some(known) = self.bound.get(*expected) {
                    return known == actual;
                }
                if !expected.starts_with('#') {
                    return expected == actual;
                }
                // Two requests never have the same token, and two accounts never the same tag.
                let is_new = self.bound.values().all(|value| value != actual);
                self.bound.insert((*expected).to_owned(), (*actual).to_owned());
                let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
                is_new && actual.len() >= 6 && actual.bytes().all(is_digit)
            })
    }

    /// The request that an account answers on this subject.
    pub fn pending_on(&self, account: usize, subject: &str) -> Option<usize> {
        self.pending.iter().position(|pending| {
            pending.account == account && (pending.subject == subject || self.resolved(&pending.subject) == subject)
        })
    }

    /// Every way a message in an account reaches a subscription: client, subscription, and the name that its account has for the
    /// subject.
    pub fn ways(&self, account: usize, subject: &str) -> Vec<(usize, Sub, String)> {
        let subject = self.resolved(subject);
        let mut ways = Vec::new();
        for (&client, conn) in &self.conns {
            let mut found = Vec::new();
            if conn.account == account {
                found.push(subject.clone());
            }
            for import in &self.setups[conn.setup].accounts[conn.account].stream_imports {
                if import.from == account && names::matches(&subject, &import.subject) {
                    found.push(match &import.to {
                        Some(to) => names::rename(&subject, &import.subject, to),
                        None => subject.clone(),
                    });
                }
            }
            for local in found {
                for sub in conn.subs.iter().filter(|sub| names::matches(&local, &sub.subject)) {
                    let permissions = conn.permissions(&self.setups);
                    if permissions.is_none_or(|p| names::may_receive(p, &local, sub.queue.as_deref())) {
                        ways.push((client, sub.clone(), local.clone()));
                    }
                }
            }
        }
        ways
    }

    /// A subscription got a message with this reply.
    pub fn note_delivery(&mut self, client: usize, sid: &str, reply: Option<&str>) {
        let (now_ms, setups) = (self.now_ms, self.setups.clone());
        let Some(conn) = self.conns.get_mut(&client) else {
            return;
        };
        let needs_grant = |reply: &&str| {
            let lists = conn.permissions(&setups);
            lists.is_some_and(|lists| lists.allow_responses.is_some() && !names::may_publish(lists, reply))
        };
        if let Some(reply) = reply.filter(needs_grant) {
            conn.grants.insert(reply.to_owned(), (0, now_ms));
        }
        for sub in conn.subs.iter_mut().filter(|sub| sub.sid == sid) {
            sub.delivered += 1;
        }
        conn.subs.retain(|sub| sub.max == 0 || sub.delivered < sub.max);
    }

    /// Whether a client may publish here. Uses up what it was granted.
    pub fn may_publish(&mut self, client: usize, subject: &str) -> bool {
        let (now_ms, setups) = (self.now_ms, self.setups.clone());
        let Some(conn) = self.conns.get_mut(&client) else {
            return false;
        };
        let Some(lists) = conn.permissions(&setups) else {
            return true;
        };
        if names::may_publish(lists, subject) {
            return true;
        }
        let (Some(allowance), Some((used, since_ms))) = (lists.allow_responses, conn.grants.remove(subject)) else {
            return false;
        };
        if now_ms - since_ms >= allowance.expires.as_millis() as u64 {
            return false;
        }
        if allowance.max < 0 || used + 1 < allowance.max {
            conn.grants.insert(subject.to_owned(), (used + 1, since_ms));
        }
        true
    }
}
