//! Logins from addresses from which many have failed: they wait for their turn (`state/failed_logins.rs`).
//!
//! A CONNECT that waits does so as for any other decision (`admission.rs`): nothing more is read, and a close or a reload
//! ends the wait.

use crate::client::admission::Asked;
use crate::plan::auth::Proof;
use crate::shard::Shard;
use crate::shard::admissions::Needed;
use crate::shard::event::{Event, LogLevel};
use crate::shard::timers::TimerKind;
use crate::state::Turn;
use nt_protocol::ConnectOptions;

impl Shard {
    /// How long a login waits after the one before it, where many from its address have failed; 0: not at all.
    fn failed_login_delay(&self, slot: u32) -> u64 {
        let auth = self.connections[slot].plan().auth.as_ref();
        auth.map_or(0, |auth| auth.failed_login_delay.as_nanos() as u64)
    }

    /// When a CONNECT may be decided about.
    pub(super) fn turn_of(&self, slot: u32) -> Turn {
        let (conn, delay) = (&self.connections[slot], self.failed_login_delay(slot));
        if delay == 0 {
            return Turn::Now;
        }
        let address = conn.shared().address().ip();
        conn.broker()
            .failed_logins()
            .turn(address, self.delivery.now_ns(), delay)
    }

    pub(super) fn await_turn(&mut self, slot: u32, connect: ConnectOptions, at_ns: u64) {
        let id = self.admissions.begin(slot);
        self.begin_waiting(slot, id, Some(connect), Asked::Turn, None, Needed::default());
        self.add_timer(slot, TimerKind::Turn, at_ns - self.delivery.now_ns());
    }

    /// It is the turn of a login, unless it is over already.
    pub(crate) fn turn_due(&mut self, slot: u32) {
        let pending = self.connections[slot].client().pending_admission.as_ref();
        if pending.is_some_and(|pending| matches!(pending.asked, Asked::Turn))
            && let Some(pending) = self.cancel_admission(slot)
        {
            self.decide_pending(slot, *pending, Proof::None);
        }
    }

    /// A login has failed: later ones from its address may have to wait.
    pub(super) fn note_failed_login(&mut self, slot: u32) {
        if self.failed_login_delay(slot) == 0 {
            return;
        }
        let (conn, now) = (&self.connections[slot], self.delivery.now_ns());
        let address = conn.shared().address().ip();
        if conn.broker().failed_logins().note(address, now) {
            let text = format!("Repeated authentication failures from {address}: its clients wait for their turn");
            let (broker, level) = (conn.broker().id, LogLevel::Warn);
            self.event(broker, Event::Log { level, text });
        }
    }
}
