//! Which thread a loop is on: first an interim thread, then a worker thread of the control plane.
//!
//! Node takes tens of milliseconds to boot a worker thread. A loop does not wait for that: it starts on a plain thread,
//! and moves between two turns when a worker claims it. Owns the loop only while it moves from the one to the other.

use crate::reactor::Reactor;
use mio::Poll;
use parking_lot::{Condvar, Mutex};
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};

/// The thread of one loop.
pub(crate) struct LoopThread {
    at: Mutex<At>,
    moved: Condvar,
    claimed: AtomicBool,
}

enum At {
    /// Not on a thread yet.
    Start(Poll),
    /// On its interim thread.
    Interim,
    /// Between the interim thread, which has left it, and the one that claimed it.
    Between(Box<Reactor>),
    /// On the thread that claimed it, or ended.
    Claimed,
}

/// What a thread gets that claims a loop.
pub(crate) enum Claimed {
    /// The loop has not run yet.
    Start(Poll),
    /// The loop from its interim thread.
    Moved(Box<Reactor>),
    /// The loop has ended on its interim thread.
    Ended,
}

impl LoopThread {
    pub fn new(poll: Poll) -> Self {
        Self {
            at: Mutex::new(At::Start(poll)),
            moved: Condvar::new(),
            claimed: AtomicBool::new(false),
        }
    }

    /// For the interim thread, once. `None`: a worker has claimed the loop already.
    pub fn begin_interim(&self) -> Option<Poll> {
        let mut at = self.at.lock();
        match mem::replace(&mut *at, At::Interim) {
            At::Start(poll) => Some(poll),
            other => {
                *at = other;
                None
            }
        }
    }

    /// Whether the interim thread is to leave the loop after this turn.
    pub fn is_claimed(&self) -> bool {
        self.claimed.load(Ordering::Acquire)
    }

    /// The interim thread gives the loop up; without it if it has ended.
    pub fn end_interim(&self, reactor: Option<Box<Reactor>>) {
        *self.at.lock() = reactor.map_or(At::Claimed, At::Between);
        self.moved.notify_all();
    }

    /// Takes the loop over, once; `wake` ends its wait. Blocks until the interim thread has given it up.
    /// `None`: it was claimed before.
    pub fn claim(&self, wake: impl FnOnce()) -> Option<Claimed> {
        if self.claimed.swap(true, Ordering::AcqRel) {
            return None;
        }
        wake();
        let mut at = self.at.lock();
        while matches!(*at, At::Interim) {
            self.moved.wait(&mut at);
        }
        Some(match mem::replace(&mut *at, At::Claimed) {
            At::Start(poll) => Claimed::Start(poll),
            At::Between(reactor) => Claimed::Moved(reactor),
            At::Interim | At::Claimed => Claimed::Ended,
        })
    }
}
