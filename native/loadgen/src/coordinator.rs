//! Moves the run from phase to phase: the conditions, and what is measured in between. Runs on the first loop.

use crate::clock::ms;
use crate::plan::RolePlan;
use crate::process;
use crate::report::{ProcessCost, TimelinePoint};
use crate::shared::{Phase, Shared};
use std::sync::atomic::Ordering::{Acquire, Relaxed};

/// Points of the timeline.
const TIMELINE_NS: u64 = 100_000_000;
/// The interval for checking conditions that are not reported.
const LOOK_NS: u64 = 2_000_000;
/// After the warm-up, the measured part begins when nothing has arrived for at most this long.
const SETTLE_MS: f64 = 1000.0;
/// A stopped run ends when nothing has arrived for this long.
const STOPPED_QUIET_MS: f64 = 250.0;
/// The longest wait for the last round trip.
const CLOSING_MS: f64 = 1000.0;

/// The state of the coordinator.
#[derive(Debug, Default)]
pub struct Coordinator {
    entered: u64,
    next_point: u64,
    cost_before: Option<ProcessCost>,
}

impl Coordinator {
    /// Advances the phase if its conditions are met; returns when to check again at the latest.
    pub fn look(&mut self, shared: &Shared, now: u64) -> u64 {
        let gates = &shared.gates;
        let lost = gates.lost.load(Acquire);
        let alive = shared.connections.saturating_sub(lost);
        match shared.phase() {
            phase if shared.is_stopped() && phase < Phase::Measuring => self.enter(shared, Phase::Done, now),
            Phase::Connecting if gates.connected.load(Acquire) >= shared.connections => {
                self.enter(shared, Phase::Subscribing, now);
            }
            Phase::Subscribing if gates.ready.load(Acquire) >= shared.connections => {
                let warm = shared.plan.warmup.filter(|_| shared.senders > 0);
                match warm {
                    Some(warmup) => {
                        shared.warm_end.store(now + ms(warmup.ms), Relaxed);
                        self.enter(shared, Phase::Warming, now);
                    }
                    None => self.measure(shared, now),
                }
            }
            Phase::Warming if gates.warmed.load(Acquire) >= shared.senders => self.enter(shared, Phase::Settling, now),
            Phase::Settling => {
                let quiet = ms(shared.plan.quiet_ms.min(SETTLE_MS));
                if self.is_quiet(shared, now, quiet) || shared.ledgers.iter().all(|ledger| ledger.is_complete()) {
                    self.measure(shared, now);
                }
            }
            Phase::Measuring => {
                self.sample(shared, now);
                if shared.is_stopped() || alive == 0 || self.measured(shared, now) {
                    self.enter(shared, Phase::Draining, now);
                }
            }
            Phase::Draining => {
                let quiet = if shared.is_stopped() {
                    STOPPED_QUIET_MS.min(shared.plan.quiet_ms)
                } else {
                    shared.plan.quiet_ms
                };
                let drained = gates.drained.load(Acquire) >= drainers(shared)
                    && shared.ledgers.iter().all(|ledger| ledger.is_complete());
                if drained || alive == 0 || self.is_quiet(shared, now, ms(quiet)) {
                    self.read_cost(shared);
                    self.enter(shared, Phase::Closing, now);
                }
            }
            Phase::Closing => {
                let all = gates.closed.load(Acquire) + lost >= shared.connections;
                if all || now > self.entered + ms(CLOSING_MS) {
                    self.enter(shared, Phase::Done, now);
                }
            }
            _ => {}
        }
        match shared.phase() {
            Phase::Measuring => self.next_point.min(now + 5 * LOOK_NS),
            Phase::Connecting | Phase::Subscribing | Phase::Warming => now + TIMELINE_NS,
            _ => now + LOOK_NS,
        }
    }

    fn enter(&mut self, shared: &Shared, phase: Phase, now: u64) {
        self.entered = now;
        shared.advance(phase);
    }

    fn measure(&mut self, shared: &Shared, now: u64) {
        self.cost_before = shared.plan.watch_pid.and_then(process::read);
        self.next_point = now + TIMELINE_NS;
        shared.measure_start.store(now, Relaxed);
        if let Some(length) = shared.plan.measure_ms {
            shared.measure_end.store(now + ms(length), Relaxed);
        }
        self.enter(shared, Phase::Measuring, now);
    }

    fn read_cost(&self, shared: &Shared) {
        let after = shared.plan.watch_pid.and_then(process::read);
        if let (Some(before), Some(after)) = (&self.cost_before, &after) {
            *shared.cost.lock() = Some(process::between(before, after));
        }
    }

    fn sample(&mut self, shared: &Shared, now: u64) {
        if now < self.next_point {
            return;
        }
        let (published, delivered) = shared.counts();
        let at_ms = (now - shared.measure_start.load(Relaxed)) as f64 / 1e6;
        shared.timeline.lock().push(TimelinePoint {
            at_ms,
            published,
            delivered,
        });
        // If the loop was busy, points are missing; they are not made up.
        self.next_point = (self.next_point + TIMELINE_NS).max(now + TIMELINE_NS / 2);
    }

    /// Whether the measured part has ended.
    fn measured(&self, shared: &Shared, now: u64) -> bool {
        let end = shared.measure_end.load(Relaxed);
        if end != 0 {
            return now >= end;
        }
        if shared.gates.sent.load(Acquire) < shared.senders {
            return false;
        }
        let mut readers = false;
        let mut serving = false;
        for client in shared.plan.clients.iter().filter(|client| client.connections > 0) {
            let goal = match &client.role {
                RolePlan::Puller { ledger, pull } => Some((*ledger, pull.messages)),
                RolePlan::Ordered { ledger, messages, .. } => Some((*ledger, *messages)),
                // Without senders in this run, a subscriber waits for the number of messages in the plan.
                RolePlan::Subscriber { ledger, .. } if shared.serves() => {
                    serving = true;
                    Some((*ledger, shared.ledgers[*ledger].already_stored())).filter(|(_, messages)| *messages > 0)
                }
                RolePlan::Responder { .. } if shared.serves() => {
                    serving = true;
                    None
                }
                _ => None,
            };
            if let Some((ledger, messages)) = goal {
                readers = true;
                if shared.ledgers[ledger].arrived() < messages {
                    // A server that stops sending must not make the run wait forever.
                    return !serving && self.is_quiet(shared, now, ms(shared.plan.quiet_ms));
                }
            }
        }
        readers || !serving
    }

    fn is_quiet(&self, shared: &Shared, now: u64, for_ns: u64) -> bool {
        now > self.entered.max(shared.last_activity()) + for_ns
    }
}

/// Connections that have to say when nothing of theirs is unanswered.
fn drainers(shared: &Shared) -> usize {
    let pullers = shared
        .plan
        .clients
        .iter()
        .filter(|client| matches!(client.role, RolePlan::Puller { .. }));
    shared.senders + pullers.map(|client| client.connections).sum::<usize>()
}
