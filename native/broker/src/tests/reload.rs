//! Another plan for open connections: which are closed, what others lose, and that the rest notices nothing.

use super::harness::{SECOND, World};
use super::permissions::{anything, auth_of, login, may_publish, with_users};
use crate::simulation::random::{Random, Seed};
use crate::simulation::wire::Frame;
use crate::{Account, Auth, Authenticator, CloseReason, Config, LogLevel, PermissionLists, ReplyAllowance, User};
use std::time::Duration;

fn may_subscribe(subjects: &[&str]) -> PermissionLists {
    PermissionLists {
        subscribe_allow: Some(subjects.iter().map(|s| (*s).to_owned()).collect()),
        ..PermissionLists::default()
    }
}

fn may_not_hear(subject: &str) -> PermissionLists {
    PermissionLists {
        subscribe_deny: vec![subject.to_owned()],
        ..PermissionLists::default()
    }
}

/// One answer for each request, and nothing else.
fn answers() -> PermissionLists {
    PermissionLists {
        publish_allow: Some(Vec::new()),
        allow_responses: Some(ReplyAllowance {
            max: 1,
            expires: Duration::from_secs(60),
        }),
        ..PermissionLists::default()
    }
}

/// Brings another plan and lets everything come to rest.
fn reload(world: &mut World, users: &[(&str, PermissionLists)]) {
    let number = world.reload(Config::default(), Some(auth_of(users)));
    world.rest();
    assert!(world.is_reloaded(number), "the end of a reload is reported");
}

#[test]
fn lost_subscriptions_are_removed_and_told_and_the_others_stay() {
    let mut world = with_users(2, &[("any", anything()), ("few", anything())]);
    let (any, few) = (login(&mut world, 0, "any"), login(&mut world, 1, "few"));
    world.say(few, "SUB x.1 1\r\nSUB x.2 q 2\r\nSUB y 3\r\nUNSUB 3 5\r\n");
    reload(&mut world, &[("any", anything()), ("few", may_subscribe(&["y"]))]);
    assert_eq!(
        world.errors(few),
        [
            "Permissions Violation for Subscription to \"x.1\" (sid \"1\")",
            "Permissions Violation for Subscription to \"x.2\" using queue \"q\" (sid \"2\")"
        ]
    );
    for line in [
        "Removed sub \"x.1\" (sid \"1\") for User \"few\" - not authorized",
        "Removed sub \"x.2\" using queue \"q\" (sid \"2\") for User \"few\" - not authorized",
    ] {
        assert!(world.logged(LogLevel::Info, line), "{line}");
    }
    assert_eq!(world.broker.stats().subscriptions, 1);
    world.say(any, "PUB x.1 1\r\n1\r\nPUB x.2 1\r\n2\r\nPUB y 1\r\n3\r\n");
    assert_eq!(world.texts(few), ["3"]);
    // The name is free again, and the permission is withdrawn.
    world.say(few, "SUB x.1 1\r\nSUB y 2\r\n");
    assert_eq!(world.errors(few), ["Permissions Violation for Subscription to \"x.1\""]);
    assert_eq!(world.broker.stats().subscriptions, 2);
}

#[test]
fn more_than_a_portion_may_be_lost_at_once() {
    const MANY: usize = 2 * crate::connection::removal::REMOVAL_BATCH + 10;
    let mut world = with_users(2, &[("any", anything()), ("few", anything())]);
    let (any, few) = (login(&mut world, 0, "any"), login(&mut world, 1, "few"));
    let lines: String = (0..MANY).map(|sid| format!("SUB x.{sid} {sid}\r\n")).collect();
    world.say(few, lines + "SUB y y\r\n");
    reload(&mut world, &[("any", anything()), ("few", may_subscribe(&["y"]))]);
    assert_eq!(world.errors(few).len(), MANY);
    assert_eq!(world.broker.stats().subscriptions, 1);
    world.say(any, "PUB x.1 1\r\n1\r\nPUB x.4000 1\r\n2\r\nPUB y 1\r\n3\r\n");
    assert_eq!(world.texts(few), ["3"]);
}

