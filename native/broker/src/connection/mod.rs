//! One connection, as its shard keeps it.

pub(crate) mod buffer_pool;
pub(crate) mod close;
pub(crate) mod migrate;
pub(crate) mod out_queue;
pub(crate) mod pause;
pub(crate) mod proxy;
pub(crate) mod removal;
pub(crate) mod shared;
pub(crate) mod table;
pub(crate) mod timeouts;

use crate::connection::close::CloseReason;
use crate::connection::out_queue::OutQueue;
use crate::connection::shared::ConnShared;
use crate::delivery::result_cache::ResultRef;
use crate::interest::SidTable;
use crate::interest::account::Account;
use crate::plan::Plan;
use crate::plan::permissions::Permissions;
use crate::state::BrokerState;
use nt_protocol::ConnectOptions;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// How far a connection has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Its first bytes may say who it is.
    AwaitingProxyHeader,
    /// It must prove who it is first.
    AwaitingConnect,
    /// It may do what its permissions say.
    Ready,
    /// It keeps a slot for a connection that is about to move here.
    Placeholder,
    /// It is on its way out: what it still sends is ignored.
    Closing(CloseReason),
}

impl Phase {
    /// Where a connection begins whose peer is known.
    pub fn first(plan: &Plan) -> Self {
        match plan.auth {
            Some(_) => Self::AwaitingConnect,
            None => Self::Ready,
        }
    }
}

/// A connection: its protocol state, its output, its counters.
#[derive(Debug)]
pub struct Conn {
    pub(crate) broker: Arc<BrokerState>,
    /// What it lives by, until a reload brings another.
    pub(crate) plan: Arc<Plan>,
    pub(crate) account: Arc<Account>,
    pub(crate) shared: Arc<ConnShared>,
    pub(crate) generation: u32,
    pub(crate) phase: Phase,
    pub(crate) flags: ClientFlags,
    /// What CONNECT said: another CONNECT speaks only of what changes.
    pub(crate) options: Option<Box<ConnectOptions>>,
    /// Its record in the account's interest, once it has subscribed.
    pub(crate) member: Option<u32>,
    pub(crate) sids: SidTable,
    /// Subscriptions that ended while this stood in for the connection that knows them.
    pub(crate) ended_subscriptions: Vec<(Box<[u8]>, u32)>,
    pub(crate) permissions: Option<Arc<Permissions>>,
    /// Replies it may give, by subject: only under `allow_responses`.
    pub(crate) replies: HashMap<Box<[u8]>, ReplyGrant>,
    /// Messages for it were left out, since too much is waiting: it is cut off.
    pub(crate) overflowed: bool,
    /// Output waiting to be written.
    pub out: OutQueue,
    /// The start of an operation whose end has not arrived.
    pub(crate) held: Vec<u8>,
    /// Length of that operation where it is known, else 0.
    pub(crate) need: usize,
    /// The trace has shown the line of that operation.
    pub(crate) line_traced: bool,
    /// The subject it published to last, if it may do so again unasked.
    pub(crate) last_result: ResultRef,
    /// `held` has whole operations that found no time in the last turn.
    pub(crate) backlog: bool,
    pub(crate) in_dirty_list: bool,
    pub(crate) paused: Option<Pause>,
    /// A slot elsewhere was asked for.
    pub(crate) moving: bool,
    /// What keeps that slot knows old permissions: another one has to be asked for.
    pub(crate) move_outdated: bool,
    /// See `Shard::activity`.
    pub(crate) activity_seen: u64,
    pub(crate) ping: PingState,
    pub(crate) write: WriteState,
    /// Nanoseconds on the loop's clock.
    pub(crate) last_activity_ns: u64,
    pub(crate) started_ns: u64,
    pub(crate) in_msgs: u64,
    pub(crate) in_bytes: u64,
    pub(crate) out_msgs: u64,
    pub(crate) out_bytes: u64,
}

/// What the client asked for in CONNECT, and how far the handshake is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClientFlags {
    pub verbose: bool,
    pub pedantic: bool,
    pub echo: bool,
    pub headers: bool,
    pub no_responders: bool,
    pub async_info: bool,
    pub connect_received: bool,
    pub first_pong_sent: bool,
    /// An INFO has told it that the broker goes away.
    pub knows_lame_duck: bool,
}

impl Default for ClientFlags {
    fn default() -> Self {
        Self {
            verbose: true,
            pedantic: true,
            echo: true,
            headers: false,
            no_responders: false,
            async_info: false,
            connect_received: false,
            first_pong_sent: false,
            knows_lame_duck: false,
        }
    }
}

