//! Message tracing.

use super::harness::World;
use crate::simulation::wire::Message;
use crate::{Auth, Authenticator, CloseReason, Config, ConnectionTypes, PermissionLists, Permissions, User};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

fn hpub(subject: &str, headers: &[&str], payload: &str) -> String {
    let lines: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
    let headers = format!("NATS/1.0\r\n{lines}\r\n");
    let total = headers.len() + payload.len();
    format!("HPUB {subject} {} {total}\r\n{headers}{payload}\r\n", headers.len())
}

type Station = (u64, String, String);

/// What one trace says of its message: the error on its way in, and of each station on its way out the subscription and
/// the error.
fn traced(messages: &[Message]) -> Vec<(String, Vec<Station>)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let one = |message: &Message| {
        let event: Value = serde_json::from_slice(&message.payload).expect("an event is JSON");
        let stations = event["events"].as_array().expect("stations").clone();
        let (first, rest) = stations.split_first().expect("it came in somewhere");
        assert_eq!(first["type"], "in");
        let out = rest.iter().map(|station| {
            assert_eq!(station["type"], "eg");
            let sub = format!("{} {}", text(&station["sub"]), text(&station["queue"]));
            (
                station["cid"].as_u64().expect("a cid"),
                sub.trim_end().to_owned(),
                text(&station["error"]),
            )
        });
        (text(&first["error"]), out.collect())
    };
    messages.iter().map(one).collect()
}

const TRACE: &str = "Nats-Trace-Dest: trace";

#[test]
fn a_trace_tells_of_everyone_on_every_loop() {
    let mut world = World::new(2);
    let [watcher, here, there, publisher] = [0, 0, 1, 0].map(|loop_| world.quiet_client(loop_));
    world.say(watcher, "SUB trace 1\r\n");
    world.say(here, "SUB a.> 1\r\n");
    world.say(there, "SUB a.b 1\r\nSUB a.* q 2\r\n");
    // The second time, the subject is remembered.
    for _ in 0..3 {
        world.say(publisher, hpub("a.b", &[TRACE], "x"));
        let cid = |client: usize| world.clients[client].cid;
        let expected = vec![
            (cid(here), "a.>".to_owned(), String::new()),
            (cid(there), "a.b".to_owned(), String::new()),
            (cid(there), "a.* q".to_owned(), String::new()),
        ];
        let mut got = traced(&world.messages(watcher));
        assert_eq!(got.len(), 1);
        let (error, stations) = &mut got[0];
        assert_eq!(error, "");
        let order = |station: &Station| expected.iter().position(|e| e == station);
        stations.sort_by_key(order);
        assert_eq!(*stations, expected);
        assert_eq!(world.messages(here).len(), 1);
        assert_eq!(world.messages(there).len(), 2);
    }
}

#[test]
fn a_trace_alone_delivers_and_counts_nothing() {
    let mut world = World::new(2);
    let [watcher, here, there, publisher] = [0, 0, 1, 0].map(|loop_| world.quiet_client(loop_));
    world.say(watcher, "SUB trace 1\r\n");
    world.say(here, "SUB a 1\r\nUNSUB 1 1\r\n");
    world.say(there, "SUB a 1\r\n");
    for _ in 0..3 {
        world.say(publisher, hpub("a", &[TRACE, "Nats-Trace-Only: true"], "x"));
        assert_eq!(traced(&world.messages(watcher))[0].1.len(), 2);
    }
    assert!(world.messages(here).is_empty() && world.messages(there).is_empty());
    world.say(publisher, hpub("a", &["K: v"], "x"));
    assert_eq!((world.messages(here).len(), world.messages(there).len()), (1, 1));
    assert!(world.messages(watcher).is_empty());
    let counted: u64 = world.broker.subscriptions(None).iter().map(|sub| sub.msgs).sum();
    assert_eq!(counted, 3 + 1, "traces, and the message of the one that is left");
}

#[test]
fn messages_around_a_traced_one_keep_their_order() {
    let mut world = World::new(1);
    let [watcher, publisher] = [0, 0].map(|loop_| world.quiet_client(loop_));
    world.say(watcher, "SUB a 1\r\nSUB trace 2\r\n");
    let plain = |text: &str| format!("PUB a {}\r\n{text}\r\n", text.len());
    let mut all = plain("1") + &plain("2") + &hpub("a", &[TRACE], "3") + &plain("4");
    all += &(plain("5") + &hpub("trace", &[TRACE], "6") + &plain("7"));
    world.say(publisher, all);
    let got = world.messages(watcher);
    let texts: Vec<String> = got
        .iter()
        .map(|m| {
            if m.text().len() > 1 {
                "event".to_owned()
            } else {
                m.text()
            }
        })
        .collect();
    assert_eq!(texts, ["1", "2", "3", "event", "4", "5", "6", "event", "7"]);
}

