//! Clients that are decided about outside the shard: by a thread that computes bcrypt, or by the embedding program.

use super::harness::{MS, SECOND, World};
use super::permissions::{auth_of, may_publish};
use crate::simulation::wire::Frame;
use crate::{
    Account, AdmissionId, Auth, Authenticator, CloseReason, Config, ConnectionTypes, CredentialQuestion, InboxItem,
    PermissionLists, Permissions, User, Verdict,
};
use std::sync::Arc;
use std::time::Duration;

const HASH: &str = "$2b$04$5fStEcsEuaFjijlafVyS2.uGUdCszD/xZw.37OkMlLgrv.HaQtacm";
const OTHER_HASH: &str = "$2b$04$xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
const CONNECT: &str = "CONNECT {\"verbose\":false,\"user\":\"ann\",\"pass\":\"secret\"}\r\n";

fn ann(password: &str, lists: PermissionLists) -> Auth {
    let user = User {
        name: "ann".to_owned(),
        credential: password.into(),
        account: Account::GLOBAL.to_owned(),
        permissions: Some(Arc::new(Permissions::new(lists).expect("patterns"))),
        connections: ConnectionTypes::ALL,
        proxy_required: false,
    };
    Auth {
        authenticator: Authenticator::Credentials,
        token: None,
        users: [user].into_iter().collect(),
        no_auth_user: None,
        anonymous: false,
        proxy_required: false,
        failed_login_delay: Duration::ZERO,
        timeout: Duration::from_secs(2),
    }
}

fn embedder() -> Auth {
    Auth {
        authenticator: Authenticator::Embedder,
        ..ann("secret", PermissionLists::default())
    }
}

fn named(name: &str, lists: PermissionLists) -> Verdict {
    let permissions = Permissions::new(lists).expect("patterns");
    let user = User::without_password(name.to_owned(), Account::GLOBAL.to_owned(), Some(Arc::new(permissions)));
    Verdict::Embedder(Some(Arc::new(user)))
}

/// A broker that asks, in one of two ways, and a client that has sent this after its CONNECT.
fn asking(auth: Auth, rest: &str) -> (World, usize, AdmissionId) {
    let mut world = World::with(2, Config::default(), Some(auth));
    let client = world.client(0);
    world.say(client, format!("{CONNECT}{rest}"));
    let id = asked(&world);
    (world, client, id)
}

/// What was asked last.
fn asked(world: &World) -> AdmissionId {
    let requests = world.requests().into_iter().map(|request| request.id);
    let checks = world.checks.iter().map(|check| check.id);
    requests.chain(checks).last().expect("a question was asked")
}

/// A way to ask, with an answer that admits and one that does not.
type Way = (Auth, fn() -> Verdict, Verdict);

/// Both of them.
fn ways() -> [Way; 2] {
    let anything = PermissionLists::default;
    [
        (
            ann(HASH, anything()),
            || Verdict::Credential(true),
            Verdict::Credential(false),
        ),
        (
            embedder(),
            || named("ann", PermissionLists::default()),
            Verdict::Embedder(None),
        ),
    ]
}

#[test]
fn what_comes_behind_connect_waits_and_is_handled_in_order() {
    for (auth, yes, _) in ways() {
        let (mut world, client, id) = asking(auth, "SUB a 1\r\nPUB a 1\r\nx\r\nPI");
        world.say(client, "NG\r\nPUB a 1\r\ny\r\n");
        world.pass(10 * MS, MS);
        assert!(world.awaits_admission(client));
        assert_eq!(world.frames(client).len(), 1, "INFO is all it got");
        assert_eq!(world.broker.stats().subscriptions, 0);
        world.answer(id, yes());
        world.rest();
        let texts: Vec<String> = world
            .frames(client)
            .into_iter()
            .map(|frame| match frame {
                Frame::Msg(message) => message.text(),
                other => format!("{other:?}"),
            })
            .collect();
        assert_eq!(texts, ["x", "Pong", "y"]);
        assert_eq!(world.broker.connections()[0].user, "ann");
    }
}

#[test]
fn who_is_refused_is_told_and_closed() {
    for (auth, _, no) in ways() {
        let (mut world, client, id) = asking(auth, "SUB a 1\r\n");
        world.answer(id, no);
        world.rest();
        assert_eq!(world.errors(client), ["Authorization Violation"]);
        assert_eq!(world.reason(client), Some(CloseReason::AuthenticationFailure));
    }
}

