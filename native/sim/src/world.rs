//! The loops, the network between them and their clients, and which of them runs next.
//!
//! A loop sleeps as the reactor's does: it announces that it will, and is woken by whoever puts something into its inbox
//! after that, by its sockets or by its timers. Nothing else makes it run, so a lost wake-up is a lost message.
//!
//! All random choices come from one seed. Nothing here knows the operations that clients send.

use crate::Options;
use crate::io::SimIo;
use crate::trace::Trace;
use nt_broker::simulation::Fault;
use nt_broker::simulation::memory::End;
use nt_broker::simulation::random::Random;
use nt_broker::{
    BrokerEvent, BrokerState, Event, EventLoop, Inbox, InboxItem, Loops, NONCE_BYTES, Newcomer, Readiness, Shard,
    ShardSeed, SharedBuffers, Time,
};
use std::cell::{RefCell, RefMut};
use std::collections::{BTreeMap, VecDeque};
use std::rc::{Rc, Weak};
use std::sync::Arc;

pub(crate) const MS: u64 = 1_000_000;
pub(crate) const SECOND: u64 = 1_000 * MS;
/// Where the wall clock begins: a day in 2026.
const WALL_AT_START_NS: u64 = 1_790_000_000 * SECOND;
/// How often another loop or client runs during a call that a loop makes to its sockets, percent.
const INTERRUPTED: usize = 15;

/// Everything except the scripts of the clients.
pub(crate) struct World {
    loops: Vec<RefCell<EventLoop<SimIo>>>,
    inboxes: Vec<Arc<Inbox>>,
    state: RefCell<State>,
}

struct State {
    random: Random,
    now_ns: u64,
    /// How far the wall clock was set forward.
    wall_offset_ns: u64,
    /// By loop.
    asleep: Vec<bool>,
    woken: Vec<bool>,
    ready: Vec<BTreeMap<u32, Readiness>>,
    /// Clients that connected and are not accepted yet.
    waiting: VecDeque<Newcomer<End>>,
    clients: Vec<Network>,
    /// What happened to the clients' operations since it was last taken.
    progress: Vec<Progress>,
    events: Vec<BrokerEvent>,
    trace: Trace,
    fault: Option<Fault>,
}

/// What happened to an operation of a client.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Progress {
    /// The client sent its next one.
    Sent(usize),
    /// Of what the client sent, so many bytes have had their effect.
    Handled(usize, usize),
}

/// What is between one client and its server.
struct Network {
    end: End,
    /// Operations that the client will send.
    unsent: VecDeque<Vec<u8>>,
    /// Sent, not arrived.
    in_transit: VecDeque<u8>,
    /// The client closed its end; that arrives after everything it sent.
    closing: bool,
}

impl World {
    pub fn new(loops: usize, seed: u64, options: Options) -> Rc<Self> {
        let Options { fault, print_trace } = options;
        let inboxes: Vec<Arc<Inbox>> = (0..loops).map(|_| Arc::default()).collect();
        let buffers = Arc::<SharedBuffers>::default();
        Rc::new_cyclic(|world: &Weak<Self>| Self {
            loops: (0..loops)
                .map(|reactor| {
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
                    RefCell::new(EventLoop::new(shard, SimIo::new(reactor, world.clone())))
                })
                .collect(),
            inboxes,
            state: RefCell::new(State {
                random: Random::new(seed ^ 0x5EED),
                now_ns: SECOND,
                wall_offset_ns: 0,
                asleep: vec![false; loops],
                woken: vec![false; loops],
                ready: vec![BTreeMap::new(); loops],
                waiting: VecDeque::new(),
                clients: Vec::new(),
                progress: Vec::new(),
                events: Vec::new(),
                trace: Trace::new(seed, print_trace),
                fault,
            }),
        })
    }

