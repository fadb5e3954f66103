//! What clients may publish and receive, also when the result is cached.

use super::harness::World;
use crate::{Auth, Authenticator, CloseReason, Config, ConnectionTypes, PermissionLists, Permissions, User};
use std::sync::Arc;
use std::time::Duration;

/// A broker whose users have their own names as passwords.
pub(super) fn with_users(loops: usize, users: &[(&str, PermissionLists)]) -> World {
    World::with(loops, Config::default(), Some(auth_of(users)))
}

/// Users who have their own names as passwords.
pub(super) fn auth_of(users: &[(&str, PermissionLists)]) -> Auth {
    let users = users
        .iter()
        .map(|(name, lists)| {
            let permissions = Permissions::new(lists.clone()).expect("patterns");
            User {
                name: (*name).to_owned(),
                credential: (*name).into(),
                permissions: Some(Arc::new(permissions)),
                account: crate::Account::GLOBAL.to_owned(),
                connections: ConnectionTypes::ALL,
                proxy_required: false,
            }
        })
        .collect();
    Auth {
        authenticator: Authenticator::Credentials,
        token: None,
        users,
        no_auth_user: None,
        anonymous: false,
        proxy_required: false,
        failed_login_delay: Duration::ZERO,
        timeout: Duration::from_secs(2),
    }
}

pub(super) fn login(world: &mut World, loop_: usize, user: &str) -> usize {
    let client = world.client(loop_);
    world.say(client, connect(user));
    world.frames(client);
    client
}

fn connect(user: &str) -> String {
    format!("CONNECT {{\"verbose\":false,\"headers\":true,\"user\":\"{user}\",\"pass\":\"{user}\"}}\r\n")
}

pub(super) fn anything() -> PermissionLists {
    PermissionLists::default()
}

pub(super) fn may_publish(subjects: &[&str]) -> PermissionLists {
    PermissionLists {
        publish_allow: Some(subjects.iter().map(|s| (*s).to_owned()).collect()),
        ..PermissionLists::default()
    }
}

const VIOLATION: &str = "Permissions Violation for Publish to \"secret\"";

#[test]
fn what_others_publish_opens_no_way_around_the_lists() {
    let mut world = with_users(1, &[("any", anything()), ("few", may_publish(&["open"]))]);
    let (any, few) = (login(&mut world, 0, "any"), login(&mut world, 0, "few"));
    world.say(any, "SUB secret 1\r\n");
    // Once: the subject is where subjects seen for the first time are. More often: it has a place of its own.
    for times in 1..4 {
        world.say(few, "PUB open 1\r\nx\r\n");
        world.say(any, "PUB secret 2\r\nok\r\n".repeat(times));
        world.say(few, "PUB secret 3\r\nbad\r\n");
        assert_eq!(world.errors(few), [VIOLATION], "after {times}");
        assert_eq!(world.texts(any), vec!["ok"; times]);
    }
}

#[test]
fn a_fresh_connection_may_do_nothing_its_predecessor_did() {
    let mut world = with_users(1, &[("any", anything()), ("few", may_publish(&["open"]))]);
    let any = login(&mut world, 0, "any");
    world.say(any, "SUB secret 1\r\nPUB secret 2\r\nok\r\n");
    let few = login(&mut world, 0, "few");
    world.say(few, "PUB secret 3\r\nbad\r\n");
    assert_eq!(world.errors(few), [VIOLATION]);
    // The same connection as another user.
    world.say(any, "PUB secret 2\r\nok\r\n");
    world.say(any, connect("few"));
    world.say(any, "PUB secret 3\r\nbad\r\n");
    assert_eq!(world.errors(any), [VIOLATION]);
}

