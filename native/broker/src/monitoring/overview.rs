//! Connections and subscriptions for monitoring, in pages. Connections are listed by number first, sorted, and
//! described afterwards.
//!
//! So a list of a hundred thousand connections is a list of numbers; only those on the requested page are copied. The
//! directory is locked while it is read, never while anything is sorted; the interest for a thousand subscriptions at a
//! time.

use crate::connection::shared::{ConnShared, ConnectionSnapshot, SubscriptionSnapshot};
use crate::connection::traffic::Traffic;
use crate::interest::account::Account;
use crate::interest::{Interest, Subscription};
use crate::monitoring::listing::{SubscriptionPages, snapshot};
use crate::state::BrokerState;
use nt_subject::literal_matches;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What connections are sorted by; counters come greatest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // named after the values of the monitoring parameter
pub enum ConnectionOrder {
    Cid,
    Subscriptions,
    Pending,
    OutMsgs,
    InMsgs,
    OutBytes,
    InBytes,
    LastActivity,
    Idle,
    Uptime,
    Rtt,
}

/// Which connections, and how many of them.
#[derive(Debug)]
pub struct ConnectionQuery<'a> {
    /// What they are sorted by.
    pub order: ConnectionOrder,
    /// Only those of this account.
    pub account: Option<&'a str>,
    /// Only those of this user.
    pub user: Option<&'a str>,
    /// Only so many from the front.
    pub limit: usize,
    /// Wall clock, nanoseconds since the epoch.
    pub now_ns: u64,
}

/// Connections by number, in order.
#[derive(Debug, Default)]
pub struct FoundConnections {
    /// How many there are in the account, or in all, of any user.
    pub total: usize,
    /// How many of them the query fits.
    pub matching: usize,
    /// The first of those.
    pub cids: Vec<u64>,
    /// The sort key of each of them, ascending: lists of several sources are merged by it.
    pub keys: Vec<f64>,
}

/// Sums over the connections there are now.
#[derive(Debug, Clone, Copy, Default)]
#[allow(missing_docs)] // named after the monitoring fields
pub struct OpenTotals {
    pub pending_bytes: u64,
    pub subscriptions: u64,
    pub in_msgs: u64,
    pub in_bytes: u64,
    pub out_msgs: u64,
    pub out_bytes: u64,
}

/// Which subscriptions, and which page of them.
#[derive(Debug)]
pub struct SubscriptionQuery<'a> {
    /// Only those of this account.
    pub account: Option<&'a str>,
    /// Only those of these connections.
    pub cids: Option<BTreeSet<u64>>,
    /// Only those that a message on this subject would reach.
    pub subject: Option<&'a str>,
    /// How many to skip at the front.
    pub offset: usize,
    /// How many to list.
    pub limit: usize,
}

/// A page of subscriptions.
#[derive(Debug, Default)]
pub struct FoundSubscriptions {
    /// How many the query fits.
    pub matching: usize,
    /// Those on the page.
    pub list: Vec<SubscriptionSnapshot>,
}

impl OpenTotals {
    /// Adds an open connection. Returns its traffic.
    pub(crate) fn add(&mut self, c: &ConnShared) -> Traffic {
        let traffic = c.traffic().load();
        self.pending_bytes += c.pending() as u64;
        self.subscriptions += u64::from(c.subscriptions());
        self.in_msgs += traffic.in_msgs;
        self.in_bytes += traffic.in_bytes;
        self.out_msgs += traffic.out_msgs;
        self.out_bytes += traffic.out_bytes;
        traffic
    }
}

impl BrokerState {
    /// Open connections, sorted; equal ones by number.
    pub fn find_connections(&self, query: &ConnectionQuery<'_>) -> FoundConnections {
        let of_account = self.directory().connections_of(query.account);
        let total = of_account.len();
        let mut found: Vec<(f64, u64)> = of_account
            .into_iter()
            .filter(|c| query.user.is_none_or(|user| c.has_user(user)))
            .map(|c| (key(&c, query), c.cid))
            .collect();
        let matching = found.len();
        // They are sorted by number already.
        if query.order != ConnectionOrder::Cid {
            found.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        }
        found.truncate(query.limit);
        let (keys, cids) = found.into_iter().unzip();
        FoundConnections {
            total,
            matching,
            cids,
            keys,
        }
    }

    /// Those of these connections that are still open, as they are now.
    pub fn describe_connections(&self, cids: &[u64]) -> Vec<ConnectionSnapshot> {
        let open = self.directory().find(cids);
        open.iter().map(|shared| shared.snapshot()).collect()
    }

    /// Subscriptions of open connections. Messages flow meanwhile.
    pub fn find_subscriptions(&self, query: &SubscriptionQuery<'_>) -> FoundSubscriptions {
        let mut found = FoundSubscriptions::default();
        for account in self.accounts_of(query) {
            find_subscriptions_in(&account, query, &mut found);
        }
        found
    }

    /// The accounts that may have matching subscriptions: not all of ten thousand for the page of one connection.
    fn accounts_of(&self, query: &SubscriptionQuery<'_>) -> Vec<Arc<Account>> {
        if let Some(name) = query.account {
            return self.account(name).into_iter().collect();
        }
        match &query.cids {
            Some(cids) => self.directory().accounts_of(cids),
            None => self.accounts(),
        }
    }

    /// All connections, by number.
    pub fn connections(&self) -> Vec<ConnectionSnapshot> {
        let open = self.directory().connections_of(None);
        open.iter().map(|shared| shared.snapshot()).collect()
    }
}

fn key(c: &ConnShared, query: &ConnectionQuery<'_>) -> f64 {
    let ms = |ns: u64| ns as f64 / 1e6;
    let last = || ms(c.last_activity_ns());
    let descending = |n: u64| -(n as f64);
    let traffic = || c.traffic().load();
    match query.order {
        ConnectionOrder::Cid => c.cid as f64,
        ConnectionOrder::Subscriptions => -f64::from(c.subscriptions()),
        ConnectionOrder::Pending => descending(c.pending() as u64),
        ConnectionOrder::OutMsgs => descending(traffic().out_msgs),
        ConnectionOrder::InMsgs => descending(traffic().in_msgs),
        ConnectionOrder::OutBytes => descending(traffic().out_bytes),
        ConnectionOrder::InBytes => descending(traffic().in_bytes),
        ConnectionOrder::LastActivity => -last(),
        ConnectionOrder::Idle => last(),
        ConnectionOrder::Uptime => ms(query.now_ns) - ms(c.start_ns),
        ConnectionOrder::Rtt => descending(c.rtt_ns()),
    }
}

fn find_subscriptions_in(account: &Arc<Account>, query: &SubscriptionQuery<'_>, found: &mut FoundSubscriptions) {
    let mut pages = SubscriptionPages::new(account.clone(), None);
    let mut visit = |interest: &Interest, sub: &Subscription| {
        let cid = interest.member_of(sub).destination().cid();
        let of_these = query.cids.as_ref().is_none_or(|cids| cids.contains(&cid));
        let reached = |subject: &str| literal_matches(subject.as_bytes(), &interest.subject_of(sub));
        if !(of_these && query.subject.is_none_or(reached)) {
            return;
        }
        if found.matching >= query.offset && found.list.len() < query.limit {
            found.list.push(snapshot(interest, sub, &account.name));
        }
        found.matching += 1;
    };
    while pages.visit_page(&mut visit).is_some() {}
}
