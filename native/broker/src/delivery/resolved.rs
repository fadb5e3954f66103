//! Resolved subjects: who gets a message, ready to be staged, and the cache that remembers them.
//!
//! A route is valid for one generation of its account's interest. The cache admits a subject the second time it is
//! seen, so a stream of random subjects neither inserts nor allocates; it is bounded in subjects and in targets.

use crate::delivery::byte_range::{BLOCK, ByteRange};
use crate::interest::{Interest, Remembered};
use crate::shard::inbox::Location;
use foldhash::fast::RandomState;
use nt_subject::Matches;
use std::hash::BuildHasher;

/// One subscription a message goes to.
#[derive(Debug)]
pub(crate) struct Target {
    pub location: Location,
    pub sub: u32,
    pub member: u32,
    pub cid: u64,
    /// Where the route's text has `HMSG subject sid `; without its first byte it is the prefix of a MSG. Targets past
    /// the route's `laid_out` share one place there, see [`Resolved::target_mut`].
    prefix: (u32, u32),
    pub headers: bool,
    /// Its deliveries are limited: each must be reserved.
    pub limited: bool,
    /// The receiver may answer: it must learn the reply subject.
    pub tracks_replies: bool,
    /// Deliveries not yet added to the subscription's own counter.
    pub delivered: u32,
}

/// What a connection remembers of a route: its place, and whose place it was. A place is given to other subjects, and
/// what was checked for one says nothing about another.
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

    /// No route.
    pub const NONE: Self = Self {
        index: u32::MAX,
        stamp: 0,
    };
}

/// The text that prefixes of a route's targets are cut from.
#[derive(Clone, Copy)]
pub(crate) struct Prefixes<'a> {
    text: &'a [u8],
}

impl<'a> Prefixes<'a> {
    /// `MSG subject sid `.
    #[inline]
    pub fn msg(self, target: &Target) -> &'a [u8] {
        &self.text[target.prefix.0 as usize + 1..target.prefix.1 as usize]
    }

    /// The same, to be appended many times.
    #[inline]
    pub fn msg_range(self, target: &Target) -> ByteRange<'a> {
        ByteRange {
            text: self.text,
            start: target.prefix.0 as usize + 1,
            end: target.prefix.1 as usize,
        }
    }

    /// `HMSG subject sid `.
    pub fn hmsg(self, target: &Target) -> &'a [u8] {
        &self.text[target.prefix.0 as usize..target.prefix.1 as usize]
    }
}

/// A subject with everyone who gets its messages.
#[derive(Debug, Default)]
pub(crate) struct Resolved {
    /// Which subject of which account this is, among all that ever had this place.
    stamp: u64,
    account: u32,
    generation: u64,
    /// `PUB subject `: what the line of the next message probably starts with.
    line: Vec<u8>,
    text: Vec<u8>,
    /// How many targets have prefixes of their own in the text. Those of the others would make it too long: they share
    /// the subject, and each sid is put behind it when its turn comes.
    laid_out: usize,
    /// Where in the text the sid of such a target goes.
    sid_at: usize,
    /// Plain subscriptions first, then the members of each queue group.
    targets: Vec<Target>,
    /// How many are plain.
    pub plain: usize,
    /// Ranges of `targets`, one for each queue group.
    pub groups: Vec<(u32, u32)>,
    /// Whether some connection gets a message more than once: then messages are delivered one at a time, so that each
    /// connection sees them in their order whatever subscription they come by.
    pub repeats: bool,
    /// Whether every target reads headers.
    pub headers_for_all: bool,
    /// Whether clients may not publish here at all.
    pub reserved: bool,
    /// Whether some target has uncounted deliveries.
    pub uncounted: bool,
    /// Its place in the account's counts.
    remembered: Option<Remembered>,
}

const PUB: &[u8] = b"PUB ";
const HMSG: &[u8] = b"HMSG ";
/// Prefixes kept ready for one subject at most, bytes: beyond that, targets share its text.
const TEXT_MAX: usize = 4 << 20;

impl Resolved {
    pub fn subject(&self) -> &[u8] {
        self.line
            .get(PUB.len()..self.line.len().saturating_sub(1))
            .unwrap_or_default()
    }

    /// How a line that publishes here usually starts.
    pub fn line(&self) -> &[u8] {
        &self.line
    }

    fn is_valid(&self, account: u32, generation: u64) -> bool {
        self.generation == generation && self.account == account
    }

    /// One target, and where its prefixes are: until the next one is asked for.
    #[inline]
    pub fn target_mut(&mut self, interest: &Interest, index: usize) -> (&mut Target, Prefixes<'_>) {
        if index >= self.laid_out {
            self.lay_out(interest, index);
        }
        (&mut self.targets[index], Prefixes { text: &self.text })
    }

    /// Completes the shared prefix with the sid of one target.
    #[cold]
    fn lay_out(&mut self, interest: &Interest, index: usize) {
        let sid = &*interest.subs[self.targets[index].sub as usize].sid;
        let place = &mut self.text[self.sid_at..];
        place[..sid.len()].copy_from_slice(sid);
        place[sid.len()] = b' ';
    }

