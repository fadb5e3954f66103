//! One connection and its socket.

use super::world::{Client, World, client_listener, listening};
use crate::{Runtime, StartError};
use nt_broker::{CloseReason, Config, Event, Plan};
use std::io::{ErrorKind, Write};
use std::net::{Shutdown, TcpListener};
use std::time::{Duration, Instant};

#[test]
fn clients_talk_through_the_listener() {
    let world = World::new(2);
    let (mut one, mut two) = (world.connect(), world.connect());
    one.send("SUB a.* 7\r\n");
    one.ping();
    two.send("PUB a.b r 5\r\nhello\r\n");
    assert_eq!(one.message(), Some(("a.b 7 r 5".to_owned(), b"hello".to_vec())));
}

#[test]
fn a_message_of_a_megabyte_passes_with_others_around_it() {
    let world = World::new(2);
    let (mut publisher, mut subscriber) = (world.connect_to(0), world.connect_to(1));
    subscriber.send("SUB a 1\r\n");
    subscriber.ping();
    let large: Vec<u8> = (0..1 << 20).map(|i| (i % 251) as u8).collect();
    for round in 0..3 {
        let mut bytes = b"PUB a 1\r\nx\r\n".to_vec();
        bytes.extend_from_slice(format!("PUB a {}\r\n", large.len()).as_bytes());
        bytes.extend_from_slice(&large);
        bytes.extend_from_slice(b"\r\nPUB a 1\r\ny\r\nPING\r\n");
        // In pieces of several sizes, the last bytes one by one.
        let pieces = [100 * 1024, 7, 1 << 20][round];
        let (most, last) = bytes.split_at(bytes.len() - 40);
        most.chunks(pieces).for_each(|piece| publisher.send(piece));
        last.chunks(1).for_each(|piece| publisher.send(piece));
        assert_eq!(publisher.line(), "PONG");
        let got: Vec<Vec<u8>> = (0..3).map(|_| subscriber.message().expect("a message").1).collect();
        assert!(got == [b"x".to_vec(), large.clone(), b"y".to_vec()], "round {round}");
    }
}

#[test]
fn the_last_words_arrive_although_more_was_sent() {
    let mut world = World::new(1);
    let mut client = world.connect();
    let mut bytes = b"NONSENSE\r\n".to_vec();
    bytes.resize(100_000, b'x');
    client.send(bytes);
    assert_eq!(client.line(), "-ERR 'Unknown Protocol Operation'");
    assert!(client.is_at_end());
    assert_eq!(world.end_of(client.cid), CloseReason::ProtocolViolation);
}

#[test]
fn the_last_words_arrive_at_a_client_that_said_too_much_and_hung_up() {
    // Little is read at once, so most of it is unread when the connection ends.
    let config = Config {
        max_pending: 64 * 1024,
        ..Config::default()
    };
    let mut world = World::with(1, config);
    let mut words = b"NONSENSE\r\n".to_vec();
    words.resize(60_000, b'x');
    let mut client = world.connect_and_shut(&words);
    assert_eq!(client.line(), "-ERR 'Unknown Protocol Operation'");
    assert!(client.is_at_end(), "the end is an end, not a reset");
    assert_eq!(world.end_of(client.cid), CloseReason::ProtocolViolation);
}

#[test]
fn an_oversized_payload_is_answered_and_reset() {
    let config = Config {
        max_payload: Some(1000),
        ..Config::default()
    };
    let mut world = World::with(1, config);
    let mut client = world.connect();
    client.ping();
    client.send(format!("PUB s 1001\r\n{}\r\n", "x".repeat(1001)));
    assert_eq!(client.line(), "-ERR 'Maximum Payload Violation'");
    assert_eq!(client.failure(), ErrorKind::ConnectionReset);
    assert_eq!(world.end_of(client.cid), CloseReason::MaxPayloadExceeded);
}

/// The shortest of some attempts: what others do on the machine does not count.
fn shortest(attempt: impl Fn() -> Duration) -> Duration {
    (0..5).map(|_| attempt()).min().expect("some attempts")
}