#[test]
fn a_place_in_the_cache_that_changed_hands_opens_no_way_either() {
    let mut world = with_users(1, &[("any", anything()), ("few", may_publish(&["open.*"]))]);
    let any = login(&mut world, 0, "any");
    let few: Vec<usize> = (0..8).map(|_| login(&mut world, 0, "few")).collect();
    world.say(any, "SUB closed.> 1\r\n");
    for (i, &client) in few.iter().enumerate() {
        world.say(client, format!("PUB open.{i} 1\r\nx\r\n").repeat(3));
    }
    // Enough subjects that each place of the cache is used by another one.
    for i in 0..40_000 {
        world.send(any, format!("PUB closed.{i} 1\r\nx\r\n").repeat(2));
        if i % 1000 == 999 {
            world.rest();
        }
    }
    world.texts(any);
    let places: Vec<(usize, String)> = few
        .iter()
        .map(|&client| {
            let (_, slot) = world.clients[client].at().expect("connected");
            let last = world.loops[0].shard.connections[slot].client().last_result();
            let resolved = &world.loops[0].shard.results[last.index()];
            (client, String::from_utf8_lossy(resolved.subject()).into_owned())
        })
        .collect();
    assert!(
        places.iter().any(|(_, subject)| subject.starts_with("closed")),
        "no place changed hands"
    );
    for (client, subject) in places {
        world.say(client, format!("PUB {subject} 3\r\nbad\r\n"));
        let expected = if subject.starts_with("closed") { 1 } else { 0 };
        assert_eq!(world.errors(client).len(), expected, "{subject}");
    }
    assert_eq!(world.texts(any).len(), 0);
}

#[test]
fn denied_messages_are_kept_back_from_wider_subscriptions() {
    let lists = PermissionLists {
        subscribe_deny: vec!["a.secret".into(), "b.x q".into()],
        ..PermissionLists::default()
    };
    let mut world = with_users(2, &[("any", anything()), ("few", lists)]);
    let (any, few) = (login(&mut world, 0, "any"), login(&mut world, 1, "few"));
    world.say(
        few,
        "SUB a.* 1\r\nSUB b.> q 2\r\nSUB b.> r 3\r\nSUB a.secret 4\r\nSUB b.x q 5\r\n",
    );
    assert_eq!(
        world.errors(few),
        [
            "Permissions Violation for Subscription to \"a.secret\"",
            "Permissions Violation for Subscription to \"b.x\" using queue \"q\""
        ]
    );
    world.say(
        any,
        "PUB a.open 1\r\n1\r\nPUB a.secret 1\r\n2\r\nPUB b.x 1\r\n3\r\nPUB b.x.y 1\r\n4\r\n",
    );
    let mut got: Vec<(String, String)> = world.messages(few).iter().map(|m| (m.sid.clone(), m.text())).collect();
    got.sort();
    let expected = [("1", "1"), ("2", "4"), ("3", "3"), ("3", "4")];
    assert_eq!(got, expected.map(|(sid, text)| (sid.to_owned(), text.to_owned())));
}

fn subscribing(allow: Option<&[&str]>, deny: &[&str]) -> PermissionLists {
    let owned = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
    PermissionLists {
        subscribe_allow: allow.map(owned),
        subscribe_deny: owned(deny),
        ..PermissionLists::default()
    }
}

#[test]
fn a_denied_wildcard_refuses_the_wider_subscription() {
    for (deny, sub, refused) in [
        ("x.*", "x.>", true),
        ("*", ">", true),
        ("*.*", "x.>", true),
        ("x.* q", "x.> q", true),
        ("x.* q", "x.> r", false),
        ("x.* q", "x.>", false),
        ("x.a", "x.>", false),
        ("x.a", "x.*", false),
        ("*", "x.>", false),
    ] {
        let mut world = with_users(1, &[("few", subscribing(None, &[deny]))]);
        let few = login(&mut world, 0, "few");
        world.say(few, format!("SUB {sub} 1\r\n"));
        assert_eq!(world.errors(few).len(), usize::from(refused), "deny {deny}, SUB {sub}");
        assert_eq!(world.broker.stats().subscriptions, u64::from(!refused));
    }
}

