//! One broker, as all loops see it.

use crate::connection::close::CloseReason;
use crate::connection::protocol::ConnectionKind;
use crate::connection::shared::{ConnShared, ConnectionSnapshot, SubscriptionSnapshot};
use crate::connection::traffic::{SharedTraffic, Traffic};
use crate::interest::InterestStats;
use crate::interest::account::{Account, AccountIds};
use crate::internal::InternalClient;
use crate::monitoring::closed::ClosedSubscriptions;
use crate::monitoring::listing::Listing;
use crate::monitoring::overview::OpenTotals;
use crate::plan::Plan;
use crate::plan::in_force::{Affected, PlanInForce, ServerPart};
use crate::shard::inbox::Location;
use crate::trace::line_limiter::LineLimiter;
use nt_subject::HashSeed;
use parking_lot::{Mutex, RwLock, RwLockReadGuard, RwLockUpgradableReadGuard};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};

/// Plan, accounts, directory and counters of one broker.
#[derive(Debug)]
pub struct BrokerState {
    /// Unique within the runtime.
    pub id: u32,
    plan: RwLock<PlanInForce>,
    account_ids: Arc<AccountIds>,
    /// The plan's, where the directory's lock is held: it decides who is one too many.
    max_connections: AtomicI64,
    /// Where clients without an account of their own are: `$G`.
    pub global: Arc<Account>,
    pub(crate) directory: Mutex<BTreeMap<u64, DirectoryEntry>>,
    closed: Mutex<ClosedSubscriptions>,
    last_cid: AtomicU64,
    total_connections: AtomicU64,
    slow_pending: AtomicU64,
    slow_deadline: AtomicU64,
    stale: AtomicU64,
    stalled: AtomicU64,
    /// What closed connections have moved.
    removed: SharedTraffic,
    internal: InternalClient,
    lame_duck: AtomicBool,
    shutting_down: AtomicBool,
    watches_connects: AtomicBool,
    /// Of events that the server publishes.
    last_event: AtomicU64,
    /// When lines were logged that crowds would repeat.
    pub(crate) line_limiter: LineLimiter,
    shutdown_acks: AtomicUsize,
    /// Connections that closed since the shutdown began and whose end the control plane has not heard of.
    unreported: AtomicUsize,
    stopped_reported: AtomicBool,
    /// For the tables of subscriptions, which move with their connections from loop to loop.
    sid_seed: HashSeed,
}

#[derive(Debug)]
pub(crate) struct DirectoryEntry {
    pub shared: Arc<ConnShared>,
    location: Location,
    pub account: Arc<Account>,
}

/// Counters for monitoring.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs)] // named after the monitoring fields
pub struct BrokerStats {
    pub connections: u64,
    pub total_connections: u64,
    pub in_msgs: u64,
    pub in_bytes: u64,
    pub out_msgs: u64,
    pub out_bytes: u64,
    pub slow_consumers_pending: u64,
    pub slow_consumers_deadline: u64,
    pub stale_connections: u64,
    pub stalled_clients: u64,
    pub subscriptions: u64,
    /// Of the connections there are now.
    pub open: OpenTotals,
    /// By name.
    pub accounts: Vec<AccountStats>,
}

/// Counters of one account for monitoring.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs)] // named after the monitoring fields
pub struct AccountStats {
    pub name: String,
    pub connections: u64,
    pub subscriptions: u64,
    pub in_msgs: u64,
    pub in_bytes: u64,
    pub out_msgs: u64,
    pub out_bytes: u64,
    pub slow_consumers: u64,
    pub interest: InterestStats,
}

