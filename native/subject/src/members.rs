//! The subscriptions of one subject.
//!
//! Most subjects have one, which is stored in the node itself ([`Members`], 8 bytes); several are in a [`MemberSet`] in
//! a separate slab. A set has no order, neither of ids nor of groups.

use crate::indexed::{IndexedVec, Keyed};
use crate::queue_names::QueueId;
use crate::slab::Slab;

/// The subscriptions of one node. `kind` is one of the constants below or the id of a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Members {
    value: u32,
    kind: u32,
}

/// `Members`, decoded.
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

    /// The smallest id outside of queue groups.
    #[inline]
    pub(crate) fn first_plain(self, sets: &Slab<MemberSet>) -> Option<u32> {
        match self.view() {
            MembersView::OnePlain(id) => Some(id),
            MembersView::Set(set) => sets.at(set).plain().iter().copied().min(),
            MembersView::Empty | MembersView::OneInQueue(..) => None,
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

    /// Returns whether it was present.
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
    plain: IndexedVec<u32>,
    /// No group is empty.
    groups: IndexedVec<Group>,
}

#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) queue: QueueId,
    ids: IndexedVec<u32>,
}

impl Keyed for Group {
    fn key(&self) -> u32 {
        self.queue.0
    }
}

impl Group {
    pub(crate) fn ids(&self) -> &[u32] {
        self.ids.items()
    }
}

impl MemberSet {
    pub(crate) fn plain(&self) -> &[u32] {
        self.plain.items()
    }

    pub(crate) fn groups(&self) -> &[Group] {
        self.groups.items()
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        let ids: usize = self.groups().iter().map(|group| group.ids.heap_bytes()).sum();
        self.plain.heap_bytes() + self.groups.heap_bytes() + ids
    }

    fn add(&mut self, queue: Option<QueueId>, id: u32) {
        let Some(queue) = queue else {
            return self.plain.push(id);
        };
        if let Some(group) = self.groups.get_mut(queue.0) {
            return group.ids.push(id);
        }
        let mut ids = IndexedVec::default();
        ids.push(id);
        self.groups.push(Group { queue, ids });
    }

    /// Returns whether it was present.
    fn take(&mut self, queue: Option<QueueId>, id: u32) -> bool {
        let Some(queue) = queue else {
            return self.plain.remove(id).is_some();
        };
        let Some(group) = self.groups.get_mut(queue.0) else {
            return false;
        };
        let found = group.ids.remove(id).is_some();
        if group.ids().is_empty() {
            self.groups.remove(queue.0);
        }
        found
    }

    /// The last subscription, if only one is left.
    fn only(&self) -> Option<(Option<QueueId>, u32)> {
        match (self.plain(), self.groups()) {
            (&[id], []) => Some((None, id)),
            ([], [group]) if group.ids().len() == 1 => Some((Some(group.queue), group.ids()[0])),
            _ => None,
        }
    }
}
