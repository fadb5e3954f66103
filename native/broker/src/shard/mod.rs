//! What one loop owns, and how the loop around it talks to it.
//!
//! A turn of the loop: [`Shard::set_now`], [`Shard::drain_inbox`], [`Shard::receive`] for each readable socket,
//! [`Shard::handle_timers`], then take the lists: wake other loops, write dirty connections, close closing ones.

pub(crate) mod event;
pub(crate) mod inbox;
pub(crate) mod timers;

use crate::connection::Conn;
use crate::connection::buffer_pool::{BufferPool, SharedBuffers};
use crate::connection::close::CloseReason;
use crate::connection::removal::PendingRemoval;
use crate::connection::table::Connections;
use crate::delivery::Delivery;
use crate::delivery::burst::BurstFrame;
use crate::delivery::result_cache::ResultCache;
use crate::interest::account::Account;
use crate::internal::PendingPublishes;
use crate::plan::reload::Reload;
use crate::shard::event::{Event, LogLevel};
use crate::shard::inbox::{Inbox, InboxItem, Location};
use crate::shard::timers::{Timer, TimerKind, Timers};
use crate::state::{BrokerState, Ending, Refused};
use crate::trace::info_line;
use crate::trace::line_limiter::LimitedLine;
use foldhash::fast::RandomState;
use std::any::Any;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;

/// Bytes staged for connections here before [`Shard::receive`] asks for them to be written. With many subscribers
/// each write is a small part of it, and small writes cost more than a full cache does.
const FLUSH_BYTES: usize = 8 << 20;

/// Bytes of log lines kept until the loop takes them: one read can cause any number of traces.
const LOG_BYTES_MAX: usize = 16 << 20;

/// What a shard is made from.
pub struct ShardSeed {
    /// Index of the loop.
    pub reactor: u16,
    /// Inboxes of all loops, by index; its own among them.
    pub inboxes: Vec<Arc<Inbox>>,
    /// Buffers of all loops.
    pub buffers: Arc<SharedBuffers>,
    /// For queue group selection and PING jitter.
    pub random: u64,
    /// Wall clock at the loop clock's zero, milliseconds since the epoch.
    pub wall_ms_at_zero: f64,
}

impl ShardSeed {
    /// For a loop by itself, as benchmarks have it.
    pub fn alone() -> Self {
        Self {
            reactor: 0,
            inboxes: vec![Arc::default()],
            buffers: Arc::default(),
            random: 1,
            wall_ms_at_zero: 0.0,
        }
    }
}

/// One loop's connections and everything needed to route between them.
pub struct Shard {
    pub(crate) connections: Connections,
    pub(crate) delivery: Delivery,
    pub(crate) results: ResultCache,
    pub(crate) timers: Timers,
    pub(crate) wall_ms_at_zero: f64,
    inbox: Arc<Inbox>,
    drained: Vec<InboxItem>,
    /// Items met while only deliveries could be taken in.
    deferred: Vec<InboxItem>,
    pub(crate) departures: Vec<(u32, Location)>,
    pub(crate) arrivals: Vec<(u32, Box<dyn Any + Send>)>,
    /// Items for the loop's body, in order.
    commands: VecDeque<Box<dyn Any + Send>>,
    /// Set by UNSUB: what other loops have already handed over must go out before the next PONG.
    pub(crate) drain_before_pong: bool,
    /// Routes with uncounted deliveries, while a run lasts.
    pub(crate) touched_results: Vec<u32>,
    /// The messages of the burst that is being delivered.
    pub(crate) burst: Vec<BurstFrame>,
    /// Where frames are put together that can't be borrowed from the input.
    pub(crate) frame_scratch: Vec<u8>,
    pub(crate) events: Vec<(u32, Event)>,
    /// Bytes of the log lines among them.
    log_bytes: usize,
    /// Log lines that found no room, and the broker of the last one.
    log_lost: Option<(u32, u64)>,
    closing: Vec<u32>,
    pub(crate) internal_publishes: PendingPublishes,
    pub(crate) pending_removals: VecDeque<PendingRemoval>,
    pub(crate) ending: Vec<(Arc<BrokerState>, Ending)>,
    /// Plans to be taken over once everything else from the inbox is.
    reloads: Vec<Arc<Reload>>,
    pub(crate) reloaded: Vec<Arc<Reload>>,
    /// Connections that are not read from for a moment.
    pub(crate) paused: Vec<u32>,
    resumed: Vec<u32>,
    expired: Vec<u32>,
}

