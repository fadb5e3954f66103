//! Counts of an account's interest and of its look-ups, readable without the account's lock.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// How much interest there is; readable without the lock.
#[derive(Debug, Default)]
pub(crate) struct InterestCounts {
    subscriptions: AtomicUsize,
    inserts: AtomicU64,
    removes: AtomicU64,
    /// None before the first one: most of many accounts may be idle.
    lookups: OnceLock<Box<[Lookups; LOOKUPS]>>,
    /// Resolved subjects in the caches of all loops, and how many subscriptions and queue groups they go to.
    cached: AtomicUsize,
    fanout: AtomicUsize,
    fanout_max: AtomicUsize,
}

/// Loops count look-ups in different cache lines, as far as these suffice: one that all write to would be slow.
const LOOKUPS: usize = 16;

/// Look-ups that found a valid result in a loop's cache, and those that did not. Added at the end of each run.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Lookups {
    hits: AtomicU64,
    misses: AtomicU64,
}

/// Counts of changes of interest and of look-ups.
#[derive(Debug, Clone, Copy, Default)]
pub struct InterestStats {
    /// Subscriptions ever added.
    pub inserts: u64,
    /// Subscriptions ever removed.
    pub removes: u64,
    /// Subjects that were looked up: not each message, since the next one on the same subject needs no look-up.
    pub matches: u64,
    /// Look-ups that found a resolved subject.
    pub cache_hits: u64,
    /// Resolved subjects that are cached now.
    pub cached: usize,
    /// The sum of the subscriptions and queue groups that those go to.
    pub fanout: usize,
    /// The most that one cached subject went to.
    pub fanout_max: usize,
}

impl InterestCounts {
    pub(super) fn count_added(&self) {
        self.subscriptions.fetch_add(1, Ordering::Relaxed);
        self.inserts.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_removed(&self) {
        let before = self.subscriptions.fetch_sub(1, Ordering::Relaxed);
        debug_assert!(before > 0, "only what was added is removed");
        self.removes.fetch_add(1, Ordering::Relaxed);
    }

    /// Subscriptions right now.
    pub fn subscriptions(&self) -> usize {
        self.subscriptions.load(Ordering::Relaxed)
    }

    /// Counts the look-ups of a loop.
    #[inline]
    pub fn add_lookups(&self, reactor: u16, hits: u64, misses: u64) {
        let places = self.lookups.get_or_init(Box::default);
        let place = &places[usize::from(reactor) % LOOKUPS];
        if hits > 0 {
            place.hits.fetch_add(hits, Ordering::Relaxed);
        }
        if misses > 0 {
            place.misses.fetch_add(misses, Ordering::Relaxed);
        }
    }

    pub fn stats(&self) -> InterestStats {
        let places = || self.lookups.get().into_iter().flat_map(|places| places.iter());
        let sum = |of: fn(&Lookups) -> &AtomicU64| places().map(|l| of(l).load(Ordering::Relaxed)).sum();
        let cache_hits: u64 = sum(|l| &l.hits);
        let cache_misses: u64 = sum(|l| &l.misses);
        InterestStats {
            inserts: self.inserts.load(Ordering::Relaxed),
            removes: self.removes.load(Ordering::Relaxed),
            matches: cache_hits + cache_misses,
            cache_hits,
            cached: self.cached.load(Ordering::Relaxed),
            fanout: self.fanout.load(Ordering::Relaxed),
            fanout_max: self.fanout_max.load(Ordering::Relaxed),
        }
    }
}

/// A resolved subject in the counts, for as long as a cache holds it.
#[derive(Debug)]
pub(crate) struct CachedResult {
    counts: Arc<InterestCounts>,
    fanout: usize,
}

impl CachedResult {
    pub fn new(counts: &Arc<InterestCounts>, fanout: usize) -> Self {
        counts.cached.fetch_add(1, Ordering::Relaxed);
        counts.fanout.fetch_add(fanout, Ordering::Relaxed);
        counts.fanout_max.fetch_max(fanout, Ordering::Relaxed);
        Self {
            counts: counts.clone(),
            fanout,
        }
    }

    pub fn is_of(&self, counts: &Arc<InterestCounts>) -> bool {
        Arc::ptr_eq(&self.counts, counts)
    }

    /// The same subject was resolved again, usually to as many.
    pub fn set_fanout(&mut self, fanout: usize) {
        if fanout != self.fanout {
            self.counts.fanout.fetch_add(fanout, Ordering::Relaxed);
            self.counts.fanout.fetch_sub(self.fanout, Ordering::Relaxed);
            self.counts.fanout_max.fetch_max(fanout, Ordering::Relaxed);
            self.fanout = fanout;
        }
    }
}

impl Drop for CachedResult {
    fn drop(&mut self) {
        self.counts.fanout.fetch_sub(self.fanout, Ordering::Relaxed);
        if self.counts.cached.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.counts.fanout_max.store(0, Ordering::Relaxed);
        }
    }
}
