//! Connections: their table, the state of each, and everything that happens to one besides what its client asks for.
//!
//! Owns the life of a connection: its phase, output queue, flush and PING state, counters, pauses, moves between loops,
//! its end. Fields of [`Conn`] are private to this folder. May touch the interest only to remove a connection's
//! subscriptions, and another loop only through its inbox. Never parses what a client sends and never touches a socket or
//! a clock.

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
pub(crate) mod subscriptions;
pub(crate) mod table;
pub(crate) mod timeouts;
pub(crate) mod traffic;

use crate::connection::buffer_pool::BufferPool;
use crate::connection::counters::Counters;
use crate::connection::flush::WriteState;
use crate::connection::input::HeldInput;
use crate::connection::migrate::MoveState;
use crate::connection::out_queue::OutQueue;
use crate::connection::pause::Pause;
pub(crate) use crate::connection::phase::Phase;
use crate::connection::ping::PingState;
use crate::connection::protocol::Protocol;
use crate::connection::shared::ConnShared;
use crate::connection::subscriptions::Subscriptions;
use crate::delivery::burst::Burst;
use crate::delivery::byte_range::ByteRange;
use crate::imports::copies::Copies;
use crate::interest::account::Account;
use crate::interest::{Interest, Member};
use crate::plan::account::ConnectionLimits;
use crate::plan::config::Config;
use crate::plan::in_force::{AccountPart, Identified, ServerPart};
use crate::plan::permissions::Permissions;
use crate::plan::subject_space::SubjectSpace;
use crate::shard::inbox::Location;
use crate::state::BrokerState;
use std::sync::Arc;

