//! The subjects of an account for its publishers: with its mappings.
//!
//! A mapping belongs to the part of the plan that a publisher holds, as its permissions do: while a plan is replaced,
//! the old rules may apply to one connection and the new ones to another one of the same loop, and never some of each
//! to one. So each set of rules is a space with a number of its own, and results are cached by that number: those of
//! old rules are not found any more.
//!
//! Owns the rules only. Never routes: it returns the mapped subject.

use crate::interest::account::AccountIds;
use crate::random::Random;
use nt_subject::MappingTable;
use nt_subject::transform::Outcome;
use std::sync::Arc;

/// Subjects of one account, under one set of rules.
#[derive(Debug, Clone)]
pub(crate) struct SubjectSpace {
    number: u32,
    /// `None`: there are no rules.
    mappings: Option<Arc<MappingTable>>,
}

/// What became of a published subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mapped {
    /// No rule is for it.
    No,
    /// It is another one, the same for every message.
    Always,
    /// It is another one for this message.
    ThisTime,
}

impl SubjectSpace {
    /// Subjects as they are published.
    pub fn unmapped(account: u32) -> Self {
        Self {
            number: account,
            mappings: None,
        }
    }

    /// An account's subjects under these rules.
    pub fn new(account: u32, mappings: &Arc<MappingTable>, ids: &AccountIds) -> Self {
        if mappings.is_empty() {
            return Self::unmapped(account);
        }
        Self {
            number: ids.next(),
            mappings: Some(mappings.clone()),
        }
    }

    /// Which one it is: unique within the runtime, and never given to other rules.
    #[inline]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Appends the mapped subject, if a rule applies to the published one. A message that is to be dropped gets the
    /// empty subject, which has no subscribers.
    pub fn map(&self, subject: &[u8], random: &mut Random, out: &mut Vec<u8>) -> Mapped {
        let Some(mapping) = self.mappings.as_ref().and_then(|table| table.find(subject)) else {
            return Mapped::No;
        };
        let draw = if mapping.is_weighted() {
            random.below(100) as u8
        } else {
            0
        };
        match mapping.choose(draw) {
            Outcome::Transformed(transform) => transform.apply(subject, &mut || random.next_u32(), out),
            Outcome::Kept => out.extend_from_slice(subject),
            Outcome::Dropped => {}
        }
        if mapping.is_cacheable() {
            Mapped::Always
        } else {
            Mapped::ThisTime
        }
    }
}
