//! The directory of a broker's connections: who is connected, on which loop, in which account.
//!
//! Owns the numbers of connections, their limit, and the traffic of those that closed. Locked for one look-up at a
//! time. Never looks into a connection beyond what any thread may read of it.

use crate::connection::shared::ConnShared;
use crate::connection::traffic::{SharedTraffic, Traffic};
use crate::interest::account::Account;
use crate::monitoring::overview::OpenTotals;
use crate::shard::inbox::Location;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// The connections of one broker, by number.
#[derive(Debug)]
pub(crate) struct Directory {
    entries: Mutex<BTreeMap<u64, Entry>>,
    /// The plan's, where the lock is held: it decides which connection is one too many. Negative: none may enter.
    max_connections: AtomicI64,
    last_cid: AtomicU64,
    total: AtomicU64,
    /// The traffic of connections that closed.
    closed_traffic: SharedTraffic,
}

#[derive(Debug)]
struct Entry {
    shared: Arc<ConnShared>,
    location: Location,
    account: Arc<Account>,
}

/// Why a connection may not enter.
#[derive(Debug)]
pub(crate) enum Refused {
    OverLimit,
    ShuttingDown,
}

/// The traffic of all connections.
#[derive(Debug, Default)]
pub(super) struct Totals {
    pub connections: usize,
    /// Of open and of closed ones.
    pub traffic: Traffic,
    /// Of open ones.
    pub open: OpenTotals,
    /// Of open ones, by the id of the account.
    pub by_account: BTreeMap<u32, Traffic>,
}

impl Directory {
    pub fn new(max_connections: i64) -> Self {
        Self {
            entries: Mutex::default(),
            max_connections: AtomicI64::new(max_connections),
            last_cid: AtomicU64::new(0),
            total: AtomicU64::new(0),
            closed_traffic: SharedTraffic::default(),
        }
    }

    /// The number of the next connection.
    pub fn next_cid(&self) -> u64 {
        self.last_cid.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Connections that have entered since the start.
    pub fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }

    /// Connections right now.
    pub fn len(&self) -> usize {
        self.entries.lock().len()
    }

    pub fn set_max_connections(&self, max: i64) {
        self.max_connections.store(max, Ordering::Relaxed);
    }

    /// The latest connections, as many as are above the limit.
    pub fn over_limit(&self) -> Vec<u64> {
        let entries = self.entries.lock();
        let limit = self.max_connections.load(Ordering::Relaxed).max(0) as usize;
        let over_limit = entries.len().saturating_sub(limit);
        entries.keys().rev().take(over_limit).copied().collect()
    }

    /// The same of each of these accounts.
    pub fn over_account_limits(&self, accounts: &[Arc<Account>]) -> Vec<u64> {
        let entries = self.entries.lock();
        let excess = accounts
            .iter()
            .map(|account| (account.id, account.excess_connections()));
        let mut excess: BTreeMap<u32, usize> = excess.filter(|(_, excess)| *excess > 0).collect();
        if excess.is_empty() {
            return Vec::new();
        }
        let is_over = |entry: &Entry| match excess.get_mut(&entry.account.id) {
            Some(left) if *left > 0 => {
                *left -= 1;
                true
            }
            _ => false,
        };
        newest(&entries, is_over)
    }

    /// Does something while no connection can enter or leave. It is given the number of connections.
    pub fn locked<T>(&self, work: impl FnOnce(usize) -> T) -> T {
        let entries = self.entries.lock();
        work(entries.len())
    }

