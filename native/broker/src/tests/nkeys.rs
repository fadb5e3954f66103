//! Clients that prove who they are by the signature of a nonce.

use super::accounts::user;
use super::harness::World;
use super::permissions::may_publish;
use crate::simulation::wire::Frame;
use crate::{
    AccountPlan, AdmissionId, Auth, Authenticator, CloseReason, Config, ConnectionTypes, Credential,
    CredentialQuestion, LogLevel, PermissionLists, Plan, User, Verdict,
};
use nt_protocol::{PublicKey, encode_nkey};
use std::time::Duration;

/// A public key, by a number.
fn key(number: u8) -> String {
    encode_nkey(&[&[20 << 3], &[number; 32][..]].concat())
}

fn keyed(number: u8, account: &str, lists: Option<PermissionLists>) -> User {
    let name = key(number);
    User {
        credential: Credential::Key(PublicKey::of_user(&name).expect("a key")),
        ..user(&name, account, lists)
    }
}

fn auth(users: Vec<User>) -> Auth {
    Auth {
        authenticator: Authenticator::Credentials,
        token: None,
        users: users.into_iter().collect(),
        no_auth_user: None,
        anonymous: false,
        proxy_required: false,
        failed_login_delay: Duration::ZERO,
        timeout: Duration::from_secs(2),
    }
}

fn plan(auth: Auth) -> Plan {
    let accounts = ["A", "B"].map(AccountPlan::named);
    Plan::new(Config::default(), Some(auth), accounts.into()).expect("a plan")
}

fn world(users: Vec<User>) -> World {
    World::planned(2, plan(auth(users)), 1)
}

fn reload(world: &mut World, users: Vec<User>) {
    super::accounts::reload(world, plan(auth(users)));
}

fn connect(fields: &str) -> String {
    format!("CONNECT {{\"verbose\":false,\"protocol\":1,{fields}}}\r\nPING\r\n")
}

/// A client that has sent this CONNECT, and its question if it causes one.
fn say(world: &mut World, fields: &str) -> (usize, Option<AdmissionId>) {
    let client = world.client(1);
    world.checks.clear();
    world.say(client, connect(fields));
    (client, world.checks.first().map(|check| check.id))
}

/// A client with the key of that number, admitted.
fn login(world: &mut World, number: u8) -> usize {
    let (client, asked) = say(world, &format!("\"nkey\":\"{}\",\"sig\":\"s\"", key(number)));
    world.answer(asked.expect("a signature is verified"), Verdict::Credential(true));
    world.rest();
    assert!(world.frames(client).iter().any(|frame| matches!(frame, Frame::Pong)));
    client
}

fn infos(world: &mut World, client: usize) -> Vec<serde_json::Value> {
    world.rest();
    let frames = world.frames(client).into_iter();
    let infos = frames.filter_map(|frame| match frame {
        Frame::Info(json) => Some(serde_json::from_str(&json).expect("INFO is JSON")),
        _ => None,
    });
    infos.collect()
}

fn nonce(info: &serde_json::Value) -> Option<String> {
    info.get("nonce").map(|nonce| nonce.as_str().expect("text").to_owned())
}

fn assert_refused(world: &mut World, client: usize) {
    assert_eq!(world.errors(client), ["Authorization Violation"]);
    assert_eq!(world.reason(client), Some(CloseReason::AuthenticationFailure));
}

#[test]
fn info_has_a_nonce_of_its_own_where_a_user_has_a_key() {
    let mut world = world(vec![keyed(1, "A", None), user("ann", "A", None)]);
    let mut seen = std::collections::BTreeSet::new();
    for loop_ in [0, 0, 1, 1] {
        let client = world.client(loop_);
        let first = infos(&mut world, client);
        let nonce = nonce(&first[0]).expect("a nonce");
        assert_eq!(nonce.len(), 15);
        assert!(seen.insert(nonce));
        world.say(client, connect("\"user\":\"ann\",\"pass\":\"ann\""));
        let second = infos(&mut world, client);
        assert_eq!(second[0]["connect_info"], true);
        assert_eq!(self::nonce(&second[0]), None, "it is said once");
    }
    let mut without = self::world(vec![user("ann", "A", None)]);
    let client = without.client(0);
    assert_eq!(nonce(&infos(&mut without, client)[0]), None);
}

#[test]
fn the_signature_of_the_nonce_is_verified_elsewhere_and_lets_in() {
    let mut world = world(vec![keyed(1, "A", Some(may_publish(&["a"])))]);
    let client = world.client(1);
    let nonce = nonce(&infos(&mut world, client)[0]);
    world.say(
        client,
        connect(&format!("\"nkey\":\"{}\",\"sig\":\"AbC_-\"", key(1))) + "PUB b 0\r\n\r\n",
    );
    assert!(world.awaits_admission(client));
    let check = &world.checks[0];
    assert_eq!(check.address.to_string(), "127.0.0.1");
    let CredentialQuestion::Signature {
        key: asked,
        nonce: signed,
        signature,
    } = &check.question
    else {
        panic!("a signature is asked about");
    };
    assert_eq!(*asked, PublicKey::of_user(&key(1)).ok());
    assert_eq!(signed.as_ref().map(|nonce| nonce.as_str().to_owned()), nonce);
    assert_eq!(signature, "AbC_-");
    let id = check.id;
    world.answer(id, Verdict::Credential(true));
    world.rest();
    assert_eq!(world.errors(client), ["Permissions Violation for Publish to \"b\""]);
    let connection = &world.broker.connections()[0];
    assert_eq!((connection.user.clone(), connection.account.as_str()), (key(1), "A"));
}

