//! Memory that clients can make the broker take.

use super::harness::World;
use crate::{CloseReason, Config};

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
    world.clients[subscriber].window = 0;
    let publisher = world.quiet_client(publisher_loop);
    world.send(publisher, lines);
    world.read(publisher, usize::MAX);
    world.take_in(0);
    let (loop_, slot) = world.clients[subscriber].at.expect("still here");
    let waiting = world.shards[loop_].conn(slot).expect("still here").out.len();
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
