//! The end of a broker: what has to be reported before it is.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// What ended at a loop while a broker shuts down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// One connection.
    Connection,
    /// All connections the loop had when it learned of the shutdown.
    Loop,
}

/// How far the shutdown of a broker has come.
#[derive(Debug, Default)]
pub(super) struct Shutdown {
    begun: AtomicBool,
    /// Loops that have reported the end of all their connections.
    loops: AtomicUsize,
    /// Connections that closed since the shutdown began and whose end is not reported to the control plane.
    unreported: AtomicUsize,
    reported: AtomicBool,
}

impl Shutdown {
    /// To be called while no connection can enter or leave the directory.
    pub fn begin(&self) {
        self.begun.store(true, Ordering::Release);
    }

    pub fn has_begun(&self) -> bool {
        self.begun.load(Ordering::Acquire)
    }

    /// A connection has closed whose end is to be reported first.
    pub fn expect_report(&self) {
        self.unreported.fetch_add(1, Ordering::AcqRel);
    }

    /// A loop has reported an end.
    pub fn acknowledge(&self, ending: Ending) {
        match ending {
            Ending::Connection => self.unreported.fetch_sub(1, Ordering::AcqRel),
            Ending::Loop => self.loops.fetch_add(1, Ordering::AcqRel),
        };
    }

    /// Whether the end of every connection that closed is reported.
    pub fn is_all_reported(&self) -> bool {
        self.unreported.load(Ordering::Acquire) == 0
    }

    /// Whether all loops are done; true once.
    pub fn report_once(&self, loops: usize) -> bool {
        self.loops.load(Ordering::Acquire) == loops && !self.reported.swap(true, Ordering::AcqRel)
    }
}
