//! The responses that an account's services still have to give: who gets them, and until when.
//!
//! One table per exporting account, shared by all loops, locked for one look-up at a time. What is answered, refused or
//! late is forgotten; a table holds at most [`PENDING_MAX`] requests of one importing account. [`ResponseTimers`] are a
//! loop's: it ends what is late in the tables that it has added to.

use crate::interest::account::Account;
use crate::services::imports::ResponseKind;
use crate::services::latency::Measured;
use crate::services::tokens::ReplyPrefix;
use crate::state::BrokerState;
use hashbrown::HashTable;
use parking_lot::Mutex;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Requests of one importing account that may be pending: more are refused.
pub(super) const PENDING_MAX: usize = 256 * 1024;
/// Entries of ended requests that may stay in a queue of deadlines until it is cleaned.
const ENDED_MAX: usize = 1024;

/// Who gets the response to a request, and how long it is waited for.
#[derive(Debug)]
pub(crate) struct Response {
    /// The account of the requester.
    pub to: Arc<Account>,
    /// The subject it waits on there.
    pub reply: Box<[u8]>,
    pub kind: ResponseKind,
    pub threshold: Duration,
    /// What is measured, if the request is.
    pub measured: Option<Box<Measured>>,
}

impl Response {
    /// The same, for one of several answers.
    fn of_many(&self) -> Self {
        Self {
            to: self.to.clone(),
            reply: self.reply.clone(),
            kind: self.kind,
            threshold: self.threshold,
            measured: None,
        }
    }
}

/// A response that has come.
pub(crate) struct Taken {
    pub response: Response,
    /// Where more may come: the token under which they are waited for.
    pub more: Option<u64>,
}

/// The pending responses of one exporting account.
#[derive(Debug)]
pub(crate) struct Responses {
    prefix: ReplyPrefix,
    table: Mutex<Table>,
    /// As many as there are in the table, to be read without its lock.
    pending: AtomicUsize,
}

#[derive(Debug, Default)]
struct Table {
    /// By token, which is as even as a hash and comes from no client.
    responses: HashTable<Entry>,
    /// Deadlines by the time that is waited, each in their order.
    deadlines: BTreeMap<u64, Deadlines>,
    /// Pending requests by the id of the importing account.
    of_importers: BTreeMap<u32, usize>,
}

#[derive(Debug)]
struct Entry {
    token: u64,
    /// When it was made or, where there are several answers, when the last one came.
    since_ns: u64,
    response: Response,
}

#[derive(Debug, Default)]
struct Deadlines {
    /// When something is due, and what. Those of ended requests stay for a while.
    queue: VecDeque<(u64, u64)>,
    pending: usize,
}

impl Responses {
    /// `tag`: a number that tells the account's reply subjects from those of others.
    pub fn new(tag: u64) -> Self {
        Self {
            prefix: ReplyPrefix::new(tag),
            table: Mutex::default(),
            pending: AtomicUsize::new(0),
        }
    }

    /// Requests that are not answered yet, or may have more answers.
    pub fn pending(&self) -> usize {
        self.pending.load(Ordering::Relaxed)
    }

    /// Appends the reply subject of a token.
    pub fn append_reply(&self, token: u64, out: &mut Vec<u8>) {
        self.prefix.append(token, out);
    }

    /// Waits for a response. False: that token is in use, or its importing account has too many requests pending.
    #[must_use]
    pub fn insert(&self, token: u64, response: Response, now_ns: u64) -> bool {
        let mut table = self.table.lock();
        if table.find(token).is_some() {
            return false;
        }
        let pending = table.of_importers.entry(response.to.id).or_default();
        if *pending >= PENDING_MAX {
            return false;
        }
        *pending += 1;
        let threshold_ns = response.threshold.as_nanos() as u64;
        let deadlines = table.deadlines.entry(threshold_ns).or_default();
        deadlines.pending += 1;
        deadlines.queue.push_back((now_ns.saturating_add(threshold_ns), token));
        if deadlines.queue.len() > 2 * deadlines.pending + ENDED_MAX {
            table.clean(threshold_ns);
        }
        let since_ns = now_ns;
        let entry = Entry {
            token,
            since_ns,
            response,
        };
        table.responses.insert_unique(token, entry, |entry| entry.token);
        self.pending.fetch_add(1, Ordering::Relaxed);
        true
    }

