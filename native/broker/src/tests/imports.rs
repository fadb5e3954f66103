//! Stream imports: who receives what of another account, under which name, and until when.

use super::accounts::{plan_with, reload, settle, user};
use super::harness::World;
use super::permissions::login;
use crate::simulation::random::{Random, Seed};
use crate::{AccountPlan, Config, PermissionLists, Plan, PlanError, StreamImportPlan};
use std::sync::Arc;

fn import(account: &str, subject: &str, to: Option<&str>) -> StreamImportPlan {
    StreamImportPlan::new(account, subject, to).expect("an import")
}

/// Account A exports, B imports this.
fn plan(imports: &[(&str, Option<&str>)]) -> Plan {
    plan_for(imports, None)
}

fn plan_for(imports: &[(&str, Option<&str>)], importer: Option<PermissionLists>) -> Plan {
    let imports = imports.iter().map(|&(subject, to)| import("A", subject, to));
    let importer_account = AccountPlan {
        stream_imports: imports.collect(),
        ..AccountPlan::named("B")
    };
    let users = vec![user("a", "A", None), user("b", "B", importer), user("c", "C", None)];
    let accounts = vec![AccountPlan::named("A"), importer_account, AccountPlan::named("C")];
    plan_with(Config::default(), users, accounts).expect("a plan")
}

fn world(loops: usize, imports: &[(&str, Option<&str>)]) -> World {
    World::planned(loops, plan(imports), 1)
}

fn publish(world: &mut World, client: usize, subject: &str, text: &str) {
    world.say(client, format!("PUB {subject} {}\r\n{text}\r\n", text.len()));
}

/// Subject, sid and text of each message.
fn received(world: &mut World, client: usize) -> Vec<(String, String, String)> {
    let messages = world.messages(client);
    let parts = messages
        .into_iter()
        .map(|m| (m.subject.clone(), m.sid.clone(), m.text()));
    parts.collect()
}

fn of(subject: &str, sid: &str, text: &str) -> (String, String, String) {
    (subject.to_owned(), sid.to_owned(), text.to_owned())
}

#[test]
fn an_import_brings_the_subjects_of_another_account() {
    for loops in [1, 2] {
        let mut world = world(loops, &[("x.*", None)]);
        let (a, b, c) = (
            login(&mut world, 0, "a"),
            login(&mut world, loops - 1, "b"),
            login(&mut world, 0, "c"),
        );
        for client in [b, c] {
            world.say(client, "SUB > 1\r\nSUB x.1 2\r\nSUB x.2 3\r\nSUB y 4\r\n");
        }
        // Often enough that loops remember the subject.
        for _ in 0..3 {
            publish(&mut world, a, "x.1", "m");
            publish(&mut world, a, "y", "n");
        }
        let mut got = received(&mut world, b);
        got.sort();
        let wanted = [vec![of("x.1", "1", "m"); 3], vec![of("x.1", "2", "m"); 3]].concat();
        assert_eq!(got, wanted);
        assert_eq!(received(&mut world, c), []);
    }
}

#[test]
fn nothing_goes_back() {
    let mut world = world(2, &[(">", None)]);
    let (a, b) = (login(&mut world, 0, "a"), login(&mut world, 1, "b"));
    world.say(a, "SUB > 1\r\n");
    publish(&mut world, b, "x", "m");
    assert_eq!(received(&mut world, a), []);
}

#[test]
fn an_import_may_rename() {
    let mut world = world(2, &[("x.*.*", Some("y.$2.$1")), ("p.>", Some("in.p.>"))]);
    let (a, b) = (login(&mut world, 0, "a"), login(&mut world, 1, "b"));
    world.say(b, "SUB y.2.* 1\r\nSUB in.> 2\r\nSUB x.> 3\r\n");
    for _ in 0..3 {
        publish(&mut world, a, "x.1.2", "m");
        publish(&mut world, a, "x.2.1", "not wanted");
        publish(&mut world, a, "p.q.r", "n");
    }
    let mut got = received(&mut world, b);
    got.sort();
    let wanted = [vec![of("in.p.q.r", "2", "n"); 3], vec![of("y.2.1", "1", "m"); 3]].concat();
    assert_eq!(got, wanted);
}

