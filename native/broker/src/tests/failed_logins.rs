//! Logins that fail: how long it takes to find out, and how repeated ones are slowed down.

use super::accounts::user;
use super::harness::{MS, SECOND, World};
use crate::{Auth, Authenticator, CloseReason, Config, CredentialQuestion, Event, LogLevel, User, Verdict};
use std::time::Duration;

const HASH: &str = "$2b$04$5fStEcsEuaFjijlafVyS2.uGUdCszD/xZw.37OkMlLgrv.HaQtacm";

fn auth(users: Vec<User>, failed_login_delay: Duration) -> Auth {
    Auth {
        authenticator: Authenticator::Credentials,
        token: None,
        users: users.into_iter().collect(),
        no_auth_user: None,
        anonymous: false,
        proxy_required: false,
        failed_login_delay,
        timeout: Duration::from_secs(2),
    }
}

fn slow(delay: Duration) -> World {
    World::with(2, Config::default(), Some(auth(vec![user("ann", "$G", None)], delay)))
}

/// A client that has sent these credentials.
fn login(world: &mut World, loop_: usize, name: &str, password: &str) -> usize {
    let client = world.client(loop_);
    let connect = format!("CONNECT {{\"verbose\":false,\"user\":\"{name}\",\"pass\":\"{password}\"}}\r\nPING\r\n");
    world.say(client, connect);
    client
}

fn fail(world: &mut World, count: usize) {
    for number in 0..count {
        let client = login(world, number % 2, "ann", "wrong");
        assert_eq!(
            world.reason(client),
            Some(CloseReason::AuthenticationFailure),
            "{number}"
        );
    }
}

fn warnings(world: &World) -> usize {
    let is_warning = |event: &&Event| {
        matches!(
            event,
            Event::Log {
                level: LogLevel::Warn,
                ..
            }
        )
    };
    world.events.iter().filter(is_warning).count()
}

#[test]
fn after_five_failures_logins_from_there_take_turns() {
    let mut world = slow(Duration::from_secs(1));
    fail(&mut world, 5);
    assert_eq!(warnings(&world), 1);
    assert!(world.logged(LogLevel::Warn, "Repeated authentication failures from 127.0.0.1"));
    let right = login(&mut world, 0, "ann", "ann");
    let wrong = login(&mut world, 1, "ann", "wrong");
    let other = login(&mut world, 0, "ann", "ann");
    for client in [right, wrong, other] {
        assert!(world.awaits_admission(client));
    }
    world.pass(SECOND + MS, 10 * MS);
    assert!(!world.awaits_admission(right) && world.awaits_admission(wrong));
    assert_eq!(world.errors(right).len(), 0);
    world.pass(SECOND, 10 * MS);
    assert_eq!(world.errors(wrong), ["Authorization Violation"]);
    assert!(world.awaits_admission(other));
    // The time that a client has for its CONNECT is over; it has sent it.
    world.pass(SECOND, 10 * MS);
    assert_eq!(world.errors(other).len(), 0);
    assert!(!world.awaits_admission(other));
    assert_eq!(warnings(&world), 1, "once a storm");
}

#[test]
fn a_client_that_closes_gives_its_turn_away_and_a_reload_ends_the_wait() {
    let mut world = slow(Duration::from_secs(1));
    fail(&mut world, 5);
    let gone = login(&mut world, 0, "ann", "ann");
    let right = login(&mut world, 0, "ann", "ann");
    world.hang_up(gone);
    world.rest();
    world.reload(
        Config::default(),
        Some(auth(vec![user("ann", "$G", None)], Duration::ZERO)),
    );
    world.rest();
    assert!(!world.awaits_admission(right));
    assert_eq!(world.errors(right).len(), 0);
    world.pass(5 * SECOND, 100 * MS);
    assert_eq!(world.reason(right), None);
}

#[test]
fn nobody_waits_unless_it_is_configured() {
    let mut world = slow(Duration::ZERO);
    fail(&mut world, 50);
    let right = login(&mut world, 0, "ann", "ann");
    assert!(!world.awaits_admission(right));
    assert_eq!((world.errors(right).len(), warnings(&world)), (0, 0));
}

#[test]
fn an_unknown_name_takes_the_check_that_a_known_one_takes() {
    let hashed = User {
        credential: HASH.into(),
        ..user("ann", "$G", None)
    };
    let users = vec![hashed, user("plain", "$G", None)];
    let mut world = World::with(1, Config::default(), Some(auth(users, Duration::ZERO)));
    for (name, password, verdict) in [("bob", "x", false), ("bob", "secret", true), ("plain", "x", true)] {
        world.checks.clear();
        let client = login(&mut world, 0, name, password);
        assert!(world.awaits_admission(client), "{name}");
        let check = &world.checks[0];
        let CredentialQuestion::Password { hash, password: asked } = &check.question else {
            panic!("a password is asked about");
        };
        assert_eq!((&**hash, asked.as_str()), (HASH, password));
        let id = check.id;
        world.answer(id, Verdict::Credential(verdict));
        world.rest();
        assert_eq!(world.errors(client), ["Authorization Violation"]);
    }
    world.checks.clear();
    let right = login(&mut world, 0, "plain", "plain");
    assert_eq!(world.errors(right).len(), 0);
    let nobody = login(&mut world, 0, "", "x");
    assert_eq!(world.errors(nobody), ["Authorization Violation"]);
    assert!(world.checks.is_empty());
}

#[test]
fn a_reload_that_removes_users_makes_no_check_in_vain() {
    let hashed = |name: &str| User {
        credential: HASH.into(),
        ..user(name, "$G", None)
    };
    let users = vec![hashed("ann"), hashed("carl"), user("plain", "$G", None)];
    let mut world = World::with(2, Config::default(), Some(auth(users, Duration::ZERO)));
    let ann = login(&mut world, 0, "ann", "secret");
    let id = world.checks[0].id;
    world.answer(id, Verdict::Credential(true));
    world.rest();
    let plain = login(&mut world, 1, "plain", "plain");
    world.checks.clear();
    world.reload(Config::default(), Some(auth(vec![hashed("carl")], Duration::ZERO)));
    world.rest();
    assert!(world.checks.is_empty());
    for client in [ann, plain] {
        assert_eq!(world.errors(client), ["Authorization Violation"]);
    }
}