impl Shard {
    /// An empty shard.
    pub fn new(seed: ShardSeed) -> Self {
        let inbox = seed.inboxes[usize::from(seed.reactor)].clone();
        Self {
            connections: Connections::new(seed.reactor),
            delivery: Delivery::new(seed.reactor, seed.inboxes, BufferPool::new(seed.buffers), seed.random),
            results: ResultCache::new(RandomState::default()),
            timers: Timers::default(),
            wall_ms_at_zero: seed.wall_ms_at_zero,
            inbox,
            drained: Vec::new(),
            deferred: Vec::new(),
            departures: Vec::new(),
            arrivals: Vec::new(),
            commands: VecDeque::new(),
            drain_before_pong: false,
            touched_results: Vec::new(),
            burst: Vec::new(),
            frame_scratch: Vec::new(),
            events: Vec::new(),
            log_bytes: 0,
            log_lost: None,
            closing: Vec::new(),
            internal_publishes: PendingPublishes::default(),
            pending_removals: VecDeque::new(),
            ending: Vec::new(),
            reloads: Vec::new(),
            reloaded: Vec::new(),
            paused: Vec::new(),
            resumed: Vec::new(),
            expired: Vec::new(),
        }
    }

    /// Tells the time: nanoseconds on the loop's clock, never going back.
    pub fn set_now(&mut self, now_ns: u64) {
        self.delivery.now_ns = now_ns;
    }

    pub(crate) fn wall_ms(&self) -> f64 {
        self.wall_ms_at_zero + self.delivery.now_ns as f64 / 1e6
    }

    /// Takes a new connection in and greets it. `None`: the broker is shutting down, drop the socket. One that is
    /// over the limit is told so and closes.
    pub fn add_connection(&mut self, broker: &Arc<BrokerState>, peer: SocketAddr) -> Option<u32> {
        let location = self.connections.next_location();
        // Should it be replaced right now, that is in this loop's inbox next.
        let plan = broker.plan();
        let (shared, over_limit) = match broker.register(peer, self.wall_ms(), location) {
            Ok(shared) => (shared, false),
            Err(Refused::OverLimit(shared)) => (shared, true),
            Err(Refused::ShuttingDown) => return None,
        };
        let account: Arc<Account> = broker.global.clone();
        account.connections.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let slot = self.connections.insert(Conn::new(
            broker,
            plan.clone(),
            account,
            shared,
            location.generation,
            self.delivery.now_ns,
        ));
        self.debug(slot, || "Client connection created".to_owned());
        self.send_info(slot, false);
        if over_limit {
            let text = "maximum connections exceeded";
            self.error_reply(slot, text);
            if broker.line_limiter.allow(LimitedLine::MaxConnections, self.wall_ms()) {
                self.error(slot, || text.to_owned());
            }
            self.close(slot, CloseReason::MaxConnectionsExceeded, None);
            return Some(slot);
        }
        if plan.config.proxy_protocol {
            self.await_proxy_header(slot);
        } else {
            self.add_first_timers(slot);
        }
        Some(slot)
    }

    /// Forgets a connection whose socket is gone. It must be closing.
    pub fn remove_connection(&mut self, slot: u32) {
        if self.connections.get(slot).is_some_and(Conn::is_closing) {
            self.connections.remove(slot);
            if self.connections.len() == 0 {
                self.results.clear();
                self.connections.shrink();
            }
        }
    }

    /// A connection by slot.
    pub fn conn(&mut self, slot: u32) -> Option<&mut Conn> {
        self.connections.get_mut(slot)
    }

    /// Connections here, closing ones included.
    pub fn conn_count(&self) -> usize {
        self.connections.len()
    }

    /// Takes in what other loops and the control plane sent, if anything.
    #[inline]
    pub fn drain_inbox(&mut self) {
        if self.inbox.has_items() || !self.deferred.is_empty() {
            self.drain_waiting();
        }
    }

    fn drain_waiting(&mut self) {
        let mut items = std::mem::take(&mut self.drained);
        items.append(&mut self.deferred);
        let mut fresh = Vec::new();
        self.inbox.drain(&mut fresh);
        items.append(&mut fresh);
        for item in items.drain(..) {
            self.take_item(item);
        }
        self.drained = items;
        for reload in std::mem::take(&mut self.reloads) {
            self.apply_plan(reload);
        }
    }