impl BrokerState {
    /// A broker with its first plan. `account_ids` are the runtime's.
    pub fn new(id: u32, account_ids: Arc<AccountIds>, plan: Plan) -> Arc<Self> {
        let max_connections = AtomicI64::new(plan.config.max_connections);
        let plan = PlanInForce::new(plan, &account_ids);
        Arc::new(Self {
            id,
            max_connections,
            global: plan.nobody().account.account.clone(),
            plan: RwLock::new(plan),
            sid_seed: account_ids.seed_of_broker(id),
            account_ids,
            directory: Mutex::default(),
            closed: Mutex::default(),
            last_cid: AtomicU64::new(0),
            total_connections: AtomicU64::new(0),
            slow_pending: AtomicU64::new(0),
            slow_deadline: AtomicU64::new(0),
            stale: AtomicU64::new(0),
            stalled: AtomicU64::new(0),
            removed: SharedTraffic::default(),
            internal: InternalClient::new(id),
            lame_duck: AtomicBool::new(false),
            shutting_down: AtomicBool::new(false),
            watches_connects: AtomicBool::new(false),
            last_event: AtomicU64::new(0),
            line_limiter: LineLimiter::default(),
            shutdown_acks: AtomicUsize::new(0),
            unreported: AtomicUsize::new(0),
            stopped_reported: AtomicBool::new(false),
        })
    }

    /// The control plane as a client.
    pub fn internal(&self) -> &InternalClient {
        &self.internal
    }

    /// What is in force for all connections alike.
    pub fn plan(&self) -> Arc<ServerPart> {
        self.plan.read().server().clone()
    }

