//! bcrypt passwords: whether one is right, and the hashes of new ones.
//!
//! Owns a cache of passwords that were right: keyed hashes of a password with its bcrypt hash. Many clients of one user
//! that reconnect cost one check, an entry is useless once the user's hash has changed, and no password can be read from
//! it.

use parking_lot::Mutex;
use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasher, RandomState};

/// Right passwords in the cache.
const REMEMBERED_MAX: usize = 16 * 1024;
/// bcrypt reads no further.
const PASSWORD_BYTES_MAX: usize = 72;

#[derive(Default)]
pub(super) struct Passwords(Mutex<Memory>);

impl Passwords {
    /// Whether this password is known to have that hash. Takes no time.
    pub fn knows(&self, hash: &str, password: &str) -> bool {
        self.0.lock().knows(hash, password)
    }

    /// Whether this password has that hash. Takes as long as the hash says, unless it is known.
    pub fn is_right(&self, hash: &str, password: &str) -> bool {
        // Another client may have sent the same password meanwhile.
        let is_known = self.knows(hash, password);
        let is_right = is_known || is_right(hash, password);
        if is_right {
            self.0.lock().remember(hash, password);
        }
        is_right
    }
}

/// Takes some milliseconds to seconds, as the hash says. A hash that is none fits nothing.
fn is_right(hash: &str, password: &str) -> bool {
    bcrypt::verify(password, hash).unwrap_or(false)
}

/// The bcrypt hash of a password, with a salt from the system. Takes the calling thread as long as a check of it.
///
/// # Errors
/// The cost is not one of 4 to 31, the password has more than the 72 bytes that bcrypt reads, or the system has no
/// randomness to give.
pub fn hash_password(password: &str, cost: u32) -> Result<String, String> {
    if password.len() > PASSWORD_BYTES_MAX {
        return Err(format!(
            "a password for bcrypt has at most {PASSWORD_BYTES_MAX} bytes, this one has {}",
            password.len()
        ));
    }
    // Of all versions nats-server's configuration takes only this one without quotes.
    bcrypt::hash_with_result(password, cost)
        .map(|parts| parts.format_for_version(bcrypt::Version::TwoA))
        .map_err(|error| error.to_string())
}

/// Passwords that were right, by keyed hash; the oldest go first.
#[derive(Default)]
struct Memory {
    /// Each hash has 64 bits: two make guessing hopeless.
    keys: [RandomState; 2],
    known: HashSet<[u64; 2]>,
    order: VecDeque<[u64; 2]>,
}

impl Memory {
    fn entry(&self, hash: &str, password: &str) -> [u64; 2] {
        let keyed = |key: &RandomState| key.hash_one((hash, password));
        [keyed(&self.keys[0]), keyed(&self.keys[1])]
    }

    fn knows(&self, hash: &str, password: &str) -> bool {
        self.known.contains(&self.entry(hash, password))
    }

    fn remember(&mut self, hash: &str, password: &str) {
        let entry = self.entry(hash, password);
        if !self.known.insert(entry) {
            return;
        }
        self.order.push_back(entry);
        if self.order.len() > REMEMBERED_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_right_is_known_for_that_hash_only() {
        let mut memory = Memory::default();
        memory.remember("hash", "secret");
        assert!(memory.knows("hash", "secret"));
        assert!(!memory.knows("hash", "secre"));
        assert!(!memory.knows("other", "secret"), "the password changed");
        assert!(!memory.knows("hashs", "ecret"));
    }

    #[test]
    fn the_oldest_are_forgotten() {
        let mut memory = Memory::default();
        for number in 0..=REMEMBERED_MAX {
            memory.remember("hash", &number.to_string());
            memory.remember("hash", &number.to_string());
        }
        assert_eq!(
            (memory.known.len(), memory.order.len()),
            (REMEMBERED_MAX, REMEMBERED_MAX)
        );
        assert!(!memory.knows("hash", "0") && memory.knows("hash", "1"));
    }

    #[test]
    fn a_hash_fits_its_password_only_and_has_a_salt_of_its_own() {
        for password in ["secret", "p\u{e4}ss", &"x".repeat(PASSWORD_BYTES_MAX)] {
            let hash = hash_password(password, 4).expect("a cost that bcrypt knows");
            assert!(hash.starts_with("$2a$04$"), "{hash}");
            assert!(is_right(&hash, password) && !is_right(&hash, &password[1..]));
            assert_ne!(hash, hash_password(password, 4).expect("as before"));
        }
    }

    #[test]
    fn what_bcrypt_would_cut_off_or_does_not_know_is_refused() {
        let long = hash_password(&"x".repeat(PASSWORD_BYTES_MAX + 1), 4).expect_err("73 bytes");
        assert!(long.contains("at most 72 bytes"), "{long}");
        assert!(hash_password("secret", 3).is_err() && hash_password("secret", 32).is_err());
    }

    #[test]
    fn hashes_of_all_kinds_are_computed() {
        let hash = "$2b$04$5fStEcsEuaFjijlafVyS2.uGUdCszD/xZw.37OkMlLgrv.HaQtacm";
        for version in ["2a", "2b", "2x", "2y"] {
            let hash = hash.replace("2b", version);
            assert!(is_right(&hash, "secret") && !is_right(&hash, "Secret"));
            assert!(!is_right(&hash, &hash));
        }
        for broken in [
            "$2b$04$",
            "$2b$99$5fStEcsEuaFjijlafVyS2.uGUdCszD/xZw.37OkMlLgrv.HaQtacm",
        ] {
            assert!(!is_right(broken, "secret"));
        }
    }
}
