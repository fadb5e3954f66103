//! Accounts as keys: who is in which, what that separates, and that a change of one touches nobody else.

use super::harness::World;
use super::permissions::{anything, login, may_publish};
use crate::simulation::random::{Random, Seed};
use crate::{
    Account, AccountPlan, Auth, Authenticator, CloseReason, Config, ConnectionOrder, ConnectionQuery, ConnectionTypes,
    PermissionLists, Permissions, Plan, PlanError, Reload, SubscriptionQuery, User,
};
use std::sync::Arc;
use std::time::Duration;

/// A user that has its own name as password, in an account.
pub(super) fn user(name: &str, account: &str, lists: Option<PermissionLists>) -> User {
    User {
        name: name.to_owned(),
        credential: name.into(),
        account: account.to_owned(),
        permissions: lists.map(|lists| Arc::new(Permissions::new(lists).expect("patterns"))),
        connections: ConnectionTypes::ALL,
        proxy_required: false,
    }
}

fn account(name: &str, lists: Option<PermissionLists>) -> AccountPlan {
    AccountPlan {
        name: name.to_owned(),
        default_permissions: lists.map(|lists| Arc::new(Permissions::new(lists).expect("patterns"))),
        ..AccountPlan::default()
    }
}

pub(super) fn plan_with(config: Config, users: Vec<User>, accounts: Vec<AccountPlan>) -> Result<Plan, PlanError> {
    let auth = Auth {
        authenticator: Authenticator::Credentials,
        token: None,
        users: users.into_iter().collect(),
        no_auth_user: None,
        anonymous: false,
        proxy_required: false,
        failed_login_delay: Duration::ZERO,
        timeout: Duration::from_secs(2),
    };
    Plan::new(config, Some(auth), accounts)
}

/// Users and their accounts.
fn plan(users: &[(&str, &str)]) -> Plan {
    let mut names: Vec<&str> = users.iter().map(|(_, account)| *account).collect();
    names.sort_unstable();
    names.dedup();
    let accounts = names.into_iter().map(AccountPlan::named).collect();
    let users = users.iter().map(|(name, account)| user(name, account, None)).collect();
    plan_with(Config::default(), users, accounts).expect("a plan")
}

fn world(loops: usize, users: &[(&str, &str)]) -> World {
    World::planned(loops, plan(users), 1)
}

/// Brings another plan and lets everything come to rest. Returns how many connections were looked at.
pub(super) fn reload(world: &mut World, plan: Plan) -> usize {
    let started = world.broker.reload(plan, world.loops.len());
    settle(world, started)
}

pub(super) fn settle(world: &mut World, started: crate::Reloading) -> usize {
    let reload: Arc<Reload> = world.post_reload(started);
    world.rest();
    assert!(world.is_reloaded(reload.number), "the end of a reload is told");
    reload.visited()
}

pub(super) fn connect(user: &str) -> String {
    format!("CONNECT {{\"verbose\":false,\"user\":\"{user}\",\"pass\":\"{user}\"}}\r\n")
}

/// Connections and subscriptions of an account.
fn counts(world: &World, name: &str) -> (u64, u64) {
    let stats = world.broker.stats();
    let of = stats.accounts.iter().find(|account| account.name == name);
    of.map(|of| (of.connections, of.subscriptions)).expect("an account")
}

#[test]
fn accounts_are_subject_spaces_of_their_own() {
    let mut world = world(2, &[("a1", "A"), ("a2", "A"), ("b1", "B"), ("b2", "B")]);
    let (a1, a2) = (login(&mut world, 0, "a1"), login(&mut world, 1, "a2"));
    let (b1, b2) = (login(&mut world, 0, "b1"), login(&mut world, 1, "b2"));
    for client in [a2, b2] {
        world.say(client, "SUB x 1\r\nSUB x q 2\r\n");
    }
    // Often enough that loops remember the subject, in turns.
    for _ in 0..5 {
        world.say(a1, "PUB x 1\r\na\r\n");
        world.say(b1, "PUB x 1\r\nb\r\n");
    }
    assert_eq!(world.texts(a2), vec!["a"; 10]);
    assert_eq!(world.texts(b2), vec!["b"; 10]);
}

