//! Ends: of connections with things under way to them, and of brokers with connections under way.

use super::harness::{SECOND, World};
use crate::simulation::random::{Random, Seed};
use crate::simulation::wire::Frame;
use crate::{CloseReason, Config, Event, InboxItem};

#[test]
fn the_end_of_a_broker_is_told_once_and_last() {
    let mut world = World::new(3);
    let clients: Vec<usize> = (0..7).map(|i| world.quiet_client(i % 3)).collect();
    world.say(clients[0], "SUB > 1\r\n");
    world.shut_down();
    world.rest();
    for client in clients {
        assert_eq!(world.reason(client), Some(CloseReason::ServerShutdown));
        assert!(world.clients[client].ended());
    }
    assert_eq!(world.stopped_count(), 1);
    assert!(matches!(world.events.last(), Some(Event::Stopped)));
    let peer = "127.0.0.1:1000".parse().expect("an address");
    assert!(
        world.loops[0].shard.add_connection(&world.broker, peer).is_none(),
        "no connection enters after the end"
    );
}

#[test]
fn a_broker_without_connections_ends_too() {
    let mut world = World::new(2);
    world.shut_down();
    world.turn(0);
    assert_eq!(world.stopped_count(), 0, "one loop has not reported");
    world.turn(1);
    assert_eq!(world.stopped_count(), 1);
}

#[test]
fn a_broker_ends_properly_while_connections_move() {
    for seed in 0..400 {
        let _seed = Seed(seed);
        let mut random = Random::new(seed);
        let mut world = World::seeded(2 + random.below(2), Config::default(), None, seed);
        let loops = world.loops.len();
        let clients: Vec<usize> = (0..4).map(|_| world.quiet_client(random.below(loops))).collect();
        for &client in &clients {
            world.send(client, "SUB a 1\r\nPUB a 1\r\nx\r\n");
        }
        for step in 0..60 {
            if step == 20 {
                world.shut_down();
            }
            if random.chance(30) {
                let to = random.below(loops);
                world.begin_move(clients[random.below(4)], to);
            }
            world.random_step(&mut random);
        }
        world.rest();
        for &client in &clients {
            assert_eq!(world.reason(client), Some(CloseReason::ServerShutdown));
        }
        assert_eq!(world.stopped_count(), 1);
        assert!(matches!(world.events.last(), Some(Event::Stopped)));
        assert_eq!(world.broker.global.connections(), 0);
        assert_eq!(world.broker.global.subscriptions(), 0);
        assert!(world.loops.iter().all(|l| l.shard.conn_count() == 0));
    }
}

#[test]
fn nothing_is_told_after_the_end_by_a_loop_that_was_done_before() {
    let mut world = World::new(2);
    let client = world.quiet_client(1);
    world.begin_move(client, 0);
    world.take_in(0);
    world.broker.begin_shutdown();
    world.post(0, InboxItem::Shutdown(world.broker.clone()));
    world.turn(0);
    // The connection moves away from the second loop before that handles the end, and closes at the first.
    world.take_in(1);
    world.post(1, InboxItem::Shutdown(world.broker.clone()));
    world.take_in(0);
    world.write_and_close(0);
    world.turn(1);
    assert_eq!(world.stopped_count(), 0, "the first loop still has something to report");
    world.report(0);
    assert_eq!(world.reason(client), Some(CloseReason::ServerShutdown));
    assert_eq!(world.stopped_count(), 1);
}

#[test]
fn everybody_hears_of_lame_duck_once_also_on_the_move() {
    for seed in 0..300 {
        let _seed = Seed(seed);
        let mut random = Random::new(seed);
        let mut world = World::seeded(2, Config::default(), None, seed);
        let clients: Vec<usize> = (0..3).map(|_| world.quiet_client(random.below(2))).collect();
        for step in 0..60 {
            if step == 20 {
                world.enter_lame_duck();
            }
            if random.chance(30) {
                let to = random.below(2);
                world.begin_move(clients[random.below(3)], to);
            }
            world.random_step(&mut random);
        }
        world.rest();
        for &client in &clients {
            let reports = world
                .frames(client)
                .iter()
                .filter(|frame| matches!(frame, Frame::Info(text) if text.contains("\"ldm\":true")))
                .count();
            assert_eq!(reports, 1, "client {client}");
        }
    }
}

