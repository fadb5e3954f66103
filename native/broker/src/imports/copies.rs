//! The copies of one connection's subscriptions in accounts that its account imports from.
//!
//! Knows which copies there are, and locks no interest: what is to be removed is given back to the caller.

use crate::imports::stream::StreamImport;
use crate::interest::account::Account;
use std::collections::BTreeMap;
use std::sync::Arc;

/// All copies of one connection. Most connections have none, so an empty one takes no more than a pointer.
#[derive(Debug, Default)]
pub(crate) struct Copies {
    kept: Option<Box<Kept>>,
}

#[derive(Debug, Default)]
struct Kept {
    /// By import: where the connection is a member because of it, and which copies it has.
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
    fn imports(&self) -> &[CopiesOfImport] {
        self.kept.as_ref().map_or(&[], |kept| &kept.imports)
    }

    /// The member for an import, if there is one.
    pub fn member(&self, import: &Arc<StreamImport>) -> Option<u32> {
        let copies = self.imports().iter();
        let mut of_import = copies.filter(|copies| Arc::ptr_eq(&copies.import, import));
        of_import.next().map(|copies| copies.member)
    }

    /// Every member, with its account.
    pub fn members(&self) -> impl Iterator<Item = (&Arc<Account>, u32)> {
        let copies = self.imports().iter();
        copies.map(|copies| (copies.import.exporter(), copies.member))
    }

    /// Notes a copy of the subscription `original`.
    pub fn add(&mut self, import: &Arc<StreamImport>, member: u32, original: u32, copy: u32) {
        let imports = &mut self.kept.get_or_insert_default().imports;
        let known = imports.iter().position(|c| Arc::ptr_eq(&c.import, import));
        let at = known.unwrap_or_else(|| {
            imports.push(CopiesOfImport {
                import: import.clone(),
                member,
                ids: BTreeMap::new(),
            });
            imports.len() - 1
        });
        let before = imports[at].ids.insert(original, copy);
        debug_assert!(before.is_none(), "an import has one copy of a subscription");
    }

    /// The copies of a subscription.
    pub fn of_subscription(&self, original: u32) -> Vec<Copy> {
        let copies = self.imports().iter();
        let found = copies.filter_map(|c| Some((c.import.exporter().clone(), *c.ids.get(&original)?)));
        found.collect()
    }

    /// A subscription has ended: its copies are to be removed.
    pub fn note_end_of(&mut self, original: u32) {
        let Some(kept) = &mut self.kept else { return };
        let copies = kept.imports.iter_mut();
        let ended = copies.filter_map(|c| Some((c.import.exporter().clone(), c.ids.remove(&original)?)));
        kept.ended.extend(ended);
    }

    /// The copies that are to be removed.
    pub fn take_ended(&mut self) -> Vec<Copy> {
        let kept = self.kept.as_mut();
        kept.map(|kept| std::mem::take(&mut kept.ended)).unwrap_or_default()
    }

    /// Forgets all copies but those of the imports that stay. The members are to be removed.
    pub fn retain(&mut self, stays: impl Fn(&Arc<StreamImport>) -> bool) -> Vec<RemovedMember> {
        let Some(kept) = &mut self.kept else {
            return Vec::new();
        };
        let gone = kept.imports.extract_if(.., |copies| !stays(&copies.import));
        let gone = gone.map(|copies| RemovedMember {
            account: copies.import.exporter().clone(),
            member: copies.member,
            ids: copies.ids.into_values().collect(),
        });
        gone.collect()
    }
}
