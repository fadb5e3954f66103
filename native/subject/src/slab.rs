//! Values under small ids: a vector whose free places form a linked list.
//!
//! An id is valid until its value is removed, and is then reused. Free places at the end are cut off, and the vector
//! shrinks when it is three quarters empty, so removing everything frees the memory.

/// "No id": the end of a list, or an absent link.
pub(crate) const NONE: u32 = u32::MAX;

#[derive(Debug)]
enum Slot<T> {
    Used(T),
    Free { prev: u32, next: u32 },
}

#[derive(Debug)]
pub(crate) struct Slab<T> {
    slots: Vec<Slot<T>>,
    first_free: u32,
    used: usize,
}

impl<T> Slab<T> {
    pub(crate) fn new() -> Self {
        Self {
            slots: Vec::new(),
            first_free: NONE,
            used: 0,
        }
    }

    /// An empty one that takes no more memory than one value needs: an index that is not used may be one of many.
    pub(crate) fn with_room_for_one() -> Self {
        Self {
            slots: Vec::with_capacity(1),
            ..Self::new()
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.used
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.slots.iter().filter_map(|slot| match slot {
            Slot::Used(value) => Some(value),
            Slot::Free { .. } => None,
        })
    }

    pub(crate) fn capacity_bytes(&self) -> usize {
        self.slots.capacity() * size_of::<Slot<T>>()
    }

    /// Panics when 2^31 values are held; memory is exhausted long before.
    pub(crate) fn insert(&mut self, value: T) -> u32 {
        self.used += 1;
        let id = self.first_free;
        if id == NONE {
            let id = self.slots.len();
            assert!(id < 1 << 31, "a slab holds at most 2^31 values");
            self.slots.push(Slot::Used(value));
            return id as u32;
        }
        self.unlink(id);
        self.slots[id as usize] = Slot::Used(value);
        id
    }

    pub(crate) fn get(&self, id: u32) -> Option<&T> {
        match self.slots.get(id as usize) {
            Some(Slot::Used(value)) => Some(value),
            _ => None,
        }
    }

    pub(crate) fn get_mut(&mut self, id: u32) -> Option<&mut T> {
        match self.slots.get_mut(id as usize) {
            Some(Slot::Used(value)) => Some(value),
            _ => None,
        }
    }

    /// For ids that the structure itself stores, which are always in use.
    #[inline]
    pub(crate) fn at(&self, id: u32) -> &T {
        match &self.slots[id as usize] {
            Slot::Used(value) => value,
            Slot::Free { .. } => unreachable!("a link led to a free place"),
        }
    }

    #[inline]
    pub(crate) fn at_mut(&mut self, id: u32) -> &mut T {
        match &mut self.slots[id as usize] {
            Slot::Used(value) => value,
            Slot::Free { .. } => unreachable!("a link led to a free place"),
        }
    }

    pub(crate) fn remove(&mut self, id: u32) -> Option<T> {
        let slot = self.slots.get_mut(id as usize)?;
        if matches!(slot, Slot::Free { .. }) {
            return None;
        }
        let old = std::mem::replace(
            slot,
            Slot::Free {
                prev: NONE,
                next: self.first_free,
            },
        );
        if let Some(Slot::Free { prev, .. }) = self.slots.get_mut(self.first_free as usize) {
            *prev = id;
        }
        self.first_free = id;
        self.used -= 1;
        self.trim();
        match old {
            Slot::Used(value) => Some(value),
            Slot::Free { .. } => None,
        }
    }

    fn unlink(&mut self, id: u32) {
        let Slot::Free { prev, next } = self.slots[id as usize] else {
            return;
        };
        match self.slots.get_mut(prev as usize) {
            Some(Slot::Free { next: link, .. }) => *link = next,
            _ => self.first_free = next,
        }
        if let Some(Slot::Free { prev: link, .. }) = self.slots.get_mut(next as usize) {
            *link = prev;
        }
    }

    /// Each place is cut off at most once for each time it was added, so the amortized cost is constant.
    fn trim(&mut self) {
        while let Some(Slot::Free { .. }) = self.slots.last() {
            self.unlink((self.slots.len() - 1) as u32);
            self.slots.pop();
        }
        if self.slots.capacity() > 64 && self.slots.len() < self.slots.capacity() / 4 {
            self.slots.shrink_to(self.slots.len() * 2);
        }
    }
}
