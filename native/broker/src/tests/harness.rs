//! Loops over sockets that are queues of bytes: a test orders their steps as it likes, one turn or one read at a time,
//! and holds the clients' bytes and windows in its hands. What happens in a turn is [`EventLoop`]'s.

use crate::connection::{Conn, Phase};
use crate::simulation::memory::{End, MemoryIo};
use crate::simulation::random::Random;
use crate::simulation::wire::{Frame, Message, frames};
use crate::{
    AdmissionId, AdmissionRequest, Auth, BrokerState, Brokers, CloseReason, Config, CredentialCheck, Event, EventLoop,
    Inbox, InboxItem, LameDuckNotice, LogLevel, Loops, NONCE_BYTES, Newcomer, NonceSource, Plan, Readiness, Reload,
    Reloading, Shard, ShardSeed, SharedBuffers, Time, Verdict,
};
use std::sync::Arc;

pub(super) const MS: u64 = 1_000_000;
pub(super) const SECOND: u64 = 1_000 * MS;

/// A plan of one account.
pub(super) fn plan_of(config: Config, auth: Option<Auth>) -> Plan {
    Plan::new(config, auth, Vec::new()).expect("a plan")
}

/// One end of a connection, as a client sees it.
pub(super) struct Client {
    pub cid: u64,
    pub end: End,
    /// How many of the bytes it got were examined.
    seen: usize,
}

impl Client {
    /// Loop and slot where its socket is registered; `None` while it moves and after it is closed.
    pub fn at(&self) -> Option<(usize, u32)> {
        self.end.with(|pipe| pipe.at)
    }

    /// Everything it was sent.
    pub fn got(&self) -> Vec<u8> {
        self.end.with(|pipe| pipe.got.clone())
    }

    /// The server closed the connection.
    pub fn ended(&self) -> bool {
        self.end.with(|pipe| pipe.ended)
    }

    /// Its socket takes so many bytes from now on; what waits is not written yet.
    pub fn set_window(&self, bytes: usize) {
        self.end.with(|pipe| pipe.window = bytes);
    }
}

/// The loops' inboxes. No loop sleeps here: tests run turns in any order.
struct Inboxes(Vec<Arc<Inbox>>);

impl Loops for Inboxes {
    type Socket = End;
    type Listener = ();

    fn count(&self) -> usize {
        self.0.len()
    }

    fn send(&self, reactor: usize, item: InboxItem) {
        let _ = self.0[reactor].push(item);
    }
}

/// Each one is another one.
fn counted_nonces(loop_: u8) -> NonceSource {
    let mut count = 0u64;
    Box::new(move || {
        count += 1;
        let mut bytes = [loop_; NONCE_BYTES];
        bytes[..8].copy_from_slice(&count.to_le_bytes());
        bytes
    })
}

pub(super) struct World {
    pub broker: Arc<BrokerState>,
    brokers: Brokers,
    pub loops: Vec<EventLoop<MemoryIo>>,
    inboxes: Inboxes,
    pub now: u64,
    pub clients: Vec<Client>,
    pub events: Vec<Event>,
    /// Passwords that the loops want checked: tests answer when they like.
    pub checks: Vec<CredentialCheck>,
}

impl World {
    pub fn new(loops: usize) -> Self {
        Self::with(loops, Config::default(), None)
    }

    pub fn with(loops: usize, config: Config, auth: Option<Auth>) -> Self {
        Self::seeded(loops, config, auth, 1)
    }

    pub fn seeded(loops: usize, config: Config, auth: Option<Auth>, random: u64) -> Self {
        Self::planned(loops, plan_of(config, auth), random)
    }

    pub fn planned(loops: usize, plan: Plan, random: u64) -> Self {
        let inboxes: Vec<Arc<Inbox>> = (0..loops).map(|_| Arc::default()).collect();
        let buffers = Arc::<SharedBuffers>::default();
        let event_loop = |reactor: usize| {
            let shard = Shard::new(ShardSeed {
                reactor: reactor as u16,
                inboxes: inboxes.clone(),
                buffers: buffers.clone(),
                random: random.wrapping_mul(31).wrapping_add(reactor as u64),
                secret: [random, reactor as u64],
                nonces: counted_nonces(reactor as u8),
            });
            EventLoop::new(shard, MemoryIo::new(reactor))
        };
        let loops = (0..loops).map(event_loop).collect();
        let (brokers, inboxes) = (Brokers::new(random), Inboxes(inboxes));
        Self {
            broker: brokers.start(&inboxes, plan, Vec::new()),
            brokers,
            loops,
            inboxes,
            now: SECOND,
            clients: Vec::new(),
            events: Vec::new(),
            checks: Vec::new(),
        }
    }

