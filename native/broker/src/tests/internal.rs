//! The control plane as a client: what it subscribes to and publishes.

use super::harness::World;
use crate::{InboxItem, InternalPublish, MessageBatch, SubscribeError};

fn subscribe(world: &World, subject: &str, queue: Option<&str>) -> u32 {
    let account = world.broker.account("$G").expect("it is there always");
    let queue = queue.map(str::as_bytes);
    let internal = world.broker.internal();
    internal
        .subscribe(&account, subject.as_bytes(), queue)
        .expect("a valid subject")
}

fn publish(world: &mut World, loop_: usize, frames: &str, confirm: Option<u64>) {
    let broker = world.broker.clone();
    broker.internal().add_unpublished(frames.len());
    let account = broker.account("$G").expect("it is there always");
    let frames = frames.as_bytes().to_vec();
    world.post(
        loop_,
        InboxItem::Publish(InternalPublish {
            broker,
            account,
            frames,
            confirm,
        }),
    );
    world.rest();
}

fn taken(world: &World) -> MessageBatch {
    world.broker.internal().queue().take(usize::MAX, usize::MAX)
}

fn text(batch: &MessageBatch) -> String {
    String::from_utf8_lossy(&batch.bytes).into_owned()
}

#[test]
fn messages_of_all_loops_reach_a_subscription_until_it_ends() {
    let mut world = World::new(2);
    let publishers = [world.quiet_client(0), world.quiet_client(1)];
    let handle = subscribe(&world, "a.*", None);
    for publisher in publishers {
        world.say(publisher, "PUB a.b r 2\r\nhi\r\nPUB b 0\r\n\r\n");
    }
    let batch = taken(&world);
    let frame = format!("MSG a.b {handle} r 2\r\nhi\r\n");
    assert_eq!((batch.messages, text(&batch), batch.more), (2, frame.repeat(2), false));
    assert!(world.broker.internal().unsubscribe(handle));
    assert!(!world.broker.internal().unsubscribe(handle));
    world.say(publishers[0], "PUB a.b 0\r\n\r\n");
    assert_eq!(taken(&world).messages, 0);
}

#[test]
fn headers_and_bursts_arrive_whole_and_in_order() {
    let mut world = World::new(1);
    let publisher = world.quiet_client(0);
    let handle = subscribe(&world, "a", None);
    let burst: String = (0..100).map(|i| format!("PUB a 2\r\n{i:02}\r\n")).collect();
    world.say(publisher, burst + "HPUB a 12 13\r\nNATS/1.0\r\n\r\nx\r\n");
    let expected: String = (0..100).map(|i| format!("MSG a {handle} 2\r\n{i:02}\r\n")).collect();
    let last = format!("HMSG a {handle} 12 13\r\nNATS/1.0\r\n\r\nx\r\n");
    assert_eq!(text(&taken(&world)), expected + &last);
}

#[test]
fn a_queue_group_spans_clients_and_the_control_plane() {
    let mut world = World::new(1);
    let (publisher, member) = (world.quiet_client(0), world.quiet_client(0));
    world.say(member, "SUB q g 1\r\n");
    subscribe(&world, "q", Some("g"));
    world.say(publisher, "PUB q 0\r\n\r\n".repeat(200));
    let here = taken(&world).messages;
    let there = world.messages(member).len();
    assert_eq!(here + there, 200);
    assert!(here > 0 && there > 0, "{here} and {there}");
}

#[test]
fn what_it_publishes_reaches_clients_of_all_loops_in_order() {
    let mut world = World::new(2);
    let subscribers = [world.quiet_client(0), world.quiet_client(1)];
    for subscriber in subscribers {
        world.say(subscriber, "SUB a 1\r\n");
    }
    let frames: String = (0..50_000).map(|i| format!("PUB a 5\r\n{i:05}\r\n")).collect();
    publish(&mut world, 0, &frames, Some(9));
    for subscriber in subscribers {
        let texts = world.texts(subscriber);
        assert!(texts.iter().enumerate().all(|(i, text)| *text == format!("{i:05}")));
        assert_eq!(texts.len(), 50_000);
    }
    assert_eq!(world.broker.internal().unpublished(), 0);
    let confirmed = |event: &crate::Event| matches!(event, crate::Event::Published { number: 9 });
    assert_eq!(world.events.iter().filter(|event| confirmed(event)).count(), 1);
}

