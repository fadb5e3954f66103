//! Interest: which clients of an account are subscribed to which subjects.
//!
//! Owns an account's index of subjects, its subscriptions and members, their counts, and the feed of changes. It is
//! kept behind the account's lock: routing reads it; SUB, UNSUB, CONNECT, closing and moving connections change it.
//! Every change that could change the result of a look-up increases the generation. Never delivers a message and never
//! looks at a connection: of a member it has a copy of what routing needs.

pub(crate) mod account;
mod counts;
mod destination;
pub(crate) mod feed;
mod member;
mod sid_table;
mod subscription;

pub use counts::InterestStats;
pub(crate) use counts::{CachedResult, InterestCounts};
pub(crate) use destination::Destination;
pub(crate) use member::Member;
pub(crate) use sid_table::{SidIds, SidTable};
pub(crate) use subscription::{Link, Original, Subscription};

use crate::interest::feed::{InterestFeed, InterestReader};
use crate::plan::permissions::Permissions;
use crate::services::may_match_responses;
use crate::shard::inbox::Location;
use nt_subject::{HashSeed, InvalidSubject, Matches, Sublist, first_token};
use slab::Slab;
use std::sync::Arc;

/// The interest of one account.
#[derive(Debug)]
pub(crate) struct Interest {
    /// The account's id.
    account: u32,
    list: Sublist,
    /// By the ids that the list has.
    subscriptions: Slab<Subscription>,
    members: Slab<Member>,
    /// Grows with each change that could change the result of a look-up.
    generation: u64,
    /// Whether loops may cache results.
    cached: bool,
    /// Subscriptions that may match what answers a request of another account.
    on_responses: usize,
    counts: Arc<InterestCounts>,
    feed: InterestFeed,
}

impl Interest {
    pub fn new(account: u32, cached: bool, seed: HashSeed, counts: Arc<InterestCounts>) -> Self {
        Self {
            account,
            list: Sublist::new(seed),
            subscriptions: Slab::new(),
            members: Slab::new(),
            generation: 1,
            cached,
            on_responses: 0,
            counts,
            feed: InterestFeed::default(),
        }
    }

    /// A number that grows with each change that could change the result of a look-up.
    #[inline]
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Whether loops may cache results.
    #[inline]
    pub fn is_cached(&self) -> bool {
        self.cached
    }

    /// Whether a subscription may match what answers a request of another account.
    #[inline]
    pub fn may_get_responses(&self) -> bool {
        self.on_responses > 0
    }

    #[inline]
    pub fn counts(&self) -> &Arc<InterestCounts> {
        &self.counts
    }

    /// Finds the subscriptions that a message on `subject` reaches.
    #[inline]
    pub fn matches(&self, subject: &[u8], found: &mut Matches) {
        self.list.matches(subject, found);
    }

    /// Whether a message on `literal` reaches any subscription.
    pub fn has_interest(&self, literal: &[u8]) -> bool {
        self.list.has_interest(literal)
    }

    /// A subscription that the index has just named.
    #[inline]
    pub fn subscription(&self, id: u32) -> &Subscription {
        &self.subscriptions[id as usize]
    }

    /// The subscription of an id, if there is one.
    pub fn find(&self, id: u32) -> Option<&Subscription> {
        self.subscriptions.get(id as usize)
    }

    /// The subscription of an id, if it is one of this member. The id may belong to another one by now.
    pub fn subscription_of(&self, member: u32, id: u32) -> Option<&Subscription> {
        self.find(id).filter(|sub| sub.member() == member)
    }

    /// One above the largest id.
    pub fn id_bound(&self) -> usize {
        self.subscriptions.capacity()
    }

    #[inline]
    pub fn member(&self, member: u32) -> &Member {
        &self.members[member as usize]
    }

    /// The member that has a subscription.
    #[inline]
    pub fn member_of(&self, sub: &Subscription) -> &Member {
        self.member(sub.member())
    }

    /// Adds a subscription. Returns its id.
    pub fn add(
        &mut self,
        member: u32,
        subject: &[u8],
        queue: Option<&[u8]>,
        sid: &[u8],
    ) -> Result<u32, InvalidSubject> {
        self.add_linked(member, subject, queue, sid, None)
    }

    /// Adds a copy of a subscription of another account. Returns its id.
    pub fn add_copy(
        &mut self,
        member: u32,
        subject: &[u8],
        queue: Option<&[u8]>,
        sid: &[u8],
        link: Link,
    ) -> Result<u32, InvalidSubject> {
        self.add_linked(member, subject, queue, sid, Some(link))
    }

    fn add_linked(
        &mut self,
        member: u32,
        subject: &[u8],
        queue: Option<&[u8]>,
        sid: &[u8],
        link: Option<Link>,
    ) -> Result<u32, InvalidSubject> {
        let entry = self.subscriptions.vacant_entry();
        let id = entry.key() as u32;
        let node = self.list.insert(subject, queue, id)?;
        entry.insert(Subscription::new(member, node, queue, sid, link));
        self.on_responses += usize::from(may_match_responses(first_token(subject)));
        self.generation += 1;
        self.counts.count_added();
        if self.feed.has_readers() {
            let key = (subject.into(), queue.map(Into::into));
            self.feed.append(self.account, key, true);
        }
        Ok(id)
    }

