//! The subscriptions of one subject.
//!
//! Most subjects have one, which lies in the node itself ([`Members`], 8 bytes); several share a [`MemberSet`] in a
//! slab of its own. Ids within a set have no order. A large set remembers where each id lies, so that removing one of
//! a hundred thousand subscribers doesn't search for it.

use crate::queue_names::QueueId;
use crate::slab::Slab;
use hashbrown::HashTable;

/// The subscriptions of one node. `kind` is one of the constants below or the id of a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Members {
    value: u32,
    kind: u32,
}

/// `Members` spelled out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MembersView {
    Empty,
    OnePlain(u32),
    OneInQueue(QueueId, u32),
    Set(u32),
}

const KIND_EMPTY: u32 = u32::MAX;
const KIND_PLAIN: u32 = u32::MAX - 1;
const KIND_SET: u32 = u32::MAX - 2;

impl Members {
    pub(crate) const EMPTY: Self = Self {
        value: 0,
        kind: KIND_EMPTY,
    };

    #[inline]
    pub(crate) fn is_empty(self) -> bool {
        self.kind == KIND_EMPTY
    }

    #[inline]
    pub(crate) fn view(self) -> MembersView {
        match self.kind {
            KIND_EMPTY => MembersView::Empty,
            KIND_PLAIN => MembersView::OnePlain(self.value),
            KIND_SET => MembersView::Set(self.value),
            queue => MembersView::OneInQueue(QueueId(queue), self.value),
        }
    }

    fn one(queue: Option<QueueId>, id: u32) -> Self {
        Self {
            value: id,
            kind: queue.map_or(KIND_PLAIN, |queue| queue.0),
        }
    }

    pub(crate) fn add(&mut self, sets: &mut Slab<MemberSet>, queue: Option<QueueId>, id: u32) {
        let (old_queue, old_id) = match self.view() {
            MembersView::Empty => {
                *self = Self::one(queue, id);
                return;
            }
            MembersView::Set(set) => {
                sets.at_mut(set).add(queue, id);
                return;
            }
            MembersView::OnePlain(old) => (None, old),
            MembersView::OneInQueue(queue, old) => (Some(queue), old),
        };
        let mut set = MemberSet::default();
        set.add(old_queue, old_id);
        set.add(queue, id);
        *self = Self {
            value: sets.insert(set),
            kind: KIND_SET,
        };
    }

    /// Whether it was there.
    pub(crate) fn take(&mut self, sets: &mut Slab<MemberSet>, queue: Option<QueueId>, id: u32) -> bool {
        let MembersView::Set(index) = self.view() else {
            let found = !self.is_empty() && *self == Self::one(queue, id);
            if found {
                *self = Self::EMPTY;
            }
            return found;
        };
        let set = sets.at_mut(index);
        let found = set.take(queue, id);
        if let Some((queue, id)) = set.only() {
            sets.remove(index);
            *self = Self::one(queue, id);
        }
        found
    }
}

/// Two or more subscriptions of one subject.
#[derive(Debug, Default)]
pub(crate) struct MemberSet {
    plain: IdSet,
    /// In the order of their ids; none is empty.
    groups: Vec<Group>,
}

#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) queue: QueueId,
    ids: IdSet,
}

impl Group {
    pub(crate) fn ids(&self) -> &[u32] {
        &self.ids.ids
    }
}

impl MemberSet {
    pub(crate) fn plain(&self) -> &[u32] {
        &self.plain.ids
    }

    pub(crate) fn groups(&self) -> &[Group] {
        &self.groups
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        let groups: usize = self.groups.iter().map(|group| group.ids.heap_bytes()).sum();
        self.plain.heap_bytes() + self.groups.capacity() * size_of::<Group>() + groups
    }

