//! What services, their observers and their requesters are told: who asks, how long answers take, what a trace shows, and
//! what the system account answers in every account.

use super::accounts::{plan_with, reload, settle, user};
use super::harness::World;
use super::services::{
    SECOND, answer, headers, import, import_with, is_503, login, of, pending, plan, plan_of, received, request,
    requester, world,
};
use crate::{AccountPlan, Config, LatencyPlan, ResponseKind, ServicePlan};
use std::time::Duration;

#[test]
fn a_service_is_told_who_asks_by_the_server_only() {
    let share = ServicePlan {
        share: true,
        ..ServicePlan::default()
    };
    let mut world = world(1, vec![import("A", "x", None), import_with("A", "y", None, share)]);
    let (service, asks) = (login(&mut world, 0, "a"), requester(&mut world, 0));
    world.say(service, "SUB > 1\r\n");
    let lie = "NATS/1.0\r\nnats-request-info: {\"acc\":\"C\"}\r\nA: b\r\n\r\n";
    world.say(asks, format!("HPUB x inbox.1 {0} {0}\r\n{lie}\r\n", lie.len()));
    request(&mut world, asks, "y", "inbox.2", "?");
    let got = world.messages(service);
    let told = headers(&got[0]);
    assert!(
        told.starts_with("NATS/1.0\r\nA: b\r\nNats-Request-Info: {\"acc\":\"B\""),
        "{told}"
    );
    assert!(!told.contains("\"C\"") && !told.contains("\"host\""), "{told}");
    let told = headers(&got[1]);
    assert!(
        told.contains("\"host\":") && told.contains("\"user\":\"b\"") && told.contains("\"id\":"),
        "{told}"
    );
}

fn measured(sampling: u32, response: ResponseKind) -> ServicePlan {
    ServicePlan {
        response,
        threshold: Duration::from_secs(2),
        latency: Some(LatencyPlan {
            subject: "latency".to_owned(),
            sampling,
        }),
        ..ServicePlan::default()
    }
}

fn statuses(world: &mut World, client: usize) -> Vec<String> {
    let measurements = received(world, client).into_iter();
    let status = |text: String| text.split("\"status\":").nth(1).expect("a status")[..3].to_owned();
    measurements.map(|(_, text)| status(text)).collect()
}

#[test]
fn the_latency_of_requests_is_measured_however_they_end() {
    let mut world = world(
        2,
        vec![import_with("A", "x", None, measured(100, ResponseKind::Single))],
    );
    let (answers, observes) = (login(&mut world, 0, "a"), login(&mut world, 1, "a"));
    let asks = requester(&mut world, 1);
    world.say(observes, "SUB latency 1\r\n");
    request(&mut world, asks, "x", "inbox.1", "?");
    assert_eq!(statuses(&mut world, observes), ["503"]);
    world.say(answers, "SUB x 1\r\n");
    request(&mut world, asks, "x", "inbox.2", "?");
    world.say(asks, "PUB x 1\r\n?\r\n");
    let got = world.messages(answers);
    assert_eq!(statuses(&mut world, observes), ["400"]);
    answer(&mut world, answers, &got[0], "!");
    assert_eq!(statuses(&mut world, observes), ["200"]);
    request(&mut world, asks, "x", "inbox.3", "?");
    world.pass(2 * SECOND, SECOND);
    assert_eq!(statuses(&mut world, observes), ["504"]);
    request(&mut world, asks, "x", "inbox.4", "?");
    world.say(asks, "UNSUB 1\r\n");
    let got = world.messages(answers);
    answer(&mut world, answers, &got[1], "!");
    assert_eq!(statuses(&mut world, observes), ["408"]);
}

#[test]
fn who_does_not_hear_itself_hears_what_is_measured_of_its_answers() {
    let mut world = world(
        1,
        vec![import_with("A", "x", None, measured(100, ResponseKind::Single))],
    );
    let (service, asks) = (world.client(0), requester(&mut world, 0));
    world.say(
        service,
        "CONNECT {\"verbose\":false,\"echo\":false,\"headers\":true,\"user\":\"a\",\"pass\":\"a\"}\r\nSUB x 1\r\nSUB latency 2\r\n",
    );
    request(&mut world, asks, "x", "inbox.1", "?");
    let got = world.messages(service);
    answer(&mut world, service, &got[0], "!");
    assert_eq!(statuses(&mut world, service), ["200"]);
}