#[test]
fn what_was_routed_before_comes_before_the_news() {
    let mut world = with_users(2, &[("any", anything()), ("few", anything())]);
    let (any, few) = (login(&mut world, 0, "any"), login(&mut world, 1, "few"));
    world.say(few, "SUB a 1\r\n");
    world.reload(
        Config::default(),
        Some(auth_of(&[("any", anything()), ("few", may_subscribe(&[]))])),
    );
    // After the reload in the inbox of the subscriber's loop, which is not drained yet.
    world.send(any, "PUB a 1\r\n1\r\n");
    world.read(any, usize::MAX);
    world.rest();
    let got = String::from_utf8_lossy(&world.clients[few].got()).into_owned();
    let (message, error) = (got.find("MSG a 1 1"), got.find("Permissions Violation"));
    assert!(message.is_some() && message < error, "{got}");
}

#[test]
fn no_cache_remembers_what_might_be_published_once() {
    let users = [("any", anything()), ("few", anything())];
    let mut world = with_users(2, &users);
    let (any, few) = (login(&mut world, 0, "any"), login(&mut world, 1, "few"));
    world.say(any, "SUB secret 1\r\nSUB open 2\r\n");
    // So often that it takes the short way.
    world.say(few, "PUB secret 2\r\nok\r\n".repeat(5));
    assert_eq!(world.texts(any), vec!["ok"; 5]);
    reload(&mut world, &[("any", anything()), ("few", may_publish(&["open"]))]);
    world.say(few, "PUB secret 3\r\nbad\r\n".repeat(3));
    assert_eq!(
        world.errors(few),
        vec!["Permissions Violation for Publish to \"secret\""; 3]
    );
    world.say(few, "PUB open 2\r\nok\r\n");
    assert_eq!(world.texts(any), ["ok"]);
    // And back again.
    reload(&mut world, &users);
    world.say(few, "PUB secret 4\r\nfine\r\n");
    assert_eq!(world.texts(any), ["fine"]);
}

#[test]
fn no_cache_of_another_loop_remembers_who_heard_what() {
    let mut world = with_users(3, &[("any", anything()), ("few", anything())]);
    let (one, two) = (login(&mut world, 0, "any"), login(&mut world, 1, "any"));
    let few = login(&mut world, 2, "few");
    world.say(few, "SUB a.* 1\r\n");
    for publisher in [one, two] {
        world.say(publisher, "PUB a.secret 2\r\nok\r\n".repeat(4));
    }
    assert_eq!(world.texts(few).len(), 8);
    reload(&mut world, &[("any", anything()), ("few", may_not_hear("a.secret"))]);
    for publisher in [one, two] {
        world.say(publisher, "PUB a.secret 3\r\nbad\r\nPUB a.open 2\r\nok\r\n");
    }
    assert_eq!(world.texts(few), ["ok", "ok"]);
    assert_eq!(world.errors(few).len(), 0);
}

#[test]
fn who_is_not_known_any_more_goes() {
    let mut world = with_users(2, &[("gone", anything()), ("new", anything()), ("same", anything())]);
    let [removed, changed, same] = ["gone", "new", "same"].map(|user| login(&mut world, 1, user));
    let waiting = world.client(0);
    let mut auth = auth_of(&[("new", anything()), ("same", anything())]);
    auth.users.replace(User {
        credential: "other".into(),
        ..User::without_password("new".to_owned(), Account::GLOBAL.to_owned(), None)
    });
    world.reload(Config::default(), Some(auth));
    world.rest();
    for client in [removed, changed] {
        assert_eq!(world.errors(client), ["Authorization Violation"]);
        assert_eq!(world.reason(client), Some(CloseReason::AuthenticationFailure));
    }
    assert!(world.logged(LogLevel::Error, "authentication error - User \"gone\""));
    // A client that has sent nothing yet is decided about when it sends CONNECT.
    world.say(waiting, "CONNECT {\"user\":\"gone\",\"pass\":\"gone\"}\r\n");
    assert_eq!(world.errors(waiting), ["Authorization Violation"]);
    world.say(same, "SUB a 1\r\nPUB a 2\r\nok\r\n");
    assert_eq!(world.texts(same), ["ok"]);
}

