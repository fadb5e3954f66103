//! Streams behind the interest of an account: what gets into them, and what comes back.

use super::harness::{MS, SECOND, World};
use crate::SharedStream;
use crate::simulation::wire::Message;
use nt_jetstream::stream::{Purge, Republish, StreamConfig};
use nt_subject::Transform;
use std::sync::Arc;

fn config(name: &str, subject: &str) -> StreamConfig {
    StreamConfig {
        name: name.into(),
        subjects: vec![subject.into()],
        ..StreamConfig::default()
    }
}

fn create(world: &World, config: StreamConfig) -> Arc<SharedStream> {
    let prefix = format!("$JS.API.DIRECT.GET.{}", config.name);
    let gets = [
        (prefix.clone().into_bytes(), usize::MAX),
        (format!("{prefix}.>").into_bytes(), prefix.len() + 1),
    ];
    let account = world.broker.account("$G").expect("it is there always");
    let created = world.broker.streams().create(&world.broker, &account, config, &gets, 1);
    created.expect("valid subjects")
}

/// Number of messages and the last sequence.
fn counts(stream: &SharedStream) -> (u64, u64) {
    let (totals, must_run) = stream.with(|state| state.totals());
    assert!(!must_run, "nothing waits when everything rests");
    (totals.messages, totals.last_sequence)
}

/// Headers and payload.
fn whole(message: &Message) -> String {
    String::from_utf8_lossy(&message.headers).into_owned() + &message.text()
}

fn publish(subject: &str, reply: &str, body: &str) -> String {
    format!("PUB {subject} {reply} {}\r\n{body}\r\n", body.len())
}