#[test]
fn a_subscription_wider_than_allowed_gets_what_is_allowed() {
    let lists = subscribing(Some(&["x.*", "y.* q"]), &["x.no"]);
    let mut world = with_users(2, &[("any", anything()), ("few", lists)]);
    let (any, few) = (login(&mut world, 0, "any"), login(&mut world, 1, "few"));
    world.say(
        few,
        "SUB x.> 1\r\nSUB y.> q 2\r\nSUB > 3\r\nSUB y.> r 4\r\nSUB *.* 5\r\n",
    );
    assert_eq!(world.errors(few).len(), 3);
    for subject in ["x.a", "x.a.b", "x.no", "y.a", "y.a.b", "x"] {
        world.say(any, format!("PUB {subject} 1\r\n-\r\n"));
    }
    let mut got: Vec<(String, String)> = world
        .messages(few)
        .iter()
        .map(|m| (m.sid.clone(), m.subject.clone()))
        .collect();
    got.sort();
    assert_eq!(
        got,
        [("1", "x.a"), ("2", "y.a")].map(|(s, t)| (s.to_owned(), t.to_owned()))
    );
}

#[test]
fn what_is_withheld_counts_for_no_limit() {
    let lists = subscribing(Some(&["x.*"]), &["x.no"]);
    let mut world = with_users(1, &[("any", anything()), ("few", lists)]);
    let (any, few) = (login(&mut world, 0, "any"), login(&mut world, 0, "few"));
    world.say(few, "SUB x.> 1\r\nUNSUB 1 2\r\n");
    let published = "PUB x.a.b 1\r\n-\r\nPUB x.no 1\r\n-\r\n".repeat(3) + "PUB x.a 1\r\n1\r\n";
    world.say(
        any,
        published + "PUB x.a.b 1\r\n-\r\nPUB x.b 1\r\n2\r\nPUB x.c 1\r\n3\r\n",
    );
    assert_eq!(world.texts(few), ["1", "2"]);
}

#[test]
fn a_queue_group_passes_over_who_may_not_receive() {
    let lists = subscribing(Some(&["x.*"]), &[]);
    let mut world = with_users(1, &[("any", anything()), ("few", lists)]);
    let (any, few) = (login(&mut world, 0, "any"), login(&mut world, 0, "few"));
    world.say(few, "SUB x.> q 1\r\n");
    world.say(any, "SUB x.> q 1\r\n");
    world.say(any, "PUB x.a.b 1\r\n-\r\n".repeat(50));
    assert_eq!((world.texts(any).len(), world.texts(few).len()), (50, 0));
}

#[test]
fn no_client_publishes_to_subjects_of_servers() {
    let mut world = World::new(1);
    let client = world.quiet_client(0);
    world.say(
        client,
        "PUB $GR.x 1\r\nx\r\nPUB a _R_.x 1\r\nx\r\nPUB a $JS.ACK.x 1\r\nx\r\n",
    );
    assert_eq!(
        world.errors(client),
        [
            "Permissions Violation for Publish to \"$GR.x\"",
            "Permissions Violation for Publish with Reply of \"_R_.x\"",
            "Permissions Violation for Publish with Reply of \"$JS.ACK.x\""
        ]
    );
    // Not the second time either.
    world.say(client, "PUB $GR.x 1\r\nx\r\n".repeat(3));
    assert_eq!(world.errors(client).len(), 3);
}

#[test]
fn what_nobody_in_particular_subscribed_to_ends_with_connect() {
    let user = |name: &str| {
        Arc::new(User {
            name: name.to_owned(),
            credential: name.into(),
            permissions: None,
            account: crate::Account::GLOBAL.to_owned(),
            connections: ConnectionTypes::ALL,
            proxy_required: false,
        })
    };
    let auth = Auth {
        authenticator: Authenticator::Credentials,
        token: None,
        users: ["guest", "ann"].map(user).into_iter().collect(),
        no_auth_user: Some("guest".to_owned()),
        anonymous: false,
        proxy_required: false,
        failed_login_delay: Duration::ZERO,
        timeout: Duration::from_secs(2),
    };
    let mut world = World::with(1, Config::default(), Some(auth));
    let client = world.client(0);
    world.say(client, "SUB a 1\r\n");
    assert_eq!(world.broker.stats().subscriptions, 1);
    world.say(client, connect("ann"));
    assert_eq!(world.broker.stats().subscriptions, 0);
}

