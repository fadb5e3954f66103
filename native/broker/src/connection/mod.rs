//! Connections: their table, the state of each, and all that happens to one besides what its client asks for.
//!
//! Owns the life of a connection: its phase, output queue, flush and PING state, counters, pauses, moves between loops,
//! its end. May touch the interest only to take a connection's subscriptions out, and another loop only through its
//! inbox. Never parses what a client sends and never touches a socket or a clock.

pub(crate) mod binding;
pub(crate) mod buffer_pool;
pub(crate) mod close;
mod counters;
mod flush;
mod input;
pub(crate) mod migrate;
pub(crate) mod out_queue;
pub(crate) mod pause;
mod phase;
mod ping;
pub(crate) mod protocol;
pub(crate) mod proxy;
pub(crate) mod removal;
pub(crate) mod shared;
pub(crate) mod table;
pub(crate) mod timeouts;
pub(crate) mod traffic;

use crate::connection::counters::Counters;
use crate::connection::flush::WriteState;
use crate::connection::input::HeldInput;
use crate::connection::out_queue::OutQueue;
use crate::connection::pause::Pause;
pub(crate) use crate::connection::phase::Phase;
use crate::connection::ping::PingState;
use crate::connection::protocol::Protocol;
use crate::connection::shared::ConnShared;
use crate::interest::SidTable;
use crate::interest::account::Account;
use crate::plan::in_force::{Identified, ServerPart};
use crate::plan::permissions::Permissions;
use crate::state::BrokerState;
use std::sync::Arc;

/// A connection: a link, with its output, input, PINGs, counters and limits, and the protocol that is spoken over it.
#[derive(Debug)]
pub struct Conn {
    pub(crate) broker: Arc<BrokerState>,
    /// What it lives by as all connections do, until a reload brings another.
    pub(crate) plan: Arc<ServerPart>,
    /// Who it is and where it belongs.
    pub(crate) identified: Identified,
    /// That of `identified`, at hand.
    pub(crate) account: Arc<Account>,
    pub(crate) shared: Arc<ConnShared>,
    /// Which of the connections that have had this slot.
    generation: u32,
    pub(crate) phase: Phase,
    protocol: Protocol,
    /// Its record in the account's interest, once it has subscribed.
    pub(crate) member: Option<u32>,
    pub(crate) sids: SidTable,
    /// Subscriptions that ended while this stood in for the connection that knows them.
    ended_subscriptions: Vec<(Box<[u8]>, u32)>,
    pub(crate) permissions: Option<Arc<Permissions>>,
    /// Messages for it were left out, since too much is waiting: it is cut off.
    overflowed: bool,
    /// Output waiting to be written.
    pub out: OutQueue,
    input: HeldInput,
    /// It was closed over a message whose payload has come and is not looked at.
    ends_unread: bool,
    in_dirty_list: bool,
    paused: Option<Pause>,
    /// A slot elsewhere was asked for.
    pub(crate) moving: bool,
    /// What keeps that slot knows old permissions: another one has to be asked for.
    pub(crate) move_outdated: bool,
    ping: PingState,
    write: WriteState,
    /// Nanoseconds on the loop's clock.
    last_activity_ns: u64,
    pub(crate) started_ns: u64,
    counters: Counters,
}

impl Conn {
    pub(crate) fn new(
        broker: &Arc<BrokerState>,
        plan: Arc<ServerPart>,
        identified: Identified,
        shared: Arc<ConnShared>,
        generation: u32,
        now_ns: u64,
    ) -> Self {
        let phase = if plan.config.proxy_protocol {
            Phase::AwaitingProxyHeader
        } else {
            Phase::first(&plan)
        };
        let kind = shared.kind;
        Self {
            broker: broker.clone(),
            plan,
            account: identified.account.account.clone(),
            identified,
            shared,
            generation,
            phase,
            protocol: Protocol::of(kind),
            member: None,
            sids: SidTable::default(),
            ended_subscriptions: Vec::new(),
            permissions: None,
            overflowed: false,
            out: OutQueue::default(),
            input: HeldInput::default(),
            ends_unread: false,
            in_dirty_list: false,
            paused: None,
            moving: false,
            move_outdated: false,
            ping: PingState::default(),
            write: WriteState::default(),
            last_activity_ns: now_ns,
            started_ns: now_ns,
            counters: Counters::default(),
        }
    }

    /// What keeps a slot for this connection elsewhere.
    pub(crate) fn placeholder(&self) -> Self {
        let (broker, plan) = (&self.broker, self.plan.clone());
        let mut place = Self::new(
            broker,
            plan,
            self.identified.clone(),
            self.shared.clone(),
            0,
            self.started_ns,
        );
        // Not by `enter_phase`: it never is anything else.
        place.phase = Phase::Placeholder;
        place.permissions = self.permissions.clone();
        place
    }

    pub(crate) fn is_placeholder(&self) -> bool {
        self.phase == Phase::Placeholder
    }