    /// The response that a message on this subject is. `is_empty`: the message has no bytes.
    pub fn take(&self, subject: &[u8], is_empty: bool, now_ns: u64) -> Option<Taken> {
        if self.pending() == 0 {
            return None;
        }
        let token = self.prefix.token_of(subject)?;
        let mut table = self.table.lock();
        let entry = table.find_mut(token)?;
        let is_last = match entry.response.kind {
            ResponseKind::Single => true,
            ResponseKind::Stream | ResponseKind::Chunked => is_empty,
        };
        if !is_last {
            entry.since_ns = now_ns;
            let (response, more) = (entry.response.of_many(), Some(token));
            return Some(Taken { response, more });
        }
        let response = self.remove_from(&mut table, token)?;
        Some(Taken { response, more: None })
    }

    /// A request has ended: without an answer, or because nobody waits for more of them.
    pub fn remove(&self, token: u64) -> Option<Response> {
        self.remove_from(&mut self.table.lock(), token)
    }

    fn remove_from(&self, table: &mut Table, token: u64) -> Option<Response> {
        let response = table.remove(token)?;
        self.pending.fetch_sub(1, Ordering::Relaxed);
        Some(response)
    }

    /// Forgets all requests. Those refer to accounts, measured ones to this account, which would never be freed.
    fn clear(&self) {
        let ended = std::mem::take(&mut *self.table.lock());
        self.pending.fetch_sub(ended.responses.len(), Ordering::Relaxed);
    }

    /// Ends what is late. Adds what is measured; returns when something else is due.
    fn expire(&self, now_ns: u64, late: &mut Vec<Response>) -> Option<u64> {
        let mut table = self.table.lock();
        let thresholds: Vec<u64> = table.deadlines.keys().copied().collect();
        for threshold_ns in thresholds {
            while let Some(token) = table.pop_due(threshold_ns, now_ns) {
                let Some(entry) = table.find(token) else { continue };
                let due = entry.since_ns.saturating_add(threshold_ns);
                if due > now_ns {
                    table.push_due(threshold_ns, due, token);
                } else if let Some(response) = self.remove_from(&mut table, token) {
                    late.extend(Some(response).filter(|response| response.measured.is_some()));
                }
            }
            table.drop_ended(threshold_ns);
        }
        table.free();
        table.next_due()
    }
}

impl Table {
    fn find(&self, token: u64) -> Option<&Entry> {
        self.responses.find(token, |entry| entry.token == token)
    }

    fn find_mut(&mut self, token: u64) -> Option<&mut Entry> {
        self.responses.find_mut(token, |entry| entry.token == token)
    }

    fn remove(&mut self, token: u64) -> Option<Response> {
        let found = self.responses.find_entry(token, |entry| entry.token == token);
        let (Entry { response, .. }, _) = found.ok()?.remove();
        let threshold_ns = response.threshold.as_nanos() as u64;
        if let Some(deadlines) = self.deadlines.get_mut(&threshold_ns) {
            deadlines.pending -= 1;
        }
        if let Some(pending) = self.of_importers.get_mut(&response.to.id) {
            *pending -= 1;
        }
        Some(response)
    }

    /// Frees what only ended requests needed.
    fn free(&mut self) {
        self.deadlines.retain(|_, deadlines| !deadlines.queue.is_empty());
        self.of_importers.retain(|_, pending| *pending > 0);
        if self.responses.len() < self.responses.capacity() / 4 {
            self.responses.shrink_to_fit(|entry| entry.token);
        }
    }

