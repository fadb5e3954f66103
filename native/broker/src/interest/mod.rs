//! Who in an account wants what: the sublist, and the records its ids stand for.
//!
//! Lives behind the account's lock. Reading it is routing; only SUB, UNSUB, CONNECT and closing write.

pub(crate) mod account;
mod destination;
pub(crate) mod feed;

pub(crate) use destination::Destination;

use crate::interest::feed::{InterestFeed, InterestReader};
use crate::internal::MessageQueue;
use crate::plan::permissions::Permissions;
use crate::shard::inbox::Location;
use hashbrown::{HashTable, hash_table};
use nt_subject::HashSeed;
use nt_subject::{InvalidSubject, NodeId, Sublist};
use slab::Slab;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// One subscription.
#[derive(Debug)]
pub(crate) struct Subscription {
    pub member: u32,
    node: NodeId,
    pub sid: Box<[u8]>,
    queue: Option<Box<[u8]>>,
    /// Deliveries since SUB. Loops add to it before they release the lock, so under the write lock it is exact.
    pub delivered: AtomicU64,
    /// Deliveries it is limited to; 0: none.
    pub max: u64,
}

/// A client of the account that has subscriptions: what routing must know of it.
#[derive(Debug)]
pub(crate) struct Member {
    pub location: Location,
    pub destination: Destination,
    /// Whether it reads HMSG.
    pub headers: bool,
    pub permissions: Option<Arc<Permissions>>,
    /// It hears nothing any more: what is left of its subscriptions is being taken out.
    pub removed: bool,
}

/// How much interest there is; readable without the lock.
#[derive(Debug, Default)]
pub(crate) struct InterestCounts {
    pub subscriptions: AtomicUsize,
    pub inserts: AtomicU64,
    pub removes: AtomicU64,
    lookups: [Lookups; LOOKUPS],
    /// Subjects remembered by all loops, and what they go to.
    cached: AtomicUsize,
    fanout: AtomicUsize,
    fanout_max: AtomicUsize,
}

/// Loops add up look-ups in different places, as far as these suffice: a place in all their caches would be slow.
const LOOKUPS: usize = 16;

/// Look-ups of subjects that found one a loop remembers, and those that did not. Added at the end of each run.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Lookups {
    hits: AtomicU64,
    misses: AtomicU64,
}

/// How interest changed and how it was asked.
#[derive(Debug, Clone, Copy, Default)]
pub struct InterestStats {
    /// Subscriptions ever added.
    pub inserts: u64,
    /// Subscriptions ever removed.
    pub removes: u64,
    /// Subjects that were looked up: not each message, since the next one on the same subject needs no look-up.
    pub matches: u64,
    /// Look-ups that found a resolved subject.
    pub cache_hits: u64,
    /// Resolved subjects that are remembered now.
    pub cached: usize,
    /// Subscriptions and queue groups that those go to, all together.
    pub fanout: usize,
    /// The most that one remembered subject went to.
    pub fanout_max: usize,
}

impl InterestCounts {
    /// Counts what a loop looked up.
    #[inline]
    pub fn add_lookups(&self, reactor: u16, hits: u64, misses: u64) {
        let place = &self.lookups[usize::from(reactor) % LOOKUPS];
        if hits > 0 {
            place.hits.fetch_add(hits, Ordering::Relaxed);
        }
        if misses > 0 {
            place.misses.fetch_add(misses, Ordering::Relaxed);
        }
    }

    pub fn stats(&self) -> InterestStats {
        let sum = |of: fn(&Lookups) -> &AtomicU64| self.lookups.iter().map(|l| of(l).load(Ordering::Relaxed)).sum();
        let cache_hits: u64 = sum(|l| &l.hits);
        let cache_misses: u64 = sum(|l| &l.misses);
        InterestStats {
            inserts: self.inserts.load(Ordering::Relaxed),
            removes: self.removes.load(Ordering::Relaxed),
            matches: cache_hits + cache_misses,
            cache_hits,
            cached: self.cached.load(Ordering::Relaxed),
            fanout: self.fanout.load(Ordering::Relaxed),
            fanout_max: self.fanout_max.load(Ordering::Relaxed),
        }
    }
}

