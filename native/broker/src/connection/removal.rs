//! Removal of the subscriptions of a connection that closes or becomes another user.
//!
//! To remove a million takes most of a second. Neither publishers, who need the account's interest, nor the connections
//! of the same loop should wait for that. The effect comes at once: the member is marked as removed, and routing skips
//! its subscriptions from then on. The records are removed in batches, some in each turn. The more are left the larger
//! is the share of a turn, so that they can't accumulate however fast clients connect and close.

use crate::imports::copies::RemovedMember;
use crate::interest::account::Account;
use crate::interest::{Interest, SidIds, Subscription};
use crate::shard::Shard;
use crate::trace::subscription_deleted;
use parking_lot::RwLockWriteGuard;
use std::collections::VecDeque;
use std::sync::Arc;

/// Subscriptions removed under one lock.
pub(crate) const REMOVAL_BATCH: usize = 2048;
/// One in so many of those that are left is removed in a turn.
const TURN_SHARE: usize = 32;

/// A removed member of an account's interest, and its subscriptions that are left.
#[derive(Debug)]
pub(crate) struct PendingRemoval {
    account: Arc<Account>,
    member: u32,
    left: Ids,
}

/// What is left of it.
#[derive(Debug)]
enum Ids {
    Named(SidIds),
    Copies(std::vec::IntoIter<u32>),
}

impl Iterator for Ids {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        match self {
            Self::Named(ids) => ids.next(),
            Self::Copies(ids) => ids.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Self::Named(ids) => ids.size_hint(),
            Self::Copies(ids) => ids.size_hint(),
        }
    }
}

impl ExactSizeIterator for Ids {}

impl PendingRemoval {
    /// A member of an account that its own account imports from.
    pub fn of_copies(removed: RemovedMember) -> Self {
        Self {
            account: removed.account,
            member: removed.member,
            left: Ids::Copies(removed.ids.into_iter()),
        }
    }

    /// Removes up to `most` subscriptions, and the member with the last one. Returns the names of those that had not
    /// ended already.
    fn remove_batch(&mut self, interest: &mut Interest, most: usize) -> Vec<Box<[u8]>> {
        let mut names = Vec::new();
        for id in self.left.by_ref().take(most) {
            if interest.subscription_of(self.member, id).is_some() {
                let ended = interest.remove(id).filter(|sub| !sub.is_exhausted());
                names.extend(ended.map(Subscription::into_sid));
            }
        }
        if self.is_done() {
            interest.remove_member(self.member);
        }
        names
    }

    fn is_done(&self) -> bool {
        self.left.len() == 0
    }
}

/// Removed members with subscriptions left, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct PendingRemovals {
    queue: VecDeque<PendingRemoval>,
}

impl PendingRemovals {
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    fn push(&mut self, removal: PendingRemoval) {
        debug_assert!(!removal.is_done(), "only what has subscriptions left is pending");
        self.queue.push_back(removal);
    }

    /// Removes one turn's share of the subscriptions that are left.
    pub fn remove_share(&mut self) {
        let left: usize = self.queue.iter().map(|removal| removal.left.len()).sum();
        let enough = left.saturating_sub((left / TURN_SHARE).max(REMOVAL_BATCH));
        let mut left = left;
        while left > enough
            && let Some(removal) = self.queue.front_mut()
        {
            let before = removal.left.len();
            let account = removal.account.clone();
            let mut interest = account.interest().write();
            let names = removal.remove_batch(&mut interest, REMOVAL_BATCH);
            left -= before - removal.left.len();
            if removal.is_done() {
                interest.shrink();
                self.queue.pop_front();
            }
            // Threads that wait for the lock get it first.
            RwLockWriteGuard::unlock_fair(interest);
            drop(names);
        }
    }
}

impl Shard {
    /// Ends everything that a member receives, and removes up to `most` of its subscriptions; the others later. Returns
    /// the names of those that had not ended already.
    pub(crate) fn remove_member(&mut self, mut removal: PendingRemoval, most: usize) -> Vec<Box<[u8]>> {
        let account = removal.account.clone();
        let mut interest = account.interest().write();
        interest.mark_removed(removal.member);
        let names = removal.remove_batch(&mut interest, most);
        drop(interest);
        if !removal.is_done() {
            self.removals.push(removal);
        }
        names
    }

    /// Removes all subscriptions of a connection, and its member.
    pub(crate) fn drop_subscriptions(&mut self, slot: u32) {
        let conn = &mut self.connections[slot];
        let Some((member, left)) = conn.subscriptions.take() else {
            return;
        };
        let account = conn.account.clone();
        conn.publish_subscription_count();
        // A trace names each one.
        let traced = conn.plan.config.log_trace && !conn.broker.is_shutting_down();
        let most = if traced { usize::MAX } else { REMOVAL_BATCH };
        let removal = PendingRemoval {
            account,
            member,
            left: Ids::Named(left),
        };
        let names = self.remove_member(removal, most);
        self.drop_copies(slot);
        self.require_drain_before_pong();
        if traced {
            for name in names {
                self.trace(slot, || subscription_deleted(&name));
            }
        }
    }
}
