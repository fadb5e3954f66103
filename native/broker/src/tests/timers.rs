//! What time does to connections, on a clock that only the test moves.

use super::harness::{MS, SECOND, World};
use super::permissions::{login, with_users};
use crate::simulation::wire::Frame;
use crate::{CloseReason, Config, LogLevel, PermissionLists};
use std::time::Duration;

const MINUTE: u64 = 60 * SECOND;

fn pings(world: &mut World, client: usize) -> usize {
    let frames = world.frames(client);
    frames.iter().filter(|frame| **frame == Frame::Ping).count()
}

#[test]
fn the_first_ping_comes_after_two_seconds_and_up_to_a_fifth() {
    let mut world = World::new(1);
    let clients: Vec<usize> = (0..50).map(|_| world.quiet_client(0)).collect();
    world.pass(2 * SECOND - 1, 100 * MS);
    let early: usize = clients.iter().map(|&client| pings(&mut world, client)).sum();
    world.pass(200 * MS, 10 * MS);
    let middle: usize = clients.iter().map(|&client| pings(&mut world, client)).sum();
    world.pass(201 * MS, 10 * MS);
    let late: usize = clients.iter().map(|&client| pings(&mut world, client)).sum();
    assert_eq!(early, 0);
    assert!(middle > 5 && late > 5, "the PINGs spread: {middle} and {late}");
    assert_eq!(middle + late, 50);
}

#[test]
fn a_short_interval_comes_before_the_first_ping() {
    let config = Config {
        ping_interval: Duration::from_millis(500),
        ..Config::default()
    };
    let mut world = World::with(1, config, None);
    let client = world.quiet_client(0);
    world.pass(500 * MS, 500 * MS);
    assert_eq!(pings(&mut world, client), 1);
}

#[test]
fn the_first_connect_tells_about_how_long_a_round_trip_takes() {
    let mut world = World::new(1);
    let client = world.client(0);
    world.now += 7 * MS;
    world.say(client, "CONNECT {}\r\n");
    assert_eq!(world.broker.connections()[0].rtt_ns, 7 * MS);
    world.now += SECOND;
    world.say(client, "CONNECT {}\r\n");
    assert_eq!(
        world.broker.connections()[0].rtt_ns,
        7 * MS,
        "a later one answers nothing"
    );
}

#[test]
fn pong_measures_the_round_trip() {
    let mut world = World::new(1);
    let client = world.quiet_client(0);
    world.pass(3 * SECOND, MS);
    assert_eq!(pings(&mut world, client), 1);
    let sent = world.loops[0].shard.connections[0].ping_sent_ns();
    world.say(client, "PONG\r\n");
    assert_eq!(world.broker.connections()[0].rtt_ns, world.now - sent);
}

#[test]
fn a_client_that_sends_gets_no_ping() {
    let mut world = World::new(1);
    let client = world.quiet_client(0);
    world.pass(3 * SECOND, SECOND);
    world.say(client, "PONG\r\n");
    world.frames(client);
    for _ in 0..5 {
        world.pass(MINUTE, MINUTE);
        world.say(client, "PUB a 0\r\n\r\n");
    }
    assert_eq!(pings(&mut world, client), 0);
    world.pass(4 * MINUTE, MINUTE);
    assert!(pings(&mut world, client) > 0);
}

#[test]
fn the_log_tells_why_a_ping_is_put_off() {
    let config = Config {
        log_debug: true,
        ..Config::default()
    };
    let mut world = World::with(1, config, None);
    let client = world.quiet_client(0);
    world.pass(3 * SECOND, SECOND);
    world.say(client, "PONG\r\n");
    world.pass(MINUTE, MINUTE);
    world.say(client, "PUB a 0\r\n\r\n");
    world.pass(MINUTE + SECOND, MINUTE + SECOND);
    assert!(world.logged(
        LogLevel::Debug,
        "Delaying PING due to remote client data or ping 1m1s ago"
    ));
}

#[test]
fn a_peer_that_never_answers_is_stale_after_ping_max_pings() {
    let mut world = World::new(1);
    let client = world.quiet_client(0);
    world.pass(3 * SECOND, SECOND);
    world.pass(2 * MINUTE, SECOND);
    assert_eq!(pings(&mut world, client), 2);
    assert_eq!(world.reason(client), None);
    world.pass(2 * MINUTE, SECOND);
    assert_eq!(world.reason(client), Some(CloseReason::StaleConnection));
    assert_eq!(world.errors(client), ["Stale Connection"]);
    assert_eq!(world.broker.stats().stale_connections, 1);
}

#[test]
fn a_peer_that_talks_but_never_answers_is_asked_once_and_kept() {
    let mut world = World::new(1);
    let client = world.quiet_client(0);
    for _ in 0..20 {
        world.pass(MINUTE, SECOND);
        world.say(client, "PUB a 0\r\n\r\n");
    }
    assert_eq!(pings(&mut world, client), 1);
    assert_eq!(world.reason(client), None);
}

#[test]
fn answers_keep_a_connection_alive_wherever_it_moves() {
    let mut world = World::new(2);
    let client = world.quiet_client(0);
    for i in 0..20 {
        world.pass(MINUTE, SECOND);
        world.begin_move(client, (i + 1) % 2);
        world.rest();
        let asked = pings(&mut world, client);
        world.say(client, "PONG\r\n".repeat(asked));
    }
    assert_eq!(world.reason(client), None);
    // And a silent one is found out there too.
    world.pass(10 * MINUTE, SECOND);
    assert_eq!(world.reason(client), Some(CloseReason::StaleConnection));
}

