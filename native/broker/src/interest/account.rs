//! An account: a subject space of its own, with its counters.

use crate::interest::feed::InterestReader;
use crate::interest::{Interest, InterestCounts, InterestStats};
use parking_lot::RwLock;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};

/// Hands out the ids of accounts. All brokers of a runtime share one: loops remember subjects by the id of their
/// account, whosever it is. No id is given twice, so nothing remembered is taken for another account's.
#[derive(Debug, Default)]
pub struct AccountIds(AtomicU32);

impl AccountIds {
    fn next(&self) -> u32 {
        self.0.fetch_add(1, Ordering::Relaxed) + 1
    }
}

/// Subjects, subscriptions and counters of one account.
#[derive(Debug)]
pub struct Account {
    /// Unique within the runtime: caches are keyed by it.
    pub id: u32,
    /// `$G` unless configured.
    pub name: String,
    pub(crate) interest: RwLock<Interest>,
    counts: Arc<InterestCounts>,
    /// Connections bound to it now.
    connections: AtomicUsize,
    /// What connections moved in it that are gone, less what those that are here moved elsewhere before. Wraps: with
    /// what those that are here have moved in all it makes the account's traffic. Changed and read while the directory
    /// of the broker is locked.
    moved: [AtomicU64; 4],
    slow_consumers: AtomicU64,
}

impl Account {
    /// The default account of clients that name none.
    pub const GLOBAL: &'static str = "$G";

    /// `cached`: whether loops remember whom a subject goes to.
    pub(crate) fn new(ids: &AccountIds, name: &str, cached: bool) -> Self {
        let id = ids.next();
        let interest = Interest::new(id, cached);
        Self {
            id,
            name: name.to_owned(),
            counts: interest.counts.clone(),
            interest: RwLock::new(interest),
            connections: AtomicUsize::new(0),
            moved: [const { AtomicU64::new(0) }; 4],
            slow_consumers: AtomicU64::new(0),
        }
    }

    /// Reports the interest there is, then every change of it.
    pub fn follow_interest(&self) -> InterestReader {
        self.interest.write().follow()
    }

    /// Connections bound to it right now.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// Subscriptions right now.
    pub fn subscriptions(&self) -> usize {
        self.counts.subscriptions.load(Ordering::Relaxed)
    }

    /// How interest changed and how it was asked.
    pub fn interest_stats(&self) -> InterestStats {
        self.counts.stats()
    }

    /// Clients that were cut off because they did not keep up.
    pub fn slow_consumers(&self) -> u64 {
        self.slow_consumers.load(Ordering::Relaxed)
    }

    pub(crate) fn count_slow_consumer(&self) {
        self.slow_consumers.fetch_add(1, Ordering::Relaxed);
    }

    /// A connection joins that has moved this much elsewhere.
    pub(crate) fn connection_joins(&self, moved: [u64; 4]) {
        self.connections.fetch_add(1, Ordering::Relaxed);
        for (total, n) in self.moved.iter().zip(moved) {
            total.fetch_sub(n, Ordering::Relaxed);
        }
    }

    /// A connection leaves that has moved this much in all.
    pub(crate) fn connection_leaves(&self, moved: [u64; 4]) {
        self.connections.fetch_sub(1, Ordering::Relaxed);
        for (total, n) in self.moved.iter().zip(moved) {
            total.fetch_add(n, Ordering::Relaxed);
        }
    }

    /// Messages and bytes in, messages and bytes out: of all its connections, those that are gone and those that are
    /// here, of which the sums are given.
    pub(crate) fn traffic(&self, open: [u64; 4]) -> [u64; 4] {
        std::array::from_fn(|i| self.moved[i].load(Ordering::Relaxed).wrapping_add(open[i]))
    }
}
