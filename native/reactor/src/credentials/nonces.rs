//! Nonces that nobody can predict: a keyed hash (HMAC-SHA-256) of a counter, under a secret that the system gave.
//!
//! Owns the secret, which never leaves. It costs no system call per connection, and fails only where it is made.

use nt_broker::{NONCE_BYTES, NonceSource};
use ring::hmac;
use ring::rand::SystemRandom;
use std::io;

pub(crate) struct Nonces(hmac::Key);

impl Nonces {
    /// # Errors
    /// The system has no randomness to give.
    pub fn new() -> io::Result<Self> {
        hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new())
            .map(Self)
            .map_err(|_| io::Error::other("the system gives no random bytes for nonces"))
    }

    /// The nonces of one loop; no other loop has them.
    pub fn of_loop(&self, index: u16) -> NonceSource {
        let key = self.0.clone();
        let mut count = 0u64;
        Box::new(move || {
            count += 1;
            let mut context = hmac::Context::with_key(&key);
            context.update(&index.to_le_bytes());
            context.update(&count.to_le_bytes());
            let tag = context.sign();
            std::array::from_fn::<u8, NONCE_BYTES, _>(|at| tag.as_ref()[at])
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_nonce_comes_twice_on_any_loop_or_after_a_start() {
        let runs: Vec<Nonces> = (0..2).map(|_| Nonces::new().expect("randomness")).collect();
        let mut seen = HashSet::new();
        for (run, index) in runs.iter().flat_map(|run| (0..3).map(move |index| (run, index))) {
            let mut next = run.of_loop(index);
            assert!((0..1000).all(|_| seen.insert(next())));
        }
    }
}
