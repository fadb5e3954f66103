//! Which loop serves a connection: as few loops as possible, as many as necessary.
//!
//! Connections share one loop while that loop has time: a request and its answer then need no wake-up of another
//! thread. New ones go to the first loop with time to spare. A loop that stays saturated, while another one has time
//! and the machine has an idle core, moves one connection at a time there until the difference is small.

use crate::reactor::Reactor;
use nt_broker::Inbox;
use std::sync::atomic::{AtomicU32, Ordering};

/// How long load is measured before it is published.
const WINDOW_NS: u64 = 20_000_000;
/// Load, in thousandths, up to which a loop gets new connections before the next one does.
const SPARE_MAX: u32 = 500;
/// Load above which a loop counts as saturated.
const SATURATED: u32 = 900;
/// Saturated windows in a row before a connection is moved.
const SATURATED_WINDOWS: u32 = 5;
/// Cores that must have been idle meanwhile: without one, two threads would share a core.
const IDLE_CORES: f64 = 0.7;

/// The load of a loop, readable by other threads.
#[derive(Debug, Default)]
pub(crate) struct Load {
    thousandths: AtomicU32,
}

impl Load {
    /// Thousandths of its time that the loop was busy lately. 0 if it sleeps now: a burst may have ended.
    pub fn now(&self, inbox: &Inbox) -> u32 {
        if inbox.is_asleep() {
            0
        } else {
            self.thousandths.load(Ordering::Relaxed)
        }
    }
}

/// A loop's own measurement.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    window_start_ns: u64,
    waited_ns: u64,
    saturated_windows: u32,
    saturated_since_ns: u64,
    idle_before_s: Option<f64>,
}

impl Reactor {
    /// After a wait: `before_ns` it began, `after_ns` it ended.
    pub(crate) fn measure(&mut self, before_ns: u64, after_ns: u64) {
        self.meter.waited_ns += after_ns - before_ns;
        let window = after_ns - self.meter.window_start_ns;
        if window < WINDOW_NS {
            return;
        }
        let busy = window.saturating_sub(self.meter.waited_ns);
        let thousandths = (busy * 1000 / window) as u32;
        self.runtime().loads[self.index()]
            .thousandths
            .store(thousandths, Ordering::Relaxed);
        self.meter.window_start_ns = after_ns;
        self.meter.waited_ns = 0;
        if thousandths < SATURATED || self.runtime().reactors() == 1 {
            self.meter.saturated_windows = 0;
            return;
        }
        self.meter.saturated_windows += 1;
        if self.meter.saturated_windows == 1 {
            self.begin_comparison(after_ns);
        } else if self.meter.saturated_windows > SATURATED_WINDOWS {
            let seconds = (after_ns - self.meter.saturated_since_ns) as f64 / 1e9;
            let idle = idle_seconds()
                .zip(self.meter.idle_before_s)
                .map(|(now, then)| (now - then) / seconds);
            if idle.is_none_or(|cores| cores >= IDLE_CORES) {
                self.move_one(thousandths);
            }
            self.meter.saturated_windows = 1;
            self.begin_comparison(after_ns);
        }
    }

    fn begin_comparison(&mut self, now_ns: u64) {
        self.meter.saturated_since_ns = now_ns;
        self.meter.idle_before_s = idle_seconds();
        self.event_loop.shard_mut().activity();
    }

    /// Moves the busiest connection that causes no more than half of the work of this loop to the loop with most time.
    fn move_one(&mut self, own: u32) {
        let others = (0..self.runtime().reactors()).filter(|&i| i != self.index());
        let idlest = others.map(|i| (self.runtime().load_of(i), i)).min();
        let Some((load, target)) = idlest else { return };
        if load * 10 > own * 6 {
            return;
        }
        let activity = self.event_loop.shard_mut().activity();
        let total: u64 = activity.iter().map(|(_, moved)| moved).sum();
        let movable = activity
            .into_iter()
            .filter(|&(_, moved)| moved > 0 && moved * 2 <= total);
        if let Some((slot, _)) = movable.max_by_key(|&(_, moved)| moved) {
            self.event_loop.shard_mut().begin_move(slot, target as u16);
        }
    }
}

/// Seconds all cores together have been idle since the machine started. `None` where the system does not say.
fn idle_seconds() -> Option<f64> {
    const TICKS_PER_SECOND: f64 = 100.0;
    let text = std::fs::read_to_string("/proc/stat").ok()?;
    let ticks: f64 = text.split_ascii_whitespace().nth(4)?.parse().ok()?;
    Some(ticks / TICKS_PER_SECOND)
}

/// The loop for the next connection: the first with time to spare, otherwise the one with the lowest load.
pub(crate) fn place(loads: impl Iterator<Item = u32>) -> usize {
    let mut best = (u32::MAX, 0);
    for (index, load) in loads.enumerate() {
        if load <= SPARE_MAX {
            return index;
        }
        best = best.min((load, index));
    }
    best.1
}
