//! Random numbers for choices that only have to be even: the member of a queue group, the share of a weighted mapping.

/// xorshift64: fast and even enough for spreading load. Can be predicted: not for secrets.
#[derive(Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    /// A number in `0..n`; `n` is far below 2^32.
    #[inline]
    pub fn below(&mut self, n: u32) -> u32 {
        debug_assert!(n > 0, "there is no number below 0");
        ((u64::from(self.next_u32()) * u64::from(n)) >> 32) as u32
    }

    /// Any number.
    #[inline]
    pub fn next_u32(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 32) as u32
    }
}