/// A connection: a link, with its output, input, PINGs, counters and limits, and the protocol that is spoken over it.
#[derive(Debug)]
pub struct Conn {
    broker: Arc<BrokerState>,
    /// What is in force for all connections alike, until a reload brings another version.
    plan: Arc<ServerPart>,
    /// Its user and account.
    identified: Identified,
    /// That of `identified`, at hand.
    account: Arc<Account>,
    /// The lower ones of `plan` and of its account, at hand.
    limits: ConnectionLimits,
    permissions: Option<Arc<Permissions>>,
    shared: Arc<ConnShared>,
    /// Which of the connections that have had this slot.
    generation: u32,
    phase: Phase,
    protocol: Protocol,
    subscriptions: Subscriptions,
    /// In accounts that its account imports from.
    copies: Copies,
    /// Output waiting to be written.
    out: OutQueue,
    /// Messages for it were left out, since too much is waiting: it is closed.
    overflowed: bool,
    in_dirty_list: bool,
    input: HeldInput,
    /// It was closed because of a message whose payload has arrived and is not read.
    has_unread_input: bool,
    paused: Option<Pause>,
    move_state: MoveState,
    ping: PingState,
    write: WriteState,
    /// Nanoseconds on the loop's clock.
    last_activity_ns: u64,
    started_ns: u64,
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
            limits: identified.account.limits_under(&plan.config),
            plan,
            account: identified.account.account.clone(),
            identified,
            permissions: None,
            shared,
            generation,
            phase,
            protocol: Protocol::of(kind),
            subscriptions: Subscriptions::default(),
            copies: Copies::default(),
            out: OutQueue::default(),
            overflowed: false,
            in_dirty_list: false,
            input: HeldInput::default(),
            has_unread_input: false,
            paused: None,
            move_state: MoveState::default(),
            ping: PingState::default(),
            write: WriteState::default(),
            last_activity_ns: now_ns,
            started_ns: now_ns,
            counters: Counters::default(),
        }
    }

    /// The limits that apply to it.
    #[inline]
    pub(crate) fn limits(&self) -> &ConnectionLimits {
        &self.limits
    }

    /// The broker it belongs to.
    pub fn broker(&self) -> &Arc<BrokerState> {
        &self.broker
    }

    /// Counters and identity, readable from anywhere.
    #[inline]
    pub fn shared(&self) -> &Arc<ConnShared> {
        &self.shared
    }

    /// What is in force for it as for all connections.
    #[inline]
    pub(crate) fn plan(&self) -> &Arc<ServerPart> {
        &self.plan
    }

    /// The limits and options of its broker.
    #[inline]
    pub(crate) fn config(&self) -> &Config {
        &self.plan.config
    }

    /// Puts another version of the server's part into force for it. False: it has this version already, or a later one.
    pub(crate) fn set_plan(&mut self, plan: &Arc<ServerPart>) -> bool {
        let is_newer = self.plan.version < plan.version;
        if is_newer {
            self.plan = plan.clone();
            self.limits = self.identified.account.limits_under(&plan.config);
        }
        is_newer
    }

    /// The part of the plan that its account follows.
    pub(crate) fn account_part(&self) -> &Arc<AccountPart> {
        &self.identified.account
    }

    /// The account it is bound to.
    #[inline]
    pub(crate) fn account(&self) -> &Arc<Account> {
        &self.account
    }

    /// The subjects it publishes to, with the mappings of its account.
    #[inline]
    pub(crate) fn space(&self) -> &SubjectSpace {
        &self.identified.account.space
    }

    /// What its user may do; `None`: anything.
    #[inline]
    pub(crate) fn permissions(&self) -> Option<&Arc<Permissions>> {
        self.permissions.as_ref()
    }

    /// Its user may do something else from now on. What was decided by the old permissions is forgotten.
    pub(crate) fn set_permissions(&mut self, permissions: Option<Arc<Permissions>>) {
        self.permissions = permissions;
        self.forget_decisions();
    }

    /// It may be another user from now on, or another account's: nothing it may do is known from before.
    fn forget_decisions(&mut self) {
        self.client_mut().forget_result();
        self.move_state.note_change();
    }

    /// How far it has come.
    #[inline]
    pub(crate) fn phase(&self) -> Phase {
        self.phase
    }

    /// Goes on to another phase.
    pub(crate) fn enter_phase(&mut self, next: Phase) {
        debug_assert!(self.phase.may_become(next), "{:?} can't become {next:?}", self.phase);
        self.phase = next;
    }

    /// Whether it is closing.
    pub fn is_closing(&self) -> bool {
        matches!(self.phase, Phase::Closing(_))
    }

    /// Whether its socket should be left unread for now.
    pub fn is_paused(&self) -> bool {
        self.paused.is_some() || self.phase == Phase::AwaitingAdmission
    }

    /// Which of the connections that have had this slot it is.
    #[inline]
    pub(crate) fn generation(&self) -> u32 {
        self.generation
    }

    /// When it was accepted, on the loop's clock.
    pub(crate) fn started_ns(&self) -> u64 {
        self.started_ns
    }

    /// It sent something.
    #[inline]
    pub(crate) fn touch(&mut self, now_ns: u64, wall_ns: u64) {
        self.last_activity_ns = now_ns;
        self.shared.set_last_activity_ns(wall_ns);
    }

    /// When its last PING was sent.
    #[cfg(test)]
    pub(crate) fn ping_sent_ns(&self) -> u64 {
        self.ping.sent_ns()
    }
}

/// Subscriptions.
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

    fn publish_subscription_count(&self) {
        self.shared.set_subscriptions(self.subscriptions.len() as u32);
    }
}

/// Output and its counters.
impl Conn {
    /// What waits to be written.
    #[inline]
    pub fn out(&self) -> &OutQueue {
        &self.out
    }

    /// Queues a message given as two parts.
    #[inline]
    pub(crate) fn queue_frame(&mut self, prefix: &[u8], tail: &[u8], payload_bytes: usize, pool: &mut BufferPool) {
        self.out.push2(prefix, tail, pool);
        self.counters.count_out(1, payload_bytes as u64);
    }

    /// Queues the messages of a burst. Returns the bytes of their frames.
    #[inline]
    pub(crate) fn queue_burst(&mut self, prefix: ByteRange<'_>, burst: Burst<'_>, pool: &mut BufferPool) -> usize {
        let before = self.out.len();
        self.out.push_burst(prefix, burst, pool);
        let payload_bytes = burst.frames.iter().map(|frame| u64::from(frame.size)).sum();
        self.counters.count_out(burst.frames.len() as u64, payload_bytes);
        self.out.len() - before
    }