#[test]
fn credentials_may_be_asked_for_from_now_on_and_no_more() {
    let mut world = World::new(2);
    let silent = world.client(0);
    let stranger = world.quiet_client(0);
    let ann = world.client(1);
    let connect = "CONNECT {\"verbose\":false,\"user\":\"ann\",\"pass\":\"ann\"}\r\n";
    world.say(ann, format!("{connect}SUB a 1\r\nSUB b 2\r\n"));
    reload(&mut world, &[("ann", may_subscribe(&["a"]))]);
    assert_eq!(world.reason(stranger), Some(CloseReason::AuthenticationFailure));
    assert_eq!(world.reason(silent), Some(CloseReason::AuthenticationFailure));
    assert_eq!(world.errors(ann).len(), 1);
    assert_eq!(world.broker.connections()[0].user, "ann");
    let waiting = world.client(0);
    world.reload(Config::default(), None);
    world.rest();
    world.say(waiting, "PUB a 2\r\nok\r\n");
    assert_eq!(world.errors(waiting).len(), 0);
    world.say(ann, "SUB b 2\r\n");
    assert_eq!(world.errors(ann).len(), 0);
    assert_eq!(world.texts(ann).len(), 0);
    assert_eq!(world.broker.stats().subscriptions, 2);
    // That is still what it says of itself, as it would be if it came now.
    assert_eq!(world.broker.connections()[0].user, "ann");
}

#[test]
fn a_token_is_told_of_before_and_after() {
    let auth = || Auth {
        authenticator: Authenticator::Credentials,
        token: Some("t".into()),
        ..auth_of(&[])
    };
    let mut world = World::with(1, Config::default(), Some(auth()));
    let client = world.client(0);
    world.say(client, "CONNECT {\"verbose\":false,\"auth_token\":\"t\"}\r\n");
    for _ in 0..2 {
        assert_eq!(world.broker.connections()[0].user, "[REDACTED]");
        world.reload(Config::default(), Some(auth()));
        world.rest();
    }
}

#[test]
fn who_keeps_the_same_rights_notices_nothing() {
    let users = [("any", anything()), ("service", answers())];
    let mut world = with_users(2, &users);
    let (any, service) = (login(&mut world, 0, "any"), login(&mut world, 1, "service"));
    world.say(service, "SUB ask 1\r\n");
    world.say(any, "SUB reply 1\r\nPUB ask reply 1\r\n?\r\n");
    let before = world.broker.global.interest().read().generation();
    reload(&mut world, &users);
    assert_eq!(
        world.broker.global.interest().read().generation(),
        before,
        "no subject is looked up again"
    );
    world.say(service, "PUB reply 1\r\n!\r\n");
    assert_eq!(world.texts(any), ["!"]);
}

#[test]
fn answers_are_owed_as_long_as_answers_are_allowed() {
    let with = |lists: PermissionLists| [("any", anything()), ("service", lists)];
    let more = PermissionLists {
        publish_allow: Some(vec!["log".to_owned()]),
        ..answers()
    };
    let mut world = with_users(2, &with(answers()));
    let (any, service) = (login(&mut world, 0, "any"), login(&mut world, 1, "service"));
    world.say(service, "SUB ask 1\r\n");
    world.say(
        any,
        "SUB reply.* 1\r\nPUB ask reply.1 1\r\n?\r\nPUB ask reply.2 1\r\n?\r\n",
    );
    reload(&mut world, &with(more));
    world.say(service, "PUB reply.1 1\r\n1\r\n");
    assert_eq!(world.texts(any), ["1"]);
    // Once they are not, nothing of it comes back.
    reload(&mut world, &with(may_publish(&["log"])));
    reload(&mut world, &with(answers()));
    world.say(service, "PUB reply.2 1\r\n2\r\n");
    assert_eq!(world.errors(service).len(), 1);
    assert_eq!(world.texts(any).len(), 0);
}

#[test]
fn what_waits_for_a_connection_does_not_go_by_its_old_permissions() {
    let with = |lists: PermissionLists| [("any", anything()), ("service", lists)];
    let mut world = with_users(2, &with(anything()));
    let (any, service) = (login(&mut world, 1, "any"), login(&mut world, 0, "service"));
    world.say(service, "SUB ask 1\r\n");
    world.say(any, "SUB reply 1\r\n");
    world.begin_move(service, 1);
    world.take_in(1);
    world.reload(Config::default(), Some(auth_of(&with(answers()))));
    world.take_in(0);
    // A request that may find it on its way.
    let (_, slot) = world.clients[any].at().expect("connected");
    world.loops[1].shard.receive(slot, b"PUB ask reply 1\r\n?\r\n");
    world.write_and_close(1);
    world.rest();
    world.say(service, "PUB reply 1\r\n!\r\n");
    assert_eq!(world.texts(any), ["!"]);
    assert_eq!(world.errors(service).len(), 0);
}

