//! Emptied buffers, kept to be used again, so that a stream of messages touches memory that is in the cache.
//!
//! Small ones stay with their loop. Large ones are shared: one loop fills them, another one writes and empties them.
//! Bounded, so that memory that only a burst needed is freed.

use parking_lot::Mutex;
use std::sync::Arc;

/// Largest buffer that counts as small.
pub(crate) const SMALL_BYTES: usize = 16 * 1024;
/// Room in a large buffer.
pub(crate) const LARGE_BYTES: usize = 128 * 1024;
const SMALL_KEPT: usize = 64;
const LARGE_KEPT: usize = 128;

/// Large buffers of all loops.
#[derive(Debug, Default)]
pub struct SharedBuffers {
    large: Mutex<Vec<Vec<u8>>>,
}

/// One loop's view.
#[derive(Debug)]
pub struct BufferPool {
    small: Vec<Vec<u8>>,
    shared: Arc<SharedBuffers>,
}

impl BufferPool {
    /// A pool over the shared buffers.
    pub fn new(shared: Arc<SharedBuffers>) -> Self {
        Self {
            small: Vec::new(),
            shared,
        }
    }

    /// An empty buffer for at least `room` bytes, kept small where that suffices.
    pub fn take_small(&mut self, room: usize) -> Vec<u8> {
        if room > SMALL_BYTES {
            return self.take_large(room);
        }
        let mut buffer = self.small.pop().unwrap_or_default();
        buffer.reserve(room);
        buffer
    }

    /// An empty buffer with plenty of room: at least `room` bytes.
    pub fn take_large(&mut self, room: usize) -> Vec<u8> {
        if room <= LARGE_BYTES
            && let Some(buffer) = self.shared.large.lock().pop()
        {
            return buffer;
        }
        Vec::with_capacity(room.max(LARGE_BYTES))
    }

    /// Gives a buffer back.
    pub fn put(&mut self, mut buffer: Vec<u8>) {
        buffer.clear();
        match buffer.capacity() {
            256..=SMALL_BYTES if self.small.len() < SMALL_KEPT => self.small.push(buffer),
            LARGE_BYTES => {
                let mut large = self.shared.large.lock();
                if large.len() < LARGE_KEPT {
                    large.push(buffer);
                }
            }
            _ => {}
        }
    }

    /// Frees everything, when the loop has gone idle.
    pub fn shrink(&mut self) {
        self.small = Vec::new();
        // Freed when others can take and give again.
        let large = std::mem::take(&mut *self.shared.large.lock());
        drop(large);
    }
}
