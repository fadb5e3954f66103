//! Fixed headers as fields one after another, little endian. Nothing here panics on short input: a header is taken as an
//! array first.

use crate::hash::Chain;

/// Reads the fields of a header in order. What lies behind its end reads as zero.
pub(crate) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub fn new(header: &'a [u8]) -> Self {
        Self { rest: header }
    }

    fn take<const N: usize>(&mut self) -> [u8; N] {
        match self.rest.split_first_chunk() {
            Some((field, rest)) => {
                self.rest = rest;
                *field
            }
            None => [0; N],
        }
    }

    pub fn u8(&mut self) -> u8 {
        self.take::<1>()[0]
    }

    pub fn u16(&mut self) -> u16 {
        u16::from_le_bytes(self.take())
    }

    pub fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.take())
    }

    pub fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.take())
    }

    pub fn i64(&mut self) -> i64 {
        i64::from_le_bytes(self.take())
    }

    pub fn chain(&mut self) -> Chain {
        Chain::from_bytes(self.take())
    }
}

/// Writes fields into a header of a fixed size, in order.
pub(crate) struct Writer<const N: usize> {
    header: [u8; N],
    used: usize,
}

impl<const N: usize> Writer<N> {
    pub fn new() -> Self {
        Self {
            header: [0; N],
            used: 0,
        }
    }

    #[inline]
    pub fn put<const M: usize>(&mut self, field: [u8; M]) -> &mut Self {
        self.header[self.used..self.used + M].copy_from_slice(&field);
        self.used += M;
        self
    }

    /// The fields so far.
    #[inline]
    pub fn so_far(&self) -> &[u8] {
        &self.header[..self.used]
    }

    #[inline]
    pub fn finish(&self) -> [u8; N] {
        self.header
    }
}

/// The next multiple of 8: records and sections begin at one.
#[inline]
pub(crate) const fn aligned(length: usize) -> usize {
    (length + 7) & !7
}
