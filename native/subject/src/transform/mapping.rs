//! A rule of an account's mappings: a source, and destinations with weights, some of them only in one cluster.
//!
//! Weights are percent of the messages. What they lack to 100 keeps its subject; if the source is itself listed as a
//! destination, it is lost instead, which is how users simulate loss. A server uses the destinations of its cluster
//! if there are any, and otherwise those without a cluster.

use super::Transform;
use super::error::InvalidMapping;
use crate::validate::is_valid_subject;
use std::collections::{BTreeMap, BTreeSet};

const ALL: u8 = 100;

/// A destination as configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Destination<'a> {
    /// What becomes of the subject.
    pub subject: &'a [u8],
    /// Percent of the messages.
    pub weight: u8,
    /// The cluster whose servers use it; empty for those that have no destination of their own.
    pub cluster: &'a [u8],
}

impl<'a> Destination<'a> {
    /// A destination of every message, in every cluster.
    pub fn new(subject: &'a [u8]) -> Self {
        Self {
            subject,
            weight: ALL,
            cluster: b"",
        }
    }
}

/// A rule, as servers of one cluster execute it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    source: Box<[u8]>,
    /// Without those that get nothing.
    shares: Box<[Share]>,
    is_rest_kept: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Share {
    /// Taken by draws below this one that no share before took.
    below: u8,
    transform: Transform,
}

/// What a rule says about a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome<'m> {
    /// It gets the subject that the transform yields.
    Transformed(&'m Transform),
    /// It keeps its subject, although a rule is for it.
    Kept,
    /// It is lost.
    Dropped,
}

impl Mapping {
    /// Checks and compiles a rule for the servers of `cluster` (empty: of none). Destinations of other clusters are
    /// checked as well.
    pub fn new(source: &[u8], destinations: &[Destination<'_>], cluster: &[u8]) -> Result<Self, InvalidMapping> {
        if !is_valid_subject(source) {
            return Err(InvalidMapping::Source);
        }
        let mut checks = Checks::default();
        let mut compiled = Vec::with_capacity(destinations.len());
        for destination in destinations {
            checks.admit(destination)?;
            let transform = Transform::for_mapping(source, destination.subject)?;
            compiled.push((destination, transform));
        }
        let has_own = !cluster.is_empty() && checks.totals.contains_key(cluster);
        let scope = if has_own { cluster } else { b"" };
        compiled.retain(|(destination, _)| destination.cluster == scope && destination.weight > 0);
        Ok(Self {
            source: source.into(),
            shares: accumulate(compiled),
            is_rest_kept: !checks.seen.contains(source),
        })
    }

    /// The pattern of the subjects that it is for.
    pub fn source(&self) -> &[u8] {
        &self.source
    }

    /// Whether the outcome is the same for every message.
    pub fn is_weighted(&self) -> bool {
        match &*self.shares {
            [] => false,
            [only] => only.below < ALL,
            _ => true,
        }
    }

    /// Whether every message on one subject gets the same result, so that the result may be cached by subject.
    pub fn is_cacheable(&self) -> bool {
        !self.is_weighted() && !self.shares.iter().any(|share| share.transform.is_random())
    }

    /// Decides about a message. `draw` is a random number below 100; it is ignored unless the rule is weighted.
    pub fn choose(&self, draw: u8) -> Outcome<'_> {
        let share = match &*self.shares {
            [only] if only.below == ALL => Some(only),
            shares => shares.iter().find(|share| draw < share.below),
        };
        match share {
            Some(share) => Outcome::Transformed(&share.transform),
            None if self.is_rest_kept => Outcome::Kept,
            None => Outcome::Dropped,
        }
    }
}

fn accumulate(destinations: Vec<(&Destination<'_>, Transform)>) -> Box<[Share]> {
    let mut below = 0;
    let share = |(destination, transform): (&Destination<'_>, Transform)| {
        below += destination.weight;
        Share { below, transform }
    };
    destinations.into_iter().map(share).collect()
}

/// What has to hold for the destinations together.
#[derive(Default)]
struct Checks<'a> {
    seen: BTreeSet<&'a [u8]>,
    /// By cluster.
    totals: BTreeMap<&'a [u8], u8>,
}

impl<'a> Checks<'a> {
    fn admit(&mut self, destination: &Destination<'a>) -> Result<(), InvalidMapping> {
        if !self.seen.insert(destination.subject) {
            let subject = String::from_utf8_lossy(destination.subject).into_owned();
            return Err(InvalidMapping::Duplicate(subject));
        }
        if destination.weight > ALL {
            return Err(InvalidMapping::Weight);
        }
        let total = self.totals.entry(destination.cluster).or_default();
        *total += destination.weight;
        if *total > ALL {
            return Err(InvalidMapping::TotalWeight);
        }
        Ok(())
    }
}