#[test]
fn a_wish_to_close_finds_a_connection_that_moves() {
    for seed in 0..300 {
        let _seed = Seed(seed);
        let mut random = Random::new(seed);
        let mut world = World::seeded(3, Config::default(), None, seed);
        let client = world.quiet_client(random.below(3));
        let cid = world.clients[client].cid;
        for step in 0..40 {
            if step == 15 {
                let at = world.broker.locate(cid).expect("open");
                let broker = world.broker.clone();
                let reason = CloseReason::Kicked;
                world.post(usize::from(at.reactor), InboxItem::Close { broker, cid, reason });
            }
            let to = random.below(3);
            world.begin_move(client, to);
            world.random_step(&mut random);
        }
        world.rest();
        assert_eq!(world.reason(client), Some(CloseReason::Kicked));
    }
}

#[test]
fn a_wish_to_close_that_overtakes_the_connection_waits_for_it() {
    let mut world = World::new(2);
    let client = world.quiet_client(0);
    let cid = world.clients[client].cid;
    world.begin_move(client, 1);
    world.take_in(1);
    // The directory is rewritten a moment before the connection itself is on its way.
    let (slot, place) = world.loops[1].shard.connections.iter().next().expect("a place is kept");
    let to = crate::Location {
        reactor: 1,
        slot,
        generation: place.generation(),
    };
    world.broker.directory().relocate(cid, to);
    let broker = world.broker.clone();
    let reason = CloseReason::Kicked;
    world.post(1, InboxItem::Close { broker, cid, reason });
    world.turn(1);
    assert_eq!(world.reason(client), None);
    world.rest();
    assert_eq!(world.reason(client), Some(CloseReason::Kicked));
}

#[test]
fn what_is_under_way_to_a_closed_connection_reaches_nobody() {
    let mut world = World::new(2);
    let (publisher, removed) = (world.quiet_client(0), world.quiet_client(1));
    world.say(removed, "SUB a 1\r\n");
    let (_, slot) = world.clients[removed].at().expect("connected");
    world.send(publisher, "PUB a 4\r\nlost\r\n");
    world.read(publisher, usize::MAX);
    let shared = world.loops[1].shard.conn(slot).expect("there").shared().clone();
    assert!(shared.pending() > 0, "the message waits in the inbox");
    // Closed before the inbox is drained; another connection gets its slot.
    world.loops[1].shard.socket_ended(slot, CloseReason::ClientClosed);
    world.finish(1);
    let next = world.client(1);
    assert_eq!(world.clients[next].at(), Some((1, slot)), "the slot is used again");
    world.say(next, "CONNECT {\"verbose\":false}\r\nSUB b 1\r\nPING\r\n");
    assert_eq!(world.messages(next).len(), 0);
    assert_eq!(shared.pending(), 0, "nothing waits for a closed connection");
    assert_eq!(world.broker.stats().out_msgs, 0);
}

#[test]
fn last_words_are_written_and_the_socket_waits_a_second_for_its_peer() {
    let mut world = World::new(1);
    world.peers_stay();
    let client = world.quiet_client(0);
    world.say(client, "nonsense\r\n");
    assert_eq!(world.errors(client), ["Unknown Protocol Operation"]);
    assert!(world.clients[client].ended());
    assert_eq!(world.loops[0].shard.conn_count(), 1);
    world.pass(SECOND - 1, SECOND);
    assert_eq!(world.loops[0].shard.conn_count(), 1);
    world.pass(1, 1);
    assert_eq!(world.loops[0].shard.conn_count(), 0);
    assert_eq!(world.reason(client), Some(CloseReason::ProtocolViolation));
}