    pub fn remove(&mut self, id: u32) -> Option<Subscription> {
        let sub = self.subscriptions.try_remove(id as usize)?;
        if self.feed.has_readers() {
            let key = (self.subject_of(&sub).into(), sub.queue().map(Into::into));
            self.feed.append(self.account, key, false);
        }
        self.on_responses -= usize::from(may_match_responses(self.list.first_token(sub.node)));
        self.list.remove(sub.node, sub.queue(), id);
        // No result has a subscription of a removed member.
        if !self.member_of(&sub).is_removed() {
            self.generation += 1;
        }
        self.counts.count_removed();
        Some(sub)
    }

    /// Limits the deliveries of a subscription, those it had included; 0: no limit.
    pub fn limit(&mut self, id: u32, max: u64) {
        self.subscriptions[id as usize].set_max(max);
        self.generation += 1;
    }

    /// From now on a subscription counts together with its copies.
    pub fn link(&mut self, id: u32) -> Link {
        self.subscriptions[id as usize].make_link()
    }

    /// Adds a client that has no subscriptions yet.
    pub fn add_member(&mut self, member: Member) -> u32 {
        self.members.insert(member) as u32
    }

    /// A connection is on another loop from now on.
    pub fn relocate(&mut self, member: u32, to: Location) {
        self.members[member as usize].location = to;
        self.generation += 1;
    }

    /// A client may receive something else from now on.
    pub fn set_permissions(&mut self, member: u32, permissions: Option<Arc<Permissions>>) {
        self.members[member as usize].set_permissions(permissions);
        self.generation += 1;
    }

    /// A client reads HMSG from now on, or reads it no more.
    pub fn set_headers(&mut self, member: u32, headers: bool) {
        self.members[member as usize].set_headers(headers);
        self.generation += 1;
    }

    /// From now on nothing is routed to a member. Its subscriptions are to be removed, then its record.
    pub fn mark_removed(&mut self, member: u32) {
        self.members[member as usize].removed = true;
        self.generation += 1;
    }

    /// Removes the record of a member without subscriptions.
    pub fn remove_member(&mut self, member: u32) {
        let member = self.members.remove(member as usize);
        debug_assert!(member.is_removed(), "nothing is routed to it by now");
    }

    /// Frees what only removed subscriptions needed. Ids stay as they are.
    pub fn shrink(&mut self) {
        if self.subscriptions.len() < self.subscriptions.capacity() / 4 {
            self.subscriptions.shrink_to_fit();
        }
    }

    /// Follows the interest from now on.
    pub fn follow(&mut self) -> InterestReader {
        let keys = self.subscriptions.iter().map(|(_, sub)| {
            let subject = self.list.subject(sub.node);
            (subject.into(), sub.queue().map(Into::into))
        });
        self.feed.follow(self.account, keys)
    }

    /// Whether a subscription got the last message it may have.
    pub fn is_exhausted(&self, id: u32) -> bool {
        self.find(id).is_some_and(Subscription::is_exhausted)
    }

    pub fn subject_of(&self, sub: &Subscription) -> Vec<u8> {
        self.list.subject(sub.node)
    }

    /// The member's plain subscription that a message on `literal` would reach, if any. Asked rarely.
    pub fn plain_match_of(&self, member: u32, literal: &[u8], found: &mut Matches) -> Option<&Subscription> {
        self.list.matches(literal, found);
        found
            .plain
            .iter()
            .map(|&id| self.subscription(id))
            .find(|sub| sub.member() == member && !sub.is_exhausted())
    }

    /// Whether a message on `literal` would reach anyone. Asked rarely.
    pub fn has_listeners(&self, literal: &[u8]) -> bool {
        let mut found = Matches::default();
        self.list.matches(literal, &mut found);
        let grouped = found.groups().flat_map(|(_, ids)| ids);
        let mut ids = found.plain.iter().chain(grouped);
        ids.any(|&id| !self.member_of(self.subscription(id)).is_removed())
    }

    /// Subscriptions and members there are records of.
    #[cfg(any(test, fuzzing, feature = "simulation"))]
    pub fn record_counts(&self) -> (usize, usize) {
        (self.subscriptions.len(), self.members.len())
    }

    /// Whether there is nothing left, in the index either.
    #[cfg(any(test, fuzzing, feature = "simulation"))]
    pub fn is_empty(&self) -> bool {
        self.record_counts() == (0, 0) && self.list.is_empty()
    }

    /// The first subscription, with its id.
    #[cfg(test)]
    pub fn first(&self) -> Option<(u32, &Subscription)> {
        self.subscriptions.iter().next().map(|(id, sub)| (id as u32, sub))
    }
}
