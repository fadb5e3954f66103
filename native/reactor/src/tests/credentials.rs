//! Clients whose credentials take long to check, on real threads.

use super::world::World;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use nt_broker::{Account, Auth, Authenticator, CloseReason, Config, ConnectionTypes, Credential, Plan, User};
use nt_protocol::{PublicKey, encode_nkey};
use ring::signature::{Ed25519KeyPair, KeyPair};
use std::time::Duration;

/// Of "secret"; cost 8, so that each check takes some milliseconds.
const HASH: &str = "$2b$08$abcdefghijklmnopqrstuuKxCcvB7KZ7.BpDoK0bh6qM7Dl1/xiJa";
/// More than there is time for, were each checked by itself.
const CROWD: usize = 200;

/// Cost 14: a check takes about a second.
const SLOW_HASH: &str = "$2b$14$abcdefghijklmnopqrstuuKxCcvB7KZ7.BpDoK0bh6qM7Dl1/xiJa";

fn pair() -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("a seed")
}

/// The public key of that pair.
fn public_key() -> String {
    encode_nkey(&[&[20 << 3], pair().public_key().as_ref()].concat())
}

fn user(name: &str, credential: Credential) -> User {
    User {
        name: name.to_owned(),
        credential,
        account: Account::GLOBAL.to_owned(),
        permissions: None,
        connections: ConnectionTypes::ALL,
        proxy_required: false,
    }
}

/// Ann with a password of this hash, and a user with a key.
fn plan(hash: &str) -> Plan {
    let key = PublicKey::of_user(&public_key()).expect("a key");
    let users = [user("ann", hash.into()), user(&public_key(), Credential::Key(key))];
    let auth = Auth {
        authenticator: Authenticator::Credentials,
        token: None,
        users: users.into_iter().collect(),
        no_auth_user: None,
        anonymous: false,
        proxy_required: false,
        failed_login_delay: Duration::ZERO,
        timeout: Duration::from_secs(20),
    };
    Plan::new(Config::default(), Some(auth), Vec::new()).expect("a plan")
}

fn connect(password: &str) -> String {
    format!("CONNECT {{\"verbose\":false,\"user\":\"ann\",\"pass\":\"{password}\"}}\r\nPING\r\n")
}

#[test]
fn a_crowd_that_comes_at_once_gets_in_and_who_is_wrong_does_not() {
    let mut world = World::planned(2, plan(HASH));
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

/// A CONNECT with a signature of this nonce.
fn connect_signed(nonce: &str) -> String {
    let signature = URL_SAFE_NO_PAD.encode(pair().sign(nonce.as_bytes()).as_ref());
    let key = public_key();
    format!("CONNECT {{\"verbose\":false,\"nkey\":\"{key}\",\"sig\":\"{signature}\"}}\r\nPING\r\n")
}

#[test]
fn who_signs_its_own_nonce_gets_in() {
    let world = World::planned(2, plan(HASH));
    let [mut right, mut wrong] = [world.greeted(), world.greeted()];
    assert_ne!(right.nonce, wrong.nonce);
    // A signature that another connection has sent is worth nothing.
    wrong.send(connect_signed(&right.nonce));
    assert_eq!(wrong.line(), "-ERR 'Authorization Violation'");
    right.send(connect_signed(&right.nonce.clone()));
    assert_eq!(right.line(), "PONG");
}

#[test]
fn passwords_that_wait_delay_no_signature() {
    let world = World::planned(1, plan(SLOW_HASH));
    let mut flood: Vec<_> = (0..30).map(|_| world.greeted()).collect();
    for (number, client) in flood.iter_mut().enumerate() {
        client.send(connect(&format!("wrong {number}")));
    }
    let mut client = world.greeted();
    client.send(connect_signed(&client.nonce.clone()));
    assert_eq!(client.line(), "PONG");
    let waiting = world.runtime.queues().into_iter();
    let passwords: usize = waiting
        .filter(|(name, _)| name == "password checks")
        .map(|(_, n)| n)
        .sum();
    assert!(passwords > 0, "they take half a minute");
}

#[test]
fn a_runtime_ends_while_passwords_are_checked() {
    let world = World::planned(1, plan(HASH));
    let mut clients: Vec<_> = (0..4).map(|_| world.greeted()).collect();
    for (number, client) in clients.iter_mut().enumerate() {
        client.send(connect(&format!("wrong {number}")));
    }
    drop(world);
}
