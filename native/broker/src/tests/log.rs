//! Log lines about clients, and how many of them are kept. The lines themselves are compared with the reference's by
//! the conformance tests.

use super::harness::World;
use crate::{Config, Event, LogLevel};

fn world(log_trace: bool) -> World {
    let config = Config {
        log_debug: true,
        log_trace,
        ..Config::default()
    };
    World::with(2, config, None)
}

/// Lines and bytes of the log so far.
fn lines(world: &World) -> (usize, usize) {
    let texts = world.events.iter().filter_map(|event| match event {
        Event::Log { text, .. } => Some(text.len()),
        _ => None,
    });
    texts.fold((0, 0), |(lines, bytes), len| (lines + 1, bytes + len))
}

#[test]
fn traces_of_one_turn_are_bounded_and_what_is_lost_is_counted() {
    const SUBSCRIPTIONS: usize = 2000;
    let mut world = world(true);
    let subscriber = world.client(1);
    let subs: String = (0..SUBSCRIPTIONS).map(|sid| format!("SUB a {sid}\r\n")).collect();
    world.say(subscriber, subs);
    let payload = "x".repeat(10_000);
    let publisher = world.quiet_client(0);
    let (lines_before, bytes_before) = lines(&world);
    world.send(publisher, format!("PUB a {}\r\n{payload}\r\n", payload.len()).repeat(3));
    world.read(publisher, usize::MAX);
    world.report(0);
    let (lines_after, bytes_after) = lines(&world);
    assert!(lines_after > lines_before + SUBSCRIPTIONS);
    assert!(bytes_after - bytes_before < 20 << 20, "{}", bytes_after - bytes_before);
    let lost: usize = world
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Log { text, .. } => text.strip_suffix(" log lines were dropped: too many came at once"),
            _ => None,
        })
        .map(|count| count.parse::<usize>().expect("a number"))
        .sum();
    // Line and payload, once for the publisher and once for each subscription; and the line that counts the others.
    assert_eq!(
        lines_after - lines_before - 1 + lost,
        3 * 2 * (SUBSCRIPTIONS + 1),
        "{lost} lost"
    );
    // Lines of the next turn are kept again.
    world.say(publisher, "PUB b 2\r\nhi\r\n");
    assert!(world.logged(LogLevel::Trace, "<<- [PUB b 2]"));
}

#[test]
fn the_last_message_of_a_subscription_is_told_once_with_and_without_traces() {
    for log_trace in [false, true] {
        for publisher_loop in [0, 1] {
            let mut world = world(log_trace);
            let subscriber = world.quiet_client(0);
            world.say(subscriber, "SUB a 7\r\nUNSUB 7 3\r\nPING\r\n");
            let publisher = world.quiet_client(publisher_loop);
            world.say(publisher, "PUB a 1\r\nx\r\n".repeat(5));
            world.rest();
            assert_eq!(world.messages(subscriber).len(), 3);
            for (part, count) in [
                ("Auto-unsubscribe limit of 3 reached for sid '7'", 1),
                ("->> [MSG a 7 1]", usize::from(log_trace) * 3),
                ("<-> [DELSUB 7]", usize::from(log_trace)),
            ] {
                let lines_about = world
                    .events
                    .iter()
                    .filter(|event| matches!(event, Event::Log { text, .. } if text.contains(part)));
                assert_eq!(lines_about.count(), count, "{part}, traces: {log_trace}");
            }
        }
    }
}

#[test]
fn a_name_in_the_log_stays_what_it_was_first() {
    let mut world = world(true);
    let client = world.client(0);
    for name in ["first", "100% \"other\""] {
        world.say(
            client,
            format!("CONNECT {{\"name\":{name:?},\"verbose\":false}}\r\nPING\r\n"),
        );
    }
    assert!(world.logged(LogLevel::Trace, " - \"first\" - <<- [PING]"));
    assert!(!world.logged(LogLevel::Trace, "other\\\"\" - <<- [PING]"));
}
