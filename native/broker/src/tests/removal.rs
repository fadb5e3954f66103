//! Connections that close with more subscriptions than are removed at once.

use super::harness::World;
use crate::connection::removal::REMOVAL_BATCH;

const MANY: usize = 3 * REMOVAL_BATCH;

/// A client on loop 0 with so many subscriptions to `a`, some of them in the queue group `q`.
fn with_many(world: &mut World) -> usize {
    let client = world.quiet_client(0);
    let lines: String = (0..MANY)
        .map(|sid| format!("SUB a {}{sid}\r\n", if sid % 4 == 0 { "q " } else { "" }))
        .collect();
    world.say(client, lines);
    client
}

fn held(world: &World) -> (usize, usize) {
    let interest = world.broker.global.interest().read();
    interest.record_counts()
}

#[test]
fn they_are_removed_in_batches_without_effect_on_others() {
    let mut world = World::new(2);
    let (near, far, publisher) = (world.quiet_client(0), world.quiet_client(1), world.quiet_client(1));
    world.say(near, "SUB a 1\r\n");
    world.say(far, "SUB a q 1\r\n");
    let removal = with_many(&mut world);
    world.hang_up(removal);
    world.read(removal, usize::MAX);
    world.finish(0);
    assert_eq!(
        held(&world),
        (MANY + 2 - REMOVAL_BATCH, 3),
        "the first batch is removed"
    );
    assert!(world.loops[0].shard.has_waiting(), "the loop must not sleep");
    // The group has one member that is connected.
    let (_, slot) = world.clients[publisher].at().expect("connected");
    world.loops[1]
        .shard
        .receive(slot, b"PUB a 1\r\nx\r\n".repeat(20).as_slice());
    assert_eq!(held(&world).0, MANY + 2 - REMOVAL_BATCH);
    assert_eq!(world.broker.subscriptions(None).len(), 2);
    world.fire_timers(0);
    assert_eq!(held(&world), (MANY + 2 - 2 * REMOVAL_BATCH, 3), "a batch in each turn");
    world.rest();
    assert_eq!(held(&world), (2, 2));
    assert_eq!((world.texts(near).len(), world.texts(far).len()), (20, 20));
    assert_eq!(world.broker.global.subscriptions(), 2);
    let room = world.broker.global.interest().read().id_bound();
    assert!(room < MANY / 2, "room for {room} is kept");
}

#[test]
fn a_request_to_removed_subscriptions_has_no_responders() {
    let mut world = World::new(2);
    let (removal, asker) = (with_many(&mut world), world.quiet_client(0));
    world.say(asker, "SUB r 1\r\n");
    world.hang_up(removal);
    world.read(removal, usize::MAX);
    world.send(asker, "PUB a r 1\r\n?\r\n");
    world.read(asker, usize::MAX);
    assert!(held(&world).0 > 1);
    world.rest();
    let answer = &world.messages(asker)[0];
    assert!(answer.headers.starts_with(b"NATS/1.0 503"), "{answer:?}");
}

#[test]
fn the_share_of_a_turn_grows_with_the_number_that_is_left() {
    let mut world = World::new(1);
    let pending_removals: Vec<usize> = (0..24).map(|_| with_many(&mut world)).collect();
    for removal in pending_removals {
        world.hang_up(removal);
        world.read(removal, usize::MAX);
    }
    let before = held(&world).0;
    world.fire_timers(0);
    let removed = before - held(&world).0;
    assert!(removed >= before / 32 && removed < before / 4, "{removed} of {before}");
    world.rest();
    assert_eq!(held(&world), (0, 0));
}

#[test]
fn names_are_free_at_once_after_another_connect() {
    let mut world = World::new(2);
    let (client, publisher) = (with_many(&mut world), world.quiet_client(1));
    let (_, slot) = world.clients[client].at().expect("connected");
    world.loops[0].shard.receive(slot, b"CONNECT {\"verbose\":false}\r\n");
    let (id, name) = {
        let mut interest = world.broker.global.interest().write();
        let (id, sub) = interest.first().expect("most are left");
        let name = String::from_utf8(sub.sid().to_vec()).expect("a number");
        // The other loop sends its last message while the subscription is being removed.
        sub.count_deliveries(1);
        interest.limit(id, 1);
        (id, name)
    };
    world.loops[1].shard.delivery.push_exhausted(id);
    let (account, broker) = (world.broker.global.clone(), world.broker.clone());
    world.loops[1].shard.after_run(&broker, &broker.plan().config, &account);
    // The same name, in the place that has just become free.
    world.loops[0]
        .shard
        .receive(slot, format!("SUB b {name}\r\n").as_bytes());
    assert!(world.broker.global.interest().read().subscription(id).max() == 0);
    world.rest();
    world.say(publisher, "PUB a 1\r\nx\r\nPUB b 1\r\ny\r\n");
    assert_eq!(world.texts(client), ["y"]);
    world.say(client, format!("UNSUB {name}\r\nPING\r\n"));
    assert_eq!(held(&world).0, 0);
}
