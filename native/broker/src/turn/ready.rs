//! Slots of sockets with something to read, each once, even if a slot is marked again or used by another connection.

/// Slots in the order they became ready.
#[derive(Default)]
pub(crate) struct ReadyList {
    slots: Vec<u32>,
    /// Whether a slot is among them, or was taken and is still to be read.
    marks: Vec<bool>,
}

impl ReadyList {
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    pub fn add(&mut self, slot: u32) {
        let index = slot as usize;
        if self.marks.len() <= index {
            self.marks.resize(index + 1, false);
        }
        if !std::mem::replace(&mut self.marks[index], true) {
            self.slots.push(slot);
        }
    }

    /// Everything that is ready. [`Self::begin`] is to be called for each slot when it is read.
    pub fn take(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.slots)
    }

    /// A slot is read now: it may become ready again.
    pub fn begin(&mut self, slot: u32) {
        self.marks[slot as usize] = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_listed_once_until_it_is_read() {
        let mut ready = ReadyList::default();
        [3, 1, 3].into_iter().for_each(|slot| ready.add(slot));
        assert!(!ready.is_empty());
        let taken = ready.take();
        assert_eq!(taken, [3, 1]);
        // Marked again before it is read: one read is enough.
        ready.add(1);
        assert!(ready.is_empty());
        ready.begin(3);
        ready.add(3);
        ready.begin(1);
        assert_eq!(ready.take(), [3]);
    }
}
