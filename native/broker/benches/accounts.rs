//! One of many accounts gets another plan: what that costs, and that it does not depend on how many others there are.
#![allow(missing_docs)]

use divan::Bencher;
use nt_broker::{
    AccountIds, AccountPlan, Auth, Authenticator, BrokerState, Config, ConnectionTypes, InboxItem, PermissionLists,
    Permissions, Plan, Shard, ShardSeed, Time, User,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

fn main() {
    divan::main();
}

/// A loop with the connections of half of the accounts, one each.
struct Clients {
    shard: Shard,
    inbox: Arc<nt_broker::Inbox>,
    broker: Arc<BrokerState>,
}

impl Clients {
    fn new(accounts: usize) -> Self {
        let names: Vec<String> = (0..accounts).map(|i| format!("N{i}")).collect();
        let users = names.iter().map(|name| User {
            name: name.clone(),
            credential: name.as_str().into(),
            account: name.clone(),
            permissions: None,
            connections: ConnectionTypes::ALL,
            proxy_required: false,
        });
        let auth = Auth {
            authenticator: Authenticator::Credentials,
            token: None,
            users: users.collect(),
            no_auth_user: None,
            anonymous: false,
            proxy_required: false,
            failed_login_delay: Duration::ZERO,
            timeout: Duration::from_secs(2),
        };
        let accounts = names.iter().map(AccountPlan::named).collect();
        let plan = Plan::new(Config::default(), Some(auth), accounts).expect("a plan");
        let seed = ShardSeed::alone();
        let inbox = seed.inboxes[0].clone();
        let mut shard = Shard::new(seed);
        shard.set_now(Time::on_both_clocks(1));
        let broker = BrokerState::new(1, Arc::new(AccountIds::new(1)), plan);
        for name in &names[..names.len() / 2] {
            let peer = ([127, 0, 0, 1], 1).into();
            let slot = shard.add_connection(&broker, peer).expect("room");
            let connect = format!("CONNECT {{\"user\":\"{name}\",\"pass\":\"{name}\"}}\r\nSUB x 1\r\n");
            shard.receive(slot, connect.as_bytes());
        }
        assert_eq!(broker.stats().subscriptions as usize, names.len() / 2);
        Self { shard, inbox, broker }
    }

    /// Gives one account other rights, and lets the loop take them over. Returns how many connections that concerned.
    fn replace(&mut self, plan: AccountPlan) -> usize {
        let reload = self.broker.replace_account(plan, 1).expect("a plan").reload;
        let _ = self.inbox.push(InboxItem::Reload(reload.clone()));
        self.shard.drain_inbox();
        self.shard.take_reloaded();
        reload.visited()
    }
}

/// Another plan each time.
fn next_plan(name: &str) -> AccountPlan {
    static LAST: AtomicUsize = AtomicUsize::new(0);
    let lists = PermissionLists {
        publish_allow: Some(vec![format!("open.{}", LAST.fetch_add(1, Ordering::Relaxed))]),
        ..PermissionLists::default()
    };
    AccountPlan {
        name: name.to_owned(),
        default_permissions: Some(Arc::new(Permissions::new(lists).expect("a pattern"))),
        ..AccountPlan::default()
    }
}

#[divan::bench(args = [10, 10_000])]
fn replace_one_with_a_connection(bencher: Bencher<'_, '_>, accounts: usize) {
    let mut clients = Clients::new(accounts);
    bencher
        .with_inputs(|| next_plan("N1"))
        .bench_local_values(|plan| assert_eq!(clients.replace(plan), 1));
}

#[divan::bench(args = [10, 10_000])]
fn replace_one_without_connections(bencher: Bencher<'_, '_>, accounts: usize) {
    let mut clients = Clients::new(accounts);
    let name = format!("N{}", accounts - 1);
    bencher
        .with_inputs(|| next_plan(&name))
        .bench_local_values(|plan| assert_eq!(clients.replace(plan), 0));
}