#[test]
fn a_socket_takes_nothing_more_soon_after_the_last_words() {
    let world = World::new(1);
    let took = shortest(|| {
        let mut client = world.connect();
        client.send("NONSENSE\r\n");
        assert_eq!(client.line(), "-ERR 'Unknown Protocol Operation'");
        let since = Instant::now();
        while client.writer.write_all(b"PING\r\n").is_ok() {
            std::thread::yield_now();
        }
        since.elapsed()
    });
    // It lingers for a second where the peer's system acknowledges nothing.
    assert!(took < Duration::from_millis(500), "{took:?}");
}

/// Closes a subscriber with more waiting for it than the system keeps for a client that does not read yet.
fn close_with_much_to_read(world: &mut World, close: impl Fn(&mut Client)) -> Client {
    const MESSAGES: usize = 24;
    let (mut publisher, mut subscriber) = (world.connect(), world.connect());
    subscriber.send("SUB a 1\r\n");
    subscriber.ping();
    let message = [format!("PUB a {}\r\n", 1 << 20).as_bytes(), &[b'x'; 1 << 20], b"\r\n"].concat();
    (0..MESSAGES).for_each(|_| publisher.send(&message));
    publisher.ping();
    close(&mut subscriber);
    world.end_of(subscriber.cid);
    for number in 0..MESSAGES {
        assert!(subscriber.message().is_some(), "message {number}");
    }
    subscriber
}

#[test]
fn everything_that_waits_for_a_closing_connection_is_written() {
    let mut world = World::new(1);
    let mut client = close_with_much_to_read(&mut world, |client| client.send("NONSENSE\r\n"));
    assert_eq!(client.line(), "-ERR 'Unknown Protocol Operation'");
    assert!(client.is_at_end());
}

#[test]
fn a_client_that_ended_its_own_sending_still_gets_everything() {
    let mut world = World::new(1);
    let mut client = close_with_much_to_read(&mut world, |client| {
        client.writer.shutdown(Shutdown::Write).expect("a socket")
    });
    assert!(client.is_at_end());
}

#[test]
fn what_a_client_said_before_it_closed_is_done() {
    let mut world = World::new(2);
    let (mut removal, mut listener) = (world.connect_to(0), world.connect_to(1));
    listener.send("SUB a 1\r\n");
    listener.ping();
    removal.send("PUB a 4\r\nlast\r\n");
    removal.writer.shutdown(Shutdown::Both).expect("a socket");
    assert_eq!(listener.message().expect("a message").1, b"last");
    assert_eq!(world.end_of(removal.cid), CloseReason::ClientClosed);
}

#[test]
fn who_does_not_read_is_cut_off_and_its_publisher_goes_on() {
    for reactors in [1, 2] {
        let config = Config {
            max_pending: 256 * 1024,
            ..Config::default()
        };
        let mut world = World::with(reactors, config);
        let (mut publisher, mut stuck) = (world.connect_to(0), world.connect_to(reactors - 1));
        stuck.send("SUB a 1\r\n");
        stuck.ping();
        let message = [
            format!("PUB a {}\r\n", 64 * 1024).as_bytes(),
            &[b'x'; 64 * 1024],
            b"\r\n",
        ]
        .concat();
        // More than all buffers between here and there hold.
        (0..1000).for_each(|_| publisher.send(&message));
        publisher.ping();
        assert_eq!(world.end_of(stuck.cid), CloseReason::SlowConsumerPendingBytes);
    }
}

#[test]
fn connections_are_closed_on_demand() {
    let mut world = World::new(2);
    for reactor in 0..2 {
        let mut client = world.connect_to(reactor);
        client.ping();
        assert!(
            world
                .runtime
                .close_connection(world.broker, client.cid, CloseReason::Kicked)
        );
        assert!(client.is_at_end());
        assert_eq!(world.end_of(client.cid), CloseReason::Kicked);
        assert!(
            !world
                .runtime
                .close_connection(world.broker, client.cid, CloseReason::Kicked)
        );
    }
}

