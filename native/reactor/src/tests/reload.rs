//! Another plan, again and again, while messages flow and connections move between threads.

use super::world::{Client, World};
use nt_broker::{Account, Auth, Authenticator, Config, ConnectionTypes, PermissionLists, Permissions, Plan, User};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::scope;
use std::time::Duration;

const LOOPS: usize = 3;
const ROUNDS: usize = 150;
const BATCH: usize = 20;

/// Clients without credentials may receive everything, or everything but secrets.
fn guests(sees_secrets: bool) -> Auth {
    let lists = PermissionLists {
        subscribe_deny: if sees_secrets {
            Vec::new()
        } else {
            vec!["secret".to_owned()]
        },
        ..PermissionLists::default()
    };
    let default_user = Arc::new(User {
        name: "guest".to_owned(),
        credential: "".into(),
        account: Account::GLOBAL.to_owned(),
        permissions: Some(Arc::new(Permissions::new(lists).expect("patterns"))),
        connections: ConnectionTypes::ALL,
        proxy_required: false,
    });
    Auth {
        authenticator: Authenticator::Credentials,
        token: None,
        users: [default_user].into_iter().collect(),
        no_auth_user: Some("guest".to_owned()),
        anonymous: false,
        proxy_required: false,
        failed_login_delay: Duration::ZERO,
        timeout: Duration::from_secs(20),
    }
}

fn reload(world: &World, sees_secrets: bool) {
    let auth = Some(guests(sees_secrets));
    let plan = Plan::new(Config::default(), auth, Vec::new()).expect("a plan");
    let started = world.runtime.reload_broker(world.broker, plan);
    world.wait_reloaded(started.expect("it runs").number);
}

/// The test is over, also when it fails.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What each subscriber gets, to the letter.
fn expect_all(client: &mut Client) {
    let mut number = 0;
    let mut expect = |subject: &str| {
        let (line, payload) = client.message().expect("a message");
        assert_eq!(
            (line.as_str(), payload),
            (&*format!("{subject} 1 4"), format!("{number:04}").into_bytes())
        );
        number += 1;
    };
    for _ in 0..ROUNDS {
        (0..BATCH).for_each(|_| expect("open"));
        (0..2 * BATCH).for_each(|i| expect(if i % 2 == 0 { "open" } else { "secret" }));
    }
}

#[test]
fn from_its_end_on_every_message_is_judged_by_the_new_plan() {
    let world = World::new(LOOPS);
    let mut publisher = world.connect_to(0);
    let mut subscribers: Vec<Client> = (0..4).map(|i| world.connect_to(i % LOOPS)).collect();
    for subscriber in &mut subscribers {
        subscriber.send("SUB > 1\r\n");
        subscriber.ping();
    }
    let cids: Vec<u64> = subscribers
        .iter()
        .chain([&publisher])
        .map(|client| client.cid)
        .collect();
    let (done, moving) = (AtomicBool::new(false), AtomicBool::new(false));
    scope(|scope| {
        let (world, done, moving, cids) = (&world, &done, &moving, &cids);
        let _ends = Ends(done);
        scope.spawn(move || {
            let mut turn = 0;
            while !done.load(Ordering::Relaxed) {
                if !moving.load(Ordering::Relaxed) {
                    std::thread::park_timeout(Duration::from_millis(1));
                    continue;
                }
                world.begin_move(cids[turn % cids.len()], (turn / cids.len() + turn) % LOOPS);
                turn += 1;
                std::thread::yield_now();
            }
        });
        let readers: Vec<_> = subscribers
            .iter_mut()
            .map(|client| scope.spawn(move || expect_all(client)))
            .collect();
        let mut number = 0;
        for round in 0..ROUNDS {
            // Moves end what loops remember of subjects, so that it must also do without them.
            moving.store(round >= ROUNDS / 2, Ordering::Relaxed);
            for sees_secrets in [false, true] {
                reload(world, sees_secrets);
                for _ in 0..BATCH {
                    for subject in ["open", "secret"] {
                        // Numbers count what is received.
                        let received = sees_secrets || subject == "open";
                        publisher.send(format!("PUB {subject} 4\r\n{number:04}\r\n"));
                        number += usize::from(received);
                    }
                }
                publisher.ping();
            }
        }
        let outcomes: Vec<_> = readers.into_iter().map(|reader| reader.join()).collect();
        for outcome in outcomes {
            outcome.expect("receives what it may, in order");
        }
    });
    for subscriber in &mut subscribers {
        subscriber.send("PING\r\n");
        assert_eq!(subscriber.message(), None);
    }
}