    /// The plan in force, which stays that as long as this is held.
    pub(crate) fn lock_plan(&self) -> RwLockReadGuard<'_, PlanInForce> {
        self.plan.read()
    }

    /// Puts another plan into force for whoever asks from now on. Returns its number and whom it concerns.
    pub(crate) fn put_into_force(&self, plan: Plan) -> (u64, Affected) {
        // Thousands of users are compared before loops, which ask for the plan, would have to wait.
        let current = self.plan.upgradable_read();
        let (next, affected) = current.next(plan, &self.account_ids);
        let number = next.number();
        let max_connections = next.server().config.max_connections;
        let mut current = RwLockUpgradableReadGuard::upgrade(current);
        self.max_connections.store(max_connections, Ordering::Relaxed);
        let old = std::mem::replace(&mut *current, next);
        drop(current);
        drop(old);
        (number, affected)
    }

    /// Changes one part of the plan in force. Returns what `change` does, and the number of the plan.
    pub(crate) fn change_plan<T>(&self, change: impl FnOnce(&mut PlanInForce, &AccountIds) -> T) -> (u64, T) {
        let mut plan = self.plan.write();
        let outcome = change(&mut plan, &self.account_ids);
        let max_connections = plan.server().config.max_connections;
        self.max_connections.store(max_connections, Ordering::Relaxed);
        (plan.number(), outcome)
    }

    /// All accounts, by name.
    pub fn accounts(&self) -> Vec<Arc<Account>> {
        self.plan.read().accounts().cloned().collect()
    }

    /// An account by name.
    pub fn account(&self, name: &str) -> Option<Arc<Account>> {
        self.plan.read().account(name).cloned()
    }

    /// Those who came last, as many as are too many under the plan in force.
    pub(crate) fn over_limit(&self) -> Vec<u64> {
        let directory = self.directory.lock();
        let limit = self.max_connections.load(Ordering::Relaxed).max(0) as usize;
        let over_limit = directory.len().saturating_sub(limit);
        directory.keys().rev().take(over_limit).copied().collect()
    }

    /// The number of the next event that the server publishes.
    pub(crate) fn next_event_number(&self) -> u64 {
        self.last_event.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Whether clients are told to go elsewhere.
    pub fn is_lame_duck(&self) -> bool {
        self.lame_duck.load(Ordering::Acquire)
    }

    /// Whether somebody wants to hear of each client that is admitted.
    pub fn watch_connects(&self, on: bool) {
        self.watches_connects.store(on, Ordering::Relaxed);
    }

    pub(crate) fn watches_connects(&self) -> bool {
        self.watches_connects.load(Ordering::Relaxed)
    }

    /// From now on INFO says that the broker is going away.
    pub fn enter_lame_duck(&self) {
        self.lame_duck.store(true, Ordering::Release);
    }

    /// Whether no new connection may join.
    pub fn is_shutting_down(&self) -> bool {
        self.shutting_down.load(Ordering::Acquire)
    }

    /// No connection joins after this.
    pub fn begin_shutdown(&self) {
        // Under the directory's lock: a connection is either in it, and will be closed, or is refused.
        let _directory = self.directory.lock();
        self.shutting_down.store(true, Ordering::Release);
    }

    /// Connections right now.
    pub fn connection_count(&self) -> usize {
        self.directory.lock().len()
    }

    /// Enters a connection. `Err` carries one that is over the limit (it has an identity, but no place).
    pub(crate) fn register(
        &self,
        kind: ConnectionKind,
        peer: SocketAddr,
        now_wall_ns: u64,
        location: Location,
    ) -> Result<Arc<ConnShared>, Refused> {
        let cid = self.last_cid.fetch_add(1, Ordering::Relaxed) + 1;
        let shared = Arc::new(ConnShared::new(cid, kind, peer, now_wall_ns));
        let mut directory = self.directory.lock();
        if self.is_shutting_down() {
            return Err(Refused::ShuttingDown);
        }
        let limit = self.max_connections.load(Ordering::Relaxed);
        if limit < 0 || directory.len() as u64 >= limit as u64 {
            return Err(Refused::OverLimit(shared));
        }
        directory.insert(
            cid,
            DirectoryEntry {
                shared: shared.clone(),
                location,
                account: self.global.clone(),
            },
        );
        self.global.connection_joins(Traffic::default());
        self.total_connections.fetch_add(1, Ordering::Relaxed);
        Ok(shared)
    }

    /// Removes a connection and keeps what it moved in the totals. Returns whether the broker's end waits for the
    /// control plane to be told of this one.
    pub(crate) fn unregister(&self, shared: &ConnShared, reason: CloseReason) -> bool {
        match reason {
            CloseReason::SlowConsumerPendingBytes => self.slow_pending.fetch_add(1, Ordering::Relaxed),
            CloseReason::SlowConsumerWriteDeadline => self.slow_deadline.fetch_add(1, Ordering::Relaxed),
            CloseReason::StaleConnection => self.stale.fetch_add(1, Ordering::Relaxed),
            _ => 0,
        };
        let mut directory = self.directory.lock();
        let Some(entry) = directory.remove(&shared.cid) else {
            return false;
        };
        let moved = shared.traffic().load();
        self.removed.add(moved);
        entry.account.connection_leaves(moved);
        if reason.is_slow_consumer() {
            entry.account.count_slow_consumer();
        }
        let ending = self.is_shutting_down();
        if ending {
            self.unreported.fetch_add(1, Ordering::AcqRel);
        }
        ending
    }

    /// A loop has told of what [`crate::Shard::take_ending`] gave it: the end of one connection, or of all it had.
    pub fn acknowledge_reported(&self, ending: Ending) {
        match ending {
            Ending::Connection => self.unreported.fetch_sub(1, Ordering::AcqRel),
            Ending::Loop => self.shutdown_acks.fetch_add(1, Ordering::AcqRel),
        };
    }

    /// Whether the end is reached and not told yet; true once. All `loops` must have acknowledged, so that nothing of
    /// what happened before is told after it.
    pub fn report_stopped(&self, loops: usize) -> bool {
        let all_told = {
            let directory = self.directory.lock();
            directory.is_empty() && self.unreported.load(Ordering::Acquire) == 0
        };
        all_told
            && self.shutdown_acks.load(Ordering::Acquire) == loops
            && !self.stopped_reported.swap(true, Ordering::AcqRel)
    }

    /// A connection goes to another account. What it moved until now, which its loop has published, stays with the one
    /// it leaves.
    pub(crate) fn rebind(&self, shared: &ConnShared, to: &Arc<Account>) {
        if let Some(entry) = self.directory.lock().get_mut(&shared.cid) {
            let moved = shared.traffic().load();
            entry.account.connection_leaves(moved);
            to.connection_joins(moved);
            entry.account = to.clone();
        }
    }

    pub(crate) fn relocate(&self, cid: u64, location: Location) {
        if let Some(entry) = self.directory.lock().get_mut(&cid) {
            entry.location = location;
        }
    }

    /// Where a connection lives.
    pub fn locate(&self, cid: u64) -> Option<Location> {
        self.directory.lock().get(&cid).map(|entry| entry.location)
    }

    /// All connections, by cid.
    pub fn connections(&self) -> Vec<ConnectionSnapshot> {
        let open = self.connections_of(None);
        open.iter().map(|shared| shared.snapshot()).collect()
    }

    /// All counters. Exact at rest.
    pub fn stats(&self) -> BrokerStats {
        // Before the directory is locked.
        let accounts = self.accounts();
        let directory = self.directory.lock();
        let mut total = self.removed.load();
        let mut open = OpenTotals::default();
        let mut of_accounts: BTreeMap<u32, Traffic> = BTreeMap::new();
        for entry in directory.values() {
            open.add(&entry.shared);
            let traffic = entry.shared.traffic().load();
            *of_accounts.entry(entry.account.id).or_default() += traffic;
            total += traffic;
        }
        let accounts: Vec<AccountStats> = accounts
            .iter()
            .map(|account| stats_of(account, of_accounts.remove(&account.id).unwrap_or_default()))
            .collect();
        BrokerStats {
            connections: directory.len() as u64,
            total_connections: self.total_connections.load(Ordering::Relaxed),
            in_msgs: total.in_msgs,
            in_bytes: total.in_bytes,
            out_msgs: total.out_msgs,
            out_bytes: total.out_bytes,
            slow_consumers_pending: self.slow_pending.load(Ordering::Relaxed),
            slow_consumers_deadline: self.slow_deadline.load(Ordering::Relaxed),
            stale_connections: self.stale.load(Ordering::Relaxed),
            stalled_clients: self.stalled.load(Ordering::Relaxed),
            subscriptions: accounts.iter().map(|account| account.subscriptions).sum(),
            open,
            accounts,
        }
    }

    /// The seed of the hashes of its connections' tables of sids.
    pub(crate) fn sid_seed(&self) -> &HashSeed {
        &self.sid_seed
    }

    /// A publisher is stalled because a subscriber has too much waiting.
    pub(crate) fn count_stall(&self) {
        self.stalled.fetch_add(1, Ordering::Relaxed);
    }

    /// The account a connection belongs to.
    pub(crate) fn account_of(&self, cid: u64) -> Option<Arc<Account>> {
        self.directory.lock().get(&cid).map(|entry| entry.account.clone())
    }

    /// Subscriptions of one connection, or of all. Messages flow meanwhile.
    pub fn subscriptions(&self, cid: Option<u64>) -> Vec<SubscriptionSnapshot> {
        let accounts = match cid {
            Some(cid) => self.account_of(cid).into_iter().collect(),
            None => self.accounts(),
        };
        let of_account = |account| Listing::new(account, cid).flatten();
        accounts.into_iter().flat_map(of_account).collect()
    }

    pub(crate) fn keep_closed(&self, cid: u64, subscriptions: Vec<SubscriptionSnapshot>) {
        let max = self.plan().config.max_closed_clients;
        self.closed.lock().push(cid, subscriptions, max);
    }

    /// What one connection that is gone, or any, was subscribed to when it closed: of the last ones, within a budget.
    pub fn closed_subscriptions(&self, cid: Option<u64>) -> Vec<SubscriptionSnapshot> {
        let lists = self.closed.lock().lists(cid);
        lists.iter().flat_map(|list| list.iter().cloned()).collect()
    }
}

/// What ended at a loop while a broker shuts down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// One connection.
    Connection,
    /// All connections the loop had when it learned of the shutdown.
    Loop,
}

/// Why a connection may not enter.
#[derive(Debug)]
pub(crate) enum Refused {
    OverLimit(Arc<ConnShared>),
    ShuttingDown,
}

/// `open`: what its open connections have moved.
fn stats_of(account: &Account, open: Traffic) -> AccountStats {
    let Traffic {
        in_msgs,
        in_bytes,
        out_msgs,
        out_bytes,
    } = account.traffic(open);
    AccountStats {
        name: account.name.clone(),
        connections: account.connections() as u64,
        subscriptions: account.subscriptions() as u64,
        in_msgs,
        in_bytes,
        out_msgs,
        out_bytes,
        slow_consumers: account.slow_consumers(),
        interest: account.interest_stats(),
    }
}
