//! Connections that come through a load balancer.

use super::harness::{SECOND, World};
use crate::simulation::wire::Frame;
use crate::{Auth, Authenticator, CloseReason, Config, Event, LogLevel, Users};
use std::time::Duration;

const HEADER: &str = "PROXY TCP4 192.0.2.7 192.0.2.8 4000 4222\r\n";
const HELLO: &str = "CONNECT {\"verbose\":false,\"protocol\":1,\"name\":\"n\"}\r\nPING\r\n";

fn world(auth: Option<Auth>) -> World {
    let config = Config {
        proxy_protocol: true,
        log_debug: true,
        ..Config::default()
    };
    World::with(1, config, auth)
}

fn infos(world: &mut World, client: usize) -> Vec<String> {
    let frames = world.frames(client);
    frames
        .into_iter()
        .filter_map(|frame| match frame {
            Frame::Info(json) => Some(json),
            _ => None,
        })
        .collect()
}

fn address(world: &World, client: usize) -> String {
    let cid = world.clients[client].cid;
    let of = |snapshot: &crate::ConnectionSnapshot| snapshot.peer.to_string();
    let closed = world.events.iter().find_map(|event| match event {
        Event::Disconnected { connection, .. } if connection.cid == cid => Some(of(connection)),
        _ => None,
    });
    let open = world.broker.connections();
    closed.unwrap_or_else(|| open.iter().find(|c| c.cid == cid).map(of).expect("it is somewhere"))
}

fn everyone_needs_a_token() -> Auth {
    Auth {
        authenticator: Authenticator::Credentials,
        token: Some("t".into()),
        users: Users::default(),
        no_auth_user: None,
        anonymous: false,
        proxy_required: false,
        failed_login_delay: Duration::ZERO,
        timeout: Duration::from_secs(1),
    }
}

#[test]
fn a_client_is_who_its_proxy_says_wherever_the_header_is_split() {
    let text = format!("{HEADER}{HELLO}");
    for split in 1..text.len() {
        let mut world = world(None);
        let client = world.client(0);
        world.rest();
        let first = infos(&mut world, client);
        assert!(!first[0].contains("client_ip"), "{}", first[0]);
        world.say(client, &text[..split]);
        world.say(client, &text[split..]);
        let second = infos(&mut world, client);
        assert!(second[0].contains("\"client_ip\":\"192.0.2.7\""), "{split}: {second:?}");
        assert_eq!(address(&world, client), "192.0.2.7:4000");
        world.hang_up(client);
        world.rest();
        assert_eq!(world.reason(client), Some(CloseReason::ClientClosed));
        assert!(world.logged(
            LogLevel::Debug,
            "192.0.2.7:4000 - cid:1 - \"n\" - Client connection closed"
        ));
    }
}

#[test]
fn who_sends_no_header_is_served_as_ever() {
    for (before, after) in [
        ("", HELLO),
        ("PROXY UNKNOWN\r\n", HELLO),
        ("", "PING\r\n"),
        ("", "pub a 0\r\n\r\n"),
    ] {
        let mut world = world(None);
        let client = world.client(0);
        world.rest();
        world.frames(client);
        world.say(client, format!("{before}{after}"));
        assert_eq!(world.reason(client), None);
        assert!(!world.frames(client).is_empty());
        assert_eq!(address(&world, client), "127.0.0.1:1000");
    }
}

#[test]
fn a_bad_header_is_logged_with_the_proxys_address_and_closes() {
    let mut world = world(None);
    let client = world.client(0);
    world.rest();
    world.frames(client);
    world.say(client, format!("PROXY TCP4 ::1 192.0.2.8 1 2\r\n{HELLO}"));
    assert_eq!(world.reason(client), Some(CloseReason::ProtocolViolation));
    assert!(world.frames(client).is_empty(), "it gets no error");
    let text = "Error reading PROXY protocol header from 127.0.0.1:1000: invalid PROXY protocol header: TCP4";
    assert!(world.logged(LogLevel::Warn, text));
}

#[test]
fn five_seconds_are_enough_for_a_header() {
    for start in ["", "PROX", "\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x02x"] {
        let mut world = world(None);
        let client = world.client(0);
        world.say(client, start);
        world.pass(4 * SECOND, SECOND);
        assert_eq!(world.reason(client), None);
        world.pass(SECOND, SECOND);
        assert_eq!(world.reason(client), Some(CloseReason::ProtocolViolation), "{start:?}");
        assert!(world.logged(
            LogLevel::Warn,
            "Error reading PROXY protocol header from 127.0.0.1:1000: timeout"
        ));
    }
}

#[test]
fn who_leaves_without_a_header_is_logged() {
    let mut world = world(None);
    let client = world.client(0);
    world.send(client, "PROXY TC");
    world.hang_up(client);
    world.rest();
    assert_eq!(world.reason(client), Some(CloseReason::ProtocolViolation));
    assert!(world.logged(
        LogLevel::Warn,
        "Error reading PROXY protocol header from 127.0.0.1:1000: the connection"
    ));
}

#[test]
fn time_to_connect_counts_from_the_header_on() {
    let mut world = world(Some(everyone_needs_a_token()));
    let client = world.client(0);
    world.pass(3 * SECOND, SECOND);
    assert_eq!(world.reason(client), None);
    world.say(client, HEADER);
    world.pass(SECOND * 9 / 10, SECOND / 10);
    assert_eq!(world.reason(client), None);
    world.pass(SECOND / 5, SECOND / 10);
    assert_eq!(world.reason(client), Some(CloseReason::AuthenticationTimeout));
}

#[test]
fn a_header_lets_nobody_in() {
    let mut world = world(Some(everyone_needs_a_token()));
    let client = world.client(0);
    world.say(client, format!("{HEADER}PUB a 0\r\n\r\n"));
    assert_eq!(world.reason(client), Some(CloseReason::AuthenticationFailure));
    assert!(world.logged(LogLevel::Error, "192.0.2.7:4000 - cid:1 - authentication error"));
}

#[test]
fn a_reload_does_not_shorten_the_wait() {
    let mut world = world(Some(everyone_needs_a_token()));
    let client = world.client(0);
    let config = Config {
        proxy_protocol: true,
        ..Config::default()
    };
    world.reload(config, None);
    world.rest();
    world.say(client, format!("{HEADER}{HELLO}"));
    assert_eq!(world.reason(client), None);
    assert_eq!(address(&world, client), "192.0.2.7:4000");
}

#[test]
fn without_the_option_a_header_is_no_operation() {
    let mut world = World::new(1);
    let client = world.client(0);
    world.say(client, HEADER);
    assert_eq!(world.reason(client), Some(CloseReason::ProtocolViolation));
    assert!(world.logged(LogLevel::Error, "Client parser ERROR"));
}
