//! Subjects that accounts map to others, however the messages come and whatever is known of their subjects.

use super::accounts::{plan_with, settle, user};
use super::harness::World;
use super::permissions::{login, may_publish};
use crate::simulation::random::{Random, Seed};
use crate::{Account, AccountPlan, Auth, Config, InboxItem, InternalPublish, LogLevel, Plan};
use nt_subject::transform::Destination;
use nt_subject::{Mapping, MappingTable};
use serde_json::Value;
use std::sync::Arc;

type Rule<'a> = (&'a str, &'a [(&'a str, u8)]);

fn table(rules: &[Rule<'_>]) -> Arc<MappingTable> {
    let rule = |(source, destinations): &Rule<'_>| {
        let destinations = destinations.iter().map(|&(subject, weight)| Destination {
            weight,
            ..Destination::new(subject.as_bytes())
        });
        Mapping::new(source.as_bytes(), &destinations.collect::<Vec<_>>(), b"").expect("a mapping")
    };
    Arc::new(MappingTable::new(rules.iter().map(rule)))
}

/// An account with these rules.
fn account(name: &str, rules: &[Rule<'_>]) -> AccountPlan {
    AccountPlan {
        mappings: table(rules),
        ..AccountPlan::named(name)
    }
}

/// A plan where everybody is in `$G`.
fn plan(auth: Option<Auth>, rules: &[Rule<'_>]) -> Plan {
    planned(Config::default(), auth, rules)
}

fn planned(config: Config, auth: Option<Auth>, rules: &[Rule<'_>]) -> Plan {
    Plan::new(config, auth, vec![account(Account::GLOBAL, rules)]).expect("a plan")
}

fn world(loops: usize, rules: &[Rule<'_>]) -> World {
    World::planned(loops, plan(None, rules), 1)
}

fn reload(world: &mut World, rules: &[Rule<'_>]) -> usize {
    let started = world.broker.reload(plan(None, rules), world.loops.len());
    settle(world, started)
}

/// The subjects of what a client got, and how often each.
fn heard(world: &mut World, client: usize) -> Vec<(String, usize)> {
    let mut subjects: Vec<String> = world.messages(client).into_iter().map(|m| m.subject).collect();
    subjects.sort();
    let mut counts = Vec::<(String, usize)>::new();
    for subject in subjects {
        match counts.last_mut() {
            Some((last, count)) if *last == subject => *count += 1,
            _ => counts.push((subject, 1)),
        }
    }
    counts
}

fn counted<const N: usize>(expected: [(&str, usize); N]) -> Vec<(String, usize)> {
    expected.map(|(subject, count)| (subject.to_owned(), count)).to_vec()
}

fn publish(subject: &str, times: usize) -> String {
    format!("PUB {subject} 2\r\nhi\r\n").repeat(times)
}

const SWAP: Rule<'static> = ("w.*.*", &[("z.$2.$1", 100)]);

#[test]
fn messages_take_the_subject_of_the_mapping_however_they_come() {
    let mut world = world(2, &[SWAP]);
    let [here, there, publisher] = [0, 1, 0].map(|loop_| world.quiet_client(loop_));
    for client in [here, there] {
        world.say(client, "SUB z.> 1\r\nSUB z.b.a q 2\r\nSUB w.> 3\r\n");
    }
    // One, then bursts: of a subject seen for the first time, and of a known one.
    for times in [1, 1, 5, 500] {
        world.say(publisher, publish("w.a.b", times));
        let (mut mine, theirs) = (world.messages(here), world.messages(there));
        assert_eq!(mine.len() + theirs.len(), 3 * times);
        mine.extend(theirs);
        assert!(mine.iter().all(|m| m.subject == "z.b.a" && m.text() == "hi"));
    }
    // With headers and with a reply, and of other subjects in turn.
    for _ in 0..3 {
        world.say(
            publisher,
            "HPUB w.1.2 r 12 13\r\nNATS/1.0\r\n\r\nx\r\nPUB w.3.4 r 0\r\n\r\nPUB w.5.6 0\r\n\r\n",
        );
        let expected = counted([("z.2.1", 1), ("z.4.3", 1), ("z.6.5", 1)]);
        assert_eq!(heard(&mut world, here), expected);
    }
}

#[test]
fn a_subject_without_a_rule_stays_and_no_rule_is_applied_to_a_result() {
    let mut world = world(1, &[("a", &[("b", 100)]), ("b", &[("c", 100)])]);
    let client = world.quiet_client(0);
    world.say(client, "SUB > 1\r\n");
    for _ in 0..3 {
        world.say(client, "PUB a 0\r\n\r\nPUB b 0\r\n\r\nPUB c 0\r\n\r\nPUB d 0\r\n\r\n");
        assert_eq!(heard(&mut world, client), counted([("b", 1), ("c", 2), ("d", 1)]));
    }
}

#[test]
fn weights_are_drawn_for_each_message_of_a_burst() {
    let mut world = world(1, &[("a", &[("b", 20), ("c", 50)]), ("*", &[("n.{{random(2)}}", 100)])]);
    let client = world.quiet_client(0);
    world.say(client, "SUB > 1\r\n");
    for round in 0..3 {
        world.say(client, publish("a", 1000) + &publish("a", 1000));
        let shares = heard(&mut world, client);
        assert_eq!(
            shares.iter().map(|(subject, _)| &**subject).collect::<String>(),
            "abc",
            "{round}"
        );
        for ((_, share), expected) in shares.into_iter().zip([600, 400, 1000]) {
            assert!(share.abs_diff(expected) < 100, "{share}");
        }
        world.say(client, publish("x", 1000));
        let shares = heard(&mut world, client);
        assert_eq!(shares.len(), 2);
        assert!(shares.iter().all(|(_, share)| share.abs_diff(500) < 100), "{shares:?}");
    }
}

#[test]
fn what_a_listed_source_lacks_to_a_hundred_is_lost() {
    let mut world = world(
        1,
        &[("a", &[("a", 30)]), ("none", &[("none", 0)]), ("kept", &[("other", 0)])],
    );
    let client = world.quiet_client(0);
    world.say(client, "SUB > 1\r\n");
    world.say(client, publish("a", 1000) + &publish("none", 10) + &publish("kept", 10));
    let shares = heard(&mut world, client);
    assert_eq!(shares.len(), 2);
    assert!(shares[0].1.abs_diff(300) < 100, "{shares:?}");
    assert_eq!(shares[1], ("kept".to_owned(), 10));
    let stats = world.broker.stats();
    assert_eq!(stats.in_msgs, 1020, "what is lost has come in");
}

#[test]
fn one_member_of_a_group_gets_each_message_and_a_limit_is_exact() {
    let mut world = world(2, &[SWAP, ("l", &[("m", 50), ("n", 50)])]);
    let members = [0, 1, 0].map(|loop_| world.quiet_client(loop_));
    let publisher = world.quiet_client(1);
    for member in members {
        world.say(
            member,
            "SUB z.*.* q 1\r\nSUB m 2\r\nSUB n 3\r\nUNSUB 2 3\r\nUNSUB 3 3\r\n",
        );
    }
    world.say(publisher, publish("w.1.2", 300) + &publish("l", 50));
    let mut in_group = 0;
    for member in members {
        let counts = heard(&mut world, member);
        assert_eq!(counts[..2], counted([("m", 3), ("n", 3)]));
        in_group += counts[2].1;
    }
    assert_eq!(in_group, 300);
}

#[test]
fn who_wants_no_echo_hears_nothing_of_its_own() {
    let mut world = world(1, &[("a", &[("b", 100)])]);
    let [own, other] = [(); 2].map(|()| world.client(0));
    for client in [own, other] {
        world.say(client, "CONNECT {\"verbose\":false,\"echo\":false}\r\nSUB b 1\r\n");
    }
    world.say(own, publish("a", 3));
    assert_eq!((world.messages(own).len(), world.messages(other).len()), (0, 3));
}

#[test]
fn a_request_without_responders_names_the_mapped_subject() {
    let rules: [Rule<'_>; 2] = [SWAP, ("lost", &[("lost", 0)])];
    let mut world = world(1, &rules);
    let client = world.quiet_client(0);
    world.say(client, "SUB r 1\r\n");
    for _ in 0..3 {
        world.say(client, "PUB w.1.2 r 0\r\n\r\nPUB lost r 0\r\n\r\n");
        let headers = world.messages(client).into_iter().map(|m| m.headers);
        let headers: Vec<String> = headers.map(|h| String::from_utf8(h).expect("text")).collect();
        let expected = ["z.2.1", ""].map(|subject| format!("NATS/1.0 503\r\nNats-Subject: {subject}\r\n\r\n"));
        assert_eq!(headers, expected);
    }
}

/// As in the reference.
#[test]
fn permissions_and_reserved_subjects_are_judged_after_the_mapping() {
    let rules: &[Rule<'_>] = &[
        ("a", &[("b", 100)]),
        ("b", &[("a", 100)]),
        ("c", &[("$GR.x", 100)]),
        ("$GR.y", &[("b", 100)]),
    ];
    let auth = super::permissions::auth_of(&[("few", may_publish(&["b"])), ("any", super::permissions::anything())]);
    let mut world = World::planned(1, plan(Some(auth), rules), 1);
    let (few, any) = (login(&mut world, 0, "few"), login(&mut world, 0, "any"));
    world.say(any, "SUB > 1\r\n");
    for times in 1..4 {
        // Whoever else has made the subject known.
        world.say(any, publish("b", times));
        assert_eq!(heard(&mut world, any), counted([("a", times)]));
        world.say(few, publish("a", times) + &publish("b", times));
        assert_eq!(heard(&mut world, any), counted([("b", times)]));
        let errors = vec!["Permissions Violation for Publish to \"a\""; times];
        assert_eq!(world.errors(few), errors);
        world.say(any, "PUB c 0\r\n\r\nPUB $GR.y 0\r\n\r\n");
        let frames = format!("{:?}", world.frames(any));
        assert!(
            frames.contains("Permissions Violation for Publish to \\\"$GR.x\\\""),
            "{frames}"
        );
        assert!(frames.contains("subject: \"b\""), "{frames}");
    }
}

#[test]
fn a_subscription_hears_only_what_its_user_may() {
    let deny = crate::PermissionLists {
        subscribe_deny: vec!["secret.x".to_owned()],
        ..crate::PermissionLists::default()
    };
    let auth = super::permissions::auth_of(&[("few", deny)]);
    let rules: &[Rule<'_>] = &[("open.*", &[("secret.$1", 100)])];
    let mut world = World::planned(1, plan(Some(auth), rules), 1);
    let few = login(&mut world, 0, "few");
    world.say(few, "SUB > 1\r\n");
    for _ in 0..3 {
        world.say(few, "PUB open.x 0\r\n\r\nPUB open.y 0\r\n\r\n");
        assert_eq!(heard(&mut world, few), counted([("secret.y", 1)]));
    }
}

#[test]
fn accounts_have_their_own_mappings() {
    let users = vec![user("a", "A", None), user("b", "B", None)];
    let accounts = vec![account("A", &[("x", &[("y", 100)])]), AccountPlan::named("B")];
    let plan = plan_with(Config::default(), users, accounts).expect("a plan");
    let mut world = World::planned(1, plan, 1);
    let (a, b) = (login(&mut world, 0, "a"), login(&mut world, 0, "b"));
    for client in [a, b] {
        world.say(client, "SUB > 1\r\n");
    }
    for _ in 0..3 {
        world.say(a, "PUB x 0\r\n\r\n");
        world.say(b, "PUB x 0\r\n\r\n");
        assert_eq!(heard(&mut world, a), counted([("y", 1)]));
        assert_eq!(heard(&mut world, b), counted([("x", 1)]));
    }
    // A change in one of them is none in the other.
    let known = |world: &World| world.loops[0].shard.results.iter().len();
    let before = known(&world);
    let started = world
        .broker
        .replace_account(account("A", &[("x", &[("z", 100)])]), 1)
        .expect("a plan");
    assert_eq!(settle(&mut world, started), 1);
    world.say(b, "PUB x 0\r\n\r\n");
    assert_eq!(known(&world), before);
    world.say(a, "PUB x 0\r\n\r\n");
    assert_eq!(heard(&mut world, a), counted([("z", 1)]));
}

#[test]
fn connected_clients_follow_other_mappings() {
    let mut world = world(2, &[("x", &[("y", 100)])]);
    let [subscriber, here, there] = [0, 0, 1].map(|loop_| world.quiet_client(loop_));
    world.say(subscriber, "SUB > 1\r\n");
    let say_all = |world: &mut World| {
        for client in [here, there] {
            // Once to be known, and then as a burst.
            world.say(client, publish("x", 1));
            world.say(client, publish("x", 2));
        }
        heard(world, subscriber)
    };
    assert_eq!(say_all(&mut world), counted([("y", 6)]));
    assert_eq!(reload(&mut world, &[("x", &[("y", 100)])]), 0, "the same");
    assert_eq!(say_all(&mut world), counted([("y", 6)]));
    assert_eq!(reload(&mut world, &[("x", &[("z", 100)])]), 3);
    assert_eq!(say_all(&mut world), counted([("z", 6)]));
    assert_eq!(reload(&mut world, &[]), 3);
    assert_eq!(say_all(&mut world), counted([("x", 6)]));
    assert_eq!(reload(&mut world, &[("*", &[("y", 100)])]), 3);
    assert_eq!(say_all(&mut world), counted([("y", 6)]));
    // The order of rules is one of them.
    let rules: [Rule<'_>; 2] = [("x", &[("first", 100)]), ("*", &[("y", 100)])];
    reload(&mut world, &rules);
    assert_eq!(say_all(&mut world), counted([("first", 6)]));
    reload(&mut world, &[rules[1], rules[0]]);
    assert_eq!(say_all(&mut world), counted([("y", 6)]));
}

/// A connection that has not been asked for anything when the broker opens to everyone.
#[test]
fn who_has_not_said_connect_follows_other_mappings_too() {
    let auth = super::permissions::auth_of(&[("any", super::permissions::anything())]);
    let mut world = World::planned(1, plan(Some(auth), &[]), 1);
    let client = world.client(0);
    reload(&mut world, &[("x", &[("y", 100)])]);
    world.say(client, "SUB > 1\r\nPUB x 0\r\n\r\n");
    assert_eq!(heard(&mut world, client), counted([("y", 1)]));
}

/// Both plans let every message in, each by its own mapping and its own permissions. By a mapping of one and
/// permissions of the other, it would be refused, or somebody would hear what neither plan says.
#[test]
fn no_message_is_judged_by_half_a_plan() {
    let with = |to: &str| {
        let users = vec![user("p", "A", Some(may_publish(&[to]))), user("s", "A", None)];
        plan_with(Config::default(), users, vec![account("A", &[("x", &[(to, 100)])])]).expect("a plan")
    };
    for seed in 1..=100 {
        let _named = Seed(seed);
        let mut random = Random::new(seed);
        let loops = 1 + random.below(3);
        let mut world = World::planned(loops, with("old"), seed);
        let subscriber = login(&mut world, random.below(loops), "s");
        world.say(subscriber, "SUB > 1\r\n");
        let mut publishers: Vec<usize> = (0..3).map(|_| login(&mut world, random.below(loops), "p")).collect();
        let mut sent = 0;
        for to in ["new", "old", "new"] {
            let started = world.broker.reload(with(to), loops);
            world.post_reload(started);
            for _ in 0..random.below(40) {
                world.random_step(&mut random);
                let publisher = publishers[random.below(publishers.len())];
                match random.below(8) {
                    0 => world.begin_move(publisher, random.below(loops)),
                    // Somebody who lives by the new plan from the start.
                    1 => {
                        let late = world.client(random.below(loops));
                        world.send(late, "CONNECT {\"verbose\":false,\"user\":\"p\",\"pass\":\"p\"}\r\n");
                        publishers.push(late);
                    }
                    _ => {
                        let times = 1 + random.below(3);
                        world.send(publisher, publish("x", times));
                        sent += times;
                    }
                }
            }
            world.rest();
        }
        assert_eq!(world.messages(subscriber).len(), sent);
        for publisher in publishers {
            assert_eq!(world.errors(publisher), [""; 0]);
        }
    }
}

#[test]
fn messages_of_the_program_are_mapped_as_those_of_clients() {
    let mut world = world(1, &[SWAP]);
    let client = world.quiet_client(0);
    world.say(client, "SUB > 1\r\n");
    for to in ["z.2.1", "other"] {
        let broker = world.broker.clone();
        let frames = b"PUB w.1.2 2\r\nhi\r\n".repeat(3);
        broker.internal().add_unpublished(frames.len());
        let account = broker.account(Account::GLOBAL).expect("always there");
        world.post(
            0,
            InboxItem::Publish(InternalPublish {
                broker,
                account,
                frames,
                confirm: None,
            }),
        );
        world.rest();
        assert_eq!(heard(&mut world, client), counted([(to, 3)]));
        reload(&mut world, &[("w.*.*", &[("other", 100)])]);
    }
}

#[test]
fn a_trace_tells_of_the_mapping_and_is_itself_not_mapped() {
    let mut world = world(1, &[SWAP, ("t", &[("elsewhere", 100)])]);
    let client = world.quiet_client(0);
    world.say(client, "SUB z.> 1\r\nSUB t 2\r\n");
    let headers = "NATS/1.0\r\nNats-Trace-Dest: t\r\n\r\n";
    for _ in 0..3 {
        let length = headers.len();
        world.say(client, format!("HPUB w.1.2 {length} {}\r\n{headers}x\r\n", length + 1));
        let messages = world.messages(client);
        let subjects: Vec<&str> = messages.iter().map(|m| &*m.subject).collect();
        assert_eq!(subjects, ["z.2.1", "t"]);
        let event: Value = serde_json::from_slice(&messages[1].payload).expect("JSON");
        let events = event["events"].as_array().expect("events");
        let types: Vec<&Value> = events.iter().map(|event| &event["type"]).collect();
        assert_eq!(types, ["in", "sm", "eg"]);
        assert_eq!(events[0]["subj"], "w.1.2");
        assert_eq!(events[1]["to"], "z.2.1");
        assert_eq!(
            events[1].as_object().expect("an object").len(),
            3,
            "type, time and subject"
        );
    }
}

#[test]
fn a_protocol_trace_shows_the_mapping_between_the_line_and_the_payload() {
    let config = Config {
        log_trace: true,
        ..Config::default()
    };
    let mut world = World::planned(1, planned(config, None, &[SWAP]), 1);
    let client = world.quiet_client(0);
    world.say(client, "PUB w.1.2 2\r\nhi\r\n");
    let expected = [
        "<<- [PUB w.1.2 2]",
        "<<- [MAPPING w.1.2 -> z.2.1]",
        "<<- MSG_PAYLOAD: [\"hi\"]",
    ];
    let places = expected.map(|line| {
        assert_eq!(world.logged_count(LogLevel::Trace, line), 1, "{line}");
        let is_it = |event: &crate::Event| matches!(event, crate::Event::Log { text, .. } if text.contains(line));
        world.events.iter().position(is_it)
    });
    assert!(places.is_sorted(), "{places:?}");
}
