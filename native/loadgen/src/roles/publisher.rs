//! Publishes as fast as its pace allows and expects no answers.

use super::{Next, Receive};
use crate::connection::{Core, Ended};
use crate::frames::Message;
use crate::local::Local;
use crate::plan::SenderPlan;
use crate::pool::Pool;
use crate::sender::Sender;
use crate::shared::Shared;
use std::io::ErrorKind;

/// Bytes of one turn; then others of the loop get theirs.
const TURN_BYTES: usize = 1 << 20;
/// Bytes composed before they are written, where messages are not pooled.
const COMPOSE_BYTES: usize = 128 * 1024;
/// Messages that share one reading of the clock.
const CLOCK_EVERY: u64 = 32;

/// A publisher.
pub struct Publisher {
    /// Numbering and pace.
    pub sender: Sender,
    pool: Option<Pool>,
    payload: usize,
    /// Measured messages are being written: they count as sent when the write has finished, not when it has begun.
    writing: bool,
}

impl Publisher {
    /// The role as planned.
    pub fn new(plan: &SenderPlan, ledgers: &[usize], id: usize, shared: &Shared) -> Self {
        let sender = Sender::new(plan, ledgers, id, shared);
        Self {
            pool: Pool::new(&sender.composer, shared.senders),
            payload: sender.composer.fixed_size().unwrap_or(0),
            writing: false,
            sender,
        }
    }

    /// Sends what is due, until the socket is full or the turn is over.
    pub fn pump(&mut self, core: &mut Core, local: &mut Local) -> Result<Next, Ended> {
        let mut turn = 0;
        loop {
            match self.write_pool(core)? {
                Some(written) => turn += written,
                None => return Ok(Next::Event),
            }
            if !core.flush()? {
                return Ok(Next::Event);
            }
            let now = local.shared.clock.now();
            if std::mem::take(&mut self.writing) {
                core.stats.last_sent = Some(now);
            }
            if !self.sender.is_active() {
                return Ok(Next::Event);
            }
            let count = self.sender.allowed(now);
            if count == 0 {
                if !self.sender.is_finished(now) {
                    return Ok(Next::At(self.sender.wake_at(now)));
                }
                self.sender.finish(core, local);
                continue;
            }
            if turn >= TURN_BYTES {
                return Ok(Next::Turn);
            }
            self.writing = self.sender.is_measured();
            match &mut self.pool {
                Some(pool) => {
                    let count = count.min(pool.room() as u64);
                    fill(pool, &mut self.sender, count, local, now);
                    if self.sender.is_measured() {
                        core.published(count, count * self.payload as u64, now);
                        local.count(count, 0, now);
                    }
                }
                None => turn += self.compose(core, local, count, now),
            }
        }
    }

    /// Writes stamped messages; `None` when the socket is full.
    fn write_pool(&mut self, core: &mut Core) -> Result<Option<usize>, Ended> {
        let Some(pool) = &mut self.pool else { return Ok(Some(0)) };
        // Bytes in `core` are written after it: messages are stamped only if nothing else is partly written.
        let mut written = 0;
        while !pool.unsent().is_empty() {
            match core.transport.write(pool.unsent()) {
                Ok(bytes) => {
                    pool.sent(bytes);
                    written += bytes;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    core.writable = false;
                    return Ok(None);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Some(written))
    }

    fn compose(&mut self, core: &mut Core, local: &Local, count: u64, mut now: u64) -> usize {
        let (mut sent, mut bytes) = (0, 0u64);
        while sent < count && core.out.len() < COMPOSE_BYTES {
            if sent % CLOCK_EVERY == CLOCK_EVERY - 1 {
                now = local.shared.clock.now();
            }
            let stamp = self.sender.stamp(local, now);
            bytes += self.sender.composer.push(&mut core.out, stamp, None, b"") as u64;
            sent += 1;
        }
        if self.sender.is_measured() {
            core.published(sent, bytes, now);
            local.count(sent, 0, now);
        }
        core.out.len()
    }
}

fn fill(pool: &mut Pool, sender: &mut Sender, count: u64, local: &Local, mut now: u64) {
    if !sender.is_free() {
        pool.fill(count as usize, || sender.stamp(local, now));
        return;
    }
    let clock = local.shared.clock;
    let mut left = CLOCK_EVERY;
    let mut stamp = sender.stamps(local, count);
    pool.fill(count as usize, || {
        if left == 0 {
            left = CLOCK_EVERY;
            now = clock.now();
        }
        left -= 1;
        stamp.time = Some(now);
        let this = stamp;
        stamp.sequence = stamp.sequence.wrapping_add(1);
        this
    });
}

impl Receive for Publisher {
    fn message(&mut self, _: &Message<'_>, _: &mut Core, _: &mut Local, _: u64) {}

    fn read_handled(&mut self, core: &mut Core, local: &mut Local, now: u64) {
        if std::mem::take(&mut core.flushed) {
            if self.sender.part() == (crate::sender::Part::Flushing { measured: true }) {
                core.stats.taken = Some(now);
            }
            self.sender.settled(local);
        }
    }
}
