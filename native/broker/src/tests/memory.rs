//! Memory that clients can make the broker take.

use super::harness::World;
use crate::{CloseReason, Config, InboxItem};

const SUBSCRIPTIONS: usize = 2_000;

fn subscriptions() -> String {
    (0..SUBSCRIPTIONS).map(|sid| format!("SUB a {sid}\r\n")).collect()
}

fn small_limits() -> Config {
    Config {
        max_pending: 100_000,
        ..Config::default()
    }
}

/// Bytes staged for one connection by one read of its publisher.
fn staged(publisher_loop: usize, lines: &str) -> (usize, World, usize) {
    let mut world = World::with(2, small_limits(), None);
    let subscriber = world.quiet_client(0);
    world.say(subscriber, subscriptions() + "PING\r\n");
    world.clients[subscriber].set_window(0);
    let publisher = world.quiet_client(publisher_loop);
    world.send(publisher, lines);
    world.read(publisher, usize::MAX);
    world.take_in(0);
    let (loop_, slot) = world.clients[subscriber].at().expect("still here");
    let waiting = world.loops[loop_].shard.conn(slot).expect("still here").out().len();
    (waiting, world, subscriber)
}

#[test]
fn one_message_for_many_subscriptions_of_one_connection_takes_no_more_than_may_wait() {
    let payload = "x".repeat(10_000);
    let message = format!("PUB a {}\r\n{payload}\r\n", payload.len());
    for publisher_loop in [0, 1] {
        for lines in [message.clone(), message.repeat(3)] {
            let (waiting, mut world, subscriber) = staged(publisher_loop, &lines);
            assert!(waiting < 200_000, "{waiting} bytes wait, from loop {publisher_loop}");
            world.rest();
            assert_eq!(world.reason(subscriber), Some(CloseReason::SlowConsumerPendingBytes));
        }
    }
}

#[test]
fn who_reads_everything_is_cut_off_all_the_same_once_messages_were_left_out() {
    let payload = "x".repeat(10_000);
    let message = format!("PUB a {}\r\n{payload}\r\n", payload.len());
    let (_, mut world, subscriber) = staged(1, &message);
    world.open_window(subscriber, usize::MAX);
    world.rest();
    assert_eq!(world.reason(subscriber), Some(CloseReason::SlowConsumerPendingBytes));
}

#[test]
fn a_read_that_others_must_deliver_is_handed_over_in_portions() {
    let mut world = World::new(2);
    let subscriber = world.quiet_client(0);
    world.say(subscriber, subscriptions() + "PING\r\n");
    let publisher = world.quiet_client(1);
    let message = format!("PUB a 1000\r\n{}\r\n", "x".repeat(1000));
    let data = message.repeat(50);
    let (loop_, slot) = world.clients[publisher].at().expect("here");
    let used = world.loops[loop_].shard.receive(slot, data.as_bytes());
    assert!(world.loops[loop_].shard.should_flush());
    assert!(used < data.len() / 4, "{used} of {} at once", data.len());
    let rest = world.loops[loop_].shard.receive(slot, &data.as_bytes()[used..]);
    assert!(rest > 0);
    assert_eq!(world.loops[loop_].shard.receive(slot, b""), 0);
    assert!(
        !world.loops[loop_].shard.should_flush(),
        "what was handed over is counted once"
    );
}

#[test]
fn a_loop_knows_that_something_waits_although_its_inbox_is_empty() {
    let mut world = World::new(2);
    let client = world.quiet_client(0);
    assert!(!world.loops[0].shard.has_waiting());
    // Taken in before a read, for the body.
    world.post(0, InboxItem::Command(Box::new(())));
    world.loops[0].shard.drain_inbox();
    assert!(world.loops[0].shard.has_waiting());
    assert!(world.loops[0].shard.take_command().is_some());
    assert!(!world.loops[0].shard.has_waiting());
    // Deferred by a move, which handles deliveries only.
    world.begin_move(client, 1);
    world.turn(1);
    world.loops[0].shard.drain_inbox();
    world.post(0, InboxItem::LameDuck(world.broker.clone()));
    world.finish(0);
    assert_eq!(world.clients[client].at(), None, "on its way");
    assert!(world.loops[0].shard.has_waiting());
    world.take_in(0);
    assert!(!world.loops[0].shard.has_waiting());
}

#[test]
fn an_idle_loop_keeps_nothing_of_the_largest_message_it_saw() {
    let mut world = World::new(1);
    let (publisher, subscriber) = (world.quiet_client(0), world.client(0));
    world.say(subscriber, "SUB a 1\r\n");
    // Composed again for a client that reads no headers.
    let payload = "x".repeat(500_000);
    world.say(
        publisher,
        format!("HPUB a 12 {}\r\nNATS/1.0\r\n\r\n{payload}\r\n", 12 + payload.len()),
    );
    assert_eq!(world.texts(subscriber), [payload]);
    assert!(world.loops[0].shard.run_buffers.frame_capacity() > 0);
    world.loops[0].shard.shrink();
    assert_eq!(world.loops[0].shard.run_buffers.frame_capacity(), 0);
}
