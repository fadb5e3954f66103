//! What one loop owns: a shard, made of parts that have their own fields and methods.
//!
//! Owns the connections placed on the loop, delivery, the cache of resolved subjects, timers, events, and what came
//! through the inbox. May touch accounts and brokers, which all loops share, under their locks, and other loops only
//! through their inboxes. Never touches a socket, a clock or a thread: the loop reads, writes and waits. The order in
//! which it calls these methods is written in [`crate::EventLoop`].

pub(crate) mod admissions;
pub(crate) mod event;
mod event_sink;
pub(crate) mod inbox;
mod incoming;
pub(crate) mod timers;

use crate::client::nonce::{NONCE_BYTES, Nonce, NonceSource};
use crate::client::run_buffers::RunBuffers;
use crate::connection::Conn;
use crate::connection::buffer_pool::{BufferPool, SharedBuffers};
use crate::connection::close::CloseReason;
use crate::connection::migrate::Moves;
use crate::connection::pause::Pauses;
use crate::connection::protocol::ConnectionKind;
use crate::connection::removal::PendingRemovals;
use crate::connection::table::Connections;
use crate::delivery::Delivery;
use crate::delivery::result_cache::ResultCache;
use crate::faults::{Fault, Planted};
use crate::imports::copies::Copy;
use crate::internal::PendingPublishes;
use crate::plan::bindings::Bindings;
use crate::plan::reload::Reload;
use crate::random::Random;
use crate::services::{Crossings, ResponseTimers};
use crate::shard::admissions::Admissions;
use crate::shard::event::Event;
use crate::shard::event_sink::EventSink;
use crate::shard::inbox::{Inbox, InboxItem};
use crate::shard::incoming::Incoming;
use crate::shard::timers::{Timer, TimerKind, Timers};
use crate::state::{BrokerState, Ending, Refused};
use crate::streams::StreamRuns;
use crate::time::Time;
use crate::trace::line_limiter::LimitedLine;
use crate::trace::{InfoKind, info_line};
use nt_subject::HashSeed;
use std::any::Any;
use std::net::SocketAddr;
use std::sync::Arc;

/// What a shard is made from.
pub struct ShardSeed {
    /// Index of the loop.
    pub reactor: u16,
    /// Inboxes of all loops, by index; its own among them.
    pub inboxes: Vec<Arc<Inbox>>,
    /// Buffers of all loops.
    pub buffers: Arc<SharedBuffers>,
    /// For queue group selection, PING jitter and the hashes of its tables: a secret, another one for each loop.
    pub random: u64,
    /// For reply subjects that nobody can guess: another secret, which nothing else depends on.
    pub secret: [u64; 2],
    /// For clients that prove who they are by a signature.
    pub nonces: NonceSource,
}

impl ShardSeed {
    /// For a loop by itself, as benchmarks have it.
    pub fn alone() -> Self {
        Self {
            reactor: 0,
            inboxes: vec![Arc::default()],
            buffers: Arc::default(),
            random: 1,
            secret: [1, 2],
            nonces: Box::new(|| [0; NONCE_BYTES]),
        }
    }
}

/// One loop's connections and everything needed to route between them.
pub struct Shard {
    pub(crate) connections: Connections,
    pub(crate) delivery: Delivery,
    pub(crate) results: ResultCache,
    pub(crate) timers: Timers,
    /// Connections by account and user.
    pub(crate) bindings: Bindings,
    pub(crate) admissions: Admissions,
    nonces: NonceSource,
    incoming: Incoming,
    events: EventSink,
    pub(crate) pauses: Pauses,
    pub(crate) moves: Moves,
    pub(crate) internal_publishes: PendingPublishes,
    pub(crate) removals: PendingRemovals,
    pub(crate) run_buffers: RunBuffers,
    /// Copies of subscriptions that ended: to be removed once no interest is locked.
    pub(crate) ended_copies: Vec<Copy>,
    /// What left its account in the run under way.
    pub(crate) crossings: Crossings,
    pub(crate) response_timers: ResponseTimers,
    pub(crate) stream_runs: StreamRuns,
    pub(crate) planted: Planted,
}

