//! Hashes of keys that peers choose: fast, and from a seed that peers don't know.
//!
//! The seed comes from the driver like every other chance, so that the simulator sees the same hashes in every process.

use foldhash::SharedSeed;
use foldhash::fast::FoldHasher;
use std::hash::Hasher;

/// What a table's hashes depend on besides the keys.
#[derive(Debug)]
pub struct HashSeed {
    own: u64,
    shared: SharedSeed,
}

impl HashSeed {
    /// `random` is a secret; the same one gives the same hashes.
    pub fn new(random: u64) -> Self {
        Self {
            own: random.rotate_left(32) ^ 0x9E37_79B9_7F4A_7C15,
            shared: SharedSeed::from_u64(random),
        }
    }

    /// The hash of a key.
    #[inline]
    pub fn hash(&self, key: &[u8]) -> u64 {
        self.hash_in(0, key)
    }

    /// A hasher that depends on the seed.
    #[inline]
    pub(crate) fn hasher(&self) -> FoldHasher<'_> {
        FoldHasher::with_seed(self.own, &self.shared)
    }

    /// The hash of a key in one of several spaces.
    #[inline]
    pub fn hash_in(&self, space: u32, key: &[u8]) -> u64 {
        let mut hasher = FoldHasher::with_seed(self.own ^ u64::from(space), &self.shared);
        hasher.write(key);
        hasher.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_hash_and_another_one_another() {
        let hash = |seed, space, key: &str| HashSeed::new(seed).hash_in(space, key.as_bytes());
        assert_eq!(hash(1, 2, "a.b"), hash(1, 2, "a.b"));
        assert_ne!(hash(1, 2, "a.b"), hash(2, 2, "a.b"));
        assert_ne!(hash(1, 2, "a.b"), hash(1, 3, "a.b"));
        assert_ne!(hash(1, 2, "a.b"), hash(1, 2, "a.c"));
    }

    #[test]
    fn short_and_long_keys_spread() {
        let seed = HashSeed::new(7);
        for length in [1, 8, 16, 17, 40] {
            let key = |n: usize| format!("{n:0length$}").into_bytes();
            let mut low: Vec<u64> = (0..8).map(|n| seed.hash(&key(n)) & 0xFFFF).collect();
            low.sort_unstable();
            low.dedup();
            assert!(low.len() >= 7, "length {length}");
        }
    }
}
