//! Moving a connection from a busy loop to one with time, while messages flow.
//!
//! Four steps. The old loop asks the new one to reserve a slot ([`InboxItem::ReserveSlot`], answered by
//! [`InboxItem::SlotReserved`]); the new loop puts a placeholder there. Then, with the interest of all accounts that
//! the connection is a member in locked for writing, the old loop takes everything other loops have sent for the
//! connection, puts the connection into the new loop's inbox and rewrites its location. Messages that are routed after
//! that go to the new loop: through its inbox, after the connection itself, or, if that loop is the publisher's own,
//! into the placeholder. When the connection moves in, the placeholder's bytes are appended to its own. So nothing is
//! lost or reordered, even if batches are taken from the inbox before the connection.

use crate::connection::{Conn, Phase};
use crate::interest::account::Account;
use crate::shard::Shard;
use crate::shard::inbox::{InboxItem, Location};
use std::any::Any;
use std::sync::Arc;

/// Moves whose sockets the loop has to move too.
#[derive(Default)]
pub(crate) struct Moves {
    moves_out: Vec<(u32, Location)>,
    moves_in: Vec<(u32, Box<dyn Any + Send>)>,
}

impl Moves {
    pub fn has_waiting(&self) -> bool {
        !(self.moves_out.is_empty() && self.moves_in.is_empty())
    }
}

/// How far the move of a connection to another loop has come.
#[derive(Debug, Default)]
pub(super) struct MoveState {
    /// A slot on another loop was asked for.
    requested: bool,
    /// The placeholder in that slot has old permissions or an old account: another slot has to be asked for.
    outdated: bool,
}

impl MoveState {
    /// The connection's permissions or account are others now.
    pub fn note_change(&mut self) {
        self.outdated = self.requested;
    }
}

/// Moving.
impl Conn {
    /// What keeps a slot for this connection on another loop.
    fn placeholder(&self) -> Self {
        let mut place = Self::new(
            &self.broker,
            self.plan.clone(),
            self.identified.clone(),
            self.shared.clone(),
            0,
            self.started_ns,
        );
        // Not by `enter_phase`: it never is anything else.
        place.phase = Phase::Placeholder;
        place.permissions = self.permissions.clone();
        place
    }

    pub(crate) fn is_placeholder(&self) -> bool {
        self.phase == Phase::Placeholder
    }

    /// Whether it is in a state in which it can leave its loop.
    fn is_movable(&self) -> bool {
        self.phase == Phase::Ready && self.paused.is_none()
    }

    /// Whether a move may begin.
    fn may_move(&self) -> bool {
        self.is_movable() && !self.move_state.requested
    }

    /// The accounts that it is a member in, in the order in which they are locked.
    fn accounts_in_lock_order(&self) -> Vec<Arc<Account>> {
        let imported = self.copies.members().map(|(account, _)| account);
        let mut accounts: Vec<_> = imported.chain([&self.account]).cloned().collect();
        accounts.sort_unstable_by_key(|account| account.id);
        accounts.dedup_by_key(|account| account.id);
        accounts
    }

    /// The slot that was asked for is given back.
    fn cancel_move(&mut self) {
        self.move_state = MoveState::default();
    }

    /// A connection arrives at the slot that this placeholder has kept for it: takes over what was delivered here.
    fn replace_with(&mut self, mut conn: Self) {
        conn.out.append(&mut self.out);
        conn.overflowed |= self.overflowed;
        conn.counters.count_out_of(&self.counters);
        // The placeholder may be in the list of connections with output; the connection takes its place there as well.
        conn.in_dirty_list = self.in_dirty_list;
        conn.client_mut().take_grants(self.client_mut());
        for (sid, id) in self.subscriptions.take_ended() {
            conn.forget_subscription(sid, id);
        }
        *self = conn;
        // The timers it had name its old slot.
        self.write.forget_timer();
    }
}

impl Shard {
    /// Begins to move a connection to another loop. Nothing happens if it is not in a state to move.
    pub fn begin_move(&mut self, slot: u32, to_reactor: u16) {
        let reactor = self.delivery.reactor();
        let Some(conn) = self.connections.get_mut(slot) else {
            return;
        };
        if !conn.may_move() || to_reactor == reactor {
            return;
        }
        conn.move_state.requested = true;
        let placeholder = Box::new(conn.placeholder());
        let from = self.connections.location(slot);
        self.delivery
            .send_to(to_reactor, InboxItem::ReserveSlot { from, placeholder });
    }

    /// The same by the connection's number, if it is on this loop.
    #[cfg(any(test, feature = "simulation"))]
    pub(crate) fn begin_move_of(&mut self, broker: &crate::BrokerState, cid: u64, to_reactor: u16) {
        if let Some(at) = broker.locate(cid).filter(|at| at.reactor == self.delivery.reactor()) {
            self.begin_move(at.slot, to_reactor);
        }
    }

    pub(crate) fn reserve_slot(&mut self, from: Location, mut placeholder: Box<Conn>) {
        let to = self.connections.next_location();
        placeholder.generation = to.generation;
        self.connections.insert(*placeholder);
        self.delivery
            .send_to(from.reactor, InboxItem::SlotReserved { from, to });
    }