#[test]
fn ids_are_unique_over_all_brokers_of_a_runtime() {
    let ids = Arc::new(crate::AccountIds::new(1));
    let brokers: Vec<_> = (1..=2)
        .map(|id| crate::BrokerState::new(id, Arc::clone(&ids), plan(&[("a", "A"), ("b", "B")])))
        .collect();
    let mut all: Vec<u32> = brokers
        .iter()
        .flat_map(|broker| broker.accounts())
        .map(|a| a.id)
        .collect();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 6, "three accounts each, $G among them");
}

#[test]
fn another_connect_brings_another_account() {
    let mut world = world(2, &[("a", "A"), ("b", "B"), ("a2", "A")]);
    let (client, other) = (login(&mut world, 0, "a"), login(&mut world, 1, "a2"));
    world.say(client, "SUB x 1\r\nSUB y 2\r\n");
    world.say(other, "PUB x 2\r\nhi\r\n".repeat(3));
    assert_eq!(world.texts(client).len(), 3);
    assert_eq!((counts(&world, "A"), counts(&world, "B")), ((2, 2), (0, 0)));
    world.say(client, connect("b") + "SUB x 1\r\n");
    assert_eq!((counts(&world, "A"), counts(&world, "B")), ((1, 0), (1, 1)));
    world.say(other, "PUB x 2\r\nhi\r\n");
    assert_eq!(world.texts(client).len(), 0);
    world.say(client, "PUB x 3\r\nown\r\n");
    assert_eq!(world.texts(client), ["own"]);
    let cid = world.clients[client].cid;
    assert_eq!(world.broker.describe_connections(&[cid])[0].account, "B");
    assert_eq!(world.broker.subscriptions(Some(cid))[0].account, "B");
}

#[test]
fn what_was_on_its_way_in_the_old_account_arrives_before_the_new_one() {
    let mut world = world(2, &[("a", "A"), ("b", "B"), ("a2", "A")]);
    let (client, other) = (login(&mut world, 0, "a"), login(&mut world, 1, "a2"));
    world.say(client, "SUB x 1\r\nUNSUB 1 1\r\n");
    // Another loop has handed over the last message and the end of the subscription; the client becomes another before
    // its own loop has looked, and its next subscription has the same name and number.
    world.send(other, "PUB x 1\r\n1\r\n");
    world.read(other, usize::MAX);
    world.say(client, connect("b") + "SUB x 1\r\nPING\r\n");
    assert_eq!(world.texts(client), ["1"]);
    world.say(client, "PUB x 1\r\n2\r\n");
    assert_eq!(world.texts(client), ["2"], "the new subscription lives");
    let of = |name: &str| {
        let stats = world.broker.stats();
        stats.accounts.into_iter().find(|a| a.name == name).expect("an account")
    };
    assert_eq!((of("A").out_msgs, of("B").out_msgs), (1, 1));
}

#[test]
fn a_reload_closes_connections_whose_user_is_in_another_account() {
    let mut world = world(2, &[("move", "A"), ("a", "A"), ("b", "B")]);
    let (moved, a) = (login(&mut world, 0, "move"), login(&mut world, 1, "a"));
    let b = login(&mut world, 0, "b");
    for client in [a, b] {
        world.say(client, "SUB x 1\r\n");
    }
    world.say(moved, "SUB x 1\r\nSUB y 2\r\n");
    // Until its subject takes the short way.
    world.say(moved, "PUB x 1\r\n1\r\n".repeat(5));
    assert_eq!((world.texts(a).len(), world.texts(b).len()), (5, 0));
    world.frames(moved);
    let visited = reload(&mut world, plan(&[("move", "B"), ("a", "A"), ("b", "B")]));
    assert_eq!(visited, 1);
    assert_eq!(world.reason(moved), Some(CloseReason::ClientClosed));
    assert!(world.frames(moved).is_empty(), "it is told nothing");
    assert_eq!((counts(&world, "A"), counts(&world, "B")), ((1, 1), (1, 1)));
    let moved = login(&mut world, 1, "move");
    world.say(moved, "SUB y 2\r\nPUB x 1\r\n2\r\n".repeat(3));
    assert_eq!((world.texts(a).len(), world.texts(b).len()), (0, 3));
    world.say(a, "PUB y 1\r\n3\r\n");
    world.say(b, "PUB y 1\r\n4\r\n");
    assert_eq!(world.texts(moved), ["4"]);
}