    fn state(&self) -> RefMut<'_, State> {
        self.state.borrow_mut()
    }

    // The clock.

    /// Advances both clocks.
    pub fn advance_clocks(&self, ns: u64) {
        self.state().now_ns += ns;
    }

    /// Sets the wall clock forward.
    pub fn set_wall_clock_forward(&self, ns: u64) {
        self.state().wall_offset_ns += ns;
    }

    fn time(&self) -> Time {
        let state = self.state();
        Time {
            monotonic_ns: state.now_ns,
            wall_ns: WALL_AT_START_NS + state.now_ns + state.wall_offset_ns,
        }
    }

    // Clients.

    /// A client connects, and waits until a loop accepts it. Returns its number.
    pub fn connect(&self, broker: &Arc<BrokerState>) -> usize {
        let mut state = self.state();
        let number = state.clients.len();
        let end = End::default();
        end.with(|pipe| pipe.number = number);
        state.clients.push(Network {
            end: end.clone(),
            unsent: VecDeque::new(),
            in_transit: VecDeque::new(),
            closing: false,
        });
        let port = 1024 + (number % 60_000) as u16;
        state.waiting.push_back(Newcomer {
            broker: broker.clone(),
            socket: end,
            peer: ([10, 0, 0, 1], port).into(),
        });
        state.trace.note("connect", &[number as u64]);
        number
    }

    /// A client's end.
    pub fn end(&self, client: usize) -> End {
        self.state().clients[client].end.clone()
    }

    /// A client will send this operation.
    pub fn schedule(&self, client: usize, operation: Vec<u8>) {
        self.state().clients[client].unsent.push_back(operation);
    }

    /// A client closes its end after everything it has to send.
    pub fn close(&self, client: usize) {
        self.state().clients[client].closing = true;
    }

    /// The client's socket accepts this many more bytes.
    pub fn set_window(&self, client: usize, bytes: usize) {
        let end = self.end(client);
        end.with(|pipe| pipe.window = bytes);
        self.make_end_ready(
            &end,
            Readiness {
                writable: bytes > 0,
                ..Readiness::default()
            },
        );
    }

    fn make_end_ready(&self, end: &End, readiness: Readiness) {
        if let Some((reactor, slot)) = end.with(|pipe| pipe.at) {
            self.make_ready(reactor, slot, readiness);
        }
    }

    /// A client sends its scheduled operations, or some of them.
    fn send(&self, client: usize, all: bool) {
        let mut guard = self.state();
        let State {
            random,
            clients,
            progress,
            ..
        } = &mut *guard;
        let network = &mut clients[client];
        while let Some(operation) = network.unsent.pop_front() {
            network.in_transit.extend(operation);
            progress.push(Progress::Sent(client));
            if !all && random.chance(30) {
                break;
            }
        }
    }

    /// Brings some of what a client sent to its server. False: nothing was sent.
    fn deliver(&self, client: usize, all: bool) -> bool {
        self.send(client, all);
        let (end, bytes, hung_up) = {
            let mut guard = self.state();
            let State { random, clients, .. } = &mut *guard;
            let network = &mut clients[client];
            let waiting = network.in_transit.len();
            if waiting == 0 && !network.closing {
                return false;
            }
            let count = match waiting {
                0 => 0,
                _ if all || random.chance(50) => waiting,
                _ => 1 + random.below(waiting.min(40)),
            };
            let bytes: Vec<u8> = network.in_transit.drain(..count).collect();
            let hung_up =
                network.unsent.is_empty() && network.in_transit.is_empty() && std::mem::take(&mut network.closing);
            (network.end.clone(), bytes, hung_up)
        };
        end.send(&bytes);
        end.with(|pipe| pipe.hung_up |= hung_up);
        self.note("deliver", &[client as u64, bytes.len() as u64, u64::from(hung_up)]);
        self.make_end_ready(
            &end,
            Readiness {
                readable: true,
                read_closed: hung_up,
                writable: false,
            },
        );
        true
    }

    // What the sockets of a loop need.

    pub fn make_ready(&self, reactor: usize, slot: u32, readiness: Readiness) {
        let mut state = self.state();
        let known = state.ready[reactor].entry(slot).or_default();
        known.readable |= readiness.readable;
        known.read_closed |= readiness.read_closed;
        known.writable |= readiness.writable;
    }

    pub fn forget_ready(&self, reactor: usize, slot: u32) {
        self.state().ready[reactor].remove(&slot);
    }

    /// The next client that waits for one of these brokers.
    pub fn next_waiting(&self, listening: &[u32]) -> Option<Newcomer<End>> {
        let mut state = self.state();
        let at = state.waiting.iter().position(|n| listening.contains(&n.broker.id))?;
        state.waiting.remove(at)
    }

    /// The listener of that broker is closed.
    pub fn refuse_waiting(&self, broker: u32) {
        self.state().waiting.retain(|newcomer| newcomer.broker.id != broker);
    }

    /// The loop for a new connection.
    pub fn place(&self) -> usize {
        let loops = self.loops.len();
        self.state().random.below(loops)
    }

    pub fn wake(&self, reactor: usize) {
        let mut state = self.state();
        state.trace.note("wake", &[reactor as u64]);
        if state.fault == Some(Fault::LostWakeUp) && state.random.chance(10) {
            return;
        }
        state.woken[reactor] = true;
    }

    pub fn report(&self, events: Vec<BrokerEvent>) {
        let mut state = self.state();
        for (broker, event) in &events {
            state.trace.note("event", &[u64::from(*broker)]);
            state.trace.mix_bytes(format!("{event:?}").as_bytes());
        }
        state.events.extend(events);
    }

    pub fn note_handled(&self, client: usize, bytes: usize) {
        self.state().progress.push(Progress::Handled(client, bytes));
    }

    // The trace.

    pub fn note(&self, what: &str, numbers: &[u64]) {
        self.state().trace.note(what, numbers);
    }

    pub fn note_bytes(&self, bytes: &[u8]) {
        self.state().trace.mix_bytes(bytes);
    }

    pub fn trace(&self) -> Trace {
        self.state().trace
    }

    // Questions of the run.

    /// What happened to the operations of clients since the last call, in order.
    pub fn take_progress(&self) -> Vec<Progress> {
        std::mem::take(&mut self.state().progress)
    }

    /// Whether such an event was reported.
    pub fn was_reported(&self, wanted: impl Fn(&BrokerEvent) -> bool) -> bool {
        self.state().events.iter().any(wanted)
    }

    /// All events of a broker, in order.
    pub fn events_of(&self, broker: u32) -> Vec<Event> {
        let state = self.state();
        let events = state.events.iter().filter(|(id, _)| *id == broker);
        events.map(|(_, event)| event.clone()).collect()
    }

    /// Moves a connection to another loop, unless it moves already.
    pub fn move_connection(&self, client: usize, to: usize) {
        let Some((from, slot)) = self.end(client).with(|pipe| pipe.at) else {
            return;
        };
        self.note("move", &[client as u64, to as u64]);
        self.loops[from].borrow_mut().shard_mut().begin_move(slot, to as u16);
    }

    pub fn connections(&self) -> usize {
        self.loops.iter().map(|l| l.borrow().shard().conn_count()).sum()
    }

    /// Whether the server has paused reading from a client.
    fn is_paused(&self, client: usize) -> bool {
        let Some((reactor, slot)) = self.end(client).with(|pipe| pipe.at) else {
            return false;
        };
        let mut event_loop = self.loops[reactor].borrow_mut();
        event_loop.shard_mut().conn(slot).is_some_and(|conn| conn.is_paused())
    }

    // What runs next.

    /// One random event: bytes arrive, or a loop runs.
    pub fn step(&self) {
        let (loops, clients) = (self.loops.len(), self.state().clients.len());
        let choice = self.state().random.below(loops + clients);
        if choice < loops {
            self.run_loop(choice);
        } else {
            self.deliver(choice - loops, false);
        }
    }

    /// Called while a loop calls its sockets: others may run meanwhile, as their threads would.
    pub fn run_others(&self) {
        while {
            let mut state = self.state();
            state.random.chance(INTERRUPTED)
        } {
            self.step();
        }
    }

    /// A loop takes a turn, or goes to sleep. False: it sleeps and has no reason to wake up, or it is in a turn already.
    fn run_loop(&self, reactor: usize) -> bool {
        let Ok(mut event_loop) = self.loops[reactor].try_borrow_mut() else {
            return false;
        };
        let time = self.time();
        if self.state().asleep[reactor] {
            let due = event_loop.next_timer().is_some_and(|at| at <= time.monotonic_ns);
            if !due && !self.poll_would_return(reactor) {
                return false;
            }
            event_loop.wake_up();
            self.state().asleep[reactor] = false;
            self.note("awake", &[reactor as u64]);
        } else if !event_loop.is_busy() && !self.poll_would_return(reactor) && event_loop.fall_asleep() {
            self.state().asleep[reactor] = true;
            self.note("asleep", &[reactor as u64]);
            return true;
        }
        self.state().woken[reactor] = false;
        self.note("turn", &[reactor as u64, time.monotonic_ns, time.wall_ns]);
        let ready = std::mem::take(&mut self.state().ready[reactor]);
        for (slot, readiness) in ready {
            event_loop.socket_is_ready(slot, readiness);
        }
        event_loop.turn(time);
        true
    }

    /// Whether the poller of a loop would return at once.
    fn poll_would_return(&self, reactor: usize) -> bool {
        let state = self.state();
        let accepts = reactor + 1 == self.loops.len();
        state.woken[reactor] || !state.ready[reactor].is_empty() || (accepts && !state.waiting.is_empty())
    }

    /// Lets everything happen that needs no time, and lets pauses of publishers end. What has not happened then never will.
    pub fn settle(&self) {
        // Longer than any pause, and shorter than PINGs and deadlines, which would hide a lost wake-up.
        let mut pauses_left_ms = 50;
        for _ in 0..100_000 {
            let clients = self.state().clients.len();
            let mut worked = false;
            for client in 0..clients {
                worked |= self.deliver(client, true);
            }
            for reactor in 0..self.loops.len() {
                worked |= self.run_loop(reactor);
            }
            if worked {
                continue;
            }
            let paused = (0..clients).any(|client| self.is_paused(client));
            if !paused || pauses_left_ms == 0 {
                return;
            }
            pauses_left_ms -= 1;
            self.advance_clocks(MS);
        }
        panic!("the loops never become idle");
    }
}

impl Loops for World {
    type Socket = End;
    type Listener = ();

    fn count(&self) -> usize {
        self.loops.len()
    }

    fn send(&self, reactor: usize, item: InboxItem) {
        if let InboxItem::Reload(reload) = &item
            && self.state().fault == Some(Fault::HalfReload)
            && reactor >= self.loops.len().div_ceil(2)
        {
            // Confirmed, and not applied.
            reload.acknowledge();
            return;
        }
        if self.inboxes[reactor].push(item) {
            self.wake(reactor);
        }
    }
}