#[test]
fn limits_hold_for_connections_that_are_there() {
    let mut world = World::new(2);
    let (one, two) = (world.quiet_client(0), world.quiet_client(1));
    world.say(two, "SUB a 1\r\n");
    world.say(one, "PUB a 5\r\n12345\r\n".repeat(3));
    assert_eq!(world.texts(two).len(), 3);
    let small = Config {
        max_payload: Some(4),
        log_trace: true,
        ..Config::default()
    };
    world.reload(small, None);
    world.rest();
    world.say(two, "PING\r\n");
    assert!(world.logged(LogLevel::Trace, "<<- [PING]"));
    world.say(one, "PUB a 5\r\n12345\r\n");
    assert_eq!(world.errors(one), ["Maximum Payload Violation"]);
    assert_eq!(world.texts(two).len(), 0);
}

#[test]
fn pings_come_at_the_new_pace_once_the_next_one_is_due() {
    let every = |seconds| Config {
        ping_interval: Duration::from_secs(seconds),
        ping_max: 100,
        ..Config::default()
    };
    let pings = |world: &mut World, client| {
        let frames = world.frames(client);
        frames.iter().filter(|frame| **frame == Frame::Ping).count()
    };
    let mut world = World::with(1, every(1), None);
    let client = world.quiet_client(0);
    world.pass(SECOND, SECOND);
    assert_eq!(pings(&mut world, client), 1);
    world.reload(every(10), None);
    // The timer of the old interval finds that the client has sent something lately; the next one is in ten seconds.
    world.pass(10 * SECOND, SECOND);
    assert_eq!(pings(&mut world, client), 0);
    world.pass(SECOND, SECOND);
    assert_eq!(pings(&mut world, client), 1);
    world.pass(10 * SECOND, SECOND);
    assert_eq!(pings(&mut world, client), 1);
    assert_eq!(world.reason(client), None);
    let strict = Config {
        ping_max: 1,
        ..every(10)
    };
    world.reload(strict, None);
    world.pass(10 * SECOND, SECOND);
    assert_eq!(world.reason(client), Some(CloseReason::StaleConnection));
}

#[test]
fn a_shorter_deadline_holds_for_what_is_written_next() {
    let within = |seconds| Config {
        write_deadline: Duration::from_secs(seconds),
        ..Config::default()
    };
    let mut world = World::with(2, within(60), None);
    let (slow, publisher) = (world.quiet_client(0), world.quiet_client(1));
    world.say(slow, "SUB a 1\r\n");
    world.reload(within(2), None);
    world.rest();
    world.clients[slow].set_window(0);
    world.say(publisher, "PUB a 1\r\nx\r\n");
    world.pass(3 * SECOND, SECOND);
    assert_eq!(world.reason(slow), Some(CloseReason::SlowConsumerWriteDeadline));
    assert_eq!(world.reason(publisher), None);
}

#[test]
fn as_many_as_are_too_many_go() {
    let mut world = World::new(2);
    let clients: Vec<usize> = (0..6).map(|i| world.quiet_client(i % 2)).collect();
    let limited = |max_connections| Config {
        max_connections,
        ..Config::default()
    };
    world.reload(limited(4), None);
    world.rest();
    assert_eq!(world.broker.connection_count(), 4);
    let lines = world.logged_count(LogLevel::Error, "maximum connections exceeded");
    assert_eq!(lines, 1, "repeated ones are left out");
    for &client in &clients[4..] {
        assert_eq!(world.errors(client), ["maximum connections exceeded"]);
        assert_eq!(world.reason(client), Some(CloseReason::MaxConnectionsExceeded));
    }
    let late = world.client(0);
    world.rest();
    assert_eq!(world.errors(late), ["maximum connections exceeded"]);
    world.reload(limited(-1), None);
    world.rest();
    assert_eq!(world.broker.connection_count(), 0);
}