    /// Takes in what other loops handed over for delivery, and keeps everything else for later: the interest is locked.
    pub(crate) fn drain_deliveries(&mut self) {
        let mut items = Vec::new();
        self.inbox.drain(&mut items);
        for item in items {
            match item {
                InboxItem::Batches(_) | InboxItem::SubscriptionGone { .. } => self.take_item(item),
                other => self.deferred.push(other),
            }
        }
    }

    fn take_item(&mut self, item: InboxItem) {
        match item {
            InboxItem::Batches(batches) => self.delivery.accept(&mut self.connections, batches),
            InboxItem::SubscriptionGone { to, sub, sid } => {
                if let Some(conn) = self.connections.occupant(to) {
                    conn.forget_subscription(sid, sub);
                }
            }
            InboxItem::Close { broker, cid, reason } => self.close_by_cid(broker, cid, reason),
            InboxItem::Reserve { from, placeholder } => self.reserve(from, placeholder),
            InboxItem::Reserved { from, to } => self.reserved(from, to),
            InboxItem::Release(at) => self.release(at),
            InboxItem::Arrive { to, conn, socket } => self.arrive(to, conn, socket),
            InboxItem::Drained => self.resume_all(),
            InboxItem::Reload(reload) => self.reloads.push(reload),
            InboxItem::Publish(batch) => self.internal_publishes.push(batch),
            InboxItem::LameDuck(broker) => self.announce_lame_duck(&broker),
            InboxItem::Shutdown(broker) => self.close_all(&broker),
            InboxItem::Command(command) => self.commands.push_back(command),
        }
    }

    /// Closes a connection that was here when the wish was uttered; if it has moved, the wish follows it.
    fn close_by_cid(&mut self, broker: Arc<BrokerState>, cid: u64, reason: CloseReason) {
        match broker.locate(cid) {
            Some(at) if at.reactor == self.delivery.reactor => {
                match self.connections.occupant(at) {
                    // It is about to arrive: the wish waits for it.
                    Some(conn) if conn.is_placeholder() => self
                        .delivery
                        .send_to(at.reactor, InboxItem::Close { broker, cid, reason }),
                    Some(_) => self.close(at.slot, reason, reason.error_text()),
                    None => {}
                }
            }
            Some(at) => self
                .delivery
                .send_to(at.reactor, InboxItem::Close { broker, cid, reason }),
            None => {}
        }
    }

    pub(crate) fn slots_of(&self, broker: &Arc<BrokerState>) -> Vec<u32> {
        self.connections
            .iter()
            .filter(|(_, c)| Arc::ptr_eq(&c.broker, broker))
            .map(|(slot, _)| slot)
            .collect()
    }

    fn announce_lame_duck(&mut self, broker: &Arc<BrokerState>) {
        for slot in self.slots_of(broker) {
            self.notify_lame_duck(slot);
        }
    }

    /// Once for each connection that reads INFO at any time, wherever the news reaches it.
    pub(crate) fn notify_lame_duck(&mut self, slot: u32) {
        let conn = &self.connections[slot];
        let listens = conn.flags.async_info && conn.flags.first_pong_sent && !conn.flags.knows_lame_duck;
        if listens && !conn.is_closing() {
            self.send_info(slot, false);
        }
    }

    fn close_all(&mut self, broker: &Arc<BrokerState>) {
        for slot in self.slots_of(broker) {
            // Whoever a stand-in waits for is closed where it is, or when it arrives.
            if !self.connections[slot].is_placeholder() {
                self.close(slot, CloseReason::ServerShutdown, None);
            }
        }
        self.ending.push((broker.clone(), Ending::Loop));
    }

    /// What came to its end here of brokers that shut down: to be acknowledged once all events are told.
    pub fn take_ending(&mut self) -> Vec<(Arc<BrokerState>, Ending)> {
        std::mem::take(&mut self.ending)
    }

    /// What came for the loop's body.
    pub fn take_command(&mut self) -> Option<Box<dyn Any + Send>> {
        self.commands.pop_front()
    }

    /// Whether something was taken from the inbox, decided or put off that the loop has not looked at yet: it must not
    /// sleep.
    pub fn has_waiting(&self) -> bool {
        !(self.deferred.is_empty()
            && self.commands.is_empty()
            && self.departures.is_empty()
            && self.arrivals.is_empty()
            && self.resumed.is_empty()
            && self.pending_removals.is_empty()
            && !self.internal_publishes.is_due(self.delivery.now_ns))
    }