#[test]
fn an_account_that_is_gone_takes_its_users_along() {
    let mut world = world(1, &[("a", "A"), ("b", "B")]);
    let (a, b) = (login(&mut world, 0, "a"), login(&mut world, 0, "b"));
    world.say(a, "SUB x 1\r\n");
    assert_eq!(reload(&mut world, plan(&[("b", "B")])), 1);
    assert_eq!(world.reason(a), Some(CloseReason::AuthenticationFailure));
    assert_eq!(world.reason(b), None);
    let stats = world.broker.stats();
    let names: Vec<&str> = stats.accounts.iter().map(|account| &*account.name).collect();
    assert_eq!(names, ["$G", "B"]);
    assert_eq!((stats.connections, stats.subscriptions), (1, 0));
    // Another one of that name is another account: nothing remembered is its.
    assert_eq!(reload(&mut world, plan(&[("a", "A"), ("b", "B")])), 0);
    let a = login(&mut world, 0, "a");
    assert_eq!(counts(&world, "A"), (1, 0));
    assert_eq!(world.reason(a), None);
}

#[test]
fn an_account_that_is_gone_is_freed_with_what_the_control_plane_subscribed_to_in_it() {
    let users = [("a", "A"), ("b", "B")];
    let mut world = world(2, &users);
    let client = login(&mut world, 0, "a");
    world.say(client, "SUB x 1\r\nPUB x 1\r\n!\r\n");
    let internal = world.broker.internal();
    let of = |name: &str| world.broker.account(name).expect("an account");
    let gone = internal.subscribe(&of("A"), b"x", None).expect("a subject");
    let stays = internal.subscribe(&of("B"), b"x", None).expect("a subject");
    let freed = Arc::downgrade(&of("A"));
    reload(&mut world, plan(&[("b", "B")]));
    assert!(freed.upgrade().is_none(), "nothing holds it");
    let internal = world.broker.internal();
    assert!(!internal.unsubscribe(gone), "it has ended");
    // Another account of that name has nothing of it.
    reload(&mut world, plan(&users));
    assert_eq!((counts(&world, "A"), counts(&world, "B")), ((0, 0), (0, 1)));
    assert!(world.broker.internal().unsubscribe(stays));
}

#[test]
fn traffic_stays_with_the_account_it_was_in() {
    let mut world = world(1, &[("a", "A"), ("b", "B")]);
    let client = login(&mut world, 0, "a");
    world.say(client, "SUB x 1\r\nPUB x 10\r\n0123456789\r\n");
    world.say(client, connect("b") + "SUB x 1\r\nPUB x 1\r\n0\r\nPUB y 1\r\n0\r\n");
    world.rest();
    let traffic = |world: &World| -> Vec<(String, [u64; 4])> {
        let stats = world.broker.stats();
        let of = stats.accounts.into_iter();
        of.map(|a| (a.name, [a.in_msgs, a.in_bytes, a.out_msgs, a.out_bytes]))
            .collect()
    };
    let expected = [("$G", [0; 4]), ("A", [1, 10, 1, 10]), ("B", [2, 2, 1, 1])];
    let expected: Vec<_> = expected.map(|(name, n)| (name.to_owned(), n)).into();
    assert_eq!(traffic(&world), expected);
    world.hang_up(client);
    world.rest();
    assert_eq!(traffic(&world), expected);
    let stats = world.broker.stats();
    assert_eq!((stats.in_msgs, stats.out_bytes), (3, 11));
}

