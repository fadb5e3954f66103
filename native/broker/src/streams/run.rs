//! Running streams: what waits for them is stored, and what they send is published in their accounts.

use crate::shard::Shard;
use crate::state::BrokerState;
use crate::streams::input::StagedInput;
use crate::streams::shared::{SharedStream, StreamRole};
use nt_jetstream::read::DirectGets;
use nt_jetstream::stream::{Outbox, Publish, Stream};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

/// Runs of one stream after another in one turn: what it publishes may come back to it, or go on to others.
const RUNS_MAX: usize = 16;
/// Time between two looks for messages that end, at least.
const EXPIRY_PAUSE_NS: u64 = 250_000_000;
/// A loop comes back for a stream that another one runs right now.
const BUSY_PAUSE_NS: u64 = 1_000_000;

/// Streams that a loop has to run, now or at a time.
#[derive(Debug, Default)]
pub(crate) struct StreamRuns {
    due: Vec<Arc<SharedStream>>,
    timers: BinaryHeap<Reverse<Timer>>,
}

/// A stream is looked at for messages that end.
#[derive(Debug)]
struct Timer {
    /// On the loop's clock.
    at_ns: u64,
    /// What it was set for, on the machine's clock.
    for_ns: i64,
    stream: Arc<SharedStream>,
}

impl Timer {
    fn key(&self) -> (u64, u64) {
        (self.at_ns, self.stream.id())
    }
}

impl PartialEq for Timer {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Timer {}

impl PartialOrd for Timer {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Timer {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

impl StreamRuns {
    /// A stream is to be run in this turn.
    pub fn add(&mut self, stream: Arc<SharedStream>) {
        if !self.due.iter().any(|other| Arc::ptr_eq(other, &stream)) {
            self.due.push(stream);
        }
    }

    /// Whether a stream is to be run.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.due.is_empty()
    }

    /// When the next timer comes, on the loop's clock.
    pub fn next_at(&self) -> Option<u64> {
        self.timers.peek().map(|timer| timer.0.at_ns)
    }
}

/// Frames that a stream sends.
#[derive(Debug, Default)]
struct Frames(Vec<u8>);

impl Outbox for Frames {
    fn send(&mut self, subject: &[u8], headers: &[u8], body: &[u8]) {
        let total = headers.len() + body.len();
        let line = if headers.is_empty() {
            format!(" {total}\r\n")
        } else {
            format!(" {} {total}\r\n", headers.len())
        };
        let operation: &[u8] = if headers.is_empty() { b"PUB " } else { b"HPUB " };
        for part in [operation, subject, line.as_bytes(), headers, body, b"\r\n"] {
            self.0.extend_from_slice(part);
        }
    }
}

impl Shard {
    /// Runs the streams that something was handed over to, and those whose messages end.
    #[inline]
    pub fn run_streams(&mut self) {
        let is_due = self
            .stream_runs
            .next_at()
            .is_some_and(|at| at <= self.delivery.now_ns());
        if is_due {
            self.expire_streams();
        }
        if self.delivery.has_streams_to_run() || !self.stream_runs.is_empty() {
            self.run_due_streams();
        }
    }

    #[cold]
    #[inline(never)]
    fn run_due_streams(&mut self) {
        for _ in 0..RUNS_MAX {
            for stream in self.delivery.take_streams_to_run() {
                self.stream_runs.add(stream);
            }
            if self.stream_runs.is_empty() {
                return;
            }
            for stream in std::mem::take(&mut self.stream_runs.due) {
                self.run_stream(&stream);
            }
        }
    }

    /// Stores what waits for a stream, unless another loop runs it: that one sees what waits before it is done.
    fn run_stream(&mut self, stream: &Arc<SharedStream>) {
        let Some(broker) = stream.broker() else { return };
        while stream.has_waiting() && !stream.is_removed() {
            let Some(mut state) = stream.try_state() else { return };
            let mut frames = Frames::default();
            let gets = DirectGets {
                max_bytes: broker.plan().config.max_pending,
            };
            for input in stream.take_waiting() {
                self.take_input(&mut state, &input, gets, &mut frames);
            }
            self.publish_from_stream(&broker, stream, &frames);
            self.set_stream_timer(stream, &state);
            // What came meanwhile is seen after this, or its loop gets the state.
            drop(state);
        }
    }

    fn take_input(&mut self, state: &mut Stream, input: &StagedInput, gets: DirectGets, frames: &mut Frames) {
        let now_ns = self.delivery.wall_ns() as i64;
        for message in input.messages() {
            match message.role {
                StreamRole::Store => {
                    let publish = Publish {
                        subject: message.subject,
                        reply: message.reply,
                        headers: message.headers,
                        body: message.body,
                    };
                    let mut random = || self.delivery.random_below(u32::MAX);
                    state.publish(&publish, now_ns, &mut random, frames);
                }
                StreamRole::DirectGet { filter_at } => {
                    let filter = message.subject.get(filter_at..).unwrap_or_default();
                    gets.answer(state, filter, message.headers, message.body, message.reply, frames);
                }
            }
        }
    }

    /// Publishes what a stream sends, in its account.
    fn publish_from_stream(&mut self, broker: &Arc<BrokerState>, stream: &SharedStream, frames: &Frames) {
        let mut rest = &frames.0[..];
        while !rest.is_empty() {
            let used = self.publish_frames(broker, stream.account(), rest);
            rest = &rest[used..];
        }
        // Nobody pauses: the stream has stored what it answers.
        self.delivery.take_largest_backlog();
    }

    fn set_stream_timer(&mut self, stream: &Arc<SharedStream>, state: &Stream) {
        let Some(for_ns) = state.next_expiry() else { return };
        if stream.needs_timer(for_ns) {
            let wait = for_ns.saturating_sub(self.delivery.wall_ns() as i64).max(0) as u64;
            self.add_stream_timer(stream, for_ns, wait.max(EXPIRY_PAUSE_NS));
        }
    }

    fn add_stream_timer(&mut self, stream: &Arc<SharedStream>, for_ns: i64, after_ns: u64) {
        let timer = Timer {
            at_ns: self.delivery.now_ns().saturating_add(after_ns),
            for_ns,
            stream: stream.clone(),
        };
        self.stream_runs.timers.push(Reverse(timer));
    }

    #[cold]
    fn expire_streams(&mut self) {
        let now_ns = self.delivery.now_ns();
        while self.stream_runs.next_at().is_some_and(|at| at <= now_ns)
            && let Some(Reverse(timer)) = self.stream_runs.timers.pop()
        {
            self.expire_stream(&timer.stream, timer.for_ns);
        }
    }

    fn expire_stream(&mut self, stream: &Arc<SharedStream>, for_ns: i64) {
        if stream.is_removed() {
            return;
        }
        let Some(mut state) = stream.try_state() else {
            return self.add_stream_timer(stream, for_ns, BUSY_PAUSE_NS);
        };
        stream.timer_came(for_ns);
        state.expire(self.delivery.wall_ns() as i64);
        self.set_stream_timer(stream, &state);
        drop(state);
        if stream.has_waiting() {
            self.stream_runs.add(stream.clone());
        }
    }
}
