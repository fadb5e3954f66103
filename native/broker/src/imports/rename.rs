//! Names that an importing account has for the subjects of the exporting one, in both directions.

use nt_subject::Transform;
use nt_subject::transform::InvalidTransform;
use thiserror::Error;

/// Why something can't be imported.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidImport {
    /// The subject can't be subscribed to.
    #[error("the subject {0:?} of an import is invalid")]
    Subject(String),
    /// The subjects can't be renamed like that.
    #[error("the subject {subject:?} can't be imported as {to:?}: {error}")]
    Rename {
        /// Of the exporting account.
        subject: String,
        /// What it was to be called.
        to: String,
        /// What is wrong with that.
        error: InvalidTransform,
    },
    /// A name does not tell which subject it stands for.
    #[error("the subject {subject:?} can't be imported as {to:?}: use each wildcard once, and no function")]
    OneWay {
        /// Of the exporting account.
        subject: String,
        /// What it was to be called.
        to: String,
    },
}

/// Other names for imported subjects.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rename {
    forward: Transform,
    back: Transform,
    /// The pattern of the names.
    local: Box<[u8]>,
}

impl Rename {
    /// `to`: what the importing account calls `subject`, in the form of a transform's destination or with the same
    /// wildcards.
    pub fn new(subject: &str, to: &str) -> Result<Self, InvalidImport> {
        let names = || (subject.to_owned(), to.to_owned());
        let forward = Transform::for_import(subject.as_bytes(), to.as_bytes()).map_err(|error| {
            let (subject, to) = names();
            InvalidImport::Rename { subject, to, error }
        })?;
        let (Some(back), Some(local)) = (forward.reverse(), forward.destination_pattern()) else {
            let (subject, to) = names();
            return Err(InvalidImport::OneWay { subject, to });
        };
        Ok(Self {
            forward,
            back,
            local: local.into(),
        })
    }

    /// The pattern of the names in the importing account.
    pub fn local(&self) -> &[u8] {
        &self.local
    }

    /// What the importing account calls a subject of the exporting one.
    pub fn local_name(&self, subject: &[u8]) -> Vec<u8> {
        let mut name = Vec::new();
        self.forward.apply(subject, &mut no_chance, &mut name);
        name
    }

    /// What the exporting account calls a subject, or a pattern, of the importing one.
    pub fn exported_name(&self, local: &[u8]) -> Vec<u8> {
        let mut subject = Vec::new();
        self.back.apply(local, &mut no_chance, &mut subject);
        subject
    }
}

/// A transform that has a reverse has no function that depends on chance.
fn no_chance() -> u32 {
    debug_assert!(false, "an import only moves tokens");
    0
}