    /// Forgets the deadlines of ended requests.
    fn clean(&mut self, threshold_ns: u64) {
        let Self {
            responses, deadlines, ..
        } = self;
        if let Some(deadlines) = deadlines.get_mut(&threshold_ns) {
            let is_pending = |token: u64| responses.find(token, |entry| entry.token == token).is_some();
            let newest = deadlines.queue.pop_back();
            deadlines.queue.retain(|&(_, token)| is_pending(token));
            deadlines.queue.extend(newest);
        }
    }

    fn pop_due(&mut self, threshold_ns: u64, now_ns: u64) -> Option<u64> {
        let queue = &mut self.deadlines.get_mut(&threshold_ns)?.queue;
        queue.front().filter(|(due, _)| *due <= now_ns)?;
        queue.pop_front().map(|(_, token)| token)
    }

    /// Forgets the first deadlines, as far as their requests have ended.
    fn drop_ended(&mut self, threshold_ns: u64) {
        let Self {
            responses, deadlines, ..
        } = self;
        let Some(deadlines) = deadlines.get_mut(&threshold_ns) else {
            return;
        };
        let is_ended = |token: u64| responses.find(token, |entry| entry.token == token).is_none();
        while deadlines.queue.front().is_some_and(|&(_, token)| is_ended(token)) {
            deadlines.queue.pop_front();
        }
    }

    fn push_due(&mut self, threshold_ns: u64, due: u64, token: u64) {
        if let Some(deadlines) = self.deadlines.get_mut(&threshold_ns) {
            deadlines.queue.push_back((due, token));
        }
    }

    fn next_due(&self) -> Option<u64> {
        let queues = self.deadlines.values();
        queues.filter_map(|deadlines| Some(deadlines.queue.front()?.0)).min()
    }
}

/// When a loop looks for late responses.
#[derive(Default)]
pub(crate) struct ResponseTimers {
    /// By the id of the account.
    watched: BTreeMap<u32, Watched>,
    /// When something may be late.
    next_ns: Option<u64>,
}

struct Watched {
    broker: Arc<BrokerState>,
    account: Arc<Account>,
    next_ns: u64,
}

/// The least time between two looks into a table: many requests are due one after the other.
const LOOK_NS: u64 = 1_000_000;

/// What was late in the responses of an account.
pub(super) struct Late {
    pub broker: Arc<BrokerState>,
    pub account: Arc<Account>,
    pub responses: Vec<Response>,
}

impl ResponseTimers {
    /// A request to the account is pending from now on, which waits this long.
    #[inline]
    pub fn watch(&mut self, broker: &Arc<BrokerState>, account: &Arc<Account>, threshold: Duration, now_ns: u64) {
        let due = now_ns.saturating_add(threshold.as_nanos() as u64);
        let watched = self.watched.entry(account.id).or_insert_with(|| Watched {
            broker: broker.clone(),
            account: account.clone(),
            next_ns: due,
        });
        watched.next_ns = watched.next_ns.min(due);
        self.next_ns = Some(self.next_ns.map_or(due, |next| next.min(due)));
    }

    /// When something may be late.
    pub fn next_at(&self) -> Option<u64> {
        self.next_ns
    }

    /// Ends what is late, in all tables whose time has come.
    pub(super) fn take_late(&mut self, now_ns: u64) -> Vec<Late> {
        let mut late = Vec::new();
        self.watched.retain(|_, watched| {
            if watched.next_ns > now_ns {
                return true;
            }
            let mut responses = Vec::new();
            let next = watched.account.responses().expire(now_ns, &mut responses);
            if !responses.is_empty() {
                late.push(Late {
                    broker: watched.broker.clone(),
                    account: watched.account.clone(),
                    responses,
                });
            }
            watched.next_ns = next.map_or(u64::MAX, |due| due.max(now_ns + LOOK_NS));
            next.is_some()
        });
        self.next_ns = self.watched.values().map(|watched| watched.next_ns).min();
        late
    }

