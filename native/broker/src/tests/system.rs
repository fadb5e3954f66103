//! What the system account asks of the data plane: reports of connects while someone listens, and the notice that the
//! broker goes away, for one client.

use super::accounts::{plan_with, user};
use super::harness::World;
use super::permissions::login;
use crate::simulation::random::{Random, Seed};
use crate::simulation::wire::Frame;
use crate::{AccountPlan, Config, Event, LameDuckNotice};

fn world() -> World {
    let config = Config {
        system_account: "SYS".to_owned(),
        ..Config::default()
    };
    let users = vec![user("s", "SYS", None), user("a", "A", None), user("b", "B", None)];
    let accounts = ["SYS", "A", "B"].into_iter().map(AccountPlan::named).collect();
    World::planned(2, plan_with(config, users, accounts).expect("a plan"), 1)
}

fn enter(world: &mut World, name: &str) -> usize {
    login(world, 0, name)
}

fn connects(world: &World) -> Vec<String> {
    let of = |event: &Event| match event {
        Event::Connected(connection) => Some(connection.user.clone()),
        _ => None,
    };
    world.events.iter().filter_map(of).collect()
}

#[test]
fn connects_are_reported_while_someone_listens() {
    let mut world = world();
    enter(&mut world, "a");
    let listener = enter(&mut world, "s");
    world.say(listener, "SUB other 1\r\n");
    enter(&mut world, "a");
    assert!(connects(&world).is_empty());
    // In another account nobody hears of it.
    let stranger = enter(&mut world, "b");
    world.say(stranger, "SUB > 1\r\n");
    enter(&mut world, "a");
    assert!(connects(&world).is_empty());
    world.say(listener, "SUB $SYS.ACCOUNT.A.CONNECT 2\r\n");
    enter(&mut world, "a");
    enter(&mut world, "b");
    assert_eq!(connects(&world), ["a"]);
    world.say(listener, "UNSUB 2\r\nSUB $SYS.SERVER.ACCOUNT.B.* q 3\r\n");
    enter(&mut world, "a");
    enter(&mut world, "b");
    assert_eq!(connects(&world), ["a", "b"]);
}

#[test]
fn subscriptions_of_the_control_plane_are_listeners() {
    let mut world = world();
    let system = world.broker.account("SYS").expect("it is planned");
    let internal = world.broker.internal();
    let handle = internal.subscribe(&system, b"$SYS.ACCOUNT.>", None);
    enter(&mut world, "a");
    assert_eq!(connects(&world), ["a"]);
    let internal = world.broker.internal();
    assert!(internal.unsubscribe(handle.expect("a valid subject")));
    enter(&mut world, "b");
    assert_eq!(connects(&world), ["a"]);
}

#[test]
fn one_client_is_told_that_the_broker_goes_away_also_on_the_move() {
    for seed in 0..100 {
        let _seed = Seed(seed);
        let mut random = Random::new(seed);
        let mut world = World::seeded(2, Config::default(), None, seed);
        let clients: Vec<usize> = (0..3).map(|_| world.quiet_client(random.below(2))).collect();
        let told = clients[random.below(3)];
        for step in 0..40 {
            if step == 20 {
                assert_eq!(world.notify_lame_duck(told), LameDuckNotice::Sent);
            }
            if random.chance(30) {
                let to = random.below(2);
                world.begin_move(clients[random.below(3)], to);
            }
            world.random_step(&mut random);
        }
        world.rest();
        for &client in &clients {
            let reports = world
                .frames(client)
                .iter()
                .filter(|frame| matches!(frame, Frame::Info(text) if text.contains("\"ldm\":true")))
                .count();
            assert_eq!(reports, usize::from(client == told), "client {client}");
        }
    }
}

#[test]
fn who_does_not_read_info_is_not_told() {
    let mut world = world();
    let client = world.client(0);
    assert_eq!(world.notify_lame_duck(client), LameDuckNotice::NotReady);
    world.say(
        client,
        "CONNECT {\"user\":\"a\",\"pass\":\"a\",\"verbose\":false}\r\nPING\r\n",
    );
    assert_eq!(world.notify_lame_duck(client), LameDuckNotice::NotReady);
    world.hang_up(client);
    world.rest();
    assert_eq!(world.notify_lame_duck(client), LameDuckNotice::NoClient);
}
