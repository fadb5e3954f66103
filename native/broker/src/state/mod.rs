//! One broker, as all loops see it.
//!
//! Owns the plan in force, the directory of connections, counters of rare incidents, and how far a shutdown has come.
//! Every loop may call it at any time; each part has a lock of its own, held for one look-up or change. Never touches
//! what a loop owns.

mod directory;
mod failed_logins;
mod shutdown;
mod stats;

pub(crate) use directory::Refused;
use failed_logins::FailedLogins;
pub(crate) use failed_logins::Turn;
pub use failed_logins::shared_by_one_client;
pub use shutdown::Ending;
pub use stats::{AccountStats, BrokerStats};

use crate::connection::close::CloseReason;
use crate::connection::protocol::ConnectionKind;
use crate::connection::shared::ConnShared;
use crate::interest::account::{Account, AccountIds};
use crate::internal::InternalClient;
use crate::monitoring::closed::ClosedSubscriptions;
use crate::plan::Plan;
use crate::plan::in_force::{Affected, PlanInForce, ServerPart};
use crate::shard::inbox::Location;
use crate::state::directory::Directory;
use crate::state::shutdown::Shutdown;
use crate::streams::Streams;
use crate::trace::line_limiter::LineLimiter;
use nt_subject::HashSeed;
use parking_lot::{Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockUpgradableReadGuard};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Plan, accounts, directory and counters of one broker.
#[derive(Debug)]
pub struct BrokerState {
    /// Unique within the runtime.
    pub id: u32,
    plan: RwLock<PlanInForce>,
    account_ids: Arc<AccountIds>,
    /// The account of clients without one of their own: `$G`.
    pub global: Arc<Account>,
    directory: Directory,
    closed: Mutex<ClosedSubscriptions>,
    slow_pending: AtomicU64,
    slow_deadline: AtomicU64,
    stale: AtomicU64,
    stalled: AtomicU64,
    internal: InternalClient,
    streams: Streams,
    lame_duck: AtomicBool,
    shutdown: Shutdown,
    watches_connects: AtomicBool,
    /// Of events that the server publishes.
    last_event: AtomicU64,
    line_limiter: LineLimiter,
    failed_logins: Mutex<FailedLogins>,
    /// For the tables of subscriptions, which move with their connections from loop to loop.
    sid_seed: HashSeed,
}

impl BrokerState {
    /// A broker with its first plan. `account_ids` are the runtime's.
    pub fn new(id: u32, account_ids: Arc<AccountIds>, plan: Plan) -> Arc<Self> {
        let max_connections = plan.config.max_connections;
        let plan = PlanInForce::new(plan, &account_ids);
        let internal = InternalClient::new(id);
        internal.follow_imports(plan.number(), plan.imports());
        Arc::new(Self {
            id,
            global: plan.nobody().account.account.clone(),
            plan: RwLock::new(plan),
            sid_seed: account_ids.seed_of_broker(id),
            account_ids,
            directory: Directory::new(max_connections),
            closed: Mutex::default(),
            slow_pending: AtomicU64::new(0),
            slow_deadline: AtomicU64::new(0),
            stale: AtomicU64::new(0),
            stalled: AtomicU64::new(0),
            internal,
            streams: Streams::default(),
            lame_duck: AtomicBool::new(false),
            shutdown: Shutdown::default(),
            watches_connects: AtomicBool::new(false),
            last_event: AtomicU64::new(0),
            line_limiter: LineLimiter::default(),
            failed_logins: Mutex::default(),
        })
    }

    /// The control plane as a client.
    pub fn internal(&self) -> &InternalClient {
        &self.internal
    }

    /// Its streams.
    pub fn streams(&self) -> &Streams {
        &self.streams
    }

    /// Limits log lines that many connections would repeat.
    pub(crate) fn line_limiter(&self) -> &LineLimiter {
        &self.line_limiter
    }

    /// Logins that failed, by address.
    pub(crate) fn failed_logins(&self) -> MutexGuard<'_, FailedLogins> {
        self.failed_logins.lock()
    }

    /// The seed of the hashes of its connections' tables of sids.
    pub(crate) fn sid_seed(&self) -> &HashSeed {
        &self.sid_seed
    }

    /// The number of the next event that the server publishes.
    pub fn next_event_number(&self) -> u64 {
        self.last_event.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// A publisher is stalled because a subscriber has too much waiting.
    pub(crate) fn count_stall(&self) {
        self.stalled.fetch_add(1, Ordering::Relaxed);
    }

    /// From now on each client that is admitted is reported, or is not.
    pub fn watch_connects(&self, on: bool) {
        self.watches_connects.store(on, Ordering::Relaxed);
    }

    pub(crate) fn watches_connects(&self) -> bool {
        self.watches_connects.load(Ordering::Relaxed)
    }

    /// Whether someone listens in the system account to what the server tells of clients that join this account.
    pub(crate) fn announces_connects_of(&self, account: &str) -> bool {
        let plan = self.plan.read();
        let system = plan.account(&plan.server().config.system_account).cloned();
        drop(plan);
        system.is_some_and(|system| {
            let subjects = [
                format!("$SYS.ACCOUNT.{account}.CONNECT"),
                format!("$SYS.ACCOUNT.{account}.SERVER.CONNS"),
                format!("$SYS.SERVER.ACCOUNT.{account}.CONNS"),
            ];
            system.has_listeners(&subjects)
        })
    }
}

