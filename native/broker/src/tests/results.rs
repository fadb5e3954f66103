//! The cache of resolved subjects: what it admits, and that it stays within bounds.

use super::harness::World;
use crate::{CloseReason, Config};

fn results(world: &World) -> usize {
    world.loops[0].shard.results.iter().len()
}

fn targets(world: &World) -> usize {
    world.loops[0]
        .shard
        .results
        .iter()
        .skip(1)
        .map(|resolved| resolved.target_count())
        .sum()
}

fn publish(subject: impl std::fmt::Display) -> String {
    format!("PUB {subject} 1\r\nx\r\n")
}

#[test]
fn a_subject_is_admitted_when_it_comes_again() {
    let mut world = World::new(1);
    let client = world.quiet_client(0);
    world.say(client, publish("a") + &publish("a") + &publish("b"));
    assert_eq!(results(&world), 1, "a run of one subject is one sight of it");
    world.say(client, publish("a"));
    assert_eq!(results(&world), 2);
    world.say(client, publish("b") + &publish("a") + &publish("b"));
    assert_eq!(results(&world), 3);
}

/// Also when its subject is cached, by whichever client.
#[test]
fn a_line_that_is_too_long_ends_its_connection() {
    let subject = "s".repeat(36);
    let config = Config {
        max_control_line: 40,
        ..Config::default()
    };
    for others in [false, true] {
        let mut world = World::with(1, config.clone(), None);
        let clients = [(); 2].map(|()| world.client(0));
        for client in clients {
            world.say(client, "CONNECT {\"verbose\":false,\"pedantic\":false}\r\n");
        }
        for _ in 0..3 {
            world.say(clients[0], publish(&subject) + &publish("b"));
        }
        let client = clients[usize::from(others)];
        world.say(client, publish(&subject));
        assert_eq!(world.reason(client), None);
        world.say(client, format!("PUB {subject} 1000\r\n{}\r\n", "x".repeat(1000)));
        assert_eq!(world.reason(client), Some(CloseReason::MaxControlLineExceeded));
    }
}

#[test]
fn random_subjects_leave_nothing_behind() {
    let mut world = World::new(1);
    let client = world.quiet_client(0);
    world.say(client, "SUB > 1\r\n");
    for batch in 0..20 {
        world.say(
            client,
            (0..2000)
                .map(|i| publish(format_args!("r.{batch}.{i}")))
                .collect::<String>(),
        );
    }
    assert_eq!(world.messages(client).len(), 40_000);
    assert!(results(&world) <= 2, "{} results", results(&world));
}

#[test]
fn subjects_are_bounded_in_number() {
    let mut world = World::new(1);
    let client = world.quiet_client(0);
    for i in 0..20_000 {
        world.send(client, publish(i) + &publish("other") + &publish(i));
    }
    world.rest();
    assert!(results(&world) > 1000, "{} results", results(&world));
    assert!(results(&world) <= 4096 + 1, "{} results", results(&world));
}

#[test]
fn targets_are_bounded_in_number() {
    let mut world = World::new(1);
    let (publisher, subscriber) = (world.quiet_client(0), world.quiet_client(0));
    world.say(
        subscriber,
        (0..200).map(|i| format!("SUB > {i}\r\n")).collect::<String>(),
    );
    for i in 0..2500 {
        world.say(publisher, publish(i) + &publish("other") + &publish(i));
        world.clients[subscriber].end.with(|pipe| pipe.got.clear());
        assert!(targets(&world) <= (1 << 18) + 200, "{} targets", targets(&world));
    }
    assert!(targets(&world) > 1000);
}

#[test]
fn long_subjects_are_bounded_in_bytes() {
    let mut world = World::new(1);
    let (publisher, subscriber) = (world.quiet_client(0), world.quiet_client(0));
    world.say(
        subscriber,
        (0..1000).map(|i| format!("SUB > {i}\r\n")).collect::<String>(),
    );
    let mut most = 0;
    for i in 0..60 {
        let long = format!("{}{i}", "s".repeat(4000));
        world.say(publisher, publish(&long) + &publish("other") + &publish(&long));
        world.clients[subscriber].end.with(|pipe| pipe.got.clear());
        let bytes: usize = world.loops[0]
            .shard
            .results
            .iter()
            .map(|resolved| resolved.bytes())
            .sum();
        most = most.max(bytes);
    }
    assert!(most > 10 << 20, "{most} bytes");
    assert!(most < 128 << 20, "{most} bytes");
}

#[test]
fn subjects_without_targets_count_too() {
    const LONG: usize = 100_000;
    let mut world = World::new(1);
    let client = world.client(0);
    world.say(client, "CONNECT {\"verbose\":false,\"headers\":true}\r\n");
    for i in 0..20 {
        // No line of the protocol is that long, but headers may be.
        let headers = format!("NATS/1.0\r\nNats-Trace-Dest: {}{i}\r\n\r\n", "d".repeat(LONG));
        let len = headers.len();
        world.say(client, format!("HPUB a {len} {len}\r\n{headers}\r\n").repeat(2));
    }
    assert!(results(&world) > 15, "{} results", results(&world));
    let bytes: usize = world.loops[0]
        .shard
        .results
        .iter()
        .map(|resolved| resolved.bytes())
        .sum();
    assert!(bytes > (results(&world) - 2) * LONG, "{bytes} bytes");
}