    /// A client whose connection is on that loop. It has got INFO and has sent nothing.
    pub fn client(&mut self, loop_: usize) -> usize {
        let peer = "127.0.0.1:1000".parse().expect("an address");
        let (broker, end) = (self.broker.clone(), End::default());
        let event_loop = &mut self.loops[loop_];
        event_loop.shard.set_now(Time::on_both_clocks(self.now));
        event_loop.adopt(Newcomer {
            broker,
            socket: end.clone(),
            peer,
        });
        let (_, slot) = end.with(|pipe| pipe.at).expect("the broker takes connections");
        let cid = event_loop.shard.conn(slot).expect("just added").shared().cid;
        let client = self.clients.len();
        self.clients.push(Client { cid, end, seen: 0 });
        client
    }

    /// A client that has sent a CONNECT without `verbose`.
    pub fn quiet_client(&mut self, loop_: usize) -> usize {
        let client = self.client(loop_);
        self.say(
            client,
            "CONNECT {\"verbose\":false,\"headers\":true,\"no_responders\":true,\"protocol\":1}\r\nPING\r\n",
        );
        self.frames(client);
        client
    }

    pub fn send(&self, client: usize, bytes: impl AsRef<[u8]>) {
        self.clients[client].end.send(bytes.as_ref());
    }

    /// Sends and lets everything come to rest.
    pub fn say(&mut self, client: usize, bytes: impl AsRef<[u8]>) {
        self.send(client, bytes);
        self.rest();
    }

    /// The client closes its end.
    pub fn hang_up(&self, client: usize) {
        self.clients[client].end.with(|pipe| pipe.hung_up = true);
    }

    /// What came since the last look.
    pub fn frames(&mut self, client: usize) -> Vec<Frame> {
        let client = &mut self.clients[client];
        let (frames, used) = client.end.with(|pipe| frames(&pipe.got[client.seen..]));
        client.seen += used;
        frames
    }

    /// The messages among what came since the last look.
    pub fn messages(&mut self, client: usize) -> Vec<Message> {
        let frames = self.frames(client);
        frames
            .into_iter()
            .filter_map(|f| if let Frame::Msg(m) = f { Some(m) } else { None })
            .collect()
    }

    /// The payloads of those messages.
    pub fn texts(&mut self, client: usize) -> Vec<String> {
        self.messages(client).iter().map(Message::text).collect()
    }

    /// The errors among what came since the last look.
    pub fn errors(&mut self, client: usize) -> Vec<String> {
        let frames = self.frames(client);
        frames
            .into_iter()
            .filter_map(|f| if let Frame::Err(e) = f { Some(e) } else { None })
            .collect()
    }

    pub fn unread(&self, client: usize) -> usize {
        self.clients[client].end.with(|pipe| pipe.input.len())
    }

    pub fn is_paused(&mut self, client: usize) -> bool {
        let conn = self.conn(client);
        conn.is_some_and(|conn| conn.is_paused() && conn.phase() != Phase::AwaitingAdmission)
    }

    /// Whether it waits for a decision from outside.
    pub fn awaits_admission(&mut self, client: usize) -> bool {
        let conn = self.conn(client);
        conn.is_some_and(|conn| conn.phase() == Phase::AwaitingAdmission)
    }

    fn conn(&mut self, client: usize) -> Option<&mut Conn> {
        let (loop_, slot) = self.clients[client].at()?;
        self.loops[loop_].shard.conn(slot)
    }

    /// Answers a question that a shard asked. Nothing of it has happened when this returns.
    pub fn answer(&self, id: AdmissionId, verdict: Verdict) {
        self.post(usize::from(id.reactor()), InboxItem::Verdict { id, verdict });
    }

    /// What the program around the broker was asked, oldest first.
    pub fn requests(&self) -> Vec<AdmissionRequest> {
        self.events
            .iter()
            .filter_map(|event| match event {
                Event::AdmissionRequested(request) => Some((**request).clone()),
                _ => None,
            })
            .collect()
    }

