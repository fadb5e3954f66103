//! A resolved subject: the targets of its messages, with the prefix of each frame ready to be copied.
//!
//! Valid for one generation of its account's interest. Owns the targets, their prefixes and the deliveries not yet
//! added to the subscriptions' counters. Never stages anything: `Delivery` does.

use crate::delivery::byte_range::{BLOCK, ByteRange};
use crate::interest::{CachedResult, Interest};
use crate::plan::subject_space::{Mapped, SubjectSpace};
use crate::random::Random;
use crate::services::imports::{ServiceTarget, is_system_request};
use crate::services::is_response;
use crate::shard::inbox::Location;
use nt_subject::Matches;

/// One subscription a message goes to.
#[derive(Debug)]
pub(crate) struct Target {
    pub(super) location: Location,
    pub(super) sub: u32,
    pub(super) member: u32,
    pub(super) cid: u64,
    /// Where the result's text has `HMSG subject sid `; without its first byte it is the prefix of a MSG.
    prefix: (u32, u32),
    /// Its prefix is made when its turn comes, see [`Resolved::target_mut`].
    shares_prefix: bool,
    pub(super) headers: bool,
    /// Another account imports the subject as a stream.
    pub(super) is_copy: bool,
    /// Its deliveries are limited: each one must be reserved.
    pub(super) limited: bool,
    /// The receiver may answer: it gets a grant for the reply subject.
    pub(super) tracks_replies: bool,
    /// Deliveries not yet added to the subscription's own counter.
    pub(super) delivered: u32,
}

/// The text that contains the prefixes of a subject's targets.
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

/// A subject with all targets of its messages.
#[derive(Debug, Default)]
pub(crate) struct Resolved {
    /// A number for this subject of this space, different for each one that has had this place in the cache.
    stamp: u64,
    space: u32,
    /// That of the interest, as long as nothing else changes what messages on this subject become; otherwise
    /// [`OUTDATED`].
    generation: u64,
    /// `PUB subject `: what the line of the next message probably starts with.
    line: Vec<u8>,
    /// What the mappings of the account made of the subject.
    mapped: Vec<u8>,
    /// Whether they did.
    is_mapped: bool,
    text: Vec<u8>,
    /// Where the text is that targets share whose own prefixes would make it too long: `HMSG subject `.
    shared_at: usize,
    /// Where it ends: each sid is written there when its target is used.
    sid_at: usize,
    /// Plain subscriptions first, then the members of each queue group.
    targets: Vec<Target>,
    /// How many are plain.
    pub(super) plain: usize,
    /// Ranges of `targets`, one for each queue group.
    pub(super) groups: Vec<(u32, u32)>,
    /// Whether some connection gets a message more than once: then messages are delivered one at a time, so that each
    /// connection sees them in their order whatever subscription they come by.
    repeats: bool,
    /// Whether every target reads headers.
    headers_for_all: bool,
    /// Whether clients may not publish here at all.
    reserved: bool,
    /// The other accounts that answer requests here.
    services: Vec<ServiceTarget>,
    /// Whether a message may have to go to another account.
    leaves_account: bool,
    /// Whether some target has uncounted deliveries.
    uncounted: bool,
    /// Its share of the account's counts.
    counted: Option<CachedResult>,
}

/// The generation of what is valid for one message only. No interest has it.
const OUTDATED: u64 = 0;
const PUB: &[u8] = b"PUB ";
const HMSG: &[u8] = b"HMSG ";
/// Prefixes kept ready for one subject at most, bytes: beyond that, targets share its text.
const TEXT_MAX: usize = 4 << 20;

impl Resolved {
    /// The subject as it is published.
    pub fn subject(&self) -> &[u8] {
        self.line
            .get(PUB.len()..self.line.len().saturating_sub(1))
            .unwrap_or_default()
    }

    /// The subject that decides who gets its messages, and by which they get them.
    #[inline]
    pub fn destination(&self) -> &[u8] {
        self.mapped().unwrap_or_else(|| self.subject())
    }

