//! Decisions about CONNECTs that are made outside the shard: what is asked, and about which connection.
//!
//! Owns the numbers of the decisions this shard waits for. A number is used once in the life of a runtime, so an answer
//! that comes late, twice, or for a connection that has closed or was asked about again finds no number here and
//! changes nothing. Knows neither threads nor the embedding program: it gives out questions and takes answers.

use crate::client::nonce::Nonce;
use crate::plan::users::User;
use nt_protocol::{ConnectOptions, PublicKey};
use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Weak};

/// The number of one decision that a shard waits for. Names the shard's loop as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AdmissionId(u64);

/// Bits of the number that name the loop: whole numbers up to 2^53 cross into JavaScript unharmed.
const REACTOR_BITS: u32 = 16;

impl AdmissionId {
    /// The number, to be carried through places that know numbers only.
    pub fn to_number(self) -> u64 {
        self.0
    }

    /// The inverse of [`Self::to_number`]. No question has any other number.
    pub fn from_number(number: u64) -> Self {
        Self(number)
    }

    /// The loop to answer to.
    pub fn reactor(self) -> u16 {
        (self.0 & ((1 << REACTOR_BITS) - 1)) as u16
    }
}

/// A credential whose check takes long.
pub struct CredentialCheck {
    /// For the answer.
    pub id: AdmissionId,
    /// The address of the client: one client must not delay those of other addresses.
    pub address: IpAddr,
    /// What is to be checked.
    pub question: CredentialQuestion,
    needed: Weak<()>,
}

/// What is asked about a credential.
pub enum CredentialQuestion {
    /// Whether a password has a bcrypt hash.
    Password {
        /// The hash it should have.
        hash: Arc<str>,
        /// What the client sent.
        password: String,
    },
    /// Whether a client has signed its nonce.
    Signature {
        /// The key it should have signed with. `None`: there is none; the answer is no, and takes as long as any other.
        key: Option<PublicKey>,
        /// What it was given to sign. `None`: it was given nothing, and the answer is no.
        nonce: Option<Nonce>,
        /// What the client sent.
        signature: String,
    },
    /// Which proxy has signed the nonce.
    Proxy {
        /// Those that may have.
        keys: Vec<PublicKey>,
        /// What the client was given. `None`: it was given nothing, and no proxy has.
        nonce: Option<Nonce>,
        /// What the client sent.
        signature: String,
    },
}

impl CredentialCheck {
    /// Whether the connection still waits for it.
    pub fn is_needed(&self) -> bool {
        self.needed.strong_count() > 0
    }
}

impl fmt::Debug for CredentialCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CredentialCheck")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// A question to the embedding program: may this client connect, and as which user?
#[derive(Debug, Clone)]
pub struct AdmissionRequest {
    /// For the answer.
    pub id: AdmissionId,
    /// The number of the connection.
    pub cid: u64,
    /// The address of the client.
    pub address: SocketAddr,
    /// What it sent.
    pub connect: ConnectOptions,
}

/// An answer.
#[derive(Debug)]
pub enum Verdict {
    /// To a [`CredentialCheck`].
    Credential(bool),
    /// To one about a proxy: which it is.
    Proxy(Option<PublicKey>),
    /// To an [`AdmissionRequest`]: who the client is; `None`: refused.
    Embedder(Option<Arc<User>>),
}

/// Held by the connection that waits: its question needs an answer as long as this exists.
pub(crate) type Needed = Arc<()>;

pub(crate) struct Admissions {
    reactor: u16,
    last: u64,
    /// Slots by number.
    waiting: BTreeMap<AdmissionId, u32>,
    /// To be taken by the loop.
    checks: Vec<CredentialCheck>,
}

impl Admissions {
    pub fn new(reactor: u16) -> Self {
        Self {
            reactor,
            last: 0,
            waiting: BTreeMap::new(),
            checks: Vec::new(),
        }
    }

    /// A decision about the connection in that slot is waited for.
    pub fn begin(&mut self, slot: u32) -> AdmissionId {
        self.last += 1;
        let id = AdmissionId(self.last << REACTOR_BITS | u64::from(self.reactor));
        self.waiting.insert(id, slot);
        id
    }

    /// The decision is not waited for any more. Returns the slot, unless it had ended before.
    pub fn end(&mut self, id: AdmissionId) -> Option<u32> {
        self.waiting.remove(&id)
    }

    /// Connections that wait.
    pub fn waiting(&self) -> impl Iterator<Item = u32> {
        self.waiting.values().copied()
    }

    /// Asks for a credential to be checked.
    pub fn check(&mut self, id: AdmissionId, address: IpAddr, question: CredentialQuestion, needed: &Needed) {
        self.checks.push(CredentialCheck {
            id,
            address,
            question,
            needed: Arc::downgrade(needed),
        });
    }

    pub fn take_checks(&mut self) -> Vec<CredentialCheck> {
        std::mem::take(&mut self.checks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_answered_once() {
        let mut admissions = Admissions::new(3);
        let (first, second) = (admissions.begin(7), admissions.begin(7));
        assert_ne!(first, second);
        assert_eq!(AdmissionId::from_number(first.to_number()), first);
        assert_eq!((first.reactor(), second.reactor()), (3, 3));
        assert_eq!(admissions.end(first), Some(7));
        assert_eq!(admissions.end(first), None);
        assert_eq!(admissions.end(AdmissionId::from_number(u64::MAX)), None);
    }
}