#[test]
fn queue_groups_span_accounts() {
    let mut world = world(2, &[("x", None)]);
    let (a, b) = (login(&mut world, 0, "a"), login(&mut world, 1, "b"));
    world.say(a, "SUB x q 1\r\n");
    world.say(b, "SUB x q 1\r\n");
    for _ in 0..100 {
        publish(&mut world, a, "x", "m");
    }
    let (ours, theirs) = (received(&mut world, a).len(), received(&mut world, b).len());
    assert_eq!(ours + theirs, 100);
    assert!(ours > 10 && theirs > 10, "{ours} and {theirs}");
}

#[test]
fn an_unsubscribed_import_is_silent() {
    let mut world = world(2, &[("x", None)]);
    let (a, b) = (login(&mut world, 0, "a"), login(&mut world, 1, "b"));
    world.say(b, "SUB x 1\r\nSUB x 2\r\n");
    publish(&mut world, a, "x", "1");
    world.say(b, "UNSUB 1\r\n");
    publish(&mut world, a, "x", "2");
    let mut got = received(&mut world, b);
    got.sort();
    assert_eq!(got, [of("x", "1", "1"), of("x", "2", "1"), of("x", "2", "2")]);
    world.hang_up(b);
    world.rest();
    nothing_is_left(&world);
}

fn nothing_is_left(world: &World) {
    let gone: Vec<String> = world
        .broker
        .accounts()
        .iter()
        .filter(|account| !account.is_unused())
        .map(|account| account.name.clone())
        .collect();
    assert_eq!(gone, [""; 0], "subscriptions of nobody are left");
}

#[test]
fn a_limit_counts_the_messages_of_both_accounts() {
    for (loops, last) in [(1, "a"), (2, "a"), (2, "b"), (1, "b")] {
        let mut world = world(loops, &[("x", None)]);
        let (a, b) = (login(&mut world, 0, "a"), login(&mut world, loops - 1, "b"));
        let own = login(&mut world, 0, "b");
        world.say(b, "SUB x 1\r\nUNSUB 1 3\r\n");
        publish(&mut world, a, "x", "1");
        publish(&mut world, own, "x", "2");
        let publisher = if last == "a" { a } else { own };
        for text in ["3", "4", "5"] {
            publish(&mut world, publisher, "x", text);
        }
        assert_eq!(world.texts(b), ["1", "2", "3"], "{loops} {last}");
        assert_eq!(world.broker.subscriptions(None).len(), 0);
        world.hang_up(b);
        world.rest();
        nothing_is_left(&world);
    }
}

#[test]
fn a_limit_below_what_came_ends_it() {
    let mut world = world(2, &[("x", None)]);
    let (a, b) = (login(&mut world, 0, "a"), login(&mut world, 1, "b"));
    world.say(b, "SUB x 1\r\n");
    publish(&mut world, a, "x", "1");
    publish(&mut world, a, "x", "2");
    world.say(b, "UNSUB 1 2\r\n");
    publish(&mut world, a, "x", "3");
    assert_eq!(world.texts(b), ["1", "2"]);
    world.hang_up(b);
    world.rest();
    nothing_is_left(&world);
}

#[test]
fn permissions_speak_of_the_local_name() {
    let deny = PermissionLists {
        subscribe_deny: vec!["y.2".to_owned()],
        ..PermissionLists::default()
    };
    let mut world = World::planned(2, plan_for(&[("x.*", Some("y.$1"))], Some(deny)), 1);
    let (a, b) = (login(&mut world, 0, "a"), login(&mut world, 1, "b"));
    world.say(b, "SUB y.* 1\r\n");
    for subject in ["x.1", "x.2", "x.1", "x.2"] {
        publish(&mut world, a, subject, "m");
    }
    assert_eq!(received(&mut world, b), vec![of("y.1", "1", "m"); 2]);
}

#[test]
fn another_connect_ends_imported_subscriptions() {
    let mut world = world(2, &[("x", None)]);
    let (a, b) = (login(&mut world, 0, "a"), login(&mut world, 1, "b"));
    world.say(b, "SUB x 1\r\n");
    world.say(
        b,
        "CONNECT {\"verbose\":false,\"user\":\"b\",\"pass\":\"b\"}\r\nPING\r\n",
    );
    publish(&mut world, a, "x", "1");
    assert_eq!(received(&mut world, b), []);
    nothing_is_left(&world);
}

