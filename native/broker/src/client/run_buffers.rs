//! Memory that runs of messages need, kept from one run to the next.
//!
//! Owns nothing of a message: a run that takes a buffer gives it back at its end.

use crate::delivery::burst::BurstFrame;

/// Buffers of one shard.
#[derive(Debug, Default)]
pub(crate) struct RunBuffers {
    touched: Vec<u32>,
    /// The messages of the burst that is being delivered.
    pub(super) burst: Vec<BurstFrame>,
    frame: Vec<u8>,
    headers: Vec<u8>,
}

impl RunBuffers {
    /// For the results that have uncounted deliveries.
    pub fn take_touched(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.touched)
    }

    pub fn reuse_touched(&mut self, emptied: Vec<u32>) {
        debug_assert!(emptied.is_empty(), "a run counts all its deliveries");
        self.touched = emptied;
    }

    /// For frames that can't be borrowed from the input.
    #[inline]
    pub fn take_frame(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.frame)
    }

    #[inline]
    pub fn reuse_frame(&mut self, buffer: Vec<u8>) {
        self.frame = buffer;
    }

    /// For headers that are not the client's own.
    pub fn take_headers(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.headers)
    }

    pub fn reuse_headers(&mut self, mut buffer: Vec<u8>) {
        buffer.clear();
        self.headers = buffer;
    }

    #[cfg(test)]
    pub fn frame_capacity(&self) -> usize {
        self.frame.capacity()
    }
}