    /// The broker has stopped: its requests end.
    pub fn forget(&mut self, broker: &Arc<BrokerState>) {
        self.watched.retain(|_, watched| {
            let stays = !Arc::ptr_eq(&watched.broker, broker);
            if !stays {
                watched.account.responses().clear();
            }
            stays
        });
        self.next_ns = self.watched.values().map(|watched| watched.next_ns).min();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interest::account::AccountIds;

    const SECOND: u64 = 1_000_000_000;

    fn account() -> Arc<Account> {
        Arc::new(Account::new(&AccountIds::new(1), "A", true))
    }

    fn response(to: &Arc<Account>, kind: ResponseKind, seconds: u64) -> Response {
        Response {
            to: to.clone(),
            reply: b"inbox"[..].into(),
            kind,
            threshold: Duration::from_secs(seconds),
            measured: None,
        }
    }

    fn subject(responses: &Responses, token: u64) -> Vec<u8> {
        let mut subject = Vec::new();
        responses.append_reply(token, &mut subject);
        subject
    }

    #[test]
    fn one_answer_ends_a_single_one_and_an_empty_one_one_of_several() {
        let (to, responses) = (account(), Responses::new(1));
        for (token, kind) in [
            (1, ResponseKind::Single),
            (2, ResponseKind::Stream),
            (3, ResponseKind::Chunked),
        ] {
            assert!(responses.insert(token, response(&to, kind, 2), 0));
        }
        assert!(
            !responses.insert(1, response(&to, ResponseKind::Single, 2), 0),
            "in use"
        );
        let take = |token, is_empty| {
            let subject = subject(&responses, token);
            responses.take(&subject, is_empty, 1).is_some()
        };
        assert!(take(1, false) && !take(1, false));
        for token in [2, 3] {
            assert!(take(token, false) && take(token, false) && take(token, true) && !take(token, false));
        }
        assert_eq!(responses.pending(), 0);
        assert!(responses.insert(4, response(&to, ResponseKind::Single, 2), 0));
        assert!(responses.take(b"_R_.x", false, 1).is_none());
    }

    #[test]
    fn what_is_late_ends_and_answers_move_the_end_of_several() {
        let (to, responses) = (account(), Responses::new(1));
        assert!(responses.insert(1, response(&to, ResponseKind::Single, 2), 0));
        assert!(responses.insert(2, response(&to, ResponseKind::Stream, 2), 0));
        assert!(responses.insert(3, response(&to, ResponseKind::Single, 5), SECOND));
        assert!(responses.take(&subject(&responses, 2), false, SECOND).is_some());
        let mut late = Vec::new();
        assert_eq!(responses.expire(SECOND, &mut late), Some(2 * SECOND));
        assert_eq!(responses.expire(2 * SECOND, &mut late), Some(3 * SECOND));
        assert!(responses.take(&subject(&responses, 1), false, 2 * SECOND).is_none());
        assert_eq!(responses.expire(3 * SECOND, &mut late), Some(6 * SECOND));
        assert_eq!(responses.expire(6 * SECOND, &mut late), None);
        assert_eq!(responses.pending(), 0);
    }

    #[test]
    fn ended_requests_leave_nothing_behind_and_pending_ones_are_bounded() {
        let (to, responses) = (account(), Responses::new(1));
        assert!(responses.insert(0, response(&to, ResponseKind::Single, 100), 0));
        for token in 1..100_000 {
            assert!(responses.insert(token, response(&to, ResponseKind::Single, 100), token));
            assert!(responses.remove(token).is_some());
        }
        let queued: usize = responses.table.lock().deadlines.values().map(|d| d.queue.len()).sum();
        assert!(queued <= 2 * ENDED_MAX, "{queued}");
        assert_eq!(responses.expire(99, &mut Vec::new()), Some(100 * SECOND));
        for token in 1..PENDING_MAX as u64 {
            assert!(responses.insert(token, response(&to, ResponseKind::Single, 100), 0));
        }
        assert!(!responses.insert(u64::MAX, response(&to, ResponseKind::Single, 100), 0));
        let ids = AccountIds::new(1);
        let others = [0; 2].map(|_| Arc::new(Account::new(&ids, "B", true)));
        assert_ne!(others[1].id, to.id);
        assert!(responses.insert(u64::MAX, response(&others[1], ResponseKind::Single, 100), 0));
    }
}