    /// Connections with output, each once. Give the list back empty through [`Self::reuse_dirty`].
    pub fn take_dirty(&mut self) -> Vec<u32> {
        self.delivery.staged_bytes = 0;
        self.connections.take_dirty()
    }

    /// Gives the emptied list of [`Self::take_dirty`] back.
    pub fn reuse_dirty(&mut self, list: Vec<u32>) {
        self.connections.reuse_dirty(list);
    }

    /// Whether some connection has output.
    pub fn has_dirty(&self) -> bool {
        self.connections.has_dirty()
    }

    /// Connections that are to be flushed once and shut.
    pub fn take_closing(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.closing)
    }

    pub(crate) fn mark_closing(&mut self, slot: u32) {
        self.closing.push(slot);
    }

    /// Connections whose pause is over.
    pub fn take_resumed(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.resumed)
    }

    pub(crate) fn mark_resumed(&mut self, slot: u32) {
        self.resumed.push(slot);
    }

    /// Closed connections whose time to read the last words is over.
    pub fn take_expired(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.expired)
    }

    pub(crate) fn mark_expired(&mut self, slot: u32) {
        self.expired.push(slot);
    }

    /// Loops that sleep although something waits for them.
    pub fn take_wakes(&mut self) -> Vec<u16> {
        std::mem::take(&mut self.delivery.wakes)
    }

    /// What the control plane should hear, by broker.
    pub fn take_events(&mut self) -> Vec<(u32, Event)> {
        self.log_bytes = 0;
        if let Some((broker, lines)) = self.log_lost.take() {
            let text = format!("{lines} log lines were dropped: too many came at once");
            let level = LogLevel::Warn;
            self.events.push((broker, Event::Log { level, text }));
        }
        self.events.extend(
            self.delivery
                .take_notified()
                .into_iter()
                .map(|broker| (broker, Event::Messages)),
        );
        std::mem::take(&mut self.events)
    }

    /// Whether so much was staged that it should be written while it is in the cache, or taken over by other loops
    /// before it piles up.
    pub fn should_flush(&self) -> bool {
        self.delivery.staged_bytes >= FLUSH_BYTES || self.delivery.handed_bytes >= FLUSH_BYTES
    }

    /// Gives memory back that only a burst needed.
    pub fn shrink(&mut self) {
        self.delivery.pool.shrink();
        self.frame_scratch = Vec::new();
        self.burst = Vec::new();
    }

    /// When [`Self::handle_timers`] has something to do, on the loop's clock.
    pub fn next_timer(&self) -> Option<u64> {
        self.timers
            .next_at()
            .into_iter()
            .chain(self.internal_publishes.next_at())
            .min()
    }

    pub(crate) fn add_timer(&mut self, slot: u32, kind: TimerKind, after_ns: u64) {
        let generation = self.connections[slot].generation;
        self.timers.add(Timer {
            at_ns: self.delivery.now_ns + after_ns,
            slot,
            generation,
            kind,
        });
    }

    pub(crate) fn event(&mut self, broker: u32, event: Event) {
        if let Event::Log { text, .. } = &event {
            if self.log_bytes >= LOG_BYTES_MAX {
                return self.count_lost_lines(broker, 1);
            }
            // An empty one costs something too.
            self.log_bytes += text.len() + size_of::<Event>();
        }
        self.events.push((broker, event));
    }

    /// To be told of with the next events.
    #[cold]
    pub(crate) fn count_lost_lines(&mut self, broker: u32, lines: u64) {
        let before = self.log_lost.map_or(0, |(_, lines)| lines);
        self.log_lost = Some((broker, before + lines));
    }

    pub(crate) fn send_info(&mut self, slot: u32, connect_info: bool) {
        let conn = &mut self.connections[slot];
        conn.flags.knows_lame_duck = conn.broker.is_lame_duck();
        let line = info_line(conn, connect_info);
        self.send(slot, &line);
    }

    /// Queues bytes for a connection.
    pub(crate) fn send(&mut self, slot: u32, bytes: &[u8]) {
        if self.connections[slot].plan.config.log_trace {
            self.trace_out(slot, bytes);
        }
        self.delivery.push(&mut self.connections, slot, bytes);
    }
}
