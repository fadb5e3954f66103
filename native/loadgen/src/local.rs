//! The data of one loop while it runs, which becomes its result at the end.

use crate::histogram::Latencies;
use crate::shared::{Phase, Shared};
use crate::stamp::{Mark, Stamp};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// Different error texts kept; servers may put varying numbers into theirs.
const ERROR_TEXTS_MAX: usize = 100;

/// State of one loop, lent to whatever it runs.
#[allow(missing_docs)]
pub struct Local {
    pub shared: Arc<Shared>,
    pub thread: usize,
    pub mark: Mark,
    /// One entry for each client of the plan.
    pub latencies: Vec<Latencies>,
    pub connects: Latencies,
    pub errors: BTreeMap<String, u64>,
    pub slow_consumers: u64,
    /// Connections being made.
    pub connecting: usize,
    /// When the first connect began, and when the last connection was open.
    pub connect_began: Option<u64>,
    pub connected_at: Option<u64>,
    /// Messages of the warm-up that were answered.
    pub warmed: u64,
    /// Something happened that may advance the phase.
    pub wake_coordinator: bool,
}

impl Local {
    /// Empty data.
    pub fn new(shared: Arc<Shared>, thread: usize) -> Self {
        let clients = shared.plan.clients.len();
        Self {
            thread,
            mark: shared.mark,
            latencies: (0..clients).map(|_| Latencies::default()).collect(),
            connects: Latencies::default(),
            errors: BTreeMap::new(),
            slow_consumers: 0,
            connecting: 0,
            connect_began: None,
            connected_at: None,
            warmed: 0,
            wake_coordinator: false,
            shared,
        }
    }

    /// Counts an error.
    pub fn error(&mut self, text: &str) {
        self.errors_of(text, 1);
    }

    /// Counts an error several times.
    pub fn errors_of(&mut self, text: &str, count: u64) {
        if count == 0 {
            return;
        }
        if let Some(known) = self.errors.get_mut(text) {
            *known += count;
        } else if self.errors.len() < ERROR_TEXTS_MAX {
            self.errors.insert(text.to_owned(), count);
        } else {
            *self.errors.entry("other errors".to_owned()).or_default() += count;
        }
    }

    /// Whether a stamp is of this run.
    #[inline]
    pub fn is_ours(&self, stamp: &Stamp) -> bool {
        stamp.mark.same_run(self.mark)
    }

    /// Whether the measured part has begun. Reads the shared phase, since another loop may already send while this one
    /// has not noticed the change; for messages without a stamp of this run, only the time of arrival says where they
    /// belong.
    #[inline]
    pub fn is_measuring(&self) -> bool {
        self.shared.phase() >= Phase::Measuring
    }

    /// Adds to the counters of this loop, which other threads read.
    pub fn count(&self, published: u64, delivered: u64, now: u64) {
        let cell = &self.shared.cells[self.thread];
        // Only this thread writes, so no atomic addition is needed.
        if published > 0 {
            cell.published.store(cell.published.load(Relaxed) + published, Relaxed);
        }
        if delivered > 0 {
            cell.delivered.store(cell.delivered.load(Relaxed) + delivered, Relaxed);
        }
        cell.activity.store(now, Relaxed);
    }
}
