//! Subscribers with large backlogs: how long their publishers pause, and when the subscribers are closed.

use super::harness::{MS, World};
use crate::{CloseReason, Config};

const MIB: usize = 1 << 20;
/// A message that fits into one read with its line.
const LARGE: usize = MIB - 64;

fn message(bytes: usize) -> Vec<u8> {
    let mut message = format!("PUB a {bytes}\r\n").into_bytes();
    message.resize(message.len() + bytes, b'x');
    message.extend_from_slice(b"\r\n");
    message
}

/// A publisher on the first loop, and a subscriber on the last whose socket takes nothing.
fn stuck(loops: usize, config: Config) -> (World, usize, usize) {
    let mut world = World::with(loops, config, None);
    let (publisher, subscriber) = (world.quiet_client(0), world.quiet_client(loops - 1));
    world.say(subscriber, "SUB a 1\r\n");
    world.clients[subscriber].set_window(0);
    (world, publisher, subscriber)
}

fn max_pending(bytes: usize) -> Config {
    Config {
        max_pending: bytes,
        ..Config::default()
    }
}

#[test]
fn a_subscriber_that_is_behind_gets_a_millisecond() {
    for loops in [1, 2] {
        let (mut world, publisher, _) = stuck(loops, Config::default());
        world.send(publisher, message(MIB / 2));
        world.read(publisher, usize::MAX);
        assert!(!world.is_paused(publisher), "half a megabyte is nothing");
        world.send(publisher, message(LARGE));
        world.read(publisher, usize::MAX);
        assert!(world.is_paused(publisher), "{loops} loops");
        world.send(publisher, "PING\r\n");
        world.now += MS - 1;
        world.turn(0);
        assert!(world.is_paused(publisher));
        assert_eq!(world.unread(publisher), 6);
        world.now += 1;
        world.turn(0);
        assert!(!world.is_paused(publisher));
        assert_eq!(world.unread(publisher), 0);
        assert_eq!(world.broker.stats().stalled_clients, 0, "a breather is not counted");
    }
}

#[test]
fn one_that_is_nearly_full_gets_ten_and_it_is_counted() {
    for loops in [1, 2] {
        let (mut world, publisher, subscriber) = stuck(loops, max_pending(4 * MIB));
        // One read makes more than three megabytes for it.
        let more: String = (2..=16).map(|sid| format!("SUB a {sid}\r\n")).collect();
        world.say(subscriber, more);
        world.send(publisher, message(220 * 1024));
        world.read(publisher, usize::MAX);
        assert!(world.is_paused(publisher));
        assert_eq!(world.broker.stats().stalled_clients, 1);
        assert_eq!(world.broker.connections()[subscriber].stalls, 1);
        world.now += 10 * MS - 1;
        world.turn(0);
        assert!(world.is_paused(publisher));
        world.now += 1;
        world.turn(0);
        assert!(!world.is_paused(publisher));
    }
}

#[test]
fn a_pause_ends_when_the_subscriber_has_caught_up() {
    for loops in [1, 2] {
        let (mut world, publisher, subscriber) = stuck(loops, Config::default());
        (0..2).for_each(|_| world.send(publisher, message(LARGE)));
        world.read(publisher, usize::MAX);
        assert!(world.is_paused(publisher));
        (0..loops).for_each(|loop_| world.turn(loop_));
        world.open_window(subscriber, MIB);
        (0..loops).for_each(|loop_| world.turn(loop_));
        assert!(world.is_paused(publisher), "a megabyte still waits");
        world.open_window(subscriber, usize::MAX);
        (0..loops).for_each(|loop_| world.turn(loop_));
        assert!(!world.is_paused(publisher), "no time has passed, and none was needed");
    }
}