impl Shard {
    /// An empty shard.
    pub fn new(seed: ShardSeed) -> Self {
        let inbox = seed.inboxes[usize::from(seed.reactor)].clone();
        Self {
            connections: Connections::new(seed.reactor),
            delivery: Delivery::new(
                seed.reactor,
                seed.inboxes,
                BufferPool::new(seed.buffers),
                Random::new(seed.random),
            ),
            results: ResultCache::new(HashSeed::new(seed.random), Random::new(!seed.random)),
            timers: Timers::default(),
            bindings: Bindings::default(),
            admissions: Admissions::new(seed.reactor),
            nonces: seed.nonces,
            incoming: Incoming::new(inbox),
            events: EventSink::default(),
            pauses: Pauses::default(),
            moves: Moves::default(),
            internal_publishes: PendingPublishes::default(),
            removals: PendingRemovals::default(),
            run_buffers: RunBuffers::default(),
            ended_copies: Vec::new(),
            crossings: Crossings::new(seed.secret),
            response_timers: ResponseTimers::default(),
            stream_runs: StreamRuns::default(),
            planted: Planted::default(),
        }
    }

    /// Sets the time of what follows.
    pub fn set_now(&mut self, now: Time) {
        self.delivery.set_now(now);
    }

    /// Adds a new connection and sends it INFO. `None`: the broker is shutting down, drop the socket. A connection over
    /// the limit gets an error and closes.
    pub fn add_connection(&mut self, broker: &Arc<BrokerState>, peer: SocketAddr) -> Option<u32> {
        let location = self.connections.next_location();
        // If it is replaced right now, the reload comes to this loop's inbox afterwards.
        let (plan, nobody, needs_nonce) = {
            let in_force = broker.lock_plan();
            (in_force.server().clone(), in_force.nobody(), in_force.needs_nonces())
        };
        let (shared, entered) = broker.register(ConnectionKind::Client, peer, self.delivery.wall_ns(), location);
        let over_limit = match entered {
            Ok(()) => false,
            Err(Refused::OverLimit) => true,
            Err(Refused::ShuttingDown) => return None,
        };
        let slot = self.connections.insert(Conn::new(
            broker,
            plan.clone(),
            nobody,
            shared,
            location.generation,
            self.delivery.now_ns(),
        ));
        self.bind(slot);
        self.debug_kind(slot, |kind| format!("{kind} connection created"));
        if needs_nonce {
            let nonce = Nonce::of((self.nonces)());
            self.connections[slot].client_mut().set_nonce(nonce);
        }
        self.send_info(slot, InfoKind::First);
        if over_limit {
            self.close_over_limit(slot);
            return Some(slot);
        }
        if plan.config.proxy_protocol {
            self.await_proxy_header(slot);
        } else {
            self.add_first_timers(slot);
        }
        Some(slot)
    }

    /// Removes a connection whose socket is dropped. It must be closing.
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

    /// How many loops there are.
    pub(crate) fn loops(&self) -> usize {
        usize::from(self.delivery.reactors())
    }

    pub(crate) fn inbox(&self) -> &Inbox {
        self.incoming.inbox()
    }

    /// Handles what other loops and the control plane sent, if anything.
    #[inline]
    pub fn drain_inbox(&mut self) {
        if self.incoming.has_items() {
            self.drain_waiting();
        }
        if !self.ended_copies.is_empty() {
            self.remove_ended_copies();
        }
    }

    fn drain_waiting(&mut self) {
        let mut items = self.incoming.take_items();
        for item in items.drain(..) {
            self.take_item(item);
        }
        self.incoming.reuse(items);
        for reload in self.incoming.take_reloads() {
            self.apply_plan(reload);
        }
    }

