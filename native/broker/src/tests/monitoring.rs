//! What monitoring sees: lists of subscriptions, of open and of closed connections, and what clients say of themselves.

use super::harness::{SECOND, World};
use crate::monitoring::listing::SubscriptionPages;
use crate::{Config, Event, Time};
use std::collections::BTreeMap;

const MANY: usize = 5000;

fn subscribe(range: std::ops::Range<usize>) -> String {
    range.map(|sid| format!("SUB s.{sid} {sid}\r\n")).collect()
}

#[test]
fn a_long_list_leaves_the_interest_to_others_in_between() {
    let mut world = World::new(1);
    let (stays, comes_and_goes) = (world.quiet_client(0), world.quiet_client(0));
    // Every second one goes while the list is made; others take their places.
    for sid in 0..MANY {
        world.send(stays, subscribe(sid..sid + 1));
        world.send(comes_and_goes, subscribe(sid..sid + 1));
        if sid % 100 == 0 {
            world.rest();
        }
    }
    world.rest();
    let cid = world.clients[stays].cid;
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut pages = 0;
    for page in SubscriptionPages::new(world.broker.global.clone(), None) {
        assert!(
            world.broker.global.interest().try_write().is_some(),
            "locked between pages"
        );
        assert!(page.len() <= 1024, "{} at once", page.len());
        for sub in page.into_iter().filter(|sub| sub.cid == cid) {
            *seen.entry(sub.sid).or_default() += 1;
        }
        let from = pages * 500 % MANY;
        let removed: String = (from..from + 500).map(|sid| format!("UNSUB {sid}\r\n")).collect();
        world.say(comes_and_goes, removed + &subscribe(from..from + 500));
        world.say(comes_and_goes, subscribe(MANY + pages * 100..MANY + pages * 100 + 100));
        pages += 1;
    }
    assert!(pages > 5, "{pages} pages");
    assert_eq!(seen.len(), MANY);
    assert!(seen.values().all(|&count| count == 1));
}

#[test]
fn a_list_of_one_connection_is_its_own() {
    let mut world = World::new(1);
    let (one, two) = (world.quiet_client(0), world.quiet_client(0));
    world.say(one, "SUB a 1\r\nSUB b q 2\r\nUNSUB 2 7\r\n");
    world.say(two, "SUB c 1\r\nPUB b 1\r\nx\r\n");
    let list = world.broker.subscriptions(Some(world.clients[one].cid));
    let found: Vec<_> = list
        .iter()
        .map(|s| (&*s.subject, s.queue.as_deref(), &*s.sid, s.msgs, s.max))
        .collect();
    assert_eq!(found, [("a", None, "1", 0, 0), ("b", Some("q"), "2", 1, 7)]);
    assert_eq!(world.broker.subscriptions(None).len(), 3);
    assert!(world.broker.subscriptions(Some(99)).is_empty());
}

fn close_one(world: &mut World, lines: &str) -> u64 {
    let client = world.quiet_client(0);
    world.say(client, lines);
    world.hang_up(client);
    world.rest();
    world.clients[client].cid
}

#[test]
fn closed_connections_leave_their_subscriptions() {
    let mut world = World::new(1);
    let cid = close_one(
        &mut world,
        "SUB a 1\r\nSUB b q 2\r\nPUB a 1\r\nx\r\nSUB gone 3\r\nUNSUB 3\r\n",
    );
    let other = close_one(&mut world, "SUB c 1\r\n");
    let none = close_one(&mut world, "");
    let mut list = world.broker.closed_subscriptions(Some(cid));
    list.sort_by(|a, b| a.sid.cmp(&b.sid));
    let found: Vec<_> = list
        .iter()
        .map(|s| (s.cid, &*s.account, &*s.subject, s.queue.as_deref(), &*s.sid, s.msgs))
        .collect();
    assert_eq!(
        found,
        [(cid, "$G", "a", None, "1", 1), (cid, "$G", "b", Some("q"), "2", 0)]
    );
    assert_eq!(world.broker.closed_subscriptions(Some(other)).len(), 1);
    assert!(world.broker.closed_subscriptions(Some(none)).is_empty());
    assert_eq!(world.broker.closed_subscriptions(None).len(), 3);
    assert!(world.broker.subscriptions(None).is_empty());
}