fn limited_to(names: &[&str]) -> Auth {
    let user = |name: &str, connections| {
        Arc::new(User {
            name: name.to_owned(),
            credential: name.into(),
            permissions: None,
            account: crate::Account::GLOBAL.to_owned(),
            connections,
            proxy_required: false,
        })
    };
    let some = ConnectionTypes::named(names).expect("known");
    Auth {
        authenticator: Authenticator::Credentials,
        token: None,
        users: [
            user("guest", some),
            user("ann", some),
            user("bob", ConnectionTypes::ALL),
        ]
        .into_iter()
        .collect(),
        no_auth_user: Some("guest".to_owned()),
        anonymous: false,
        proxy_required: false,
        failed_login_delay: Duration::ZERO,
        timeout: Duration::from_secs(2),
    }
}

const CONNECTS: [&str; 4] = [
    "CONNECT {\"user\":\"ann\",\"pass\":\"ann\"}\r\nPING\r\n",
    "CONNECT {}\r\nPING\r\n",
    "SUB a 1\r\nPING\r\n",
    "CONNECT {\"user\":\"bob\",\"pass\":\"bob\"}\r\nPING\r\n",
];

#[test]
fn a_user_of_other_kinds_of_connection_is_refused() {
    for (names, admitted) in [
        (&["STANDARD", "MQTT"][..], [true; 4]),
        (&["WEBSOCKET", "IN_PROCESS"][..], [false, false, false, true]),
    ] {
        let mut world = World::with(1, Config::default(), Some(limited_to(names)));
        for (connect, admitted) in CONNECTS.into_iter().zip(admitted) {
            let client = world.client(0);
            world.say(client, connect);
            let expected = (!admitted).then_some(CloseReason::AuthenticationFailure);
            assert_eq!(world.reason(client), expected, "{names:?} {connect}");
            let errors = world.errors(client);
            assert_eq!(
                errors.iter().any(|e| e == "Authorization Violation"),
                !admitted,
                "{errors:?}"
            );
        }
    }
}

#[test]
fn a_reload_ends_connections_of_kinds_that_are_no_more_allowed() {
    let mut world = World::with(1, Config::default(), Some(limited_to(&["STANDARD"])));
    let clients: Vec<usize> = CONNECTS
        .into_iter()
        .map(|connect| {
            let client = world.client(0);
            world.say(client, connect);
            client
        })
        .collect();
    world.reload(Config::default(), Some(limited_to(&["WEBSOCKET"])));
    world.rest();
    let removed: Vec<bool> = clients.iter().map(|&client| world.reason(client).is_some()).collect();
    assert_eq!(removed, [true, true, true, false]);
}

#[test]
fn a_user_without_a_password_needs_none() {
    let user = Arc::new(User {
        name: "ann".to_owned(),
        credential: "".into(),
        permissions: None,
        account: crate::Account::GLOBAL.to_owned(),
        connections: ConnectionTypes::ALL,
        proxy_required: false,
    });
    let auth = || Auth {
        authenticator: Authenticator::Credentials,
        token: None,
        users: [user.clone()].into_iter().collect(),
        no_auth_user: None,
        anonymous: false,
        proxy_required: false,
        failed_login_delay: Duration::ZERO,
        timeout: Duration::from_secs(2),
    };
    let mut world = World::with(1, Config::default(), Some(auth()));
    for (connect, admitted) in [
        (r#"{"user":"ann"}"#, true),
        (r#"{"user":"ann","pass":""}"#, true),
        (r#"{"user":"ann","pass":"x"}"#, false),
        (r#"{"user":"bob"}"#, false),
        (r#"{"pass":""}"#, false),
        (r#"{"auth_token":"ann"}"#, false),
        ("{}", false),
    ] {
        let client = world.client(0);
        world.say(client, format!("CONNECT {connect}\r\n"));
        let expected = (!admitted).then_some(CloseReason::AuthenticationFailure);
        assert_eq!(world.reason(client), expected, "{connect}");
    }
    // A reload asks the same again.
    let admitted = world.broker.stats().connections;
    world.reload(Config::default(), Some(auth()));
    world.rest();
    assert_eq!((world.broker.stats().connections, admitted), (2, 2));
}
