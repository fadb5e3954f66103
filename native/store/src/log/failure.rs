//! What happens when the disk fails: the file is given up, its entries that were not acknowledged go to a new one.

use crate::disk::DiskError;
use crate::log::window::StreamEnd;
use crate::log::{Event, Log, StreamKey};

/// Entries that were decided, and will not be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Withdrawn {
    /// Their stream.
    pub stream: StreamKey,
    /// The first index. The next entry gets it.
    pub first: u64,
    /// The last index.
    pub last: u64,
}

/// How the last attempts went.
#[derive(Debug, Default)]
pub(super) struct Failure {
    /// A write has failed, and others that may fail are still under way.
    is_open: bool,
    /// How often in a row.
    count: u32,
    retry_ns: u64,
    /// Files that were given up before anything in them was acknowledged.
    useless: Vec<String>,
}

impl Failure {
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    pub fn may_retry(&self, now_ns: u64) -> bool {
        now_ns >= self.retry_ns
    }

    pub fn retry_ns(&self) -> u64 {
        self.retry_ns
    }

    pub fn take_useless(&mut self) -> Vec<String> {
        std::mem::take(&mut self.useless)
    }

    /// Something was acknowledged.
    pub fn forget(&mut self) {
        self.count = 0;
    }

    fn delay(&mut self, now_ns: u64, (first, longest): (u64, u64)) {
        let delay = first.saturating_mul(1 << self.count.min(20)).min(longest);
        self.retry_ns = now_ns.saturating_add(delay);
        self.count += 1;
    }
}

impl<F> Log<F> {
    pub(super) fn not_created(&mut self, file: String, error: DiskError, now_ns: u64) {
        self.failure
            .delay(now_ns, (self.options.retry_ns, self.options.retry_max_ns));
        self.failure.useless.push(file.clone());
        self.events.push_back(Event::Failed { file, error });
    }

    pub(super) fn fail(&mut self, file: String, error: DiskError, now_ns: u64) {
        if !self.failure.is_open {
            self.failure
                .delay(now_ns, (self.options.retry_ns, self.options.retry_max_ns));
            self.failure.is_open = true;
        }
        self.events.push_back(Event::Failed { file, error });
    }

    /// When the last job of before a failure is back, everything that was not acknowledged waits for a new file.
    pub(super) fn settle_failure(&mut self) {
        if !self.failure.is_open || self.writes > 0 {
            return;
        }
        self.failure.is_open = false;
        let given_up = self.current.take().filter(|file| file.first > self.durable);
        self.failure.useless.extend(given_up.map(|file| file.name.to_string()));
        while let Some(flight) = self.flights.pop_back() {
            self.ready.push_front(flight.batch);
        }
        self.placed = self.durable;
        self.directory.clone_from(&self.durable_directory);
        self.is_marked = self.durable == 0;
    }

    /// Withdraws all entries that no job has: their indexes are given again. What a failed job had written of them may
    /// be found after a crash, unless an entry was committed since.
    pub fn withdraw(&mut self) -> Vec<Withdrawn> {
        self.settle_failure();
        if !self.window.is_empty() {
            self.close_window();
        }
        let mut withdrawn = Vec::new();
        for batch in self.ready.drain(..).rev() {
            for placed in batch.sections.iter().rev() {
                let stream = &mut self.streams[placed.key];
                withdrawn.push(Withdrawn {
                    stream: StreamKey(placed.key),
                    first: placed.section.first,
                    last: placed.section.last,
                });
                stream.decided = StreamEnd {
                    index: placed.section.first - 1,
                    chain: placed.section.before,
                };
            }
            self.buffers.give_back(batch.bytes);
        }
        withdrawn.reverse();
        withdrawn
    }
}