#[test]
fn one_on_its_way_to_another_loop_is_not_overlooked() {
    // The reload comes after each of the steps of a move.
    for step in 0..4 {
        let mut world = with_users(2, &[("any", anything()), ("few", anything())]);
        let (any, few) = (login(&mut world, 1, "any"), login(&mut world, 0, "few"));
        world.say(few, "SUB secret 1\r\nSUB open 2\r\n");
        world.begin_move(few, 1);
        if step >= 1 {
            world.take_in(1);
        }
        if step >= 2 {
            world.loops[0].shard.drain_inbox();
        }
        if step >= 3 {
            world.take_in(0);
            assert_eq!(world.clients[few].at(), None, "it is on its way");
        }
        let users = [("any", anything()), ("few", may_subscribe(&["open"]))];
        let number = world.reload(Config::default(), Some(auth_of(&users)));
        if step == 2 {
            // The new loop has applied it before the old one does.
            world.turn(1);
            world.finish(0);
        }
        world.rest();
        assert!(world.is_reloaded(number));
        assert_eq!(world.errors(few).len(), 1, "step {step}");
        world.say(any, "PUB secret 3\r\nbad\r\nPUB open 2\r\nok\r\n");
        assert_eq!(world.texts(few), ["ok"], "step {step}");
        world.begin_move(few, 1 - world.clients[few].at().expect("it is open").0);
        world.rest();
        world.say(few, "PUB open 2\r\nmy\r\n");
        assert_eq!(world.texts(few), ["my"], "it can still move, step {step}");
    }
}

/// Publishers, reloads and moves in any order: after a reload is reported nothing that it forbids arrives, and
/// everything that is allowed all the while arrives once and in order.
#[test]
fn after_its_end_was_told_nothing_is_judged_by_the_old_plan() {
    let narrow = || [("any", anything()), ("few", may_not_hear("secret"))];
    let wide = || [("any", anything()), ("few", anything())];
    for seed in 1..=150 {
        let _named = Seed(seed);
        let mut random = Random::new(seed);
        let loops = 2 + random.below(2);
        let mut world = with_users(loops, &wide());
        let publisher = login(&mut world, 0, "any");
        let subscribers: Vec<usize> = (0..3)
            .map(|_| {
                let at = random.below(loops);
                let client = login(&mut world, at, "few");
                world.say(client, "SUB > 1\r\n");
                client
            })
            .collect();
        let mut sent = 0;
        let mut forbidden = Vec::new();
        for _ in 0..6 {
            for (users, forbids) in [(narrow(), true), (wide(), false)] {
                let number = world.reload(Config::default(), Some(auth_of(&users)));
                for _ in 0..random.below(60) {
                    world.random_step(&mut random);
                    if random.chance(20) {
                        let client = subscribers[random.below(subscribers.len())];
                        world.begin_move(client, random.below(loops));
                    }
                    if random.chance(40) {
                        if forbids && world.is_reloaded(number) {
                            forbidden.push(sent);
                        }
                        let text = sent.to_string();
                        for subject in ["open", "secret"] {
                            world.send(publisher, format!("PUB {subject} {}\r\n{text}\r\n", text.len()));
                        }
                        sent += 1;
                    }
                }
                // Whatever was forbidden must not wait for the wider plan.
                world.rest();
                assert!(world.is_reloaded(number));
            }
        }
        for client in subscribers {
            let messages = world.messages(client);
            let of = |subject: &str| -> Vec<usize> {
                let those = messages.iter().filter(|m| m.subject == subject);
                those.map(|m| m.text().parse().expect("a number")).collect()
            };
            assert_eq!(of("open"), (0..sent).collect::<Vec<_>>());
            let secrets = of("secret");
            assert!(secrets.is_sorted());
            assert!(!secrets.iter().any(|n| forbidden.contains(n)));
        }
    }
}

#[test]
fn a_reload_judges_wildcards_as_subscribing_does() {
    let lists = |allow: Option<&[&str]>, deny: &[&str]| PermissionLists {
        subscribe_allow: allow.map(|list| list.iter().map(|s| (*s).to_owned()).collect()),
        subscribe_deny: deny.iter().map(|s| (*s).to_owned()).collect(),
        ..PermissionLists::default()
    };
    let mut world = with_users(1, &[("any", anything()), ("few", anything())]);
    let (any, few) = (login(&mut world, 0, "any"), login(&mut world, 0, "few"));
    world.say(few, "SUB x.> 1\r\nSUB y.> q 2\r\nSUB z.> 3\r\n");
    let narrow = lists(Some(&["x.*", "y.>", "z.>"]), &["y.* q", "z.a"]);
    reload(&mut world, &[("any", anything()), ("few", narrow)]);
    assert_eq!(
        world.errors(few),
        ["Permissions Violation for Subscription to \"y.>\" using queue \"q\" (sid \"2\")"]
    );
    for subject in ["x.a", "x.a.b", "y.a", "z.a", "z.b"] {
        world.say(any, format!("PUB {subject} {}\r\n{subject}\r\n", subject.len()));
    }
    assert_eq!(world.texts(few), ["x.a", "z.b"]);
}