#[test]
fn what_closed_connections_leave_is_bounded() {
    let config = Config {
        max_closed_clients: 200,
        ..Config::default()
    };
    let mut world = World::with(1, config, None);
    let kept = |world: &World, cid| world.broker.closed_subscriptions(Some(cid)).len();
    let few = close_one(&mut world, &subscribe(0..10));
    let many = close_one(&mut world, &subscribe(0..20_000));
    assert_eq!(kept(&world, few), 10);
    let of_many = kept(&world, many);
    assert!((1000..2500).contains(&of_many), "{of_many} kept of a long list");
    // Many long lists: the oldest ones go.
    let mut last = 0;
    for _ in 0..80 {
        last = close_one(&mut world, &subscribe(0..3000));
    }
    assert_eq!((kept(&world, few), kept(&world, many)), (0, 0));
    assert!(kept(&world, last) > 1000);
    let bytes: usize = world
        .broker
        .closed_subscriptions(None)
        .iter()
        .map(|s| s.subject.len() + 128)
        .sum();
    assert!(bytes < 20 << 20, "{bytes} bytes");
    // Many short ones: as many as there are closed connections to ask for.
    for _ in 0..250 {
        close_one(&mut world, "SUB a 1\r\n");
    }
    assert_eq!(world.broker.closed_subscriptions(None).len(), 200);
}

#[test]
fn nothing_is_left_where_nobody_may_ask() {
    let config = Config {
        max_closed_clients: 0,
        ..Config::default()
    };
    let mut world = World::with(1, config, None);
    close_one(&mut world, "SUB a 1\r\n");
    assert!(world.broker.closed_subscriptions(None).is_empty());
}

#[test]
fn what_clients_say_of_themselves_is_kept_up_to_a_length() {
    let config = Config {
        max_control_line: 1 << 20,
        ..Config::default()
    };
    let mut world = World::with(1, config, None);
    let client = world.client(0);
    let long = format!("x{}", "é".repeat(100_000));
    world.say(
        client,
        format!(
            "CONNECT {{\"name\":\"{}\",\"lang\":\"{long}\",\"version\":\"{long}\"}}\r\n",
            "n".repeat(1024)
        ),
    );
    let snapshot = &world.broker.connections()[0];
    assert_eq!(snapshot.name, "n".repeat(1024));
    assert_eq!(snapshot.lang, format!("x{}", "é".repeat(511)));
    assert_eq!(snapshot.version, snapshot.lang);
}

#[test]
fn a_delivery_is_counted_before_it_is_written() {
    let mut world = World::new(1);
    let (publisher, subscriber) = (world.quiet_client(0), world.quiet_client(0));
    world.say(subscriber, "SUB a 1\r\n");
    world.send(publisher, "PUB a 3\r\nxyz\r\n");
    world.read(publisher, usize::MAX);
    assert!(world.messages(subscriber).is_empty(), "not written yet");
    let (_, slot) = world.clients[subscriber].at().expect("connected");
    world.loops[0].shard.flush_begins(slot);
    let stats = world.broker.stats();
    assert_eq!((stats.in_msgs, stats.out_msgs, stats.out_bytes), (1, 1, 3));
    world.rest();
    assert_eq!(world.texts(subscriber), ["xyz"]);
}

#[test]
fn times_follow_the_clock_of_the_machine() {
    let mut world = World::new(1);
    let client = world.quiet_client(0);
    let slot = world.clients[client].at().expect("connected").1;
    let at = |monotonic_ns: u64, wall_ns: u64| Time { monotonic_ns, wall_ns };
    // The machine's clock is set back by an hour.
    let (now, wall) = (world.now + SECOND, 10_000 * SECOND);
    world.loops[0].shard.set_now(at(now, wall));
    world.loops[0].shard.receive(slot, b"PUB a 0\r\n\r\n");
    assert_eq!(world.broker.connections()[client].last_activity_ns, wall);
    let earlier = wall - 3600 * SECOND;
    world.loops[0].shard.set_now(at(now + 1, earlier));
    world.loops[0].shard.receive(slot, b"PUB a 0\r\n\r\n");
    assert_eq!(world.broker.connections()[client].last_activity_ns, earlier);
    let events = {
        world.loops[0].shard.close(slot, crate::CloseReason::ClientClosed, None);
        world.loops[0].shard.take_events()
    };
    let stopped = events.iter().find_map(|(_, event)| match event {
        Event::Disconnected { stop_ns, .. } => Some(*stop_ns),
        _ => None,
    });
    assert_eq!(stopped, Some(earlier));
}