    pub fn target_count(&self) -> usize {
        self.targets.len()
    }

    /// Memory of what grows with the subject and with the number of targets. A subject may be as long as a message: where
    /// a trace goes is told in its headers.
    pub fn bytes(&self) -> usize {
        self.line.capacity() + self.text.capacity() + self.targets.capacity() * size_of::<Target>()
    }

    fn resolve(&mut self, account: u32, interest: &Interest, subject: &[u8], stamp: u64, found: &mut Matches) {
        if self.account != account || self.subject() != subject || self.stamp == 0 {
            self.stamp = stamp;
        }
        self.account = account;
        self.generation = interest.generation;
        self.line.clear();
        self.line.extend_from_slice(PUB);
        self.line.extend_from_slice(subject);
        self.line.push(b' ');
        self.text.clear();
        self.targets.clear();
        self.groups.clear();
        self.reserved = [&b"_GR_."[..], b"$GR.", b"$NRG."]
            .iter()
            .any(|p| subject.starts_with(p));
        interest.list.matches(subject, found);
        self.laid_out = usize::MAX;
        let mut sid_max = 0;
        for &id in &found.plain {
            self.add_target(interest, subject, id, &mut sid_max);
        }
        self.plain = self.targets.len();
        for (_, ids) in found.groups() {
            let start = self.targets.len() as u32;
            for &id in ids {
                self.add_target(interest, subject, id, &mut sid_max);
            }
            let end = self.targets.len() as u32;
            if end > start {
                self.groups.push((start, end));
            }
        }
        self.repeats = repeats(&self.targets);
        self.headers_for_all = self.targets.iter().all(|target| target.headers);
        // Room for any sid that has to share, and behind the last prefix, so that it can be copied as a block too.
        self.text.resize(self.text.len() + sid_max + BLOCK, 0);
    }

    /// Adds one subscription, unless its connection is gone or its user may not receive this subject.
    fn add_target(&mut self, interest: &Interest, subject: &[u8], id: u32, sid_max: &mut usize) {
        let sub = &interest.subs[id as usize];
        let member = &interest.members[sub.member as usize];
        if member.removed {
            return;
        }
        let permissions = member.permissions.as_deref();
        if permissions.is_some_and(|p| !p.may_receive(subject, interest.queue_of(sub))) {
            return;
        }
        let mut start = self.text.len();
        if self.laid_out == usize::MAX && start + HMSG.len() + subject.len() + sub.sid.len() > TEXT_MAX {
            self.laid_out = self.targets.len();
            self.text.extend([HMSG, subject, b" "].concat());
            self.sid_at = self.text.len();
        }
        let end = if self.laid_out == usize::MAX {
            for part in [HMSG, subject, b" ", &sub.sid, b" "] {
                self.text.extend_from_slice(part);
            }
            self.text.len()
        } else {
            start = self.sid_at - HMSG.len() - subject.len() - 1;
            *sid_max = sub.sid.len().max(*sid_max);
            self.sid_at + sub.sid.len() + 1
        };
        self.targets.push(Target {
            location: member.location,
            sub: id,
            member: sub.member,
            cid: member.destination.cid(),
            prefix: (start as u32, end as u32),
            headers: member.headers,
            limited: sub.max > 0,
            tracks_replies: permissions.is_some_and(|p| p.allow_responses.is_some()),
            delivered: 0,
        });
    }

    /// Adds what was delivered to the subscriptions' own counters. Before the interest is unlocked.
    pub fn count_deliveries(&mut self, interest: &Interest) {
        use std::sync::atomic::Ordering;
        self.uncounted = false;
        for target in &mut self.targets {
            if target.delivered > 0 {
                interest.subs[target.sub as usize]
                    .delivered
                    .fetch_add(u64::from(target.delivered), Ordering::Relaxed);
                target.delivered = 0;
            }
        }
    }
}

fn repeats(targets: &[Target]) -> bool {
    match targets {
        [] | [_] => false,
        [a, b] => a.cid == b.cid,
        _ => {
            let mut cids: Vec<u64> = targets.iter().map(|target| target.cid).collect();
            cids.sort_unstable();
            cids.windows(2).any(|pair| pair[0] == pair[1])
        }
    }
}

/// The one slot a subject may have in the cache, and what tells it from most others there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    at: u32,
    tag: u32,
}

/// Subjects remembered at most.
const SLOTS: usize = 4096;
/// Targets remembered at most, over all subjects.
const TARGETS_MAX: usize = 1 << 18;
/// Memory for all of it at most: clients choose how long subjects and names are, and targets repeat them.
const BYTES_MAX: usize = 96 << 20;

/// Resolved subjects of one shard. Index 0 is the scratch route of subjects seen for the first time.
#[derive(Debug)]
pub(crate) struct ResultCache {
    pub results: Vec<Resolved>,
    /// Resolved of a slot, 0: none.
    slots: Vec<u32>,
    /// What missed in a slot last: it is admitted when it comes again.
    missed: Vec<u32>,
    targets: usize,
    bytes: usize,
    /// Look-ups not yet in the account's counts: those that found a valid route, and the others.
    hits: u64,
    misses: u64,
    last_stamp: u64,
    found: Matches,
    seed: RandomState,
}