    /// Queues messages that another loop has staged.
    pub(crate) fn queue_batch(&mut self, frames: Vec<u8>, messages: u32, payload_bytes: u64, pool: &mut BufferPool) {
        self.counters.count_out(u64::from(messages), payload_bytes);
        self.out.push_chunk(frames, pool);
    }

    /// Queues bytes that are no message.
    pub(crate) fn queue_bytes(&mut self, bytes: &[u8], pool: &mut BufferPool) {
        self.out.push(bytes, pool);
    }

    /// So many bytes were written to the socket.
    pub(crate) fn note_written(&mut self, written: usize, pool: &mut BufferPool) {
        debug_assert!(written <= self.out.len(), "only what waited is written");
        self.out.advance(written, pool);
        self.write.note_written(written);
    }

    /// Nothing that waits will be written.
    pub fn drop_output(&mut self) {
        self.out.clear();
    }

    /// Messages for it were left out: it is closed at its next flush.
    pub(crate) fn note_overflow(&mut self) {
        self.overflowed = true;
    }

    /// The loop has taken it from the list of connections with output.
    pub fn left_dirty_list(&mut self) {
        self.in_dirty_list = false;
    }

    /// Counts messages it sent.
    #[inline]
    pub(crate) fn count_in(&mut self, messages: u64, payload_bytes: u64) {
        self.counters.count_in(messages, payload_bytes);
    }

    /// Counts messages that were queued as bytes.
    pub(crate) fn count_out(&mut self, messages: u64, payload_bytes: u64) {
        self.counters.count_out(messages, payload_bytes);
    }

    #[inline]
    pub(crate) fn publish_in_counters(&self) {
        self.counters.publish_in(self.shared.traffic());
    }

    pub(crate) fn publish_out_counters(&self) {
        self.counters.publish_out(self.shared.traffic());
    }

    /// A request reached it: it may answer, if its user may answer at all and not publish there anyway.
    pub(crate) fn grant_reply(&mut self, reply: &[u8], now_ns: u64) {
        if let Some(permissions) = &self.permissions
            && let Some(allowance) = permissions.allow_responses
            && !permissions.may_publish(reply)
        {
            self.client_mut().grant_reply(reply, allowance, now_ns);
        }
    }
}

/// Input.
impl Conn {
    /// Bytes to read from it at once: few where little may wait for its subscribers, so that they are not closed
    /// because of one read.
    pub fn read_bytes(&self) -> usize {
        (self.plan.config.max_pending / 16).max(4096)
    }

    /// The start of an unfinished operation and its whole length (0: unknown).
    pub fn held(&mut self) -> (&mut Vec<u8>, usize) {
        self.input.parts()
    }

    /// An operation is unfinished: how long it is as a whole; 0: unknown.
    pub(crate) fn expect_input(&mut self, need: usize) {
        self.input.expect(need);
    }

    /// What is held are whole operations, to be handled in a later turn.
    pub fn set_unhandled(&mut self) {
        self.input.set_unhandled();
    }

    /// The same for what followed the operation that made it wait.
    pub(crate) fn hold_input(&mut self) {
        self.input.expect(0);
        self.input.set_unhandled();
    }

    /// Whether whole operations are held.
    pub fn has_unhandled(&self) -> bool {
        self.input.has_unhandled()
    }

    /// Takes whole operations that are held, if there are any, to be handled now.
    pub fn take_unhandled(&mut self) -> Option<Vec<u8>> {
        self.input.take_unhandled()
    }

    pub(crate) fn input_mut(&mut self) -> &mut HeldInput {
        &mut self.input
    }

    /// Whether it was closed although something its peer sent was left unread: the peer gets a reset then.
    pub fn has_unread_input(&self) -> bool {
        self.has_unread_input
    }

    pub(crate) fn note_unread_input(&mut self) {
        self.has_unread_input = true;
    }
}
