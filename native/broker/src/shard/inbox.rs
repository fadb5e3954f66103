//! How loops talk: batches in inboxes, one wake-up each.

use crate::connection::Conn;
use crate::delivery::remote_batch::RemoteBatch;
use crate::internal::{InternalPublish, NO_REACTOR};
use crate::plan::reload::Reload;
use crate::shard::admissions::{AdmissionId, Verdict};
use crate::state::BrokerState;
use parking_lot::Mutex;
use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Where a connection lives. A slot is reused; the generation tells its tenants apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Location {
    /// Index of the loop.
    pub reactor: u16,
    /// Index in that loop's table.
    pub slot: u32,
    /// Which tenant of the slot.
    pub generation: u32,
}

impl Location {
    /// Where those are that are no connections.
    pub(crate) const NOWHERE: Self = Self {
        reactor: NO_REACTOR,
        slot: 0,
        generation: 0,
    };
}

/// What one loop, or the control plane, asks of another loop.
pub enum InboxItem {
    /// Deliver these.
    Batches(Vec<RemoteBatch>),
    /// A subscription got its last message and was removed from the interest; forget its id.
    SubscriptionGone {
        /// Whose it was.
        to: Location,
        /// Its id in the account's interest.
        sub: u32,
        /// The client's name for it.
        sid: Box<[u8]>,
    },
    /// A subscriber that publishers here wait for has caught up.
    BacklogReduced,
    /// Close a connection, wherever it lives by now.
    Close {
        /// Its broker.
        broker: Arc<BrokerState>,
        /// Which one.
        cid: u64,
        /// Why.
        reason: crate::CloseReason,
    },
    /// Another loop would like to hand this connection over: keep a slot for it.
    ReserveSlot {
        /// Where it lives now.
        from: Location,
        /// A stand-in that collects what is delivered here before it arrives.
        placeholder: Box<Conn>,
    },
    /// A slot is kept for a connection here.
    SlotReserved {
        /// Where the connection lives now.
        from: Location,
        /// Where it may go.
        to: Location,
    },
    /// The connection a slot is kept for will not come.
    ReleaseSlot(Location),
    /// It comes.
    MoveIn {
        /// The slot that is kept for it.
        to: Location,
        /// Its state.
        conn: Box<Conn>,
        /// Its socket, known to the loop around the shard.
        socket: Box<dyn Any + Send>,
    },
    /// Somebody has decided about a connection that waits for it.
    Verdict {
        /// As in what was asked.
        id: AdmissionId,
        /// The decision.
        verdict: Verdict,
    },
    /// Let every connection of a broker live by its new plan.
    Reload(Arc<Reload>),
    /// Publish what the control plane hands down.
    Publish(InternalPublish),
    /// Tell every client of a broker that it is going away.
    LameDuck(Arc<BrokerState>),
    /// Close every connection of a broker.
    Shutdown(Arc<BrokerState>),
    /// Something only the loop around the shard understands: a socket, a listener.
    Command(Box<dyn Any + Send>),
}

/// A mailbox: many write, the owner drains. A loop's carries [`InboxItem`]s; others carry what their owner takes.
#[derive(Debug)]
pub struct Inbox<T = InboxItem> {
    items: Mutex<Vec<T>>,
    waiting: AtomicBool,
    /// Whether the owner is, or is about to be, asleep and must be woken.
    asleep: AtomicBool,
}

impl<T> Default for Inbox<T> {
    fn default() -> Self {
        Self {
            items: Mutex::new(Vec::new()),
            waiting: AtomicBool::new(false),
            asleep: AtomicBool::new(false),
        }
    }
}

impl<T> Inbox<T> {
    /// Puts an item in. Returns whether the owner sleeps and the caller must wake it (once).
    #[must_use]
    pub fn push(&self, item: T) -> bool {
        self.items.lock().push(item);
        self.waiting.store(true, Ordering::SeqCst);
        self.asleep.load(Ordering::SeqCst) && self.asleep.swap(false, Ordering::SeqCst)
    }

    /// Whether anything waits. Sees everything that was pushed before.
    #[inline]
    pub fn has_items(&self) -> bool {
        self.waiting.load(Ordering::SeqCst)
    }

    /// Items that wait right now, for monitoring.
    pub fn len(&self) -> usize {
        self.items.lock().len()
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        !self.has_items()
    }

    /// Takes all items into `into`, which must be empty.
    pub fn drain(&self, into: &mut Vec<T>) {
        let mut items = self.items.lock();
        self.waiting.store(false, Ordering::SeqCst);
        std::mem::swap(&mut *items, into);
    }

    /// The owner announces that it goes to sleep; returns false when it must not, since something waits.
    pub fn fall_asleep(&self) -> bool {
        self.asleep.store(true, Ordering::SeqCst);
        if self.has_items() {
            self.asleep.store(false, Ordering::SeqCst);
            return false;
        }
        true
    }

    /// Whether the owner sleeps, as far as anyone can tell from outside.
    pub fn is_asleep(&self) -> bool {
        self.asleep.load(Ordering::Relaxed)
    }

    /// The owner is awake.
    pub fn wake_up(&self) {
        self.asleep.store(false, Ordering::SeqCst);
    }
}
