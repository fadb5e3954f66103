//! The connections of a shard by account and by user, so that a change of one account or user finds its connections
//! without visiting the others.
//!
//! Owns sets of slots in their order. A connection is in them from its acceptance until it closes or moves away.

use std::collections::{BTreeMap, BTreeSet};

/// Slots by account and by user.
#[derive(Debug, Default)]
pub(crate) struct Bindings {
    /// By the account's id.
    accounts: BTreeMap<u32, BTreeSet<u32>>,
    /// By the broker's id and the user's name.
    users: BTreeMap<u32, BTreeMap<String, BTreeSet<u32>>>,
}

/// The broker, account and user of a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Binding<'a> {
    pub broker: u32,
    pub account: u32,
    pub user: Option<&'a str>,
}

impl Bindings {
    pub fn add(&mut self, slot: u32, to: Binding<'_>) {
        self.accounts.entry(to.account).or_default().insert(slot);
        if let Some(name) = to.user {
            let users = self.users.entry(to.broker).or_default();
            match users.get_mut(name) {
                Some(slots) => slots.insert(slot),
                None => users.entry(name.to_owned()).or_default().insert(slot),
            };
        }
    }

    pub fn remove(&mut self, slot: u32, from: Binding<'_>) {
        if let Some(slots) = self.accounts.get_mut(&from.account) {
            slots.remove(&slot);
            if slots.is_empty() {
                self.accounts.remove(&from.account);
            }
        }
        let Some((name, users)) = from.user.zip(self.users.get_mut(&from.broker)) else {
            return;
        };
        if let Some(slots) = users.get_mut(name) {
            slots.remove(&slot);
            if slots.is_empty() {
                users.remove(name);
            }
        }
        if users.is_empty() {
            self.users.remove(&from.broker);
        }
    }

    /// Connections of any of these users or accounts, each once.
    pub fn of(&self, broker: u32, users: &BTreeSet<String>, accounts: &BTreeSet<u32>) -> BTreeSet<u32> {
        let known = self.users.get(&broker);
        let of_users = users.iter().filter_map(|name| known?.get(name));
        let of_accounts = accounts.iter().filter_map(|id| self.accounts.get(id));
        of_users.chain(of_accounts).flatten().copied().collect()
    }
}