#[test]
fn a_slow_consumer_counts_for_its_account() {
    let config = Config {
        max_pending: 1000,
        ..Config::default()
    };
    let users = vec![user("a", "A", None), user("a2", "A", None)];
    let plan = plan_with(config, users, vec![AccountPlan::named("A")]).expect("a plan");
    let mut world = World::planned(1, plan, 1);
    let (slow, publisher) = (login(&mut world, 0, "a"), login(&mut world, 0, "a2"));
    world.say(slow, "SUB x 1\r\n");
    world.clients[slow].set_window(0);
    world.say(publisher, format!("PUB x 600\r\n{}\r\n", "x".repeat(600)).repeat(4));
    assert_eq!(world.reason(slow), Some(CloseReason::SlowConsumerPendingBytes));
    let stats = world.broker.stats();
    let slow: Vec<u64> = stats.accounts.iter().map(|account| account.slow_consumers).collect();
    assert_eq!(slow, [0, 1], "of $G and A");
}

#[test]
fn monitoring_goes_by_the_account_of_each_connection() {
    let mut world = world(2, &[("a", "A"), ("b", "B"), ("b2", "B")]);
    let (a, b, b2) = (
        login(&mut world, 0, "a"),
        login(&mut world, 1, "b"),
        login(&mut world, 0, "b2"),
    );
    world.client(0);
    world.say(a, "SUB one 1\r\nSUB two 2\r\n");
    world.say(b, "SUB one 1\r\n");
    world.say(b2, "SUB two 1\r\nSUB three 2\r\n");
    let cid = |client: usize| world.clients[client].cid;
    let connections = |account| {
        let query = ConnectionQuery {
            order: ConnectionOrder::Cid,
            account,
            user: None,
            limit: 10,
            now_ns: 0,
        };
        world.broker.find_connections(&query).cids
    };
    assert_eq!(connections(Some("A")), [cid(a)]);
    assert_eq!(connections(Some("B")), [cid(b), cid(b2)]);
    assert_eq!(
        connections(Some(Account::GLOBAL)).len(),
        1,
        "who has not said who it is"
    );
    assert_eq!(connections(None).len(), 4);
    let subscriptions = |account, cids: Option<&[u64]>, subject, offset, limit| {
        let found = world.broker.find_subscriptions(&SubscriptionQuery {
            account,
            cids: cids.map(|cids| cids.iter().copied().collect()),
            subject,
            offset,
            limit,
        });
        let list = found.list.into_iter();
        let list: Vec<(String, String)> = list.map(|s| (s.account, s.subject)).collect();
        (found.matching, list)
    };
    let named = |list: &[(&str, &str)]| -> Vec<(String, String)> {
        list.iter().map(|(a, s)| ((*a).to_owned(), (*s).to_owned())).collect()
    };
    let all = named(&[("A", "one"), ("A", "two"), ("B", "one"), ("B", "two"), ("B", "three")]);
    assert_eq!(subscriptions(None, None, None, 0, 9), (5, all.clone()));
    assert_eq!(subscriptions(None, None, None, 1, 2), (5, all[1..3].to_vec()));
    assert_eq!(subscriptions(Some("B"), None, None, 0, 9), (3, all[2..].to_vec()));
    assert_eq!(subscriptions(Some("nobody"), None, None, 0, 9), (0, Vec::new()));
    let one = named(&[("A", "one"), ("B", "one")]);
    assert_eq!(subscriptions(None, None, Some("one"), 0, 9), (2, one));
    let of_b2 = (2, all[3..].to_vec());
    assert_eq!(subscriptions(None, Some(&[cid(b2)]), None, 0, 9), of_b2);
    assert_eq!(world.broker.subscriptions(None).len(), 5);
    let cid_b = cid(b);
    world.hang_up(b);
    world.rest();
    assert_eq!(world.broker.closed_subscriptions(Some(cid_b))[0].account, "B");
}

