//! The interest index: finds the subscriptions that match a published subject.
//!
//! Layout: subjects without wildcards are in one hash table by their whole text, so the most common match is one
//! lookup. Subjects with wildcards form a trie: nodes in a slab, children under ordinary tokens in one hash table of
//! edges keyed by (parent, token), wildcard children and only children as fields of their parent. Both tables store 32
//! bits of each hash, so that they can grow without reading a node. Hashing is seeded by the caller.
//!
//! Invariants: except for the root there is no node without subscriptions and without children. The caller inserts
//! each id once under one subject and removes it with the node it was given. Readers need only `&self`: put a lock
//! around the whole index, and compare `generation` to know whether an older result is still valid.

use crate::branches::{Branch, Branches};
use crate::error::InvalidSubject;
use crate::hash_seed::HashSeed;
use crate::matches::Matches;
use crate::members::{MemberSet, Members};
use crate::node::{Edges, EdgesView, Literal, Node};
use crate::queue_names::{QueueId, QueueNames};
use crate::slab::{NONE, Slab};
use crate::text::Text;
use crate::validate::{check_subject, first_token, has_wildcard, is_well_formed, tokens};
use hashbrown::HashTable;
use std::hash::Hasher;

/// The node of a subscription. Valid while the node has a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NodeId(u32);

/// The bit that marks ids of literals; slabs hold at most 2^31 values.
const LITERAL_BIT: u32 = 1 << 31;
const ROOT: u32 = 0;

/// An id of a slab, with 32 bits of the hash of its key.
#[derive(Debug, Clone, Copy)]
struct Entry {
    hash: u32,
    id: u32,
}

impl Entry {
    /// The table takes its tag from the top bits and the position from the low ones.
    fn spread(hash: u32) -> u64 {
        u64::from(hash) << 32 | u64::from(hash)
    }
}

/// The interest index. Values are ids that the caller owns.
#[derive(Debug)]
pub struct Sublist {
    literals: Slab<Literal>,
    literal_index: HashTable<Entry>,
    nodes: Slab<Node>,
    edges: HashTable<Entry>,
    sets: Slab<MemberSet>,
    queues: QueueNames,
    seed: HashSeed,
    len: usize,
    generation: u64,
    boxed_text_bytes: usize,
}

impl Sublist {
    /// An empty index. Subjects come from peers, so the seed of their hashes is to be a secret.
    pub fn new(seed: HashSeed) -> Self {
        let mut nodes = Slab::with_room_for_one();
        nodes.insert(Node::new(b"", NONE));
        Self {
            literals: Slab::new(),
            literal_index: HashTable::new(),
            nodes,
            edges: HashTable::new(),
            sets: Slab::new(),
            queues: QueueNames::new(),
            seed,
            len: 0,
            generation: 0,
            boxed_text_bytes: 0,
        }
    }

    /// Adds a subscription. `id` must not be under the same subject and queue already.
    pub fn insert(&mut self, subject: &[u8], queue: Option<&[u8]>, id: u32) -> Result<NodeId, InvalidSubject> {
        check_subject(subject)?;
        let queue = queue.map(|name| self.queues.acquire(&self.seed, name));
        self.len += 1;
        self.generation += 1;
        if has_wildcard(subject) {
            let node = self.make_path(subject);
            self.nodes.at_mut(node).members.add(&mut self.sets, queue, id);
            return Ok(NodeId(node));
        }
        let literal = self.make_literal(subject);
        self.literals.at_mut(literal).members.add(&mut self.sets, queue, id);
        Ok(NodeId(literal | LITERAL_BIT))
    }

    /// Removes a subscription, and the nodes that are not needed any more. False if it was not present.
    pub fn remove(&mut self, node: NodeId, queue: Option<&[u8]>, id: u32) -> bool {
        let queue = match queue {
            None => None,
            Some(name) => match self.queues.find(&self.seed, name) {
                None => return false,
                found => found,
            },
        };
        let place = node.0 & !LITERAL_BIT;
        let is_literal = node.0 & LITERAL_BIT != 0;
        let members = if is_literal {
            self.literals.get_mut(place).map(|literal| &mut literal.members)
        } else {
            self.nodes.get_mut(place).map(|node| &mut node.members)
        };
        let Some(members) = members else { return false };
        if !members.take(&mut self.sets, queue, id) {
            return false;
        }
        let is_last = members.is_empty();
        if let Some(queue) = queue {
            self.queues.release(&self.seed, queue);
        }
        self.len -= 1;
        self.generation += 1;
        match (is_last, is_literal) {
            (true, true) => self.drop_literal(place),
            (true, false) => self.prune(place),
            _ => {}
        }
        true
    }

