//! One loop: serves a share of the connections on its thread until the run is over.
//!
//! Sockets are edge-triggered. A connection with something to do is in the run list; connections that wait for a time
//! are in a heap. Between turns the loop sleeps in the poller. It is woken by sockets, by a timer with a resolution of
//! microseconds, or by another loop.

use crate::clock::ms;
use crate::connection::{Core, Ended, Ping, Stage};
use crate::coordinator::Coordinator;
use crate::error::LoadError;
use crate::local::Local;
use crate::roles::{Next, Role};
use crate::shared::{ClientResult, LoopResult, Phase, Shared};
use crate::timer::{Timer, thread_cpu_ns};
use mio::event::Event;
use mio::{Events, Interest, Poll, Token};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::Duration;

/// The most bytes of one read.
const READ_BYTES: usize = 256 * 1024;
/// For a shorter wait, sleeping costs more than it saves.
const SPIN_NS: u64 = 15_000;
/// The longest sleep.
const SLEEP_NS: u64 = 100_000_000;
/// The interval for checking the deadlines of connections being made.
const DEADLINE_NS: u64 = 20_000_000;

/// The token of a loop's waker.
pub const WAKE: Token = Token(usize::MAX);
const TIMER: Token = Token(usize::MAX - 1);

struct Connection {
    core: Core,
    role: Role,
    /// The time of its entry in the heap.
    timer: Option<u64>,
}

/// A loop and its connections.
pub struct EventLoop {
    shared: Arc<Shared>,
    poll: Poll,
    timer: Timer,
    connections: Vec<Connection>,
    /// Index of the next one to be connected.
    next_connect: usize,
    connects_in_flight: usize,
    next_deadline: u64,
    run: VecDeque<usize>,
    timers: BinaryHeap<Reverse<(u64, usize)>>,
    buf: Vec<u8>,
    local: Local,
    phase: Phase,
    coordinator: Option<Coordinator>,
    next_look: u64,
    cpu_before: Option<u64>,
    cpu_ns: u64,
}

impl EventLoop {
    /// Takes every `threads`-th connection of the plan, from number `thread` on.
    pub fn new(shared: Arc<Shared>, poll: Poll, thread: usize) -> io::Result<Self> {
        let timer = Timer::new(poll.registry(), TIMER)?;
        let threads = shared.plan.threads;
        let (mut connections, mut id, mut sender) = (Vec::new(), 0, 0);
        for (client, plan) in shared.plan.clients.iter().enumerate() {
            for connection in 0..plan.connections {
                if id % threads == thread {
                    let server = id % shared.servers.len();
                    let core = Core::new(id, client, connection, plan.name.clone(), server);
                    let role = Role::new(&core, sender, &shared);
                    connections.push(Connection {
                        core,
                        role,
                        timer: None,
                    });
                }
                id += 1;
                sender += usize::from(plan.role.sender().is_some());
            }
        }
        Ok(Self {
            poll,
            timer,
            connections,
            next_connect: 0,
            connects_in_flight: shared.plan.connects_in_flight.div_ceil(threads),
            next_deadline: 0,
            run: VecDeque::new(),
            timers: BinaryHeap::new(),
            buf: vec![0; READ_BYTES],
            local: Local::new(shared.clone(), thread),
            phase: Phase::Connecting,
            coordinator: (thread == 0).then(Coordinator::default),
            next_look: 0,
            cpu_before: None,
            cpu_ns: 0,
            shared,
        })
    }

    /// Runs until the run is over.
    pub fn run(mut self) -> Result<LoopResult, LoadError> {
        let mut events = Events::with_capacity(1024);
        self.shared.loop_has_started();
        loop {
            let mut now = self.shared.clock.now();
            if let Some(coordinator) = &mut self.coordinator {
                if self.local.wake_coordinator || now >= self.next_look {
                    self.next_look = coordinator.look(&self.shared, now);
                }
            } else if self.local.wake_coordinator {
                self.shared.wake_coordinator();
            }
            self.local.wake_coordinator = false;
            self.follow_phase(now);
            if self.phase == Phase::Done {
                break;
            }
            self.connect(now)?;
            self.check_deadlines(now)?;
            let timeout = self.sleep_until(now).saturating_sub(now);
            self.sleep(&mut events, timeout)?;
            for event in &events {
                self.note(event);
            }
            now = self.shared.clock.now();
            while let Some(Reverse((due, at))) = self.timers.peek().copied() {
                if due > now {
                    break;
                }
                self.timers.pop();
                if self.connections[at].timer == Some(due) {
                    self.connections[at].timer = None;
                    self.enqueue(at);
                }
            }
            for _ in 0..self.run.len() {
                let at = self.run.pop_front().expect("counted");
                self.connections[at].core.queued = false;
                self.turn(at)?;
            }
        }
        Ok(self.finish())
    }