#[test]
fn a_plan_names_what_is_there() {
    let users = || vec![user("a", "A", None)];
    let refused = |accounts| plan_with(Config::default(), users(), accounts).expect_err("a wrong plan");
    assert_eq!(
        refused(Vec::new()).to_string(),
        "user \"a\" is in account \"A\", which is not there; add it to the accounts"
    );
    let twice = vec![AccountPlan::named("A"), AccountPlan::named("A")];
    assert_eq!(refused(twice), PlanError::AccountTwice("A".to_owned()));
    let world = world(1, &[("a", "A")]);
    let stray = world.broker.replace_user(user("a", "B", None), 1);
    assert!(matches!(stray, Err(PlanError::NoAccount { .. })));
    let open = World::new(1).broker.replace_user(user("a", "$G", None), 1);
    assert!(matches!(open, Err(PlanError::NobodyIsAsked(_))));
}

#[test]
fn a_plan_that_says_the_same_looks_at_nobody() {
    let users = [("a", "A"), ("b", "B")];
    let mut world = world(2, &users);
    let (a, b) = (login(&mut world, 0, "a"), login(&mut world, 1, "b"));
    assert_eq!(reload(&mut world, plan(&users)), 0);
    assert_eq!(reload(&mut world, plan(&[("a", "A"), ("b", "B"), ("c", "C")])), 0);
    assert_eq!(reload(&mut world, plan(&users)), 0);
    // Limits are everyone's.
    let limits = Config {
        max_payload: Some(10),
        ..Config::default()
    };
    let started = world.broker.replace_server(limits, 2);
    assert_eq!(settle(&mut world, started), 2);
    for client in [a, b] {
        assert_eq!(world.reason(client), None);
        world.say(client, "PUB x 11\r\n01234567890\r\n");
        assert_eq!(world.reason(client), Some(CloseReason::MaxPayloadExceeded));
    }
}

#[test]
fn a_user_that_is_replaced_takes_only_its_own_connections_along() {
    let mut world = world(2, &[("a", "A"), ("a2", "A"), ("b", "B")]);
    let clients: Vec<usize> = (0..2).map(|loop_| login(&mut world, loop_, "a")).collect();
    let others = [login(&mut world, 0, "a2"), login(&mut world, 1, "b")];
    let replace = |world: &mut World, user: User| {
        let started = world.broker.replace_user(user, 2).expect("a user");
        settle(world, started)
    };
    assert_eq!(replace(&mut world, user("a", "A", None)), 0, "the same one");
    assert_eq!(replace(&mut world, user("a", "A", Some(may_publish(&["open"])))), 2);
    for &client in clients.iter().chain(&others) {
        world.say(client, "PUB secret 1\r\nx\r\n");
        let refused = usize::from(clients.contains(&client));
        assert_eq!(world.errors(client).len(), refused);
    }
    let other_password = User {
        credential: "other".into(),
        ..user("a", "A", None)
    };
    assert_eq!(replace(&mut world, other_password), 2);
    assert_eq!(world.broker.connection_count(), 2);
    assert_eq!(replace(&mut world, user("new", "B", None)), 0);
    let new = login(&mut world, 0, "new");
    assert_eq!(replace(&mut world, user("new", "A", None)), 1);
    assert_eq!(world.reason(new), Some(CloseReason::ClientClosed));
    assert_eq!(counts(&world, "A"), (1, 0));
}