    /// The subject of a node, for monitoring; empty if the node does not exist any more.
    pub fn subject(&self, node: NodeId) -> Vec<u8> {
        if node.0 & LITERAL_BIT != 0 {
            let literal = self.literals.get(node.0 & !LITERAL_BIT);
            return literal.map_or_else(Vec::new, |literal| literal.subject.as_bytes().to_vec());
        }
        let mut path = Vec::new();
        let mut at = node.0;
        while let Some(node) = self.nodes.get(at)
            && at != ROOT
        {
            path.push(node.token.as_bytes());
            at = node.parent;
        }
        path.reverse();
        path.join(&b'.')
    }

    /// The first token of a node's subject; empty if the node does not exist any more.
    pub fn first_token(&self, node: NodeId) -> &[u8] {
        if node.0 & LITERAL_BIT != 0 {
            let literal = self.literals.get(node.0 & !LITERAL_BIT);
            return literal.map_or(b"", |literal| first_token(literal.subject.as_bytes()));
        }
        let (mut first, mut at): (&[u8], u32) = (b"", node.0);
        while let Some(node) = self.nodes.get(at)
            && at != ROOT
        {
            (first, at) = (node.token.as_bytes(), node.parent);
        }
        first
    }

    /// The text of a queue name that a match reported.
    pub fn queue_name(&self, queue: QueueId) -> Option<&[u8]> {
        self.queues.get(queue)
    }

    /// Finds the subscriptions for a message on `literal`. `out` is cleared first; if it was used before, nothing is
    /// allocated. Nothing matches a malformed subject (with an empty token), not even `>`.
    pub fn matches(&self, literal: &[u8], out: &mut Matches) {
        out.clear();
        if let Some(found) = self.find_literal(literal) {
            out.collect(found, &self.sets);
        }
        if self.has_wildcards() && is_well_formed(literal) {
            let mut spill = std::mem::take(&mut out.spill);
            self.walk(literal, false, &mut spill, |members| {
                out.collect(members, &self.sets);
                false
            });
            out.spill = spill;
        }
        out.unite_groups();
    }

    /// Whether a subscription matches `literal`.
    pub fn has_interest(&self, literal: &[u8]) -> bool {
        if self.find_literal(literal).is_some() {
            return true;
        }
        self.has_wildcards()
            && is_well_formed(literal)
            && self.walk(literal, false, &mut Vec::new(), |members| !members.is_empty())
    }

    /// Whether one of the subjects in the index matches everything that `subject`, which may have wildcards, matches.
    pub fn covers(&self, subject: &[u8]) -> bool {
        if check_subject(subject).is_err() {
            return false;
        }
        self.find_literal(subject).is_some()
            || (self.has_wildcards() && self.walk(subject, true, &mut Vec::new(), |members| !members.is_empty()))
    }

    /// The smallest id outside of queue groups whose subject covers the published `subject`: a wildcard in `subject`
    /// is matched only by a wildcard that covers it. No subject covers a malformed one.
    pub(crate) fn first_covering(&self, subject: &[u8]) -> Option<u32> {
        let mut first = None;
        let mut visit = |members: Members| {
            first = first.into_iter().chain(members.first_plain(&self.sets)).min();
            false
        };
        if let Some(found) = self.find_literal(subject) {
            visit(found);
        }
        if self.has_wildcards() && is_well_formed(subject) {
            self.walk(subject, true, &mut Vec::new(), visit);
        }
        first
    }

    /// Number of subscriptions.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no subscription.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Number of different subjects and trie nodes, the root not counted.
    pub fn node_count(&self) -> usize {
        self.literals.len() + self.nodes.len() - 1
    }

    /// Number of different queue names.
    pub fn queue_count(&self) -> usize {
        self.queues.len()
    }

