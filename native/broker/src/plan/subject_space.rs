//! The subjects of an account for its publishers: with its mappings, and with what other accounts answer there.
//!
//! Mappings and services belong to the part of the plan that a publisher holds, as its permissions do: while a plan is
//! replaced, the old rules may apply to one connection and the new ones to another one of the same loop, and never some
//! of each to one. So each set of rules is a space with a number of its own, and results are cached by that number:
//! those of old rules are not found any more.
//!
//! Owns the rules only. Never routes: it returns the mapped subject, and who answers requests there.

use crate::interest::account::{Account, AccountIds};
use crate::random::Random;
use crate::services::imports::{ServiceImports, ServiceTarget, SystemImports};
use crate::services::may_match_responses;
use nt_subject::transform::Outcome;
use nt_subject::{MappingTable, first_token};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Subjects of one account, under one set of rules.
#[derive(Debug, Clone)]
pub(crate) struct SubjectSpace {
    number: u32,
    /// `None`: there are no rules.
    mappings: Option<Arc<MappingTable>>,
    /// `None`: no other account answers anything.
    services: Option<Arc<ServiceImports>>,
    /// Whether a rule may be for what answers a request of another account.
    rules_for_responses: bool,
    /// What the system account answers in every account.
    system: Option<SystemImports>,
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
            services: None,
            rules_for_responses: false,
            system: None,
        }
    }

    /// An account's subjects under these rules.
    pub fn new(
        account: u32,
        mappings: &Arc<MappingTable>,
        services: Option<&Arc<ServiceImports>>,
        ids: &AccountIds,
    ) -> Self {
        let space = Self::unmapped(account);
        if mappings.is_empty() && services.is_none() {
            return space;
        }
        let mut sources = mappings.iter().map(|mapping| first_token(mapping.source()));
        let is_for_responses = sources.any(may_match_responses)
            || services.is_some_and(|services| services.locals().map(first_token).any(may_match_responses));
        Self {
            number: ids.next(),
            mappings: Some(mappings).filter(|mappings| !mappings.is_empty()).cloned(),
            services: services.cloned(),
            rules_for_responses: is_for_responses,
            ..space
        }
    }

    /// The same, where the system account answers requests, or another one than before does.
    pub fn with_system(self, system: Option<SystemImports>) -> Self {
        Self { system, ..self }
    }

    /// Which one it is: unique within the runtime, and never given to other rules.
    #[inline]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Whether both are the same rules.
    pub fn is_same(&self, other: &Self) -> bool {
        self.number == other.number && self.system == other.system
    }

    /// Whether it has rules that other spaces do not have.
    fn is_special(&self) -> bool {
        self.mappings.is_some() || self.services.is_some()
    }

    /// Whether a rule may be for what answers a request of another account.
    #[inline]
    pub fn has_rules_for_responses(&self) -> bool {
        self.rules_for_responses
    }

    /// The other accounts that answer requests on this subject of the account, as it is after mapping.
    pub fn services_on(&self, subject: &[u8]) -> Vec<ServiceTarget> {
        let mut targets = Vec::new();
        if let Some(services) = &self.services {
            services.collect(subject, &mut targets);
        }
        if let Some(system) = &self.system {
            system.collect(subject, &mut targets);
        }
        targets
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

/// The spaces of all accounts of one plan: what a message finds in another account is of the plan that its publisher
/// holds. Those of accounts without rules are made when they are asked for.
#[derive(Debug, Default)]
pub(crate) struct Spaces {
    /// By the account's id.
    special: BTreeMap<u32, SubjectSpace>,
    system: Option<Arc<Account>>,
}

impl Spaces {
    /// `spaces`: those of all accounts, by id.
    pub fn new<'a>(system: Option<Arc<Account>>, spaces: impl Iterator<Item = (u32, &'a SubjectSpace)>) -> Self {
        let special = spaces.filter(|(_, space)| space.is_special());
        Self {
            special: special.map(|(id, space)| (id, space.clone())).collect(),
            system,
        }
    }

    /// The space of an account.
    pub fn of(&self, account: &Arc<Account>) -> SubjectSpace {
        let system = || SystemImports::of(account, self.system.as_ref());
        match self.special.get(&account.id) {
            Some(space) => space.clone(),
            None => SubjectSpace::unmapped(account.id).with_system(system()),
        }
    }

    /// Whether it is the account of the server itself.
    pub fn is_system(&self, account: &Arc<Account>) -> bool {
        self.system.as_ref().is_some_and(|system| Arc::ptr_eq(system, account))
    }

    /// Whether both are the same.
    pub fn is_same(&self, other: &Self) -> bool {
        let id = |spaces: &Self| spaces.system.as_ref().map(|system| system.id);
        id(self) == id(other)
            && self.special.len() == other.special.len()
            && self
                .special
                .iter()
                .zip(&other.special)
                .all(|((a, one), (b, two))| a == b && one.is_same(two))
    }
}
