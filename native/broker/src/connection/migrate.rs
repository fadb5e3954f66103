//! Moving a connection from a busy loop to one with time, while messages flow.
//!
//! Four steps. The old loop asks the new one to keep a slot ([`InboxItem::Reserve`], answered by `Reserved`). Then, with
//! the account's interest locked for writing, the old loop takes in everything other loops have handed over for the
//! connection, puts it into the new loop's inbox and rewrites its location. Whoever routes after that delivers to the new
//! loop: through its inbox, behind the connection itself, or, if that loop is the publisher's own, into the stand-in
//! that keeps the slot. On arrival the stand-in's bytes join behind the connection's. So nothing is lost or reordered,
//! even if parcels are taken in before the arrival they follow.

use crate::connection::{Conn, Phase};
use crate::delivery::result_cache::ResultRef;
use crate::shard::Shard;
use crate::shard::inbox::{InboxItem, Location};
use std::any::Any;

/// Moves the loop around the shard has to carry out with the sockets.
#[derive(Default)]
pub(crate) struct Moves {
    departures: Vec<(u32, Location)>,
    arrivals: Vec<(u32, Box<dyn Any + Send>)>,
}

impl Moves {
    pub fn has_waiting(&self) -> bool {
        !(self.departures.is_empty() && self.arrivals.is_empty())
    }
}

impl Shard {
    /// Begins to hand a connection over. Nothing happens if it is not in a state to move.
    pub fn offer(&mut self, slot: u32, to_reactor: u16) {
        let reactor = self.delivery.reactor();
        let Some(conn) = self.connections.get_mut(slot) else {
            return;
        };
        if !conn.may_move() || to_reactor == reactor {
            return;
        }
        conn.moving = true;
        let from = Location {
            reactor,
            slot,
            generation: conn.generation,
        };
        let placeholder = Box::new(conn.placeholder());
        self.delivery
            .send_to(to_reactor, InboxItem::Reserve { from, placeholder });
    }

    /// The same by the connection's number, if it lives here.
    #[cfg(any(test, feature = "simulation"))]
    pub(crate) fn offer_by_cid(&mut self, broker: &crate::BrokerState, cid: u64, to_reactor: u16) {
        if let Some(at) = broker.locate(cid).filter(|at| at.reactor == self.delivery.reactor()) {
            self.offer(at.slot, to_reactor);
        }
    }

    pub(crate) fn reserve(&mut self, from: Location, mut placeholder: Box<Conn>) {
        let to = self.connections.next_location();
        placeholder.generation = to.generation;
        self.connections.insert(*placeholder);
        self.delivery.send_to(from.reactor, InboxItem::Reserved { from, to });
    }

    /// A slot is kept: the loop around decides when to go on, with [`Self::depart`].
    pub(crate) fn reserved(&mut self, from: Location, to: Location) {
        match self.connections.occupant(from) {
            Some(conn) if conn.phase == Phase::Ready && conn.paused.is_none() && !conn.move_outdated => {
                self.moves.departures.push((from.slot, to));
            }
            other => {
                if let Some(conn) = other {
                    conn.cancel_move();
                }
                self.delivery.send_to(to.reactor, InboxItem::Release(to));
            }
        }
    }

    /// Connections whose new slots are ready.
    pub fn take_departures(&mut self) -> Vec<(u32, Location)> {
        std::mem::take(&mut self.moves.departures)
    }

    /// The connection a slot was kept for is gone.
    pub fn decline(&mut self, to: Location) {
        self.delivery.send_to(to.reactor, InboxItem::Release(to));
    }

    /// Sends a connection off with its socket. Gives the socket back if it can't go any more.
    pub fn depart(&mut self, slot: u32, to: Location, socket: Box<dyn Any + Send>) -> Option<Box<dyn Any + Send>> {
        let Some(account) = self.connections.get(slot).map(|conn| conn.account.clone()) else {
            self.delivery.send_to(to.reactor, InboxItem::Release(to));
            return Some(socket);
        };
        let mut interest = account.interest.write();
        // Everything routed to the old place is in the inbox by now, since routing happens under the lock.
        self.drain_deliveries();
        let conn = &mut self.connections[slot];
        // Held until it is in the inbox: whoever replaces the plan after that asks the new loop behind it.
        let broker = conn.broker.clone();
        let current = broker.lock_plan();
        let outdated = conn.move_outdated || !current.is_followed_by(&conn.plan, &conn.identified);
        if conn.phase != Phase::Ready || conn.paused.is_some() || outdated {
            conn.cancel_move();
            self.delivery.send_to(to.reactor, InboxItem::Release(to));
            return Some(socket);
        }
        if let Some(member) = conn.member {
            interest.relocate(member, to);
        }
        broker.relocate(conn.shared.cid, to);
        self.unbind(slot);
        let mut conn = Box::new(self.connections.remove(slot));
        conn.generation = to.generation;
        conn.moving = false;
        conn.in_dirty_list = false;
        conn.client_mut().last_result = ResultRef::NONE;
        // Still locked: what others deliver to the new place lands behind this.
        self.delivery
            .send_to(to.reactor, InboxItem::Arrive { to, conn, socket });
        drop(current);
        drop(interest);
        None
    }

    pub(crate) fn release(&mut self, at: Location) {
        if self
            .connections
            .get(at.slot)
            .is_some_and(|c| c.generation == at.generation && c.is_placeholder())
        {
            self.connections.remove(at.slot);
        }
    }

    pub(crate) fn arrive(&mut self, to: Location, mut conn: Box<Conn>, socket: Box<dyn Any + Send>) {
        let slot = to.slot;
        let Some(place) = self.connections.get_mut(slot) else {
            return;
        };
        debug_assert!(
            place.is_placeholder() && place.generation == to.generation,
            "only its connection comes to a slot"
        );
        conn.out.append(&mut place.out);
        conn.overflowed |= place.overflowed;
        conn.counters.count_out_of(&place.counters);
        // The stand-in may be in the list of connections with output; the connection takes its place there as well.
        conn.in_dirty_list = place.in_dirty_list;
        conn.client_mut().replies.append(&mut place.client_mut().replies);
        for (sid, id) in std::mem::take(&mut place.ended_subscriptions) {
            conn.forget_subscription(sid, id);
        }
        *place = *conn;
        // The timers it had are of its old place.
        place.write.forget_timer();
        let (broker, plan) = (place.broker.clone(), place.plan.clone());
        let deadline = plan.config.write_deadline.as_nanos() as u64;
        let (write_due, ping_due) = (place.write.due_ns(deadline), place.ping.due_ns());
        self.bind(slot);
        self.connections.mark_dirty(slot);
        self.moves.arrivals.push((slot, socket));
        self.add_ping_timer(slot, ping_due.saturating_sub(self.delivery.now_ns()));
        if let Some(due) = write_due {
            self.add_write_timer(slot, due.saturating_sub(self.delivery.now_ns()));
        }
        // What was announced to all loops while it was under way has missed it.
        if broker.is_lame_duck() {
            self.notify_lame_duck(slot);
        }
        if broker.is_shutting_down() {
            self.close(slot, crate::CloseReason::ServerShutdown, None);
        }
    }

    /// Connections that arrived, with their sockets.
    pub fn take_arrivals(&mut self) -> Vec<(u32, Box<dyn Any + Send>)> {
        std::mem::take(&mut self.moves.arrivals)
    }

    /// Bytes each connection moved since the last call, for whoever balances the loops.
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