#[test]
fn headers_may_ask_for_a_measurement() {
    let mut world = world(1, vec![import_with("A", "x", None, measured(0, ResponseKind::Single))]);
    let (answers, observes) = (login(&mut world, 0, "a"), login(&mut world, 0, "a"));
    let asks = requester(&mut world, 0);
    world.say(observes, "SUB latency 1\r\n");
    world.say(answers, "SUB x 1\r\n");
    request(&mut world, asks, "x", "inbox.1", "?");
    let traced = "NATS/1.0\r\ntraceparent: 00-a-b-01\r\n\r\n";
    world.say(asks, format!("HPUB x inbox.2 {0} {0}\r\n{traced}\r\n", traced.len()));
    let got = world.messages(answers);
    answer(&mut world, answers, &got[0], "!");
    assert_eq!(received(&mut world, observes), []);
    answer(&mut world, answers, &got[1], "!");
    let event = &received(&mut world, observes)[0].1;
    assert!(event.contains(r#""header":{"Traceparent":["00-a-b-01"]}"#), "{event}");
    assert!(
        event.contains(r#""responder":{"start":"#) && event.contains(r#""acc":"A","user":"a""#),
        "{event}"
    );
}

#[test]
fn every_account_may_ask_the_system_about_itself() {
    let mut world = world(2, vec![]);
    let (system, asks) = (login(&mut world, 0, "s"), requester(&mut world, 1));
    world.say(system, "SUB $SYS.REQ.> 1\r\n");
    for (subject, wanted) in [
        ("$SYS.REQ.USER.INFO", "$SYS.REQ.USER.B.INFO"),
        ("$SYS.REQ.ACCOUNT.PING.CONNZ", "$SYS.REQ.ACCOUNT.B.CONNZ"),
        ("$SYS.REQ.SERVER.PING.CONNZ", "$SYS.REQ.ACCOUNT.B.CONNZ"),
        ("$SYS.REQ.ACCOUNT.PING.STATZ", "$SYS.REQ.ACCOUNT.B.STATZ"),
    ] {
        request(&mut world, asks, subject, "inbox.1", "?");
        let got = world.messages(system);
        assert_eq!((got.len(), &*got[0].subject), (1, wanted));
        let told = headers(&got[0]);
        assert!(told.contains("\"acc\":\"B\""), "{told}");
        assert_eq!(
            told.contains("\"user\":\"b\""),
            subject.ends_with("USER.INFO"),
            "{told}"
        );
        answer(&mut world, system, &got[0], "!");
        assert_eq!(received(&mut world, asks), [of("inbox.1", "!")]);
    }
    for subject in [
        "$SYS.REQ.SERVER.PING",
        "$SYS.REQ.ACCOUNT.C.CONNZ",
        "$SYS.REQ.USER.C.INFO",
    ] {
        request(&mut world, asks, subject, "inbox.1", "?");
        assert!(is_503(&world.messages(asks)[0]), "{subject}");
    }
    let asks = login(&mut world, 0, "s");
    world.say(asks, "SUB inbox.> 1\r\nPUB $SYS.REQ.USER.INFO inbox.1 0\r\n\r\n");
    let subjects: Vec<String> = world.messages(system).into_iter().map(|m| m.subject).collect();
    assert_eq!(subjects, ["$SYS.REQ.USER.INFO", "$SYS.REQ.USER.$SYS.INFO"]);
}

#[test]
fn the_system_account_answers_as_soon_as_there_is_one() {
    let without = || {
        let users = [("a", "A"), ("b", "B"), ("s", "$SYS")].map(|(name, account)| user(name, account, None));
        let accounts = ["A", "B", "C", "$SYS"].map(AccountPlan::named);
        plan_with(Config::default(), users.into(), accounts.into()).expect("a plan")
    };
    let mut world = World::planned(2, without(), 1);
    let (system, asks) = (login(&mut world, 0, "s"), requester(&mut world, 1));
    world.say(system, "SUB $SYS.REQ.> 1\r\n");
    let ask = |world: &mut World, answers: usize| {
        for _ in 0..3 {
            request(world, asks, "$SYS.REQ.USER.INFO", "inbox.1", "?");
            assert_eq!(world.messages(system).len(), answers);
            assert_eq!(received(world, asks).len(), 1 - answers, "a 503 where nobody got it");
        }
    };
    for (plan, answers) in [(without(), 0), (plan(vec![]), 1), (without(), 0)] {
        reload(&mut world, plan);
        ask(&mut world, answers);
    }
    let config = Config {
        system_account: "$SYS".to_owned(),
        ..Config::default()
    };
    let started = world.broker.replace_server(config, 2);
    settle(&mut world, started);
    ask(&mut world, 1);
}

/// Type and what else is told of each step of the only trace: account, subject or subscription, and what it became.
fn trace(world: &mut World, client: usize) -> Vec<String> {
    let got = world.messages(client);
    assert_eq!(got.len(), 1, "one trace");
    let event: serde_json::Value = serde_json::from_slice(&got[0].payload).expect("an event is JSON");
    let steps = event["events"].as_array().expect("steps").iter();
    let one = |step: &serde_json::Value| {
        let fields = ["type", "acc", "subj", "sub", "from", "to"].map(|name| step[name].as_str());
        fields.into_iter().flatten().collect::<Vec<_>>().join(" ")
    };
    steps.map(one).collect()
}

fn traced(subject: &str, more: &str) -> String {
    let headers = format!("NATS/1.0\r\nNats-Trace-Dest: trace\r\n{more}\r\n");
    format!("HPUB {subject} inbox.1 {0} {0}\r\n{headers}\r\n", headers.len())
}

#[test]
fn a_trace_ends_where_an_account_does_not_let_it_cross() {
    let share = |allow_trace: bool| ServicePlan {
        allow_trace,
        ..ServicePlan::default()
    };
    for (allowed, only) in [
        (false, ""),
        (true, ""),
        (false, "Nats-Trace-Only: 1\r\n"),
        (true, "Nats-Trace-Only: 1\r\n"),
    ] {
        let imports = vec![import_with("A", "x.>", Some("y.>"), share(allowed))];
        let mut world = world(2, imports);
        let (service, asks) = (login(&mut world, 0, "a"), requester(&mut world, 1));
        let (near, watches) = (login(&mut world, 0, "b"), login(&mut world, 1, "b"));
        world.say(service, "SUB x.* 1\r\n");
        world.say(near, "SUB y.> 1\r\n");
        world.say(watches, "SUB trace 1\r\n");
        for _ in 0..3 {
            world.say(asks, traced("y.1", only));
            let mut wanted = vec!["in B y.1", "eg y.>", "si A y.1 x.1"];
            wanted.extend(allowed.then_some("eg A x.*"));
            assert_eq!(trace(&mut world, watches), wanted, "{allowed} {only}");
            let got = world.messages(service);
            assert_eq!(got.len(), usize::from(only.is_empty()), "{allowed} {only}");
            if let Some(request) = got.first() {
                assert!(
                    headers(request).contains("Nats-Trace-Dest: trace disabled\r\n"),
                    "{}",
                    headers(request)
                );
            }
            assert_eq!(pending(&world, "A"), got.len());
            got.iter().for_each(|request| answer(&mut world, service, request, "!"));
            assert_eq!(received(&mut world, asks).len(), got.len(), "no 503 for a trace alone");
        }
    }
}

#[test]
fn the_trace_of_an_answer_ends_at_the_account_of_the_requester() {
    for only in ["", "Nats-Trace-Only: 1\r\n"] {
        let mut world = world(2, vec![import("A", "x", None)]);
        let (service, asks) = (login(&mut world, 0, "a"), requester(&mut world, 1));
        let watches = login(&mut world, 0, "a");
        world.say(service, "SUB x 1\r\n");
        world.say(watches, "SUB trace 1\r\n");
        request(&mut world, asks, "x", "inbox.2", "?");
        let reply = world.messages(service)[0].reply.clone().expect("a reply subject");
        world.say(service, traced(&reply, only));
        let (arrival, crossing) = (format!("in A {reply}"), format!("si B {reply} inbox.2"));
        assert_eq!(trace(&mut world, watches), [arrival, crossing], "{only}");
        let got = world.messages(asks);
        assert_eq!(got.len(), usize::from(only.is_empty()), "{only}");
        let disabled = |answer| headers(answer).contains("Nats-Trace-Dest: trace disabled\r\n");
        assert!(got.iter().all(disabled));
        assert_eq!(
            pending(&world, "A"),
            0,
            "as in the reference, the request has its answer"
        );
        assert_eq!(
            pending(&world, "B"),
            got.len(),
            "what asks back is pending only if it was delivered"
        );
        assert_eq!(received(&mut world, service), [], "no 503");
    }
}

#[test]
fn an_account_may_have_messages_traced_that_their_publishers_trace() {
    let with = |sampling: u32| {
        let trace = crate::MsgTracePlan {
            destination: "trace".to_owned(),
            sampling,
        };
        let account = AccountPlan {
            msg_trace: Some(trace),
            ..AccountPlan::named("B")
        };
        plan_of(vec![AccountPlan::named("A"), account, AccountPlan::named("C")])
    };
    let mut world = World::planned(2, with(100), 1);
    let (publishes, watches) = (login(&mut world, 0, "b"), login(&mut world, 1, "b"));
    let other = login(&mut world, 0, "a");
    world.say(watches, "SUB trace 1\r\n");
    let message = |flags: &str| {
        let headers = format!("NATS/1.0\r\nTraceParent: 00-a-b-{flags}\r\n\r\n");
        format!("HPUB x {0} {0}\r\n{headers}\r\n", headers.len())
    };
    for _ in 0..3 {
        world.say(publishes, message("01"));
        assert_eq!(trace(&mut world, watches), ["in B x"]);
        world.say(publishes, message("00"));
        world.say(other, message("01"));
        assert_eq!(received(&mut world, watches), []);
    }
    reload(&mut world, with(50));
    let texts = message("01").repeat(200);
    world.say(publishes, texts);
    let traces = world.messages(watches).len();
    assert!((50..150).contains(&traces), "{traces}");
    reload(&mut world, plan(vec![]));
    world.say(publishes, message("01"));
    assert_eq!(received(&mut world, watches), []);
}
