//! The feed of interest changes: a reader can rebuild the interest from it.

use super::harness::World;
use crate::InterestReader;
use crate::simulation::random::{Random, Seed};
use std::collections::BTreeMap;

type Known = BTreeMap<(String, Option<String>), u32>;

/// Applies what came to what is known, and checks that each change fits.
fn read(reader: &InterestReader, known: &mut Known) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    for change in reader.take() {
        let key = (text(&change.subject), change.queue.as_deref().map(text));
        if change.count == 0 {
            assert!(!change.added && known.remove(&key).is_some(), "{change:?}");
        } else {
            known.insert(key, change.count);
        }
    }
}

/// The interest as the account lists it.
fn listed(world: &World) -> Known {
    let mut known = Known::new();
    for sub in world.broker.subscriptions(None) {
        *known.entry((sub.subject, sub.queue)).or_insert(0) += 1;
    }
    known
}

fn random_step(world: &mut World, random: &mut Random, clients: &mut [usize]) {
    let which = random.below(clients.len());
    let client = clients[which];
    let (sid, subject) = (random.below(20), random.pick(&["a", "b.*", "b.c", ">", "d"]));
    match random.below(10) {
        0..5 => world.say(client, format!("SUB {subject} {sid}\r\n")),
        5 => world.say(client, format!("SUB {subject} q{} {sid}\r\n", random.below(2))),
        6 => world.say(client, format!("UNSUB {sid}\r\n")),
        7 => world.say(client, format!("UNSUB {sid} 2\r\n")),
        8 => world.say(client, "PUB a 0\r\n\r\nPUB b.c 0\r\n\r\n"),
        _ => {
            world.hang_up(client);
            world.rest();
            clients[which] = world.quiet_client(which % 2);
        }
    }
}

#[test]
fn a_reader_knows_the_interest_from_whenever_it_begins() {
    for seed in 0..20 {
        let _named = Seed(seed);
        let mut random = Random::new(seed);
        let mut world = World::new(2);
        let mut clients: Vec<usize> = (0..4).map(|i| world.quiet_client(i % 2)).collect();
        let account = world.broker.account("$G").expect("it is there always");
        let early = account.follow_interest();
        let mut known = Known::new();
        for _ in 0..random.below(60) {
            random_step(&mut world, &mut random, &mut clients);
            read(&early, &mut known);
        }
        let late = account.follow_interest();
        let mut known_late = Known::new();
        for _ in 0..60 {
            random_step(&mut world, &mut random, &mut clients);
        }
        read(&early, &mut known);
        read(&late, &mut known_late);
        assert_eq!(known, listed(&world));
        assert_eq!(known_late, known);
    }
}

#[test]
fn a_reader_that_is_gone_is_forgotten() {
    let mut world = World::new(1);
    let client = world.quiet_client(0);
    let account = world.broker.account("$G").expect("it is there always");
    drop(account.follow_interest());
    world.say(client, "SUB a 1\r\nSUB a 2\r\n");
    let reader = account.follow_interest();
    let changes = reader.take();
    assert_eq!(
        (changes.len(), changes[0].count, changes[0].account),
        (1, 2, account.id)
    );
    assert!(!reader.has_changes());
}