/// A resolved subject in the counts, for as long as it is remembered.
#[derive(Debug)]
pub(crate) struct Remembered {
    counts: Arc<InterestCounts>,
    fanout: usize,
}

impl Remembered {
    pub fn new(counts: &Arc<InterestCounts>, fanout: usize) -> Self {
        counts.cached.fetch_add(1, Ordering::Relaxed);
        counts.fanout.fetch_add(fanout, Ordering::Relaxed);
        counts.fanout_max.fetch_max(fanout, Ordering::Relaxed);
        Self {
            counts: counts.clone(),
            fanout,
        }
    }

    pub fn is_of(&self, counts: &Arc<InterestCounts>) -> bool {
        Arc::ptr_eq(&self.counts, counts)
    }

    /// The same subject, resolved again: usually to as many.
    pub fn set_fanout(&mut self, fanout: usize) {
        if fanout != self.fanout {
            self.counts.fanout.fetch_add(fanout, Ordering::Relaxed);
            self.counts.fanout.fetch_sub(self.fanout, Ordering::Relaxed);
            self.counts.fanout_max.fetch_max(fanout, Ordering::Relaxed);
            self.fanout = fanout;
        }
    }
}

impl Drop for Remembered {
    fn drop(&mut self) {
        self.counts.fanout.fetch_sub(self.fanout, Ordering::Relaxed);
        if self.counts.cached.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.counts.fanout_max.store(0, Ordering::Relaxed);
        }
    }
}

#[derive(Debug)]
pub(crate) struct Interest {
    pub counts: Arc<InterestCounts>,
    pub list: Sublist,
    pub subs: Slab<Subscription>,
    pub members: Slab<Member>,
    /// Grows with each change that could change a route.
    pub generation: u64,
    /// Whether loops remember whom a subject goes to.
    pub cached: bool,
    /// The account's id.
    account: u32,
    feed: InterestFeed,
}

impl Interest {
    pub fn new(account: u32, cached: bool, seed: HashSeed) -> Self {
        Self {
            account,
            feed: InterestFeed::default(),
            counts: Arc::default(),
            list: Sublist::new(seed),
            subs: Slab::new(),
            members: Slab::new(),
            generation: 1,
            cached,
        }
    }

    pub fn add(
        &mut self,
        member: u32,
        subject: &[u8],
        queue: Option<&[u8]>,
        sid: &[u8],
    ) -> Result<u32, InvalidSubject> {
        let entry = self.subs.vacant_entry();
        let id = entry.key() as u32;
        let node = self.list.insert(subject, queue, id)?;
        entry.insert(Subscription {
            member,
            node,
            sid: sid.into(),
            queue: queue.map(Into::into),
            delivered: AtomicU64::new(0),
            max: 0,
        });
        self.generation += 1;
        self.count_change(true);
        if self.feed.has_readers() {
            let key = (subject.into(), queue.map(Into::into));
            self.feed.append(self.account, key, true);
        }
        Ok(id)
    }

    /// Adds the control plane as a client of this account.
    pub fn add_internal_member(&mut self, queue: Arc<MessageQueue>) -> u32 {
        self.members.insert(Member {
            location: Location::NOWHERE,
            destination: Destination::Internal(queue),
            headers: true,
            permissions: None,
            removed: false,
        }) as u32
    }

    pub fn remove(&mut self, id: u32) -> Option<Subscription> {
        let sub = self.subs.try_remove(id as usize)?;
        if self.feed.has_readers() {
            let key = (self.subject_of(&sub).into(), sub.queue.clone());
            self.feed.append(self.account, key, false);
        }
        self.list.remove(sub.node, sub.queue.as_deref(), id);
        // No route has one of those who are gone.
        if !self.members[sub.member as usize].removed {
            self.generation += 1;
        }
        self.count_change(false);
        Some(sub)
    }

    /// From now on nothing is routed to a member. Its subscriptions are to be removed, then its record.
    pub fn mark_removed(&mut self, member: u32) {
        self.members[member as usize].removed = true;
        self.generation += 1;
    }