    /// A subscription left the interest: its last message is out. A stand-in keeps that for the connection to come.
    pub(crate) fn forget_subscription(&mut self, sid: Box<[u8]>, id: u32) {
        if self.is_placeholder() {
            return self.ended_subscriptions.push((sid, id));
        }
        self.sids.forget(&sid, id, &self.broker.sid_seed);
        self.publish_subscription_count();
    }

    pub(crate) fn publish_subscription_count(&self) {
        self.shared.set_subscriptions(self.sids.len() as u32);
    }

    /// The slot that was asked for is given back.
    pub(crate) fn cancel_move(&mut self) {
        (self.moving, self.move_outdated) = (false, false);
    }

    pub(crate) fn may_move(&self) -> bool {
        self.phase == Phase::Ready && !self.moving && self.paused.is_none()
    }

    /// Counters and identity, readable from anywhere.
    pub fn shared(&self) -> &Arc<ConnShared> {
        &self.shared
    }

    /// The broker it belongs to.
    pub fn broker(&self) -> &Arc<BrokerState> {
        &self.broker
    }

    /// Whether it is on its way out.
    pub fn is_closing(&self) -> bool {
        matches!(self.phase, Phase::Closing(_))
    }

    /// Whether its socket should be left unread for now.
    pub fn is_paused(&self) -> bool {
        self.paused.is_some() || self.phase == Phase::AwaitingAdmission
    }

    /// Notes that what is held back is not unfinished, but found no time.
    pub fn set_backlog(&mut self) {
        self.input.set_backlog();
    }

    /// What it sent behind the operation that made it wait is not unfinished either.
    pub(crate) fn keep_for_later(&mut self) {
        self.input.expect(0);
        self.input.set_backlog();
    }

    /// Whether something found no time.
    pub fn has_backlog(&self) -> bool {
        self.input.has_backlog()
    }

    /// Takes what found no time, if anything, to be received now.
    pub fn take_backlog(&mut self) -> Option<Vec<u8>> {
        self.input.take_backlog()
    }

    /// Bytes to read from it at once: few where little may wait for its subscribers, so that they are not cut off for
    /// one read's worth.
    pub fn read_bytes(&self) -> usize {
        (self.plan.config.max_pending / 16).max(4096)
    }

    /// The start of an unfinished operation and its whole length (0: unknown).
    pub fn held(&mut self) -> (&mut Vec<u8>, usize) {
        self.input.parts()
    }

    /// The loop has taken it from the list of connections with output.
    pub fn left_dirty_list(&mut self) {
        self.in_dirty_list = false;
    }

    /// Whether it was closed although something of its peer was left unread: the peer gets a reset for that.
    pub fn ends_unread(&self) -> bool {
        self.ends_unread
    }

    pub(crate) fn note_unread_input(&mut self) {
        self.ends_unread = true;
    }

    pub(crate) fn publish_in_counters(&self) {
        self.counters.publish_in(self.shared.traffic());
    }

    pub(crate) fn publish_out_counters(&self) {
        self.counters.publish_out(self.shared.traffic());
    }

    /// Counts messages it sent.
    #[inline]
    pub(crate) fn count_in(&mut self, messages: u64, payload_bytes: u64) {
        self.counters.count_in(messages, payload_bytes);
    }

    /// Counts messages that were queued for it.
    #[inline]
    pub(crate) fn count_out(&mut self, messages: u64, payload_bytes: u64) {
        self.counters.count_out(messages, payload_bytes);
    }

    /// Messages for it were left out: it is cut off at its next flush.
    pub(crate) fn note_overflow(&mut self) {
        self.overflowed = true;
    }

    /// An operation is unfinished: how long it is as a whole; 0: unknown.
    pub(crate) fn expect_input(&mut self, need: usize) {
        self.input.expect(need);
    }

    pub(crate) fn input_mut(&mut self) -> &mut HeldInput {
        &mut self.input
    }

    /// Which of the connections that have had this slot it is.
    #[inline]
    pub(crate) fn generation(&self) -> u32 {
        self.generation
    }

    /// Goes on to another phase.
    pub(crate) fn enter_phase(&mut self, next: Phase) {
        debug_assert!(self.phase.may_become(next), "{:?} can't become {next:?}", self.phase);
        self.phase = next;
    }

    /// A request reached it: its answer is let in, if its user may answer at all and not publish there anyway.
    pub(crate) fn grant_reply(&mut self, reply: &[u8], now_ns: u64) {
        if let Some(permissions) = &self.permissions
            && let Some(allowance) = permissions.allow_responses
            && !permissions.may_publish(reply)
        {
            self.client_mut().replies.grant(reply, allowance, now_ns);
        }
    }

    /// When its last PING was sent.
    #[cfg(test)]
    pub(crate) fn ping_sent_ns(&self) -> u64 {
        self.ping.sent_ns()
    }

    pub(crate) fn touch(&mut self, now_ns: u64, wall_ns: u64) {
        self.last_activity_ns = now_ns;
        self.shared.set_last_activity_ns(wall_ns);
    }
}
