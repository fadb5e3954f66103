//! Threads that check credentials of one kind.
//!
//! Owns their queue. Threads start when there is work and end when there has been none for a while.

use crate::credentials::fair_queue::FairQueue;
use crate::credentials::refuse;
use crate::runtime::Runtime;
use nt_broker::{AdmissionId, CredentialCheck};
use parking_lot::{Condvar, Mutex};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// A thread without work ends after this time.
const IDLE: Duration = Duration::from_secs(10);
/// Checks of one kind run on so many threads at most.
const THREADS_MAX: usize = 4;

pub(super) struct Pool {
    name: &'static str,
    state: Mutex<State>,
    work: Condvar,
}

#[derive(Default)]
struct State {
    queue: FairQueue<CredentialCheck>,
    threads: usize,
    /// Threads that wait for work.
    idle: usize,
    stopping: bool,
}

impl Pool {
    /// No threads yet. `name`: theirs.
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            state: Mutex::default(),
            work: Condvar::new(),
        }
    }

    /// Checks that wait or are being made.
    pub fn len(&self) -> usize {
        let state = self.state.lock();
        state.queue.len() + state.threads - state.idle
    }

    /// Queues checks. `of`: where the threads find this pool.
    pub fn submit(&self, runtime: &Arc<Runtime>, checks: Vec<CredentialCheck>, of: fn(&Runtime) -> &Self) {
        if checks.is_empty() {
            return;
        }
        let mut state = self.state.lock();
        for check in checks {
            state.queue.push(check.address, check);
        }
        let missing = state.queue.len().saturating_sub(state.idle);
        let starting = missing.min(threads_max().saturating_sub(state.threads));
        state.threads += starting;
        drop(state);
        self.work.notify_all();
        for _ in 0..starting {
            self.start_thread(runtime, of);
        }
    }

    fn start_thread(&self, runtime: &Arc<Runtime>, of: fn(&Runtime) -> &Self) {
        let own = runtime.clone();
        let work = move || of(&own).work(&own);
        if thread::Builder::new().name(self.name.to_owned()).spawn(work).is_ok() {
            return;
        }
        let mut state = self.state.lock();
        state.threads -= 1;
        if state.threads == 0 {
            // There is no thread to check them.
            let unchecked: Vec<AdmissionId> = state.queue.drain().map(|check| check.id).collect();
            drop(state);
            refuse(runtime, unchecked);
        }
    }

    /// Ends all threads; queued checks are not answered.
    pub fn stop(&self) {
        let mut state = self.state.lock();
        state.stopping = true;
        drop(state.queue.drain());
        self.work.notify_all();
    }

    /// What a thread does.
    fn work(&self, runtime: &Runtime) {
        while let Some(check) = self.next() {
            runtime.credentials.answer(runtime, &check);
        }
    }

    /// Waits for work. `None`: the thread is to end.
    fn next(&self) -> Option<CredentialCheck> {
        let mut state = self.state.lock();
        loop {
            if let Some(check) = state.queue.pop() {
                return Some(check);
            }
            if state.stopping {
                break;
            }
            state.idle += 1;
            let waited = self.work.wait_for(&mut state, IDLE);
            state.idle -= 1;
            if waited.timed_out() && state.queue.len() == 0 {
                break;
            }
        }
        state.threads -= 1;
        None
    }
}

fn threads_max() -> usize {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    (cores / 2).clamp(1, THREADS_MAX)
}
