//! The interface of a run: create it from a plan, run its loops on the caller's threads, read its progress, stop it,
//! get its report.

use crate::error::LoadError;
use crate::event_loop::{EventLoop, WAKE};
use crate::hello::Identity;
use crate::histogram::Latencies;
use crate::ledger::{Ledger, Mode};
use crate::message::Random;
use crate::plan::{ClientPlan, LoadPlan, RolePlan};
use crate::report::{ClientReport, ErrorReport, HistogramReport, LedgerReport, Progress, Report};
use crate::shared::{ClientResult, LoopResult, Phase, Server, Shared};
use crate::stamp::{IDENTITY, Mark, STAMP};
use crate::stats::{Stats, earlier};
use crate::tls;
use mio::{Poll, Waker};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::ToSocketAddrs;
use std::sync::Arc;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};
use std::sync::atomic::{AtomicBool, AtomicUsize};

/// One run.
pub struct Load {
    shared: Arc<Shared>,
    polls: Mutex<Vec<Option<Poll>>>,
    returned: AtomicUsize,
}

impl Load {
    /// Checks a plan, given as JSON, and prepares the run. Connects nothing.
    pub fn new(plan: &str) -> Result<Self, LoadError> {
        let plan = LoadPlan::parse(plan)?;
        let identity = Identity::new(&plan.credentials).map_err(LoadError::InvalidPlan)?;
        let tls = plan.tls.as_ref().map(tls::config).transpose();
        let tls = tls.map_err(|text| LoadError::InvalidPlan(format!("tls: {text}")))?;
        let mut random = Random::new(RandomState::new().build_hasher().finish());
        let ledgers = ledgers(&plan);
        let servers = servers(&plan.servers)?;
        let (mut polls, mut wakers) = (Vec::new(), Vec::new());
        for _ in 0..plan.threads {
            let failed = |error| LoadError::Failed(format!("no event loop can be made: {error}"));
            let poll = Poll::new().map_err(failed)?;
            wakers.push(Waker::new(poll.registry(), WAKE).map_err(failed)?);
            polls.push(Some(poll));
        }
        let mark = Mark::of_run(random.bits());
        let inbox = format!("_INBOX.{:016x}", random.bits());
        let shared = Shared::new(plan, mark, servers, identity, tls, ledgers, inbox, wakers);
        Ok(Self {
            shared: Arc::new(shared),
            polls: Mutex::new(polls),
            returned: AtomicUsize::new(0),
        })
    }

    /// Runs loop `thread` on the calling thread; returns when the run is over.
    pub fn run(&self, thread: usize) -> Result<(), LoadError> {
        let poll = self.polls.lock().get_mut(thread).and_then(Option::take);
        let Some(poll) = poll else {
            return Err(LoadError::Failed(format!(
                "there is no loop {thread}, or it runs already"
            )));
        };
        let _guard = PanicGuard(&self.shared);
        let result = EventLoop::new(self.shared.clone(), poll, thread)
            .map_err(|error| LoadError::Failed(format!("no event loop can be made: {error}")))
            .and_then(EventLoop::run);
        let outcome = match result {
            Ok(result) => {
                self.shared.results.lock().push(result);
                Ok(())
            }
            Err(error) => {
                self.shared.fail(error.clone());
                Err(error)
            }
        };
        self.returned.fetch_add(1, AcqRel);
        outcome
    }

    /// The progress of the run.
    pub fn progress(&self) -> Progress {
        let shared = &self.shared;
        let (published, delivered) = shared.counts();
        let start = shared.measure_start.load(Relaxed);
        let now = shared.clock.now();
        Progress {
            phase: shared.phase().name(),
            connected: shared.gates.connected.load(Relaxed) as u64,
            published,
            delivered,
            target: shared.target(),
            elapsed_ms: if start == 0 {
                0.0
            } else {
                now.saturating_sub(start) as f64 / 1e6
            },
        }
    }

    /// Ends the run early.
    pub fn stop(&self) {
        self.shared.stop();
    }

    /// Whether all started loops have returned.
    pub fn is_over(&self) -> bool {
        let begun = self.polls.lock().iter().filter(|poll| poll.is_none()).count();
        self.shared.phase() == Phase::Done && self.returned.load(Acquire) >= begun
    }

    /// The report, once all loops have returned.
    pub fn report(&self) -> Result<Report, LoadError> {
        if let Some(failure) = self.shared.failure() {
            return Err(failure);
        }
        if !self.is_over() {
            return Err(LoadError::Failed(
                "the run is not over; stop it and wait for its loops".into(),
            ));
        }
        let mut results = std::mem::take(&mut *self.shared.results.lock());
        Ok(report(&self.shared, &mut results))
    }
}

/// A loop that panics must not leave the others waiting for it.
struct PanicGuard<'a>(&'a Shared);

impl Drop for PanicGuard<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let text = "a loop of the load generator has panicked; please report it";
            self.0.fail(LoadError::Failed(text.into()));
        }
    }
}

fn servers(names: &[String]) -> Result<Vec<Server>, LoadError> {
    names
        .iter()
        .map(|name| {
            let failed = |reason: String| LoadError::ConnectFailed {
                server: name.clone(),
                reason,
            };
            let address = name
                .to_socket_addrs()
                .map_err(|error| failed(error.to_string()))?
                .next()
                .ok_or_else(|| failed("the name has no address".into()))?;
            let host = name.rsplit_once(':').map_or(name.as_str(), |(host, _)| host);
            let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
            Ok(Server {
                name: name.clone(),
                host,
                address,
                refuses: AtomicBool::new(false),
            })
        })
        .collect()
}

