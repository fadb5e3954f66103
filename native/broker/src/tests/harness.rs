//! The loop around the shards, without sockets and threads: what a reactor does in a turn, as steps that a test orders
//! as it likes, and clients whose bytes and windows it holds in its hands.

use super::random::Random;
use super::wire::{Frame, Message, frames};
use crate::connection::{Conn, Phase};
use crate::{
    AdmissionId, AdmissionRequest, Auth, BrokerState, CloseReason, Config, Event, Inbox, InboxItem, LogLevel,
    PasswordCheck, Plan, Reload, Reloading, Shard, ShardSeed, SharedBuffers, Verdict,
};
use std::sync::Arc;

pub(super) const MS: u64 = 1_000_000;
pub(super) const SECOND: u64 = 1_000 * MS;
/// What a loop writes right after the read that caused it.
const FLUSH_EARLY_BYTES: usize = 64 * 1024;

/// A plan of one account.
pub(super) fn plan_of(config: Config, auth: Option<Auth>) -> Plan {
    Plan::new(config, auth, Vec::new()).expect("a plan")
}

/// One end of a connection, as a client sees it.
pub(super) struct Client {
    pub cid: u64,
    /// Loop and slot where its socket is registered; `None` while it moves and once it is gone.
    pub at: Option<(usize, u32)>,
    /// Sent and not read by the server yet.
    input: Vec<u8>,
    /// The client closed its end; told once everything is read.
    hung_up: bool,
    /// Bytes of its input that are done with.
    pub consumed: usize,
    /// Everything it was sent.
    pub got: Vec<u8>,
    /// How much of `got` was looked at.
    seen: usize,
    /// What its socket still takes.
    pub window: usize,
    /// The server closed the connection.
    pub ended: bool,
}

/// Bytes of a client that its loop has read and not looked at yet.
pub(super) struct Fetched {
    client: usize,
    pub loop_: usize,
    slot: u32,
    data: Vec<u8>,
    /// How many of them were not held back from earlier reads.
    count: usize,
}

