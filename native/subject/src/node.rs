//! The values in the slabs of a `Sublist`.
//!
//! A literal holds its whole subject. A trie node holds one token, its parent and direct links to its two wildcard
//! children, so that a step to `*` or `>` needs no hashing. An only child under an ordinary token is linked directly;
//! if there are more, all are in the hash table of edges.

use crate::members::Members;
use crate::slab::NONE;
use crate::text::Text;

/// A subject without wildcards and its subscriptions.
#[derive(Debug)]
pub(crate) struct Literal {
    pub(crate) subject: Text,
    pub(crate) members: Members,
}

/// One token of a subject with wildcards.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) token: Text,
    pub(crate) members: Members,
    pub(crate) parent: u32,
    pub(crate) star: u32,
    pub(crate) tail: u32,
    pub(crate) edges: Edges,
}

/// The children of a node under ordinary tokens, in 4 bytes: a count, or the id of the only child with `DIRECT` set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Edges(u32);

/// `Edges`, decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EdgesView {
    None,
    /// One child, linked directly; it is not in the table.
    Direct(u32),
    /// The number of children, all in the table. May be one: children in the table stay there.
    InTable(u32),
}

/// Slabs hold at most 2^31 values, so the top bit of an id is free.
const DIRECT: u32 = 1 << 31;

impl Edges {
    pub(crate) const NONE: Self = Self(0);

    pub(crate) fn direct(child: u32) -> Self {
        Self(child | DIRECT)
    }

    pub(crate) fn in_table(count: u32) -> Self {
        Self(count)
    }

    #[inline]
    pub(crate) fn view(self) -> EdgesView {
        match self.0 {
            0 => EdgesView::None,
            direct if direct & DIRECT != 0 => EdgesView::Direct(direct & !DIRECT),
            count => EdgesView::InTable(count),
        }
    }
}

/// The memory of a subscription depends on these two sizes.
const _: () = assert!(size_of::<Literal>() == 32 && size_of::<Node>() == 48);

impl Node {
    pub(crate) fn new(token: &[u8], parent: u32) -> Self {
        Self {
            token: Text::new(token),
            members: Members::EMPTY,
            parent,
            star: NONE,
            tail: NONE,
            edges: Edges::NONE,
        }
    }

    pub(crate) fn has_children(&self) -> bool {
        self.edges != Edges::NONE || self.star != NONE || self.tail != NONE
    }
}
