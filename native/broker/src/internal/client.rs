//! The subscriptions of the control plane, by handle, and their copies in accounts that theirs import from.

use crate::imports::stream::StreamImport;
use crate::interest::account::Account;
use crate::interest::{Member, Original};
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
    /// Its member for copies in the interest of each account that is imported from.
    copy_members: BTreeMap<u32, u32>,
    imports: Imports,
    /// The number of the plan that they are of.
    plan: u64,
}

/// The stream imports of accounts that have any, by the account's id.
pub(crate) type Imports = BTreeMap<u32, Vec<Arc<StreamImport>>>;

#[derive(Debug)]
struct Subscription {
    account: Arc<Account>,
    id: u32,
    copies: Vec<Copy>,
}

/// A copy of a subscription, in the interest of the account that the import names.
#[derive(Debug)]
struct Copy {
    import: Arc<StreamImport>,
    id: u32,
}

impl Copy {
    fn is_of(&self, import: &Arc<StreamImport>) -> bool {
        Arc::ptr_eq(&self.import, import)
    }

    fn remove(self) {
        let removed = self.import.exporter().interest().write().remove(self.id);
        debug_assert!(removed.is_some(), "only this removes it");
    }
}

impl Table {
    /// Makes the copies of a subscription that it lacks, and removes those of imports that are gone.
    fn update_copies(&mut self, handle: u32, queue: &Arc<MessageQueue>) {
        let Self {
            subscriptions,
            copy_members,
            imports,
            ..
        } = self;
        let Some(subscription) = subscriptions.get_mut(&handle) else {
            return;
        };
        let imports = imports.get(&subscription.account.id).map_or(&[][..], Vec::as_slice);
        let gone = |copy: &mut Copy| !imports.iter().any(|import| copy.is_of(import));
        subscription.copies.extract_if(.., gone).for_each(Copy::remove);
        for import in imports {
            if subscription.copies.iter().any(|copy| copy.is_of(import)) {
                continue;
            }
            let id = subscription.copy_for(handle, import, copy_members, queue);
            let copy = id.map(|id| Copy {
                import: import.clone(),
                id,
            });
            subscription.copies.extend(copy);
        }
    }
}

impl Subscription {
    /// Adds a copy, if the import has something for it. Returns its id.
    fn copy_for(
        &self,
        handle: u32,
        import: &Arc<StreamImport>,
        members: &mut BTreeMap<u32, u32>,
        queue: &Arc<MessageQueue>,
    ) -> Option<u32> {
        let mut interest = self.account.interest().write();
        let sub = interest.find(self.id)?;
        let subject = import.copy_of(&interest.subject_of(sub))?;
        let group: Option<Box<[u8]>> = sub.queue().map(Into::into);
        let link = interest.link(self.id);
        drop(interest);
        let account = Arc::downgrade(&self.account);
        let link = link.of_copy(import.plan().clone(), Original { account, id: self.id });
        let exporter = import.exporter();
        let mut interest = exporter.interest().write();
        let new_member = || interest.add_member(Member::internal(queue.clone()));
        let member = *members.entry(exporter.id).or_insert_with(new_member);
        let added = interest.add_copy(member, &subject, group.as_deref(), handle.to_string().as_bytes(), link);
        debug_assert!(added.is_ok(), "what two valid subjects have in common is one");
        added.ok()
    }
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

    /// Subscribes in an account. From now on every message published there, or imported, is delivered, under the handle
    /// returned.
    pub fn subscribe(
        &self,
        account: &Arc<Account>,
        subject: &[u8],
        queue: Option<&[u8]>,
    ) -> Result<u32, SubscribeError> {
        let mut table = self.table.lock();
        let handle = table.last_handle + 1;
        let mut interest = account.interest().write();
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
        let copies = Vec::new();
        table.subscriptions.insert(handle, Subscription { account, id, copies });
        table.update_copies(handle, &self.queue);
        Ok(handle)
    }

    /// Ends a subscription. False: there is none of that handle.
    pub fn unsubscribe(&self, handle: u32) -> bool {
        let Some(Subscription { account, id, copies }) = self.table.lock().subscriptions.remove(&handle) else {
            return false;
        };
        copies.into_iter().for_each(Copy::remove);
        let removed = account.interest().write().remove(id);
        debug_assert!(removed.is_some(), "only this removes it");
        true
    }

    /// Accounts import these streams from now on. What they imported before as well goes on without interruption.
    pub(crate) fn follow_imports(&self, plan: u64, imports: Imports) {
        let mut table = self.table.lock();
        // Whoever put a later plan into force was faster.
        if plan < table.plan {
            return;
        }
        table.plan = plan;
        if table.imports.is_empty() && imports.is_empty() {
            return;
        }
        table.imports = imports;
        let handles: Vec<u32> = table.subscriptions.keys().copied().collect();
        for handle in handles {
            table.update_copies(handle, &self.queue);
        }
    }

    /// An account has been removed, and with it what it imports: its subscriptions end.
    pub(crate) fn leave(&self, account: &Account) {
        let mut table = self.table.lock();
        table.copy_members.remove(&account.id);
        if table.members.remove(&account.id).is_none() {
            return;
        }
        let mut interest = account.interest().write();
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