    fn add(&mut self, queue: Option<QueueId>, id: u32) {
        let Some(queue) = queue else {
            self.plain.insert(id);
            return;
        };
        let at = match self.groups.binary_search_by_key(&queue, |group| group.queue) {
            Ok(at) => at,
            Err(at) => {
                self.groups.insert(
                    at,
                    Group {
                        queue,
                        ids: IdSet::default(),
                    },
                );
                at
            }
        };
        self.groups[at].ids.insert(id);
    }

    fn take(&mut self, queue: Option<QueueId>, id: u32) -> bool {
        let Some(queue) = queue else {
            return self.plain.remove(id);
        };
        let Ok(at) = self.groups.binary_search_by_key(&queue, |group| group.queue) else {
            return false;
        };
        let found = self.groups[at].ids.remove(id);
        if self.groups[at].ids.ids.is_empty() {
            self.groups.remove(at);
            if self.groups.len() < self.groups.capacity() / 4 {
                self.groups.shrink_to(self.groups.len() * 2);
            }
        }
        found
    }

    /// The one subscription that is left, when it is only one.
    fn only(&self) -> Option<(Option<QueueId>, u32)> {
        match (self.plain.ids.as_slice(), self.groups.as_slice()) {
            (&[id], []) => Some((None, id)),
            ([], [group]) if group.ids().len() == 1 => Some((Some(group.queue), group.ids()[0])),
            _ => None,
        }
    }
}

/// From this size on a set knows the place of each id.
const INDEXED_FROM: usize = 64;

#[derive(Debug, Default)]
struct IdSet {
    ids: Vec<u32>,
    /// Places in `ids`, by id. Boxed, since few sets need it.
    places: Option<Box<HashTable<u32>>>,
}

impl IdSet {
    fn insert(&mut self, id: u32) {
        let place = self.ids.len() as u32;
        self.ids.push(id);
        if let Some(places) = &mut self.places {
            let ids = &self.ids;
            places.insert_unique(hash_id(id), place, |&place| hash_id(ids[place as usize]));
        } else if self.ids.len() >= INDEXED_FROM {
            let mut places = HashTable::with_capacity(self.ids.len() * 2);
            for (place, &id) in self.ids.iter().enumerate() {
                places.insert_unique(hash_id(id), place as u32, |&place| hash_id(self.ids[place as usize]));
            }
            self.places = Some(Box::new(places));
        }
    }

    fn remove(&mut self, id: u32) -> bool {
        let Some(place) = self.take_place(id) else { return false };
        self.ids.swap_remove(place);
        if let Some(places) = &mut self.places
            && place < self.ids.len()
        {
            // The last id moved into the gap.
            let moved_from = self.ids.len() as u32;
            if let Some(link) = places.find_mut(hash_id(self.ids[place]), |&other| other == moved_from) {
                *link = place as u32;
            }
        }
        self.shrink();
        true
    }

    fn take_place(&mut self, id: u32) -> Option<usize> {
        let Some(places) = &mut self.places else {
            return self.ids.iter().position(|&other| other == id);
        };
        let ids = &self.ids;
        let entry = places
            .find_entry(hash_id(id), |&place| ids[place as usize] == id)
            .ok()?;
        Some(entry.remove().0 as usize)
    }

    fn shrink(&mut self) {
        if self.ids.capacity() > 16 && self.ids.len() < self.ids.capacity() / 4 {
            self.ids.shrink_to(self.ids.len() * 2);
            let ids = &self.ids;
            if ids.len() < INDEXED_FROM / 2 {
                self.places = None;
            } else if let Some(places) = &mut self.places {
                places.shrink_to(ids.len() * 2, |&place| hash_id(ids[place as usize]));
            }
        }
    }

    fn heap_bytes(&self) -> usize {
        let places = self
            .places
            .as_ref()
            .map_or(0, |places| size_of::<HashTable<u32>>() + places.allocation_size());
        self.ids.capacity() * size_of::<u32>() + places
    }
}

/// Ids are given out by the server, so spreading them is enough; nobody chooses them to collide.
fn hash_id(id: u32) -> u64 {
    let spread = u64::from(id).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    spread ^ (spread >> 32)
}
