//! Services: which account answers a request, who gets the answer, and until when.

use super::accounts::{plan_with, reload, settle, user};
use super::harness::World;
use crate::simulation::wire::Message;
use crate::{
    AccountPlan, Config, InboxItem, InternalPublish, PermissionLists, Plan, ReplyAllowance, ResponseKind,
    ServiceImportPlan, ServicePlan, StreamImportPlan,
};
use nt_subject::transform::Destination;
use nt_subject::{Mapping, MappingTable};
use std::time::Duration;

pub(super) const SECOND: u64 = 1_000_000_000;

pub(super) fn import(account: &str, subject: &str, to: Option<&str>) -> ServiceImportPlan {
    import_with(account, subject, to, ServicePlan::default())
}

pub(super) fn import_with(account: &str, subject: &str, to: Option<&str>, service: ServicePlan) -> ServiceImportPlan {
    ServiceImportPlan::new(account, subject, to, service).expect("an import")
}

fn importing(name: &str, imports: Vec<ServiceImportPlan>) -> AccountPlan {
    AccountPlan {
        service_imports: imports,
        ..AccountPlan::named(name)
    }
}

/// Accounts A, B and C with the users a, b and c; B imports these.
pub(super) fn plan(imports: Vec<ServiceImportPlan>) -> Plan {
    plan_of(vec![
        AccountPlan::named("A"),
        importing("B", imports),
        AccountPlan::named("C"),
    ])
}

pub(super) fn plan_of(accounts: Vec<AccountPlan>) -> Plan {
    let names = [("a", "A"), ("b", "B"), ("c", "C"), ("s", "$SYS")];
    let users = names.map(|(name, account)| user(name, account, None));
    let config = Config {
        system_account: "$SYS".to_owned(),
        ..Config::default()
    };
    let system = AccountPlan::named("$SYS");
    plan_with(config, users.into(), [accounts, vec![system]].concat()).expect("a plan")
}

pub(super) fn world(loops: usize, imports: Vec<ServiceImportPlan>) -> World {
    World::planned(loops, plan(imports), 1)
}