#[test]
fn a_reload_changes_what_live_subscriptions_import() {
    let mut world = world(2, &[("x", None), ("kept", None)]);
    let (a, b) = (login(&mut world, 0, "a"), login(&mut world, 1, "b"));
    world.say(b, "SUB > 1\r\n");
    for subject in ["x", "y", "kept"] {
        publish(&mut world, a, subject, "before");
    }
    let started = world.broker.reload(plan(&[("kept", None), ("y", Some("z"))]), 2);
    settle(&mut world, started);
    for subject in ["x", "y", "kept"] {
        publish(&mut world, a, subject, "after");
    }
    let wanted = [
        of("x", "1", "before"),
        of("kept", "1", "before"),
        of("z", "1", "after"),
        of("kept", "1", "after"),
    ];
    assert_eq!(received(&mut world, b), wanted);
    let started = world.broker.reload(plan(&[]), 2);
    settle(&mut world, started);
    publish(&mut world, a, "kept", "late");
    assert_eq!(received(&mut world, b), []);
    let of_a = world.broker.accounts().into_iter().find(|account| account.name == "A");
    assert!(of_a.is_some_and(|account| account.is_unused()));
}

#[test]
fn an_import_from_nowhere_is_refused() {
    let importer = AccountPlan {
        stream_imports: vec![import("nobody", "x", None)],
        ..AccountPlan::named("B")
    };
    let refused = plan_with(Config::default(), Vec::new(), vec![importer]).expect_err("no such account");
    let (account, exporter) = ("B".to_owned(), "nobody".to_owned());
    assert_eq!(refused, PlanError::NoExporter { account, exporter });
}

/// Messages of A on one subject, in order, to a subscriber in B that moves between loops and reads them all.
#[test]
fn imported_messages_reach_connections_that_move() {
    for seed in 0..300 {
        let _seed = Seed(seed);
        let mut random = Random::new(seed);
        let mut world = World::planned(3, plan(&[("x", Some("y"))]), seed);
        let (a, b) = (login(&mut world, 0, "a"), login(&mut world, 1, "b"));
        world.say(b, "SUB y 1\r\n");
        let mut sent = Vec::new();
        for number in 0..40 {
            match random.below(4) {
                0 => world.begin_move(b, random.below(3)),
                1 => world.begin_move(a, random.below(3)),
                _ => {
                    let text = format!("{number}");
                    world.send(a, format!("PUB x {}\r\n{text}\r\n", text.len()));
                    sent.push(text);
                }
            }
            for _ in 0..random.below(4) {
                world.random_step(&mut random);
            }
        }
        world.rest();
        assert_eq!(world.texts(b), sent);
        world.hang_up(b);
        world.rest();
        nothing_is_left(&world);
    }
}

/// What the control plane has received.
fn taken(world: &World) -> String {
    let batch = world.broker.internal().queue().take(usize::MAX, usize::MAX);
    String::from_utf8_lossy(&batch.bytes).into_owned()
}

fn subscribe_as_control_plane(world: &World, account: &str, subject: &str, queue: Option<&str>) -> u32 {
    let account = world.broker.account(account).expect("an account");
    let internal = world.broker.internal();
    let handle = internal.subscribe(&account, subject.as_bytes(), queue.map(str::as_bytes));
    handle.expect("a subject")
}

#[test]
fn the_control_plane_gets_what_an_account_imports() {
    let mut world = world(2, &[("x.*", Some("y.*")), ("z", None)]);
    let a = login(&mut world, 1, "a");
    let own = subscribe_as_control_plane(&world, "A", "x.1", None);
    let imported = subscribe_as_control_plane(&world, "B", "y.>", None);
    subscribe_as_control_plane(&world, "C", ">", None);
    publish(&mut world, a, "x.1", "!");
    publish(&mut world, a, "z", "?");
    let messages = taken(&world);
    let both = [
        format!("MSG x.1 {own} 1\r\n!\r\n"),
        format!("MSG y.1 {imported} 1\r\n!\r\n"),
    ];
    assert!(
        messages == both.concat() || messages == format!("{}{}", both[1], both[0]),
        "{messages}"
    );
    assert!(world.broker.internal().unsubscribe(imported));
    publish(&mut world, a, "x.1", "!");
    assert_eq!(taken(&world), both[0]);
}