    /// Grows with each insertion and each removal.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The approximate memory of the index, including its own fields.
    pub fn memory_bytes(&self) -> usize {
        size_of::<Self>()
            + self.literals.capacity_bytes()
            + self.literal_index.allocation_size()
            + self.nodes.capacity_bytes()
            + self.edges.allocation_size()
            + self.sets.capacity_bytes()
            + self.sets.iter().map(MemberSet::heap_bytes).sum::<usize>()
            + self.queues.memory_bytes()
            + self.boxed_text_bytes
    }

    fn has_wildcards(&self) -> bool {
        self.nodes.len() > 1
    }

    fn hash_literal(&self, subject: &[u8]) -> u32 {
        let mut hasher = self.seed.hasher();
        hasher.write(subject);
        fold(hasher.finish())
    }

    fn hash_edge(&self, parent: u32, token: &[u8]) -> u32 {
        let mut hasher = self.seed.hasher();
        hasher.write_u32(parent);
        hasher.write(token);
        fold(hasher.finish())
    }

    #[inline]
    fn find_literal(&self, subject: &[u8]) -> Option<Members> {
        if self.literal_index.is_empty() {
            return None;
        }
        let hash = self.hash_literal(subject);
        let is_it = |entry: &Entry| entry.hash == hash && self.literals.at(entry.id).subject.as_bytes() == subject;
        self.literal_index
            .find(Entry::spread(hash), is_it)
            .map(|entry| self.literals.at(entry.id).members)
    }

    /// The child of `parent` under an ordinary token.
    #[inline]
    fn find_edge(&self, parent: u32, token: &[u8]) -> Option<u32> {
        match self.nodes.at(parent).edges.view() {
            EdgesView::None => None,
            EdgesView::Direct(child) => (self.nodes.at(child).token.as_bytes() == token).then_some(child),
            EdgesView::InTable(_) => {
                let hash = self.hash_edge(parent, token);
                let is_it = |entry: &Entry| {
                    entry.hash == hash && {
                        let node = self.nodes.at(entry.id);
                        node.parent == parent && node.token.as_bytes() == token
                    }
                };
                self.edges.find(Entry::spread(hash), is_it).map(|entry| entry.id)
            }
        }
    }

    /// Visits every trie node whose subject matches, until `visit` returns true; returns whether it did.
    ///
    /// `subject` must be well formed. A token `*` in it matches only `*`, because no edge has that name. With
    /// `tail_is_wildcard` a token `>` matches only `>`, which makes this the subset test.
    #[inline]
    fn walk(
        &self,
        subject: &[u8],
        tail_is_wildcard: bool,
        spill: &mut Vec<Branch>,
        mut visit: impl FnMut(Members) -> bool,
    ) -> bool {
        let mut branches = Branches::new(spill);
        let (mut at, mut offset) = (ROOT, 0);
        loop {
            let node = self.nodes.at(at);
            if node.tail != NONE && visit(self.nodes.at(node.tail).members) {
                return true;
            }
            let rest = &subject[offset as usize..];
            let end = rest.iter().position(|&byte| byte == b'.').unwrap_or(rest.len());
            let token = &rest[..end];
            let is_last = end == rest.len();
            let edge = self.find_edge(at, token);
            let no_star = node.star == NONE || (tail_is_wildcard && token == b">");
            let star = if no_star { None } else { Some(node.star) };
            let next = offset + end as u32 + 1;
            if is_last {
                for child in [edge, star].into_iter().flatten() {
                    if visit(self.nodes.at(child).members) {
                        return true;
                    }
                }
            }
            let deeper = |child: Option<u32>| child.filter(|&child| !is_last && self.nodes.at(child).has_children());
            match (deeper(edge), deeper(star)) {
                (Some(edge), Some(star)) => {
                    branches.push((star, next));
                    (at, offset) = (edge, next);
                }
                (Some(only), None) | (None, Some(only)) => (at, offset) = (only, next),
                (None, None) => match branches.pop() {
                    Some(branch) => (at, offset) = branch,
                    None => return false,
                },
            }
        }
    }