pub(super) fn login(world: &mut World, loop_: usize, user: &str) -> usize {
    let client = world.client(loop_);
    let options = format!(r#"{{"verbose":false,"headers":true,"no_responders":true,"user":"{user}","pass":"{user}"}}"#);
    world.say(client, format!("CONNECT {options}\r\n"));
    world.frames(client);
    client
}

/// A requester of account B that waits on `inbox`.
pub(super) fn requester(world: &mut World, loop_: usize) -> usize {
    let client = login(world, loop_, "b");
    world.say(client, "SUB inbox.> 1\r\n");
    client
}

pub(super) fn request(world: &mut World, client: usize, subject: &str, inbox: &str, text: &str) {
    world.say(client, format!("PUB {subject} {inbox} {}\r\n{text}\r\n", text.len()));
}

pub(super) fn answer(world: &mut World, client: usize, request: &Message, text: &str) {
    let reply = request.reply.as_deref().expect("a reply subject");
    world.say(client, format!("PUB {reply} {}\r\n{text}\r\n", text.len()));
}

/// Subject and text of each message.
pub(super) fn received(world: &mut World, client: usize) -> Vec<(String, String)> {
    let messages = world.messages(client).into_iter();
    messages.map(|m| (m.subject.clone(), m.text())).collect()
}

pub(super) fn of(subject: &str, text: &str) -> (String, String) {
    (subject.to_owned(), text.to_owned())
}

pub(super) fn headers(message: &Message) -> String {
    String::from_utf8_lossy(&message.headers).into_owned()
}

pub(super) fn pending(world: &World, account: &str) -> usize {
    world.broker.account(account).expect("an account").pending_responses()
}

pub(super) fn is_503(message: &Message) -> bool {
    headers(message).starts_with("NATS/1.0 503")
}

#[test]
fn another_account_answers_a_request() {
    for (a, b) in [(0, 0), (0, 1), (1, 0)] {
        let mut world = world(2, vec![import("A", "x", None)]);
        let (service, asks) = (login(&mut world, a, "a"), requester(&mut world, b));
        let stranger = login(&mut world, 0, "c");
        world.say(service, "SUB x 7\r\n");
        world.say(stranger, "SUB > 1\r\n");
        for round in 0..3 {
            let inbox = format!("inbox.{round}");
            request(&mut world, asks, "x", &inbox, "?");
            let got = world.messages(service);
            assert_eq!((got.len(), &*got[0].subject, got[0].text()), (1, "x", "?".to_owned()));
            let reply = got[0].reply.clone().expect("a reply subject");
            assert!(reply.starts_with("_R_.") && reply.len() == 29, "{reply}");
            assert!(headers(&got[0]).starts_with("NATS/1.0\r\nNats-Request-Info: {\"acc\":\"B\""));
            assert_eq!(pending(&world, "A"), 1);
            answer(&mut world, service, &got[0], "!");
            assert_eq!(received(&mut world, asks), [of(&inbox, "!")]);
            assert_eq!(pending(&world, "A"), 0);
        }
        assert_eq!(received(&mut world, stranger), []);
    }
}

#[test]
fn a_request_has_the_name_that_the_service_knows() {
    let imports = vec![
        import("A", "x.*.*", Some("y.$2.$1")),
        import("A", "one", Some("any.>")),
        import("A", "z.>", Some("in.z.>")),
    ];
    let mut world = world(1, imports);
    let (service, asks) = (login(&mut world, 0, "a"), requester(&mut world, 0));
    world.say(service, "SUB > 1\r\n");
    for _ in 0..3 {
        for subject in ["y.1.2", "any.a.b", "in.z.q.r", "x.1.2", "one"] {
            world.say(asks, format!("PUB {subject} 1\r\n?\r\n"));
        }
        let got = received(&mut world, service);
        assert_eq!(got, [of("x.2.1", "?"), of("one", "?"), of("z.q.r", "?")]);
    }
}

#[test]
fn nobody_else_can_answer() {
    let mut world = world(2, vec![import("A", "x", None)]);
    let (service, asks) = (login(&mut world, 0, "a"), requester(&mut world, 1));
    let stranger = login(&mut world, 1, "c");
    world.say(service, "SUB x 1\r\n");
    request(&mut world, asks, "x", "inbox.1", "?");
    let got = world.messages(service);
    let reply = got[0].reply.clone().expect("a reply subject");
    // From another account, to one that is like it, and twice.
    answer(&mut world, stranger, &got[0], "stranger");
    answer(&mut world, asks, &got[0], "requester");
    let mut other = reply.clone().into_bytes();
    for at in 11..other.len() {
        let mut guess = other.clone();
        guess[at] = if guess[at] == b'0' { b'1' } else { b'0' };
        let guess = String::from_utf8(guess).expect("text");
        world.say(
            service,
            format!("PUB {guess} 1\r\ng\r\nPUB {} 1\r\ng\r\n", &guess[..at]),
        );
    }
    other.truncate(4);
    assert_eq!(received(&mut world, asks), []);
    answer(&mut world, service, &got[0], "1");
    answer(&mut world, service, &got[0], "2");
    assert_eq!(received(&mut world, asks), [of("inbox.1", "1")]);
}

#[test]
fn who_listens_for_answers_in_the_account_of_the_service_gets_them_as_well() {
    let mut world = world(2, vec![import("A", "x", None)]);
    let (service, asks) = (login(&mut world, 0, "a"), requester(&mut world, 1));
    let listens = login(&mut world, 1, "a");
    world.say(service, "SUB x 1\r\n");
    for pattern in ["_R_.>", ">", "*.*.*", "_R_.*.*", "_R_", "the reply itself"] {
        request(&mut world, asks, "x", "inbox.1", "?");
        let got = world.messages(service);
        let reply = got[0].reply.clone().expect("a reply subject");
        let pattern = if pattern.contains(' ') { &*reply } else { pattern };
        world.say(listens, format!("SUB {pattern} 1\r\n"));
        answer(&mut world, service, &got[0], "!");
        let heard = if pattern == "_R_" {
            vec![]
        } else {
            vec![of(&reply, "!")]
        };
        assert_eq!(received(&mut world, listens), heard, "{pattern}");
        assert_eq!(received(&mut world, asks), [of("inbox.1", "!")]);
        world.say(listens, "UNSUB 1\r\n");
        request(&mut world, asks, "x", "inbox.2", "?");
        let got = world.messages(service);
        answer(&mut world, service, &got[0], "!");
        assert_eq!(received(&mut world, listens), [], "{pattern}");
        assert_eq!(received(&mut world, asks), [of("inbox.2", "!")]);
    }
}

#[test]
fn rules_of_the_service_for_answers_apply() {
    let mapping = Mapping::new(b"_R_.>", &[Destination::new(b"kept.>")], b"").expect("a mapping");
    let accounts = vec![
        AccountPlan {
            mappings: std::sync::Arc::new(MappingTable::new([mapping])),
            ..AccountPlan::named("A")
        },
        importing("B", vec![import("A", "x", None)]),
        AccountPlan::named("C"),
    ];
    let mut world = World::planned(1, plan_of(accounts), 1);
    let (service, asks) = (login(&mut world, 0, "a"), requester(&mut world, 0));
    world.say(service, "SUB x 1\r\nSUB kept.> 2\r\n");
    request(&mut world, asks, "x", "inbox.1", "?");
    let got = world.messages(service);
    answer(&mut world, service, &got[0], "!");
    let kept = received(&mut world, service);
    assert!(kept.len() == 1 && kept[0].0.starts_with("kept."), "{kept:?}");
    assert_eq!(received(&mut world, asks), [], "its subject is another one");
}

#[test]
fn a_request_without_responders_is_answered_at_once() {
    for loops in [1, 2] {
        let mut world = world(loops, vec![import("A", "x", None), import("A", "y", None)]);
        let (asks, other) = (requester(&mut world, loops - 1), login(&mut world, 0, "b"));
        world.say(other, "SUB y 1\r\nSUB inbox.* 2\r\n");
        request(&mut world, asks, "x", "inbox.1", "?");
        let got = world.messages(asks);
        assert_eq!((got.len(), &*got[0].subject), (1, "inbox.1"));
        assert_eq!(headers(&got[0]), "NATS/1.0 503\r\nNats-Subject: x\r\n\r\n");
        assert_eq!(pending(&world, "A"), 0);
        assert_eq!(received(&mut world, other), [], "it did not ask");
        request(&mut world, asks, "y", "inbox.2", "?");
        assert_eq!(received(&mut world, other), [of("y", "?")]);
        assert_eq!(received(&mut world, asks), [], "someone in the account got it");
        assert_eq!(pending(&world, "A"), 0);
    }
}

#[test]
fn several_answers_come_back_where_the_service_gives_them() {
    for (kind, wanted) in [
        (ResponseKind::Single, vec!["1"]),
        (ResponseKind::Chunked, vec!["1", "2", ""]),
        (ResponseKind::Stream, vec!["1", "2", ""]),
    ] {
        let service = ServicePlan {
            response: kind,
            ..ServicePlan::default()
        };
        let mut world = world(2, vec![import_with("A", "x", None, service)]);
        let (answers, asks) = (login(&mut world, 0, "a"), requester(&mut world, 1));
        world.say(answers, "SUB x 1\r\n");
        request(&mut world, asks, "x", "inbox.1", "?");
        let got = world.messages(answers);
        for text in ["1", "2", "", "3"] {
            answer(&mut world, answers, &got[0], text);
        }
        let texts: Vec<String> = received(&mut world, asks).into_iter().map(|(_, text)| text).collect();
        assert_eq!(texts, wanted, "{kind:?}");
        assert_eq!(pending(&world, "A"), 0);
    }
}

#[test]
fn answers_end_when_one_of_them_reaches_nobody() {
    let service = ServicePlan {
        response: ResponseKind::Stream,
        ..ServicePlan::default()
    };
    let mut world = world(2, vec![import_with("A", "x", None, service)]);
    let (answers, asks) = (login(&mut world, 0, "a"), requester(&mut world, 1));
    world.say(answers, "SUB x 1\r\n");
    world.say(asks, "SUB other 5\r\n");
    request(&mut world, asks, "x", "other", "?");
    let got = world.messages(answers);
    answer(&mut world, answers, &got[0], "1");
    assert_eq!(received(&mut world, asks), [of("other", "1")]);
    world.say(asks, "UNSUB 5\r\n");
    answer(&mut world, answers, &got[0], "2");
    assert_eq!(pending(&world, "A"), 0);
    world.say(asks, "SUB other 6\r\n");
    answer(&mut world, answers, &got[0], "3");
    assert_eq!(received(&mut world, asks), []);
}

#[test]
fn a_late_answer_reaches_nobody() {
    let service = ServicePlan {
        threshold: Duration::from_secs(2),
        ..ServicePlan::default()
    };
    let mut world = world(2, vec![import_with("A", "x", None, service)]);
    let (answers, asks) = (login(&mut world, 0, "a"), requester(&mut world, 1));
    world.say(answers, "SUB x 1\r\n");
    request(&mut world, asks, "x", "inbox.1", "?");
    let got = world.messages(answers);
    world.pass(SECOND, SECOND);
    assert_eq!(pending(&world, "A"), 1);
    world.pass(SECOND, SECOND);
    assert_eq!(pending(&world, "A"), 0);
    answer(&mut world, answers, &got[0], "!");
    assert_eq!(received(&mut world, asks), []);
}

#[test]
fn a_broker_that_stops_forgets_pending_requests() {
    let mut world = world(2, vec![import("A", "x", None)]);
    let (answers, asks) = (login(&mut world, 0, "a"), requester(&mut world, 1));
    world.say(answers, "SUB x 1\r\n");
    request(&mut world, asks, "x", "inbox.1", "?");
    assert_eq!((world.messages(answers).len(), pending(&world, "A")), (1, 1));
    world.shut_down();
    world.rest();
    assert_eq!(pending(&world, "A"), 0);
}

#[test]
fn several_services_and_subscribers_get_a_request() {
    let mut world = world(2, vec![import("A", "x", None), import("C", "y", Some("x"))]);
    let (one, two) = (login(&mut world, 0, "a"), login(&mut world, 1, "c"));
    let (asks, near) = (requester(&mut world, 0), login(&mut world, 1, "b"));
    world.say(one, "SUB x 1\r\n");
    world.say(two, "SUB y 1\r\n");
    world.say(near, "SUB x 1\r\n");
    request(&mut world, asks, "x", "inbox.1", "?");
    for service in [one, two, near] {
        let got = world.messages(service);
        answer(&mut world, service, &got[0], "!");
    }
    assert_eq!(received(&mut world, asks), vec![of("inbox.1", "!"); 3]);
}

#[test]
fn services_may_be_imported_from_who_imported_them() {
    let accounts = vec![
        AccountPlan::named("A"),
        importing("B", vec![import("C", "y", Some("x"))]),
        importing("C", vec![import("A", "z", Some("y"))]),
    ];
    let mut world = World::planned(2, plan_of(accounts), 1);
    let (service, asks) = (login(&mut world, 0, "a"), requester(&mut world, 1));
    world.say(service, "SUB z 1\r\n");
    request(&mut world, asks, "x", "inbox.1", "?");
    let got = world.messages(service);
    assert!(
        headers(&got[0]).contains(r#"{"acc":"B","svc":"C""#),
        "{}",
        headers(&got[0])
    );
    answer(&mut world, service, &got[0], "!");
    assert_eq!(received(&mut world, asks), [of("inbox.1", "!")]);
    assert_eq!((pending(&world, "A"), pending(&world, "C")), (0, 0));
    world.say(service, "UNSUB 1\r\n");
    request(&mut world, asks, "x", "inbox.2", "?");
    assert!(is_503(&world.messages(asks)[0]));
    assert_eq!((pending(&world, "A"), pending(&world, "C")), (0, 0));
}

#[test]
fn a_circle_of_imports_ends() {
    let accounts = vec![
        importing("A", vec![import("B", "x", None)]),
        importing("B", vec![import("A", "x", None)]),
        AccountPlan::named("C"),
    ];
    let mut world = World::planned(1, plan_of(accounts), 1);
    let (service, asks) = (login(&mut world, 0, "a"), requester(&mut world, 0));
    world.say(service, "SUB x 1\r\n");
    request(&mut world, asks, "x", "inbox.1", "?");
    let got = world.messages(service);
    assert_eq!(got.len(), 1);
    answer(&mut world, service, &got[0], "!");
    assert_eq!(received(&mut world, asks), [of("inbox.1", "!")]);
}

#[test]
fn mappings_of_both_accounts_apply() {
    let map = |source: &str, destination: &str| {
        let destinations = [Destination::new(destination.as_bytes())];
        let mapping = Mapping::new(source.as_bytes(), &destinations, b"").expect("a mapping");
        MappingTable::new([mapping]).into()
    };
    let exporter = AccountPlan {
        mappings: map("x", "z"),
        ..AccountPlan::named("A")
    };
    let importer = AccountPlan {
        mappings: map("w", "x"),
        ..importing("B", vec![import("A", "x", None)])
    };
    let mut world = World::planned(2, plan_of(vec![exporter, importer, AccountPlan::named("C")]), 1);
    let (service, asks) = (login(&mut world, 0, "a"), requester(&mut world, 1));
    world.say(service, "SUB z 1\r\n");
    request(&mut world, asks, "w", "inbox.1", "?");
    let got = world.messages(service);
    assert_eq!(&*got[0].subject, "z");
    answer(&mut world, service, &got[0], "!");
    assert_eq!(received(&mut world, asks), [of("inbox.1", "!")]);
}

#[test]
fn a_responder_may_be_allowed_to_answer_only() {
    let lists = PermissionLists {
        publish_allow: Some(vec!["nothing".to_owned()]),
        allow_responses: Some(ReplyAllowance {
            max: 1,
            expires: Duration::from_secs(60),
        }),
        ..PermissionLists::default()
    };
    let users = vec![user("a", "A", Some(lists)), user("b", "B", None)];
    let accounts = vec![AccountPlan::named("A"), importing("B", vec![import("A", "x", None)])];
    let mut world = World::planned(1, plan_with(Config::default(), users, accounts).expect("a plan"), 1);
    let (service, asks) = (login(&mut world, 0, "a"), requester(&mut world, 0));
    world.say(service, "SUB x 1\r\n");
    request(&mut world, asks, "x", "inbox.1", "?");
    let got = world.messages(service);
    answer(&mut world, service, &got[0], "!");
    assert_eq!(received(&mut world, asks), [of("inbox.1", "!")]);
    answer(&mut world, service, &got[0], "again");
    assert!(world.errors(service)[0].starts_with("Permissions Violation for Publish to \"_R_."));
}

fn as_control_plane(world: &mut World, account: &str, frames: &str) {
    let broker = world.broker.clone();
    broker.internal().add_unpublished(frames.len());
    let account = broker.account(account).expect("an account");
    let frames = frames.as_bytes().to_vec();
    let item = InternalPublish {
        broker,
        account,
        frames,
        confirm: None,
    };
    world.post(0, InboxItem::Publish(item));
    world.rest();
}

fn taken(world: &World) -> String {
    let batch = world.broker.internal().queue().take(usize::MAX, usize::MAX);
    String::from_utf8_lossy(&batch.bytes).into_owned()
}

#[test]
fn the_control_plane_asks_and_answers() {
    let mut world = world(2, vec![import("A", "x", None)]);
    let broker = world.broker.clone();
    let subscribe = |account: &str, subject: &str| {
        let account = broker.account(account).expect("an account");
        broker
            .internal()
            .subscribe(&account, subject.as_bytes(), None)
            .expect("a subject")
    };
    let inbox = subscribe("B", "inbox.>");
    as_control_plane(&mut world, "B", "PUB x inbox.1 1\r\n?\r\n");
    assert!(taken(&world).starts_with(&format!("HMSG inbox.1 {inbox} ")), "a 503");
    let service = login(&mut world, 1, "a");
    world.say(service, "SUB x 1\r\n");
    as_control_plane(&mut world, "B", "PUB x inbox.2 1\r\n?\r\n");
    let got = world.messages(service);
    answer(&mut world, service, &got[0], "!");
    assert_eq!(taken(&world), format!("MSG inbox.2 {inbox} 1\r\n!\r\n"));
    world.say(service, "UNSUB 1\r\n");
    subscribe("A", "x");
    let asks = requester(&mut world, 1);
    request(&mut world, asks, "x", "inbox.3", "?");
    let frame = taken(&world);
    let reply = frame
        .split(' ')
        .find(|part| part.starts_with("_R_."))
        .expect("a reply subject")
        .to_owned();
    as_control_plane(&mut world, "A", &format!("PUB {reply} 1\r\n!\r\n"));
    assert_eq!(received(&mut world, asks), [of("inbox.3", "!")]);
}

#[test]
fn an_answer_may_ask_back() {
    let mut world = world(2, vec![import("A", "x", None)]);
    let (service, asks) = (login(&mut world, 0, "a"), requester(&mut world, 1));
    world.say(service, "SUB x 1\r\nSUB back 2\r\n");
    request(&mut world, asks, "x", "inbox.1", "?");
    let got = world.messages(service);
    let reply = got[0].reply.clone().expect("a reply subject");
    world.say(service, format!("PUB {reply} back 1\r\n!\r\n"));
    let got = world.messages(asks);
    assert!(got[0].reply.as_deref().is_some_and(|back| back.starts_with("_R_.")));
    answer(&mut world, asks, &got[0], "thanks");
    assert_eq!(received(&mut world, service), [of("back", "thanks")]);
}

#[test]
fn a_reload_changes_who_answers() {
    let mut world = world(2, vec![import("A", "x", None)]);
    let (one, two) = (login(&mut world, 0, "a"), login(&mut world, 1, "c"));
    let asks = requester(&mut world, 1);
    world.say(one, "SUB x 1\r\n");
    world.say(two, "SUB x 1\r\n");
    let who = |world: &mut World| {
        for _ in 0..3 {
            request(world, asks, "x", "inbox.1", "?");
        }
        [one, two].map(|client| world.messages(client).len())
    };
    assert_eq!(who(&mut world), [3, 0]);
    assert_eq!(
        reload(&mut world, plan(vec![import("A", "x", None)])),
        0,
        "nothing has changed"
    );
    reload(&mut world, plan(vec![import("C", "x", None)]));
    assert_eq!(who(&mut world), [0, 3]);
    reload(&mut world, plan(vec![]));
    assert_eq!(who(&mut world), [0, 0]);
    assert_eq!(world.messages(asks).len(), 3, "nobody is there");
}

#[test]
fn mappings_of_the_exporter_follow_a_reload_for_requests() {
    let mapped = |destination: &str| {
        let destinations = [Destination::new(destination.as_bytes())];
        let mapping = Mapping::new(b"x", &destinations, b"").expect("a mapping");
        let exporter = AccountPlan {
            mappings: MappingTable::new([mapping]).into(),
            ..AccountPlan::named("A")
        };
        plan_of(vec![
            exporter,
            importing("B", vec![import("A", "x", None)]),
            AccountPlan::named("C"),
        ])
    };
    let mut world = World::planned(2, mapped("one"), 1);
    let (service, asks) = (login(&mut world, 0, "a"), requester(&mut world, 1));
    world.say(service, "SUB * 1\r\n");
    let ask = |world: &mut World| {
        request(world, asks, "x", "inbox.1", "?");
        received(world, service)
    };
    assert_eq!(ask(&mut world), [of("one", "?")]);
    assert_eq!(reload(&mut world, mapped("two")), 2, "exporter and importer");
    assert_eq!(ask(&mut world), [of("two", "?")]);
}

#[test]
fn an_answer_finds_the_account_of_the_requester_as_it_is_after_a_reload() {
    let importer = |imports: Vec<ServiceImportPlan>, to: &str| {
        let destinations = [Destination::new(to.as_bytes())];
        let mapping = Mapping::new(b"inbox.1", &destinations, b"").expect("a mapping");
        AccountPlan {
            mappings: MappingTable::new([mapping]).into(),
            ..importing("B", imports)
        }
    };
    let with = |imports: Vec<ServiceImportPlan>, to: &str| {
        plan_of(vec![
            AccountPlan::named("A"),
            importer(imports, to),
            AccountPlan::named("C"),
        ])
    };
    let ask = |world: &mut World, service: usize, asks: usize| {
        request(world, asks, "x", "inbox.1", "?");
        world.messages(service)[0].clone()
    };
    let mut world = World::planned(2, with(vec![import("A", "x", None)], "inbox.2"), 1);
    let (service, asks) = (login(&mut world, 0, "a"), requester(&mut world, 1));
    world.say(service, "SUB x 1\r\n");
    let requests = [0; 3].map(|_| ask(&mut world, service, asks));
    // Account A is the same in all plans, and nobody imports from it any more: it may still answer.
    for (to, request) in ["inbox.3", "inbox.4"].into_iter().zip(&requests) {
        reload(&mut world, with(vec![], to));
        answer(&mut world, service, request, "!");
        assert_eq!(received(&mut world, asks), [of(to, "!")]);
    }
    let account = importer(vec![], "inbox.5");
    let started = world.broker.replace_account(account, 2).expect("an account");
    settle(&mut world, started);
    answer(&mut world, service, &requests[2], "!");
    assert_eq!(received(&mut world, asks), [of("inbox.5", "!")]);
}

#[test]
fn what_crosses_as_a_service_goes_to_no_third_account_as_a_stream() {
    let stream = StreamImportPlan::new("A", ">", None).expect("an import");
    let watching = AccountPlan {
        stream_imports: vec![stream],
        ..AccountPlan::named("C")
    };
    let accounts = vec![
        AccountPlan::named("A"),
        importing("B", vec![import("A", "x", None)]),
        watching,
    ];
    let mut world = World::planned(2, plan_of(accounts), 1);
    let (service, asks, watches) = (
        login(&mut world, 0, "a"),
        requester(&mut world, 1),
        login(&mut world, 0, "c"),
    );
    world.say(watches, "SUB x 1\r\nSUB x q 2\r\n");
    request(&mut world, asks, "x", "inbox.1", "?");
    assert_eq!(received(&mut world, watches), []);
    assert!(is_503(&world.messages(asks)[0]), "it has reached nobody");
    world.say(service, "SUB x q 1\r\n");
    for _ in 0..20 {
        request(&mut world, asks, "x", "inbox.1", "?");
    }
    assert_eq!(world.messages(service).len(), 20);
    assert_eq!(received(&mut world, watches), []);
    world.say(service, "PUB x 1\r\nm\r\n");
    assert!(
        received(&mut world, watches).contains(&of("x", "m")),
        "its own messages do"
    );
}

#[test]
fn requests_keep_the_order_of_their_publisher() {
    let mut world = world(2, vec![import("A", "x.>", None)]);
    let (service, asks) = (login(&mut world, 0, "a"), requester(&mut world, 1));
    world.say(service, "SUB x.> 1\r\n");
    let mut text = String::new();
    for number in 0..500 {
        text += &format!("PUB x.{} inbox.{number} 3\r\n{number:03}\r\n", number % 7);
    }
    world.say(asks, text);
    let got = world.messages(service);
    let numbers: Vec<String> = got.iter().map(Message::text).collect();
    let wanted: Vec<String> = (0..500).map(|number| format!("{number:03}")).collect();
    assert_eq!(numbers, wanted);
    let answers: String = got
        .iter()
        .map(|m| format!("PUB {} 3\r\n{}\r\n", m.reply.as_deref().expect("a reply"), m.text()))
        .collect();
    world.say(service, answers);
    let got: Vec<String> = received(&mut world, asks).into_iter().map(|(_, text)| text).collect();
    assert_eq!(got, wanted);
    assert_eq!(pending(&world, "A"), 0);
}

#[test]
fn a_requester_that_does_not_hear_itself_hears_that_a_program_is_too_busy() {
    for echo in [true, false] {
        let mut world = world(1, vec![import("A", "x", None)]);
        let broker = world.broker.clone();
        let account = broker.account("A").expect("an account");
        broker.internal().subscribe(&account, b"x", None).expect("a subject");
        let asks = world.client(0);
        let options = format!(r#""echo":{echo},"headers":true,"no_responders":true,"user":"b","pass":"b""#);
        world.say(
            asks,
            format!("CONNECT {{\"verbose\":false,{options}}}\r\nSUB inbox.> 1\r\n"),
        );
        world.frames(asks);
        let text = "x".repeat(900_000);
        for _ in 0..100 {
            request(&mut world, asks, "x", "inbox.1", &text);
        }
        let got = world.messages(asks);
        assert!(!got.is_empty() && got.iter().all(is_503), "echo {echo}");
        assert_eq!(pending(&world, "A"), 100 - got.len());
    }
}