#[test]
fn a_request_of_a_client_is_answered() {
    let mut world = World::new(2);
    let requester = world.quiet_client(1);
    world.say(requester, "SUB inbox.* 1\r\n");
    let handle = subscribe(&world, "service", None);
    world.say(requester, "PUB service inbox.1 4\r\nping\r\n");
    assert_eq!(
        text(&taken(&world)),
        format!("MSG service {handle} inbox.1 4\r\nping\r\n")
    );
    publish(&mut world, 0, "PUB inbox.1 4\r\npong\r\n", None);
    assert_eq!(world.texts(requester), ["pong"]);
}

#[test]
fn a_request_nobody_takes_is_answered_with_503() {
    let mut world = World::new(1);
    let handle = subscribe(&world, "_INBOX.x.*", None);
    publish(&mut world, 0, "PUB nobody _INBOX.x.1 0\r\n\r\n", None);
    let expected = format!("HMSG _INBOX.x.1 {handle} 38 38\r\nNATS/1.0 503\r\nNats-Subject: nobody\r\n\r\n\r\n");
    assert_eq!(text(&taken(&world)), expected);
}

#[test]
fn a_full_queue_answers_requests_with_503_and_drops_the_rest() {
    let mut world = World::new(2);
    let requester = world.quiet_client(1);
    world.say(requester, "SUB inbox.* 1\r\n");
    subscribe(&world, "service.*", None);
    // With its frame each takes a megabyte: 64 fill the queue.
    let payload = "x".repeat((1 << 20) - "MSG service.a 1 1234567\r\n\r\n".len());
    for _ in 0..64 {
        world.say(requester, format!("PUB service.a {}\r\n{payload}\r\n", payload.len()));
    }
    world.say(requester, "PUB service.a inbox.1 4\r\nping\r\n");
    let frames = world.messages(requester);
    assert_eq!(frames.len(), 1);
    let headers = String::from_utf8_lossy(&frames[0].headers).into_owned();
    assert!(
        headers.starts_with("NATS/1.0 503\r\nNats-Subject: service.a\r\n"),
        "{headers}"
    );
    assert!(world.broker.internal().queue().dropped() >= 1);
    while taken(&world).more {}
    world.say(requester, "PUB service.a inbox.1 4\r\nping\r\n");
    assert_eq!(taken(&world).messages, 1, "there is room again");
}

#[test]
fn it_counts_as_no_connection_and_bad_subjects_are_refused() {
    let world = World::new(1);
    subscribe(&world, "a", None);
    assert_eq!(world.broker.stats().connections, 0);
    assert_eq!(world.broker.stats().subscriptions, 1);
    let account = world.broker.account("$G").expect("it is there always");
    let refused = world.broker.internal().subscribe(&account, b"a..b", None);
    assert!(matches!(refused, Err(SubscribeError::InvalidSubject)));
    assert_eq!(world.broker.stats().subscriptions, 1);
}

#[test]
fn the_control_plane_is_notified_once_for_many_messages() {
    let mut world = World::new(1);
    let publisher = world.quiet_client(0);
    subscribe(&world, "a", None);
    world.say(publisher, "PUB a 0\r\n\r\n");
    world.say(publisher, "PUB a 0\r\n\r\n");
    let notified = |event: &&crate::Event| matches!(event, crate::Event::Messages);
    assert_eq!(world.events.iter().filter(notified).count(), 1);
    taken(&world);
    world.say(publisher, "PUB a 0\r\n\r\n");
    assert_eq!(world.events.iter().filter(notified).count(), 2);
}
