//! An account: a subject space of its own.

use crate::interest::feed::InterestReader;
use crate::interest::{Interest, InterestCounts, InterestStats};
use parking_lot::RwLock;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Subjects, subscriptions and counters of one account.
#[derive(Debug)]
pub struct Account {
    /// Unique within the runtime: caches are keyed by it.
    pub id: u32,
    /// `$G` unless configured.
    pub name: String,
    pub(crate) interest: RwLock<Interest>,
    /// Connections bound to it now.
    pub connections: AtomicUsize,
    counts: Arc<InterestCounts>,
}

impl Account {
    /// The default account of clients that name none.
    pub const GLOBAL: &'static str = "$G";

    /// `cached`: whether loops remember whom a subject goes to.
    pub(crate) fn new(id: u32, name: &str, cached: bool) -> Self {
        let interest = Interest::new(id, cached);
        Self {
            id,
            name: name.to_owned(),
            counts: interest.counts.clone(),
            interest: RwLock::new(interest),
            connections: AtomicUsize::new(0),
        }
    }

    /// Reports the interest there is, then every change of it.
    pub fn follow_interest(&self) -> InterestReader {
        self.interest.write().follow()
    }

    /// Subscriptions right now.
    pub fn subscriptions(&self) -> usize {
        self.counts.subscriptions.load(Ordering::Relaxed)
    }

    /// How interest changed and how it was asked.
    pub fn interest_stats(&self) -> InterestStats {
        self.counts.stats()
    }
}
