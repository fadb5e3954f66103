//! The branches of the trie that a search has not visited yet: a stack that needs no heap while it is small.
//!
//! At most one branch per token waits, so subjects of up to sixteen tokens never use the spill.

/// A node and the offset of its next token.
pub(crate) type Branch = (u32, u32);

const IN_PLACE: usize = 16;

pub(crate) struct Branches<'a> {
    in_place: [Branch; IN_PLACE],
    len: usize,
    spill: &'a mut Vec<Branch>,
}

impl<'a> Branches<'a> {
    /// `spill` is cleared; a caller that reuses it avoids allocations for deep subjects too.
    pub(crate) fn new(spill: &'a mut Vec<Branch>) -> Self {
        spill.clear();
        Self {
            in_place: [(0, 0); IN_PLACE],
            len: 0,
            spill,
        }
    }

    #[inline]
    pub(crate) fn push(&mut self, branch: Branch) {
        if let Some(place) = self.in_place.get_mut(self.len) {
            *place = branch;
            self.len += 1;
        } else {
            self.spill.push(branch);
        }
    }

    #[inline]
    pub(crate) fn pop(&mut self) -> Option<Branch> {
        if let Some(branch) = self.spill.pop() {
            return Some(branch);
        }
        self.len = self.len.checked_sub(1)?;
        self.in_place.get(self.len).copied()
    }
}
