//! Connections with a layer over the socket behave like those without.

use super::frame_layer::{FAREWELL, FrameClient, FrameLayer, HELLO, frame};
use super::world::World;
use nt_broker::{CloseReason, Config, Event};
use std::io::Write;

/// A client on that loop with a layer over its socket, and its number.
fn layered(world: &World, reactor: usize) -> (FrameClient, u64) {
    FrameClient::greeted(world.connect_through(reactor, FrameLayer::default()))
}

#[test]
fn messages_pass_between_a_plain_connection_and_one_with_a_layer() {
    let world = World::new(2);
    let (mut one, _) = layered(&world, 0);
    let mut two = world.connect_to(1);
    let large: Vec<u8> = (0..1 << 20).map(|i| (i % 251) as u8).collect();
    let publish = [format!("PUB a {}\r\n", large.len()).as_bytes(), &large, b"\r\n"].concat();
    one.send(b"SUB a 1\r\n");
    one.ping();
    two.send("SUB a 2\r\n");
    two.ping();
    one.send(&publish);
    two.send(&publish);
    for _ in 0..2 {
        assert_eq!(one.line(), "MSG a 1 1048576");
        assert!(one.take(large.len() + 2).starts_with(&large));
        let (line, payload) = two.message().expect("a message");
        assert_eq!(line, "a 2 1048576");
        assert!(payload == large);
    }
}

#[test]
fn nothing_is_read_or_written_before_the_handshake_is_complete() {
    let world = World::new(1);
    let mut client = FrameClient::new(world.connect_through(0, FrameLayer::default()));
    let (last, most) = HELLO.split_last().expect("some bytes");
    for byte in most {
        client.stream.write_all(&[*byte]).expect("the broker reads");
        // The loop has had a turn.
        world.connect_to(0).ping();
    }
    // What follows the handshake may come with it.
    let rest = [&[*last], &frame(b"CONNECT {\"verbose\":true}\r\nPING\r\n")[..]].concat();
    client.stream.write_all(&rest).expect("the broker reads");
    client.read_answer();
    assert!(client.line().starts_with("INFO {"));
    assert_eq!([client.line(), client.line()], ["+OK", "PONG"]);
}

#[test]
fn a_handshake_that_fails_ends_the_connection() {
    let mut world = World::new(1);
    let mut client = FrameClient::new(world.connect_through(0, FrameLayer::default()));
    client.stream.write_all(b"something else").expect("the broker reads");
    let failed =
        |event: &Event| matches!(event, Event::Disconnected { reason, .. } if *reason == CloseReason::ReadError);
    world.wait_for(failed);
    world.connect().ping();
}

#[test]
fn the_end_of_a_layers_stream_is_the_clients_end() {
    let mut world = World::new(2);
    let mut subscriber = world.connect_to(1);
    subscriber.send("SUB a 1\r\n");
    subscriber.ping();
    let (mut client, cid) = layered(&world, 0);
    // The socket stays open: only the layer knows that this is the end.
    let last = [&frame(b"PUB a 4\r\nlast\r\n")[..], &FAREWELL].concat();
    client.stream.write_all(&last).expect("the broker reads");
    assert_eq!(subscriber.message().expect("a message").1, b"last");
    assert_eq!(world.end_of(cid), CloseReason::ClientClosed);
    assert!(client.is_at_end());
}

#[test]
fn a_layer_ends_after_everything_that_waits() {
    const MESSAGES: usize = 24;
    let mut world = World::new(1);
    let mut publisher = world.connect();
    let (mut subscriber, cid) = layered(&world, 0);
    subscriber.send(b"SUB a 1\r\n");
    subscriber.ping();
    // More than the system keeps for a client that does not read yet.
    let message = [b"PUB a 1048576\r\n", &[b'x'; 1 << 20][..], b"\r\n"].concat();
    (0..MESSAGES).for_each(|_| publisher.send(&message));
    publisher.ping();
    subscriber.send(b"NONSENSE\r\n");
    assert_eq!(world.end_of(cid), CloseReason::ProtocolViolation);
    for _ in 0..MESSAGES {
        assert_eq!(subscriber.line(), "MSG a 1 1048576");
        subscriber.take((1 << 20) + 2);
    }
    assert_eq!(subscriber.line(), "-ERR 'Unknown Protocol Operation'");
    assert!(subscriber.is_at_end());
}

#[test]
fn what_a_layer_holds_moves_with_its_connection() {
    const ROUNDS: usize = 50;
    /// They fill a frame, of which little is read at once.
    const MESSAGES: usize = 2000;
    let config = Config {
        max_pending: 64 * 1024,
        ..Config::default()
    };
    let world = World::with(2, config);
    let (mut client, cid) = layered(&world, 0);
    client.send(b"SUB a 1\r\n");
    for round in 0..ROUNDS {
        let operations = format!("PUB b 1\r\nx\r\nPUB a 5\r\n{round:05}\r\n").repeat(MESSAGES);
        client.send(operations.as_bytes());
        world.begin_move(cid, (round + 1) % 2);
        for _ in 0..MESSAGES {
            assert_eq!(client.line(), "MSG a 1 5");
            assert_eq!(client.line(), format!("{round:05}"));
        }
    }
    client.ping();
}