    /// The same, if it comes from a mapping.
    #[inline]
    pub fn mapped(&self) -> Option<&[u8]> {
        self.is_mapped.then_some(&self.mapped)
    }

    /// How a line that publishes here usually starts.
    pub fn line(&self) -> &[u8] {
        &self.line
    }

    /// Whether some connection gets a message more than once.
    #[inline]
    pub fn repeats(&self) -> bool {
        self.repeats
    }

    /// Whether every target reads headers.
    #[inline]
    pub fn headers_for_all(&self) -> bool {
        self.headers_for_all
    }

    /// Whether clients may not publish here at all.
    #[inline]
    pub fn is_reserved(&self) -> bool {
        self.reserved
    }

    /// Whether a message may have to go to another account: as a request, or as a response.
    #[inline]
    pub fn leaves_account(&self) -> bool {
        self.leaves_account
    }

    /// The other accounts that answer requests here, until they are put back.
    pub fn take_services(&mut self) -> Vec<ServiceTarget> {
        std::mem::take(&mut self.services)
    }

    /// Puts them back.
    pub fn put_services(&mut self, services: Vec<ServiceTarget>) {
        self.services = services;
    }

    /// Whether deliveries wait to be added to the subscriptions' counters.
    #[inline]
    pub fn has_uncounted(&self) -> bool {
        self.uncounted
    }

    /// Some target got messages since they were counted last.
    #[inline]
    pub(super) fn note_deliveries(&mut self, delivered: u32) {
        if delivered > 0 {
            self.uncounted = true;
        }
    }

    #[inline]
    pub(super) fn is_valid(&self, space: u32, generation: u64) -> bool {
        self.generation == generation && self.space == space
    }

    /// Whether this is the subject, of whatever generation.
    pub(super) fn is_of(&self, space: u32, subject: &[u8]) -> bool {
        self.space == space && self.subject() == subject
    }

    /// The space that it is a subject of.
    #[inline]
    pub(super) fn space(&self) -> u32 {
        self.space
    }

    #[inline]
    pub(super) fn stamp(&self) -> u64 {
        self.stamp
    }

    /// One target and its prefixes, which are valid until the next call.
    #[inline]
    pub fn target_mut(&mut self, interest: &Interest, index: usize) -> (&mut Target, Prefixes<'_>) {
        if self.targets[index].shares_prefix {
            self.write_shared_sid(interest, index);
        }
        (&mut self.targets[index], Prefixes { text: &self.text })
    }

    /// Completes the shared prefix with the sid of one target.
    #[cold]
    fn write_shared_sid(&mut self, interest: &Interest, index: usize) {
        let target = &mut self.targets[index];
        let sid = interest.subscription(target.sub).sid();
        let place = &mut self.text[self.sid_at..];
        place[..sid.len()].copy_from_slice(sid);
        place[sid.len()] = b' ';
        target.prefix = (self.shared_at as u32, (self.sid_at + sid.len() + 1) as u32);
    }

    pub fn target_count(&self) -> usize {
        self.targets.len()
    }

    /// Memory of what grows with the subject and with the number of targets. A subject may be as long as a message: the
    /// destination of a trace comes from headers.
    pub fn bytes(&self) -> usize {
        self.line.capacity()
            + self.mapped.capacity()
            + self.text.capacity()
            + self.targets.capacity() * size_of::<Target>()
    }

    /// Finds all targets of a message on `subject` now. `stamp` is a new number for this subject.
    pub(super) fn resolve(
        &mut self,
        space: &SubjectSpace,
        interest: &Interest,
        subject: &[u8],
        stamp: u64,
        random: &mut Random,
        found: &mut Matches,
    ) {
        debug_assert!(!self.uncounted, "deliveries are counted while their targets are known");
        if !self.is_of(space.number(), subject) || self.stamp == 0 {
            self.stamp = stamp;
        }
        self.space = space.number();
        self.line.clear();
        self.line.extend_from_slice(PUB);
        self.line.extend_from_slice(subject);
        self.line.push(b' ');
        let mut mapped = std::mem::take(&mut self.mapped);
        mapped.clear();
        let outcome = space.map(subject, random, &mut mapped);
        self.is_mapped = outcome != Mapped::No;
        self.generation = if outcome == Mapped::ThisTime {
            OUTDATED
        } else {
            interest.generation()
        };
        let destination = if self.is_mapped { &mapped } else { subject };
        self.find_targets(interest, destination, found);
        self.find_services(space, destination);
        self.mapped = mapped;
    }

