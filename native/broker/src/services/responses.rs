//! The responses that an account's services still have to give: who gets them, and until when.
//!
//! One table per exporting account, shared by all loops. It is locked once for the messages of a batch, never while
//! interest or another table is locked. What is answered, refused or late is forgotten; a table holds at most
//! [`PENDING_MAX`](super::pending_table::PENDING_MAX) requests of one importing account.

use crate::services::latency::Measured;
use crate::services::pending_table::{LateRequest, Table};
use crate::services::tokens::{ReplySubjects, Token};
use parking_lot::{Mutex, MutexGuard};
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The pending responses of one exporting account.
#[derive(Debug)]
pub(crate) struct Responses {
    subjects: ReplySubjects,
    table: Mutex<Table>,
    /// As many as there are in the table, to be read without its lock.
    pending: AtomicUsize,
}

/// The table, locked.
pub(super) struct Pending<'a> {
    table: MutexGuard<'a, Table>,
    count: &'a AtomicUsize,
}

impl Responses {
    /// `tag`: a number that tells the account's reply subjects from those of others.
    pub fn new(tag: u64) -> Self {
        Self {
            subjects: ReplySubjects::new(tag),
            table: Mutex::default(),
            pending: AtomicUsize::new(0),
        }
    }

    /// Requests that are not answered yet, or may have more answers.
    pub fn pending(&self) -> usize {
        self.pending.load(Ordering::Relaxed)
    }

    /// Its reply subjects.
    pub(super) fn subjects(&self) -> &ReplySubjects {
        &self.subjects
    }

    /// For the messages of one batch.
    pub(super) fn lock(&self) -> Pending<'_> {
        Pending {
            table: self.table.lock(),
            count: &self.pending,
        }
    }

    /// A request has ended: without an answer, or because nobody waits for more of them. Returns what is measured of
    /// it.
    pub(super) fn remove(&self, token: Token) -> Option<Box<Measured>> {
        self.lock().remove(token)
    }

    /// Forgets all requests. Those refer to accounts, measured ones to this account, which would never be freed.
    pub(super) fn clear(&self) {
        let ended = std::mem::take(&mut *self.lock());
        drop(ended);
    }

    /// Ends what is late. Adds what is measured; returns when something else is due.
    pub(super) fn expire(&self, now_ns: u64, late: &mut Vec<LateRequest>) -> Option<u64> {
        self.lock().expire(now_ns, late)
    }
}

impl Deref for Pending<'_> {
    type Target = Table;

    fn deref(&self) -> &Table {
        &self.table
    }
}

impl DerefMut for Pending<'_> {
    fn deref_mut(&mut self) -> &mut Table {
        &mut self.table
    }
}

impl Drop for Pending<'_> {
    /// Before the table is unlocked.
    fn drop(&mut self) {
        self.count.store(self.table.pending(), Ordering::Relaxed);
    }
}