#[test]
fn the_embedder_says_who_it_is_and_what_it_may_do() {
    let (mut world, client, id) = asking(embedder(), "PUB a 0\r\n\r\nPUB b 0\r\n\r\n");
    let request = world.requests().remove(0);
    assert_eq!(
        (request.connect.user.as_str(), request.connect.pass.as_str()),
        ("ann", "secret")
    );
    assert_eq!(request.cid, world.clients[client].cid);
    world.answer(id, named("somebody", may_publish(&["a"])));
    world.rest();
    assert_eq!(world.errors(client), ["Permissions Violation for Publish to \"b\""]);
    assert_eq!(world.broker.connections()[0].user, "somebody");
}

#[test]
fn a_wrong_kind_of_answer_refuses() {
    for (auth, answer) in [
        (embedder(), Verdict::Credential(true)),
        (
            ann(HASH, PermissionLists::default()),
            named("ann", PermissionLists::default()),
        ),
    ] {
        let (mut world, client, id) = asking(auth, "");
        world.answer(id, answer);
        world.rest();
        assert_eq!(world.reason(client), Some(CloseReason::AuthenticationFailure));
    }
}

#[test]
fn a_late_answer_changes_nothing() {
    for (auth, yes, no) in ways() {
        let (mut world, client, id) = asking(auth, "");
        world.answer(id, yes());
        world.rest();
        world.answer(id, no);
        world.rest();
        assert_eq!(world.reason(client), None, "it was decided before");
        world.hang_up(client);
        world.rest();
        // Another connection has its slot by now.
        let next = world.client(0);
        world.say(next, CONNECT);
        world.answer(id, yes());
        world.rest();
        assert!(world.awaits_admission(next));
    }
}

#[test]
fn a_close_ends_the_wait() {
    for (auth, yes, _) in ways() {
        let (mut world, client, id) = asking(auth, "SUB a 1\r\n");
        let (broker, cid) = (world.broker.clone(), world.clients[client].cid);
        let reason = CloseReason::Kicked;
        world.post(0, InboxItem::Close { broker, cid, reason });
        world.rest();
        assert_eq!(world.reason(client), Some(CloseReason::Kicked));
        assert!(world.checks.iter().all(|check| !check.is_needed()));
        world.answer(id, yes());
        world.rest();
        assert_eq!(world.broker.connection_count(), 0);
    }
}

#[test]
fn a_shutdown_ends_the_wait() {
    for (auth, _, _) in ways() {
        let (mut world, client, _) = asking(auth, "SUB a 1\r\n");
        world.shut_down();
        world.rest();
        assert_eq!(world.reason(client), Some(CloseReason::ServerShutdown));
        assert_eq!(world.stopped_count(), 1);
    }
}

#[test]
fn the_timer_goes_on_for_the_embedder() {
    let (mut world, client, id) = asking(embedder(), "");
    world.pass(1999 * MS, 100 * MS);
    assert!(world.awaits_admission(client));
    world.pass(2 * MS, MS);
    assert_eq!(world.errors(client), ["Authentication Timeout"]);
    assert_eq!(world.reason(client), Some(CloseReason::AuthenticationTimeout));
    world.answer(id, named("ann", PermissionLists::default()));
    world.rest();
    assert_eq!(world.broker.connection_count(), 0);
}

#[test]
fn the_timer_stops_while_a_password_waits_to_be_checked() {
    let (mut world, client, id) = asking(ann(HASH, PermissionLists::default()), "PING\r\n");
    world.pass(60 * SECOND, SECOND);
    assert!(world.awaits_admission(client));
    world.answer(id, Verdict::Credential(true));
    world.rest();
    assert!(world.frames(client).contains(&Frame::Pong));
    world.pass(10 * SECOND, SECOND);
    assert_eq!(world.reason(client), None, "no timer of before comes after it");
}

