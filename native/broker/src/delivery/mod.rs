//! Delivery of messages to subscribers: resolved subjects, and frames staged for output queues and other loops.
//!
//! Owns what is staged for other loops and for control planes, the limits of the run under way, and the buffers. Writes
//! to connections here only what is queued, counted and granted with a message. Never changes interest: subscriptions
//! that got their last message are noted, and removed after the interest is unlocked. Never wakes a loop itself.

pub(crate) mod backlog;
pub(crate) mod burst;
pub(crate) mod byte_range;
mod deliver;
pub(crate) mod frame;
mod internal;
mod remote;
pub(crate) mod remote_batch;
pub(crate) mod resolved;
pub(crate) mod result_cache;

use crate::connection::Conn;
use crate::connection::buffer_pool::BufferPool;
use crate::connection::table::Connections;
use crate::delivery::backlog::Backlog;
pub(crate) use crate::delivery::internal::RefusedRequest;
use crate::delivery::remote::RemoteStage;
use crate::internal::StagedMessages;
use crate::plan::config::Config;
use crate::random::Random;
use crate::shard::inbox::Inbox;
use crate::streams::{SharedStream, StagedInput};
use crate::time::Time;
use crate::trace::DeliveryTrace;
use crate::trace::msgtrace::MsgTrace;
use std::sync::Arc;

/// Bytes staged for connections here after which they are to be written. With many subscribers each write is a small
/// part of it, and small writes cost more than a full cache does.
const FLUSH_BYTES: usize = 8 << 20;

/// Who sends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sender {
    pub cid: u64,
    pub echo: bool,
    /// Whether the message came from another account as a request or a response: it goes to no third one as a stream.
    pub is_imported: bool,
    /// Skip subscribers with more than this waiting; `usize::MAX`: no subscriber is skipped, the sender pauses instead.
    pub drop_above: usize,
}

impl Sender {
    /// The server itself: no subscriber is skipped because of it.
    pub const SERVER: Self = Self {
        cid: 0,
        echo: true,
        is_imported: false,
        drop_above: usize::MAX,
    };
}

/// What messages are staged in: the connections here and batches for other loops.
pub(crate) struct Delivery {
    reactor: u16,
    /// The time on the loop's clock.
    now: Time,
    /// Bytes queued here since the list of connections with output was taken.
    staged_bytes: usize,
    /// Bytes sent to other loops since [`crate::Shard::receive`] was entered.
    sent_bytes: usize,
    /// Buffers for output queues here and batches for elsewhere.
    pool: BufferPool,
    /// Loops that are asleep and have something in their inboxes.
    wakes: Vec<u16>,
    /// Subscriptions that got their last message.
    exhausted: Vec<u32>,
    /// Log lines about deliveries, while traces are logged.
    trace: DeliveryTrace,
    /// The trace of the message that is being delivered, if its publisher asked for one.
    traced_message: Option<Box<MsgTrace>>,
    /// The largest backlog among the subscribers written to lately: its publisher may have to pause.
    largest_backlog: Option<Arc<Backlog>>,
    /// Bytes that may wait before a backlog counts, for the broker whose messages are being delivered.
    pause_above: usize,
    /// Bytes above which a subscriber is closed: no more is staged for it, however much matches.
    cut_above: usize,
    /// Frames for control planes, since the last hand-over: one entry for each broker.
    internal: Vec<StagedMessages>,
    /// Messages for streams, since the last hand-over: one entry for each stream.
    streams: Vec<StagedInput>,
    /// Streams that were handed something.
    streams_to_run: Vec<Arc<SharedStream>>,
    /// What is delivered now are status messages, for which the control plane's queue has room in reserve.
    status: bool,
    /// Brokers whose control plane must be notified that messages wait.
    notified: Vec<u32>,
    /// Requests that found no room in the control plane's queue.
    refused: Vec<RefusedRequest>,
    /// Those of all loops, its own among them.
    inboxes: Vec<Arc<Inbox>>,
    /// What is staged for each of them.
    stages: Vec<RemoteStage>,
    random: Random,
}

