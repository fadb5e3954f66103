//! Connections that move to another loop: what goes along, what does not move, what is given back.

use super::harness::{MS, World};
use crate::Config;

fn slots(world: &World) -> Vec<usize> {
    world.loops.iter().map(|l| l.shard.conn_count()).collect()
}

#[test]
fn everything_goes_along() {
    let mut world = World::new(2);
    let (mover, other) = (world.quiet_client(0), world.quiet_client(0));
    world.say(mover, "SUB a 1\r\nSUB b q 2\r\nPUB half 10\r\n12345");
    world.say(other, "SUB half 1\r\n");
    world.clients[mover].set_window(0);
    world.say(other, "PUB a 1\r\n1\r\nPUB b 1\r\n2\r\n");
    world.begin_move(mover, 1);
    world.rest();
    assert_eq!(world.clients[mover].at().map(|at| at.0), Some(1));
    assert_eq!(slots(&world), [1, 1]);
    // What waited, what comes, what was half said.
    world.open_window(mover, usize::MAX);
    world.say(other, "PUB a 1\r\n3\r\n");
    assert_eq!(world.texts(mover), ["1", "2", "3"]);
    world.say(mover, "67890\r\nUNSUB 1\r\nPING\r\n");
    assert_eq!(world.texts(other), ["1234567890"]);
    world.say(other, "PUB a 1\r\n4\r\nPUB b 1\r\n5\r\n");
    assert_eq!(world.texts(mover), ["5"]);
}

#[test]
fn messages_of_the_new_neighbours_wait_behind_those_under_way() {
    let mut world = World::new(3);
    let (mover, near, far) = (world.quiet_client(0), world.quiet_client(1), world.quiet_client(2));
    world.say(mover, "SUB a 1\r\n");
    world.begin_move(mover, 1);
    world.take_in(1);
    world.send(far, "PUB a 1\r\n1\r\n");
    world.read(far, usize::MAX);
    // It moves, with what other loops have sent for it.
    world.take_in(0);
    assert_eq!(world.clients[mover].at(), None);
    let (_, slot) = world.clients[near].at().expect("connected");
    world.loops[1].shard.receive(slot, b"PUB a 1\r\n2\r\n");
    world.write_and_close(1);
    world.send(far, "PUB a 1\r\n3\r\n");
    world.read(far, usize::MAX);
    world.rest();
    assert_eq!(world.texts(mover), ["1", "2", "3"]);
    assert_eq!(world.broker.stats().out_bytes, 3);
}

#[test]
fn what_is_not_ready_stays() {
    let (mut world, client) = {
        let mut world = super::permissions::with_users(2, &[("u", crate::PermissionLists::default())]);
        let client = world.client(0);
        (world, client)
    };
    world.begin_move(client, 1);
    world.rest();
    assert_eq!(slots(&world), [1, 0], "no slot is reserved for it");
    let known = super::permissions::login(&mut world, 0, "u");
    world.begin_move(known, 0);
    world.rest();
    assert_eq!(slots(&world), [2, 0], "it is there already");
    world.begin_move(known, 1);
    world.begin_move(known, 1);
    world.rest();
    assert_eq!(slots(&world), [1, 1], "asked twice, moved once");
}

#[test]
fn a_publisher_in_a_pause_stays_and_its_place_is_given_back() {
    let mut world = World::with(2, Config::default(), None);
    let (publisher, subscriber) = (world.quiet_client(0), world.quiet_client(0));
    world.say(subscriber, "SUB a 1\r\n");
    world.clients[subscriber].set_window(0);
    let burst = format!("PUB a {}\r\n{}\r\n", 1 << 20, "x".repeat(1 << 20)).repeat(1);
    // The pause begins between the request for a slot and the answer, then between the answer and the move.
    for late in [false, true] {
        world.begin_move(publisher, 1);
        world.take_in(1);
        world.send(publisher, burst.repeat(2));
        if late {
            world.loops[0].shard.drain_inbox();
        }
        world.read(publisher, usize::MAX);
        assert!(world.is_paused(publisher));
        world.finish(0);
        world.take_in(0);
        world.take_in(1);
        assert_eq!(slots(&world), [2, 0], "late: {late}");
        world.pass(20 * MS, MS);
        world.open_window(subscriber, usize::MAX);
        world.clients[subscriber].set_window(0);
    }
    world.begin_move(publisher, 1);
    world.rest();
    assert_eq!(slots(&world), [1, 1], "it may still move later");
}

#[test]
fn a_connection_that_closes_first_gives_its_place_back() {
    for late in [false, true] {
        let mut world = World::new(2);
        let client = world.quiet_client(0);
        world.begin_move(client, 1);
        world.take_in(1);
        if late {
            world.loops[0].shard.drain_inbox();
        }
        world.hang_up(client);
        world.read(client, usize::MAX);
        world.finish(0);
        world.rest();
        assert_eq!(slots(&world), [0, 0], "late: {late}");
        assert_eq!(world.reasons(client).len(), 1);
    }
}

#[test]
fn connections_may_change_places_with_each_other() {
    let mut world = World::new(2);
    let (one, two) = (world.quiet_client(0), world.quiet_client(1));
    world.say(one, "SUB a 1\r\n");
    world.say(two, "SUB b 1\r\n");
    for round in 0..10 {
        world.begin_move(one, (round + 1) % 2);
        world.begin_move(two, round % 2);
        world.send(one, "PUB b 1\r\nx\r\n");
        world.send(two, "PUB a 1\r\nx\r\n");
        world.rest();
    }
    assert_eq!((world.texts(one).len(), world.texts(two).len()), (10, 10));
    assert_eq!(slots(&world), [1, 1]);
}
