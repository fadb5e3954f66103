//! What closed connections were subscribed to, for monitoring: of the last ones, within a budget.
//!
//! Kept here instead of reported with the end of each connection: when thousands disconnect at once, the control plane
//! would convert lists that are never requested.

use crate::connection::Conn;
use crate::connection::shared::SubscriptionSnapshot;
use crate::monitoring::listing::snapshot;
use crate::state::BrokerState;
use std::collections::VecDeque;
use std::sync::Arc;

/// Memory for all lists. The oldest ones go first.
const BYTES_MAX: usize = 16 << 20;
/// Memory for one list: of a connection with more subscriptions, some are kept.
const LIST_BYTES_MAX: usize = 256 << 10;

/// Lists by connection, oldest first.
#[derive(Debug, Default)]
pub(crate) struct ClosedSubscriptions {
    lists: VecDeque<List>,
    bytes: usize,
}

#[derive(Debug)]
struct List {
    cid: u64,
    bytes: usize,
    subscriptions: Arc<[SubscriptionSnapshot]>,
}

impl ClosedSubscriptions {
    /// Keeps one list; at most `max` in all.
    pub fn push(&mut self, cid: u64, subscriptions: Vec<SubscriptionSnapshot>, max: usize) {
        let bytes = subscriptions.iter().map(size_of_one).sum();
        self.bytes += bytes;
        self.lists.push_back(List {
            cid,
            bytes,
            subscriptions: subscriptions.into(),
        });
        while self.bytes > BYTES_MAX || self.lists.len() > max {
            let Some(oldest) = self.lists.pop_front() else { break };
            self.bytes -= oldest.bytes;
        }
    }

    /// The lists of one connection, or of all: to be copied after the lock is released.
    pub fn lists(&self, cid: Option<u64>) -> Vec<Arc<[SubscriptionSnapshot]>> {
        self.lists
            .iter()
            .filter(|list| cid.is_none_or(|cid| cid == list.cid))
            .map(|list| list.subscriptions.clone())
            .collect()
    }
}

fn size_of_one(sub: &SubscriptionSnapshot) -> usize {
    size_of::<SubscriptionSnapshot>()
        + sub.account.len()
        + sub.subject.len()
        + sub.queue.as_deref().map_or(0, str::len)
        + sub.sid.len()
}

impl BrokerState {
    /// Keeps what a connection that closes is subscribed to.
    pub(crate) fn keep_closed(&self, cid: u64, subscriptions: Vec<SubscriptionSnapshot>) {
        let max = self.plan().config.max_closed_clients;
        self.closed_subscription_lists().lock().push(cid, subscriptions, max);
    }

    /// What one closed connection, or any, was subscribed to: of the last ones, within a budget.
    pub fn closed_subscriptions(&self, cid: Option<u64>) -> Vec<SubscriptionSnapshot> {
        let lists = self.closed_subscription_lists().lock().lists(cid);
        lists.iter().flat_map(|list| list.iter().cloned()).collect()
    }
}

/// What a connection is subscribed to, within the budget of one list.
pub(crate) fn last_subscriptions(conn: &Conn) -> Vec<SubscriptionSnapshot> {
    let Some(member) = conn.subscriptions().member() else {
        return Vec::new();
    };
    let interest = conn.account().interest().read();
    let mut left = LIST_BYTES_MAX;
    conn.subscriptions()
        .ids()
        .filter_map(|id| interest.subscription_of(member, id))
        .map(|sub| snapshot(&interest, sub, &conn.account().name))
        .take_while(|sub| {
            let size = size_of_one(sub);
            let fits = size <= left;
            left = left.saturating_sub(size);
            fits
        })
        .collect()
}
