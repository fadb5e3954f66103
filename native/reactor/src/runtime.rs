//! The shared state of the loops, and the calls of the control plane.

use crate::balance::{self, Load};
use crate::credentials::{Credentials, Nonces};
use crate::host_thread::HostThread;
use crate::loop_thread::{Claimed, LoopThread};
use crate::mailbox::Mailbox;
use crate::reactor::Reactor;
use crate::tokens::Source;
use crate::transport::Transport;
use mio::net::TcpListener;
use mio::{Poll, Waker};
use nt_broker::{
    AdmissionId, BrokerEvent, BrokerId, BrokerState, Brokers, CloseReason, Event, Inbox, InboxItem, InternalPublish,
    LameDuckNotice, Listen, ListenerKind, ListenerPlan, Loops, Plan, Shard, ShardSeed, SharedBuffers, StartedReload,
    Time, User, Verdict,
};
use parking_lot::Mutex;
use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::mem;
use std::net::{SocketAddr, ToSocketAddrs};
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use thiserror::Error;

/// Why a broker does not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The host is not an address, and not a name that can be resolved.
    #[error("lookup {host}: {}", resolver_text(source))]
    Host {
        /// As configured.
        host: String,
        /// The error of the resolver.
        source: io::Error,
    },
    /// The address can't be bound.
    #[error("{address}: {source}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// The error of the system.
        source: io::Error,
    },
}

impl StartError {
    /// The error of the system.
    pub fn source_error(&self) -> &io::Error {
        match self {
            Self::Host { source, .. } | Self::Bind { source, .. } => source,
        }
    }
}

/// The error of the resolver, without the prefix of the standard library.
fn resolver_text(error: &io::Error) -> String {
    let text = error.to_string();
    match text.strip_prefix("failed to lookup address information: ") {
        Some(reason) => reason.to_owned(),
        None => text,
    }
}

/// A broker that runs.
#[derive(Debug, Clone)]
pub struct Started {
    /// Its handle.
    pub broker: BrokerId,
    /// Where it listens: one for each listener of the plan, in their order.
    pub listeners: Vec<BoundListener>,
}

/// A listener that is bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BoundListener {
    /// The kind of connection it accepts.
    pub kind: ListenerKind,
    /// Its address.
    pub address: SocketAddr,
}

/// A fixed number of loops, and the brokers on them.
pub struct Runtime {
    pub(crate) inboxes: Vec<Arc<Inbox>>,
    wakers: Vec<Waker>,
    threads: Vec<LoopThread>,
    interim: Mutex<Vec<JoinHandle<()>>>,
    buffers: Arc<SharedBuffers>,
    pub(crate) mailbox: Mailbox,
    pub(crate) credentials: Credentials,
    nonces: Nonces,
    brokers: Brokers,
    pub(crate) loads: Vec<Load>,
    stopping: AtomicBool,
    started: Instant,
    random: u64,
}

impl Runtime {
    /// Prepares `reactors` loops; `wake` is called from any thread when events wait. `random` is the seed of
    /// random choices.
    pub fn new(reactors: usize, random: u64, wake: Box<dyn Fn() + Send + Sync>) -> io::Result<Arc<Self>> {
        let mut threads = Vec::new();
        let mut wakers = Vec::new();
        for _ in 0..reactors {
            let poll = Poll::new()?;
            wakers.push(Waker::new(poll.registry(), Source::Wake.token())?);
            threads.push(LoopThread::new(poll));
        }
        Ok(Arc::new(Self {
            inboxes: (0..reactors).map(|_| Arc::default()).collect(),
            wakers,
            threads,
            interim: Mutex::default(),
            buffers: Arc::default(),
            mailbox: Mailbox::new(wake),
            credentials: Credentials::default(),
            nonces: Nonces::new()?,
            brokers: Brokers::new(random),
            loads: (0..reactors).map(|_| Load::default()).collect(),
            stopping: AtomicBool::new(false),
            started: Instant::now(),
            random,
        }))
    }

    /// Number of loops.
    pub fn reactors(&self) -> usize {
        self.inboxes.len()
    }