    /// The time at which the loop has to continue even without an event.
    fn sleep_until(&self, now: u64) -> u64 {
        if !self.run.is_empty() || self.local.wake_coordinator {
            return now;
        }
        let mut until = now + SLEEP_NS;
        if let Some(Reverse((due, _))) = self.timers.peek() {
            until = until.min(*due);
        }
        if self.coordinator.is_some() {
            until = until.min(self.next_look);
        }
        if self.local.connecting > 0 {
            until = until.min(self.next_deadline);
        }
        until
    }

    fn sleep(&mut self, events: &mut Events, for_ns: u64) -> Result<(), LoadError> {
        let timeout = if for_ns < SPIN_NS {
            Some(Duration::ZERO)
        } else if self.timer.set(for_ns) {
            None
        } else {
            Some(Duration::from_nanos(for_ns))
        };
        match self.poll.poll(events, timeout) {
            Err(error) if error.kind() != ErrorKind::Interrupted => {
                Err(LoadError::Failed(format!("waiting for sockets failed: {error}")))
            }
            _ => Ok(()),
        }
    }

    fn note(&mut self, event: &Event) {
        let token = event.token();
        if token == WAKE || token == TIMER {
            return;
        }
        let core = &mut self.connections[token.0].core;
        core.readable |= event.is_readable() || event.is_error();
        core.writable |= event.is_writable() || event.is_error();
        core.read_closed |= event.is_read_closed();
        self.enqueue(token.0);
    }

    fn enqueue(&mut self, at: usize) {
        let core = &mut self.connections[at].core;
        if !core.queued && core.stage != Stage::Closed {
            core.queued = true;
            self.run.push_back(at);
        }
    }

    fn connect(&mut self, now: u64) -> Result<(), LoadError> {
        if !self.shared.all_loops_are_there() {
            return Ok(());
        }
        while self.phase == Phase::Connecting
            && self.next_connect < self.connections.len()
            && self.local.connecting < self.connects_in_flight
        {
            let at = self.next_connect;
            self.next_connect += 1;
            self.local.connecting += 1;
            self.local.connect_began.get_or_insert(now);
            if self.next_deadline < now {
                self.next_deadline = now + DEADLINE_NS;
            }
            let core = &mut self.connections[at].core;
            let registry = self.poll.registry();
            let began = core
                .begin(&self.shared, now)
                .and_then(|socket| registry.register(socket, Token(at), Interest::READABLE | Interest::WRITABLE));
            if let Err(error) = began {
                return Err(core.connect_error(&self.shared, Ended::Io(error)));
            }
        }
        Ok(())
    }

    fn check_deadlines(&mut self, now: u64) -> Result<(), LoadError> {
        if self.local.connecting == 0 || now < self.next_deadline {
            return Ok(());
        }
        self.next_deadline = now + DEADLINE_NS;
        let limit = ms(self.shared.plan.connect_timeout_ms as f64);
        for connection in &self.connections[..self.next_connect] {
            let core = &connection.core;
            let making = !matches!(core.stage, Stage::Open | Stage::Closed | Stage::Waiting);
            if making && now > core.began + limit {
                let what = match core.stage {
                    Stage::Tcp => "no connection",
                    Stage::Info => "no INFO",
                    _ => "no PONG",
                };
                let reason = format!("{what} within {} ms", self.shared.plan.connect_timeout_ms);
                let server = self.shared.servers[core.server].name.clone();
                return Err(LoadError::ConnectFailed { server, reason });
            }
        }
        Ok(())
    }

    fn follow_phase(&mut self, now: u64) {
        let phase = self.shared.phase();
        if phase == self.phase {
            return;
        }
        self.phase = phase;
        match phase {
            Phase::Measuring => self.cpu_before = Some(thread_cpu_ns()),
            Phase::Closing | Phase::Done => {
                if let Some(before) = self.cpu_before.take() {
                    self.cpu_ns = thread_cpu_ns() - before;
                }
            }
            _ => {}
        }
        for at in 0..self.connections.len() {
            let Connection { core, role, .. } = &mut self.connections[at];
            if core.stage != Stage::Open {
                continue;
            }
            match phase {
                Phase::Subscribing => {
                    role.subscribe(core, &self.shared);
                    core.ping(Ping::Subscribe);
                }
                Phase::Closing => core.ping(Ping::Close),
                _ => {}
            }
            role.enter(phase, core, &mut self.local, now);
            self.enqueue(at);
        }
    }

