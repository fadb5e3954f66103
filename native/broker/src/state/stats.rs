//! Counters of a broker for monitoring.

use crate::connection::traffic::Traffic;
use crate::interest::InterestStats;
use crate::interest::account::Account;
use crate::monitoring::overview::OpenTotals;
use crate::state::BrokerState;
use std::sync::atomic::Ordering;

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
    /// All counters. Exact when no message is under way.
    pub fn stats(&self) -> BrokerStats {
        // Before the directory is locked.
        let accounts = self.accounts();
        self.directory.totals(|mut totals| {
            let mut open_traffic = |id| totals.by_account.remove(&id).unwrap_or_default();
            let accounts: Vec<AccountStats> = accounts
                .iter()
                .map(|account| stats_of(account, open_traffic(account.id)))
                .collect();
            BrokerStats {
                connections: totals.connections as u64,
                total_connections: self.directory.total(),
                in_msgs: totals.traffic.in_msgs,
                in_bytes: totals.traffic.in_bytes,
                out_msgs: totals.traffic.out_msgs,
                out_bytes: totals.traffic.out_bytes,
                slow_consumers_pending: self.slow_pending.load(Ordering::Relaxed),
                slow_consumers_deadline: self.slow_deadline.load(Ordering::Relaxed),
                stale_connections: self.stale.load(Ordering::Relaxed),
                stalled_clients: self.stalled.load(Ordering::Relaxed),
                subscriptions: accounts.iter().map(|account| account.subscriptions).sum(),
                open: totals.open,
                accounts,
            }
        })
    }
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