    /// A slot is reserved: the loop decides when to go on, with [`Self::move_out`].
    pub(crate) fn slot_reserved(&mut self, from: Location, to: Location) {
        match self.connections.occupant(from) {
            Some(conn) if conn.is_movable() && !conn.move_state.outdated => {
                self.moves.moves_out.push((from.slot, to));
            }
            other => {
                if let Some(conn) = other {
                    conn.cancel_move();
                }
                self.delivery.send_to(to.reactor, InboxItem::ReleaseSlot(to));
            }
        }
    }

    /// Connections whose new slots are ready.
    pub fn take_moves_out(&mut self) -> Vec<(u32, Location)> {
        std::mem::take(&mut self.moves.moves_out)
    }

    /// The connection that a slot was reserved for has closed.
    pub fn give_up_move(&mut self, to: Location) {
        self.delivery.send_to(to.reactor, InboxItem::ReleaseSlot(to));
    }

    /// Sends a connection with its socket to the other loop. Returns the socket if the connection can't move any more.
    pub fn move_out(&mut self, slot: u32, to: Location, socket: Box<dyn Any + Send>) -> Option<Box<dyn Any + Send>> {
        let Some(accounts) = self.connections.get(slot).map(Conn::accounts_in_lock_order) else {
            self.delivery.send_to(to.reactor, InboxItem::ReleaseSlot(to));
            return Some(socket);
        };
        let mut interests: Vec<_> = accounts.iter().map(|account| account.interest().write()).collect();
        // Everything routed to the old location is in the inbox by now, since routing happens under the lock.
        self.drain_deliveries();
        let conn = &mut self.connections[slot];
        // Held until the connection is in the inbox: a plan that is replaced later reaches the new loop after it.
        let broker = conn.broker.clone();
        let current = broker.lock_plan();
        let outdated = conn.move_state.outdated || !current.is_followed_by(&conn.plan, &conn.identified);
        if !conn.is_movable() || outdated {
            conn.cancel_move();
            self.delivery.send_to(to.reactor, InboxItem::ReleaseSlot(to));
            return Some(socket);
        }
        let own = conn.subscriptions.member().map(|member| (&conn.account, member));
        for (account, member) in own.into_iter().chain(conn.copies.members()) {
            if let Ok(at) = accounts.binary_search_by_key(&account.id, |account| account.id) {
                interests[at].relocate(member, to);
            }
        }
        broker.directory().relocate(conn.shared.cid, to);
        self.unbind(slot);
        let mut conn = Box::new(self.connections.remove(slot));
        conn.generation = to.generation;
        conn.cancel_move();
        conn.in_dirty_list = false;
        conn.client_mut().forget_result();
        // Still locked: what others deliver to the new location comes after this.
        self.delivery
            .send_to(to.reactor, InboxItem::MoveIn { to, conn, socket });
        drop(current);
        drop(interests);
        None
    }

    pub(crate) fn release_slot(&mut self, at: Location) {
        if self
            .connections
            .get(at.slot)
            .is_some_and(|c| c.generation == at.generation && c.is_placeholder())
        {
            self.connections.remove(at.slot);
        }
    }

    pub(crate) fn move_in(&mut self, to: Location, conn: Box<Conn>, socket: Box<dyn Any + Send>) {
        let slot = to.slot;
        let Some(place) = self.connections.get_mut(slot) else {
            return;
        };
        debug_assert!(
            place.is_placeholder() && place.generation == to.generation,
            "a slot is reserved for one connection"
        );
        place.replace_with(*conn);
        let (broker, plan) = (place.broker.clone(), place.plan.clone());
        let deadline = plan.config.write_deadline.as_nanos() as u64;
        let (write_due, ping_due) = (place.write.due_ns(deadline), place.ping.due_ns());
        self.bind(slot);
        self.connections.mark_dirty(slot);
        self.moves.moves_in.push((slot, socket));
        self.add_ping_timer(slot, ping_due.saturating_sub(self.delivery.now_ns()));
        if let Some(due) = write_due {
            self.add_write_timer(slot, due.saturating_sub(self.delivery.now_ns()));
        }
        // It was on no loop when all loops were notified of these.
        if broker.is_lame_duck() {
            self.notify_lame_duck(slot);
        }
        if broker.is_shutting_down() {
            self.close(slot, crate::CloseReason::ServerShutdown, None);
        }
    }

    /// Connections that moved in, with their sockets.
    pub fn take_moves_in(&mut self) -> Vec<(u32, Box<dyn Any + Send>)> {
        std::mem::take(&mut self.moves.moves_in)
    }

    /// The work each connection caused since the last call, for the balance of the loops.
    pub fn activity(&mut self) -> Vec<(u32, u64)> {
        self.connections
            .iter_mut()
            .map(|(slot, conn)| {
                let moved = conn.counters.take_activity();
                (slot, if conn.may_move() { moved } else { 0 })
            })
            .collect()
    }
}
