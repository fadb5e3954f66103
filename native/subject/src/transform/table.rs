//! The mappings of an account: finds the rule for a published subject.
//!
//! The first rule that matches decides, in the order of the configuration; literal sources have no priority. The index
//! is that of interest ([`Sublist`]) with the positions of the rules as ids, so the time does not grow with the number
//! of rules, but with the number of those that match. A few rules are tried in turn. Accounts without rules have no
//! index.

use super::mapping::Mapping;
use crate::hash_seed::HashSeed;
use crate::sublist::Sublist;
use crate::validate::{covers, is_well_formed};
use std::collections::BTreeMap;

/// Up to so many rules are tried one by one, which takes less time than a look-up in the index.
const FEW: usize = 4;

/// The rules of an account.
#[derive(Debug, Default)]
pub struct MappingTable {
    mappings: Vec<Mapping>,
    index: Option<Box<Sublist>>,
}

/// The same rules in the same order.
impl PartialEq for MappingTable {
    fn eq(&self, other: &Self) -> bool {
        self.mappings == other.mappings
    }
}

impl MappingTable {
    /// A table of these rules. A source that comes again replaces the rule that has it, at its place.
    pub fn new(mappings: impl IntoIterator<Item = Mapping>) -> Self {
        let mut table = Self::default();
        let mut positions = BTreeMap::<Box<[u8]>, usize>::new();
        for mapping in mappings {
            let next = table.mappings.len();
            match *positions.entry(mapping.source().into()).or_insert(next) {
                position if position == next => table.push(mapping),
                position => table.mappings[position] = mapping,
            }
        }
        table
    }

    fn push(&mut self, mapping: Mapping) {
        // The sources are an operator's: peers only look subjects up, and need no secret to hinder them.
        let index = self.index.get_or_insert_with(|| Sublist::new(HashSeed::new(0)).into());
        let added = index.insert(mapping.source(), None, self.mappings.len() as u32);
        debug_assert!(added.is_ok(), "a mapping has a valid source");
        self.mappings.push(mapping);
    }

    /// Whether there are no rules, so that no subject needs to be looked up.
    pub fn is_empty(&self) -> bool {
        self.mappings.is_empty()
    }

    /// Number of rules.
    pub fn len(&self) -> usize {
        self.mappings.len()
    }

    /// The first rule for a published subject. A wildcard in the subject is matched only by a wildcard that covers
    /// it; no rule is for a subject with an empty token.
    pub fn find(&self, subject: &[u8]) -> Option<&Mapping> {
        if self.mappings.len() <= FEW {
            let mut mappings = self.mappings.iter();
            return mappings.find(|mapping| covers(mapping.source(), subject) && is_well_formed(subject));
        }
        let position = self.index.as_ref()?.first_covering(subject)?;
        self.mappings.get(position as usize)
    }

    /// The rules in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Mapping> {
        self.mappings.iter()
    }
}