    /// Frees what only those who are gone needed. Ids stay as they are.
    pub fn shrink(&mut self) {
        if self.subs.len() < self.subs.capacity() / 4 {
            self.subs.shrink_to_fit();
        }
    }

    /// Follows the interest from now on.
    pub fn follow(&mut self) -> InterestReader {
        let keys = self.subs.iter().map(|(_, sub)| {
            let subject = self.list.subject(sub.node);
            (subject.into(), sub.queue.clone())
        });
        self.feed.follow(self.account, keys)
    }

    fn count_change(&self, added: bool) {
        if added {
            self.counts.subscriptions.fetch_add(1, Ordering::Relaxed);
            self.counts.inserts.fetch_add(1, Ordering::Relaxed);
        } else {
            self.counts.subscriptions.fetch_sub(1, Ordering::Relaxed);
            self.counts.removes.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Whether a subscription got the last message it may have.
    pub fn is_spent(&self, id: u32) -> bool {
        self.subs
            .get(id as usize)
            .is_some_and(|s| s.max > 0 && s.delivered.load(Ordering::Relaxed) >= s.max)
    }

    pub fn subject_of(&self, sub: &Subscription) -> Vec<u8> {
        self.list.subject(sub.node)
    }

    pub fn queue_of<'a>(&self, sub: &'a Subscription) -> Option<&'a [u8]> {
        sub.queue.as_deref()
    }

    /// The member's plain subscription that a message on `literal` would reach, if any. Asked rarely.
    pub fn plain_match_of(
        &self,
        member: u32,
        literal: &[u8],
        found: &mut nt_subject::Matches,
    ) -> Option<&Subscription> {
        self.list.matches(literal, found);
        found
            .plain
            .iter()
            .map(|id| &self.subs[*id as usize])
            .find(|s| s.member == member && (s.max == 0 || s.delivered.load(Ordering::Relaxed) < s.max))
    }
}

/// A connection's subscriptions by the client's name for them. Holds ids and hashes only: the names are in the
/// interest, which every caller that looks one up has locked anyway.
#[derive(Debug, Default)]
pub(crate) struct SidTable {
    ids: HashTable<(u32, u32)>,
}

/// Spreads the kept half of a hash over the bits the table looks at.
fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

impl SidTable {
    /// Names are chosen by clients, so the seed is a secret.
    fn hash(sid: &[u8], seed: &HashSeed) -> u32 {
        seed.hash(sid) as u32
    }

    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// The live subscription of that name. An id whose subscription is gone, or is another's by now, is not found.
    pub fn find(&self, sid: &[u8], member: u32, interest: &Interest, seed: &HashSeed) -> Option<u32> {
        self.ids
            .find(spread(Self::hash(sid, seed)), |(id, _)| {
                interest
                    .subs
                    .get(*id as usize)
                    .is_some_and(|s| s.member == member && *s.sid == *sid)
            })
            .map(|(id, _)| *id)
    }

    pub fn insert(&mut self, sid: &[u8], id: u32, seed: &HashSeed) {
        let hash = Self::hash(sid, seed);
        self.ids
            .insert_unique(spread(hash), (id, hash), |(_, hash)| spread(*hash));
    }

    /// Forgets an id under its name; the subscription itself may be gone already.
    pub fn forget(&mut self, sid: &[u8], id: u32, seed: &HashSeed) {
        let hash = Self::hash(sid, seed);
        // The id alone is not enough: it may be another name's by now.
        if let Ok(entry) = self.ids.find_entry(spread(hash), |entry| *entry == (id, hash)) {
            entry.remove();
        }
        if self.ids.is_empty() {
            self.ids = HashTable::new();
        }
    }

    /// The ids, in no order.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.ids.iter().map(|(id, _)| *id)
    }

    /// All ids, to be gone through by and by. The table is empty then.
    pub fn take(&mut self) -> SidIds {
        SidIds(std::mem::take(&mut self.ids).into_iter())
    }
}

/// The ids a [`SidTable`] had, in no order.
#[derive(Debug)]
pub(crate) struct SidIds(hash_table::IntoIter<(u32, u32)>);

impl Iterator for SidIds {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        self.0.next().map(|(id, _)| id)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for SidIds {}
