//! An account: a subject space of its own, with its counters.

use crate::connection::traffic::{SharedTraffic, Traffic};
use crate::interest::feed::InterestReader;
use crate::interest::{Interest, InterestCounts, InterestStats};
use crate::services::Responses;
use nt_subject::HashSeed;
use parking_lot::RwLock;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// Gives out the ids of accounts, and the seeds of the hashes of their tables. All brokers of a runtime share one:
/// loops cache results by the id of the account. No id is given twice, so no cached result is taken for another
/// account's.
#[derive(Debug)]
pub struct AccountIds {
    last: AtomicU32,
    random: u64,
}

impl AccountIds {
    /// None given yet. `random` is a secret.
    pub fn new(random: u64) -> Self {
        Self {
            last: AtomicU32::new(0),
            random,
        }
    }

    /// For an account, or for its subjects under other mappings.
    pub(crate) fn next(&self) -> u32 {
        self.last.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// For the subjects of an account.
    fn seed_of(&self, account: u32) -> u64 {
        self.secret(u64::from(account) << 1)
    }

    /// For the names that the clients of a broker give their subscriptions.
    pub(crate) fn seed_of_broker(&self, broker: u32) -> HashSeed {
        HashSeed::new(self.secret(u64::from(broker) << 1 | 1))
    }

    fn secret(&self, number: u64) -> u64 {
        self.random.wrapping_add(number.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    /// A number that clients may see, which tells the account from most others.
    fn tag_of(&self, account: u32) -> u64 {
        HashSeed::new(self.seed_of(account)).hash(b"responses")
    }
}

/// Subjects, subscriptions and counters of one account.
#[derive(Debug)]
pub struct Account {
    /// Unique within the runtime: caches are keyed by it.
    pub id: u32,
    /// `$G` unless configured.
    pub name: String,
    /// Made when it is asked for: most of many accounts may be idle.
    interest: OnceLock<Box<RwLock<Interest>>>,
    /// Whether loops may cache results.
    cached: bool,
    /// Of the hashes of its subjects.
    seed: u64,
    counts: Arc<InterestCounts>,
    /// Connections bound to it now.
    connections: AtomicUsize,
    /// The limit of connections: read while the directory of the broker is locked, which decides which one is too many.
    max_connections: AtomicUsize,
    /// What closed connections moved in it, less what its open ones moved in other accounts before. Wraps: with all
    /// that its open connections have moved it makes the account's traffic. Changed and read while the directory of the
    /// broker is locked.
    moved: SharedTraffic,
    slow_consumers: AtomicU64,
    /// To requests of other accounts that its clients answer.
    responses: Responses,
}

impl Account {
    /// The default account of clients that name none.
    pub const GLOBAL: &'static str = "$G";

    /// `cached`: whether loops may cache results.
    pub(crate) fn new(ids: &AccountIds, name: &str, cached: bool) -> Self {
        let id = ids.next();
        Self {
            id,
            name: name.to_owned(),
            interest: OnceLock::new(),
            cached,
            seed: ids.seed_of(id),
            counts: Arc::default(),
            connections: AtomicUsize::new(0),
            max_connections: AtomicUsize::new(usize::MAX),
            moved: SharedTraffic::default(),
            slow_consumers: AtomicU64::new(0),
            responses: Responses::new(ids.tag_of(id)),
        }
    }

    /// What its clients are subscribed to.
    #[inline]
    pub(crate) fn interest(&self) -> &RwLock<Interest> {
        self.interest.get_or_init(|| self.new_interest())
    }

    #[cold]
    fn new_interest(&self) -> Box<RwLock<Interest>> {
        let seed = HashSeed::new(self.seed);
        let interest = Interest::new(self.id, self.cached, seed, self.counts.clone());
        Box::new(RwLock::new(interest))
    }

    /// The responses that its clients still have to give to other accounts.
    pub(crate) fn responses(&self) -> &Responses {
        &self.responses
    }

    /// How many these are.
    pub fn pending_responses(&self) -> usize {
        self.responses.pending()
    }

    /// A reader that gets the interest there is, then every change of it.
    pub fn follow_interest(&self) -> InterestReader {
        self.interest().write().follow()
    }

    /// Connections bound to it right now.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// `None`: any number of connections may be bound to it.
    pub(crate) fn set_max_connections(&self, max: Option<usize>) {
        self.max_connections.store(max.unwrap_or(usize::MAX), Ordering::Relaxed);
    }

    /// Whether no connection may be added.
    pub(crate) fn is_full(&self) -> bool {
        self.connections() >= self.max_connections.load(Ordering::Relaxed)
    }

    /// How many of its connections are too many.
    pub(crate) fn excess_connections(&self) -> usize {
        self.connections()
            .saturating_sub(self.max_connections.load(Ordering::Relaxed))
    }

    /// Whether a message on one of these subjects would reach anyone.
    pub fn has_listeners(&self, literals: &[String]) -> bool {
        let Some(interest) = self.interest.get() else {
            return false;
        };
        let interest = interest.read();
        literals
            .iter()
            .any(|literal| interest.has_listeners(literal.as_bytes()))
    }

    /// Subscriptions right now.
    pub fn subscriptions(&self) -> usize {
        self.counts.subscriptions()
    }

    /// Whether nothing is left of the interest there was.
    #[cfg(any(test, fuzzing, feature = "simulation"))]
    pub fn is_unused(&self) -> bool {
        self.interest.get().is_none_or(|interest| interest.read().is_empty())
    }

    /// Counts of changes of interest and of look-ups.
    pub fn interest_stats(&self) -> InterestStats {
        self.counts.stats()
    }

    /// Clients that were closed as slow consumers.
    pub fn slow_consumers(&self) -> u64 {
        self.slow_consumers.load(Ordering::Relaxed)
    }

    pub(crate) fn count_slow_consumer(&self) {
        self.slow_consumers.fetch_add(1, Ordering::Relaxed);
    }

    /// A connection joins that has moved this much elsewhere.
    pub(crate) fn connection_joins(&self, moved: Traffic) {
        self.connections.fetch_add(1, Ordering::Relaxed);
        self.moved.subtract(moved);
    }

    /// A connection leaves that has moved this much in all.
    pub(crate) fn connection_leaves(&self, moved: Traffic) {
        self.connections.fetch_sub(1, Ordering::Relaxed);
        self.moved.add(moved);
    }

    /// The traffic of all its connections, closed and open. `open`: the sum of the open ones.
    pub(crate) fn traffic(&self, open: Traffic) -> Traffic {
        self.moved.plus(open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_that_nobody_uses_takes_little_memory() {
        let account = Account::new(&AccountIds::new(1), "A", true);
        assert!(!account.has_listeners(&["a".to_owned()]));
        assert_eq!(account.interest_stats().matches, 0);
        assert!(account.is_unused());
        assert!(account.interest.get().is_none(), "asking makes no index");
        let size = size_of::<Account>() + size_of::<InterestCounts>();
        assert!(size <= 400, "{size} bytes");
    }
}
