//! Items from a shard's inbox, until they are handled.
//!
//! Owns the inbox's reading end and the order of items: as they came, except that deliveries can be taken alone while
//! the interest is locked, and plans are applied after everything that came with them. Never handles an item.

use crate::plan::reload::Reload;
use crate::shard::inbox::{Inbox, InboxItem};
use std::any::Any;
use std::collections::VecDeque;
use std::sync::Arc;

/// Items that were taken from the inbox, or wait there.
pub(crate) struct Incoming {
    inbox: Arc<Inbox>,
    /// Empty; kept for its memory.
    batch: Vec<InboxItem>,
    /// Items met while only deliveries could be taken in.
    deferred: Vec<InboxItem>,
    /// Plans to be applied after everything else is handled.
    reloads: Vec<Arc<Reload>>,
    /// Items for the loop's sockets and listeners, in order.
    commands: VecDeque<Box<dyn Any + Send>>,
    /// What other loops have already sent must be delivered before the next PONG.
    drain_before_pong: bool,
}

impl Incoming {
    pub fn new(inbox: Arc<Inbox>) -> Self {
        Self {
            inbox,
            batch: Vec::new(),
            deferred: Vec::new(),
            reloads: Vec::new(),
            commands: VecDeque::new(),
            drain_before_pong: false,
        }
    }

    /// What others put their items into.
    pub fn inbox(&self) -> &Inbox {
        &self.inbox
    }

    /// Whether [`Self::take_items`] has something.
    #[inline]
    pub fn has_items(&self) -> bool {
        self.inbox.has_items() || !self.deferred.is_empty()
    }

    /// Whether something was taken from the inbox and not handled.
    pub fn has_waiting(&self) -> bool {
        !(self.deferred.is_empty() && self.commands.is_empty())
    }

    /// Everything that waits, in order. Give the list back empty through [`Self::reuse`].
    pub fn take_items(&mut self) -> Vec<InboxItem> {
        debug_assert!(self.batch.is_empty(), "what was taken has been handled");
        let mut items = std::mem::take(&mut self.batch);
        items.append(&mut self.deferred);
        let mut fresh = Vec::new();
        self.inbox.drain(&mut fresh);
        items.append(&mut fresh);
        items
    }

    pub fn reuse(&mut self, emptied: Vec<InboxItem>) {
        debug_assert!(emptied.is_empty(), "what was taken has been handled");
        self.batch = emptied;
    }

    /// What other loops sent for delivery. Everything else stays for [`Self::take_items`].
    pub fn take_deliveries(&mut self) -> Vec<InboxItem> {
        let mut items = Vec::new();
        self.inbox.drain(&mut items);
        let (deliveries, others): (Vec<_>, Vec<_>) = items
            .into_iter()
            .partition(|item| matches!(item, InboxItem::Batches(_) | InboxItem::SubscriptionGone { .. }));
        self.deferred.extend(others);
        deliveries
    }

    pub fn push_reload(&mut self, reload: Arc<Reload>) {
        self.reloads.push(reload);
    }

    pub fn take_reloads(&mut self) -> Vec<Arc<Reload>> {
        std::mem::take(&mut self.reloads)
    }

    pub fn push_command(&mut self, command: Box<dyn Any + Send>) {
        self.commands.push_back(command);
    }

    pub fn take_command(&mut self) -> Option<Box<dyn Any + Send>> {
        self.commands.pop_front()
    }

    /// A subscription has ended: after the next PONG nothing may come by it.
    pub fn require_drain_before_pong(&mut self) {
        self.drain_before_pong = true;
    }

    /// Whether the inbox is to be drained before the PONG that is due now.
    pub fn take_drain_before_pong(&mut self) -> bool {
        std::mem::take(&mut self.drain_before_pong)
    }
}
