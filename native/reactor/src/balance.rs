//! Which loop serves a connection: as few as can, as many as must.
//!
//! Connections share one loop while that loop has time: a request and its answer then need no wake-up of another
//! thread. New ones go to the first loop with time to spare. A loop that stays saturated, while another one has time and
//! the machine has a core for it, hands over a connection at a time until the difference is gone.

use crate::reactor::Reactor;
use nt_broker::Inbox;
use std::sync::atomic::{AtomicU32, Ordering};

/// How long load is measured before it is told.
const WINDOW_NS: u64 = 20_000_000;
/// Load, in thousandths, up to which a loop takes new connections before others get any.
const ROOMY: u32 = 500;
/// Load above which a loop counts as saturated.
const SATURATED: u32 = 900;
/// Saturated windows in a row before a connection is moved.
const PATIENCE: u32 = 5;
/// Cores that must have been idle meanwhile: without one, another thread would only take turns with this one.
const IDLE_CORES: f64 = 0.7;

/// What others know of a loop's load.
#[derive(Debug, Default)]
pub(crate) struct Load {
    thousandths: AtomicU32,
}

impl Load {
    /// Thousandths of its time that the loop was busy lately. None, if it sleeps at this moment: a burst may have ended.
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
    hot_windows: u32,
    hot_since_ns: u64,
    idle_then_s: Option<f64>,
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
            self.meter.hot_windows = 0;
            return;
        }
        self.meter.hot_windows += 1;
        if self.meter.hot_windows == 1 {
            self.begin_comparison(after_ns);
        } else if self.meter.hot_windows > PATIENCE {
            let seconds = (after_ns - self.meter.hot_since_ns) as f64 / 1e9;
            let idle = idle_seconds()
                .zip(self.meter.idle_then_s)
                .map(|(now, then)| (now - then) / seconds);
            if idle.is_none_or(|cores| cores >= IDLE_CORES) {
                self.hand_over_one(thousandths);
            }
            self.meter.hot_windows = 1;
            self.begin_comparison(after_ns);
        }
    }

    fn begin_comparison(&mut self, now_ns: u64) {
        self.meter.hot_since_ns = now_ns;
        self.meter.idle_then_s = idle_seconds();
        self.event_loop.shard_mut().activity();
    }

    /// Offers the busiest connection that is no more than half of what this loop does to the loop with most time.
    fn hand_over_one(&mut self, own: u32) {
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

/// The loop for the next connection: the first with room, else the idlest.
pub(crate) fn place(loads: impl Iterator<Item = u32>) -> usize {
    let mut best = (u32::MAX, 0);
    for (index, load) in loads.enumerate() {
        if load <= ROOMY {
            return index;
        }
        best = best.min((load, index));
    }
    best.1
}