    /// Enters a connection, unless the broker shuts down or has too many.
    pub fn enter(
        &self,
        shared: &Arc<ConnShared>,
        location: Location,
        account: &Arc<Account>,
        is_shutting_down: impl FnOnce() -> bool,
    ) -> Result<(), Refused> {
        let mut entries = self.entries.lock();
        if is_shutting_down() {
            return Err(Refused::ShuttingDown);
        }
        let limit = self.max_connections.load(Ordering::Relaxed);
        if limit < 0 || entries.len() as u64 >= limit as u64 {
            return Err(Refused::OverLimit);
        }
        let entry = Entry {
            shared: shared.clone(),
            location,
            account: account.clone(),
        };
        entries.insert(shared.cid, entry);
        account.connection_joins(Traffic::default());
        self.total.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Removes a connection and keeps its traffic in the totals. `removed` is called with its account, unless it had
    /// not entered, while no other connection can enter or leave.
    pub fn remove<T>(&self, shared: &ConnShared, removed: impl FnOnce(&Account) -> T) -> Option<T> {
        let mut entries = self.entries.lock();
        let entry = entries.remove(&shared.cid)?;
        let moved = shared.traffic().load();
        self.closed_traffic.add(moved);
        entry.account.connection_leaves(moved);
        Some(removed(&entry.account))
    }

    /// A connection goes to another account. What it moved until now, which its loop has published, stays with the one
    /// it leaves. False: the other account is full, and the connection stays where it is.
    #[must_use]
    pub fn rebind(&self, shared: &ConnShared, to: &Arc<Account>) -> bool {
        let mut entries = self.entries.lock();
        if to.is_full() {
            return false;
        }
        if let Some(entry) = entries.get_mut(&shared.cid) {
            let moved = shared.traffic().load();
            entry.account.connection_leaves(moved);
            to.connection_joins(moved);
            entry.account = to.clone();
        }
        true
    }

    /// A connection is on another loop from now on.
    pub fn relocate(&self, cid: u64, location: Location) {
        if let Some(entry) = self.entries.lock().get_mut(&cid) {
            entry.location = location;
        }
    }

    /// Where a connection is.
    pub fn locate(&self, cid: u64) -> Option<Location> {
        self.entries.lock().get(&cid).map(|entry| entry.location)
    }

    /// The account a connection is bound to.
    pub fn account_of(&self, cid: u64) -> Option<Arc<Account>> {
        self.entries.lock().get(&cid).map(|entry| entry.account.clone())
    }

    /// The accounts of these connections, each once, by name.
    pub fn accounts_of<'a>(&self, cids: impl IntoIterator<Item = &'a u64>) -> Vec<Arc<Account>> {
        let entries = self.entries.lock();
        let open = cids.into_iter().filter_map(|cid| entries.get(cid));
        let accounts: BTreeMap<(&str, u32), &Arc<Account>> = open
            .map(|entry| ((&*entry.account.name, entry.account.id), &entry.account))
            .collect();
        accounts.into_values().cloned().collect()
    }

    /// Those of these connections that are open.
    pub fn find(&self, cids: &[u64]) -> Vec<Arc<ConnShared>> {
        let entries = self.entries.lock();
        let open = cids.iter().filter_map(|cid| entries.get(cid));
        open.map(|entry| entry.shared.clone()).collect()
    }

    /// All connections of an account, or all there are, by number.
    pub fn connections_of(&self, account: Option<&str>) -> Vec<Arc<ConnShared>> {
        let entries = self.entries.lock();
        let is_of = |entry: &&Entry| account.is_none_or(|name| entry.account.name == name);
        entries
            .values()
            .filter(is_of)
            .map(|entry| entry.shared.clone())
            .collect()
    }

    /// The traffic of all connections. `and_then` is called while none can enter or leave.
    pub(super) fn totals<T>(&self, and_then: impl FnOnce(Totals) -> T) -> T {
        let entries = self.entries.lock();
        let mut totals = Totals {
            connections: entries.len(),
            traffic: self.closed_traffic.load(),
            ..Totals::default()
        };
        for entry in entries.values() {
            let traffic = totals.open.add(&entry.shared);
            totals.traffic += traffic;
            *totals.by_account.entry(entry.account.id).or_default() += traffic;
        }
        and_then(totals)
    }
}

/// The numbers of those that are wanted, the latest first.
fn newest(entries: &BTreeMap<u64, Entry>, mut is_wanted: impl FnMut(&Entry) -> bool) -> Vec<u64> {
    let wanted = entries.iter().rev().filter(|(_, entry)| is_wanted(entry));
    wanted.map(|(&cid, _)| cid).collect()
}
