//! What can be wrong with a subject or a pattern, one sentence each.

use thiserror::Error;

/// Why a subject can't be subscribed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InvalidSubject {
    /// Nothing was given.
    #[error("the subject is empty; give at least one token")]
    Empty,
    /// A leading, trailing or doubled dot.
    #[error("the subject has an empty token; remove the leading, trailing or doubled dot")]
    EmptyToken,
    /// A space, tab, form feed, carriage return or line feed.
    #[error("the subject contains a blank; tokens can't hold spaces, tabs, form feeds or line ends")]
    Blank,
    /// Something follows the token `>`.
    #[error("the wildcard '>' must be the last token of the subject")]
    TailWildcardNotLast,
}

/// Why an entry of a permission list can't be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidPattern {
    /// The subject part is not a subject.
    #[error("{entry:?} is not a valid subject pattern: {reason}")]
    Subject {
        /// The entry as it was written.
        entry: String,
        /// What is wrong with it.
        reason: InvalidSubject,
    },
    /// The queue part is not a subject-like pattern.
    #[error("{entry:?} names an invalid queue pattern: {reason}")]
    Queue {
        /// The entry as it was written.
        entry: String,
        /// What is wrong with it.
        reason: InvalidSubject,
    },
    /// More than a subject and a queue.
    #[error("{entry:?} has too many parts; write \"subject\" or \"subject queue\"")]
    TooManyParts {
        /// The entry as it was written.
        entry: String,
    },
}