    /// Handles what other loops sent for delivery, and keeps everything else for later: the interest is locked.
    pub(crate) fn drain_deliveries(&mut self) {
        for item in self.incoming.take_deliveries() {
            self.take_item(item);
        }
    }

    /// Handles what other loops sent before the bytes that were just read were sent.
    pub(crate) fn drain_before_parsing(&mut self) {
        if !self.planted.is(Fault::ReadBeforeInbox) {
            self.drain_inbox();
        }
    }

    /// Plants a fault, which the simulator has to find.
    #[cfg(any(test, fuzzing, feature = "simulation"))]
    pub fn plant(&mut self, fault: Fault) {
        self.planted.plant(fault);
        self.results.plant(fault);
    }

    /// Handles what other loops sent before the PONG that is due, if that PONG promises that it is delivered.
    pub(crate) fn drain_before_pong(&mut self) {
        if self.incoming.take_drain_before_pong() && !self.planted.is(Fault::PongBeforeInbox) {
            self.drain_inbox();
        }
    }

    /// A subscription has ended: after the next PONG nothing may come by it.
    pub(crate) fn require_drain_before_pong(&mut self) {
        self.incoming.require_drain_before_pong();
    }

    fn take_item(&mut self, item: InboxItem) {
        match item {
            InboxItem::Batches(batches) => self.delivery.accept(&mut self.connections, batches),
            InboxItem::SubscriptionGone { to, sub, sid } => {
                if let Some(conn) = self.connections.occupant(to) {
                    conn.forget_subscription(sid, sub);
                    self.note_ended_copies(to.slot);
                }
            }
            InboxItem::Close { broker, cid, reason } => self.close_by_cid(broker, cid, reason),
            InboxItem::ReserveSlot { from, placeholder } => self.reserve_slot(from, placeholder),
            InboxItem::SlotReserved { from, to } => self.slot_reserved(from, to),
            InboxItem::ReleaseSlot(at) => self.release_slot(at),
            InboxItem::MoveIn { to, conn, socket } => self.move_in(to, conn, socket),
            InboxItem::BacklogReduced => self.resume_all(),
            InboxItem::Verdict { id, verdict } => self.take_verdict(id, verdict),
            InboxItem::Reload(reload) => self.incoming.push_reload(reload),
            InboxItem::Publish(batch) => self.internal_publishes.push(batch),
            InboxItem::RunStream(stream) => self.stream_runs.add(stream),
            InboxItem::LameDuck(broker) => self.announce_lame_duck(&broker),
            InboxItem::LameDuckClient { broker, cid } => self.notify_lame_duck_by_cid(broker, cid),
            InboxItem::Shutdown(broker) => self.close_all(&broker),
            InboxItem::Command(command) => self.incoming.push_command(command),
        }
    }

    /// Closes a connection that was here when that was requested; if it has moved, the request is sent after it.
    fn close_by_cid(&mut self, broker: Arc<BrokerState>, cid: u64, reason: CloseReason) {
        match broker.locate(cid) {
            Some(at) if at.reactor == self.delivery.reactor() => {
                match self.connections.occupant(at) {
                    // The connection is about to move in: the request waits for it.
                    Some(conn) if conn.is_placeholder() => self
                        .delivery
                        .send_to(at.reactor, InboxItem::Close { broker, cid, reason }),
                    Some(_) if reason == CloseReason::MaxConnectionsExceeded => self.close_over_limit(at.slot),
                    Some(_) if reason == CloseReason::MaxAccountConnectionsExceeded => {
                        self.close_over_account_limit(at.slot);
                    }
                    Some(_) => self.close(at.slot, reason, None),
                    None => {}
                }
            }
            Some(at) => self
                .delivery
                .send_to(at.reactor, InboxItem::Close { broker, cid, reason }),
            None => {}
        }
    }

    /// Closes a connection over the limit: a new one, or one after a reload that lowers the limit.
    fn close_over_limit(&mut self, slot: u32) {
        let text = "maximum connections exceeded";
        self.tell_limit(slot, text, LimitedLine::MaxConnections);
        self.close(slot, CloseReason::MaxConnectionsExceeded, None);
    }

