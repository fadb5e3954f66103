//! What the connections of an account may use: at CONNECT, at SUB, in a message, and when a reload lowers it.

use super::accounts::{connect, plan_with, settle, user};
use super::harness::World;
use super::permissions::login;
use crate::{AccountLimits, AccountPlan, CloseReason, Config, LogLevel, Plan};

const NO_LIMITS: AccountLimits = AccountLimits {
    connections: None,
    subscriptions: None,
    payload: None,
};

fn account(name: &str, limits: AccountLimits) -> AccountPlan {
    AccountPlan {
        limits,
        ..AccountPlan::named(name)
    }
}

/// Two accounts with two users each; the first one has these limits.
fn plan_of(config: Config, limits: AccountLimits) -> Plan {
    let users = [("a", "A"), ("a2", "A"), ("b", "B"), ("b2", "B")];
    let users = users.iter().map(|(name, account)| user(name, account, None)).collect();
    let accounts = vec![account("A", limits), account("B", NO_LIMITS)];
    plan_with(config, users, accounts).expect("a plan")
}

fn world(loops: usize, limits: AccountLimits) -> World {
    World::planned(loops, plan_of(Config::default(), limits), 1)
}

/// Brings other limits for the first account and lets everything come to rest.
fn limit(world: &mut World, limits: AccountLimits) -> usize {
    let started = world
        .broker
        .replace_account(account("A", limits), world.loops.len())
        .expect("a plan");
    settle(world, started)
}

fn connections(max: usize) -> AccountLimits {
    AccountLimits {
        connections: Some(max),
        ..NO_LIMITS
    }
}

const TOO_MANY: &str = "maximum account active connections exceeded";

#[test]
fn one_connection_more_than_the_account_may_have_is_told_and_closed() {
    let mut world = world(2, connections(2));
    let first = login(&mut world, 0, "a");
    login(&mut world, 1, "a2");
    let refused = world.client(0);
    world.frames(refused);
    world.say(refused, connect("a") + "PING\r\n");
    assert_eq!(world.errors(refused), [TOO_MANY]);
    assert_eq!(world.reason(refused), Some(CloseReason::MaxAccountConnectionsExceeded));
    assert!(world.logged(LogLevel::Error, TOO_MANY));
    // Another account has its own count, and whoever leaves makes room.
    for _ in 0..3 {
        let other = login(&mut world, 0, "b");
        assert_eq!(world.reason(other), None);
    }
    // Who is in it may say so again.
    world.say(first, connect("a2"));
    assert_eq!(world.reason(first), None);
    world.hang_up(first);
    world.rest();
    let next = login(&mut world, 1, "a");
    assert_eq!(world.reason(next), None);
}

#[test]
fn another_connect_counts_in_the_account_it_names() {
    let mut world = world(1, connections(1));
    login(&mut world, 0, "a");
    let client = login(&mut world, 0, "b");
    world.say(client, "SUB x 1\r\n");
    world.say(client, connect("a2"));
    assert_eq!(world.errors(client), [TOO_MANY]);
    let stats = world.broker.stats();
    let counts: Vec<(u64, u64)> = stats
        .accounts
        .iter()
        .map(|a| (a.connections, a.subscriptions))
        .collect();
    assert_eq!(counts, [(0, 0), (1, 0), (0, 0)], "of $G, A and B");
}

#[test]
fn no_connection_at_all_is_a_limit_like_others() {
    let mut world = world(1, connections(0));
    let client = world.client(0);
    world.frames(client);
    world.say(client, connect("a"));
    assert_eq!(world.errors(client), [TOO_MANY]);
}

#[test]
fn a_reload_that_lowers_the_connections_closes_the_newest() {
    let mut world = world(2, NO_LIMITS);
    let clients: Vec<usize> = (0..4).map(|i| login(&mut world, i % 2, "a")).collect();
    let other = login(&mut world, 0, "b");
    limit(&mut world, connections(2));
    let reasons: Vec<_> = clients.iter().map(|&client| world.reason(client)).collect();
    let closed = Some(CloseReason::MaxAccountConnectionsExceeded);
    assert_eq!(reasons, [None, None, closed, closed]);
    assert_eq!(world.errors(clients[3]), [TOO_MANY]);
    assert_eq!(world.reason(other), None);
    // The same by a whole plan.
    let started = world.broker.reload(plan_of(Config::default(), connections(1)), 2);
    assert_eq!(started.over_account_limits.len(), 1);
    settle(&mut world, started);
    assert_eq!((world.reason(clients[0]), world.reason(clients[1])), (None, closed));
    // A higher limit lets more in at once.
    limit(&mut world, connections(2));
    let more = login(&mut world, 1, "a");
    assert_eq!(world.reason(more), None);
}

#[test]
fn of_connections_that_join_while_the_limit_falls_none_is_too_many() {
    for seed in 1..=30 {
        let mut random = crate::simulation::random::Random::new(seed);
        let mut world = world(2, connections(4));
        for _ in 0..6 {
            let at = random.below(2);
            let client = world.client(at);
            world.send(client, connect("a"));
            world.random_step(&mut random);
        }
        let started = world
            .broker
            .replace_account(account("A", connections(2)), 2)
            .expect("a plan");
        world.post_reload(started);
        for _ in 0..20 {
            world.random_step(&mut random);
        }
        world.rest();
        let stats = world.broker.stats();
        let of = stats.accounts.iter().find(|account| account.name == "A");
        assert_eq!(of.map(|of| of.connections), Some(2), "seed {seed}");
    }
}

