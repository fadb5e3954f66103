//! Clients with bcrypt passwords, on real threads.

use super::world::World;
use nt_broker::{Account, Auth, Authenticator, CloseReason, Config, ConnectionTypes, Plan, User};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Of "secret"; cost 8, so that each check takes some milliseconds.
const HASH: &str = "$2b$08$abcdefghijklmnopqrstuuKxCcvB7KZ7.BpDoK0bh6qM7Dl1/xiJa";
/// More than there is time for, were each checked by itself.
const CROWD: usize = 200;

fn ann() -> Plan {
    let user = User {
        name: "ann".to_owned(),
        password: HASH.into(),
        account: Account::GLOBAL.to_owned(),
        permissions: None,
        connections: ConnectionTypes::ALL,
    };
    let auth = Auth {
        authenticator: Authenticator::Credentials,
        token: None,
        users: BTreeMap::from([("ann".to_owned(), Arc::new(user))]),
        no_auth_user: None,
        anonymous: false,
        timeout: Duration::from_secs(20),
    };
    Plan::new(Config::default(), Some(auth), Vec::new()).expect("a plan")
}

fn connect(password: &str) -> String {
    format!("CONNECT {{\"verbose\":false,\"user\":\"ann\",\"pass\":\"{password}\"}}\r\nPING\r\n")
}

#[test]
fn a_crowd_that_comes_at_once_gets_in_and_who_is_wrong_does_not() {
    let mut world = World::planned(2, ann());
    let mut wrong = world.greeted();
    wrong.send(connect("wrong"));
    let mut crowd: Vec<_> = (0..CROWD).map(|_| world.greeted()).collect();
    for client in &mut crowd {
        client.send(connect("secret"));
    }
    for client in &mut crowd {
        assert_eq!(client.line(), "PONG");
    }
    assert_eq!(wrong.line(), "-ERR 'Authorization Violation'");
    assert_eq!(world.end_of(wrong.cid), CloseReason::AuthenticationFailure);
    // They all reconnect; no hash is computed.
    drop(crowd);
    let mut again = world.greeted();
    again.send(connect("secret"));
    assert_eq!(again.line(), "PONG");
}

#[test]
fn a_runtime_ends_while_passwords_are_checked() {
    let world = World::planned(1, ann());
    let mut clients: Vec<_> = (0..4).map(|_| world.greeted()).collect();
    for (number, client) in clients.iter_mut().enumerate() {
        client.send(connect(&format!("wrong {number}")));
    }
    drop(world);
}