    /// Why a client's connection was closed, if it was.
    pub fn reason(&self, client: usize) -> Option<CloseReason> {
        let reasons = self.reasons(client);
        assert!(reasons.len() <= 1, "reported more than once: {reasons:?}");
        reasons.first().copied()
    }

    pub fn reasons(&self, client: usize) -> Vec<CloseReason> {
        let cid = self.clients[client].cid;
        self.events
            .iter()
            .filter_map(|event| match event {
                Event::Disconnected { connection, reason, .. } if connection.cid == cid => Some(*reason),
                _ => None,
            })
            .collect()
    }

    pub fn logged(&self, wanted: LogLevel, part: &str) -> bool {
        self.logged_count(wanted, part) > 0
    }

    pub fn logged_count(&self, wanted: LogLevel, part: &str) -> usize {
        self.events
            .iter()
            .filter(|event| matches!(event, Event::Log { level, text } if *level == wanted && text.contains(part)))
            .count()
    }

    pub fn stopped_count(&self) -> usize {
        self.events
            .iter()
            .filter(|event| matches!(event, Event::Stopped))
            .count()
    }

    // Turns, and steps of a turn.

    /// Takes in what others sent; lets connections go and come.
    pub fn take_in(&mut self, loop_: usize) {
        let event_loop = &mut self.loops[loop_];
        event_loop.shard.set_now(Time::on_both_clocks(self.now));
        event_loop.take_in();
    }

    pub fn fire_timers(&mut self, loop_: usize) {
        let shard = &mut self.loops[loop_].shard;
        shard.set_now(Time::on_both_clocks(self.now));
        shard.handle_timers();
    }

    /// One read of at most `most` bytes, and what follows from it; without a limit as many as it takes to read all
    /// there is. Returns whether there was anything to do.
    pub fn read(&mut self, client: usize, most: usize) -> bool {
        let end = self.clients[client].end.clone();
        end.with(|pipe| pipe.read_max = most);
        let mut worked = false;
        while let Some((loop_, slot)) = self.clients[client].at()
            && end.has_input()
            && !self.is_paused(client)
            && !self.awaits_admission(client)
            && !(worked && most < usize::MAX)
        {
            self.loops[loop_].shard.set_now(Time::on_both_clocks(self.now));
            self.loops[loop_].read(slot);
            worked = true;
        }
        end.with(|pipe| pipe.read_max = usize::MAX);
        worked
    }

    /// Writes, closes, reports.
    pub fn finish(&mut self, loop_: usize) {
        self.loops[loop_].shard.set_now(Time::on_both_clocks(self.now));
        self.write_and_close(loop_);
        self.report(loop_);
    }

    pub fn write_and_close(&mut self, loop_: usize) {
        self.loops[loop_].write_and_close();
        self.checks.append(&mut self.loops[loop_].io.checks);
    }

    pub fn report(&mut self, loop_: usize) {
        self.loops[loop_].report();
        self.collect(loop_);
    }

    fn collect(&mut self, loop_: usize) {
        let events = std::mem::take(&mut self.loops[loop_].io.events);
        assert!(
            events.is_empty() || self.stopped_count() == 0,
            "reported after the broker's end: {events:?}"
        );
        self.events.extend(events.into_iter().map(|(_, event)| event));
    }

    pub fn turn(&mut self, loop_: usize) {
        for client in &self.clients {
            let Some((_, slot)) = client.at().filter(|(at, _)| *at == loop_) else {
                continue;
            };
            let readiness = Readiness {
                readable: client.end.has_input(),
                ..Readiness::default()
            };
            self.loops[loop_].socket_is_ready(slot, readiness);
        }
        self.loops[loop_].turn(Time::on_both_clocks(self.now));
        self.checks.append(&mut self.loops[loop_].io.checks);
        self.collect(loop_);
    }

    /// Turns until nothing is under way. Time stands still, except that pauses of publishers are waited for.
    pub fn rest(&mut self) {
        for _ in 0..10_000 {
            for loop_ in 0..self.loops.len() {
                self.turn(loop_);
            }
            let flowing = self.has_inbox_items()
                || self.loops.iter().any(|l| l.shard.has_dirty() || l.is_busy())
                || (0..self.clients.len()).any(|client| self.has_something_to_read(client));
            if !flowing {
                // What a move deferred is handled in the next turn.
                (0..self.loops.len()).for_each(|loop_| self.turn(loop_));
                if !self.has_inbox_items() {
                    return;
                }
            }
            if (0..self.clients.len()).any(|client| self.is_paused(client)) {
                self.now += MS;
            }
        }
        panic!("this never comes to rest");
    }