#[test]
fn a_connection_over_the_limit_is_told_and_counts_nowhere() {
    let config = Config {
        max_connections: 1,
        ..Config::default()
    };
    let mut world = World::with(2, config, None);
    let (first, second) = (world.client(0), world.client(1));
    world.rest();
    assert_eq!(world.errors(second), ["maximum connections exceeded"]);
    assert_eq!(world.reason(second), Some(CloseReason::MaxConnectionsExceeded));
    assert_eq!(world.reason(first), None);
    assert_eq!(world.broker.connection_count(), 1);
    assert_eq!(world.broker.global.connections(), 1);
    world.shut_down();
    world.rest();
    assert_eq!(world.stopped_count(), 1);
}

/// A client that was closed while this much waited for it; it reads `step` bytes at a time, twice a second.
fn lingering(reason: CloseReason, step: usize) -> (World, usize) {
    const WAITING: usize = 1_000_000;
    let mut world = World::new(1);
    let client = world.quiet_client(0);
    let publisher = world.quiet_client(0);
    world.say(client, "SUB a 1\r\n");
    world.peers_stay();
    world.clients[client].set_window(0);
    world.say(publisher, format!("PUB a {WAITING}\r\n{}\r\n", "x".repeat(WAITING)));
    let (broker, cid) = (world.broker.clone(), world.clients[client].cid);
    world.post(0, InboxItem::Close { broker, cid, reason });
    world.rest();
    for _ in 0..40 {
        world.open_window(client, step);
        world.pass(SECOND / 2, SECOND / 2);
    }
    let (_, got) = (world.frames(client), world.clients[client].got().len());
    (world, got / step)
}

#[test]
fn a_closed_connection_that_reads_gets_all_that_waits_for_it() {
    let (world, steps) = lingering(CloseReason::ClientClosed, 100_000);
    assert_eq!(steps, 10, "ten steps take five seconds");
    assert_eq!(
        world.loops[0].shard.conn_count(),
        1,
        "it has read everything and is closed"
    );
}

#[test]
fn a_closed_connection_has_the_write_deadline_in_all() {
    let (world, steps) = lingering(CloseReason::ClientClosed, 10_000);
    assert!((19..=22).contains(&steps), "{steps} steps");
    assert_eq!(world.loops[0].shard.conn_count(), 1);
}

#[test]
fn a_broker_that_ends_waits_a_second() {
    let (_, steps) = lingering(CloseReason::ServerShutdown, 10_000);
    assert!((2..=3).contains(&steps), "{steps} steps");
}

#[test]
fn a_refused_payload_that_has_come_ends_in_a_reset() {
    let config = Config {
        max_payload: Some(10),
        ..Config::default()
    };
    for (sent, resets) in [
        ("PUB a 11\r\nhello world\r\n", true),
        ("PUB a 11\r\n", false),
        ("FOO\r\nPING\r\n", false),
    ] {
        let mut world = World::with(1, config.clone(), None);
        let client = world.quiet_client(0);
        world.say(client, sent);
        assert_eq!(world.errors(client).len(), 1, "{sent:?}");
        let was_reset = world.clients[client].end.with(|pipe| pipe.reset);
        assert_eq!(was_reset, resets, "{sent:?}");
    }
}

/// A client that closed its end, and whose socket has no room for the message that ends ours.
fn closed_without_room(world: &mut World) -> usize {
    let client = world.quiet_client(0);
    world.clients[client].end.with(|pipe| pipe.end_window = 2);
    world.clients[client].set_window(1);
    world.hang_up(client);
    world.rest();
    assert_eq!(world.reason(client), Some(CloseReason::ClientClosed));
    assert!(!world.clients[client].ended());
    client
}

#[test]
fn an_end_that_does_not_fit_is_sent_when_the_socket_takes_more() {
    let mut world = World::new(1);
    let client = closed_without_room(&mut world);
    world.open_window(client, 1);
    assert!(world.clients[client].ended());
}

#[test]
fn an_end_that_never_fits_is_not_waited_for() {
    let mut world = World::new(1);
    let client = closed_without_room(&mut world);
    world.pass(2 * SECOND, SECOND / 10);
    assert_eq!(world.clients[client].at(), None);
}