#[test]
fn a_pause_ends_with_the_subscriber() {
    for loops in [1, 2] {
        let (mut world, publisher, subscriber) = stuck(loops, Config::default());
        (0..2).for_each(|_| world.send(publisher, message(MIB)));
        world.read(publisher, usize::MAX);
        assert!(world.is_paused(publisher));
        world.hang_up(subscriber);
        for _ in 0..2 {
            (0..loops).rev().for_each(|loop_| world.turn(loop_));
        }
        assert!(!world.is_paused(publisher), "{loops} loops");
    }
}

#[test]
fn a_stuck_subscriber_costs_its_publisher_ten_milliseconds_a_read_and_then_nothing() {
    for loops in [1, 2] {
        let (mut world, publisher, subscriber) = stuck(loops, max_pending(8 * MIB));
        let (reads, chunk) = (100, 128 * 1024);
        (0..reads).for_each(|_| world.send(publisher, message(chunk)));
        let begin = world.now;
        let mut done = 0;
        while world.unread(publisher) > 0 {
            done += usize::from(world.read(publisher, chunk));
            for loop_ in 0..loops {
                world.finish(loop_);
                world.take_in(loop_);
            }
            world.now += MS / 4;
            (0..loops).for_each(|loop_| world.fire_timers(loop_));
            assert!(
                world.now - begin <= (done as u64 + 1) * 11 * MS,
                "{done} reads took too long"
            );
        }
        assert_eq!(world.reason(subscriber), Some(CloseReason::SlowConsumerPendingBytes));
        assert!(!world.is_paused(publisher));
        assert_eq!(world.reason(publisher), None);
    }
}

#[test]
fn who_has_too_much_waiting_is_cut_off_and_nobody_else_is() {
    for loops in [1, 2] {
        let (mut world, publisher, subscriber) = stuck(loops, max_pending(1000));
        let healthy = world.quiet_client(0);
        world.say(healthy, "SUB a 2\r\n");
        // `MSG a 1 990\r\n` and CRLF around 985 bytes are 1000; one more is one too many.
        world.say(publisher, message(985));
        assert_eq!(world.reason(subscriber), None, "exactly full");
        assert_eq!(world.broker.connections()[1].pending_bytes, 1000);
        world.say(publisher, message(1));
        assert_eq!(world.reason(subscriber), Some(CloseReason::SlowConsumerPendingBytes));
        assert_eq!(world.texts(healthy).len(), 2);
        let stats = world.broker.stats();
        assert_eq!((stats.slow_consumers_pending, stats.connections), (1, 2));
        // What waited is dropped, not written.
        world.open_window(subscriber, usize::MAX);
        assert_eq!(world.messages(subscriber).len(), 0);
    }
}

#[test]
fn without_stalls_messages_for_the_nearly_full_are_dropped() {
    for loops in [1, 2] {
        let config = Config {
            no_fast_producer_stall: true,
            ..max_pending(4 * MIB)
        };
        let (mut world, publisher, subscriber) = stuck(loops, config);
        let healthy = world.quiet_client(0);
        world.say(healthy, "SUB a 1\r\n");
        for _ in 0..100 {
            world.say(publisher, message(MIB / 10));
            assert!(!world.is_paused(publisher));
        }
        assert_eq!(world.reason(subscriber), None);
        let pending = world.broker.connections()[subscriber].pending_bytes;
        assert!((3 * MIB..3 * MIB + MIB / 5).contains(&pending), "{pending}");
        assert_eq!(world.messages(healthy).len(), 100);
    }
}

#[test]
fn without_stalls_a_group_gives_to_members_with_room() {
    let config = Config {
        no_fast_producer_stall: true,
        ..max_pending(4 * MIB)
    };
    let (mut world, publisher, stuck) = stuck(2, config);
    world.say(stuck, "UNSUB 1\r\nSUB a q 2\r\n");
    (0..31).for_each(|_| world.say(publisher, message(MIB / 10)));
    let healthy = world.quiet_client(0);
    world.say(healthy, "SUB a q 1\r\n");
    for _ in 0..50 {
        world.say(publisher, message(MIB / 10));
    }
    assert_eq!(world.messages(healthy).len(), 50);
}