#[test]
fn a_broker_stops_and_the_loops_serve_others() {
    let mut world = World::new(2);
    let mut clients = [world.connect_to(0), world.connect_to(1)];
    clients.iter_mut().for_each(|client| client.ping());
    let other = world
        .runtime
        .start_broker(listening("127.0.0.1", 0))
        .expect("a free port");
    world.runtime.stop_broker(world.broker);
    world.wait_for(|event| matches!(event, Event::Stopped));
    assert!(clients.iter_mut().all(|client| client.is_at_end()));
    let ends = world
        .events
        .iter()
        .filter(|(_, event)| matches!(event, Event::Disconnected { .. }))
        .count();
    assert_eq!(ends, 2);
    assert!(matches!(world.events.last(), Some((broker, Event::Stopped)) if *broker == world.broker));
    // Its port is free again, and the other broker has not noticed.
    TcpListener::bind(world.address).expect("the port is free");
    world.address = other.listeners[0].address;
    world.connect().ping();
}

#[test]
fn a_host_that_nobody_knows_is_named_once() {
    let runtime = Runtime::new(1, 1, Box::new(|| {})).expect("a poller");
    // No resolver has to be asked: that is no name.
    let host = "no such host";
    let Err(error) = runtime.start_broker(listening(host, 0)) else {
        panic!("it was found");
    };
    assert!(matches!(error, StartError::Host { .. }), "{error}");
    let text = error.to_string();
    assert!(text.starts_with("lookup no such host: "), "{text}");
    assert_eq!(text.matches("lookup").count(), 1, "{text}");
    assert_eq!(text.matches(host).count(), 1, "{text}");
}

#[test]
fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("bound");
    let runtime = Runtime::new(1, 1, Box::new(|| {})).expect("a poller");
    let outcome = runtime.start_broker(listening("127.0.0.1", address.port()));
    let Err(StartError::Bind { address: tried, source }) = outcome else {
        panic!("two listeners on one port");
    };
    assert_eq!(tried, address);
    assert_eq!(source.kind(), std::io::ErrorKind::AddrInUse);
}

/// A plan with a listener on each of these ports.
fn listening_on(ports: [u16; 2]) -> Plan {
    let listeners = ports.map(|port| client_listener("127.0.0.1", port));
    Plan::open(Config::default()).with_listeners(listeners.into())
}

#[test]
fn a_broker_has_as_many_listeners_as_its_plan() {
    let mut world = World::new(2);
    let started = world.runtime.start_broker(listening_on([0, 0])).expect("free ports");
    let addresses: Vec<_> = started.listeners.iter().map(|bound| bound.address).collect();
    assert_eq!(addresses.len(), 2);
    let mut clients: Vec<Client> = addresses
        .iter()
        .map(|&address| {
            world.address = address;
            world.connect()
        })
        .collect();
    clients[0].send("SUB a 1\r\n");
    clients[0].ping();
    clients[1].send("PUB a 2\r\nhi\r\n");
    assert_eq!(clients[0].message().expect("a message").1, b"hi");
    world.runtime.stop_broker(started.broker);
    world.wait_for(|event| matches!(event, Event::Stopped));
    for address in addresses {
        TcpListener::bind(address).expect("closed with the broker");
    }
}

#[test]
fn a_broker_has_all_of_its_listeners_or_none() {
    let (free, taken) = {
        let bind = || TcpListener::bind("127.0.0.1:0").expect("a free port");
        (bind(), bind())
    };
    let ports = [&free, &taken].map(|listener| listener.local_addr().expect("bound").port());
    drop(free);
    let runtime = Runtime::new(1, 1, Box::new(|| {})).expect("a poller");
    let outcome = runtime.start_broker(listening_on(ports));
    assert!(matches!(outcome, Err(StartError::Bind { .. })), "{outcome:?}");
    TcpListener::bind(("127.0.0.1", ports[0])).expect("given back");
}

#[test]
fn a_loop_runs_once() {
    let world = World::new(1);
    world.connect().ping();
    assert!(world.runtime.run(0).is_err());
    assert!(world.runtime.run(9).is_err());
}
