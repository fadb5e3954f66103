//! Inboxes: how loops send each other messages, with one wake-up each.

use crate::connection::Conn;
use crate::delivery::remote_batch::RemoteBatch;
use crate::internal::{InternalPublish, NO_REACTOR};
use crate::plan::reload::Reload;
use crate::shard::admissions::{AdmissionId, Verdict};
use crate::state::BrokerState;
use crate::streams::SharedStream;
use parking_lot::Mutex;
use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Where a connection is. A slot is used again; the generation says which of its connections is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Location {
    /// Index of the loop.
    pub reactor: u16,
    /// Index in that loop's table.
    pub slot: u32,
    /// Which of the connections that have had the slot.
    pub generation: u32,
}

impl Location {
    /// The location of destinations that are no connections.
    pub(crate) const NOWHERE: Self = Self {
        reactor: NO_REACTOR,
        slot: 0,
        generation: 0,
    };
}

/// What one loop, or the control plane, sends to a loop.
pub enum InboxItem {
    /// Deliver these.
    Batches(Vec<RemoteBatch>),
    /// A subscription got its last message and was removed from the interest: forget its id.
    SubscriptionGone {
        /// Whose it was.
        to: Location,
        /// Its id in the account's interest.
        sub: u32,
        /// The client's name for it.
        sid: Box<[u8]>,
    },
    /// The backlog of a subscriber that publishers here wait for is small enough again.
    BacklogReduced,
    /// Close a connection, on whichever loop it is by now.
    Close {
        /// Its broker.
        broker: Arc<BrokerState>,
        /// Which one.
        cid: u64,
        /// Why.
        reason: crate::CloseReason,
    },
    /// Another loop wants to move a connection here: reserve a slot for it.
    ReserveSlot {
        /// Where it is now.
        from: Location,
        /// Takes the slot, and what is delivered here before the connection is.
        placeholder: Box<Conn>,
    },
    /// A slot on another loop is reserved for a connection here.
    SlotReserved {
        /// Where the connection is now.
        from: Location,
        /// Where it may go.
        to: Location,
    },
    /// The connection that a slot is reserved for will not come.
    ReleaseSlot(Location),
    /// The connection moves in.
    MoveIn {
        /// The slot that is reserved for it.
        to: Location,
        /// Its state.
        conn: Box<Conn>,
        /// Its socket, known to the loop around the shard.
        socket: Box<dyn Any + Send>,
    },
    /// The decision about a connection that waits for it.
    Verdict {
        /// The id of the question.
        id: AdmissionId,
        /// The decision.
        verdict: Verdict,
    },
    /// Apply a new plan, or a part of one, to the connections it concerns.
    Reload(Arc<Reload>),
    /// Publish messages of the control plane.
    Publish(InternalPublish),
    /// Run a stream: messages came while the control plane had it.
    RunStream(Arc<SharedStream>),
    /// Notify every client of a broker that it goes away.
    LameDuck(Arc<BrokerState>),
    /// Notify one client that the broker goes away, on whichever loop it is by now.
    LameDuckClient {
        /// Its broker.
        broker: Arc<BrokerState>,
        /// Which one.
        cid: u64,
    },
    /// Close every connection of a broker.
    Shutdown(Arc<BrokerState>),
    /// Something for the loop itself: a socket, a listener.
    Command(Box<dyn Any + Send>),
}

/// A queue with many writers and one owner. A loop's has [`InboxItem`]s; others have what their owner takes.
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

    /// Whether the owner sleeps, as far as another thread can know.
    pub fn is_asleep(&self) -> bool {
        self.asleep.load(Ordering::Relaxed)
    }

    /// The owner is awake.
    pub fn wake_up(&self) {
        self.asleep.store(false, Ordering::SeqCst);
    }
}
