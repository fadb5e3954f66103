//! Messages for the control plane: frames in chunks, each of one run, bounded in bytes and messages.

use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Messages that may wait for one broker's control plane.
const MESSAGES_MAX: usize = 256 * 1024;
/// Bytes of frames that may wait for it.
const BYTES_MAX: usize = 64 << 20;
/// Status messages, which are short and end a request, may exceed both by this factor.
const STATUS_FACTOR: usize = 2;

/// Whole `MSG` and `HMSG` frames, in the order they were published. The sid is the handle of a subscription.
#[derive(Debug, Default)]
pub struct MessageBatch {
    /// Frames in `bytes`.
    pub messages: usize,
    /// The frames, one after the other.
    pub bytes: Vec<u8>,
    /// More messages wait: the reader must take another batch, it is not notified of them.
    pub more: bool,
}

/// What waits for the control plane of one broker: many loops write, the main thread reads.
#[derive(Debug)]
pub struct MessageQueue {
    /// Whose control plane reads it.
    broker: u32,
    inner: Mutex<Inner>,
    messages: AtomicUsize,
    bytes: AtomicUsize,
    dropped: AtomicU64,
}

#[derive(Debug, Default)]
struct Inner {
    chunks: VecDeque<Chunk>,
    /// The reader was notified, or knows that more messages wait.
    notified: bool,
}

#[derive(Debug)]
struct Chunk {
    messages: usize,
    bytes: Vec<u8>,
}

impl MessageQueue {
    /// An empty queue of one broker.
    pub(crate) fn new(broker: u32) -> Self {
        Self {
            broker,
            inner: Mutex::default(),
            messages: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            dropped: AtomicU64::new(0),
        }
    }

    /// Adds frames. Returns whether the reader must be notified.
    #[must_use]
    fn push(&self, messages: usize, bytes: Vec<u8>) -> bool {
        self.messages.fetch_add(messages, Ordering::Relaxed);
        self.bytes.fetch_add(bytes.len(), Ordering::Relaxed);
        let mut inner = self.inner.lock();
        inner.chunks.push_back(Chunk { messages, bytes });
        !std::mem::replace(&mut inner.notified, true)
    }

    /// Whether one more frame of `len` bytes may be added to what waits and what is `staged`.
    fn has_room(&self, staged: &StagedMessages, len: usize, is_status: bool) -> bool {
        let factor = if is_status { STATUS_FACTOR } else { 1 };
        self.messages.load(Ordering::Relaxed) + staged.messages < MESSAGES_MAX * factor
            && self.bytes.load(Ordering::Relaxed) + staged.bytes.len() + len <= BYTES_MAX * factor
    }

    /// Takes chunks from the front until they hold `messages_max` messages or `bytes_max` bytes; at least one, if any.
    pub fn take(&self, messages_max: usize, bytes_max: usize) -> MessageBatch {
        let mut batch = MessageBatch::default();
        let mut inner = self.inner.lock();
        while batch.messages < messages_max
            && batch.bytes.len() < bytes_max
            && let Some(chunk) = inner.chunks.pop_front()
        {
            batch.messages += chunk.messages;
            if batch.bytes.is_empty() {
                batch.bytes = chunk.bytes;
            } else {
                batch.bytes.extend_from_slice(&chunk.bytes);
            }
        }
        batch.more = !inner.chunks.is_empty();
        inner.notified = batch.more;
        drop(inner);
        self.messages.fetch_sub(batch.messages, Ordering::Relaxed);
        self.bytes.fetch_sub(batch.bytes.len(), Ordering::Relaxed);
        batch
    }

    /// Messages that wait right now, for monitoring.
    pub fn len(&self) -> usize {
        self.messages.load(Ordering::Relaxed)
    }

    /// Whether no message waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Messages that found no room since the start.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

/// Frames of one run for one queue, until the run ends.
#[derive(Debug)]
pub(crate) struct StagedMessages {
    queue: Arc<MessageQueue>,
    messages: usize,
    bytes: Vec<u8>,
}

impl StagedMessages {
    pub fn new(queue: Arc<MessageQueue>) -> Self {
        Self {
            queue,
            messages: 0,
            bytes: Vec::new(),
        }
    }

    pub fn is_for(&self, queue: &Arc<MessageQueue>) -> bool {
        Arc::ptr_eq(&self.queue, queue)
    }

    /// Adds a frame, given in parts. False: there is no room, which is counted.
    pub fn add(&mut self, parts: &[&[u8]], is_status: bool) -> bool {
        let len = parts.iter().map(|part| part.len()).sum();
        if !self.queue.has_room(self, len, is_status) {
            self.queue.dropped.fetch_add(1, Ordering::Relaxed);
            return false;
        }
        self.bytes.reserve(len);
        for part in parts {
            self.bytes.extend_from_slice(part);
        }
        self.messages += 1;
        true
    }

    /// Hands the frames over. Returns the broker whose control plane must be notified, if it must.
    #[must_use]
    pub fn send(self) -> Option<u32> {
        debug_assert_eq!(self.messages == 0, self.bytes.is_empty(), "a frame is never empty");
        let notify = self.messages > 0 && self.queue.push(self.messages, self.bytes);
        notify.then_some(self.queue.broker)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn staged(queue: &Arc<MessageQueue>, frames: &[&[u8]]) -> StagedMessages {
        let mut staged = StagedMessages::new(queue.clone());
        for frame in frames {
            assert!(staged.add(&[frame], false));
        }
        staged
    }

    #[test]
    fn notifies_once_until_everything_is_taken() {
        let queue = Arc::new(MessageQueue::new(7));
        assert_eq!(staged(&queue, &[b"a", b"b"]).send(), Some(7));
        assert_eq!(staged(&queue, &[b"c"]).send(), None, "the reader knows already");
        let batch = queue.take(2, usize::MAX);
        assert_eq!((batch.messages, &batch.bytes[..], batch.more), (2, &b"ab"[..], true));
        assert_eq!(staged(&queue, &[b"d"]).send(), None, "the reader asks again by itself");
        let batch = queue.take(10, usize::MAX);
        assert_eq!((batch.messages, &batch.bytes[..], batch.more), (2, &b"cd"[..], false));
        assert!(queue.is_empty());
        assert_eq!(staged(&queue, &[b"e"]).send(), Some(7));
    }

    #[test]
    fn a_full_queue_takes_status_messages_only() {
        let queue = Arc::new(MessageQueue::new(7));
        let large = vec![b'x'; BYTES_MAX];
        let mut full = StagedMessages::new(queue.clone());
        assert!(full.add(&[&large], false));
        assert!(!full.add(&[b"x"], false));
        assert!(full.add(&[b"503"], true));
        assert_eq!(full.send(), Some(7));
        assert!(!StagedMessages::new(queue.clone()).add(&[b"x"], false));
        assert_eq!(queue.dropped(), 2);
        queue.take(1, 1);
        assert!(StagedMessages::new(queue).add(&[b"x"], false), "there is room again");
    }
}
