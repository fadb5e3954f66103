//! Loops that start on interim threads and move to the threads that claim them.

use super::world::{Client, World};
use nt_broker::{CloseReason, Event};
use std::sync::mpsc::channel;
use std::thread;

const LOOPS: usize = 2;
const MESSAGES: usize = 20_000;

/// Publishes the numbers of `range`, one message each.
fn publish(client: &mut Client, range: std::ops::Range<usize>) {
    let lines: String = range
        .map(|number| number.to_string())
        .map(|payload| format!("PUB a {}\r\n{payload}\r\n", payload.len()))
        .collect();
    client.send(lines);
}

#[test]
fn clients_are_served_before_anybody_claims_a_loop() {
    let world = World::interim(LOOPS);
    let (mut one, mut two) = (world.connect_to(0), world.connect_to(1));
    one.send("SUB a 1\r\n");
    one.ping();
    two.send("PUB a 2\r\nhi\r\n");
    assert_eq!(one.message(), Some(("a 1 2".to_owned(), b"hi".to_vec())));
    world.connect().ping();
}

#[test]
fn nothing_is_lost_or_reordered_while_loops_move() {
    let mut world = World::interim(LOOPS);
    let (mut publisher, mut subscriber) = (world.connect_to(0), world.connect_to(1));
    subscriber.send("SUB a 1\r\n");
    subscriber.ping();
    let claim_after = MESSAGES / 2;
    thread::scope(|scope| {
        scope.spawn(|| {
            for start in (0..MESSAGES).step_by(10) {
                publish(&mut publisher, start..start + 10);
            }
            publisher.ping();
        });
        for number in 0..MESSAGES {
            if number == claim_after {
                world.claim_all();
            }
            let (_, payload) = subscriber.message().expect("a message");
            assert_eq!(String::from_utf8_lossy(&payload), number.to_string());
        }
    });
    subscriber.ping();
    world.connect().ping();
}

#[test]
fn a_loop_moves_once() {
    let world = World::interim(1);
    world.connect().ping();
    assert!(world.runtime.run(1).is_err());
    let (ended, ends) = channel();
    for _ in 0..2 {
        let (runtime, ended) = (world.runtime.clone(), ended.clone());
        thread::spawn(move || ended.send(runtime.run(0).is_ok()));
    }
    // The second claim is refused; the first one serves.
    assert_eq!(ends.recv(), Ok(false));
    world.connect().ping();
    world.runtime.stop();
    assert_eq!(ends.recv(), Ok(true));
}

#[test]
fn a_stop_ends_loops_that_nobody_claimed() {
    let mut world = World::interim(LOOPS);
    let mut client = world.connect();
    client.ping();
    world.runtime.stop_broker(world.broker);
    world.wait_for(|event| matches!(event, Event::Stopped));
    assert_eq!(world.end_of(client.cid), CloseReason::ServerShutdown);
    world.runtime.stop();
    world.runtime.join_interim();
    // A worker that comes late finds nothing to do.
    assert!(world.runtime.run(0).is_ok());
}
