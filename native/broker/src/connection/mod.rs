//! Connections: their table, the state of each, and everything that happens to one besides what its client asks for.
//!
//! Owns the life of a connection: its phase, output queue, flush and PING state, counters, pauses, moves between loops,
//! its end. Fields of [`Conn`] are private to this folder. May touch the interest only to remove a connection's
//! subscriptions, and another loop only through its inbox. Never parses what a client sends and never touches a socket
//! or a clock.

pub(crate) mod binding;
pub(crate) mod buffer_pool;
pub(crate) mod close;
mod counters;
mod flush;
mod input;
pub(crate) mod migrate;
pub(crate) mod out_queue;
mod output;
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
use crate::imports::copies::Copies;
use crate::interest::account::Account;
use crate::plan::account::ConnectionLimits;
use crate::plan::config::Config;
use crate::plan::in_force::{AccountPart, Identified, ServerPart};
use crate::plan::permissions::Permissions;
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
