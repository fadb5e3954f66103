//! The subscriptions of the control plane, by handle.

use crate::interest::Member;
use crate::interest::account::Account;
use crate::internal::queue::MessageQueue;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use thiserror::Error;

/// Why a subscription was refused.
#[derive(Debug, Error)]
pub enum SubscribeError {
    /// The subject or the queue group can't be subscribed to.
    #[error("invalid subject")]
    InvalidSubject,
}

/// The control plane as a client of one broker. Its table is locked before an account's interest, never inside it.
#[derive(Debug)]
pub struct InternalClient {
    queue: Arc<MessageQueue>,
    table: Mutex<Table>,
    /// Bytes that are to be published and are not yet.
    unpublished: AtomicUsize,
}

#[derive(Debug, Default)]
struct Table {
    last_handle: u32,
    subscriptions: BTreeMap<u32, Subscription>,
    /// Its member in the interest of each account it has subscribed in.
    members: BTreeMap<u32, u32>,
}

#[derive(Debug)]
struct Subscription {
    account: Arc<Account>,
    id: u32,
}

impl InternalClient {
    pub(crate) fn new(broker: u32) -> Self {
        Self {
            queue: Arc::new(MessageQueue::new(broker)),
            table: Mutex::default(),
            unpublished: AtomicUsize::new(0),
        }
    }

    /// What waits to be taken by the control plane.
    pub fn queue(&self) -> &Arc<MessageQueue> {
        &self.queue
    }

    /// Subscribes in an account. From now on every message published there is delivered, under the handle returned.
    pub fn subscribe(
        &self,
        account: &Arc<Account>,
        subject: &[u8],
        queue: Option<&[u8]>,
    ) -> Result<u32, SubscribeError> {
        let mut table = self.table.lock();
        let handle = table.last_handle + 1;
        let mut interest = account.interest.write();
        let member = *table
            .members
            .entry(account.id)
            .or_insert_with(|| interest.add_member(Member::internal(self.queue.clone())));
        let id = interest
            .add(member, subject, queue, handle.to_string().as_bytes())
            .map_err(|_| SubscribeError::InvalidSubject)?;
        drop(interest);
        table.last_handle = handle;
        let account = account.clone();
        table.subscriptions.insert(handle, Subscription { account, id });
        Ok(handle)
    }

    /// Ends a subscription. False: there is none of that handle.
    pub fn unsubscribe(&self, handle: u32) -> bool {
        let Some(Subscription { account, id }) = self.table.lock().subscriptions.remove(&handle) else {
            return false;
        };
        let removed = account.interest.write().remove(id);
        debug_assert!(removed.is_some(), "only this removes it");
        true
    }

    /// An account has been removed: its subscriptions end.
    pub(crate) fn leave(&self, account: &Account) {
        let mut table = self.table.lock();
        if table.members.remove(&account.id).is_none() {
            return;
        }
        let mut interest = account.interest.write();
        table.subscriptions.retain(|_, subscription| {
            let stays = subscription.account.id != account.id;
            if !stays {
                interest.remove(subscription.id);
            }
            stays
        });
    }

    /// Its member in an account's interest, if it has subscribed there.
    pub(crate) fn member_in(&self, account: u32) -> Option<u32> {
        self.table.lock().members.get(&account).copied()
    }

    /// Counts bytes that are about to be published.
    pub fn add_unpublished(&self, bytes: usize) -> usize {
        self.unpublished.fetch_add(bytes, Ordering::Relaxed) + bytes
    }

    /// Bytes that wait to be published.
    pub fn unpublished(&self) -> usize {
        self.unpublished.load(Ordering::Relaxed)
    }

    pub(crate) fn published(&self, bytes: usize) {
        let before = self.unpublished.fetch_sub(bytes, Ordering::Relaxed);
        debug_assert!(before >= bytes, "only what was counted is published");
    }
}