#[test]
fn the_first_ping_follows_a_connection_that_moves_at_once() {
    let mut world = World::new(2);
    let client = world.quiet_client(0);
    world.begin_move(client, 1);
    world.rest();
    world.pass(3 * SECOND, 100 * MS);
    assert_eq!(pings(&mut world, client), 1);
}

#[test]
fn connect_must_come_in_time() {
    let mut world = with_users(1, &[("u", PermissionLists::default())]);
    let (late, known) = (world.client(0), login(&mut world, 0, "u"));
    world.say(late, "CONN");
    world.pass(2 * SECOND - 1, 100 * MS);
    assert_eq!(world.reason(late), None);
    world.pass(1, 1);
    assert_eq!(world.reason(late), Some(CloseReason::AuthenticationTimeout));
    assert_eq!(world.errors(late), ["Authentication Timeout"]);
    assert_eq!(world.reason(known), None);
}

/// A subscriber whose socket takes nothing, with something waiting for it.
fn stuck(config: Config, loops: usize) -> (World, usize, usize) {
    let mut world = World::with(loops, config, None);
    let (publisher, subscriber) = (world.quiet_client(0), world.quiet_client(loops - 1));
    world.say(subscriber, "SUB a 1\r\n");
    world.clients[subscriber].set_window(0);
    world.say(publisher, "PUB a 5\r\nhello\r\n");
    (world, publisher, subscriber)
}

#[test]
fn a_write_that_takes_too_long_ends_the_connection() {
    let (mut world, publisher, subscriber) = stuck(Config::default(), 2);
    world.pass(10 * SECOND - 1, SECOND);
    assert_eq!(world.reason(subscriber), None);
    world.pass(1, 1);
    assert_eq!(world.reason(subscriber), Some(CloseReason::SlowConsumerWriteDeadline));
    assert!(world.logged(
        LogLevel::Info,
        "Slow Consumer Detected: WriteDeadline of 10s exceeded with 1 chunks of"
    ));
    assert_eq!(world.broker.stats().slow_consumers_deadline, 1);
    assert_eq!(world.reason(publisher), None);
}

#[test]
fn the_deadline_travels_with_a_connection_that_moves() {
    let (mut world, _, subscriber) = stuck(Config::default(), 2);
    for to in [0, 1, 0] {
        world.pass(3 * SECOND, SECOND);
        world.begin_move(subscriber, to);
        world.rest();
    }
    assert_eq!(world.reason(subscriber), None);
    world.pass(SECOND, MS * 100);
    assert_eq!(world.reason(subscriber), Some(CloseReason::SlowConsumerWriteDeadline));
}

#[test]
fn slow_progress_is_not_enough_unless_the_plan_says_retry() {
    for retry in [false, true] {
        let config = Config {
            write_timeout_retry: retry,
            ..Config::default()
        };
        let (mut world, publisher, subscriber) = stuck(config, 1);
        world.say(publisher, "PUB a 1000\r\n".to_owned() + &"x".repeat(1000) + "\r\n");
        for _ in 0..5 {
            world.pass(6 * SECOND, SECOND);
            world.open_window(subscriber, 10);
        }
        let expected = (!retry).then_some(CloseReason::SlowConsumerWriteDeadline);
        assert_eq!(world.reason(subscriber), expected, "retry {retry}");
        if retry {
            assert!(
                world.logged(LogLevel::Info, "Slow Consumer State"),
                "logs it again, as a state"
            );
            // Without any progress patience ends.
            world.pass(21 * SECOND, SECOND);
            assert_eq!(world.reason(subscriber), Some(CloseReason::SlowConsumerWriteDeadline));
        }
    }
}

#[test]
fn a_flush_that_got_through_gives_the_next_one_its_own_time() {
    let (mut world, publisher, subscriber) = stuck(Config::default(), 1);
    for _ in 0..5 {
        world.pass(8 * SECOND, SECOND);
        let waiting = world.broker.connections()[subscriber].pending_bytes;
        world.say(publisher, "PUB a 5\r\nhello\r\n");
        world.open_window(subscriber, waiting);
        assert_eq!(world.reason(subscriber), None);
    }
    world.pass(10 * SECOND, SECOND);
    assert_eq!(world.reason(subscriber), Some(CloseReason::SlowConsumerWriteDeadline));
}

#[test]
fn blocking_and_unblocking_leaves_no_timers_behind() {
    let (mut world, publisher, subscriber) = stuck(Config::default(), 1);
    let before = world.loops[0].shard.timers.len();
    for _ in 0..1000 {
        world.open_window(subscriber, 1 << 20);
        world.clients[subscriber].set_window(0);
        world.say(publisher, "PUB a 5\r\nhello\r\n");
    }
    assert_eq!(world.loops[0].shard.timers.len(), before);
}

#[test]
fn a_connection_that_moves_is_asked_when_it_would_have_been() {
    let mut world = World::new(2);
    let client = world.quiet_client(0);
    world.pass(3 * SECOND, SECOND);
    world.say(client, "PONG\r\n");
    assert_eq!(pings(&mut world, client), 1);
    // Back and forth, without a message from the client.
    for to in [1, 0, 1, 0] {
        world.pass(MINUTE, SECOND);
        world.begin_move(client, to);
        world.rest();
        assert_eq!(world.clients[client].at().map(|at| at.0), Some(to));
    }
    // Found silent after two and after four minutes; two PINGs are two more each.
    world.pass(4 * MINUTE, SECOND);
    assert_eq!(world.reason(client), Some(CloseReason::StaleConnection));
}