    fn make_literal(&mut self, subject: &[u8]) -> u32 {
        let hash = self.hash_literal(subject);
        let literals = &self.literals;
        let is_it = |entry: &Entry| entry.hash == hash && literals.at(entry.id).subject.as_bytes() == subject;
        if let Some(entry) = self.literal_index.find(Entry::spread(hash), is_it) {
            return entry.id;
        }
        let literal = Literal {
            subject: Text::new(subject),
            members: Members::EMPTY,
        };
        self.boxed_text_bytes += literal.subject.boxed_bytes();
        let id = self.literals.insert(literal);
        self.literal_index
            .insert_unique(Entry::spread(hash), Entry { hash, id }, |entry| {
                Entry::spread(entry.hash)
            });
        id
    }

    fn make_path(&mut self, subject: &[u8]) -> u32 {
        let mut at = ROOT;
        for token in tokens(subject) {
            at = match token {
                b"*" if self.nodes.at(at).star != NONE => self.nodes.at(at).star,
                b">" if self.nodes.at(at).tail != NONE => self.nodes.at(at).tail,
                b"*" => {
                    let child = self.nodes.insert(Node::new(token, at));
                    self.nodes.at_mut(at).star = child;
                    child
                }
                b">" => {
                    let child = self.nodes.insert(Node::new(token, at));
                    self.nodes.at_mut(at).tail = child;
                    child
                }
                _ => self.make_edge(at, token),
            };
        }
        at
    }

    fn make_edge(&mut self, parent: u32, token: &[u8]) -> u32 {
        if let Some(child) = self.find_edge(parent, token) {
            return child;
        }
        let node = Node::new(token, parent);
        self.boxed_text_bytes += node.token.boxed_bytes();
        let child = self.nodes.insert(node);
        self.nodes.at_mut(parent).edges = match self.nodes.at(parent).edges.view() {
            EdgesView::None => Edges::direct(child),
            EdgesView::Direct(first) => {
                self.index_edge(first);
                self.index_edge(child);
                Edges::in_table(2)
            }
            EdgesView::InTable(count) => {
                self.index_edge(child);
                Edges::in_table(count + 1)
            }
        };
        child
    }

    fn index_edge(&mut self, child: u32) {
        let node = self.nodes.at(child);
        let hash = self.hash_edge(node.parent, node.token.as_bytes());
        let entry = Entry { hash, id: child };
        self.edges
            .insert_unique(Entry::spread(hash), entry, |entry| Entry::spread(entry.hash));
    }

    fn drop_literal(&mut self, id: u32) {
        let Some(literal) = self.literals.remove(id) else {
            return;
        };
        self.boxed_text_bytes -= literal.subject.boxed_bytes();
        let hash = self.hash_literal(literal.subject.as_bytes());
        unindex(&mut self.literal_index, Entry { hash, id });
    }

    /// Frees `at` and its ancestors as long as they are empty.
    fn prune(&mut self, mut at: u32) {
        while at != ROOT {
            let node = self.nodes.at(at);
            if !node.members.is_empty() || node.has_children() {
                return;
            }
            let Some(node) = self.nodes.remove(at) else { return };
            self.boxed_text_bytes -= node.token.boxed_bytes();
            let parent = self.nodes.at_mut(node.parent);
            match node.token.as_bytes() {
                b"*" => parent.star = NONE,
                b">" => parent.tail = NONE,
                token => match parent.edges.view() {
                    EdgesView::InTable(count) => {
                        parent.edges = Edges::in_table(count - 1);
                        let hash = self.hash_edge(node.parent, token);
                        unindex(&mut self.edges, Entry { hash, id: at });
                    }
                    EdgesView::Direct(_) | EdgesView::None => parent.edges = Edges::NONE,
                },
            }
            at = node.parent;
        }
    }
}

fn fold(hash: u64) -> u32 {
    (hash ^ (hash >> 32)) as u32
}

fn unindex(table: &mut HashTable<Entry>, gone: Entry) {
    if let Ok(entry) = table.find_entry(Entry::spread(gone.hash), |entry| entry.id == gone.id) {
        entry.remove();
    }
    if table.capacity() > 64 && table.len() < table.capacity() / 8 {
        table.shrink_to(table.len() * 2, |entry| Entry::spread(entry.hash));
    }
}