    /// The same of one that a reload left no room for in its account.
    fn close_over_account_limit(&mut self, slot: u32) {
        self.tell_account_limit(slot);
        self.close(slot, CloseReason::MaxAccountConnectionsExceeded, None);
    }

    /// A connection is too many for its account, or for the one it wants to join.
    pub(crate) fn tell_account_limit(&mut self, slot: u32) {
        let text = "maximum account active connections exceeded";
        self.tell_limit(slot, text, LimitedLine::MaxAccountConnections);
    }

    /// Sends an error to the client, and logs it unless such a line was logged lately.
    fn tell_limit(&mut self, slot: u32, text: &str, line: LimitedLine) {
        self.error_reply(slot, text);
        let limiter = &self.connections[slot].broker().line_limiter();
        if limiter.allow(line, self.delivery.now_ns()) {
            let suffix = self.connections[slot].shared().account_suffix();
            self.error(slot, || format!("{text}{suffix}"));
        }
    }

    pub(crate) fn slots_of(&self, broker: &Arc<BrokerState>) -> Vec<u32> {
        self.connections
            .iter()
            .filter(|(_, c)| Arc::ptr_eq(c.broker(), broker))
            .map(|(slot, _)| slot)
            .collect()
    }

    /// Has every loop notify the broker's clients that it goes away.
    pub(crate) fn send_lame_duck(&mut self, broker: &Arc<BrokerState>) {
        for reactor in 0..self.delivery.reactors() {
            self.delivery.send_to(reactor, InboxItem::LameDuck(broker.clone()));
        }
    }

    fn announce_lame_duck(&mut self, broker: &Arc<BrokerState>) {
        for slot in self.slots_of(broker) {
            self.notify_lame_duck(slot);
        }
    }

    /// Once for each connection that reads INFO at any time, on whichever loop it is then.
    pub(crate) fn notify_lame_duck(&mut self, slot: u32) {
        let conn = &self.connections[slot];
        if conn.client().awaits_lame_duck_info() && !conn.is_closing() {
            self.send_info(slot, InfoKind::Change);
        }
    }

    /// Sends one client the INFO of a broker that goes away, although it stays; if it has moved, the request follows it.
    fn notify_lame_duck_by_cid(&mut self, broker: Arc<BrokerState>, cid: u64) {
        let Some(at) = broker.locate(cid) else { return };
        let here = at.reactor == self.delivery.reactor();
        let is_placeholder = |conn: &Conn| conn.is_placeholder();
        if !here || self.connections.occupant(at).is_some_and(|conn| is_placeholder(conn)) {
            return self
                .delivery
                .send_to(at.reactor, InboxItem::LameDuckClient { broker, cid });
        }
        let conn = &self.connections[at.slot];
        if conn.shared().reads_info() && !conn.is_closing() {
            self.debug(at.slot, || "Sending Lame Duck Mode info to client".to_owned());
            let line = info_line(&self.connections[at.slot], InfoKind::Change, true);
            self.send(at.slot, &line);
        }
    }

    fn close_all(&mut self, broker: &Arc<BrokerState>) {
        for slot in self.slots_of(broker) {
            // The connection of a placeholder is closed where it is, or when it moves in.
            if !self.connections[slot].is_placeholder() {
                self.close(slot, CloseReason::ServerShutdown, None);
            }
        }
        self.response_timers.forget(broker);
        self.events.push_ended(broker.clone(), Ending::Loop);
    }

    /// What ended here of brokers that shut down: to be acknowledged after all events are reported.
    pub fn take_ending(&mut self) -> Vec<(Arc<BrokerState>, Ending)> {
        self.events.take_ended()
    }

    /// The next command for the loop's sockets and listeners.
    pub fn take_command(&mut self) -> Option<Box<dyn Any + Send>> {
        self.incoming.take_command()
    }

