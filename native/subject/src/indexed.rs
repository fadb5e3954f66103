//! A vector whose items are found by their key. A large one keeps an index of positions, so that removing one of a
//! hundred thousand items needs no search and moves only the last one.

use hashbrown::HashTable;

/// The key of an item; no two items of one vector have the same.
pub(crate) trait Keyed {
    fn key(&self) -> u32;
}

impl Keyed for u32 {
    fn key(&self) -> u32 {
        *self
    }
}

/// From this size on there is an index of positions.
const INDEXED_FROM: usize = 64;

#[derive(Debug)]
pub(crate) struct IndexedVec<T> {
    items: Vec<T>,
    /// Positions in `items`, by key. Boxed, since few vectors need it.
    places: Option<Box<HashTable<u32>>>,
}

impl<T> Default for IndexedVec<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            places: None,
        }
    }
}

impl<T: Keyed> IndexedVec<T> {
    /// All items, in no order.
    pub(crate) fn items(&self) -> &[T] {
        &self.items
    }

    pub(crate) fn push(&mut self, item: T) {
        let (key, place) = (item.key(), self.items.len() as u32);
        self.items.push(item);
        let items = &self.items;
        if let Some(places) = &mut self.places {
            places.insert_unique(hash(key), place, |&place| hash_at(items, place));
        } else if items.len() >= INDEXED_FROM {
            let mut places = HashTable::with_capacity(items.len() * 2);
            for place in 0..items.len() as u32 {
                places.insert_unique(hash_at(items, place), place, |&place| hash_at(items, place));
            }
            self.places = Some(Box::new(places));
        }
    }

    pub(crate) fn get_mut(&mut self, key: u32) -> Option<&mut T> {
        let place = self.place_of(key)?;
        self.items.get_mut(place)
    }

    pub(crate) fn remove(&mut self, key: u32) -> Option<T> {
        let place = self.take_place(key)?;
        let item = self.items.swap_remove(place);
        if let Some(places) = &mut self.places
            && let Some(moved) = self.items.get(place)
        {
            // The last item was moved into the gap.
            let moved_from = self.items.len() as u32;
            if let Some(link) = places.find_mut(hash(moved.key()), |&other| other == moved_from) {
                *link = place as u32;
            }
        }
        self.shrink();
        Some(item)
    }

    fn place_of(&self, key: u32) -> Option<usize> {
        let Some(places) = &self.places else {
            return self.items.iter().position(|item| item.key() == key);
        };
        let is_it = |&place: &u32| self.items[place as usize].key() == key;
        places.find(hash(key), is_it).map(|&place| place as usize)
    }

    /// The position of an item that is about to be removed.
    fn take_place(&mut self, key: u32) -> Option<usize> {
        let Some(places) = &mut self.places else {
            return self.place_of(key);
        };
        let items = &self.items;
        let entry = places
            .find_entry(hash(key), |&place| items[place as usize].key() == key)
            .ok()?;
        Some(entry.remove().0 as usize)
    }

    fn shrink(&mut self) {
        if self.items.capacity() > 16 && self.items.len() < self.items.capacity() / 4 {
            self.items.shrink_to(self.items.len() * 2);
            let items = &self.items;
            if items.len() < INDEXED_FROM / 2 {
                self.places = None;
            } else if let Some(places) = &mut self.places {
                places.shrink_to(items.len() * 2, |&place| hash_at(items, place));
            }
        }
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        let places = self
            .places
            .as_ref()
            .map_or(0, |places| size_of::<HashTable<u32>>() + places.allocation_size());
        self.items.capacity() * size_of::<T>() + places
    }
}

fn hash_at<T: Keyed>(items: &[T], place: u32) -> u64 {
    hash(items[place as usize].key())
}

/// The server assigns the keys, so a multiplication is a sufficient hash: clients can't choose colliding ones.
fn hash(key: u32) -> u64 {
    let spread = u64::from(key).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    spread ^ (spread >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keys are added and removed around the size where the index begins and ends.
    #[test]
    fn items_are_found_as_long_as_they_are_there_at_every_size() {
        let mut items = IndexedVec::default();
        for size in [0..40, 0..63, 0..64, 0..1000] {
            let mut there: Vec<u32> = Vec::new();
            for key in size.clone().map(|n| n * 7) {
                items.push(key);
                there.push(key);
            }
            // From the middle on, so that gaps are filled from the end.
            let middle = there.len() / 2;
            there.rotate_left(middle);
            while let Some(gone) = there.pop() {
                assert_eq!(items.remove(gone), Some(gone));
                assert_eq!(items.remove(gone), None);
                assert_eq!(items.items().len(), there.len());
                if let Some(&other) = there.get(there.len() / 3) {
                    assert_eq!(items.get_mut(other).copied(), Some(other), "{size:?}");
                }
            }
        }
        assert!(items.heap_bytes() < 200, "emptied, it keeps next to nothing");
    }

    /// Removing from the front moves one item, not all that follow.
    #[test]
    fn the_last_item_takes_the_place_of_one_that_goes() {
        let mut items = IndexedVec::default();
        (0..100).for_each(|key| items.push(key));
        items.remove(0);
        assert_eq!(items.items()[..2], [99, 1]);
        assert_eq!(items.items().len(), 99);
    }
}