#[test]
fn a_connection_has_as_many_subscriptions_as_its_account_says() {
    let limits = AccountLimits {
        subscriptions: Some(2),
        ..NO_LIMITS
    };
    let mut world = world(1, limits);
    let (a, a2, b) = (
        login(&mut world, 0, "a"),
        login(&mut world, 0, "a2"),
        login(&mut world, 0, "b"),
    );
    for client in [a, a2, b] {
        world.say(client, "SUB x 1\r\nSUB y 2\r\nSUB z 3\r\n");
    }
    assert_eq!(world.errors(a), ["maximum subscriptions exceeded"]);
    assert_eq!(world.errors(a2), ["maximum subscriptions exceeded"], "each has its own");
    assert!(world.errors(b).is_empty());
    world.say(a, "UNSUB 1\r\nSUB z 3\r\nPUB z 1\r\n!\r\n");
    assert_eq!(world.texts(a), ["!"]);
}

#[test]
fn the_lower_limit_of_server_and_account_counts() {
    let config = Config {
        max_subscriptions: 3,
        max_payload: Some(10),
        ..Config::default()
    };
    for (limits, subscriptions, payload) in [((1, 5), 1, 5), ((9, 90), 3, 10)] {
        let limits = AccountLimits {
            subscriptions: Some(limits.0),
            payload: Some(limits.1),
            ..NO_LIMITS
        };
        let mut world = World::planned(1, plan_of(config.clone(), limits), 1);
        let client = login(&mut world, 0, "a");
        world.say(client, "SUB x 1\r\nSUB x 2\r\nSUB x 3\r\nSUB x 4\r\n");
        assert_eq!(world.errors(client).len(), 4 - subscriptions);
        let message = |size: usize| format!("PUB x {size}\r\n{}\r\n", "x".repeat(size));
        world.say(client, message(payload));
        assert_eq!(world.messages(client).len(), subscriptions);
        world.say(client, message(payload + 1));
        assert_eq!(world.reason(client), Some(CloseReason::MaxPayloadExceeded));
    }
}

#[test]
fn a_reload_that_lowers_the_subscriptions_closes_who_has_more() {
    let mut world = world(2, NO_LIMITS);
    let (two, three) = (login(&mut world, 0, "a"), login(&mut world, 1, "a2"));
    let other = login(&mut world, 0, "b");
    world.say(two, "SUB x 1\r\nSUB y 2\r\n");
    for client in [three, other] {
        world.say(client, "SUB x 1\r\nSUB y 2\r\nSUB z 3\r\n");
    }
    let limits = AccountLimits {
        subscriptions: Some(2),
        ..NO_LIMITS
    };
    limit(&mut world, limits);
    assert_eq!(world.errors(three), ["maximum subscriptions exceeded"]);
    assert_eq!(world.reason(three), Some(CloseReason::MaxSubscriptionsExceeded));
    assert_eq!(
        (world.reason(two), world.reason(other)),
        (None, None),
        "it has as many as it may"
    );
    world.say(two, "SUB z 3\r\n");
    assert_eq!(world.errors(two), ["maximum subscriptions exceeded"]);
}

#[test]
fn a_payload_limit_counts_at_once_and_for_the_short_way_too() {
    let mut world = world(1, NO_LIMITS);
    let (client, other) = (login(&mut world, 0, "a"), login(&mut world, 0, "b"));
    let message = "PUB x 4\r\n1234\r\n";
    for publisher in [client, other] {
        world.say(publisher, format!("SUB x 1\r\n{}", message.repeat(5)));
        assert_eq!(world.messages(publisher).len(), 5);
    }
    let limits = AccountLimits {
        payload: Some(3),
        ..NO_LIMITS
    };
    limit(&mut world, limits);
    world.say(client, "PUB x 3\r\n123\r\n");
    assert_eq!(world.texts(client), ["123"]);
    world.say(client, message);
    assert_eq!(world.errors(client), ["Maximum Payload Violation"]);
    assert_eq!(world.reason(client), Some(CloseReason::MaxPayloadExceeded));
    world.say(other, message);
    assert_eq!(world.messages(other).len(), 1);
}

#[test]
fn info_tells_the_limit_of_the_account_and_that_it_is_the_servers_own() {
    let config = Config {
        system_account: "A".to_owned(),
        ..Config::default()
    };
    let limits = AccountLimits {
        payload: Some(2000),
        ..NO_LIMITS
    };
    let mut world = World::planned(1, plan_of(config, limits), 1);
    let mut told = |user: &str| {
        let client = world.client(0);
        let connect = connect(user).replace("CONNECT {", "CONNECT {\"protocol\":1,");
        world.say(client, connect + "PING\r\n");
        let got = String::from_utf8(world.clients[client].got()).expect("text");
        let infos: Vec<&str> = got.lines().filter(|line| line.starts_with("INFO ")).collect();
        let has = |text: &str| -> Vec<bool> { infos.iter().map(|info| info.contains(text)).collect() };
        (
            has("\"max_payload\":1048576"),
            has("\"max_payload\":2000"),
            has("\"acc_is_sys\":true"),
        )
    };
    assert_eq!(told("a"), (vec![true, false], vec![false, true], vec![false, true]));
    assert_eq!(told("b"), (vec![true, true], vec![false, false], vec![false, false]));
}
