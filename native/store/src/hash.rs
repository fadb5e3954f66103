//! The one hash of the store, XXH3 with 64 bits, and the chain that it makes of the records of a stream.
//!
//! It finds damage by accident. It is no defence against somebody who writes to the store's files.

use crate::record::StreamId;
use twox_hash::XxHash3_64;

/// The hash of these bytes. Another seed gives unrelated values.
#[inline]
pub(crate) fn hash(seed: u64, bytes: &[u8]) -> u64 {
    XxHash3_64::oneshot_with_seed(seed, bytes)
}

/// The hash of some numbers.
pub(crate) fn hash_numbers<const N: usize>(numbers: [u64; N]) -> u64 {
    let mut bytes = [[0; 8]; N];
    for (eight, number) in bytes.iter_mut().zip(numbers) {
        *eight = number.to_le_bytes();
    }
    hash(0, bytes.as_flattened())
}

/// What a record of a stream, and with it all records before, is known by. The next record is sealed with it, so that a
/// record is valid in one place only: behind its predecessor, in its stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chain(u64);

impl Chain {
    /// Where a chain begins: before the first record of a stream, or behind records that are lost.
    pub fn origin(stream: StreamId, index: u64) -> Self {
        Self(hash_numbers([stream.0, index]))
    }

    /// The chain after a record with this header.
    #[inline]
    pub(crate) fn after(self, header: &[u8]) -> Self {
        Self(hash(self.0, header))
    }

    pub(crate) fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(u64::from_le_bytes(bytes))
    }

    pub(crate) fn to_bytes(self) -> [u8; 8] {
        self.0.to_le_bytes()
    }
}
