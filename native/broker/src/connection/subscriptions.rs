//! The subscriptions of one connection: its member in the account's interest, and their ids by the client's names.
//!
//! Owns no subscription: those are in the interest, which also decides whether an id is still the connection's.

use crate::connection::Conn;
use crate::imports::copies::Copies;
use crate::interest::{Interest, Member, SidIds, SidTable};
use crate::shard::inbox::Location;
use nt_subject::HashSeed;

/// What a connection is subscribed to.
#[derive(Debug, Default)]
pub(crate) struct Subscriptions {
    /// Its member in the interest, once it has subscribed.
    member: Option<u32>,
    sids: SidTable,
    /// Subscriptions that ended while this was the placeholder of the connection that knows them.
    ended: Vec<(Box<[u8]>, u32)>,
}

impl Subscriptions {
    /// The connection's member in the interest, if it has one.
    pub fn member(&self) -> Option<u32> {
        self.member
    }

    /// The connection is a member of the interest now.
    pub(super) fn set_member(&mut self, member: u32) {
        debug_assert!(self.member.is_none(), "a connection is one member");
        self.member = Some(member);
    }

    pub fn len(&self) -> usize {
        self.sids.len()
    }

    /// The id of the subscription of that name.
    pub fn find(&self, sid: &[u8], interest: &Interest, seed: &HashSeed) -> Option<u32> {
        self.sids.find(sid, self.member?, interest, seed)
    }

    /// The ids, in no order.
    pub fn ids(&self) -> impl Iterator<Item = u32> + '_ {
        self.sids.iter()
    }

    pub(super) fn insert(&mut self, sid: &[u8], id: u32, seed: &HashSeed) {
        debug_assert!(self.member.is_some(), "only members have subscriptions");
        self.sids.insert(sid, id, seed);
    }

    pub(super) fn forget(&mut self, sid: &[u8], id: u32, seed: &HashSeed) {
        self.sids.forget(sid, id, seed);
    }

    /// Forgets all of them. Returns the member and the ids, if the connection had subscribed.
    pub(super) fn take(&mut self) -> Option<(u32, SidIds)> {
        Some((self.member.take()?, self.sids.take()))
    }

    /// Keeps the end of a subscription for the connection that will come.
    pub(super) fn note_ended(&mut self, sid: Box<[u8]>, id: u32) {
        self.ended.push((sid, id));
    }

    pub(super) fn take_ended(&mut self) -> Vec<(Box<[u8]>, u32)> {
        std::mem::take(&mut self.ended)
    }
}

impl Conn {
    pub(crate) fn subscriptions(&self) -> &Subscriptions {
        &self.subscriptions
    }

    /// Its member in the account's interest, which it becomes at its first subscription.
    pub(crate) fn join_interest(&mut self, interest: &mut Interest, at: Location) -> u32 {
        if let Some(member) = self.subscriptions.member() {
            return member;
        }
        let member = interest.add_member(self.new_member(at));
        self.subscriptions.set_member(member);
        member
    }

    /// What it is as a member of an account's interest.
    pub(crate) fn new_member(&self, at: Location) -> Member {
        let headers = self.client().flags().headers;
        Member::connection(at, self.shared.clone(), headers, self.permissions.clone())
    }

    /// It has another subscription.
    pub(crate) fn add_subscription(&mut self, sid: &[u8], id: u32) {
        self.subscriptions.insert(sid, id, self.broker.sid_seed());
        self.publish_subscription_count();
    }

    /// A subscription was removed from the interest: nothing comes by it any more. A placeholder keeps that for its
    /// connection.
    pub(crate) fn forget_subscription(&mut self, sid: Box<[u8]>, id: u32) {
        if self.is_placeholder() {
            return self.subscriptions.note_ended(sid, id);
        }
        self.subscriptions.forget(&sid, id, self.broker.sid_seed());
        self.copies.note_end_of(id);
        self.publish_subscription_count();
    }

    /// Copies of its subscriptions in other accounts.
    pub(crate) fn copies(&self) -> &Copies {
        &self.copies
    }

    pub(crate) fn copies_mut(&mut self) -> &mut Copies {
        &mut self.copies
    }

    pub(super) fn publish_subscription_count(&self) {
        self.shared.set_subscriptions(self.subscriptions.len() as u32);
    }
}
