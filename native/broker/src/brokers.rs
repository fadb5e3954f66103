//! The life of brokers: start, reload, lame duck, stop, as the control plane requests it.
//!
//! Each request is put into the inboxes of the loops, in an order that matters: listening stops before clients are
//! notified of the lame duck mode, and connections over a new limit are closed after the plan is applied. Nothing of it
//! has happened when these methods return; events report when it has.
//!
//! Opens no socket and starts no thread: listeners are passed in, loops are reached through [`Loops`].

use crate::connection::close::CloseReason;
use crate::interest::account::AccountIds;
use crate::plan::Plan;
use crate::plan::config::Config;
use crate::plan::listener::ListenerKind;
use crate::plan::reload::Reloading;
use crate::shard::inbox::InboxItem;
use crate::state::BrokerState;
use crate::turn::Command;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Handle of a broker.
pub type BrokerId = u32;

/// The loops that brokers run on, reached from outside.
pub trait Loops {
    /// The sockets of their clients.
    type Socket: Send + 'static;
    /// Their listeners.
    type Listener: Send + 'static;

    /// How many there are: at least one.
    fn count(&self) -> usize;

    /// Puts something into a loop's inbox, and wakes the loop if it sleeps.
    fn send(&self, reactor: usize, item: InboxItem);
}

/// One of the sockets that a broker listens on.
#[derive(Debug)]
pub struct Listen<Listener> {
    /// The kind of connection it accepts.
    pub kind: ListenerKind,
    /// The listener itself.
    pub listener: Listener,
    /// Host as configured, port as bound: INFO has those of the first one for clients where the plan has none.
    pub bound: (String, u16),
}

/// A reload that is under way.
#[derive(Debug, Clone, Copy)]
pub struct StartedReload {
    /// [`crate::Event::Reloaded`] with this number follows when it is done.
    pub number: u64,
    /// Connections that are closed because there are too many now.
    pub closing: usize,
}

/// A broker, and the address its clients connect to.
struct Running {
    state: Arc<BrokerState>,
    bound: Option<(String, u16)>,
}

/// The brokers of one set of loops.
pub struct Brokers {
    running: Mutex<BTreeMap<BrokerId, Running>>,
    next_id: AtomicU32,
    account_ids: Arc<AccountIds>,
}

impl Brokers {
    /// No brokers yet. `random` is a secret: the seed of everything random in them.
    pub fn new(random: u64) -> Self {
        Self {
            running: Mutex::default(),
            next_id: AtomicU32::new(1),
            account_ids: Arc::new(AccountIds::new(random)),
        }
    }

    /// Starts a broker, on these sockets or on none.
    pub fn start<L: Loops>(&self, loops: &L, mut plan: Plan, listeners: Vec<Listen<L::Listener>>) -> Arc<BrokerState> {
        let for_clients = listeners.iter().find(|listen| listen.kind == ListenerKind::Client);
        let bound = for_clients.map(|listen| listen.bound.clone());
        advertise(&mut plan.config, bound.as_ref());
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let state = BrokerState::new(id, self.account_ids.clone(), plan);
        let running = Running {
            state: state.clone(),
            bound,
        };
        self.running.lock().insert(id, running);
        for Listen { listener, .. } in listeners {
            let broker = state.clone();
            command(loops, listening_loop(loops), Command::Listen { broker, listener });
        }
        state
    }

    /// The broker of a handle.
    pub fn get(&self, broker: BrokerId) -> Option<Arc<BrokerState>> {
        self.running.lock().get(&broker).map(|running| running.state.clone())
    }

    /// Those that run.
    pub fn ids(&self) -> Vec<BrokerId> {
        self.running.lock().keys().copied().collect()
    }

    /// Puts another plan into force for a broker; its listeners stay as they are. `None`: the broker is stopped.
    pub fn reload(&self, loops: &impl Loops, broker: BrokerId, mut plan: Plan) -> Option<StartedReload> {
        let state = {
            let running = self.running.lock();
            let running = running.get(&broker)?;
            advertise(&mut plan.config, running.bound.as_ref());
            running.state.clone()
        };
        let reloading = state.reload(plan, loops.count());
        Some(self.post_reload(loops, &state, &reloading))
    }