fn ledgers(plan: &LoadPlan) -> Vec<Arc<Ledger>> {
    let senders = plan.senders().map(|client| client.connections).sum();
    let ledger = |(index, ledger): (usize, &crate::plan::LedgerPlan)| {
        let readers = || {
            plan.clients
                .iter()
                .filter(move |client| client.role.fills() == Some(index))
        };
        let connections = readers().map(|client| client.connections).sum();
        let dealt = readers().any(|client| match &client.role {
            RolePlan::Subscriber { subscriptions, .. } => subscriptions.queue.is_some() || subscriptions.split,
            RolePlan::Puller { .. } => true,
            _ => false,
        });
        let mode = Mode::of(ledger.copies, connections, dealt);
        Arc::new(Ledger::new(
            mode,
            ledger.copies,
            ledger.already_stored,
            senders,
            plan.first_sequence,
        ))
    };
    plan.ledgers.iter().enumerate().map(ledger).collect()
}

fn report(shared: &Shared, results: &mut [LoopResult]) -> Report {
    let mut clients = Vec::new();
    let mut latencies: Vec<Latencies> = shared.plan.clients.iter().map(|_| Latencies::default()).collect();
    let (mut all, mut connects) = (Latencies::default(), Latencies::default());
    let mut errors: BTreeMap<String, u64> = BTreeMap::new();
    for result in results.iter_mut() {
        clients.append(&mut result.clients);
        for (sum, latency) in latencies.iter_mut().zip(&mut result.latencies) {
            sum.add(latency);
            all.add(latency);
        }
        connects.add(&mut result.connects);
        for (text, count) in std::mem::take(&mut result.errors) {
            *errors.entry(text).or_default() += count;
        }
    }
    clients.sort_by_key(|client: &ClientResult| (client.client, client.connection));
    let sum = |of: fn(&LoopResult) -> u64| results.iter().map(of).sum::<u64>();
    let mut stats = Stats::default();
    let (mut connect_began, mut connected_at) = (None, None);
    for result in results.iter() {
        stats.add(&result.stats);
        connect_began = earlier(connect_began, result.connecting.0);
        connected_at = connected_at.max(result.connecting.1);
    }
    let asking = shared.plan.clients.iter().any(|client| client.role.asks());
    let asked = asking.then(|| shared.measure_start.load(Relaxed));
    let began = stats.first_sent.or(asked).or(stats.first_arrived);
    let seconds = |from: Option<u64>, to: Option<u64>| match (from, to) {
        (Some(from), Some(to)) => to.saturating_sub(from) as f64 / 1e9,
        _ => 0.0,
    };
    // All count from the same moment; otherwise a client that is served late would look as fast as the others.
    let clients = clients.into_iter().map(
        |ClientResult {
             client,
             connection,
             stats,
         }| {
            let ClientPlan { name, role, .. } = &shared.plan.clients[client];
            ClientReport {
                name: name.clone(),
                role: role.name(),
                client,
                connection,
                published: stats.published,
                delivered: stats.delivered,
                seconds: seconds(began, stats.ended()),
                send_seconds: seconds(began, stats.last_sent),
            }
        },
    );
    let mut errors: Vec<_> = errors
        .into_iter()
        .map(|(text, count)| ErrorReport { text, count })
        .collect();
    errors.sort_by_key(|error| std::cmp::Reverse(error.count));
    Report {
        seconds: seconds(began, stats.ended()),
        send_seconds: seconds(stats.first_sent, stats.last_sent),
        published: stats.published,
        delivered: stats.delivered,
        published_bytes: stats.published_bytes,
        delivered_bytes: stats.delivered_bytes,
        clients: clients.collect(),
        latency: all.report(),
        client_latencies: latencies.iter_mut().map(Latencies::report).collect(),
        connect_seconds: seconds(connect_began, connected_at),
        warmed: sum(|r| r.warmed),
        connects: connects.report().unwrap_or_else(HistogramReport::empty),
        ledgers: shared
            .plan
            .ledgers
            .iter()
            .zip(&shared.ledgers)
            .map(|(plan, ledger)| ledger_report(&plan.name, ledger))
            .collect(),
        errors,
        slow_consumers: sum(|r| r.slow_consumers),
        timeline: std::mem::take(&mut *shared.timeline.lock()),
        process: *shared.cost.lock(),
        generator_cpu_seconds: sum(|r| r.cpu_ns) as f64 / 1e9,
        not_measured: not_measured(&shared.plan),
        stopped: shared.is_stopped(),
    }
}

fn ledger_report(name: &str, ledger: &Ledger) -> LedgerReport {
    let sums = ledger.sums();
    LedgerReport {
        name: name.to_owned(),
        expected: sums.expected,
        received: sums.received,
        lost: sums.lost,
        duplicated: sums.duplicated,
        reordered: sums.reordered,
        foreign: sums.foreign,
    }
}

fn not_measured(plan: &LoadPlan) -> Vec<&'static str> {
    // The sender of a request measures its time itself: only messages in one direction need a time in the stamp.
    let smallest = |timed_by_stamp: bool| {
        let counts = |role: &RolePlan| !timed_by_stamp || matches!(role, RolePlan::Publisher { .. });
        let senders = plan
            .senders()
            .filter(|client| client.connections > 0 && counts(&client.role));
        senders
            .filter_map(|client| client.role.sender())
            .map(|sender| sender.size.smallest())
            .min()
    };
    let too_small = [
        ("latency", smallest(true), STAMP),
        ("sequence", smallest(false), IDENTITY),
    ];
    too_small
        .into_iter()
        .filter(|(_, size, room)| size.is_some_and(|size| size < *room))
        .map(|(what, ..)| what)
        .collect()
}