impl Delivery {
    pub fn new(reactor: u16, inboxes: Vec<Arc<Inbox>>, pool: BufferPool, random: Random) -> Self {
        Self {
            reactor,
            now: Time::default(),
            staged_bytes: 0,
            sent_bytes: 0,
            pool,
            wakes: Vec::new(),
            exhausted: Vec::new(),
            trace: DeliveryTrace::default(),
            traced_message: None,
            largest_backlog: None,
            pause_above: usize::MAX,
            cut_above: usize::MAX,
            stages: inboxes.iter().map(|_| RemoteStage::default()).collect(),
            internal: Vec::new(),
            streams: Vec::new(),
            streams_to_run: Vec::new(),
            status: false,
            notified: Vec::new(),
            refused: Vec::new(),
            inboxes,
            random,
        }
    }

    /// Index of the loop.
    #[inline]
    pub fn reactor(&self) -> u16 {
        self.reactor
    }

    /// The time of the turn.
    pub fn now(&self) -> Time {
        self.now
    }

    /// The time on the loop's clock.
    #[inline]
    pub fn now_ns(&self) -> u64 {
        self.now.monotonic_ns
    }

    /// The time on the machine's clock.
    #[inline]
    pub fn wall_ns(&self) -> u64 {
        self.now.wall_ns
    }

    pub fn set_now(&mut self, now: Time) {
        debug_assert!(
            now.monotonic_ns >= self.now.monotonic_ns,
            "the loop's clock never goes back"
        );
        self.now = now;
    }

    /// Number of loops.
    pub fn reactors(&self) -> u16 {
        self.inboxes.len() as u16
    }

    /// A number in `0..n`; `n` is far below 2^32.
    pub fn random_below(&mut self, n: u32) -> u32 {
        self.random.below(n)
    }

    /// Before the messages of one broker are delivered: sets its limits, and whether traces are logged.
    pub fn begin_run(&mut self, config: &Config, traced: bool) {
        debug_assert!(!self.has_staged(), "what an earlier run staged is sent");
        self.pause_above = config.pause_threshold();
        self.cut_above = config.max_pending;
        self.trace.set_up(config, traced);
    }

    /// Before the bytes of one read are handled.
    pub fn begin_receive(&mut self) {
        self.sent_bytes = 0;
    }

    /// Whether so much is staged that it should be written while it is in the cache, or that other loops should take
    /// it.
    pub fn should_flush(&self) -> bool {
        self.staged_bytes >= FLUSH_BYTES || self.sent_bytes >= FLUSH_BYTES
    }

    /// The connections with output are about to be written.
    pub fn begin_flush(&mut self) {
        self.staged_bytes = 0;
    }

    /// Queues bytes that are no message.
    pub fn push(&mut self, connections: &mut Connections, slot: u32, bytes: &[u8]) {
        connections[slot].queue_bytes(bytes, &mut self.pool);
        connections.mark_dirty(slot);
    }

    /// Removes what was written to a connection from its queue.
    pub fn advance(&mut self, conn: &mut Conn, written: usize) {
        conn.note_written(written, &mut self.pool);
    }

    /// The largest backlog since the last call, if a publisher may have to pause for any.
    pub fn take_largest_backlog(&mut self) -> Option<Arc<Backlog>> {
        self.largest_backlog.take()
    }

    /// Whether something is left to be done after the interest is unlocked.
    #[inline]
    pub fn has_follow_up(&self) -> bool {
        !self.exhausted.is_empty() || !self.refused.is_empty()
    }

    /// Subscriptions that got their last message.
    pub fn take_exhausted(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.exhausted)
    }

    /// For tests: a subscription got its last message.
    #[cfg(test)]
    pub fn push_exhausted(&mut self, sub: u32) {
        self.exhausted.push(sub);
    }

    /// Loops that are asleep and have something in their inboxes.
    pub fn take_wakes(&mut self) -> Vec<u16> {
        std::mem::take(&mut self.wakes)
    }

    pub fn trace_mut(&mut self) -> &mut DeliveryTrace {
        &mut self.trace
    }

    /// The message that is delivered from now on is traced for its publisher.
    pub fn begin_traced(&mut self, trace: Box<MsgTrace>) {
        debug_assert!(self.traced_message.is_none(), "messages are delivered one at a time");
        self.traced_message = Some(trace);
    }

    /// The trace of the message that is being delivered, if it has one.
    pub fn traced_message(&mut self) -> Option<&mut MsgTrace> {
        self.traced_message.as_deref_mut()
    }

    /// The message is delivered: returns its trace.
    pub fn end_traced(&mut self) -> Option<Box<MsgTrace>> {
        self.traced_message.take()
    }

    /// Frees memory that only a burst needed.
    pub fn shrink(&mut self) {
        self.pool.shrink();
    }
}