#[test]
fn who_has_no_permissions_of_its_own_has_those_of_its_account() {
    let narrow = || may_publish(&["open"]);
    let users = vec![
        user("own", "A", Some(anything())),
        user("common", "A", None),
        user("b", "B", None),
    ];
    let accounts = vec![account("A", Some(narrow())), account("B", None)];
    let plan = plan_with(Config::default(), users, accounts).expect("a plan");
    let mut world = World::planned(2, plan, 1);
    let (own, common) = (login(&mut world, 0, "own"), login(&mut world, 1, "common"));
    let b = login(&mut world, 0, "b");
    let refused = |world: &mut World| {
        [own, common, b].map(|client| {
            world.say(client, "PUB secret 1\r\nx\r\n".repeat(3));
            world.errors(client).len()
        })
    };
    assert_eq!(refused(&mut world), [0, 3, 0]);
    let generation = |world: &World| world.broker.account("B").expect("there").interest().read().generation();
    let before = generation(&world);
    let started = world.broker.replace_account(account("A", None), 2).expect("a plan");
    assert_eq!(settle(&mut world, started), 2);
    assert_eq!(refused(&mut world), [0, 0, 0]);
    let started = world
        .broker
        .replace_account(account("A", Some(narrow())), 2)
        .expect("a plan");
    assert_eq!(settle(&mut world, started), 2);
    let started = world
        .broker
        .replace_account(account("A", Some(narrow())), 2)
        .expect("a plan");
    assert_eq!(settle(&mut world, started), 0, "the same one");
    assert_eq!(refused(&mut world), [0, 3, 0]);
    assert_eq!(generation(&world), before, "nothing is resolved anew elsewhere");
}

#[test]
fn one_on_its_way_to_another_loop_keeps_up_with_its_own_parts() {
    for step in 0..4 {
        for concerned in [false, true] {
            let mut world = world(2, &[("a", "A"), ("b", "B")]);
            let client = login(&mut world, 0, "a");
            world.begin_move(client, 1);
            if step >= 1 {
                world.take_in(1);
            }
            if step >= 2 {
                world.loops[0].shard.drain_inbox();
            }
            if step >= 3 {
                world.take_in(0);
            }
            let name = if concerned { "A" } else { "B" };
            let plan = account(name, Some(may_publish(&["open"])));
            let started = world.broker.replace_account(plan, 2).expect("a plan");
            let reload = world.post_reload(started);
            if step == 2 {
                world.turn(1);
                world.finish(0);
            }
            world.rest();
            assert_eq!(reload.visited(), usize::from(concerned), "step {step}");
            world.say(client, "PUB secret 1\r\nx\r\n");
            assert_eq!(world.errors(client).len(), usize::from(concerned), "step {step}");
            if !concerned {
                assert_eq!(
                    world.clients[client].at().map(|(loop_, _)| loop_),
                    Some(1),
                    "step {step}"
                );
            }
        }
    }
}

