//! The reusable result of a match.
//!
//! Plain subscriptions are in one vector. The members of queue groups are in another one, divided into spans; a queue
//! found at several nodes (`a.*` and `a.b`) is one group. Nothing is freed between matches, so a reused `Matches`
//! allocates nothing.

use crate::branches::Branch;
use crate::members::{MemberSet, Members, MembersView};
use crate::queue_names::QueueId;
use crate::slab::Slab;

/// The subscriptions that match one literal subject.
#[derive(Debug, Default)]
pub struct Matches {
    /// Subscriptions outside of queue groups, in no order.
    pub plain: Vec<u32>,
    members: Vec<u32>,
    spans: Vec<Span>,
    /// Where groups are merged if a queue was found twice.
    merged: Vec<u32>,
    /// Kept for searches of very deep subjects.
    pub(crate) spill: Vec<Branch>,
}

#[derive(Debug, Clone, Copy)]
struct Span {
    queue: QueueId,
    start: u32,
    end: u32,
}

impl Matches {
    /// An empty result.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether no subscription matches.
    pub fn is_empty(&self) -> bool {
        self.plain.is_empty() && self.spans.is_empty()
    }

    /// Clears the result and keeps the memory.
    pub fn clear(&mut self) {
        self.plain.clear();
        self.members.clear();
        self.spans.clear();
    }

    /// Number of queue groups.
    pub fn group_count(&self) -> usize {
        self.spans.len()
    }

    /// Queue groups with their members, each queue once, in no order. Each group has at least one member.
    pub fn groups(&self) -> impl ExactSizeIterator<Item = (QueueId, &[u32])> {
        self.spans
            .iter()
            .map(|span| (span.queue, &self.members[span.start as usize..span.end as usize]))
    }

    pub(crate) fn collect(&mut self, members: Members, sets: &Slab<MemberSet>) {
        match members.view() {
            MembersView::Empty => {}
            MembersView::OnePlain(id) => self.plain.push(id),
            MembersView::OneInQueue(queue, id) => self.add_group(queue, &[id]),
            MembersView::Set(set) => {
                let set = sets.at(set);
                self.plain.extend_from_slice(set.plain());
                for group in set.groups() {
                    self.add_group(group.queue, group.ids());
                }
            }
        }
    }

    fn add_group(&mut self, queue: QueueId, ids: &[u32]) {
        let start = self.members.len() as u32;
        self.members.extend_from_slice(ids);
        self.spans.push(Span {
            queue,
            start,
            end: self.members.len() as u32,
        });
    }

    /// Merges the groups of each queue. Called after all nodes have been collected.
    pub(crate) fn unite_groups(&mut self) {
        if self.spans.len() < 2 {
            return;
        }
        self.spans.sort_unstable_by_key(|span| (span.queue, span.start));
        if self.spans.windows(2).all(|pair| pair[0].queue != pair[1].queue) {
            return;
        }
        self.merged.clear();
        let mut kept = 0;
        for at in 0..self.spans.len() {
            let span = self.spans[at];
            let start = self.merged.len() as u32;
            self.merged
                .extend_from_slice(&self.members[span.start as usize..span.end as usize]);
            let end = self.merged.len() as u32;
            if kept > 0 && self.spans[kept - 1].queue == span.queue {
                self.spans[kept - 1].end = end;
            } else {
                self.spans[kept] = Span {
                    queue: span.queue,
                    start,
                    end,
                };
                kept += 1;
            }
        }
        self.spans.truncate(kept);
        std::mem::swap(&mut self.members, &mut self.merged);
    }
}
