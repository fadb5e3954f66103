//! What can be wrong with a transform or a mapping, in the texts of nats-server, which users and tools know.

use std::fmt;
use thiserror::Error;

/// Why a source and a destination make no transform.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidTransform {
    /// The source or the destination is not a subject, the destination has a `*`, or only one of both ends with `>`.
    #[error("invalid subject")]
    Subject,
    /// A token of the destination can't be used.
    #[error("invalid mapping destination: {fault}{}", InPlace(place))]
    Destination {
        /// What is wrong.
        fault: DestinationFault,
        /// The token, or what else helps to find it; may be empty.
        place: String,
    },
}

/// What is wrong with a destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DestinationFault {
    /// An empty token, a blank outside of a function, or something after `>`.
    #[error("invalid transform")]
    Shape,
    /// `{{...}}` around something that is not a function.
    #[error("unknown function")]
    UnknownFunction,
    /// The source has fewer wildcards.
    #[error("wildcard index out of range")]
    IndexOutOfRange,
    /// An argument is missing.
    #[error("not enough arguments passed to the function")]
    NotEnoughArguments,
    /// There are more arguments than the function has.
    #[error("too many arguments passed to the function")]
    TooManyArguments,
    /// An argument is not a number or a separator.
    #[error("function argument is invalid or in the wrong format")]
    InvalidArgument,
    /// An import has to use every wildcard, because replies and subscriptions go the other way.
    #[error("not using all of the token wildcard(s)")]
    UnusedWildcards,
    /// An import may only move tokens, because everything else can't be reversed.
    #[error("the only mapping function allowed for import transforms is {{{{Wildcard()}}}}")]
    NotForImport,
}

impl DestinationFault {
    /// The error for a token, or another text that names the place.
    pub(super) fn at(self, place: impl Into<Vec<u8>>) -> InvalidTransform {
        let place = String::from_utf8_lossy(&place.into()).into_owned();
        InvalidTransform::Destination { fault: self, place }
    }
}

struct InPlace<'a>(&'a str);

impl fmt::Display for InPlace<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return Ok(());
        }
        write!(f, " in {}", self.0)
    }
}

/// Why a subject was not transformed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NotTransformed {
    /// The subject has an empty token or a wildcard.
    #[error("invalid subject")]
    InvalidSubject,
    /// The source does not match the subject.
    #[error("no matching transforms available")]
    NoMatch,
}

/// Why a rule of an account's mappings can't be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidMapping {
    /// The source is not a subject.
    #[error("invalid subject")]
    Source,
    /// A destination is listed twice, be it for different clusters.
    #[error("duplicate entry for {0:?}")]
    Duplicate(String),
    /// More than 100 percent for one destination.
    #[error("individual weights need to be <= 100")]
    Weight,
    /// More than 100 percent for the destinations of one cluster, or for those without a cluster.
    #[error("total weight needs to be <= 100")]
    TotalWeight,
    /// A destination can't be used.
    #[error(transparent)]
    Transform(#[from] InvalidTransform),
}