impl ResultCache {
    pub fn new(seed: RandomState) -> Self {
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
        }
    }

    /// Index of the route of `subject`, resolved now unless a valid one is known.
    pub fn find(&mut self, account: u32, interest: &Interest, subject: &[u8]) -> u32 {
        self.find_at(self.place_of(account, subject), account, interest, subject)
    }

    /// The same, when its place has been asked for already.
    pub fn find_at(&mut self, place: Place, account: u32, interest: &Interest, subject: &[u8]) -> u32 {
        let (index, is_valid) = if interest.cached {
            self.claim(place, account, interest, subject)
        } else {
            (0, false)
        };
        if is_valid {
            self.hits += 1;
            return index;
        }
        self.misses += 1;
        self.resolve(index, account, interest, subject);
        index
    }

    /// Where the route of `subject` is, or is to be, and whether it is there and valid. The first place is for those
    /// that are not to be remembered.
    fn claim(&mut self, place: Place, account: u32, interest: &Interest, subject: &[u8]) -> (u32, bool) {
        let (at, tag) = (place.at as usize, place.tag);
        if self.slots.is_empty() {
            self.slots = vec![0; SLOTS];
            self.missed = vec![0; SLOTS];
        }
        let mut index = self.slots[at];
        let known = index != 0 && {
            let resolved = &self.results[index as usize];
            resolved.account == account && resolved.subject() == subject
        };
        if known {
            if self.results[index as usize].generation == interest.generation {
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

    /// Where the route of a subject may be.
    #[inline]
    pub fn place_of(&self, account: u32, subject: &[u8]) -> Place {
        let hash = self.seed.hash_one((account, subject));
        Place {
            at: (hash as usize % SLOTS) as u32,
            tag: (hash >> 32) as u32,
        }
    }

    fn resolve(&mut self, index: u32, account: u32, interest: &Interest, subject: &[u8]) {
        let resolved = &mut self.results[index as usize];
        if resolved.uncounted {
            resolved.count_deliveries(interest);
        }
        let before = (resolved.target_count(), resolved.bytes());
        self.last_stamp += 1;
        resolved.resolve(account, interest, subject, self.last_stamp, &mut self.found);
        if index != 0 {
            self.targets = self.targets + resolved.target_count() - before.0;
            let fanout = resolved.plain + resolved.groups.len();
            match &mut resolved.remembered {
                Some(place) if place.is_of(&interest.counts) => place.set_fanout(fanout),
                place => *place = Some(Remembered::new(&interest.counts, fanout)),
            }
        }
        // The scratch route counts too: what it held for another subject is of no more use.
        self.bytes = self.bytes + resolved.bytes() - before.1;
    }

    /// The route of `subject`, if a valid one is known, and whether it is reserved.
    #[inline]
    pub fn lookup(&self, place: Place, account: u32, interest: &Interest, subject: &[u8]) -> Option<(ResultRef, bool)> {
        let index = *self.slots.get(place.at as usize).filter(|_| interest.cached)?;
        let resolved = &self.results[index as usize];
        let is_known = index != 0 && resolved.is_valid(account, interest.generation) && resolved.subject() == subject;
        is_known.then(|| (self.remember(index), resolved.reserved))
    }

    /// Notes that a route that was looked up is taken.
    pub fn count_hit(&mut self) {
        self.hits += 1;
    }

    /// The route a connection remembers, if it is still that one and valid.
    #[inline]
    pub fn known(&mut self, at: ResultRef, account: u32, generation: u64) -> Option<&mut Resolved> {
        self.results
            .get_mut(at.index as usize)
            .filter(|resolved| resolved.stamp == at.stamp && resolved.is_valid(account, generation))
    }

    /// What a connection may remember of the route at `index`.
    pub fn remember(&self, index: u32) -> ResultRef {
        ResultRef {
            index,
            stamp: self.results[index as usize].stamp,
        }
    }

    /// Adds the look-ups of a run to its account's counts. Before the interest is unlocked.
    #[inline]
    pub fn count_lookups(&mut self, reactor: u16, interest: &Interest) {
        let (hits, misses) = (std::mem::take(&mut self.hits), std::mem::take(&mut self.misses));
        interest.counts.add_lookups(reactor, hits, misses);
    }

    /// Starts over when the cache has grown too large. Not while deliveries are uncounted.
    pub fn trim(&mut self) {
        if self.targets > TARGETS_MAX || self.bytes > BYTES_MAX {
            self.clear();
        }
    }

    /// Whether the reply would reach the publisher's own plain subscription; gives that subscription's name.
    pub fn own_reply_sid<'a>(&mut self, interest: &'a Interest, member: u32, reply: &[u8]) -> Option<&'a [u8]> {
        interest
            .plain_match_of(member, reply, &mut self.found)
            .map(|sub| &*sub.sid)
    }

    /// Frees everything; connections notice by the routes' generation.
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
