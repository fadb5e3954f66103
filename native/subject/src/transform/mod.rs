//! Subject transforms: a source pattern, and a destination that says what becomes of a subject it matches.
//!
//! What: [`Transform`] is one source with one destination; the mappings of accounts, imports, and the transforms of
//! streams, mirrors, sources and republishing are made of it. [`Mapping`] is a rule of an account with weighted
//! destinations, and [`MappingTable`] finds the rule for a subject.
//!
//! Layout: `placeholder` reads a token of a destination, `compile` turns a destination into `part`s or says what is
//! wrong (`error`), `apply` executes them, `reverse` inverts them; `mapping` and `table` are the rules of accounts.
//!
//! | In a destination | Yields |
//! |---|---|
//! | text | itself |
//! | `$N`, `{{wildcard(N)}}` | the token that the N-th `*` of the source matched |
//! | `{{partition(count,N,...)}}` | FNV-1a of these tokens, or of the whole subject, modulo count |
//! | `{{random(count)}}` | a number below count, for each message |
//! | `{{split(N,separator)}}` | the pieces of a token |
//! | `{{splitFromLeft(N,length)}}`, `...Right` | a token cut in two |
//! | `{{sliceFromLeft(N,length)}}`, `...Right` | a token cut into pieces of a length |
//! | `{{left(N,length)}}`, `{{right(N,length)}}` | the start or the end of a token |
//! | `>` | what the `>` of the source matched |
//!
//! Invariants: what compiles can be applied to any bytes. Results of functions are not checked: a token without text
//! yields an empty token, and a subject with one is delivered to nobody. Randomness is an argument.

mod apply;
mod compile;
mod error;
mod mapping;
mod part;
mod placeholder;
mod reverse;
mod table;
#[cfg(test)]
mod tests;

pub use error::{DestinationFault, InvalidMapping, InvalidTransform, NotTransformed};
pub use mapping::{Destination, Mapping, Outcome};
pub use table::MappingTable;

use crate::validate::{has_wildcard, is_well_formed, literal_matches};
use compile::{Purpose, compile, number_wildcards};
use part::Part;

/// A source pattern with a compiled destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transform {
    source: Box<[u8]>,
    destination: Box<[u8]>,
    parts: Box<[Part]>,
}

impl Transform {
    /// A transform with any destination that can be applied. No source means every subject.
    pub fn new(source: &[u8], destination: &[u8]) -> Result<Self, InvalidTransform> {
        Self::compile(source, destination, Purpose::Any)
    }

    /// As [`new`](Self::new), for what users configure for accounts and streams: the error names what is wrong with
    /// the form of the destination.
    pub fn for_mapping(source: &[u8], destination: &[u8]) -> Result<Self, InvalidTransform> {
        Self::compile(source, destination, Purpose::Mapping)
    }

    /// A transform of an import: it may only move tokens and has to use as many wildcards as the source has.
    /// Destinations may be written as patterns, too; their wildcards are numbered from the left.
    ///
    /// A source without wildcards has nothing to move; it takes `{{partition(n)}}` and `{{random(n)}}`, as in
    /// nats-server. So whoever needs the reverse has to take [`reverse`](Self::reverse) as the judge.
    pub fn for_import(source: &[u8], destination: &[u8]) -> Result<Self, InvalidTransform> {
        Self::compile(source, &number_wildcards(destination), Purpose::Import)
    }

    fn compile(source: &[u8], destination: &[u8], purpose: Purpose) -> Result<Self, InvalidTransform> {
        let source = if source.is_empty() { b">" } else { source };
        Ok(Self {
            parts: compile(source, destination, purpose)?,
            source: source.into(),
            destination: destination.into(),
        })
    }

    /// The pattern of the subjects that it is for.
    pub fn source(&self) -> &[u8] {
        &self.source
    }

    /// The destination as written; that of an import with numbered wildcards.
    pub fn destination(&self) -> &[u8] {
        &self.destination
    }

    /// The pattern of its results, `foo.*.*` for `foo.$2.$1`. None if it does more than move tokens.
    pub fn destination_pattern(&self) -> Option<Vec<u8>> {
        reverse::pattern(&self.parts)
    }

    /// Whether its results for one subject differ.
    pub fn is_random(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Random { .. }))
    }

    /// The most bytes that [`apply`](Self::apply) appends for a subject of this length.
    pub fn longest(&self, subject_bytes: usize) -> usize {
        let add = |sum: usize, part: &Part| sum.saturating_add(part.longest(subject_bytes));
        self.parts.iter().fold(0, add)
    }

    /// Appends what becomes of a published subject, if the source matches it. `random` yields any numbers.
    pub fn transform(
        &self,
        subject: &[u8],
        random: &mut impl FnMut() -> u32,
        out: &mut Vec<u8>,
    ) -> Result<(), NotTransformed> {
        if !is_well_formed(subject) || has_wildcard(subject) {
            return Err(NotTransformed::InvalidSubject);
        }
        if !literal_matches(subject, &self.source) {
            return Err(NotTransformed::NoMatch);
        }
        self.apply(subject, random, out);
        Ok(())
    }

    /// Appends what becomes of a subject that is known to match, or of a pattern within the source. Tokens that the
    /// source matches and the subject lacks count as empty.
    pub fn apply(&self, subject: &[u8], random: &mut impl FnMut() -> u32, out: &mut Vec<u8>) {
        apply::apply(&self.parts, subject, random, out);
    }

    /// The transform from the results back to the subjects. None if that is not defined: a function is used, or a
    /// wildcard is not used exactly once.
    pub fn reverse(&self) -> Option<Self> {
        let source = reverse::pattern(&self.parts)?;
        let (destination, parts) = reverse::reverse(&self.source, &self.parts)?;
        Some(Self {
            source: source.into(),
            destination: destination.into(),
            parts,
        })
    }
}