/// Users that change their accounts by CONNECTs, and one that reloads put into others and that connects again, while
/// they publish and move, in any order: messages stay in the account they were published in, and in the end nothing is
/// left or counted twice.
#[test]
fn nothing_crosses_accounts_whatever_changes() {
    const NAMES: [&str; 3] = ["A", "B", "C"];
    for seed in 1..=100 {
        let _named = Seed(seed);
        let mut random = Random::new(seed);
        let loops = 1 + random.below(3);
        let mut world = world(loops, &[("A", "A"), ("B", "B"), ("C", "C"), ("moves", "A")]);
        // Each says in which account it publishes: who is not told moves by CONNECT only.
        let clients: Vec<usize> = (0..6)
            .map(|i| {
                let at = random.below(loops);
                let client = login(&mut world, at, NAMES[i % 3]);
                world.say(client, "SUB x 1\r\n");
                client
            })
            .collect();
        let at = random.below(loops);
        let mut moves = login(&mut world, at, "moves");
        for _ in 0..150 {
            world.random_step(&mut random);
            let client = clients[random.below(clients.len())];
            match random.below(8) {
                0 => {
                    let name = NAMES[random.below(3)];
                    world.send(client, connect(name) + &format!("SUB x 1\r\nSUB {name} 2\r\n"));
                }
                1 => world.begin_move(client, random.below(loops)),
                2 => {
                    let started = world
                        .broker
                        .replace_user(user("moves", random.pick(&NAMES), None), loops);
                    world.post_reload(started.expect("a user"));
                }
                3 if world.reason(moves).is_some() => moves = login(&mut world, at, "moves"),
                3 => world.send(moves, "SUB y 1\r\nSUB y q 2\r\nPUB y 1\r\nm\r\nUNSUB 2\r\n"),
                4 => world.begin_move(moves, random.below(loops)),
                _ => world.send(client, "PUB x 1\r\nx\r\n"),
            }
        }
        // From here on everyone is asked in turn: whoever shares the account hears it, and nobody else.
        world.rest();
        for &client in &clients {
            world.messages(client);
        }
        let account_of = |world: &World, client: usize| {
            let cid = world.clients[client].cid;
            world.broker.describe_connections(&[cid])[0].account.clone()
        };
        for &from in &clients {
            world.say(from, "PUB x 1\r\n!\r\n");
            for &to in &clients {
                let same = account_of(&world, from) == account_of(&world, to);
                assert_eq!(world.messages(to).len(), usize::from(same));
            }
        }
        let stats = world.broker.stats();
        let of_accounts = |of: fn(&crate::AccountStats) -> u64| stats.accounts.iter().map(of).sum::<u64>();
        let of_moves = u64::from(world.reason(moves).is_none());
        assert_eq!(of_accounts(|a| a.connections), 6 + of_moves);
        assert_eq!(of_accounts(|a| a.in_msgs), stats.in_msgs);
        assert_eq!(of_accounts(|a| a.out_msgs), stats.out_msgs);
        for client in clients.into_iter().chain([moves]) {
            world.hang_up(client);
        }
        world.rest();
        let stats = world.broker.stats();
        for account in &stats.accounts {
            assert_eq!((account.connections, account.subscriptions), (0, 0), "{}", account.name);
        }
        assert_eq!(stats.accounts.iter().map(|a| a.in_bytes).sum::<u64>(), stats.in_bytes);
    }
}

/// A world of ten thousand accounts with a user each, and five thousand connections of the first half of them.
fn crowd() -> (World, Vec<String>) {
    let names: Vec<String> = (0..10_000).map(|i| format!("N{i}")).collect();
    let users = names.iter().map(|name| user(name, name, None)).collect();
    let accounts = names.iter().map(AccountPlan::named).collect();
    let plan = plan_with(Config::default(), users, accounts).expect("a plan");
    let mut world = World::planned(2, plan, 1);
    for (i, name) in names[..5000].iter().enumerate() {
        let client = world.client(i % 2);
        world.send(client, connect(name) + "SUB x 1\r\n");
    }
    world.rest();
    assert_eq!(world.broker.stats().subscriptions, 5000);
    (world, names)
}

#[test]
fn of_a_crowd_only_whose_account_it_is_are_looked_at() {
    let (mut world, names) = crowd();
    let narrow = Some(may_publish(&["open"]));
    let started = world
        .broker
        .replace_account(account(&names[7000], narrow.clone()), 2)
        .expect("a plan");
    assert_eq!(settle(&mut world, started), 0, "an account without connections");
    let started = world
        .broker
        .replace_account(account(&names[7], narrow.clone()), 2)
        .expect("a plan");
    assert_eq!(settle(&mut world, started), 1);
    let started = world.broker.replace_user(user(&names[8], &names[8], narrow), 2);
    assert_eq!(settle(&mut world, started.expect("a user")), 1);
    world.say(7, "PUB secret 1\r\nx\r\n");
    world.say(8, "PUB secret 1\r\nx\r\n");
    world.say(9, "PUB secret 1\r\nx\r\n");
    let errors = [7, 8, 9].map(|client| world.errors(client).len());
    assert_eq!(errors, [1, 1, 0]);
}
