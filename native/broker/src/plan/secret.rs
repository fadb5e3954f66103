//! Passwords and tokens as operators write them: as plain text, or as a bcrypt hash.
//!
//! Compares plain text. To compute a bcrypt hash takes some hundred milliseconds, so here a comparison only returns the
//! hash that a thread has to compute. No `Debug` output shows a secret.

use std::fmt;
use std::sync::Arc;

/// A password or a token of the plan.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Kind);

#[derive(Clone, PartialEq, Eq)]
enum Kind {
    Plain(String),
    Bcrypt(Arc<str>),
}

/// The result of a comparison with what a client sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Comparison {
    Same,
    Different,
    /// This bcrypt hash has to be computed from what the client sent.
    Hashed(Arc<str>),
}

impl Secret {
    /// A text like `$2b$10$…` is a bcrypt hash, everything else is plain text.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        Self(if is_bcrypt(&text) {
            Kind::Bcrypt(text.into())
        } else {
            Kind::Plain(text)
        })
    }

    /// The bcrypt hash, if it is one.
    pub(crate) fn hash(&self) -> Option<&Arc<str>> {
        match &self.0 {
            Kind::Plain(_) => None,
            Kind::Bcrypt(hash) => Some(hash),
        }
    }

    pub(crate) fn compare(&self, given: &str) -> Comparison {
        match &self.0 {
            Kind::Plain(text) if same(text, given) => Comparison::Same,
            Kind::Plain(_) => Comparison::Different,
            Kind::Bcrypt(hash) => Comparison::Hashed(hash.clone()),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Kind::Plain(_) => "Secret(plain)",
            Kind::Bcrypt(_) => "Secret(bcrypt)",
        })
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

/// `$2a$`, `$2b$`, `$2x$` or `$2y$`, then two digits of cost and another `$`.
fn is_bcrypt(text: &str) -> bool {
    matches!(text.as_bytes(), [b'$', b'2', b'a' | b'b' | b'x' | b'y', b'$', c1, c2, b'$', ..]
        if c1.is_ascii_digit() && c2.is_ascii_digit())
}

/// Compares secrets in a time that depends on the length of what the client sent only.
fn same(secret: &str, given: &str) -> bool {
    let (secret, given) = (secret.as_bytes(), given.as_bytes());
    let mut differs = u8::from(secret.len() != given.len());
    for (i, g) in given.iter().enumerate() {
        differs |= g ^ secret.get(i).copied().unwrap_or(0);
    }
    std::hint::black_box(differs) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_known_by_its_prefix() {
        for hash in ["$2a$11$abc", "$2b$04$", "$2x$31$x", "$2y$10$x"] {
            assert_eq!(Secret::new(hash).compare(hash), Comparison::Hashed(hash.into()));
        }
        for plain in [
            "",
            "secret",
            "$2a$1$abc",
            "$2c$11$abc",
            "$2a$11",
            "x$2a$11$abc",
            "$2a$1x$",
        ] {
            assert_eq!(Secret::new(plain).compare(plain), Comparison::Same);
            assert_eq!(Secret::new(plain).compare("other"), Comparison::Different);
        }
    }

    #[test]
    fn debug_output_shows_no_secret() {
        for text in ["s3cret", "$2a$11$s3cret"] {
            assert!(!format!("{:?}", Secret::new(text)).contains("s3cret"));
        }
    }
}