    /// The turn of one connection: reads once, then sends what may be sent.
    fn turn(&mut self, at: usize) -> Result<(), LoadError> {
        match self.serve(at) {
            Ok(next) => {
                let connection = &mut self.connections[at];
                let must_wait = connection.role.must_not_read(&connection.core);
                match next {
                    _ if connection.core.readable && !must_wait => self.enqueue(at),
                    Next::Turn => self.enqueue(at),
                    Next::At(due) => {
                        if connection.timer.is_none_or(|known| due < known) {
                            connection.timer = Some(due);
                            self.timers.push(Reverse((due, at)));
                        }
                    }
                    Next::Event => {}
                }
                Ok(())
            }
            Err(ended) => self.end(at, ended),
        }
    }

    fn serve(&mut self, at: usize) -> Result<Next, Ended> {
        let connection = &mut self.connections[at];
        let core = &mut connection.core;
        if core.stage == Stage::Tcp && (core.writable || core.readable) {
            core.connected(&self.shared)?;
        }
        match core.stage {
            Stage::Waiting | Stage::Tcp | Stage::Closed => return Ok(Next::Event),
            _ => {}
        }
        if core.readable && !connection.role.must_not_read(core) {
            read(connection, &mut self.buf, &mut self.local)?;
        }
        let Connection { core, role, .. } = connection;
        if core.stage != Stage::Open {
            core.flush()?;
            return Ok(Next::Event);
        }
        // Roles decide themselves in which order they write.
        role.pump(core, &mut self.local)
    }

    /// A connection has ended. Before the run has begun this ends the run; later it is counted as an error.
    fn end(&mut self, at: usize, ended: Ended) -> Result<(), LoadError> {
        let Connection { core, role, .. } = &mut self.connections[at];
        if self.phase < Phase::Warming && self.shared.phase() < Phase::Warming {
            return Err(core.connect_error(&self.shared, ended));
        }
        let text = core.end_text(&self.shared, &ended);
        self.local.error(&text);
        let slow = matches!(ended, Ended::Closed | Ended::Io(_)) && may_be_slow(core, role);
        if slow && self.shared.servers[core.server].is_reachable() {
            self.local.slow_consumers += 1;
        }
        role.lost(&mut self.local);
        if let Some(socket) = core.transport.socket() {
            // Dropping the socket removes it anyway.
            let _ = self.poll.registry().deregister(socket);
        }
        core.transport = crate::transport::Transport::Closed;
        core.stage = Stage::Closed;
        if !core.is_closing_done() {
            self.shared.arrive(&self.shared.gates.lost);
        }
        self.local.wake_coordinator = true;
        Ok(())
    }

    fn finish(mut self) -> LoopResult {
        let mut result = LoopResult {
            cpu_ns: self.cpu_ns,
            ..LoopResult::default()
        };
        for Connection { core, role, .. } in &mut self.connections {
            role.close(&mut self.local);
            let Core {
                client,
                connection,
                stats,
                ..
            } = *core;
            result.stats.add(&if role.counts(&self.shared) {
                stats
            } else {
                stats.times()
            });
            if !matches!(role, Role::Idle) {
                result.clients.push(ClientResult {
                    client,
                    connection,
                    stats,
                });
            }
        }
        result.latencies = self.local.latencies;
        result.connects = self.local.connects;
        result.connecting = (self.local.connect_began, self.local.connected_at);
        result.warmed = self.local.warmed;
        result.errors = self.local.errors;
        result.slow_consumers = self.local.slow_consumers;
        result
    }
}

/// A server cuts off slow consumers without a word; some say it. A server that ends closes all without a word, too.
fn may_be_slow(core: &Core, role: &Role) -> bool {
    role.receives()
        && core
            .last_error
            .as_ref()
            .is_none_or(|text| text.to_ascii_lowercase().contains("slow consumer"))
}

/// Reads once and handles what was read.
fn read(connection: &mut Connection, buf: &mut Vec<u8>, local: &mut Local) -> Result<(), Ended> {
    let Connection { core, role, .. } = connection;
    let kept = core.rest.len();
    if buf.len() < kept + READ_BYTES {
        buf.resize(kept + READ_BYTES, 0);
    }
    let read = match core.transport.read(&mut buf[kept..kept + READ_BYTES]) {
        Ok(0) => return Err(Ended::Closed),
        Ok(read) => read,
        Err(error) if error.kind() == ErrorKind::WouldBlock => {
            core.readable = false;
            return Ok(());
        }
        Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    // If the end was reported together with the last bytes, no further event follows: read until the end.
    if read < READ_BYTES && !core.read_closed && core.transport.short_read_is_all() {
        core.readable = false;
    }
    let now = local.shared.clock.now();
    buf[..kept].copy_from_slice(&core.rest);
    let filled = kept + read;
    let used = role.receive(core, &buf[..filled], local, now)?;
    core.rest.clear();
    core.rest.extend_from_slice(&buf[used..filled]);
    Ok(())
}
