//! Moving a connection from a busy loop to one with time, while messages flow.
//!
//! Four steps. The old loop asks the new one to keep a slot ([`InboxItem::Reserve`], answered by `Reserved`). Then, with
//! the account's interest locked for writing, the old loop takes in everything other loops have handed over for the
//! connection, puts it into the new loop's inbox and rewrites its location. Whoever routes after that delivers to the new
//! loop: through its inbox, behind the connection itself, or, if that loop is the publisher's own, into the stand-in
//! that keeps the slot. On arrival the stand-in's bytes join behind the connection's. So nothing is lost or reordered,
//! even if parcels are taken in before the arrival they follow.

use crate::conn::{Conn, Phase};
use crate::inbox::{InboxItem, Location};
use crate::route::RouteRef;
use crate::shard::Shard;
use std::any::Any;
use std::sync::Arc;

impl Shard {
    /// Begins to hand a connection over. Nothing happens if it is not in a state to move.
    pub fn offer(&mut self, slot: u32, to_reactor: u16) {
        let reactor = self.out.reactor;
        let Some(conn) = self.out.conns.get_mut(slot as usize) else {
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
        let stand_in = Box::new(conn.stand_in());
        self.out.tell(to_reactor, InboxItem::Reserve { from, stand_in });
    }

    pub(crate) fn reserve(&mut self, from: Location, mut stand_in: Box<Conn>) {
        let generation = self.new_generation();
        stand_in.generation = generation;
        let slot = self.out.conns.insert(*stand_in) as u32;
        let to = Location {
            reactor: self.out.reactor,
            slot,
            generation,
        };
        self.out.tell(from.reactor, InboxItem::Reserved { from, to });
    }

    /// A slot is kept: the loop around decides when to go on, with [`Self::depart`].
    pub(crate) fn reserved(&mut self, from: Location, to: Location) {
        match self.out.tenant(from) {
            Some(conn) if conn.phase == Phase::Ready && conn.paused.is_none() && !conn.offer_void => {
                self.departures.push((from.slot, to))
            }
            other => {
                if let Some(conn) = other {
                    conn.forget_offer();
                }
                self.out.tell(to.reactor, InboxItem::Release(to));
            }
        }
    }

    /// Connections whose new slots are ready.
    pub fn take_departures(&mut self) -> Vec<(u32, Location)> {
        std::mem::take(&mut self.departures)
    }

    /// The connection a slot was kept for is gone.
    pub fn decline(&mut self, to: Location) {
        self.out.tell(to.reactor, InboxItem::Release(to));
    }

    /// Sends a connection off with its socket. Gives the socket back if it can't go any more.
    pub fn depart(&mut self, slot: u32, to: Location, body: Box<dyn Any + Send>) -> Option<Box<dyn Any + Send>> {
        let Some(account) = self.out.conns.get(slot as usize).map(|conn| conn.account.clone()) else {
            self.out.tell(to.reactor, InboxItem::Release(to));
            return Some(body);
        };
        let mut interest = account.interest.write();
        // Everything routed to the old place is in the inbox by now, since routing happens under the lock.
        self.drain_deliveries();
        let conn = &mut self.out.conns[slot as usize];
        // Held until it is in the inbox: whoever replaces the plan after that asks the new loop behind it.
        let hub = conn.hub.clone();
        let current = hub.hold_plan();
        let outdated = conn.offer_void || !Arc::ptr_eq(&current, &conn.plan);
        if conn.phase != Phase::Ready || conn.paused.is_some() || outdated {
            conn.forget_offer();
            self.out.tell(to.reactor, InboxItem::Release(to));
            return Some(body);
        }
        if let Some(member) = conn.member {
            interest.members[member as usize].location = to;
            interest.generation += 1;
        }
        hub.relocate(conn.shared.cid, to);
        let mut conn = Box::new(self.out.conns.remove(slot as usize));
        conn.generation = to.generation;
        conn.moving = false;
        conn.in_dirty_list = false;
        conn.last_route = RouteRef::NONE;
        // Still locked: what others deliver to the new place lands behind this.
        self.out.tell(to.reactor, InboxItem::Arrive { to, conn, body });
        drop(current);
        drop(interest);
        None
    }

    pub(crate) fn release(&mut self, at: Location) {
        if self
            .out
            .conns
            .get(at.slot as usize)
            .is_some_and(|c| c.generation == at.generation && c.is_stand_in())
        {
            self.out.conns.remove(at.slot as usize);
        }
    }

    pub(crate) fn arrive(&mut self, to: Location, mut conn: Box<Conn>, body: Box<dyn Any + Send>) {
        let slot = to.slot;
        let Some(place) = self.out.conns.get_mut(slot as usize) else {
            return;
        };
        debug_assert!(
            place.is_stand_in() && place.generation == to.generation,
            "only its connection comes to a slot"
        );
        conn.out.append(&mut place.out);
        conn.overflowed |= place.overflowed;
        conn.out_msgs += place.out_msgs;
        conn.out_bytes += place.out_bytes;
        // The stand-in may be in the list of connections with output; the connection takes its place there as well.
        conn.in_dirty_list = place.in_dirty_list;
        conn.replies.extend(place.replies.drain());
        for (sid, id) in std::mem::take(&mut place.ended_meanwhile) {
            conn.forget_subscription(sid, id);
        }
        *place = *conn;
        // The timers it had are of its old place.
        place.write.timed = false;
        let (hub, plan) = (place.hub.clone(), place.plan.clone());
        let (write, ping_due) = (place.write, place.ping.due_ns);
        self.out.mark_dirty(slot);
        self.arrivals.push((slot, body));
        self.add_ping_timer(slot, ping_due.saturating_sub(self.out.now_ns));
        let deadline = plan.config.write_deadline.as_nanos() as u64;
        if write.blocked && deadline > 0 {
            let left = (write.since_ns + deadline).saturating_sub(self.out.now_ns);
            self.add_write_timer(slot, left);
        }
        // What was announced to all loops while it was under way has missed it.
        if hub.is_lame_duck() {
            self.tell_of_lame_duck(slot);
        }
        if hub.is_shutting_down() {
            self.close(slot, crate::CloseReason::ServerShutdown, None);
        }
    }

    /// Connections that arrived, with their sockets.
    pub fn take_arrivals(&mut self) -> Vec<(u32, Box<dyn Any + Send>)> {
        std::mem::take(&mut self.arrivals)
    }

    /// Bytes each connection moved since the last call, for whoever balances the loops.
    pub fn activity(&mut self) -> Vec<(u32, u64)> {
        self.out
            .conns
            .iter_mut()
            .map(|(slot, conn)| {
                let total = conn.in_bytes + conn.in_msgs * 32 + conn.out_msgs * 64;
                let moved = total - std::mem::replace(&mut conn.activity_seen, total);
                (slot as u32, if conn.may_move() { moved } else { 0 })
            })
            .collect()
    }
}