#[test]
fn who_waits_stays_where_it_is() {
    for (auth, yes, _) in ways() {
        let mut world = World::with(2, Config::default(), Some(auth));
        let client = world.client(0);
        world.say(client, CONNECT);
        world.begin_move(client, 1);
        world.rest();
        assert_eq!(world.clients[client].at().map(|(at, _)| at), Some(0));
        world.answer(asked(&world), yes());
        world.rest();
        // A second CONNECT overtakes the move that is under way.
        world.begin_move(client, 1);
        world.send(client, CONNECT);
        world.read(client, usize::MAX);
        world.rest();
        assert_eq!(world.clients[client].at().map(|(at, _)| at), Some(0));
        world.answer(asked(&world), yes());
        world.rest();
        world.begin_move(client, 1);
        world.rest();
        assert_eq!(world.clients[client].at().map(|(at, _)| at), Some(1));
    }
}

#[test]
fn a_second_connect_is_asked_about_as_well() {
    for (auth, yes, no) in ways() {
        let (mut world, client, id) = asking(auth, "SUB a 1\r\n");
        world.answer(id, yes());
        world.rest();
        assert_eq!(world.broker.stats().subscriptions, 1);
        world.say(client, format!("{CONNECT}PING\r\n"));
        assert_ne!(asked(&world), id);
        assert_eq!(world.broker.stats().subscriptions, 0);
        world.answer(asked(&world), no);
        world.rest();
        assert_eq!(world.reason(client), Some(CloseReason::AuthenticationFailure));
    }
}

#[test]
fn no_client_goes_on_without_connect() {
    let mut world = World::with(1, Config::default(), Some(embedder()));
    let client = world.client(0);
    world.say(client, "PING\r\n");
    assert_eq!(world.reason(client), Some(CloseReason::AuthenticationFailure));
    assert!(world.requests().is_empty());
}

#[test]
fn a_reload_while_it_waits_asks_again_by_the_new_plan() {
    let (mut world, client, old) = asking(ann(HASH, PermissionLists::default()), "PING\r\n");
    let number = world.reload(Config::default(), Some(ann(OTHER_HASH, PermissionLists::default())));
    world.rest();
    assert!(world.is_reloaded(number), "it has no rights by any plan");
    assert!(!world.checks[0].is_needed());
    let CredentialQuestion::Password { hash, .. } = &world.checks[1].question else {
        panic!("a password is asked about");
    };
    assert_eq!(&**hash, OTHER_HASH);
    world.answer(old, Verdict::Credential(true));
    world.rest();
    assert!(world.awaits_admission(client), "that was the old password");
    world.reload(Config::default(), Some(ann("secret", PermissionLists::default())));
    world.rest();
    assert!(
        world.frames(client).contains(&Frame::Pong),
        "a plain one is compared at once"
    );
    assert_eq!(world.broker.connections()[0].user, "ann");
}

#[test]
fn a_reload_that_asks_nobody_ends_the_wait() {
    for (auth, yes, _) in ways() {
        let (mut world, client, id) = asking(auth, "PING\r\n");
        world.reload(Config::default(), None);
        world.answer(id, yes());
        world.rest();
        assert!(world.frames(client).contains(&Frame::Pong));
    }
}

#[test]
fn a_reload_that_keeps_the_password_asks_nobody() {
    let (mut world, client, id) = asking(ann(HASH, PermissionLists::default()), "");
    world.answer(id, Verdict::Credential(true));
    world.rest();
    world.reload(Config::default(), Some(ann(HASH, may_publish(&["a"]))));
    world.say(client, "PUB b 0\r\n\r\n");
    assert_eq!(world.checks.len(), 1);
    assert_eq!(world.errors(client), ["Permissions Violation for Publish to \"b\""]);
}

#[test]
fn a_reload_keeps_what_the_embedder_said() {
    let (mut world, client, id) = asking(embedder(), "");
    world.answer(id, named("ann", may_publish(&["a"])));
    world.rest();
    world.reload(Config::default(), Some(embedder()));
    world.say(client, "PUB b 0\r\n\r\n");
    assert_eq!(world.requests().len(), 1);
    assert_eq!(world.errors(client), ["Permissions Violation for Publish to \"b\""]);
    // Between two embedders another authenticator was in force: the verdict of the first one does not count any more.
    world.reload(Config::default(), None);
    world.rest();
    world.reload(Config::default(), Some(embedder()));
    world.rest();
    assert_eq!(world.requests().len(), 2);
}