/// The plan in force.
impl BrokerState {
    /// What is in force for all connections alike.
    pub fn plan(&self) -> Arc<ServerPart> {
        self.plan.read().server().clone()
    }

    /// The plan in force, which does not change as long as this is held.
    pub(crate) fn lock_plan(&self) -> RwLockReadGuard<'_, PlanInForce> {
        self.plan.read()
    }

    /// Puts another plan into force for new connections. Returns its number and the connections it concerns.
    pub(crate) fn put_into_force(&self, plan: Plan) -> (u64, Affected) {
        // Thousands of users are compared before loops, which read the plan, have to wait.
        let current = self.plan.upgradable_read();
        let (next, affected) = current.next(plan, &self.account_ids);
        let number = next.number();
        let max_connections = next.server().config.max_connections;
        let mut current = RwLockUpgradableReadGuard::upgrade(current);
        self.directory.set_max_connections(max_connections);
        next.put_limits_into_force();
        let old = std::mem::replace(&mut *current, next);
        let gone: Vec<Arc<Account>> = old.accounts_not_in(&current).cloned().collect();
        let imports = current.imports();
        drop(current);
        self.internal.follow_imports(number, imports);
        gone.iter().for_each(|account| self.internal.leave(account));
        drop(old);
        (number, affected)
    }

    /// Changes one part of the plan in force. Returns what `change` does, and the number of the plan.
    pub(crate) fn change_plan<T>(&self, change: impl FnOnce(&mut PlanInForce, &AccountIds) -> T) -> (u64, T) {
        let mut plan = self.plan.write();
        let outcome = change(&mut plan, &self.account_ids);
        self.directory.set_max_connections(plan.server().config.max_connections);
        let (number, imports) = (plan.number(), plan.imports());
        drop(plan);
        self.internal.follow_imports(number, imports);
        (number, outcome)
    }

    /// All accounts, by name.
    pub fn accounts(&self) -> Vec<Arc<Account>> {
        self.plan.read().accounts().cloned().collect()
    }

    /// An account by name.
    pub fn account(&self, name: &str) -> Option<Arc<Account>> {
        self.plan.read().account(name).cloned()
    }
}

/// Its connections.
impl BrokerState {
    pub(crate) fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Connections right now.
    pub fn connection_count(&self) -> usize {
        self.directory.len()
    }

    /// Where a connection is.
    pub fn locate(&self, cid: u64) -> Option<Location> {
        self.directory.locate(cid)
    }

    /// Gives a connection a number and enters it into the directory, unless that refuses it.
    pub(crate) fn register(
        &self,
        kind: ConnectionKind,
        peer: SocketAddr,
        now_wall_ns: u64,
        location: Location,
    ) -> (Arc<ConnShared>, Result<(), Refused>) {
        let cid = self.directory.next_cid();
        let shared = Arc::new(ConnShared::new(cid, kind, peer, now_wall_ns));
        let entered = self
            .directory
            .enter(&shared, location, &self.global, || self.is_shutting_down());
        (shared, entered)
    }

    /// Removes a connection and keeps what it moved in the totals. Returns whether the end of the broker has to wait
    /// until the end of this connection is reported.
    pub(crate) fn unregister(&self, shared: &ConnShared, reason: CloseReason) -> bool {
        match reason {
            CloseReason::SlowConsumerPendingBytes => self.slow_pending.fetch_add(1, Ordering::Relaxed),
            CloseReason::SlowConsumerWriteDeadline => self.slow_deadline.fetch_add(1, Ordering::Relaxed),
            CloseReason::StaleConnection => self.stale.fetch_add(1, Ordering::Relaxed),
            _ => 0,
        };
        let removed = |account: &Account| {
            if reason.is_slow_consumer() {
                account.count_slow_consumer();
            }
            let is_ending = self.is_shutting_down();
            if is_ending {
                self.shutdown.expect_report();
            }
            is_ending
        };
        self.directory.remove(shared, removed).unwrap_or(false)
    }

    /// What connections that closed were subscribed to.
    pub(crate) fn closed_subscription_lists(&self) -> &Mutex<ClosedSubscriptions> {
        &self.closed
    }
}

/// Its end.
impl BrokerState {
    /// Whether clients are asked to connect elsewhere.
    pub fn is_lame_duck(&self) -> bool {
        self.lame_duck.load(Ordering::Acquire)
    }

    /// From now on INFO says that the broker goes away.
    pub fn enter_lame_duck(&self) {
        self.lame_duck.store(true, Ordering::Release);
    }

    /// Whether no new connection may enter.
    pub fn is_shutting_down(&self) -> bool {
        self.shutdown.has_begun()
    }

    /// No connection enters after this.
    pub fn begin_shutdown(&self) {
        // A connection is either in the directory, and will be closed, or is refused.
        self.directory.locked(|_| self.shutdown.begin());
    }

    /// A loop has reported what [`crate::Shard::take_ending`] gave it: the end of one connection, or of all it had.
    pub fn acknowledge_reported(&self, ending: Ending) {
        self.shutdown.acknowledge(ending);
    }

    /// Whether the end is reached and not reported yet; true once. All `loops` must have acknowledged, so that nothing
    /// of what happened before is reported after it.
    pub fn report_stopped(&self, loops: usize) -> bool {
        let all_reported = self
            .directory
            .locked(|connections| connections == 0 && self.shutdown.is_all_reported());
        all_reported && self.shutdown.report_once(loops)
    }
}
