//! The cache of resolved subjects of one shard.
//!
//! It admits a subject the second time it is seen, so a stream of random subjects neither inserts nor allocates; it is
//! bounded in subjects, targets and bytes. Owns which subject has which place, and the counts of look-ups. Never
//! decides who gets a message: [`Resolved`] does.

use crate::delivery::resolved::Resolved;
use crate::faults::{Fault, Planted};
use crate::interest::{Interest, Subscription};
use crate::plan::subject_space::SubjectSpace;
use crate::random::Random;
use nt_subject::HashSeed;
use nt_subject::Matches;
use std::ops::{Index, IndexMut};

/// What a connection keeps of a result: its place, and the stamp it had. A place is used for other subjects later, and
/// what was checked for one subject says nothing about another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ResultRef {
    index: u32,
    stamp: u64,
}

impl ResultRef {
    /// Its place in the cache.
    pub fn index(self) -> u32 {
        self.index
    }

    /// None.
    pub const NONE: Self = Self {
        index: u32::MAX,
        stamp: 0,
    };
}

/// The one slot a subject may have in the cache, and a tag that differs from those of most others there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    at: u32,
    tag: u32,
}

/// Subjects in the cache at most.
const SLOTS: usize = 4096;
/// Targets in the cache at most, over all subjects.
const TARGETS_MAX: usize = 1 << 18;
/// Memory for all of it at most: clients choose how long subjects and names are, and targets repeat them.
const BYTES_MAX: usize = 96 << 20;

/// Resolved subjects of one shard. The one at index 0 is not cached: it is for subjects seen for the first time.
#[derive(Debug)]
pub(crate) struct ResultCache {
    results: Vec<Resolved>,
    /// Index in `results` by slot; 0: none.
    slots: Vec<u32>,
    /// What missed in a slot last: it is admitted when it comes again.
    missed: Vec<u32>,
    targets: usize,
    bytes: usize,
    /// Look-ups not yet in the account's counts: those that found a valid result, and the others.
    hits: u64,
    misses: u64,
    last_stamp: u64,
    found: Matches,
    seed: HashSeed,
    /// For mappings.
    random: Random,
    planted: Planted,
}

impl ResultCache {
    pub fn new(seed: HashSeed, random: Random) -> Self {
        Self {
            results: vec![Resolved::default()],
            slots: Vec::new(),
            missed: Vec::new(),
            targets: 0,
            bytes: 0,
            hits: 0,
            misses: 0,
            last_stamp: 0,
            found: Matches::new(),
            seed,
            random,
            planted: Planted::default(),
        }
    }

    /// Plants a fault.
    #[cfg(any(test, fuzzing, feature = "simulation"))]
    pub fn plant(&mut self, fault: Fault) {
        self.planted.plant(fault);
    }

    /// Index of the result of `subject`, resolved now unless a valid one is known.
    pub fn find(&mut self, space: &SubjectSpace, interest: &Interest, subject: &[u8]) -> u32 {
        self.find_at(self.place_of(space.number(), subject), space, interest, subject)
    }

    /// The same, when its place is known already.
    pub fn find_at(&mut self, place: Place, space: &SubjectSpace, interest: &Interest, subject: &[u8]) -> u32 {
        let (index, is_valid) = if interest.is_cached() {
            self.claim(place, space.number(), interest, subject)
        } else {
            (0, false)
        };
        if is_valid {
            self.hits += 1;
            return index;
        }
        self.misses += 1;
        self.resolve(index, space, interest, subject);
        index
    }

    /// The index of the result of `subject`, new or known, and whether it is valid. Index 0 is for subjects that are
    /// not cached.
    fn claim(&mut self, place: Place, space: u32, interest: &Interest, subject: &[u8]) -> (u32, bool) {
        let (at, tag) = (place.at as usize, place.tag);
        if self.slots.is_empty() {
            self.slots = vec![0; SLOTS];
            self.missed = vec![0; SLOTS];
        }
        let mut index = self.slots[at];
        let known = index != 0 && {
            let resolved = &self.results[index as usize];
            resolved.is_of(wanted(&self.planted, resolved, space), subject)
        };
        if known {
            let resolved = &self.results[index as usize];
            if resolved.is_valid(wanted(&self.planted, resolved, space), interest.generation()) {
                return (index, true);
            }
        } else if self.missed[at] != tag {
            self.missed[at] = tag;
            index = 0;
        } else if index == 0 {
            index = self.results.len() as u32;
            self.results.push(Resolved::default());
            self.slots[at] = index;
        }
        (index, false)
    }