#[test]
fn pub_1_a_published_message_is_stored_and_answered() {
    let mut world = World::new(1);
    let stream = create(&world, config("S", "s.>"));
    let client = world.quiet_client(0);
    world.say(client, format!("SUB r 1\r\n{}", publish("s.a", "r", "hello")));
    assert_eq!(world.texts(client), [r#"{"stream":"S","seq":1}"#]);
    world.say(client, "PUB s.b 2\r\nhi\r\n");
    assert_eq!(
        world.texts(client),
        [""; 0],
        "without a reply subject there is no answer"
    );
    assert_eq!(counts(&stream), (2, 2));
    let (body, _) = stream.with(|state| state.get(1).map(|message| message.body.to_vec()));
    assert_eq!(body.as_deref(), Some(&b"hello"[..]));
}

#[test]
fn pub_5_without_the_stream_there_are_no_responders() {
    let mut world = World::new(1);
    let stream = create(&world, config("S", "s.>"));
    let client = world.quiet_client(0);
    world.say(client, "SUB r 1\r\n");
    assert!(world.broker.streams().remove(stream.id()));
    assert!(!world.broker.streams().remove(stream.id()));
    world.say(client, publish("s.a", "r", "x"));
    let messages = world.messages(client);
    assert!(whole(&messages[0]).contains("503"), "{messages:?}");
    assert_eq!(counts(&stream), (0, 0));
}

#[test]
fn pub_6_a_subscriber_gets_the_message_too() {
    let mut world = World::new(1);
    let stream = create(&world, config("S", "s.>"));
    let (client, other) = (world.quiet_client(0), world.quiet_client(0));
    world.say(other, "SUB s.* 7\r\n");
    world.say(client, format!("SUB r 1\r\n{}", publish("s.a", "r", "x")));
    assert_eq!(world.texts(other), ["x"]);
    assert_eq!((world.texts(client).len(), counts(&stream)), (1, (1, 1)));
}

#[test]
fn pub_7_answers_come_in_the_order_of_the_messages() {
    let mut world = World::new(2);
    let stream = create(&world, config("S", "s.>"));
    let clients = [world.quiet_client(0), world.quiet_client(1)];
    for client in clients {
        world.say(client, "SUB r.* 1\r\n");
    }
    let sent = |client: usize| -> String {
        (0..100)
            .map(|n| publish("s.a", &format!("r.{client}"), &n.to_string()))
            .collect()
    };
    for client in clients {
        world.send(client, sent(client));
    }
    world.rest();
    for client in clients {
        let answers = world.messages(client);
        let own: Vec<u64> = answers
            .iter()
            .filter(|answer| answer.subject == format!("r.{client}"))
            .map(|answer| {
                answer
                    .text()
                    .trim_end_matches('}')
                    .rsplit(':')
                    .next()
                    .map_or(0, |n| n.parse().unwrap_or(0))
            })
            .collect();
        assert_eq!(own.len(), 100);
        assert!(own.is_sorted(), "{own:?}");
    }
    assert_eq!(counts(&stream), (200, 200));
}

#[test]
fn bursts_without_answers_are_stored_whole_and_in_order() {
    let mut world = World::new(1);
    let stream = create(&world, config("S", "s"));
    let client = world.quiet_client(0);
    let burst: String = (0..500).map(|n| format!("PUB s 3\r\n{n:03}\r\n")).collect();
    world.say(client, burst + "HPUB s 18 21\r\nNATS/1.0\r\nA: b\r\n\r\nend\r\n");
    assert_eq!(counts(&stream), (501, 501));
    let (bodies, _) = stream.with(|state| {
        let all = (1..=501).filter_map(|sequence| state.get(sequence));
        all.map(|message| String::from_utf8_lossy(message.body).into_owned())
            .collect::<Vec<_>>()
    });
    let expected: Vec<String> = (0..500).map(|n| format!("{n:03}")).chain(["end".into()]).collect();
    assert_eq!(bodies, expected);
    let (headers, _) = stream.with(|state| state.get(501).map(|message| message.headers.to_vec()));
    assert_eq!(headers.as_deref(), Some(&b"NATS/1.0\r\nA: b\r\n\r\n"[..]));
}

#[test]
fn get_9_a_message_that_was_answered_can_be_read_at_once() {
    let mut world = World::new(2);
    create(&world, config("S", "s.>"));
    let (writer, reader) = (world.quiet_client(0), world.quiet_client(1));
    world.say(writer, format!("SUB r 1\r\n{}", publish("s.a", "r", "x")));
    assert_eq!(world.texts(writer).len(), 1);
    world.say(reader, "SUB g 1\r\nPUB $JS.API.DIRECT.GET.S.s.a g 0\r\n\r\n");
    let got = world.messages(reader);
    assert!(whole(&got[0]).ends_with("\r\n\r\nx"), "{got:?}");
    world.say(reader, "PUB $JS.API.DIRECT.GET.S g 9\r\n{\"seq\":1}\r\n");
    let got = world.messages(reader);
    assert!(whole(&got[0]).contains("Nats-Sequence: 1\r\n"), "{got:?}");
    world.say(reader, "PUB $JS.API.DIRECT.GET.S g 9\r\n{\"seq\":2}\r\n");
    let got = world.messages(reader);
    assert!(whole(&got[0]).contains("404 Message Not Found"), "{got:?}");
}

#[test]
fn a_publish_and_a_get_in_one_write_are_handled_in_order() {
    let mut world = World::new(1);
    create(&world, config("S", "s.>"));
    let client = world.quiet_client(0);
    let both =
        publish("s.a", "r", "first") + "PUB $JS.API.DIRECT.GET.S.s.a r 0\r\n\r\n" + &publish("s.a", "r", "second");
    world.say(client, format!("SUB r 1\r\n{both}"));
    let answers = world.texts(client);
    assert_eq!(answers.len(), 3);
    assert!(answers[1].ends_with("first"), "{answers:?}");
}

#[test]
fn str_53_copies_go_to_subscribers_and_into_other_streams() {
    let mut world = World::new(2);
    let transform = Transform::new(b"s.*", b"copy.$1").expect("a transform");
    let mut first = config("S", "s.>");
    first.republish = Some(Republish {
        transform,
        headers_only: false,
    });
    create(&world, first);
    let second = create(&world, config("T", "copy.>"));
    let (client, other) = (world.quiet_client(0), world.quiet_client(1));
    world.say(other, "SUB copy.* 1\r\n");
    world.say(client, "PUB s.a 1\r\nx\r\nPUB s.b 1\r\ny\r\n");
    let copies = world.messages(other);
    assert_eq!(copies.len(), 2);
    assert!(whole(&copies[1]).contains("Nats-Sequence: 2\r\n"), "{copies:?}");
    assert_eq!(counts(&second), (2, 2));
}

#[test]
fn streams_that_copy_to_each_other_leave_time_for_clients() {
    let mut world = World::new(1);
    let circle = |from: &str, to: &str| {
        let transform = Transform::new(format!("{from}.>").as_bytes(), format!("{to}.>").as_bytes());
        Some(Republish {
            transform: transform.expect("a transform"),
            headers_only: true,
        })
    };
    for (name, from, to) in [("A", "a", "b"), ("B", "b", "a")] {
        let mut config = config(name, &format!("{from}.>"));
        config.republish = circle(from, to);
        config.max_messages = Some(10);
        create(&world, config);
    }
    let client = world.quiet_client(0);
    world.send(client, "PUB a.x 1\r\nx\r\n");
    (0..5).for_each(|_| world.turn(0));
    world.send(client, "PING\r\n");
    (0..2).for_each(|_| world.turn(0));
    assert!(!world.frames(client).is_empty(), "the PING is answered");
}

#[test]
fn str_34_messages_end_by_their_age() {
    let mut world = World::new(1);
    let mut aging = config("S", "s.>");
    aging.max_age_ns = Some(2 * SECOND as i64);
    let stream = create(&world, aging);
    let client = world.quiet_client(0);
    world.say(client, "PUB s.a 1\r\nx\r\n");
    world.pass(SECOND, 100 * MS);
    world.say(client, "PUB s.b 1\r\nx\r\n");
    assert_eq!(counts(&stream), (2, 2));
    world.pass(1300 * MS, 100 * MS);
    assert_eq!(counts(&stream), (1, 2));
    world.pass(1300 * MS, 100 * MS);
    assert_eq!(counts(&stream), (0, 2));
    // With nothing left there is no timer; the next message sets one.
    world.say(client, "PUB s.b 1\r\nx\r\n");
    world.pass(2300 * MS, 100 * MS);
    assert_eq!(counts(&stream), (0, 3));
}

#[test]
fn str_27_other_subjects_are_captured_from_then_on() {
    let mut world = World::new(1);
    let stream = create(&world, config("S", "s.>"));
    let client = world.quiet_client(0);
    world.say(client, "PUB s.a 1\r\nx\r\n");
    let captured = world.broker.streams().capture(stream.id(), &[b"t.>".to_vec()]);
    assert_eq!(captured, Ok(true));
    let refused = world
        .broker
        .streams()
        .capture(stream.id(), &[b"u".to_vec(), b"a..b".to_vec()]);
    assert!(refused.is_err());
    world.say(client, "PUB u 1\r\nx\r\n");
    assert_eq!(counts(&stream), (1, 1), "a refused change changes nothing");
    world.say(client, "PUB s.a 1\r\nx\r\nPUB t.a 1\r\nx\r\n");
    assert_eq!(counts(&stream), (2, 2));
}

#[test]
fn the_control_plane_changes_a_stream_between_runs() {
    let mut world = World::new(1);
    let stream = create(&world, config("S", "s.>"));
    let client = world.quiet_client(0);
    world.say(client, "PUB s.a 1\r\nx\r\n".repeat(3));
    let (purged, must_run) = stream.with(|state| state.purge(&Purge::default()));
    assert_eq!((purged.ok(), must_run), (Some(3), false));
    world.say(client, "PUB s.a 1\r\nx\r\n");
    assert_eq!(counts(&stream), (1, 4));
}

#[test]
fn messages_that_come_while_the_control_plane_has_the_stream_are_not_lost() {
    let mut world = World::new(1);
    let stream = create(&world, config("S", "s.>"));
    let client = world.quiet_client(0);
    let (_, must_run) = stream.with(|_| world.say(client, "PUB s.a 1\r\nx\r\n"));
    assert!(must_run, "the loop could not run the stream");
    world.post(0, crate::InboxItem::RunStream(stream.clone()));
    world.rest();
    assert_eq!(counts(&stream), (1, 1));
}

#[test]
fn a_refused_subject_leaves_nothing_behind() {
    let world = World::new(1);
    let account = world.broker.account("$G").expect("it is there always");
    let mut bad = config("S", "s.>");
    bad.subjects.push(b"a..b".to_vec());
    let refused = world.broker.streams().create(&world.broker, &account, bad, &[], 1);
    assert!(refused.is_err());
    assert_eq!(account.subscriptions(), 0);
}
