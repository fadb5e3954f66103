//! Subjects and interest: which subjects are valid, which patterns match them, and which subscriptions want them.
//!
//! What: validation and comparison of subjects ([`validate`]), the interest index ([`Sublist`] and its reusable
//! result [`Matches`]), lists of permitted patterns ([`PatternSet`]), values by literal subject ([`SubjectMap`]), and
//! rewriting ([`transform`]).
//!
//! Layout: `validate` works on bytes alone. `sublist` is the index; it is built from `slab` (ids instead of pointers),
//! `branches` (the stack of a search), `node` (the values in the slabs), `text` (short byte strings without an
//! allocation), `members` (the subscriptions of one subject), `indexed` (vectors whose items are found by key) and
//! `queue_names` (each queue name once). `subject_map` and `number_table`, its index, read alone. `transform` compiles and executes subject transforms and the mappings of
//! accounts.
//!
//! ```
//! use nt_subject::{HashSeed, Matches, Sublist};
//!
//! let mut interest = Sublist::new(HashSeed::new(1));
//! interest.insert(b"orders.*", None, 1)?;
//! let worker = interest.insert(b"orders.new", Some(b"workers"), 2)?;
//! let mut found = Matches::new();
//! interest.matches(b"orders.new", &mut found);
//! assert_eq!(found.plain, [1]);
//! let groups: Vec<_> = found.groups().map(|(queue, ids)| (interest.queue_name(queue), ids)).collect();
//! assert_eq!(groups, [(Some(&b"workers"[..]), &[2][..])]);
//! assert!(interest.remove(worker, Some(b"workers"), 2));
//! # Ok::<(), nt_subject::InvalidSubject>(())
//! ```
//!
//! Invariants: the crate is pure: no clock, socket, file, thread or lock, and no unsafe code. No input makes it
//! panic or recurse: a deep subject needs heap memory, never stack.

#![forbid(unsafe_code)]

mod branches;
mod error;
mod hash_seed;
mod indexed;
mod matches;
mod members;
mod node;
mod number_table;
mod pattern_set;
mod queue_names;
mod slab;
mod subject_map;
mod sublist;
mod text;
pub mod transform;
pub mod validate;

#[cfg(test)]
mod tests;

pub use error::{InvalidPattern, InvalidSubject};
pub use hash_seed::HashSeed;
pub use matches::Matches;
pub use number_table::NumberTable;
pub use pattern_set::PatternSet;
pub use queue_names::QueueId;
pub use subject_map::SubjectMap;
pub use sublist::{NodeId, Sublist};
pub use transform::{Mapping, MappingTable, Transform};
pub use validate::{
    check_subject, first_token, has_wildcard, intersection, is_subset, is_valid_literal_subject, is_valid_subject,
    literal_matches, overlaps, token_count,
};
