//! The core under test: loops over sockets that are queues of bytes. After each step everything comes to rest.
//!
//! Holds back the messages of a reload, so that a configuration can be in force on some loops only.

use nt_broker::simulation::Fault;
use nt_broker::simulation::memory::{End, MemoryIo};
use nt_broker::simulation::wire::{Frame, frames};
use nt_broker::{
    BrokerState, Brokers, EventLoop, Inbox, InboxItem, Loops, NONCE_BYTES, Newcomer, Plan, Readiness, Shard, ShardSeed,
    SharedBuffers, Time,
};
use std::cell::{Cell, RefCell};
use std::sync::Arc;

const MS: u64 = 1_000_000;
const WALL_AT_START_NS: u64 = 1_790_000_000_000 * MS;

pub(super) struct Driver {
    broker: Arc<BrokerState>,
    brokers: Brokers,
    loops: Vec<EventLoop<MemoryIo>>,
    inboxes: Inboxes,
    now_ns: u64,
    clients: Vec<Option<Client>>,
}

struct Client {
    end: End,
    seen: usize,
}

struct Inboxes {
    inboxes: Vec<Arc<Inbox>>,
    /// Whether reloads are held back.
    holds: Cell<bool>,
    held: RefCell<Vec<(usize, InboxItem)>>,
}

impl Loops for Inboxes {
    type Socket = End;
    type Listener = ();

    fn count(&self) -> usize {
        self.inboxes.len()
    }

    fn send(&self, reactor: usize, item: InboxItem) {
        if self.holds.get() && matches!(item, InboxItem::Reload(_)) {
            self.held.borrow_mut().push((reactor, item));
        } else {
            let _is_asleep = self.inboxes[reactor].push(item);
        }
    }
}

impl Driver {
    pub fn new(loops: usize, plan: Plan, seed: u64, fault: Option<Fault>) -> Self {
        let inboxes: Vec<Arc<Inbox>> = (0..loops).map(|_| Arc::default()).collect();
        let buffers = Arc::<SharedBuffers>::default();
        let event_loop = |reactor: usize| {
            let mut shard = Shard::new(ShardSeed {
                reactor: reactor as u16,
                inboxes: inboxes.clone(),
                buffers: buffers.clone(),
                random: seed.wrapping_mul(31).wrapping_add(reactor as u64),
                secret: [seed, reactor as u64],
                nonces: Box::new(|| [0; NONCE_BYTES]),
            });
            if let Some(fault) = fault {
                shard.plant(fault);
            }
            EventLoop::new(shard, MemoryIo::new(reactor))
        };
        let loops = (0..loops).map(event_loop).collect();
        let inboxes = Inboxes {
            inboxes,
            holds: Cell::new(false),
            held: RefCell::default(),
        };
        let brokers = Brokers::new(seed);
        Self {
            broker: brokers.start(&inboxes, plan, Vec::new()),
            brokers,
            loops,
            inboxes,
            now_ns: 1_000 * MS,
            clients: Vec::new(),
        }
    }

    fn time(&self) -> Time {
        Time {
            monotonic_ns: self.now_ns,
            wall_ns: WALL_AT_START_NS + self.now_ns,
        }
    }

    pub fn now_ms(&self) -> u64 {
        self.now_ns / MS
    }

    fn client(&self, client: usize) -> Option<&Client> {
        self.clients.get(client)?.as_ref()
    }

    /// A client connects to one of the loops, and says this first.
    pub fn connect(&mut self, client: usize, at: usize, says: &str) {
        let end = End::default();
        let at = at % self.loops.len();
        self.loops[at].io_mut().newcomers.push(Newcomer {
            broker: self.broker.clone(),
            socket: end.clone(),
            peer: ([10, 0, 0, 1], 1024 + client as u16).into(),
        });
        while self.clients.len() <= client {
            self.clients.push(None);
        }
        self.clients[client] = Some(Client {
            end: end.clone(),
            seen: 0,
        });
        self.rest();
        end.send(says.as_bytes());
        self.rest();
    }

    /// A client sends this, and everything comes to rest.
    pub fn say(&mut self, client: usize, text: &str) {
        if let Some(client) = self.client(client) {
            client.end.send(text.as_bytes());
            self.rest();
        }
    }

    pub fn close(&mut self, client: usize) {
        if let Some(client) = self.client(client) {
            client.end.with(|pipe| pipe.hung_up = true);
            self.rest();
        }
    }

    /// The loop that a client is on, as long as it is connected.
    pub fn loop_of(&self, client: usize) -> Option<usize> {
        let at = self.client(client)?.end.with(|pipe| pipe.at);
        at.map(|(reactor, _)| reactor)
    }

    pub fn move_client(&mut self, client: usize, to: usize) {
        let at = self.client(client).and_then(|client| client.end.with(|pipe| pipe.at));
        if let Some((from, slot)) = at {
            let to = to % self.loops.len();
            self.loops[from].shard_mut().begin_move(slot, to as u16);
            self.rest();
        }
    }

    /// What a client got since the last call.
    pub fn frames(&mut self, client: usize) -> Vec<Frame> {
        let Some(Some(client)) = self.clients.get_mut(client) else {
            return Vec::new();
        };
        let (frames, used) = client.end.with(|pipe| frames(&pipe.got[client.seen..]));
        client.seen += used;
        frames
    }

    pub fn pass(&mut self, ms: u64) {
        self.now_ns += ms * MS;
        self.rest();
        // Loops look for late responses not more often than each millisecond.
        self.now_ns += 2 * MS;
        self.rest();
    }

    /// Puts another plan into force; no loop applies it before [`Self::apply`].
    pub fn reload(&self, plan: Plan) {
        self.inboxes.holds.set(true);
        self.brokers.reload(&self.inboxes, self.broker.id, plan);
        self.inboxes.holds.set(false);
    }

    /// Lets these loops apply it. `skips`: one says that it has, and does nothing.
    pub fn apply(&mut self, loops: impl Fn(usize) -> bool, skips: impl Fn(usize) -> bool) {
        let held = std::mem::take(&mut *self.inboxes.held.borrow_mut());
        for (reactor, item) in held {
            match &item {
                InboxItem::Reload(reload) if loops(reactor) && skips(reactor) => {
                    reload.acknowledge();
                }
                _ if loops(reactor) => {
                    let _is_asleep = self.inboxes.inboxes[reactor].push(item);
                }
                _ => self.inboxes.held.borrow_mut().push((reactor, item)),
            }
        }
        self.rest();
    }

    fn rest(&mut self) {
        for _ in 0..10_000 {
            for reactor in 0..self.loops.len() {
                self.turn(reactor);
            }
            let is_busy = |l: &EventLoop<MemoryIo>| l.has_inbox_items() || l.is_busy() || l.shard().has_dirty();
            let mut clients = self.clients.iter().flatten();
            let reads = |client: &Client| client.end.with(|pipe| pipe.at.is_some()) && client.end.has_input();
            if !self.loops.iter().any(is_busy) && !clients.any(reads) {
                break;
            }
        }
    }

    fn turn(&mut self, reactor: usize) {
        for client in self.clients.iter().flatten() {
            let at = client.end.with(|pipe| pipe.at);
            if let Some((_, slot)) = at.filter(|(at, _)| *at == reactor && client.end.has_input()) {
                let readiness = Readiness {
                    readable: true,
                    ..Readiness::default()
                };
                self.loops[reactor].socket_is_ready(slot, readiness);
            }
        }
        let now = self.time();
        self.loops[reactor].turn(now);
    }
}