    fn has_something_to_read(&mut self, client: usize) -> bool {
        let client_side = &self.clients[client];
        client_side.at().is_some() && client_side.end.has_input() && !self.awaits_admission(client)
    }

    /// Lets time pass, in steps, with turns of all loops in each.
    pub fn pass(&mut self, total: u64, step: u64) {
        let end = self.now + total;
        while self.now < end {
            self.now = end.min(self.now + step);
            (0..self.loops.len()).for_each(|loop_| self.turn(loop_));
        }
    }

    fn has_inbox_items(&self) -> bool {
        self.loops.iter().any(EventLoop::has_inbox_items)
    }

    /// Begins to move a connection. Nothing of it has happened when this returns.
    pub fn begin_move(&mut self, client: usize, to: usize) {
        if let Some((from, slot)) = self.clients[client].at() {
            self.loops[from].shard.begin_move(slot, to as u16);
        }
    }

    /// The socket takes that much more; what waits is written.
    pub fn open_window(&mut self, client: usize, bytes: usize) {
        let end = &self.clients[client].end;
        end.with(|pipe| pipe.window = pipe.window.saturating_add(bytes));
        if let Some((loop_, slot)) = self.clients[client].at() {
            let writable = true;
            let event_loop = &mut self.loops[loop_];
            event_loop.shard.set_now(Time::on_both_clocks(self.now));
            event_loop.socket_is_ready(
                slot,
                Readiness {
                    writable,
                    ..Readiness::default()
                },
            );
            event_loop.write_unfinished();
        }
    }

    pub fn post(&self, loop_: usize, item: InboxItem) {
        self.inboxes.send(loop_, item);
    }

    /// What the control plane does to bring another plan. Nothing of it has happened when this returns.
    pub fn reload(&self, config: Config, auth: Option<Auth>) -> u64 {
        let reloading = self
            .brokers
            .reload(&self.inboxes, self.broker.id, plan_of(config, auth));
        reloading.expect("it runs").number
    }

    /// Sends a change of the plan to all loops.
    pub fn post_reload(&self, started: Reloading) -> Arc<Reload> {
        let reload = started.reload.clone();
        self.brokers.post_reload(&self.inboxes, &self.broker, &started);
        reload
    }

    /// What the control plane does to end the broker.
    pub fn shut_down(&self) {
        self.brokers.stop(&self.inboxes, self.broker.id);
    }

    /// What the control plane does before that, so that clients go elsewhere.
    pub fn enter_lame_duck(&self) {
        self.brokers.enter_lame_duck(&self.inboxes, self.broker.id);
    }

    /// What the control plane does to have one client go elsewhere.
    pub fn notify_lame_duck(&self, client: usize) -> LameDuckNotice {
        let cid = self.clients[client].cid;
        self.brokers.notify_lame_duck(&self.inboxes, self.broker.id, cid)
    }

    /// Peers keep their end open after the server has closed its own.
    pub fn peers_stay(&mut self) {
        self.loops.iter_mut().for_each(|l| l.io.peers_stay = true);
    }

    /// Whether the end of that reload was reported.
    pub fn is_reloaded(&self, wanted: u64) -> bool {
        self.events
            .iter()
            .any(|event| matches!(event, Event::Reloaded { number } if *number == wanted))
    }

    /// Any step of any loop or client.
    pub fn random_step(&mut self, random: &mut Random) {
        let loop_ = random.below(self.loops.len());
        match random.below(10) {
            8 => self.report(loop_),
            0 => self.take_in(loop_),
            1 => self.fire_timers(loop_),
            2 => self.finish(loop_),
            3 => self.write_and_close(loop_),
            4 => self.turn(loop_),
            _ if self.clients.is_empty() => {}
            _ => {
                let client = random.below(self.clients.len());
                let most = if random.chance(50) {
                    usize::MAX
                } else {
                    1 + random.below(40)
                };
                self.read(client, most);
            }
        }
    }
}
