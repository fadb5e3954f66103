//! The connections of one shard, by slot, and the lists of those that need attention of the loop.
//!
//! Owns the slots and their generations: a slot is reused, and a [`Location`] whose generation is not that of the slot
//! names a connection that is not there any more. Knows nothing of routing and never writes to a socket.

use crate::connection::Conn;
use crate::shard::inbox::Location;
use slab::Slab;
use std::ops::{Index, IndexMut};

/// Connections by slot.
#[derive(Debug)]
pub(crate) struct Connections {
    reactor: u16,
    slots: Slab<Conn>,
    last_generation: u32,
    /// Slots of connections with output, each once.
    dirty: Vec<u32>,
    /// Slots of connections to be flushed once and shut.
    closing: Vec<u32>,
    /// Slots of closed connections whose peers had enough time to read what was sent last.
    expired: Vec<u32>,
}

impl Connections {
    /// No connections, on the loop of that index.
    pub fn new(reactor: u16) -> Self {
        Self {
            reactor,
            slots: Slab::new(),
            last_generation: 0,
            dirty: Vec::new(),
            closing: Vec::new(),
            expired: Vec::new(),
        }
    }

    /// Where the next connection will be, if it is the next one inserted.
    pub fn next_location(&mut self) -> Location {
        self.last_generation = self.last_generation.wrapping_add(1);
        Location {
            reactor: self.reactor,
            slot: self.slots.vacant_key() as u32,
            generation: self.last_generation,
        }
    }

    /// Where the connection in a slot is.
    pub fn location(&self, slot: u32) -> Location {
        Location {
            reactor: self.reactor,
            slot,
            generation: self[slot].generation,
        }
    }

    /// Puts a connection into the slot that [`Self::next_location`] named last.
    pub fn insert(&mut self, conn: Conn) -> u32 {
        debug_assert_eq!(
            conn.generation, self.last_generation,
            "a slot is taken by the location that was made for it"
        );
        self.slots.insert(conn) as u32
    }

    /// Takes a connection out, which frees its slot.
    pub fn remove(&mut self, slot: u32) -> Conn {
        self.slots.remove(slot as usize)
    }

    #[inline]
    pub fn get(&self, slot: u32) -> Option<&Conn> {
        self.slots.get(slot as usize)
    }

    #[inline]
    pub fn get_mut(&mut self, slot: u32) -> Option<&mut Conn> {
        self.slots.get_mut(slot as usize)
    }

    /// The connection at a location, if it is still that one and is not closing.
    pub fn occupant(&mut self, at: Location) -> Option<&mut Conn> {
        debug_assert_eq!(at.reactor, self.reactor, "a location is looked up on its loop");
        self.slots
            .get_mut(at.slot as usize)
            .filter(|c| c.generation == at.generation && !c.is_closing())
    }

    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Connections with their slots.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &Conn)> {
        self.slots.iter().map(|(slot, conn)| (slot as u32, conn))
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = (u32, &mut Conn)> {
        self.slots.iter_mut().map(|(slot, conn)| (slot as u32, conn))
    }

    /// Frees what only earlier connections needed.
    pub fn shrink(&mut self) {
        self.slots.shrink_to_fit();
    }

    /// Notes that a connection has output.
    #[inline]
    pub fn mark_dirty(&mut self, slot: u32) {
        let conn = &mut self.slots[slot as usize];
        if !conn.in_dirty_list {
            conn.in_dirty_list = true;
            self.dirty.push(slot);
        }
    }

    pub fn has_dirty(&self) -> bool {
        !self.dirty.is_empty()
    }

    /// Connections with output, each once.
    pub fn take_dirty(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.dirty)
    }

    /// Takes the emptied list of [`Self::take_dirty`] back.
    pub fn reuse_dirty(&mut self, list: Vec<u32>) {
        debug_assert!(list.is_empty(), "what was taken has been written");
        if self.dirty.is_empty() {
            self.dirty = list;
        }
    }

    /// Notes that a connection is to be flushed once and shut.
    pub fn mark_closing(&mut self, slot: u32) {
        debug_assert!(self[slot].is_closing(), "only a closing connection is shut");
        self.closing.push(slot);
    }

    pub fn take_closing(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.closing)
    }

    /// Notes that the socket of a closed connection is not to be kept any longer.
    pub fn mark_expired(&mut self, slot: u32) {
        debug_assert!(self[slot].is_closing(), "only a closing connection has lingered");
        self.expired.push(slot);
    }

    pub fn take_expired(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.expired)
    }
}

impl Index<u32> for Connections {
    type Output = Conn;

    #[inline]
    fn index(&self, slot: u32) -> &Conn {
        &self.slots[slot as usize]
    }
}

impl IndexMut<u32> for Connections {
    #[inline]
    fn index_mut(&mut self, slot: u32) -> &mut Conn {
        &mut self.slots[slot as usize]
    }
}