    /// The other accounts that get what is published on `subject`.
    fn find_services(&mut self, space: &SubjectSpace, subject: &[u8]) {
        self.services = space.services_on(subject);
        self.leaves_account = !self.services.is_empty() || is_response(subject);
        // What the system account answers is in no space by itself: after a reload another one may do so, or the first.
        if is_system_request(subject) {
            self.generation = OUTDATED;
        }
    }

    /// Everyone who gets what is delivered on `subject`.
    fn find_targets(&mut self, interest: &Interest, subject: &[u8], found: &mut Matches) {
        self.text.clear();
        self.targets.clear();
        self.groups.clear();
        self.reserved = is_reserved(subject);
        interest.matches(subject, found);
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
        debug_assert!(
            self.groups
                .iter()
                .all(|&(start, end)| self.plain <= start as usize && start < end),
            "members of queue groups follow the plain subscriptions"
        );
        self.shared_at = self.text.len();
        self.text.extend([HMSG, subject, b" "].concat());
        self.sid_at = self.text.len();
        // Room for any sid that shares the text, and after the last prefix, so that it can be copied as a block, too.
        self.text.resize(self.text.len() + sid_max + BLOCK, 0);
    }

    /// Adds one subscription, unless its member is removed or may not receive this subject.
    fn add_target(&mut self, interest: &Interest, subject: &[u8], id: u32, sid_max: &mut usize) {
        let sub = interest.subscription(id);
        let member = interest.member_of(sub);
        if member.is_removed() {
            return;
        }
        let subject = &*sub.name_of(subject);
        let permissions = member.permissions();
        if permissions.is_some_and(|p| !p.may_receive(subject, sub.queue())) {
            return;
        }
        let start = self.text.len();
        let is_too_long = start + HMSG.len() + subject.len() + sub.sid().len() > TEXT_MAX;
        // A client that calls the subject something else can't share the text of the others.
        let shares_prefix = is_too_long && sub.original().is_none();
        if shares_prefix {
            *sid_max = sub.sid().len().max(*sid_max);
        } else {
            for part in [HMSG, subject, b" ", sub.sid(), b" "] {
                self.text.extend_from_slice(part);
            }
        }
        self.targets.push(Target {
            location: member.location(),
            sub: id,
            member: sub.member(),
            cid: member.destination().cid(),
            prefix: (start as u32, self.text.len() as u32),
            shares_prefix,
            headers: member.headers(),
            is_copy: sub.original().is_some(),
            limited: sub.max() > 0,
            tracks_replies: permissions.is_some_and(|p| p.allow_responses.is_some()),
            delivered: 0,
        });
    }

    /// Counts it among the account's cached subjects, or updates its share of the counts.
    pub(super) fn count_in(&mut self, interest: &Interest) {
        let fanout = self.plain + self.groups.len();
        match &mut self.counted {
            Some(share) if share.is_of(interest.counts()) => share.set_fanout(fanout),
            share => *share = Some(CachedResult::new(interest.counts(), fanout)),
        }
    }

    /// Adds what was delivered to the subscriptions' own counters. Before the interest is unlocked.
    pub fn count_deliveries(&mut self, interest: &Interest) {
        self.uncounted = false;
        for target in &mut self.targets {
            if target.delivered > 0 {
                interest
                    .subscription(target.sub)
                    .count_deliveries(u64::from(target.delivered));
                target.delivered = 0;
            }
        }
    }
}

/// Whether clients may not publish there at all.
pub(crate) fn is_reserved(subject: &[u8]) -> bool {
    [&b"_GR_."[..], b"$GR.", b"$NRG."]
        .iter()
        .any(|prefix| subject.starts_with(prefix))
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