    /// Where the result of a subject may be.
    #[inline]
    pub fn place_of(&self, space: u32, subject: &[u8]) -> Place {
        let is_shared = self.planted.is(Fault::SharedResults);
        let hash = self.seed.hash_in(if is_shared { 0 } else { space }, subject);
        Place {
            at: (hash as usize % SLOTS) as u32,
            tag: (hash >> 32) as u32,
        }
    }

    fn resolve(&mut self, index: u32, space: &SubjectSpace, interest: &Interest, subject: &[u8]) {
        let resolved = &mut self.results[index as usize];
        if resolved.has_uncounted() {
            resolved.count_deliveries(interest);
        }
        let before = (resolved.target_count(), resolved.bytes());
        self.last_stamp += 1;
        resolved.resolve(
            space,
            interest,
            subject,
            self.last_stamp,
            &mut self.random,
            &mut self.found,
        );
        if index != 0 {
            self.targets = self.targets + resolved.target_count() - before.0;
            resolved.count_in(interest);
        }
        // The one at index 0 counts, too.
        self.bytes = self.bytes + resolved.bytes() - before.1;
    }

    /// The result of `subject`, if a valid one is known.
    #[inline]
    pub fn lookup(
        &self,
        place: Place,
        space: u32,
        interest: &Interest,
        subject: &[u8],
    ) -> Option<(ResultRef, &Resolved)> {
        let index = *self.slots.get(place.at as usize).filter(|_| interest.is_cached())?;
        let resolved = &self.results[index as usize];
        let space = wanted(&self.planted, resolved, space);
        let is_known = index != 0 && resolved.is_valid(space, interest.generation()) && resolved.subject() == subject;
        is_known.then(|| (self.remember(index), resolved))
    }

    /// Counts a look-up whose result is used.
    pub fn count_hit(&mut self) {
        self.hits += 1;
    }

    /// The result a connection has kept, if it is still the same and valid.
    #[inline]
    pub fn known(&mut self, at: ResultRef, space: u32, generation: u64) -> Option<&mut Resolved> {
        let resolved = self.results.get_mut(at.index as usize)?;
        let space = wanted(&self.planted, resolved, space);
        (resolved.stamp() == at.stamp && resolved.is_valid(space, generation)).then_some(resolved)
    }

    /// What a connection may keep of the result at `index`.
    pub fn remember(&self, index: u32) -> ResultRef {
        ResultRef {
            index,
            stamp: self.results[index as usize].stamp(),
        }
    }

    /// Adds the look-ups of a run to its account's counts. Before the interest is unlocked.
    #[inline]
    pub fn count_lookups(&mut self, reactor: u16, interest: &Interest) {
        let (hits, misses) = (std::mem::take(&mut self.hits), std::mem::take(&mut self.misses));
        interest.counts().add_lookups(reactor, hits, misses);
    }

    /// Starts over when the cache has grown too large. Not while deliveries are uncounted.
    pub fn trim(&mut self) {
        debug_assert!(
            self.hits == 0 && self.misses == 0,
            "look-ups are counted before the next run begins"
        );
        if self.targets > TARGETS_MAX || self.bytes > BYTES_MAX {
            self.clear();
        }
    }

    /// Whether the reply would reach the publisher's own plain subscription; gives that subscription's name.
    pub fn own_reply_sid<'a>(&mut self, interest: &'a Interest, member: u32, reply: &[u8]) -> Option<&'a [u8]> {
        interest
            .plain_match_of(member, reply, &mut self.found)
            .map(Subscription::sid)
    }

    /// All there are, the one at index 0 first.
    #[cfg(test)]
    pub fn iter(&self) -> std::slice::Iter<'_, Resolved> {
        self.results.iter()
    }

    /// Frees everything; connections notice by the results' stamps.
    pub fn clear(&mut self) {
        self.results.truncate(1);
        self.results[0] = Resolved::default();
        self.slots = Vec::new();
        self.missed = Vec::new();
        self.targets = 0;
        self.bytes = 0;
        self.found = Matches::new();
    }
}

/// The space that a result must be of: the one that is asked for, unless a fault is planted.
#[inline(always)]
fn wanted(planted: &Planted, resolved: &Resolved, space: u32) -> u32 {
    if planted.is(Fault::SharedResults) {
        resolved.space()
    } else {
        space
    }
}

impl Index<u32> for ResultCache {
    type Output = Resolved;

    #[inline]
    fn index(&self, index: u32) -> &Resolved {
        &self.results[index as usize]
    }
}

impl IndexMut<u32> for ResultCache {
    #[inline]
    fn index_mut(&mut self, index: u32) -> &mut Resolved {
        &mut self.results[index as usize]
    }
}
