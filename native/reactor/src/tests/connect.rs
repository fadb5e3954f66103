//! Outgoing connections.

use super::world::{Client, PATIENCE, World, listening};
use crate::ConnectError;
use crate::sockets::Command;
use nt_broker::{ConnectRequest, Event, InboxItem, Loops};
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

fn outcome(of: &Receiver<Result<(), ConnectError>>) -> Result<(), ConnectError> {
    of.recv_timeout(PATIENCE).expect("an outcome comes")
}

#[test]
fn a_connection_that_the_broker_opens_is_served_like_any_other() {
    for loops in [1, 2] {
        let world = World::new(loops);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let done = world.dial(listener.local_addr().expect("bound"), PATIENCE);
        let mut dialed = Client::new(listener.accept().expect("the broker connects").0);
        outcome(&done).expect("it is open");
        let mut other = world.connect();
        dialed.send("SUB a 1\r\n");
        dialed.ping();
        other.send("PUB a 5\r\nhello\r\n");
        assert_eq!(dialed.message(), Some(("a 1 5".to_owned(), b"hello".to_vec())));
        let state = world.runtime.state(world.broker).expect("running");
        assert_eq!(state.connection_count(), 2);
    }
}

#[test]
fn a_refused_connection_is_reported() {
    let world = World::new(1);
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.local_addr().expect("bound")
    };
    let error = outcome(&world.dial(closed, PATIENCE)).expect_err("nobody listens there");
    let text = error.to_string();
    assert!(text.starts_with(&format!("can't connect to {closed}: ")), "{text}");
    let ConnectError::Failed { address, source } = error else {
        panic!("{text}");
    };
    assert_eq!((address, source.kind()), (closed, ErrorKind::ConnectionRefused));
    // The broker never had such a connection.
    let state = world.runtime.state(world.broker).expect("running");
    assert_eq!(state.stats().total_connections, 0);
    world.connect().ping();
}

#[test]
fn a_stopped_broker_opens_no_connection() {
    let mut world = World::new(2);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound");
    let broker = world.runtime.state(world.broker).expect("running");
    world.runtime.stop_broker(world.broker);
    world.wait_for(|event| matches!(event, Event::Stopped));
    let error = outcome(&world.dial(address, PATIENCE)).expect_err("it is gone");
    assert!(matches!(error, ConnectError::Stopped { .. }), "{error}");
    // The broker may also stop before the loop takes the request.
    let (done, late) = channel();
    let request = ConnectRequest::new(broker, address, PATIENCE, move |result| {
        done.send(result).expect("the test waits for it");
    });
    let command = InboxItem::Command(Box::new(Command::Connect(request)));
    world.runtime.send(0, command);
    assert!(matches!(outcome(&late), Err(ConnectError::Stopped { .. })));
}

/// A listener whose queue is full: the system answers no further connection.
#[cfg(target_os = "linux")]
struct Silent {
    address: SocketAddr,
    _listener: socket2::Socket,
    _waiting: Vec<TcpStream>,
}

#[cfg(target_os = "linux")]
fn silent() -> Silent {
    let listener = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
    let any: SocketAddr = "127.0.0.1:0".parse().expect("an address");
    listener.bind(&any.into()).expect("a free port");
    listener.listen(0).expect("a bound socket");
    let address = listener.local_addr().ok().and_then(|bound| bound.as_socket());
    let address = address.expect("bound");
    let mut waiting = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(100)) {
        waiting.push(stream);
    }
    Silent {
        address,
        _listener: listener,
        _waiting: waiting,
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_connection_that_times_out_is_reported() {
    let (world, silent) = (World::new(1), silent());
    let timeout = Duration::from_millis(50);
    let error = outcome(&world.dial(silent.address, timeout)).expect_err("nobody answers");
    assert!(matches!(error, ConnectError::TimedOut { .. }), "{error}");
    let text = format!("can't connect to {}: no answer within 50 ms", silent.address);
    assert_eq!(error.to_string(), text);
    world.connect().ping();
}

#[cfg(target_os = "linux")]
#[test]
fn a_broker_that_stops_gives_up_what_it_is_opening() {
    let (mut world, silent) = (World::new(2), silent());
    let other = world
        .runtime
        .start_broker(listening("127.0.0.1", 0))
        .expect("a free port");
    let done = world.dial(silent.address, PATIENCE);
    let stopped = world.broker;
    world.broker = other.broker;
    let still_open = world.dial(silent.address, PATIENCE);
    // A loop that has answered a client has begun to connect.
    for reactor in 0..2 {
        world.connect_to(reactor).ping();
    }
    world.runtime.stop_broker(stopped);
    world.wait_for(|event| matches!(event, Event::Stopped));
    // The outcome comes before the end of the broker.
    let error = done.try_recv().expect("an outcome").expect_err("it stops");
    assert!(matches!(error, ConnectError::Stopped { .. }), "{error}");
    // Another broker's is not touched.
    assert!(still_open.try_recv().is_err());
    world.runtime.stop_broker(other.broker);
    assert!(matches!(outcome(&still_open), Err(ConnectError::Stopped { .. })));
}
