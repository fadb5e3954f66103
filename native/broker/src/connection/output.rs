//! Output of a connection: what is queued is counted, and what is written leaves the queue.
//!
//! Every message that is queued is counted here, in the same call. Never writes to a socket.

use crate::connection::Conn;
use crate::connection::buffer_pool::BufferPool;
use crate::connection::out_queue::OutQueue;
use crate::delivery::burst::Burst;
use crate::delivery::byte_range::ByteRange;

impl Conn {
    /// What waits to be written.
    #[inline]
    pub fn out(&self) -> &OutQueue {
        &self.out
    }

    /// Queues a message given as two parts.
    #[inline]
    pub(crate) fn queue_frame(&mut self, prefix: &[u8], tail: &[u8], payload_bytes: usize, pool: &mut BufferPool) {
        self.out.push2(prefix, tail, pool);
        self.counters.count_out(1, payload_bytes as u64);
    }

    /// Queues the messages of a burst. Returns the bytes of their frames.
    #[inline]
    pub(crate) fn queue_burst(&mut self, prefix: ByteRange<'_>, burst: Burst<'_>, pool: &mut BufferPool) -> usize {
        let before = self.out.len();
        self.out.push_burst(prefix, burst, pool);
        let payload_bytes = burst.frames.iter().map(|frame| u64::from(frame.size)).sum();
        self.counters.count_out(burst.frames.len() as u64, payload_bytes);
        self.out.len() - before
    }

    /// Queues messages that another loop has staged.
    pub(crate) fn queue_batch(&mut self, frames: Vec<u8>, messages: u32, payload_bytes: u64, pool: &mut BufferPool) {
        self.counters.count_out(u64::from(messages), payload_bytes);
        self.out.push_chunk(frames, pool);
    }

    /// Queues bytes that are no message.
    pub(crate) fn queue_bytes(&mut self, bytes: &[u8], pool: &mut BufferPool) {
        self.out.push(bytes, pool);
    }

    /// So many bytes were written to the socket.
    pub(crate) fn note_written(&mut self, written: usize, pool: &mut BufferPool) {
        debug_assert!(written <= self.out.len(), "only what waited is written");
        self.out.advance(written, pool);
        self.write.note_written(written);
    }

    /// Nothing that waits will be written.
    pub fn drop_output(&mut self) {
        self.out.clear();
    }

    /// Messages for it were left out: it is closed at its next flush.
    pub(crate) fn note_overflow(&mut self) {
        self.overflowed = true;
    }

    /// The loop has taken it from the list of connections with output.
    pub fn left_dirty_list(&mut self) {
        self.in_dirty_list = false;
    }

    /// Counts messages it sent.
    #[inline]
    pub(crate) fn count_in(&mut self, messages: u64, payload_bytes: u64) {
        self.counters.count_in(messages, payload_bytes);
    }

    /// Counts messages that were queued as bytes.
    pub(crate) fn count_out(&mut self, messages: u64, payload_bytes: u64) {
        self.counters.count_out(messages, payload_bytes);
    }

    #[inline]
    pub(crate) fn publish_in_counters(&self) {
        self.counters.publish_in(self.shared.traffic());
    }

    pub(crate) fn publish_out_counters(&self) {
        self.counters.publish_out(self.shared.traffic());
    }

    /// A request reached it: it may answer, if its user may answer at all and not publish there anyway.
    pub(crate) fn grant_reply(&mut self, reply: &[u8], now_ns: u64) {
        if let Some(permissions) = &self.permissions
            && let Some(allowance) = permissions.allow_responses
            && !permissions.may_publish(reply)
        {
            self.client_mut().grant_reply(reply, allowance, now_ns);
        }
    }
}