#[test]
fn a_known_subject_follows_every_change_of_interest() {
    let mut world = World::new(2);
    let (publisher, one, two) = (world.quiet_client(0), world.quiet_client(0), world.quiet_client(1));
    let expect = |world: &mut World, ones: usize, twos: usize| {
        world.say(publisher, publish("a") + &publish("b") + &publish("a"));
        assert_eq!((world.texts(one).len(), world.texts(two).len()), (ones, twos));
    };
    expect(&mut world, 0, 0);
    world.say(one, "SUB a 1\r\n");
    expect(&mut world, 2, 0);
    world.say(two, "SUB * 1\r\n");
    expect(&mut world, 2, 3);
    world.begin_move(two, 0);
    world.rest();
    expect(&mut world, 2, 3);
    world.say(one, "UNSUB 1\r\n");
    expect(&mut world, 0, 3);
    world.say(two, "UNSUB 1 11\r\n");
    expect(&mut world, 0, 2);
    expect(&mut world, 0, 0);
}

#[test]
fn the_last_connection_takes_the_cache_with_it() {
    let mut world = World::new(1);
    let client = world.quiet_client(0);
    world.say(client, (publish("a") + &publish("b")).repeat(3));
    assert_eq!(results(&world), 3);
    world.hang_up(client);
    world.rest();
    assert_eq!(results(&world), 1);
    // The next client starts with an empty cache.
    let next = world.quiet_client(0);
    world.say(next, "SUB a 1\r\n".to_owned() + &publish("a"));
    assert_eq!(world.texts(next), ["x"]);
}

/// Publishes on a long subject; everyone gets every message under their own name for it.
fn expect_own_sids(world: &mut World, publisher: usize, subscribers: &[(usize, Vec<String>)]) {
    let subject = "s".repeat(4000);
    let hpub = format!("HPUB {subject} 12 13\r\nNATS/1.0\r\n\r\nh\r\n");
    world.say(publisher, publish(&subject).repeat(3) + &hpub + "PUB other 1\r\nx\r\n");
    for (client, sids) in subscribers {
        let mut got: Vec<String> = world
            .messages(*client)
            .iter()
            .filter(|message| message.subject == subject)
            .map(|message| message.sid.clone())
            .collect();
        let mut wanted = [&sids[..]; 4].concat();
        got.sort_unstable();
        wanted.sort_unstable();
        assert!(got == wanted, "{} messages for {} names", got.len(), wanted.len());
    }
}

#[test]
fn a_long_subject_of_many_targets_is_not_stored_for_each_of_them() {
    let mut world = World::new(1);
    let (publisher, subscriber) = (world.quiet_client(0), world.quiet_client(0));
    // Names of several lengths: no trace of a longer one is left in a shorter one.
    let sids: Vec<String> = (0..3000).map(|i| format!("{}{i}", "n".repeat(i * 7 % 40))).collect();
    world.say(
        subscriber,
        sids.iter().map(|sid| format!("SUB > {sid}\r\n")).collect::<String>(),
    );
    for _ in 0..3 {
        expect_own_sids(&mut world, publisher, &[(subscriber, sids.clone())]);
    }
    let bytes: usize = world.loops[0]
        .shard
        .results
        .iter()
        .map(|resolved| resolved.bytes())
        .max()
        .unwrap_or_default();
    assert!(bytes < 10 << 20, "{bytes} bytes");
}

#[test]
fn connections_past_the_stored_prefixes_get_bursts_too() {
    let mut world = World::new(2);
    let publisher = world.quiet_client(0);
    let subscribers: Vec<(usize, Vec<String>)> = (0..1200)
        .map(|i| {
            let (client, sid) = (world.client(i % 2), i.to_string());
            world.send(client, format!("CONNECT {{\"verbose\":false}}\r\nSUB > {sid}\r\n"));
            (client, vec![sid])
        })
        .collect();
    world.rest();
    for _ in 0..2 {
        expect_own_sids(&mut world, publisher, &subscribers);
    }
}

#[test]
fn without_the_cache_nothing_is_remembered() {
    let config = Config {
        result_cache: false,
        ..Config::default()
    };
    let mut world = World::with(1, config, None);
    let client = world.quiet_client(0);
    world.say(client, "SUB a 1\r\nSUB > 2\r\nSUB b q 3\r\n");
    for subject in ["a", "b", "a", "a", "b", "c", "a"] {
        world.say(client, publish(subject));
    }
    assert_eq!(world.messages(client).len(), 4 * 2 + 2 * 2 + 1);
    let stats = world.broker.global.interest_stats();
    assert_eq!((stats.cached, stats.fanout, stats.fanout_max), (0, 0, 0));
    assert_eq!(stats.cache_hits, 0);
    // The second one of two in a row needs no look-up.
    assert_eq!(stats.matches, 6);
    assert_eq!(results(&world), 1);
}
