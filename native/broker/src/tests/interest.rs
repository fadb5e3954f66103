//! Subscriptions and the names clients give them.

use super::harness::World;
use crate::interest::{Interest, Member, SidTable};
use nt_subject::HashSeed;
use std::sync::Arc;

fn member(interest: &mut Interest) -> u32 {
    let peer = "127.0.0.1:1000".parse().expect("an address");
    let location = crate::Location {
        reactor: 0,
        slot: 0,
        generation: 1,
    };
    let shared = crate::ConnShared::new(1, crate::ConnectionKind::Client, peer, 0);
    interest.add_member(Member::connection(location, Arc::new(shared), false, None))
}

#[test]
fn a_name_is_found_until_it_is_forgotten() {
    let (mut interest, mut table, seed) = (
        Interest::new(1, true, HashSeed::new(2), Arc::default()),
        SidTable::default(),
        HashSeed::new(1),
    );
    let owner = member(&mut interest);
    let other = member(&mut interest);
    let names: Vec<Vec<u8>> = (0..1000).map(|i| format!("sid-{i}").into_bytes()).collect();
    let ids: Vec<u32> = names
        .iter()
        .map(|name| interest.add(owner, b"a", None, name).expect("valid"))
        .collect();
    for (name, &id) in names.iter().zip(&ids) {
        table.insert(name, id, &seed);
    }
    assert_eq!(table.len(), 1000);
    for (i, (name, &id)) in names.iter().zip(&ids).enumerate() {
        assert_eq!(table.find(name, owner, &interest, &seed), Some(id));
        assert_eq!(table.find(name, other, &interest, &seed), None);
        if i % 2 == 0 {
            table.forget(name, id, &seed);
            assert_eq!(table.find(name, owner, &interest, &seed), None);
        } else if i % 3 == 0 {
            interest.remove(id);
            assert_eq!(table.find(name, owner, &interest, &seed), None, "the interest decides");
        }
    }
    assert_eq!(table.len(), 500);
    assert_eq!(table.take().count(), 500);
    assert_eq!(table.len(), 0);
}

#[test]
fn forgetting_a_name_leaves_another_with_the_same_id_alone() {
    // An id is used again before its first owner's name is forgotten. Many tries: names must fall together in the
    // table.
    let seed = HashSeed::new(1);
    for i in 0..4000 {
        let (mut interest, mut table) = (
            Interest::new(1, true, HashSeed::new(2), Arc::default()),
            SidTable::default(),
        );
        let owner = member(&mut interest);
        let (old, new) = (format!("old-{i}").into_bytes(), format!("new-{i}").into_bytes());
        let id = interest.add(owner, b"a", None, &new).expect("valid");
        table.insert(&new, id, &seed);
        table.insert(&old, id, &seed);
        table.forget(&old, id, &seed);
        // Whatever is left must still be under its own name once the table has grown.
        (0..20u32).for_each(|n| table.insert(&n.to_le_bytes(), 1000 + n, &seed));
        assert_eq!(table.find(&new, owner, &interest, &seed), Some(id), "try {i}");
    }
}

#[test]
fn a_name_whose_subscription_got_its_last_message_is_free_at_once() {
    let mut world = World::new(2);
    let client = world.quiet_client(0);
    world.say(client, "SUB a 1\r\nUNSUB 1 1\r\n");
    {
        // Another loop has just delivered the last message and not yet removed the subscription.
        let interest = world.broker.global.interest().read();
        let (id, sub) = interest.first().expect("one");
        sub.count_deliveries(1);
        world.loops[1].shard.delivery.push_exhausted(id);
    }
    world.say(client, "SUB b 1\r\n");
    let account = world.broker.global.clone();
    let broker = world.broker.clone();
    world.loops[1].shard.after_run(&broker, &broker.plan().config, &account);
    world.say(client, "PUB a 1\r\n1\r\nPUB b 1\r\n2\r\n");
    assert_eq!(world.texts(client), ["2"]);
    assert_eq!(world.broker.connections()[0].subscriptions, 1);
}

#[test]
fn another_connect_drops_all_subscriptions() {
    let mut world = World::new(2);
    let (client, publisher) = (world.quiet_client(0), world.quiet_client(1));
    world.say(client, "SUB a 1\r\nSUB b 2\r\n");
    world.say(client, "CONNECT {\"verbose\":false}\r\nPING\r\n");
    assert_eq!(world.broker.global.subscriptions(), 0);
    assert_eq!(world.broker.connections()[0].subscriptions, 0);
    world.say(publisher, "PUB a 1\r\nx\r\n");
    assert_eq!(world.texts(client).len(), 0);
    world.say(client, "SUB a 1\r\n");
    world.say(publisher, "PUB a 1\r\nx\r\n");
    assert_eq!(world.texts(client), ["x"]);
}

#[test]
fn limits_of_a_connection_count_live_subscriptions_only() {
    let config = crate::Config {
        max_subscriptions: 2,
        max_sub_tokens: 3,
        ..crate::Config::default()
    };
    let mut world = World::with(2, config, None);
    let client = world.quiet_client(0);
    world.say(client, "SUB a 1\r\nSUB b 2\r\nSUB c 3\r\n");
    assert_eq!(world.errors(client), ["maximum subscriptions exceeded"]);
    // One that ends by itself makes room, also when the connection moves in that moment.
    world.say(client, "UNSUB 1 1\r\n");
    let publisher = world.quiet_client(1);
    world.begin_move(client, 1);
    world.take_in(1);
    world.take_in(0);
    let (_, slot) = world.clients[publisher].at().expect("connected");
    world.loops[1].shard.receive(slot, b"PUB a 1\r\nx\r\n");
    world.rest();
    assert_eq!(world.texts(client), ["x"]);
    assert_eq!(world.broker.connections()[0].subscriptions, 1);
    world.say(client, "SUB c 3\r\nSUB a.b.c.d 4\r\n");
    assert_eq!(
        world.errors(client),
        ["Permissions Violation for Subscription to \"a.b.c.d\", too many tokens"]
    );
    assert_eq!(world.broker.global.subscriptions(), 2);
}

#[test]
fn a_late_end_of_a_subscription_does_not_concern_those_after_another_connect() {
    let mut world = World::new(2);
    let (publisher, subscriber) = (world.quiet_client(0), world.quiet_client(1));
    world.say(subscriber, "SUB a 1\r\nUNSUB 1 1\r\n");
    // The other loop sends the last message and removes the subscription; this one has not handled that yet.
    world.send(publisher, "PUB a 1\r\n1\r\n");
    world.read(publisher, usize::MAX);
    let (_, slot) = world.clients[subscriber].at().expect("connected");
    world.loops[1].shard.receive(slot, b"CONNECT {}\r\nSUB a 1\r\n");
    world.rest();
    world.say(publisher, "PUB a 1\r\n2\r\n");
    assert_eq!(world.texts(subscriber), ["1", "2"]);
    world.say(subscriber, "UNSUB 1\r\nPING\r\n");
    world.say(publisher, "PUB a 1\r\n3\r\n");
    assert_eq!(world.texts(subscriber).len(), 0);
    world.hang_up(subscriber);
    world.rest();
    assert_eq!(world.broker.global.subscriptions(), 0);
    world.say(publisher, "PUB a 1\r\n4\r\n");
}
