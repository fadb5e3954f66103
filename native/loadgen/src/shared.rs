//! What the loops of a run share: the plan, the phase and the counters.
//!
//! Loops report arrivals in counters; the first loop coordinates: it alone advances the phase (`coordinator.rs`).

use crate::clock::Clock;
use crate::error::LoadError;
use crate::hello::Identity;
use crate::histogram::Latencies;
use crate::ledger::Ledger;
use crate::plan::LoadPlan;
use crate::report::TimelinePoint;
use crate::stamp::Mark;
use crate::stats::Stats;
use mio::Waker;
use parking_lot::Mutex;
use rustls::ClientConfig;
use std::collections::BTreeMap;
use std::io::{ErrorKind, Read};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize};
use std::time::Duration;

/// The phase of a run. It only moves forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum Phase {
    Connecting,
    Subscribing,
    Warming,
    /// The warm-up was sent; waits until its messages have arrived.
    Settling,
    Measuring,
    /// Everything was sent; waits until it has arrived.
    Draining,
    /// Everything has arrived; one more round trip shows messages that should not have.
    Closing,
    Done,
}

impl Phase {
    fn from_number(number: u8) -> Self {
        const ALL: [Phase; 8] = [
            Phase::Connecting,
            Phase::Subscribing,
            Phase::Warming,
            Phase::Settling,
            Phase::Measuring,
            Phase::Draining,
            Phase::Closing,
            Phase::Done,
        ];
        ALL[usize::from(number).min(ALL.len() - 1)]
    }

    /// The name as in the contract.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Subscribing => "subscribing",
            Self::Warming | Self::Settling => "warming up",
            Self::Measuring => "measuring",
            Self::Draining | Self::Closing => "draining",
            Self::Done => "done",
        }
    }
}

/// Counters of one loop, on a cache line of their own.
#[derive(Debug, Default)]
#[repr(align(128))]
#[allow(missing_docs)]
pub struct Cell {
    pub published: AtomicU64,
    pub delivered: AtomicU64,
    /// When a message was last received or sent.
    pub activity: AtomicU64,
}

/// Counters of loops, connections and senders that have reached a point which all must reach.
#[derive(Debug, Default)]
pub struct Gates {
    /// Loops that run on their threads.
    pub loops: AtomicUsize,
    /// Connections that got the PONG after CONNECT.
    pub connected: AtomicUsize,
    /// Connections whose subscriptions are confirmed.
    pub ready: AtomicUsize,
    /// Senders that have finished the warm-up.
    pub warmed: AtomicUsize,
    /// Senders that have sent everything.
    pub sent: AtomicUsize,
    /// Senders and pullers without unanswered requests.
    pub drained: AtomicUsize,
    /// Connections that have finished the last round trip.
    pub closed: AtomicUsize,
    /// Connections lost during the run.
    pub lost: AtomicUsize,
}

/// The result of one connection; idle ones have none.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct ClientResult {
    /// The index of its client in the plan, and its number within that client.
    pub client: usize,
    pub connection: usize,
    pub stats: Stats,
}

/// The result of one loop.
#[derive(Debug, Default)]
#[allow(missing_docs)]
pub struct LoopResult {
    pub clients: Vec<ClientResult>,
    pub latencies: Vec<Latencies>,
    pub connects: Latencies,
    /// When the first connect began, and when the last connection was open.
    pub connecting: (Option<u64>, Option<u64>),
    pub stats: Stats,
    /// Messages of the warm-up that were answered.
    pub warmed: u64,
    pub errors: BTreeMap<String, u64>,
    pub slow_consumers: u64,
    pub cpu_ns: u64,
}

/// A server of the plan, resolved.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Server {
    /// The name in the plan.
    pub name: String,
    pub host: String,
    pub address: SocketAddr,
    /// It was found not to accept connections any more.
    pub refuses: AtomicBool,
}

impl Server {
    /// Whether it still accepts connections and keeps them open. Called when it has closed one; may block for a short
    /// time, once for a server that has ended.
    pub fn is_reachable(&self) -> bool {
        if !self.refuses.load(Relaxed) && !self.answers_connect() {
            self.refuses.store(true, Relaxed);
        }
        !self.refuses.load(Relaxed)
    }

    /// The system accepts connections even for a process that is ending. So the server must send something or keep the
    /// connection open.
    fn answers_connect(&self) -> bool {
        const TIMEOUT: Duration = Duration::from_millis(250);
        let Ok(mut socket) = TcpStream::connect_timeout(&self.address, TIMEOUT) else {
            return false;
        };
        if socket.set_read_timeout(Some(TIMEOUT)).is_err() {
            return false;
        }
        match socket.read(&mut [0]) {
            Ok(read) => read > 0,
            // If TLS comes first, the server waits for the client's first message.
            Err(error) => matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
        }
    }
}