    /// Whether the loop has something left to do that was taken from the inbox, decided or deferred: it must not sleep.
    pub fn has_waiting(&self) -> bool {
        self.incoming.has_waiting()
            || self.moves.has_waiting()
            || self.pauses.has_resumed()
            || !self.removals.is_empty()
            || !self.ended_copies.is_empty()
            || self.internal_publishes.is_due(self.delivery.now_ns())
            || self.delivery.has_streams_to_run()
            || !self.stream_runs.is_empty()
    }

    /// Connections with output, each once. Give the list back empty through [`Self::reuse_dirty`].
    pub fn take_dirty(&mut self) -> Vec<u32> {
        self.delivery.begin_flush();
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
        self.connections.take_closing()
    }

    /// Connections whose pause is over.
    pub fn take_resumed(&mut self) -> Vec<u32> {
        self.pauses.take_resumed()
    }

    /// Closed connections whose time to read what was left is over.
    pub fn take_expired(&mut self) -> Vec<u32> {
        self.connections.take_expired()
    }

    /// Loops that sleep although something waits for them.
    pub fn take_wakes(&mut self) -> Vec<u16> {
        self.delivery.take_wakes()
    }

    /// Events for the control plane, by broker.
    pub fn take_events(&mut self) -> Vec<(u32, Event)> {
        let mut events = self.events.take_events();
        let notified = self.delivery.take_notified().into_iter();
        events.extend(notified.map(|broker| (broker, Event::Messages)));
        events
    }

    /// Whether so much is staged that it should be written while it is in the cache, or that other loops should take
    /// it.
    pub fn should_flush(&self) -> bool {
        self.delivery.should_flush()
    }

    /// Frees memory that only a burst needed.
    pub fn shrink(&mut self) {
        self.delivery.shrink();
        self.run_buffers = RunBuffers::default();
    }

    /// When [`Self::handle_timers`] has something to do, on the loop's clock.
    pub fn next_timer(&self) -> Option<u64> {
        self.timers
            .next_at()
            .into_iter()
            .chain(self.internal_publishes.next_at())
            .chain(self.response_timers.next_at())
            .chain(self.stream_runs.next_at())
            .min()
    }

    pub(crate) fn add_timer(&mut self, slot: u32, kind: TimerKind, after_ns: u64) {
        let generation = self.connections[slot].generation();
        self.timers.add(Timer {
            at_ns: self.delivery.now_ns() + after_ns,
            slot,
            generation,
            kind,
        });
    }

    pub(crate) fn event(&mut self, broker: u32, event: Event) {
        self.events.push(broker, event);
    }

    /// Log lines found no room: to be reported with the next events.
    pub(crate) fn count_lost_lines(&mut self, broker: u32, lines: u64) {
        self.events.count_lost_lines(broker, lines);
    }

    /// A connection of a broker that shuts down has ended.
    pub(crate) fn connection_ended(&mut self, broker: Arc<BrokerState>) {
        self.events.push_ended(broker, Ending::Connection);
    }

    /// A reload is over here.
    pub(crate) fn reload_applied(&mut self, reload: Arc<Reload>) {
        self.events.push_reloaded(reload);
    }

    /// Reloads that are over here: to be acknowledged after all events are reported.
    pub fn take_reloaded(&mut self) -> Vec<Arc<Reload>> {
        self.events.take_reloaded()
    }

    pub(crate) fn send_info(&mut self, slot: u32, kind: InfoKind) {
        let conn = &mut self.connections[slot];
        let is_lame_duck = conn.broker().is_lame_duck();
        conn.client_mut().note_info(is_lame_duck);
        let line = info_line(conn, kind, is_lame_duck);
        self.send(slot, &line);
    }

    /// Queues bytes for a connection.
    pub(crate) fn send(&mut self, slot: u32, bytes: &[u8]) {
        if self.connections[slot].config().log_trace {
            self.trace_out(slot, bytes);
        }
        self.delivery.push(&mut self.connections, slot, bytes);
    }
}