#[test]
fn a_reload_is_over_when_the_last_decision_by_it_is_made() {
    for (yes, lost) in [(true, false), (false, true)] {
        let mut world = World::with(2, Config::default(), Some(ann("secret", PermissionLists::default())));
        let client = world.client(0);
        world.say(client, format!("{CONNECT}SUB a 1\r\n"));
        let first = world.reload(Config::default(), Some(ann(HASH, may_publish(&["a"]))));
        world.rest();
        assert!(world.awaits_admission(client) && !world.is_reloaded(first));
        world.say(client, "PUB b 0\r\n\r\n");
        let second = world.reload(Config::default(), Some(ann(OTHER_HASH, may_publish(&["a"]))));
        world.rest();
        assert!(!world.is_reloaded(first) && !world.is_reloaded(second));
        assert_eq!(world.broker.stats().subscriptions, 1, "nothing is lost by waiting");
        world.answer(asked(&world), Verdict::Credential(yes));
        world.rest();
        assert!(world.is_reloaded(first) && world.is_reloaded(second));
        assert_eq!(world.reason(client).is_some(), lost);
        let errors = world.errors(client);
        let expected = if yes {
            "Permissions Violation for Publish to \"b\""
        } else {
            "Authorization Violation"
        };
        assert_eq!(errors, [expected]);
    }
}

#[test]
fn a_reload_is_over_when_who_it_waits_for_closes() {
    let mut world = World::with(2, Config::default(), Some(ann("secret", PermissionLists::default())));
    let client = world.client(0);
    world.say(client, CONNECT);
    let number = world.reload(Config::default(), Some(ann(HASH, PermissionLists::default())));
    world.rest();
    let (broker, cid) = (world.broker.clone(), world.clients[client].cid);
    let reason = CloseReason::Kicked;
    world.post(0, InboxItem::Close { broker, cid, reason });
    world.rest();
    assert!(world.is_reloaded(number));
}

#[test]
fn a_reload_met_in_the_middle_of_input_keeps_the_rest() {
    let mut world = World::with(
        2,
        Config::default(),
        Some(auth_of(&[("ann", PermissionLists::default())])),
    );
    let client = world.client(0);
    world.say(
        client,
        "CONNECT {\"verbose\":false,\"user\":\"ann\",\"pass\":\"ann\"}\r\nSUB a 1\r\n",
    );
    world.frames(client);
    // UNSUB has PING look into the inbox, where the reload is found.
    world.reload(Config::default(), Some(ann(HASH, PermissionLists::default())));
    let (loop_, slot) = world.clients[client].at().expect("connected");
    world.loops[loop_].receive_bytes(slot, b"UNSUB 2\r\nPING\r\nPUB a 1\r\nx\r\n");
    world.rest();
    assert!(world.awaits_admission(client));
    world.answer(asked(&world), Verdict::Credential(true));
    world.rest();
    assert_eq!(world.texts(client), ["x"]);
}

#[test]
fn a_user_that_changes_while_a_password_is_checked_is_the_new_one() {
    let (mut world, client, id) = asking(ann(HASH, PermissionLists::default()), "PUB b 0\r\n\r\n");
    let user = |password: &str| User {
        name: "ann".to_owned(),
        credential: password.into(),
        account: Account::GLOBAL.to_owned(),
        permissions: Some(Arc::new(Permissions::new(may_publish(&["a"])).expect("patterns"))),
        connections: ConnectionTypes::ALL,
        proxy_required: false,
    };
    // The loop handles the verdict before the change.
    world.answer(id, Verdict::Credential(true));
    let started = world.broker.replace_user(user(OTHER_HASH), world.loops.len());
    world.post_reload(started.expect("a user"));
    world.rest();
    assert!(world.awaits_admission(client), "that was the hash of before");
    let started = world.broker.replace_user(user(HASH), world.loops.len());
    world.post_reload(started.expect("a user"));
    world.rest();
    world.answer(asked(&world), Verdict::Credential(true));
    world.rest();
    assert_eq!(world.errors(client), ["Permissions Violation for Publish to \"b\""]);
}

#[test]
fn a_user_named_by_the_embedder_may_move() {
    let (mut world, client, id) = asking(embedder(), "");
    world.answer(id, named("somebody", PermissionLists::default()));
    world.rest();
    world.begin_move(client, 1);
    world.rest();
    assert_eq!(world.clients[client].at().map(|(at, _)| at), Some(1));
}
