//! The copies of one connection's subscriptions in accounts that its account imports from.
//!
//! Knows which copies there are, and locks no interest: what is to be removed is given back to the caller.

use crate::imports::stream::StreamImport;
use crate::interest::account::Account;
use std::collections::BTreeMap;
use std::sync::Arc;

/// All copies of one connection. By import: where the connection is a member because of it, and which copies it has.
#[derive(Debug, Default)]
pub(crate) struct Copies {
    imports: Vec<CopiesOfImport>,
    /// Of subscriptions that have ended: to be removed.
    ended: Vec<Copy>,
}

#[derive(Debug)]
struct CopiesOfImport {
    import: Arc<StreamImport>,
    /// The connection's member in the interest of the exporting account, for this import alone.
    member: u32,
    /// By the id of the original.
    ids: BTreeMap<u32, u32>,
}

/// One copy: the account whose interest has it, and its id there.
pub(crate) type Copy = (Arc<Account>, u32);

/// A member that is to be removed with all its subscriptions.
pub(crate) struct RemovedMember {
    pub account: Arc<Account>,
    pub member: u32,
    pub ids: Vec<u32>,
}

impl Copies {
    /// The member for an import, if there is one.
    pub fn member(&self, import: &Arc<StreamImport>) -> Option<u32> {
        self.of(import).map(|copies| copies.member)
    }

    fn of(&self, import: &Arc<StreamImport>) -> Option<&CopiesOfImport> {
        self.imports.iter().find(|copies| Arc::ptr_eq(&copies.import, import))
    }

    /// Every member, with its account.
    pub fn members(&self) -> impl Iterator<Item = (&Arc<Account>, u32)> {
        self.imports
            .iter()
            .map(|copies| (copies.import.exporter(), copies.member))
    }

    /// Notes a copy of the subscription `original`.
    pub fn add(&mut self, import: &Arc<StreamImport>, member: u32, original: u32, copy: u32) {
        let known = self.imports.iter().position(|c| Arc::ptr_eq(&c.import, import));
        let at = known.unwrap_or_else(|| {
            self.imports.push(CopiesOfImport {
                import: import.clone(),
                member,
                ids: BTreeMap::new(),
            });
            self.imports.len() - 1
        });
        let before = self.imports[at].ids.insert(original, copy);
        debug_assert!(before.is_none(), "an import has one copy of a subscription");
    }

    /// The copies of a subscription.
    pub fn of_subscription(&self, original: u32) -> Vec<Copy> {
        let copies = self.imports.iter();
        let found = copies.filter_map(|c| Some((c.import.exporter().clone(), *c.ids.get(&original)?)));
        found.collect()
    }

    /// A subscription has ended: its copies are to be removed.
    pub fn note_end_of(&mut self, original: u32) {
        let copies = self.imports.iter_mut();
        let ended = copies.filter_map(|c| Some((c.import.exporter().clone(), c.ids.remove(&original)?)));
        self.ended.extend(ended);
    }

    /// The copies that are to be removed.
    pub fn take_ended(&mut self) -> Vec<Copy> {
        std::mem::take(&mut self.ended)
    }

    /// Forgets all copies but those of the imports that stay. The members are to be removed.
    pub fn retain(&mut self, stays: impl Fn(&Arc<StreamImport>) -> bool) -> Vec<RemovedMember> {
        let gone = self.imports.extract_if(.., |copies| !stays(&copies.import));
        gone.map(|copies| RemovedMember {
            account: copies.import.exporter().clone(),
            member: copies.member,
            ids: copies.ids.into_values().collect(),
        })
        .collect()
    }
}
