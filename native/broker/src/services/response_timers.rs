//! When a loop looks for late responses, in the tables that it has added to.

use crate::interest::account::Account;
use crate::services::pending_table::LateRequest;
use crate::state::BrokerState;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// The accounts whose responses a loop has requests for.
#[derive(Default)]
pub(crate) struct ResponseTimers {
    /// By the id of the account.
    watched: BTreeMap<u32, Watched>,
    /// When something may be late.
    next_ns: Option<u64>,
}

struct Watched {
    broker: Arc<BrokerState>,
    account: Arc<Account>,
    next_ns: u64,
}

/// The least time between two looks into a table: many requests are due one after the other.
const LOOK_NS: u64 = 1_000_000;

/// What was late in the responses of an account.
pub(super) struct Late {
    pub broker: Arc<BrokerState>,
    pub account: Arc<Account>,
    pub requests: Vec<LateRequest>,
}

impl ResponseTimers {
    /// A request to the account is pending from now on, which waits this long.
    #[inline]
    pub fn watch(&mut self, broker: &Arc<BrokerState>, account: &Arc<Account>, threshold: Duration, now_ns: u64) {
        let due = now_ns.saturating_add(threshold.as_nanos() as u64);
        let watched = self.watched.entry(account.id).or_insert_with(|| Watched {
            broker: broker.clone(),
            account: account.clone(),
            next_ns: due,
        });
        watched.next_ns = watched.next_ns.min(due);
        self.next_ns = Some(self.next_ns.map_or(due, |next| next.min(due)));
    }

    /// When something may be late.
    pub fn next_at(&self) -> Option<u64> {
        self.next_ns
    }

    /// Ends what is late, in all tables whose time has come.
    pub(super) fn take_late(&mut self, now_ns: u64) -> Vec<Late> {
        let mut late = Vec::new();
        self.watched.retain(|_, watched| {
            if watched.next_ns > now_ns {
                return true;
            }
            let mut requests = Vec::new();
            let next = watched.account.responses().expire(now_ns, &mut requests);
            if !requests.is_empty() {
                late.push(Late {
                    broker: watched.broker.clone(),
                    account: watched.account.clone(),
                    requests,
                });
            }
            watched.next_ns = next.map_or(u64::MAX, |due| due.max(now_ns + LOOK_NS));
            next.is_some()
        });
        self.next_ns = self.watched.values().map(|watched| watched.next_ns).min();
        late
    }

    /// The broker has stopped: its requests end.
    pub fn forget(&mut self, broker: &Arc<BrokerState>) {
        self.watched.retain(|_, watched| {
            let stays = !Arc::ptr_eq(&watched.broker, broker);
            if !stays {
                watched.account.responses().clear();
            }
            stays
        });
        self.next_ns = self.watched.values().map(|watched| watched.next_ns).min();
    }
}
