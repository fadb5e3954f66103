//! Outgoing connections in a turn.

use super::harness::World;
use crate::simulation::memory::End;
use crate::simulation::wire::{Frame, frames};
use crate::{Command, ConnectRequest, InboxItem, Newcomer};
use std::sync::mpsc::channel;
use std::time::Duration;

#[test]
fn a_connection_that_was_opened_is_adopted_in_the_same_turn() {
    let mut world = World::new(1);
    let (broker, (done, outcome)) = (world.broker.clone(), channel());
    let there = "127.0.0.1:1000".parse().expect("an address");
    let request = ConnectRequest::new(broker, there, Duration::from_secs(1), move |result| {
        done.send(result.is_ok()).expect("the test waits for it");
    });
    let command: Command<End, ()> = Command::Connect(request);
    world.post(0, InboxItem::Command(Box::new(command)));
    world.turn(0);
    assert_eq!(world.broker.connection_count(), 0);
    // The I/O opens it and returns it together with accepted clients.
    let request = world.loops[0].io_mut().connects.pop().expect("the turn passes it on");
    let socket = End::default();
    let newcomer = Newcomer {
        broker: request.broker().clone(),
        socket: socket.clone(),
        peer: request.address(),
    };
    request.succeed();
    world.loops[0].io_mut().newcomers.push(newcomer);
    world.turn(0);
    assert_eq!(outcome.try_recv(), Ok(true));
    assert_eq!(world.broker.connection_count(), 1);
    let (frames, _) = frames(&socket.with(|pipe| pipe.got.clone()));
    assert!(matches!(&frames[..], [Frame::Info(_)]), "{frames:?}");
}
