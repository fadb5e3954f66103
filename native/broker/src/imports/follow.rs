//! Copies follow their originals: made with them, limited with them, removed with them.
//!
//! Locks the interest of one account at a time, and is called while none is locked. The exception is a subscription
//! that ends while interest is locked: its copies are noted, and removed as soon as nothing is locked any more.

use crate::connection::removal::{PendingRemoval, REMOVAL_BATCH};
use crate::faults::Fault;
use crate::imports::stream::StreamImport;
use crate::interest::{Interest, Link, Original};
use crate::plan::in_force::AccountPart;
use crate::shard::Shard;
use std::sync::Arc;

/// An original, as its copies need it.
pub(crate) struct Copied {
    id: u32,
    subject: Vec<u8>,
    queue: Option<Box<[u8]>>,
    sid: Box<[u8]>,
    max: u64,
    link: Link,
}

/// Links a subscription that overlaps with one of the imports, so that it counts together with its copies.
fn link_overlapping(interest: &mut Interest, id: u32, imports: &[Arc<StreamImport>]) -> Option<Copied> {
    let sub = interest.find(id)?;
    let subject = interest.subject_of(sub);
    imports.iter().find_map(|import| import.copy_of(&subject))?;
    let (queue, sid, max) = (sub.queue().map(Into::into), sub.sid().into(), sub.max());
    Some(Copied {
        id,
        subject,
        queue,
        sid,
        max,
        link: interest.link(id),
    })
}

impl Shard {
    /// Links a subscription that has just been made, if it is to have copies. In the lock that it was made in.
    pub(crate) fn link_if_imported(&self, slot: u32, interest: &mut Interest, id: u32) -> Option<Copied> {
        let imports = self.connections[slot].account_part().stream_imports();
        if imports.is_empty() {
            return None;
        }
        link_overlapping(interest, id, imports)
    }

    /// Makes the copies of a subscription that has just been made and linked.
    pub(crate) fn add_copies(&mut self, slot: u32, original: Option<Copied>) {
        let Some(copied) = original else { return };
        let part = self.connections[slot].account_part().clone();
        self.add_copies_of(slot, &copied, part.stream_imports());
    }

    fn copy_subscriptions(&mut self, slot: u32, ids: &[u32], imports: &[Arc<StreamImport>]) {
        for copied in self.link_all(slot, ids, imports) {
            self.add_copies_of(slot, &copied, imports);
        }
    }

    fn add_copies_of(&mut self, slot: u32, copied: &Copied, imports: &[Arc<StreamImport>]) {
        for import in imports {
            if let Some(subject) = import.copy_of(&copied.subject) {
                self.add_copy(slot, copied, import, &subject);
            }
        }
    }

    /// Links those of a connection's subscriptions that overlap with one of the imports.
    fn link_all(&self, slot: u32, ids: &[u32], imports: &[Arc<StreamImport>]) -> Vec<Copied> {
        let conn = &self.connections[slot];
        let Some(member) = conn.subscriptions().member() else {
            return Vec::new();
        };
        let mut interest = conn.account().interest().write();
        let mut copied = Vec::new();
        for &id in ids {
            if interest
                .subscription_of(member, id)
                .is_some_and(|sub| !sub.is_exhausted())
            {
                copied.extend(link_overlapping(&mut interest, id, imports));
            }
        }
        copied
    }

    fn add_copy(&mut self, slot: u32, copied: &Copied, import: &Arc<StreamImport>, subject: &[u8]) {
        let at = self.connections.location(slot);
        let conn = &mut self.connections[slot];
        let original = Original {
            account: Arc::downgrade(conn.account()),
            id: copied.id,
        };
        let link = copied.link.of_copy(import.plan().clone(), original);
        let mut interest = import.exporter().interest().write();
        let member = conn.copies().member(import);
        let member = member.unwrap_or_else(|| interest.add_member(conn.new_member(at)));
        if self.planted.is(Fault::UncheckedCopies) {
            interest.set_permissions(member, None);
        }
        let Ok(id) = interest.add_copy(member, subject, copied.queue.as_deref(), &copied.sid, link) else {
            debug_assert!(false, "what two valid subjects have in common is one");
            return;
        };
        if copied.max > 0 {
            interest.limit(id, copied.max);
        }
        conn.copies_mut().add(import, member, copied.id, id);
    }

