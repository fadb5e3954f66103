//! A stream as all loops and the control plane see it.

use crate::interest::account::Account;
use crate::state::BrokerState;
use crate::streams::input::StagedInput;
use nt_jetstream::stream::Stream;
use parking_lot::{Mutex, MutexGuard};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Weak};

/// What becomes of messages that are delivered to a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StreamRole {
    /// They are stored.
    Store,
    /// They ask for messages; what is behind the name of the stream in their subject, from that byte on, is a filter.
    DirectGet { filter_at: usize },
}

/// One of the ways into a stream.
#[derive(Debug, Clone)]
pub(crate) struct StreamInlet {
    pub stream: Arc<SharedStream>,
    pub role: StreamRole,
}

/// A stream, and what waits for it.
#[derive(Debug)]
pub struct SharedStream {
    id: u64,
    broker: Weak<BrokerState>,
    account: Arc<Account>,
    state: Mutex<Stream>,
    waiting: Mutex<Vec<StagedInput>>,
    has_waiting: AtomicBool,
    /// It is removed: what waits for it is dropped.
    is_removed: AtomicBool,
    /// For when a loop has a timer for it, on the machine's clock; `i64::MAX`: none has one.
    timer_ns: AtomicI64,
}

impl SharedStream {
    pub(super) fn new(id: u64, broker: Weak<BrokerState>, account: Arc<Account>, state: Stream) -> Self {
        Self {
            id,
            broker,
            account,
            state: Mutex::new(state),
            waiting: Mutex::default(),
            has_waiting: AtomicBool::new(false),
            is_removed: AtomicBool::new(false),
            timer_ns: AtomicI64::new(i64::MAX),
        }
    }

    /// Its number in the broker, never used twice.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The account it is in.
    pub fn account(&self) -> &Arc<Account> {
        &self.account
    }

    /// Looks at it or changes it, for the control plane, which may wait for a loop that runs it. Whether a loop must run
    /// it now, since messages came meanwhile.
    #[must_use]
    pub fn with<T>(&self, look: impl FnOnce(&mut Stream) -> T) -> (T, bool) {
        let result = look(&mut self.state.lock());
        (result, self.has_waiting())
    }

    pub(super) fn broker(&self) -> Option<Arc<BrokerState>> {
        self.broker.upgrade()
    }

    pub(super) fn inlet(self: &Arc<Self>, role: StreamRole) -> StreamInlet {
        StreamInlet {
            stream: self.clone(),
            role,
        }
    }

    /// Hands messages over. Whoever does runs the stream afterwards.
    pub(crate) fn push(&self, input: StagedInput) {
        self.waiting.lock().push(input);
        self.has_waiting.store(true, Ordering::SeqCst);
    }

    /// Whether messages wait. Sees everything that was pushed before.
    pub(super) fn has_waiting(&self) -> bool {
        self.has_waiting.load(Ordering::SeqCst)
    }

    pub(super) fn take_waiting(&self) -> Vec<StagedInput> {
        let mut waiting = self.waiting.lock();
        self.has_waiting.store(false, Ordering::SeqCst);
        std::mem::take(&mut *waiting)
    }

    /// Its state, unless someone has it: who that is looks for waiting messages afterwards.
    pub(super) fn try_state(&self) -> Option<MutexGuard<'_, Stream>> {
        self.state.try_lock()
    }

    pub(super) fn mark_removed(&self) {
        self.is_removed.store(true, Ordering::SeqCst);
    }

    pub(super) fn is_removed(&self) -> bool {
        self.is_removed.load(Ordering::SeqCst)
    }

    /// Something of it ends at this time. True: the caller must set a timer, since none is set for so early.
    pub(super) fn needs_timer(&self, at_ns: i64) -> bool {
        self.timer_ns.fetch_min(at_ns, Ordering::SeqCst) > at_ns
    }

    /// A timer for this time has come.
    pub(super) fn timer_came(&self, at_ns: i64) {
        // An earlier one was set meanwhile: that one stays.
        let _ = self
            .timer_ns
            .compare_exchange(at_ns, i64::MAX, Ordering::SeqCst, Ordering::SeqCst);
    }

    #[cfg(test)]
    pub(super) fn for_tests() -> Arc<Self> {
        use crate::interest::account::AccountIds;
        let account = Arc::new(Account::new(&AccountIds::new(1), "A", true));
        Arc::new(Self::new(1, Weak::new(), account, Stream::new(Default::default(), 1)))
    }
}
