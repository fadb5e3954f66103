//! Checks of credentials that take long: threads of their own, so that neither an event loop nor the main thread waits
//! for them.
//!
//! Passwords and signatures have different threads, since a password takes a thousand times as long: a flood of
//! passwords delays no signature. In each of the two queues addresses take turns, so a flood from one address delays
//! the others by one check at most. Never knows the connection of a check: the answer goes to the number that came with
//! it.

mod fair_queue;
mod nonces;
mod passwords;
mod pool;
mod signatures;

pub(crate) use nonces::Nonces;
pub use passwords::hash_password;

use crate::credentials::passwords::Passwords;
use crate::credentials::pool::Pool;
use crate::credentials::signatures::{is_signed, signing_proxy};
use crate::runtime::Runtime;
use nt_broker::{AdmissionId, CredentialCheck, CredentialQuestion, Verdict};
use std::sync::Arc;

/// All of them.
pub(crate) struct Credentials {
    passwords: Pool,
    signatures: Pool,
    known: Passwords,
}

impl Default for Credentials {
    fn default() -> Self {
        Self {
            passwords: Pool::new("nt-passwords"),
            signatures: Pool::new("nt-signatures"),
            known: Passwords::default(),
        }
    }
}

impl Credentials {
    /// Passwords, and signatures, that wait or are being checked.
    pub fn waiting(&self) -> [(&'static str, usize); 2] {
        [
            ("password checks", self.passwords.len()),
            ("signature checks", self.signatures.len()),
        ]
    }

    /// Queues checks. Each one that is still needed when its turn comes is answered, at once where the password is
    /// known.
    pub fn submit(&self, runtime: &Arc<Runtime>, checks: Vec<CredentialCheck>) {
        let (mut passwords, mut signatures) = (Vec::new(), Vec::new());
        for check in checks {
            match &check.question {
                CredentialQuestion::Password { hash, password } if self.known.knows(hash, password) => {
                    runtime.answer(check.id, Verdict::Credential(true));
                }
                CredentialQuestion::Password { .. } => passwords.push(check),
                CredentialQuestion::Signature { .. } | CredentialQuestion::Proxy { .. } => signatures.push(check),
            }
        }
        self.passwords
            .submit(runtime, passwords, |own| &own.credentials.passwords);
        self.signatures
            .submit(runtime, signatures, |own| &own.credentials.signatures);
    }

    /// Takes as long as the check does.
    fn verdict(&self, question: &CredentialQuestion) -> Verdict {
        match question {
            CredentialQuestion::Password { hash, password } => Verdict::Credential(self.known.is_right(hash, password)),
            CredentialQuestion::Signature { key, nonce, signature } => {
                Verdict::Credential(is_signed(*key, nonce.as_ref(), signature))
            }
            CredentialQuestion::Proxy { keys, nonce, signature } => {
                Verdict::Proxy(signing_proxy(keys, nonce.as_ref(), signature))
            }
        }
    }

    /// Answers one check, if it is still needed.
    fn answer(&self, runtime: &Runtime, check: &CredentialCheck) {
        if check.is_needed() {
            runtime.answer(check.id, self.verdict(&check.question));
        }
    }

    /// Ends all threads; queued checks are not answered.
    pub fn stop(&self) {
        self.passwords.stop();
        self.signatures.stop();
    }
}

/// Refuses those that can't be checked.
fn refuse(runtime: &Runtime, ids: impl IntoIterator<Item = AdmissionId>) {
    ids.into_iter()
        .for_each(|id| runtime.answer(id, Verdict::Credential(false)));
}