pub(super) struct World {
    pub broker: Arc<BrokerState>,
    pub shards: Vec<Shard>,
    inboxes: Vec<Arc<Inbox>>,
    pub now: u64,
    pub clients: Vec<Client>,
    sockets: Vec<Vec<Option<usize>>>,
    pub events: Vec<Event>,
    /// Passwords that the shards want checked: tests answer when they like.
    pub checks: Vec<PasswordCheck>,
    /// Peers keep their end open after the server has closed its own.
    pub peers_stay: bool,
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
        let shards = (0..loops)
            .map(|reactor| {
                Shard::new(ShardSeed {
                    reactor: reactor as u16,
                    inboxes: inboxes.clone(),
                    buffers: buffers.clone(),
                    random: random.wrapping_mul(31).wrapping_add(reactor as u64),
                    wall_ms_at_zero: 0.0,
                })
            })
            .collect();
        Self {
            broker: BrokerState::new(1, Arc::default(), plan),
            shards,
            inboxes,
            now: SECOND,
            clients: Vec::new(),
            sockets: vec![Vec::new(); loops],
            events: Vec::new(),
            checks: Vec::new(),
            peers_stay: false,
        }
    }

    /// A client whose connection lives on that loop. It has been greeted, and has said nothing.
    pub fn client(&mut self, loop_: usize) -> usize {
        let peer = "127.0.0.1:1000".parse().expect("an address");
        self.shards[loop_].set_now(self.now);
        let slot = self.shards[loop_]
            .add_connection(&self.broker, peer)
            .expect("the broker takes connections");
        let cid = self.shards[loop_].conn(slot).expect("just added").shared().cid;
        let client = self.clients.len();
        self.clients.push(Client {
            cid,
            at: None,
            input: Vec::new(),
            hung_up: false,
            consumed: 0,
            got: Vec::new(),
            seen: 0,
            window: usize::MAX,
            ended: false,
        });
        self.install(loop_, slot, client);
        client
    }

    /// A client that has sent a CONNECT which asks for no `+OK`.
    pub fn quiet_client(&mut self, loop_: usize) -> usize {
        let client = self.client(loop_);
        self.say(
            client,
            "CONNECT {\"verbose\":false,\"headers\":true,\"no_responders\":true,\"protocol\":1}\r\nPING\r\n",
        );
        self.frames(client);
        client
    }

    pub fn send(&mut self, client: usize, bytes: impl AsRef<[u8]>) {
        self.clients[client].input.extend_from_slice(bytes.as_ref());
    }

    /// Sends and lets everything come to rest.
    pub fn say(&mut self, client: usize, bytes: impl AsRef<[u8]>) {
        self.send(client, bytes);
        self.rest();
    }

    /// The client closes its end.
    pub fn hang_up(&mut self, client: usize) {
        self.clients[client].hung_up = true;
    }

    /// What came since the last look.
    pub fn frames(&mut self, client: usize) -> Vec<Frame> {
        let client = &mut self.clients[client];
        let (frames, used) = frames(&client.got[client.seen..]);
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
        self.clients[client].input.len()
    }

    pub fn is_paused(&mut self, client: usize) -> bool {
        let conn = self.conn(client);
        conn.is_some_and(|conn| conn.is_paused() && conn.phase != Phase::AwaitingAdmission)
    }

    /// Whether somebody else is deciding who it is.
    pub fn awaits_admission(&mut self, client: usize) -> bool {
        let conn = self.conn(client);
        conn.is_some_and(|conn| conn.phase == Phase::AwaitingAdmission)
    }

    fn conn(&mut self, client: usize) -> Option<&mut Conn> {
        let (loop_, slot) = self.clients[client].at?;
        self.shards[loop_].conn(slot)
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
        assert!(reasons.len() <= 1, "told more than once: {reasons:?}");
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

    // The steps of a turn.

    /// Takes in what others sent; lets connections go and come.
    pub fn drain_inbox_and_commands(&mut self, loop_: usize) {
        let shard = &mut self.shards[loop_];
        shard.set_now(self.now);
        shard.drain_inbox();
        assert!(shard.take_command().is_none(), "nobody sent one");
        self.move_connections(loop_);
    }

    pub fn fire_timers(&mut self, loop_: usize) {
        let shard = &mut self.shards[loop_];
        shard.set_now(self.now);
        shard.handle_timers();
        shard.take_resumed();
    }

    /// One read of at most `most` bytes, and what follows from it. Returns whether there was anything to do.
    pub fn read(&mut self, client: usize, most: usize) -> bool {
        match self.fetch(client, most) {
            Ok(fetched) => {
                self.handle(fetched);
                true
            }
            Err(done) => done,
        }
    }

    /// The first half of a read: bytes from the socket, then a look into the inbox. Other loops go on before the second.
    /// Without bytes: whether there was anything else to do.
    pub fn fetch(&mut self, client: usize, most: usize) -> Result<Fetched, bool> {
        let Some((loop_, slot)) = self.clients[client].at else {
            return Err(false);
        };
        let now = self.now;
        let shard = &mut self.shards[loop_];
        shard.set_now(now);
        let Some(conn) = shard.conn(slot) else {
            return Err(false);
        };
        if conn.is_closing() {
            let had = !self.clients[client].input.is_empty();
            self.clients[client].input.clear();
            return Err(had);
        }
        if conn.is_paused() {
            return Err(false);
        }
        let state = &mut self.clients[client];
        let has_backlog = conn.has_backlog();
        let count = if has_backlog { 0 } else { most.min(state.input.len()) };
        if count == 0 && !state.hung_up && !has_backlog {
            return Err(false);
        }
        let mut data = conn.take_backlog().unwrap_or_else(|| conn.held().0.clone());
        data.extend(state.input.drain(..count));
        shard.drain_inbox();
        if count == 0 && !has_backlog {
            state.hung_up = false;
            shard.peer_gone(slot, CloseReason::ClientClosed);
            return Err(true);
        }
        Ok(Fetched {
            client,
            loop_,
            slot,
            data,
            count,
        })
    }

    /// The second half.
    pub fn handle(&mut self, fetched: Fetched) {
        let Fetched {
            client,
            loop_,
            slot,
            data,
            count,
        } = fetched;
        let mut used = 0;
        loop {
            let done = self.shards[loop_].receive(slot, &data[used..]);
            assert!(done <= data.len() - used, "done with more than was given");
            used += done;
            if !self.shards[loop_].should_flush() {
                break;
            }
            self.flush_dirty(loop_);
        }
        let conn = self.shards[loop_]
            .conn(slot)
            .expect("nobody removes it before the turn ends");
        *conn.held().0 = data[used..].to_vec();
        self.clients[client].consumed += used;
        self.shards[loop_].take_wakes();
        if count >= FLUSH_EARLY_BYTES {
            self.flush_dirty(loop_);
        }
        self.shards[loop_].pause_if_somebody_is_behind(slot);
    }

    /// Writes, closes, tells.
    pub fn finish(&mut self, loop_: usize) {
        self.shards[loop_].set_now(self.now);
        self.finish_all_but_telling(loop_);
        self.send_to(loop_);
    }

    pub fn finish_all_but_telling(&mut self, loop_: usize) {
        self.move_connections(loop_);
        self.flush_dirty(loop_);
        loop {
            let closing = self.shards[loop_].take_closing();
            if closing.is_empty() {
                break;
            }
            for slot in closing {
                self.flush(loop_, slot);
                if let Some(client) = self.client_at(loop_, slot) {
                    self.clients[client].ended = true;
                    if !self.peers_stay {
                        self.drop_socket(loop_, slot);
                    }
                }
            }
            self.flush_dirty(loop_);
        }
        for slot in self.shards[loop_].take_expired() {
            self.drop_socket(loop_, slot);
        }
        self.shards[loop_].take_wakes();
        self.checks.extend(self.shards[loop_].take_password_checks());
    }

    pub fn send_to(&mut self, loop_: usize) {
        let events = self.shards[loop_].take_events();
        assert!(
            events.is_empty() || self.stopped_count() == 0,
            "told after the broker's end: {events:?}"
        );
        self.events.extend(events.into_iter().map(|(_, event)| event));
        for reload in self.shards[loop_].take_reloaded() {
            if reload.acknowledge() {
                let number = reload.number;
                self.events.push(Event::Reloaded { number });
            }
        }
        for (broker, ending) in self.shards[loop_].take_ending() {
            broker.acknowledge_reported(ending);
            if broker.report_stopped(self.shards.len()) {
                self.events.push(Event::Stopped);
            }
        }
    }

    pub fn turn(&mut self, loop_: usize) {
        self.drain_inbox_and_commands(loop_);
        self.fire_timers(loop_);
        for client in 0..self.clients.len() {
            if self.clients[client].at.is_some_and(|(l, _)| l == loop_) {
                self.read(client, usize::MAX);
            }
        }
        self.finish(loop_);
    }

    /// Turns until nothing is under way. Time stands still, except that pauses of publishers are waited for.
    pub fn rest(&mut self) {
        for _ in 0..10_000 {
            for loop_ in 0..self.shards.len() {
                self.turn(loop_);
            }
            let flowing = self.inboxes.iter().any(|inbox| inbox.has_items())
                || self.shards.iter().any(|shard| shard.has_dirty() || shard.has_waiting())
                || (0..self.clients.len()).any(|client| self.has_something_to_read(client));
            if !flowing {
                // What a departure put off is taken in with the next turn.
                (0..self.shards.len()).for_each(|loop_| self.turn(loop_));
                if !self.inboxes.iter().any(|inbox| inbox.has_items()) {
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
        let state = &self.clients[client];
        let sent = state.at.is_some() && (!state.input.is_empty() || state.hung_up);
        let backlog = self.conn(client).is_some_and(|conn| conn.has_backlog());
        (sent || backlog) && !self.awaits_admission(client)
    }

    /// Lets time pass, in steps, with turns of all loops in each.
    pub fn pass(&mut self, total: u64, step: u64) {
        let end = self.now + total;
        while self.now < end {
            self.now = end.min(self.now + step);
            (0..self.shards.len()).for_each(|loop_| self.turn(loop_));
        }
    }

    /// Asks for a connection to move. Nothing of it has happened when this returns.
    pub fn offer(&mut self, client: usize, to: usize) {
        if let Some((from, slot)) = self.clients[client].at {
            self.shards[from].offer(slot, to as u16);
        }
    }

    /// The socket takes that much more; what waits is written.
    pub fn open_window(&mut self, client: usize, bytes: usize) {
        self.clients[client].window = self.clients[client].window.saturating_add(bytes);
        if let Some((loop_, slot)) = self.clients[client].at {
            self.shards[loop_].set_now(self.now);
            self.flush(loop_, slot);
        }
    }

    pub fn post(&self, loop_: usize, item: InboxItem) {
        let _ = self.inboxes[loop_].push(item);
    }

    /// What the control plane does to bring another plan. Nothing of it has happened when this returns.
    pub fn reload(&self, config: Config, auth: Option<Auth>) -> u64 {
        self.post_reload(self.broker.reload(plan_of(config, auth), self.shards.len()))
            .number
    }

    /// Tells all loops of a change of the plan.
    pub fn post_reload(&self, started: Reloading) -> Arc<Reload> {
        for loop_ in 0..self.shards.len() {
            self.post(loop_, InboxItem::Reload(started.reload.clone()));
        }
        for cid in started.over_limit {
            if let Some(at) = self.broker.locate(cid) {
                let reason = CloseReason::MaxConnectionsExceeded;
                let broker = self.broker.clone();
                self.post(usize::from(at.reactor), InboxItem::Close { broker, cid, reason });
            }
        }
        started.reload
    }

    /// Whether the end of that reload was told.
    pub fn is_reloaded(&self, wanted: u64) -> bool {
        self.events
            .iter()
            .any(|event| matches!(event, Event::Reloaded { number } if *number == wanted))
    }

    /// What the control plane does to end the broker.
    pub fn shut_down(&self) {
        self.broker.begin_shutdown();
        for loop_ in 0..self.shards.len() {
            self.post(loop_, InboxItem::Shutdown(self.broker.clone()));
        }
    }

    /// Any step of any loop or client.
    pub fn random_step(&mut self, random: &mut Random) {
        self.random_step_sparing(usize::MAX, random);
    }

    /// Any step of any loop or client besides that loop's.
    pub fn random_step_sparing(&mut self, spared: usize, random: &mut Random) {
        let loop_ = random.below(self.shards.len());
        match random.below(10) {
            _ if loop_ == spared => {}
            8 => self.send_to(loop_),
            0 => self.drain_inbox_and_commands(loop_),
            1 => self.fire_timers(loop_),
            2 => self.finish(loop_),
            3 => self.finish_all_but_telling(loop_),
            4 => self.turn(loop_),
            _ if self.clients.is_empty() => {}
            _ => {
                let client = random.below(self.clients.len());
                if self.clients[client].at.is_some_and(|(at, _)| at == spared) {
                    return;
                }
                let most = if random.chance(50) {
                    usize::MAX
                } else {
                    1 + random.below(40)
                };
                self.read(client, most);
            }
        }
    }

    fn client_at(&self, loop_: usize, slot: u32) -> Option<usize> {
        self.sockets[loop_].get(slot as usize).copied().flatten()
    }

    fn install(&mut self, loop_: usize, slot: u32, client: usize) {
        let sockets = &mut self.sockets[loop_];
        if sockets.len() <= slot as usize {
            sockets.resize(slot as usize + 1, None);
        }
        assert!(sockets[slot as usize].is_none(), "two sockets in one slot");
        sockets[slot as usize] = Some(client);
        self.clients[client].at = Some((loop_, slot));
    }

    fn drop_socket(&mut self, loop_: usize, slot: u32) {
        if let Some(client) = self.client_at(loop_, slot) {
            self.sockets[loop_][slot as usize] = None;
            self.clients[client].at = None;
        }
        self.shards[loop_].remove_connection(slot);
    }

    fn move_connections(&mut self, loop_: usize) {
        for (slot, to) in self.shards[loop_].take_departures() {
            let client = self.client_at(loop_, slot).expect("who departs has a socket");
            self.sockets[loop_][slot as usize] = None;
            self.clients[client].at = None;
            if let Some(back) = self.shards[loop_].depart(slot, to, Box::new(client)) {
                self.settle(loop_, slot, back);
            }
        }
        for (slot, body) in self.shards[loop_].take_arrivals() {
            self.settle(loop_, slot, body);
        }
    }

    fn settle(&mut self, loop_: usize, slot: u32, body: Box<dyn std::any::Any + Send>) {
        let client = *body.downcast::<usize>().expect("a client travels");
        self.install(loop_, slot, client);
        self.flush(loop_, slot);
    }

    fn flush_dirty(&mut self, loop_: usize) {
        while self.shards[loop_].has_dirty() {
            for slot in self.shards[loop_].take_dirty() {
                if let Some(conn) = self.shards[loop_].conn(slot) {
                    conn.left_dirty_list();
                }
                self.flush(loop_, slot);
            }
        }
    }

    fn flush(&mut self, loop_: usize, slot: u32) {
        let Some(client) = self.client_at(loop_, slot) else {
            return;
        };
        self.shards[loop_].flush_begins(slot);
        while let Some(conn) = self.shards[loop_].conn(slot) {
            let state = &mut self.clients[client];
            let mut written = 0;
            for slice in conn.out.slices() {
                let count = slice.len().min(state.window - written);
                state.got.extend_from_slice(&slice[..count]);
                written += count;
            }
            if written == 0 {
                break;
            }
            if state.window != usize::MAX {
                state.window -= written;
            }
            self.shards[loop_].wrote(slot, written);
        }
        self.shards[loop_].flushed(slot);
    }
}
