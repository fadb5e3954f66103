//! Buffers that are used again: sections and frames come and go with every commit.

const COUNT_MAX: usize = 1024;
const CAPACITY_MAX: usize = 1 << 20;
const ALL_MAX: usize = 16 << 20;

/// Empty buffers, bounded in number and bytes.
#[derive(Debug, Default)]
pub(super) struct Buffers {
    free: Vec<Vec<u8>>,
    bytes: usize,
}

impl Buffers {
    pub fn take(&mut self) -> Vec<u8> {
        let buffer = self.free.pop().unwrap_or_default();
        self.bytes -= buffer.capacity();
        buffer
    }

    pub fn give_back(&mut self, mut buffer: Vec<u8>) {
        let capacity = buffer.capacity();
        if self.free.len() < COUNT_MAX && capacity <= CAPACITY_MAX && self.bytes + capacity <= ALL_MAX {
            buffer.clear();
            self.bytes += capacity;
            self.free.push(buffer);
        }
    }
}
