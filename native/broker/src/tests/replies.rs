//! Answers that are allowed because of a request.

use super::harness::{SECOND, World};
use super::permissions::{login, with_users};
use crate::{PermissionLists, ReplyAllowance};
use std::time::Duration;

/// A responder that may only answer, and a requester that is subscribed to `r.>`; on different loops.
fn with_responder(max: i64, expires: Duration) -> (World, usize, usize) {
    let responder = PermissionLists {
        allow_responses: Some(ReplyAllowance { max, expires }),
        ..PermissionLists::default()
    };
    let users = [("any", PermissionLists::default()), ("responder", responder)];
    let mut world = with_users(2, &users);
    let requester = login(&mut world, 0, "any");
    let responder = login(&mut world, 1, "responder");
    world.say(responder, "SUB q 1\r\n");
    world.say(requester, "SUB r.> 1\r\n");
    (world, requester, responder)
}

const ANSWER: &str = "PUB r.1 2\r\nok\r\n";

#[test]
fn as_many_answers_as_allowed_and_only_to_who_asked() {
    let (mut world, requester, responder) = with_responder(2, Duration::ZERO);
    world.say(responder, ANSWER);
    assert_eq!(world.errors(responder).len(), 1, "there was no request yet");
    world.say(requester, "PUB q r.1 1\r\n?\r\n");
    world.say(responder, ANSWER.repeat(4));
    assert_eq!(world.texts(requester).len(), 2);
    world.say(responder, "PUB r.2 2\r\nno\r\n");
    assert_eq!(world.errors(responder).len(), 3);
    // Asked again, it may answer again.
    world.say(requester, "PUB q r.1 1\r\n?\r\n");
    world.say(responder, ANSWER);
    assert_eq!(world.texts(requester).len(), 1);
}

#[test]
fn a_request_that_comes_before_the_last_one_is_answered_allows_as_many_answers_again() {
    for (max, allowed) in [(1, 1), (2, 2)] {
        let (mut world, requester, responder) = with_responder(max, Duration::ZERO);
        world.say(requester, "PUB q r.1 1\r\n?\r\n".repeat(2));
        world.say(responder, ANSWER.repeat(3));
        assert_eq!(world.texts(requester).len(), allowed);
    }
}

#[test]
fn answers_come_in_time_or_not_at_all() {
    let (mut world, requester, responder) = with_responder(-1, Duration::from_secs(2));
    world.say(requester, "PUB q r.1 1\r\n?\r\n");
    world.pass(SECOND, SECOND);
    world.say(responder, ANSWER.repeat(100));
    assert_eq!(world.texts(requester).len(), 100);
    world.pass(SECOND, SECOND);
    world.say(responder, ANSWER);
    assert_eq!(world.texts(requester).len(), 0);
    assert_eq!(world.errors(responder).len(), 1);
}

#[test]
fn the_right_to_answer_moves_along() {
    for arrives_first in [false, true] {
        let (mut world, requester, responder) = with_responder(1, Duration::ZERO);
        if arrives_first {
            // The request comes to the place that is kept, before the responder itself.
            world.begin_move(responder, 0);
            world.take_in(0);
            world.take_in(1);
            world.loops[0].shard.set_now(crate::Time::on_both_clocks(world.now));
            let (_, slot) = world.clients[requester].at().expect("connected");
            world.loops[0].shard.receive(slot, b"PUB q r.1 1\r\n?\r\n");
        } else {
            world.say(requester, "PUB q r.1 1\r\n?\r\n");
            world.begin_move(responder, 0);
        }
        world.rest();
        world.say(responder, ANSWER);
        assert_eq!(world.texts(requester).len(), 1, "arrives_first {arrives_first}");
        assert_eq!(world.errors(responder).len(), 0);
    }
}

#[test]
fn another_connect_forgets_whom_one_may_answer() {
    let (mut world, requester, responder) = with_responder(1, Duration::ZERO);
    world.say(requester, "PUB q r.1 1\r\n?\r\n");
    world.say(responder, "CONNECT {\"user\":\"responder\",\"pass\":\"responder\"}\r\n");
    world.say(responder, ANSWER);
    assert_eq!(world.errors(responder).len(), 1);
}