    /// Has all loops apply a change of a broker's plan, then closes the connections over its limit.
    pub fn post_reload(&self, loops: &impl Loops, broker: &Arc<BrokerState>, reloading: &Reloading) -> StartedReload {
        to_all(loops, || InboxItem::Reload(reloading.reload.clone()));
        for &cid in &reloading.over_limit {
            close(loops, broker, cid, CloseReason::MaxConnectionsExceeded);
        }
        for &cid in &reloading.over_account_limits {
            close(loops, broker, cid, CloseReason::MaxAccountConnectionsExceeded);
        }
        StartedReload {
            number: reloading.reload.number,
            closing: reloading.over_limit.len(),
        }
    }

    /// Stops listening and notifies clients that the broker goes away.
    pub fn enter_lame_duck(&self, loops: &impl Loops, broker: BrokerId) {
        if let Some(broker) = self.get(broker) {
            broker.enter_lame_duck();
            command(loops, listening_loop(loops), Command::EnterLameDuck { broker });
        }
    }

    /// Notifies one client that the broker goes away.
    pub fn notify_lame_duck(&self, loops: &impl Loops, broker: BrokerId, cid: u64) -> LameDuckNotice {
        let Some(broker) = self.get(broker) else {
            return LameDuckNotice::NoClient;
        };
        let (Some(at), Some(conn)) = (broker.locate(cid), broker.directory().find(&[cid]).pop()) else {
            return LameDuckNotice::NoClient;
        };
        if !conn.reads_info() {
            return LameDuckNotice::NotReady;
        }
        loops.send(usize::from(at.reactor), InboxItem::LameDuckClient { broker, cid });
        LameDuckNotice::Sent
    }

    /// Stops listening and closes all connections. [`crate::Event::Stopped`] follows when the last one has closed.
    pub fn stop(&self, loops: &impl Loops, broker: BrokerId) {
        let Some(Running { state, .. }) = self.running.lock().remove(&broker) else {
            return;
        };
        state.begin_shutdown();
        for reactor in 0..loops.count() {
            command(loops, reactor, Command::StopListening { broker });
        }
        to_all(loops, || InboxItem::Shutdown(state.clone()));
    }

    /// Closes one connection. False: there is none of that number.
    pub fn close_connection(&self, loops: &impl Loops, broker: BrokerId, cid: u64, reason: CloseReason) -> bool {
        self.get(broker).is_some_and(|state| close(loops, &state, cid, reason))
    }
}

/// What became of the notice that a broker goes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LameDuckNotice {
    /// It is on its way.
    Sent,
    /// There is no connection of that number.
    NoClient,
    /// The client does not read INFO at any time, or has not finished its handshake.
    NotReady,
}

fn close(loops: &impl Loops, broker: &Arc<BrokerState>, cid: u64, reason: CloseReason) -> bool {
    let Some(at) = broker.locate(cid) else { return false };
    let broker = broker.clone();
    loops.send(usize::from(at.reactor), InboxItem::Close { broker, cid, reason });
    true
}

fn command<L: Loops>(loops: &L, reactor: usize, command: Command<L::Socket, L::Listener>) {
    loops.send(reactor, InboxItem::Command(Box::new(command)));
}

fn to_all(loops: &impl Loops, item: impl Fn() -> InboxItem) {
    for reactor in 0..loops.count() {
        loops.send(reactor, item());
    }
}

/// The last loop has most time: connections are placed on the first ones.
fn listening_loop(loops: &impl Loops) -> usize {
    loops.count() - 1
}

/// Advertises the bound address where the plan has none.
fn advertise(config: &mut Config, bound: Option<&(String, u16)>) {
    let Some((host, port)) = bound else { return };
    if config.info.host.is_empty() {
        config.info.host.clone_from(host);
    }
    if config.info.port == 0 {
        config.info.port = *port;
    }
}
