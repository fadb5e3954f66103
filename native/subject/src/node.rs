//! What sits in the slabs of a `Sublist`.
//!
//! A literal holds its whole subject; a trie node holds one token, its parent and direct links to its two wildcard
//! children, so that a step over `*` or `>` needs no hashing. Children under ordinary tokens are found in the hash
//! table of edges.

use crate::members::Members;
use crate::slab::NONE;
use crate::text::Text;

/// A subject without wildcards and its subscriptions.
#[derive(Debug)]
pub(crate) struct Literal {
    pub(crate) subject: Text,
    pub(crate) members: Members,
}

/// One token of subjects with wildcards.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) token: Text,
    pub(crate) members: Members,
    pub(crate) parent: u32,
    pub(crate) star: u32,
    pub(crate) tail: u32,
    /// Children under ordinary tokens.
    pub(crate) edges: u32,
}

/// What a subscription costs rests on these two sizes.
const _: () = assert!(size_of::<Literal>() == 32 && size_of::<Node>() == 48);

impl Node {
    pub(crate) fn new(token: &[u8], parent: u32) -> Self {
        Self {
            token: Text::new(token),
            members: Members::EMPTY,
            parent,
            star: NONE,
            tail: NONE,
            edges: 0,
        }
    }

    pub(crate) fn has_children(&self) -> bool {
        self.edges > 0 || self.star != NONE || self.tail != NONE
    }
}