#[test]
fn requests_never_answered_take_bounded_memory_and_the_newest_stay() {
    let (mut world, requester, responder) = with_responder(1, Duration::ZERO);
    let mut last = 0;
    for _ in 0..10 {
        let batch: String = (0..5000).map(|i| format!("PUB q r.{} 0\r\n\r\n", last + i)).collect();
        last += 5000;
        world.now += 1;
        world.say(requester, batch);
        let (loop_, slot) = world.clients[responder].at().expect("connected");
        assert!(world.loops[loop_].shard.connections[slot].client().grant_count() <= 16 * 1024);
    }
    world.texts(responder);
    world.say(
        responder,
        (last - 5000..last)
            .map(|i| format!("PUB r.{i} 2\r\nok\r\n"))
            .collect::<String>(),
    );
    assert_eq!(world.texts(requester).len(), 5000);
}

#[test]
fn a_burst_of_requests_in_one_moment_keeps_half_of_the_grants_at_least() {
    let (mut world, requester, responder) = with_responder(1, Duration::ZERO);
    world.say(
        requester,
        (0..16 * 1024 + 1)
            .map(|i| format!("PUB q r.{i} 0\r\n\r\n"))
            .collect::<String>(),
    );
    world.texts(responder);
    world.say(
        responder,
        (0..16 * 1024 + 1)
            .map(|i| format!("PUB r.{i} 2\r\nok\r\n"))
            .collect::<String>(),
    );
    assert_eq!(world.texts(requester).len(), 8 * 1024 + 1);
}

#[test]
fn a_request_without_responders_is_answered_at_once() {
    let mut world = World::new(2);
    let (requester, other) = (world.quiet_client(0), world.quiet_client(1));
    world.say(requester, "SUB r.* 7\r\nPUB q r.1 1\r\n?\r\n");
    let messages = world.messages(requester);
    assert_eq!(messages.len(), 1);
    assert_eq!((messages[0].subject.as_str(), messages[0].sid.as_str()), ("r.1", "7"));
    assert_eq!(messages[0].headers, b"NATS/1.0 503\r\nNats-Subject: q\r\n\r\n");
    assert_eq!(messages[0].payload, b"");
    // Not where there is a responder, the client did not ask for it, or there is no reply subject.
    world.say(other, "SUB q 1\r\n");
    world.say(
        requester,
        "PUB q r.1 1\r\n?\r\nPUB x 1\r\n?\r\nPUB x elsewhere 1\r\n?\r\n",
    );
    assert_eq!(world.messages(requester).len(), 0);
    world.say(
        other,
        "CONNECT {\"verbose\":false,\"no_responders\":false}\r\nSUB r.2 2\r\nPUB nobody r.2 1\r\n?\r\n",
    );
    assert_eq!(world.messages(other).iter().filter(|m| m.sid == "2").count(), 0);
}

#[test]
fn who_becomes_another_user_while_it_moves_may_answer_as_that_one() {
    let (mut world, requester, _) = with_responder(1, Duration::ZERO);
    let mover = login(&mut world, 1, "any");
    world.begin_move(mover, 0);
    world.take_in(0);
    // What keeps its place knows it as the user it was.
    let (_, slot) = world.clients[mover].at().expect("connected");
    let connect = b"CONNECT {\"user\":\"responder\",\"pass\":\"responder\"}\r\nSUB ask 1\r\n";
    world.loops[1].shard.receive(slot, connect);
    world.take_in(1);
    let (_, asking) = world.clients[requester].at().expect("connected");
    world.loops[0].shard.receive(asking, b"PUB ask r.1 1\r\n?\r\n");
    world.write_and_close(0);
    world.rest();
    world.say(mover, ANSWER);
    assert_eq!(world.texts(requester), ["ok"]);
}