#[test]
fn the_control_plane_is_one_of_a_queue_group() {
    let mut world = world(1, &[("x", None)]);
    let (a, b) = (login(&mut world, 0, "a"), login(&mut world, 0, "b"));
    world.say(b, "SUB x q 1\r\n");
    subscribe_as_control_plane(&world, "B", "x", Some("q"));
    for _ in 0..40 {
        publish(&mut world, a, "x", "!");
    }
    let ours = taken(&world).matches("MSG x ").count();
    assert_eq!(ours + received(&mut world, b).len(), 40);
    assert!((1..40).contains(&ours), "{ours} of 40");
}

#[test]
fn imports_of_the_control_plane_follow_a_reload() {
    let mut world = world(1, &[("x", None)]);
    let a = login(&mut world, 0, "a");
    let handle = subscribe_as_control_plane(&world, "B", ">", None);
    let say = |world: &mut World| {
        publish(world, a, "x", "!");
        publish(world, a, "y", "!");
        taken(world)
    };
    let of = |subject: &str| format!("MSG {subject} {handle} 1\r\n!\r\n");
    assert_eq!(say(&mut world), of("x"));
    reload(&mut world, plan(&[("x", None), ("y", Some("z"))]));
    assert_eq!(say(&mut world), of("x") + &of("z"));
    reload(&mut world, plan(&[("y", None)]));
    assert_eq!(say(&mut world), of("y"));
    reload(&mut world, plan(&[]));
    assert_eq!(say(&mut world), "");
    assert!(world.broker.internal().unsubscribe(handle));
}

#[test]
fn the_control_plane_forgets_accounts_that_are_gone() {
    for gone in ["A", "B"] {
        let mut world = world(1, &[("x", None)]);
        let handle = subscribe_as_control_plane(&world, "B", "x", None);
        let freed = Arc::downgrade(&world.broker.account(gone).expect("an account"));
        let stays = if gone == "A" { "B" } else { "A" };
        let users = vec![user("c", stays, None)];
        let next = plan_with(Config::default(), users, vec![AccountPlan::named(stays)]);
        reload(&mut world, next.expect("a plan"));
        assert!(freed.upgrade().is_none(), "nothing holds {gone}");
        assert_eq!(world.broker.internal().unsubscribe(handle), gone == "A");
    }
}

/// Type, account, subscription or new name of each step of a trace.
fn steps(message: &crate::simulation::wire::Message) -> Vec<String> {
    let event: serde_json::Value = serde_json::from_slice(&message.payload).expect("an event is JSON");
    let steps = event["events"].as_array().expect("steps").iter();
    let one = |step: &serde_json::Value| {
        let fields = ["type", "acc", "sub", "to"].map(|name| step[name].as_str());
        fields.into_iter().flatten().collect::<Vec<_>>().join(" ")
    };
    steps.map(one).collect()
}

#[test]
fn a_trace_tells_of_an_importing_account_as_much_as_that_allows() {
    for (allowed, only) in [
        (false, ""),
        (true, ""),
        (false, "Nats-Trace-Only: 1\r\n"),
        (true, "Nats-Trace-Only: 1\r\n"),
    ] {
        let import = import("A", "x.*", Some("y.*")).with_trace(allowed);
        let importer = AccountPlan {
            stream_imports: vec![import],
            ..AccountPlan::named("B")
        };
        let users = vec![user("a", "A", None), user("b", "B", None)];
        let plan = plan_with(Config::default(), users, vec![AccountPlan::named("A"), importer]);
        let mut world = World::planned(2, plan.expect("a plan"), 1);
        let (a, b, watches) = (
            login(&mut world, 0, "a"),
            login(&mut world, 1, "b"),
            login(&mut world, 1, "a"),
        );
        world.say(b, "SUB y.1 1\r\n");
        world.say(watches, "SUB trace 1\r\n");
        for _ in 0..3 {
            let headers = format!("NATS/1.0\r\nNats-Trace-Dest: trace\r\n{only}\r\n");
            world.say(a, format!("HPUB x.1 {0} {0}\r\n{headers}\r\n", headers.len()));
            let events = world.messages(watches);
            let mut wanted = vec!["in A", "se B y.1"];
            wanted.extend(allowed.then_some("eg B x.1"));
            assert_eq!(events.iter().map(steps).collect::<Vec<_>>(), [wanted]);
            assert_eq!(received(&mut world, b).len(), usize::from(only.is_empty()));
        }
    }
}
