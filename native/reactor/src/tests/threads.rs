//! Many clients on several loops, connections that move at random: the promises hold with real threads too.

use super::world::{Client, World};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::scope;

const LOOPS: usize = 3;
const PUBLISHERS: usize = 3;
const MESSAGES: usize = 20_000;

/// Publishes numbered messages on a subject of its own, in pieces of several lines.
fn publish(client: &mut Client, publisher: usize) {
    for batch in 0..MESSAGES / 20 {
        let lines: String = (batch * 20..batch * 20 + 20)
            .map(|number| {
                let payload = number.to_string();
                format!("PUB p.{publisher} {}\r\n{payload}\r\n", payload.len())
            })
            .collect();
        client.send(lines);
    }
    client.ping();
}

/// Reads until `count` messages are here. Each publisher's come in order; returns how many each had.
fn receive(client: &mut Client, count: usize) -> HashMap<String, usize> {
    let (mut last, mut counts) = (HashMap::<String, usize>::new(), HashMap::new());
    for _ in 0..count {
        let (line, payload) = client.message().expect("a message");
        let subject = line.split(' ').next().expect("a subject").to_owned();
        let number: usize = String::from_utf8_lossy(&payload).parse().expect("a number");
        let before = last.insert(subject.clone(), number);
        assert!(before.is_none_or(|before| before < number), "{number} after {before:?}");
        *counts.entry(subject).or_default() += 1;
    }
    counts
}

/// Nothing more comes.
fn expect_silence(client: &mut Client) {
    client.send("PING\r\n");
    assert_eq!(client.message(), None);
}

#[test]
fn nothing_is_lost_reordered_or_doubled_while_connections_move() {
    let world = World::new(LOOPS);
    let mut publishers: Vec<Client> = (0..PUBLISHERS).map(|i| world.connect_to(i % LOOPS)).collect();
    let mut plain: Vec<Client> = (0..2).map(|i| world.connect_to(i % LOOPS)).collect();
    let mut members: Vec<Client> = (0..2).map(|i| world.connect_to((i + 1) % LOOPS)).collect();
    let mut limited = world.connect_to(2);
    let limit = MESSAGES * PUBLISHERS / 2;
    plain.iter_mut().for_each(|client| client.send("SUB p.* 1\r\n"));
    members.iter_mut().for_each(|client| client.send("SUB p.> q 1\r\n"));
    limited.send(format!("SUB > 1\r\nUNSUB 1 {limit}\r\n"));
    let all = || {
        [&publishers[..], &plain[..], &members[..]]
            .into_iter()
            .flatten()
            .map(|client| client.cid)
    };
    let cids: Vec<u64> = all().chain([limited.cid]).collect();
    plain
        .iter_mut()
        .chain(&mut members)
        .chain([&mut limited])
        .for_each(Client::ping);

    let done = AtomicBool::new(false);
    let total = MESSAGES * PUBLISHERS;
    scope(|scope| {
        let (world, done, cids) = (&world, &done, &cids);
        let mover = scope.spawn(move || {
            let mut moves = 0;
            let mut random = 88_172_645_463_325_252u64;
            while !done.load(Ordering::Relaxed) {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                let (cid, to) = (
                    cids[(random >> 8) as usize % cids.len()],
                    (random >> 40) as usize % LOOPS,
                );
                let before = world.place_of(cid);
                world.begin_move(cid, to);
                std::thread::yield_now();
                moves += usize::from(world.place_of(cid) != before);
            }
            moves
        });
        let readers: Vec<_> = plain
            .iter_mut()
            .map(|client| scope.spawn(move || receive(client, total)))
            .collect();
        let limited_reader = scope.spawn(|| receive(&mut limited, limit));
        let group: Vec<_> = members
            .iter_mut()
            .map(|client| scope.spawn(move || count_to_the_end(client)))
            .collect();
        let writers: Vec<_> = publishers
            .iter_mut()
            .enumerate()
            .map(|(i, client)| scope.spawn(move || publish(client, i)))
            .collect();
        writers
            .into_iter()
            .for_each(|writer| writer.join().expect("publishes everything"));
        for reader in readers {
            let counts = reader.join().expect("gets everything");
            assert!(counts.values().all(|&count| count == MESSAGES), "{counts:?}");
        }
        let counts = limited_reader.join().expect("gets its part");
        assert_eq!(counts.values().sum::<usize>(), limit);
        // Each member of the group gets a message of its own about the end.
        let mut closer = world.connect();
        closer.send("PUB p.end.0 3\r\nend\r\n".repeat(200));
        let received: usize = group.into_iter().map(|member| member.join().expect("counts")).sum();
        assert_eq!(received, total);
        done.store(true, Ordering::Relaxed);
        assert!(mover.join().expect("moves connections") > 0, "no connection moved");
    });
    plain.iter_mut().chain([&mut limited]).for_each(expect_silence);
    let state = world.runtime.state(world.broker).expect("running");
    assert_eq!(state.stats().subscriptions, 4);
}

/// Counts messages until one of the end comes.
fn count_to_the_end(client: &mut Client) -> usize {
    let mut count = 0;
    loop {
        let (line, _) = client.message().expect("a message");
        if line.starts_with("p.end") {
            return count;
        }
        count += 1;
    }
}

#[test]
fn after_a_pong_subscriptions_are_what_was_said() {
    let world = World::new(LOOPS);
    let (mut publisher, mut subscriber) = (world.connect_to(0), world.connect_to(1));
    let cids = [publisher.cid, subscriber.cid];
    for round in 0..500usize {
        world.begin_move(cids[round % 2], round % LOOPS);
        subscriber.send("SUB a 1\r\n");
        subscriber.ping();
        publisher.send("PUB a 1\r\n1\r\n");
        publisher.ping();
        world.begin_move(cids[(round + 1) % 2], (round + 1) % LOOPS);
        subscriber.send("UNSUB 1\r\nPING\r\n");
        assert!(
            subscriber.message().is_some(),
            "round {round}: published after SUB's PONG"
        );
        assert_eq!(subscriber.message(), None);
        publisher.send("PUB a 1\r\n2\r\n");
        publisher.ping();
        expect_silence(&mut subscriber);
    }
}

#[test]
fn requests_and_answers_pass_between_loops_that_sleep() {
    let world = World::new(LOOPS);
    let (mut asker, mut answerer) = (world.connect_to(0), world.connect_to(2));
    answerer.send("SUB q 1\r\n");
    answerer.ping();
    asker.send("SUB r 1\r\n");
    asker.ping();
    for round in 0..500usize {
        asker.send("PUB q r 1\r\n?\r\n");
        assert!(answerer.message().is_some());
        world.begin_move(answerer.cid, round % LOOPS);
        answerer.send("PUB r 1\r\n!\r\n");
        assert!(asker.message().is_some());
    }
}
