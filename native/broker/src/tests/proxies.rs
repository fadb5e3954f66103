//! Clients whose connections have to come through a trusted proxy.

use super::accounts::user;
use super::harness::World;
use crate::{
    Auth, Authenticator, CloseReason, Config, CredentialQuestion, LogLevel, Plan, TrustedProxy, User, Verdict,
};
use nt_protocol::{PublicKey, encode_nkey};
use std::time::Duration;

/// The public key of a proxy, by a number.
fn key(number: u8) -> String {
    encode_nkey(&[&[13 << 3], &[number; 32][..]].concat())
}

fn config(trusted: &[u8]) -> Config {
    let proxies = trusted
        .iter()
        .map(|&number| TrustedProxy::new(key(number)).expect("a key"));
    Config {
        trusted_proxies: proxies.collect(),
        log_debug: true,
        ..Config::default()
    }
}

/// Ann has to come through a proxy, Bob need not.
fn auth() -> Auth {
    let ann = User {
        proxy_required: true,
        ..user("ann", "$G", None)
    };
    Auth {
        authenticator: Authenticator::Credentials,
        token: None,
        users: [ann, user("bob", "$G", None)].into_iter().collect(),
        no_auth_user: None,
        anonymous: false,
        proxy_required: false,
        failed_login_delay: Duration::ZERO,
        timeout: Duration::from_secs(2),
    }
}

fn world(trusted: &[u8], auth: Option<Auth>) -> World {
    World::planned(2, plan(trusted, auth), 1)
}

fn plan(trusted: &[u8], auth: Option<Auth>) -> Plan {
    Plan::new(config(trusted), auth, Vec::new()).expect("a plan")
}

/// A client that has sent this, with the signature of a proxy where `signed` says which one it is.
fn say(world: &mut World, fields: &str, signed: Option<Option<u8>>) -> usize {
    let client = world.client(1);
    world.checks.clear();
    let signature = signed.map_or("", |_| ",\"proxy_sig\":\"s\"");
    world.say(
        client,
        format!("CONNECT {{\"verbose\":false,{fields}{signature}}}\r\nPING\r\n"),
    );
    if let Some(by) = signed {
        let check = &world.checks[0];
        let (id, question) = (check.id, &check.question);
        assert!(matches!(question, CredentialQuestion::Proxy { nonce: Some(_), .. }));
        let by = by.map(|number| PublicKey::of_any(&key(number)).expect("a key"));
        world.answer(id, Verdict::Proxy(by));
        world.rest();
    }
    client
}

const ANN: &str = "\"user\":\"ann\",\"pass\":\"ann\"";
const BOB: &str = "\"user\":\"bob\",\"pass\":\"bob\"";

#[test]
fn who_needs_a_proxy_gets_in_through_one_only() {
    let mut world = world(&[1, 2], Some(auth()));
    let proxied = say(&mut world, ANN, Some(Some(2)));
    assert_eq!(world.errors(proxied).len(), 0);
    assert_eq!(world.broker.connections()[0].proxy, key(2));
    let direct = say(&mut world, ANN, None);
    assert_eq!(world.errors(direct), ["Authorization Violation"]);
    assert_eq!(world.reason(direct), Some(CloseReason::ProxyRequired));
    assert!(world.logged(LogLevel::Debug, "proxy connection required"));
    let bob = say(&mut world, BOB, None);
    assert_eq!(world.errors(bob).len(), 0);
    // The credentials are looked at all the same.
    let wrong = say(&mut world, "\"user\":\"ann\",\"pass\":\"x\"", Some(Some(1)));
    assert_eq!(world.reason(wrong), Some(CloseReason::AuthenticationFailure));
}

#[test]
fn a_proxy_that_nobody_trusts_is_refused_for_everyone() {
    for auth in [Some(auth()), None] {
        let mut world = world(&[1], auth);
        let client = say(&mut world, BOB, Some(None));
        assert_eq!(world.errors(client), ["Authorization Violation"]);
        assert_eq!(world.reason(client), Some(CloseReason::ProxyNotTrusted));
        assert!(world.logged(LogLevel::Debug, "proxy is not trusted"));
    }
}

#[test]
fn a_signature_means_nothing_where_no_proxy_is_trusted() {
    let mut world = world(&[], Some(auth()));
    let client = world.client(0);
    world.say(
        client,
        format!("CONNECT {{{BOB},\"verbose\":false,\"proxy_sig\":\"s\"}}\r\nPING\r\n"),
    );
    assert!(world.checks.is_empty());
    assert_eq!(world.errors(client).len(), 0);
}

#[test]
fn the_default_user_and_the_token_may_need_one() {
    let default = Auth {
        no_auth_user: Some("ann".to_owned()),
        ..auth()
    };
    let mut world = self::world(&[1], Some(default));
    let proxied = say(&mut world, "\"name\":\"x\"", Some(Some(1)));
    assert_eq!(world.errors(proxied).len(), 0);
    let direct = say(&mut world, "\"name\":\"x\"", None);
    assert_eq!(world.reason(direct), Some(CloseReason::ProxyRequired));
    let silent = world.client(0);
    world.say(silent, "PING\r\n");
    assert_eq!(world.reason(silent), Some(CloseReason::AuthenticationFailure));
    let token = Auth {
        token: Some("t".into()),
        users: Default::default(),
        proxy_required: true,
        ..auth()
    };
    let mut world = self::world(&[1], Some(token));
    let proxied = say(&mut world, "\"auth_token\":\"t\"", Some(Some(1)));
    assert_eq!(world.errors(proxied).len(), 0);
    let direct = say(&mut world, "\"auth_token\":\"t\"", None);
    assert_eq!(world.reason(direct), Some(CloseReason::ProxyRequired));
}

#[test]
fn another_connect_is_asked_about_again() {
    let mut world = world(&[1], Some(auth()));
    let client = say(&mut world, ANN, Some(Some(1)));
    world.checks.clear();
    world.say(client, format!("CONNECT {{{ANN},\"proxy_sig\":\"other\"}}\r\n"));
    let id = world.checks[0].id;
    world.answer(id, Verdict::Proxy(None));
    world.rest();
    assert_eq!(world.reason(client), Some(CloseReason::ProxyNotTrusted));
}

#[test]
fn a_reload_closes_who_came_through_a_proxy_that_is_trusted_no_more() {
    let mut world = world(&[1, 2], Some(auth()));
    let [gone, kept] = [1, 2].map(|number| say(&mut world, ANN, Some(Some(number))));
    let bob = say(&mut world, BOB, None);
    world.checks.clear();
    super::accounts::reload(&mut world, plan(&[2, 3], Some(auth())));
    assert!(world.checks.is_empty(), "nothing is verified again");
    assert_eq!(world.errors(gone), ["Authorization Violation"]);
    assert_eq!(world.reason(gone), Some(CloseReason::ProxyNotTrusted));
    for client in [kept, bob] {
        assert_eq!(world.reason(client), None);
    }
    let new = say(&mut world, ANN, Some(Some(3)));
    assert_eq!(world.errors(new).len(), 0);
    super::accounts::reload(&mut world, plan(&[], Some(auth())));
    for client in [kept, new] {
        assert_eq!(world.reason(client), Some(CloseReason::ProxyNotTrusted));
    }
}