#[test]
fn a_wrong_signature_and_an_unknown_key_take_the_same_way() {
    let others = ConnectionTypes::named(&["MQTT"]).expect("a kind");
    let of_others = User {
        connections: others,
        ..keyed(3, "A", None)
    };
    let mut world = world(vec![keyed(1, "A", None), of_others, user("ann", "A", None)]);
    for (name, verdict) in [
        (key(1), false),
        (key(2), false),
        // Whatever the answer is.
        (key(2), true),
        (key(3), true),
        ("ann".to_owned(), true),
        ("nonsense".to_owned(), true),
    ] {
        let (client, asked) = say(&mut world, &format!("\"nkey\":\"{name}\",\"sig\":\"s\""));
        let CredentialQuestion::Signature { key: asked_key, .. } = &world.checks[0].question else {
            panic!("a signature is asked about");
        };
        assert_eq!(asked_key.is_some(), name == key(1), "{name}");
        world.answer(asked.expect("a question"), Verdict::Credential(verdict));
        world.rest();
        assert_refused(&mut world, client);
        assert!(world.logged(LogLevel::Error, &format!("authentication error - Nkey \"{name}\"")));
    }
}

#[test]
fn without_a_signature_nothing_is_asked() {
    let mut world = world(vec![keyed(1, "A", None)]);
    for name in [key(1), key(2)] {
        let (client, asked) = say(&mut world, &format!("\"nkey\":\"{name}\""));
        assert_eq!(asked, None);
        assert_refused(&mut world, client);
    }
}

#[test]
fn a_key_is_no_name_and_a_name_no_key() {
    let mut world = world(vec![keyed(1, "A", None), user("ann", "A", None)]);
    let (client, _) = say(&mut world, &format!("\"user\":\"{}\"", key(1)));
    assert_refused(&mut world, client);
    // The key counts where a client sends both.
    let (client, asked) = say(
        &mut world,
        &format!(
            "\"user\":\"ann\",\"pass\":\"ann\",\"nkey\":\"{}\",\"sig\":\"s\"",
            key(2)
        ),
    );
    world.answer(asked.expect("a question"), Verdict::Credential(true));
    world.rest();
    assert_refused(&mut world, client);
}

#[test]
fn a_key_is_ignored_where_no_user_has_one() {
    let mut world = world(vec![user("ann", "A", None)]);
    let fields = format!(
        "\"user\":\"ann\",\"pass\":\"ann\",\"nkey\":\"{}\",\"sig\":\"s\"",
        key(1)
    );
    let (client, asked) = say(&mut world, &fields);
    assert_eq!((asked, world.errors(client).len()), (None, 0));
    assert_eq!(world.broker.connections()[0].user, "ann");
}

#[test]
fn the_user_of_connections_without_credentials_may_have_a_key() {
    let auth = Auth {
        no_auth_user: Some(key(1)),
        ..auth(vec![keyed(1, "A", None), keyed(2, "B", None)])
    };
    let mut world = World::planned(2, plan(auth), 1);
    for fields in [
        "\"name\":\"x\"".to_owned(),
        format!("\"nkey\":\"{}\",\"sig\":\"x\"", key(1)),
    ] {
        let (client, asked) = say(&mut world, &fields);
        assert_eq!((asked, world.errors(client).len()), (None, 0), "{fields}");
    }
    for connection in world.broker.connections() {
        assert_eq!((connection.user, connection.account.as_str()), (key(1), "A"));
    }
    let (_, asked) = say(&mut world, &format!("\"nkey\":\"{}\",\"sig\":\"x\"", key(2)));
    assert!(asked.is_some(), "the others prove it");
}

#[test]
fn another_connect_is_verified_again() {
    let mut world = world(vec![keyed(1, "A", None), keyed(2, "B", None)]);
    let client = login(&mut world, 1);
    world.checks.clear();
    world.say(client, connect(&format!("\"nkey\":\"{}\"", key(2))));
    let id = world.checks[0].id;
    world.answer(id, Verdict::Credential(false));
    world.rest();
    assert_refused(&mut world, client);
}

#[test]
fn a_reload_asks_no_signature_again() {
    let mut world = world(vec![keyed(1, "A", None), keyed(2, "A", None), keyed(3, "A", None)]);
    let [kept, gone, moved] = [1, 2, 3].map(|number| login(&mut world, number));
    world.checks.clear();
    reload(
        &mut world,
        vec![
            keyed(1, "A", Some(may_publish(&["a"]))),
            keyed(3, "B", None),
            keyed(4, "B", None),
        ],
    );
    assert!(world.checks.is_empty());
    world.say(kept, "PUB b 0\r\n\r\n");
    assert_eq!(world.errors(kept), ["Permissions Violation for Publish to \"b\""]);
    assert_refused(&mut world, gone);
    assert_eq!(world.reason(moved), Some(CloseReason::ClientClosed));
    login(&mut world, 4);
}

#[test]
fn a_key_that_comes_by_a_reload_does_not_serve_connections_without_a_nonce() {
    let mut world = world(vec![user("ann", "A", None)]);
    let old = world.client(0);
    reload(&mut world, vec![user("ann", "A", None), keyed(1, "A", None)]);
    world.say(old, connect(&format!("\"nkey\":\"{}\",\"sig\":\"s\"", key(1))));
    let check = &world.checks[0];
    let CredentialQuestion::Signature { nonce, .. } = &check.question else {
        panic!("a signature is asked about");
    };
    assert!(nonce.is_none(), "a signature of nothing proves nothing");
    login(&mut world, 1);
}