    /// Limits the copies of a subscription that has just been limited.
    pub(crate) fn limit_copies(&self, slot: u32, original: u32, max: u64) {
        for (account, id) in self.connections[slot].copies().of_subscription(original) {
            account.interest().write().limit(id, max);
        }
    }

    /// Notes the copies of subscriptions of this connection that have ended.
    pub(crate) fn note_ended_copies(&mut self, slot: u32) {
        let ended = self.connections[slot].copies_mut().take_ended();
        self.ended_copies.extend(ended);
    }

    /// Removes the copies of subscriptions that have ended.
    pub(crate) fn remove_ended_copies(&mut self) {
        for (account, id) in std::mem::take(&mut self.ended_copies) {
            let removed = account.interest().write().remove(id);
            debug_assert!(removed.is_some(), "only the loop of its connection removes a copy");
        }
    }

    /// Other permissions, or another form of messages, apply to a connection from now on.
    pub(crate) fn update_copies(&mut self, slot: u32) {
        let members = self.connections[slot].copies().members();
        let members: Vec<_> = members.map(|(account, member)| (account.clone(), member)).collect();
        for (account, member) in members {
            let mut interest = account.interest().write();
            // What was routed until now follows the old ones.
            self.drain_deliveries();
            let conn = &self.connections[slot];
            interest.set_headers(member, conn.client().flags().headers);
            interest.set_permissions(member, conn.permissions().cloned());
        }
    }

    /// The connection closes, leaves its account, or begins anew: removes all of its copies.
    pub(crate) fn drop_copies(&mut self, slot: u32) {
        self.retain_copies(slot, |_| false);
    }

    fn retain_copies(&mut self, slot: u32, stays: impl Fn(&Arc<StreamImport>) -> bool) {
        for removed in self.connections[slot].copies_mut().retain(stays) {
            self.remove_member(PendingRemoval::of_copies(removed), REMOVAL_BATCH);
        }
    }

    /// The account of a connection imports something else from now on. What it imported before as well goes on without
    /// interruption.
    pub(crate) fn follow_imports(&mut self, slot: u32, before: &AccountPart, now: &AccountPart) {
        if now.imports_as(before) || self.planted.is(Fault::OldImports) {
            return;
        }
        let is_in = |part: &AccountPart, import: &Arc<StreamImport>| {
            part.stream_imports().iter().any(|other| Arc::ptr_eq(other, import))
        };
        self.retain_copies(slot, |import| is_in(now, import));
        let added = now.stream_imports().iter().filter(|&import| !is_in(before, import));
        let added: Vec<Arc<StreamImport>> = added.cloned().collect();
        let ids: Vec<u32> = self.connections[slot].subscriptions().ids().collect();
        for portion in ids.chunks(REMOVAL_BATCH) {
            self.copy_subscriptions(slot, portion, &added);
        }
        self.require_drain_before_pong();
    }

    /// Removes the originals of copies that got the last message they may have.
    pub(crate) fn remove_exhausted_originals(&mut self, exhausted: Vec<(Original, Link)>) {
        for (original, link) in exhausted {
            let Some(account) = original.account.upgrade() else {
                continue;
            };
            let mut interest = account.interest().write();
            let sub = interest.find(original.id);
            if sub.is_some_and(|sub| sub.is_linked_by(&link) && sub.is_exhausted()) {
                self.remove_subscription(&mut interest, original.id);
            }
        }
        self.remove_ended_copies();
    }
}