/// What all loops share.
#[allow(missing_docs)]
pub struct Shared {
    pub plan: LoadPlan,
    pub clock: Clock,
    pub mark: Mark,
    pub servers: Vec<Server>,
    pub identity: Identity,
    pub tls: Option<Arc<ClientConfig>>,
    pub ledgers: Vec<Arc<Ledger>>,
    /// The prefix of every inbox of this run.
    pub inbox: String,
    /// The number of all connections, and of those that send.
    pub connections: usize,
    pub senders: usize,
    phase: AtomicU8,
    pub gates: Gates,
    pub warm_end: AtomicU64,
    pub measure_start: AtomicU64,
    /// 0: the part is ended by the number of messages, not by time.
    pub measure_end: AtomicU64,
    stop: AtomicBool,
    failure: Mutex<Option<LoadError>>,
    pub cells: Box<[Cell]>,
    pub wakers: Vec<Waker>,
    pub results: Mutex<Vec<LoopResult>>,
    pub timeline: Mutex<Vec<TimelinePoint>>,
    pub cost: Mutex<Option<crate::report::ProcessCost>>,
}

impl Shared {
    /// Takes what `load.rs` has prepared.
    #[allow(clippy::too_many_arguments)]
    pub fn new(
        plan: LoadPlan,
        mark: Mark,
        servers: Vec<Server>,
        identity: Identity,
        tls: Option<Arc<ClientConfig>>,
        ledgers: Vec<Arc<Ledger>>,
        inbox: String,
        wakers: Vec<Waker>,
    ) -> Self {
        let senders = plan.senders().map(|client| client.connections).sum();
        Self {
            clock: Clock::new(),
            mark,
            servers,
            identity,
            tls,
            ledgers,
            inbox,
            connections: plan.clients.iter().map(|client| client.connections).sum(),
            senders,
            phase: AtomicU8::new(0),
            gates: Gates::default(),
            warm_end: AtomicU64::new(0),
            measure_start: AtomicU64::new(0),
            measure_end: AtomicU64::new(0),
            stop: AtomicBool::new(false),
            failure: Mutex::new(None),
            cells: (0..plan.threads).map(|_| Cell::default()).collect(),
            wakers,
            results: Mutex::new(Vec::new()),
            timeline: Mutex::new(Vec::new()),
            cost: Mutex::new(None),
            plan,
        }
    }

    /// The current phase.
    #[inline]
    pub fn phase(&self) -> Phase {
        Phase::from_number(self.phase.load(Acquire))
    }

    /// Enters a later phase; called by the coordinator.
    pub fn advance(&self, phase: Phase) {
        self.phase.fetch_max(phase as u8, AcqRel);
        self.wake_all();
    }

    /// Ends the run early.
    pub fn stop(&self) {
        self.stop.store(true, Release);
        self.wake_all();
    }

    /// Whether the run is to end early.
    pub fn is_stopped(&self) -> bool {
        self.stop.load(Acquire)
    }

    /// Ends the run with an error; the first error is kept.
    pub fn fail(&self, error: LoadError) {
        self.failure.lock().get_or_insert(error);
        self.advance(Phase::Done);
    }

    /// The error that ended the run.
    pub fn failure(&self) -> Option<LoadError> {
        self.failure.lock().clone()
    }

    /// Counts one more at a gate.
    pub fn arrive(&self, gate: &AtomicUsize) {
        gate.fetch_add(1, AcqRel);
    }

    /// Wakes the loop of the coordinator.
    pub fn wake_coordinator(&self) {
        let _ = self.wakers[0].wake();
    }

    /// One more loop runs on its thread. All loops begin to connect together; otherwise the rate of connects would
    /// depend on how fast threads start.
    pub fn loop_has_started(&self) {
        if self.gates.loops.fetch_add(1, AcqRel) + 1 == self.plan.threads {
            self.wake_all();
        }
    }

    /// Whether all loops run on their threads.
    pub fn all_loops_are_there(&self) -> bool {
        self.gates.loops.load(Acquire) >= self.plan.threads
    }

    fn wake_all(&self) {
        for waker in &self.wakers {
            // A loop that has ended needs no wake-up.
            let _ = waker.wake();
        }
    }

    /// Sums over all loops: published and delivered.
    pub fn counts(&self) -> (u64, u64) {
        self.cells.iter().fold((0, 0), |(published, delivered), cell| {
            (
                published + cell.published.load(Relaxed),
                delivered + cell.delivered.load(Relaxed),
            )
        })
    }

    /// When any message was last received or sent.
    pub fn last_activity(&self) -> u64 {
        self.cells
            .iter()
            .map(|cell| cell.activity.load(Relaxed))
            .max()
            .unwrap_or(0)
    }

    /// Whether no client of this run sends: then messages of other programs count.
    pub fn serves(&self) -> bool {
        self.senders == 0
    }

    /// The number of messages to publish in the measured part; 0 if time ends it.
    pub fn target(&self) -> u64 {
        if self.plan.measure_ms.is_some() {
            return 0;
        }
        let of = |client: &crate::plan::ClientPlan| {
            let messages = client.role.sender().and_then(|sender| sender.messages);
            messages.unwrap_or(0) * client.connections as u64
        };
        self.plan.clients.iter().map(of).sum()
    }
}