#[test]
fn a_full_subscriber_that_is_left_out_is_told_of() {
    let config = Config {
        max_pending: 400,
        no_fast_producer_stall: true,
        ..Config::default()
    };
    let mut world = World::with(1, config, None);
    let [watcher, slow, publisher] = [0, 0, 0].map(|loop_| world.quiet_client(loop_));
    world.say(watcher, "SUB trace 1\r\n");
    world.say(slow, "SUB a 1\r\n");
    world.clients[slow].set_window(0);
    world.say(publisher, format!("PUB a 320\r\n{}\r\n", "x".repeat(320)));
    world.clients[watcher].set_window(usize::MAX);
    world.say(
        publisher,
        hpub("a", &[TRACE, "Nats-Trace-Only: 1"], "x") + &hpub("a", &[TRACE], "x"),
    );
    let errors: Vec<String> = traced(&world.messages(watcher))
        .iter()
        .map(|(_, out)| out[0].2.clone())
        .collect();
    assert_eq!(
        errors,
        [
            "",
            "Not delivered because fast producer not stalled and consumer is slow"
        ]
    );
}

#[test]
fn the_last_message_of_a_subscription_is_the_last_one_a_trace_tells_of() {
    let mut world = World::new(1);
    let [watcher, limited, publisher] = [0, 0, 0].map(|loop_| world.quiet_client(loop_));
    world.say(watcher, "SUB trace 1\r\n");
    world.say(limited, "SUB a 1\r\nUNSUB 1 1\r\n");
    // Both in one run: the second finds the subscription spent, not gone.
    world.say(publisher, hpub("a", &[TRACE], "x") + &hpub("a", &[TRACE], "x"));
    let errors: Vec<String> = traced(&world.messages(watcher))
        .iter()
        .map(|(_, out)| out[0].2.clone())
        .collect();
    assert_eq!(errors, ["", "Not delivered because auto-unsubscribe exceeded"]);
    assert_eq!(world.messages(limited).len(), 1);
}

#[test]
fn a_message_that_is_too_large_is_traced_before_the_end() {
    let config = Config {
        max_payload: Some(100),
        ..Config::default()
    };
    let mut world = World::with(2, config, None);
    let watcher = world.quiet_client(1);
    world.say(watcher, "SUB trace 1\r\nUNSUB 1 1\r\n");
    let whole = hpub("a", &[TRACE], &"x".repeat(200));
    let enough = whole.find("trace\r\n").expect("the destination") + 7;
    for (length, events) in [(enough - 1, 0), (enough, 1), (whole.len(), 0)] {
        let publisher = world.quiet_client(0);
        world.say(publisher, &whole[..length]);
        assert_eq!(world.reason(publisher), Some(CloseReason::MaxPayloadExceeded));
        assert_eq!(world.errors(publisher), ["Maximum Payload Violation"]);
        let traced = traced(&world.messages(watcher));
        assert_eq!(traced.len(), events, "after {length} bytes");
        if let Some((error, out)) = traced.first() {
            assert_eq!((error.as_str(), out.len()), ("maximum payload exceeded", 0));
        }
    }
    assert_eq!(world.broker.stats().subscriptions, 0, "that was its last message");
}

#[test]
fn a_queue_member_that_may_not_receive_is_told_of_only_if_nobody_may() {
    let deny = PermissionLists {
        subscribe_deny: vec!["a.no".to_owned()],
        ..PermissionLists::default()
    };
    let user = |name: &str, permissions: Option<PermissionLists>| {
        let permissions = permissions.map(|lists| Arc::new(Permissions::new(lists).expect("good lists")));
        User {
            name: name.to_owned(),
            credential: "p".into(),
            permissions,
            account: crate::Account::GLOBAL.to_owned(),
            connections: ConnectionTypes::ALL,
            proxy_required: false,
        }
    };
    let auth = Auth {
        authenticator: Authenticator::Credentials,
        token: None,
        users: [user("free", None), user("bound", Some(deny))].into_iter().collect(),
        no_auth_user: None,
        anonymous: false,
        proxy_required: false,
        failed_login_delay: Duration::ZERO,
        timeout: Duration::from_secs(2),
    };
    let mut world = World::with(1, Config::default(), Some(auth));
    let mut open = |name: &str| {
        let client = world.client(0);
        let connect = format!("CONNECT {{\"verbose\":false,\"headers\":true,\"user\":\"{name}\",\"pass\":\"p\"}}\r\n");
        world.say(client, connect);
        client
    };
    let [free, bound] = ["free", "bound"].map(&mut open);
    world.say(bound, "SUB a.* 1\r\nSUB a.* q 2\r\n");
    world.say(free, "SUB trace 1\r\n");
    let errors = |world: &mut World| -> Vec<String> {
        world.say(free, hpub("a.no", &[TRACE], "x"));
        let got = traced(&world.messages(free)[..1]);
        got[0]
            .1
            .iter()
            .map(|(_, sub, error)| format!("{sub}: {error}"))
            .collect()
    };
    let denied = "Not delivered because subscription denies this subject";
    assert_eq!(
        errors(&mut world),
        [format!("a.*: {denied}"), format!("a.* q: {denied}")]
    );
    let other = {
        let client = world.client(0);
        world.say(
            client,
            "CONNECT {\"verbose\":false,\"headers\":true,\"user\":\"free\",\"pass\":\"p\"}\r\n",
        );
        client
    };
    world.say(other, "SUB a.* q 1\r\n");
    assert_eq!(errors(&mut world), ["a.* q: ".to_owned(), format!("a.*: {denied}")]);
}