    /// Starts every loop on an interim thread, which it leaves when [`Runtime::run`] claims it. Brokers are served from
    /// now on. If it fails, no loop runs.
    pub fn start_interim(self: &Arc<Self>) -> io::Result<()> {
        for index in 0..self.reactors() {
            let runtime = self.clone();
            let spawned = thread::Builder::new().spawn(move || runtime.run_interim(index));
            match spawned {
                Ok(thread) => self.interim.lock().push(thread),
                Err(error) => {
                    self.stop();
                    self.join_interim();
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    fn run_interim(self: &Arc<Self>, index: usize) {
        let thread = &self.threads[index];
        let Some(poll) = thread.begin_interim() else { return };
        name_thread("interim", index);
        let mut reactor = Box::new(self.reactor(index, poll));
        let outcome = self.guard(index, || {
            reactor.run(None, || self.is_stopping() || thread.is_claimed())
        });
        // The thread that claimed it waits for it, also while everything stops.
        let goes_on = outcome.is_ok() && thread.is_claimed();
        thread.end_interim(goes_on.then_some(reactor));
    }

    /// After [`Runtime::stop`]: waits until no interim thread is left. Not to be called from a loop.
    pub fn join_interim(&self) {
        let threads = mem::take(&mut *self.interim.lock());
        for thread in threads {
            // A loop's panic is caught and posted.
            let _ = thread.join();
        }
    }

    /// Runs one loop on the calling thread until the runtime is stopped. Each loop can be run once.
    pub fn run(self: &Arc<Self>, index: usize) -> io::Result<()> {
        self.run_on(index, None)
    }

    /// The same on a thread that may be terminated: all loops return then.
    pub fn run_on(self: &Arc<Self>, index: usize, host: Option<HostThread>) -> io::Result<()> {
        let thread = self.threads.get(index);
        let Some(claimed) = thread.and_then(|thread| thread.claim(|| self.wake(index))) else {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("loop {index} does not exist or runs already"),
            ));
        };
        let mut reactor = match claimed {
            Claimed::Start(poll) => Box::new(self.reactor(index, poll)),
            Claimed::Moved(reactor) => reactor,
            Claimed::Ended => return Ok(()),
        };
        name_thread("reactor", index);
        self.guard(index, || reactor.run(host.as_ref(), || self.is_stopping()))
    }

    fn reactor(self: &Arc<Self>, index: usize, poll: Poll) -> Reactor {
        let shard = Shard::new(ShardSeed {
            reactor: index as u16,
            inboxes: self.inboxes.clone(),
            buffers: self.buffers.clone(),
            random: self
                .random
                .wrapping_add((index as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15)),
            secret: [0, 1].map(|part| RandomState::new().hash_one(part)),
            nonces: self.nonces.of_loop(index as u16),
        });
        Reactor::new(self.clone(), index, poll, shard)
    }

    /// Runs a loop; its failure ends all loops and is posted to every broker.
    fn guard(&self, index: usize, run: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        let outcome = panic::catch_unwind(AssertUnwindSafe(run));
        let text = match outcome {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => format!("loop {index} failed: {error}"),
            // The message of the panic and its location were written to stderr.
            Err(_) => format!("loop {index} panicked; please report this with the lines above"),
        };
        self.mailbox.post(
            self.brokers
                .ids()
                .into_iter()
                .map(|broker| (broker, Event::Fatal { text: text.clone() }))
                .collect(),
        );
        self.stop();
        Err(io::Error::other(text))
    }

    /// Makes all loops return. Does not wait.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
        self.credentials.stop();
        for waker in &self.wakers {
            // A loop that can't be woken returns at its next turn.
            let _ = waker.wake();
        }
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// The time of a turn: nanoseconds since the runtime's start, and the machine's clock, which may be set at any
    /// time.
    pub(crate) fn now(&self) -> Time {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Time {
            monotonic_ns: self.now_ns(),
            wall_ns: wall.as_nanos() as u64,
        }
    }

    /// Nanoseconds since the runtime's start.
    pub(crate) fn now_ns(&self) -> u64 {
        self.started.elapsed().as_nanos() as u64
    }

    pub(crate) fn wake(&self, reactor: usize) {
        let _ = self.wakers[reactor].wake();
    }

    pub(crate) fn load_of(&self, reactor: usize) -> u32 {
        self.loads[reactor].now(&self.inboxes[reactor])
    }

    /// The loop for the next connection.
    pub(crate) fn place(&self) -> usize {
        balance::place((0..self.reactors()).map(|reactor| self.load_of(reactor)))
    }

    /// Events that the control plane has not taken yet.
    pub fn take_events(&self) -> Vec<BrokerEvent> {
        self.mailbox.take()
    }

    /// How much waits in each queue between threads, by the name of the queue.
    pub fn queues(&self) -> Vec<(String, usize)> {
        let inbox = |(index, inbox): (usize, &Arc<Inbox>)| (format!("reactor {index} inbox"), inbox.len());
        let mut queues: Vec<_> = self.inboxes.iter().enumerate().map(inbox).collect();
        queues.push(("control plane events".to_owned(), self.mailbox.len()));
        let checks = self.credentials.waiting();
        queues.extend(checks.map(|(name, waiting)| (name.to_owned(), waiting)));
        queues
    }

    /// The decision of the embedding program about [`Event::AdmissionRequested`]; `None`: the client is refused.
    /// Without effect if it is late or was not requested.
    pub fn answer_admission(&self, id: AdmissionId, user: Option<Arc<User>>) {
        self.answer(id, Verdict::Embedder(user));
    }

    pub(crate) fn answer(&self, id: AdmissionId, verdict: Verdict) {
        let reactor = usize::from(id.reactor());
        if reactor < self.reactors() {
            self.send(reactor, InboxItem::Verdict { id, verdict });
        }
    }

    /// Starts a broker and binds its listeners, all of them or none. INFO has the bound address where the plan has no
    /// advertised host or port.
    pub fn start_broker(&self, plan: Plan) -> Result<Started, StartError> {
        let mut sockets = Vec::new();
        let mut listeners = Vec::new();
        for ListenerPlan { kind, host, port } in &plan.listeners {
            let (listener, address) = bind(host, *port)?;
            listeners.push(BoundListener { kind: *kind, address });
            sockets.push(Listen {
                kind: *kind,
                listener,
                bound: (host.clone(), address.port()),
            });
        }
        let state = self.brokers.start(self, plan, sockets);
        Ok(Started {
            broker: state.id,
            listeners,
        })
    }

    /// The broker of a handle.
    pub fn state(&self, broker: BrokerId) -> Option<Arc<BrokerState>> {
        self.brokers.get(broker)
    }

    /// Puts another plan into force for a broker; its listeners stay as they are. `None`: the broker is stopped.
    pub fn reload_broker(&self, broker: BrokerId, plan: Plan) -> Option<StartedReload> {
        self.brokers.reload(self, broker, plan)
    }

    /// Stops listening and notifies clients that the broker goes away.
    pub fn enter_lame_duck(&self, broker: BrokerId) {
        self.brokers.enter_lame_duck(self, broker);
    }

    /// Stops listening and closes all connections. [`Event::Stopped`] follows when the last one has closed.
    pub fn stop_broker(&self, broker: BrokerId) {
        self.brokers.stop(self, broker);
    }

    /// Publishes frames of the control plane. All of one broker go to the same loop, so they keep their order; most
    /// connections are on the first loop, so it is that one.
    pub fn publish_internal(&self, batch: InternalPublish) -> usize {
        let waiting = batch.broker.internal().add_unpublished(batch.frames.len());
        self.send(0, InboxItem::Publish(batch));
        waiting
    }

    /// Notifies one client that the broker goes away.
    pub fn notify_lame_duck(&self, broker: BrokerId, cid: u64) -> LameDuckNotice {
        self.brokers.notify_lame_duck(self, broker, cid)
    }

    /// Closes one connection. False: there is none of that number.
    pub fn close_connection(&self, broker: BrokerId, cid: u64, reason: CloseReason) -> bool {
        self.brokers.close_connection(self, broker, cid, reason)
    }
}

impl Loops for Runtime {
    type Socket = Transport;
    type Listener = TcpListener;

    fn count(&self) -> usize {
        self.reactors()
    }

    fn send(&self, reactor: usize, item: InboxItem) {
        if self.inboxes[reactor].push(item) {
            self.wake(reactor);
        }
    }
}

/// How many connections may wait to be accepted.
const BACKLOG: i32 = 1024;

/// Binds the first address of the host that can be bound.
fn bind(host: &str, port: u16) -> Result<(TcpListener, SocketAddr), StartError> {
    let addresses: Vec<SocketAddr> = (host, port)
        .to_socket_addrs()
        .map_err(|source| StartError::Host {
            host: host.to_owned(),
            source,
        })?
        .collect();
    let mut failure = None;
    for address in addresses {
        let bound = listen_on(address).and_then(|listener| {
            let bound = listener.local_addr()?;
            Ok((listener, bound))
        });
        match bound {
            Ok(bound) => return Ok(bound),
            Err(source) => failure = Some(StartError::Bind { address, source }),
        }
    }
    Err(failure.unwrap_or_else(|| StartError::Host {
        host: host.to_owned(),
        source: io::Error::new(io::ErrorKind::NotFound, "no address of that name"),
    }))
}

/// Names the thread, so that loops can be recognised in profilers and `top`. Where threads have no names it does
/// nothing.
fn name_thread(kind: &str, index: usize) {
    #[cfg(target_os = "linux")]
    let _ = std::fs::write("/proc/thread-self/comm", format!("nt-{kind}-{index}"));
    #[cfg(not(target_os = "linux"))]
    let _ = (kind, index);
}

fn listen_on(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // Windows lets two listeners share a port under this option; elsewhere it allows a restart at once.
    #[cfg(not(windows))]
    socket.set_reuse_address(true)?;
    // The wildcard of both families accepts clients of both.
    if address.is_ipv6() && address.ip().is_unspecified() {
        let _ = socket.set_only_v6(false);
    }
    socket.set_nonblocking(true)?;
    socket.bind(&SockAddr::from(address))?;
    socket.listen(BACKLOG)?;
    Ok(TcpListener::from_std(socket.into()))
}