/// A publisher that is not read from while a subscriber catches up.
#[derive(Debug)]
pub(crate) struct Pause {
    pub until_ns: u64,
    /// Who is behind.
    pub behind: Arc<ConnShared>,
    /// How much may wait for them before it goes on.
    pub enough: usize,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct ReplyGrant {
    pub used: i64,
    pub granted_ns: u64,
}

#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct PingState {
    pub outstanding: u32,
    pub sent_ns: u64,
    /// When it is looked at next, wherever the connection lives by then.
    pub due_ns: u64,
    pub rtt_known: bool,
}

/// Progress of the flush that is under way when the socket takes no more; once the connection is closed, of all that is
/// left.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct WriteState {
    pub blocked: bool,
    /// A timer for the deadline is set, maybe for an earlier flush.
    pub timed: bool,
    pub since_ns: u64,
    /// Bytes of the flush still to go.
    pub left: usize,
    /// Bytes that left since the deadline was set.
    pub progressed: usize,
    /// Whether the retry policy has already complained.
    pub complained: bool,
}

impl Conn {
    pub(crate) fn new(
        broker: &Arc<BrokerState>,
        plan: Arc<Plan>,
        account: Arc<Account>,
        shared: Arc<ConnShared>,
        generation: u32,
        now_ns: u64,
    ) -> Self {
        let phase = if plan.config.proxy_protocol {
            Phase::AwaitingProxyHeader
        } else {
            Phase::first(&plan)
        };
        Self {
            broker: broker.clone(),
            plan,
            account,
            shared,
            generation,
            phase,
            flags: ClientFlags::default(),
            options: None,
            member: None,
            sids: SidTable::default(),
            ended_subscriptions: Vec::new(),
            permissions: None,
            replies: HashMap::new(),
            overflowed: false,
            out: OutQueue::default(),
            held: Vec::new(),
            need: 0,
            line_traced: false,
            last_result: ResultRef::NONE,
            backlog: false,
            in_dirty_list: false,
            paused: None,
            moving: false,
            move_outdated: false,
            activity_seen: 0,
            ping: PingState::default(),
            write: WriteState::default(),
            last_activity_ns: now_ns,
            started_ns: now_ns,
            in_msgs: 0,
            in_bytes: 0,
            out_msgs: 0,
            out_bytes: 0,
        }
    }

    /// What keeps a slot for this connection elsewhere.
    pub(crate) fn placeholder(&self) -> Self {
        let (broker, plan) = (&self.broker, self.plan.clone());
        let mut place = Self::new(
            broker,
            plan,
            self.account.clone(),
            self.shared.clone(),
            0,
            self.started_ns,
        );
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
        self.shared
            .subscriptions
            .store(self.sids.len() as u32, Ordering::Relaxed);
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
        self.paused.is_some()
    }

    /// Notes that what is held back is not unfinished, but found no time.
    pub fn set_backlog(&mut self) {
        self.backlog = true;
    }

    /// Whether something found no time.
    pub fn has_backlog(&self) -> bool {
        self.backlog
    }

    /// Takes what found no time, if anything, to be received now.
    pub fn take_backlog(&mut self) -> Option<Vec<u8>> {
        std::mem::take(&mut self.backlog).then(|| std::mem::take(&mut self.held))
    }

    /// Bytes to read from it at once: few where little may wait for its subscribers, so that they are not cut off for
    /// one read's worth.
    pub fn read_bytes(&self) -> usize {
        (self.plan.config.max_pending / 16).max(4096)
    }

    /// The start of an unfinished operation and its whole length (0: unknown).
    pub fn held(&mut self) -> (&mut Vec<u8>, usize) {
        (&mut self.held, self.need)
    }

    /// The loop has taken it from the list of connections with output.
    pub fn left_dirty_list(&mut self) {
        self.in_dirty_list = false;
    }

    pub(crate) fn publish_in_counters(&self) {
        self.shared.in_msgs.store(self.in_msgs, Ordering::Relaxed);
        self.shared.in_bytes.store(self.in_bytes, Ordering::Relaxed);
    }

    pub(crate) fn publish_out_counters(&self) {
        self.shared.out_msgs.store(self.out_msgs, Ordering::Relaxed);
        self.shared.out_bytes.store(self.out_bytes, Ordering::Relaxed);
        self.shared.out_pending.store(self.out.len(), Ordering::Relaxed);
    }

    pub(crate) fn touch(&mut self, now_ns: u64) {
        self.last_activity_ns = now_ns;
        let ms = now_ns.saturating_sub(self.started_ns) / 1_000_000;
        self.shared.last_activity_ms.store(ms, Ordering::Relaxed);
    }
}
