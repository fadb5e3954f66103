//! Random traffic, random order of everything, connections that move in the middle of it: judged by the model.

use super::harness::{MS, World};
use super::model::{Action, Outcome, Published, Totals, replay};
use crate::Config;
use crate::simulation::random::{Random, Seed};
use crate::simulation::wire::frames;

const SUBJECTS: [&str; 5] = ["a", "b", "a.b", "a.c", "b.c.d"];
const PATTERNS: [&str; 9] = ["a", "b", "a.b", "a.c", "b.c.d", "*", "a.*", ">", "b.>"];
const QUEUES: [&str; 2] = ["q", "r"];

/// What a seed decides about its run.
#[derive(Clone, Copy)]
struct Plan {
    steps: usize,
    moves: bool,
    closes: bool,
    narrow: bool,
}

struct Script {
    actions: Vec<Action>,
    /// Where each of them ends in the client's input.
    ends: Vec<usize>,
    done: usize,
    closed: bool,
    /// It may close. Then it limits no subscription: what it got unseen would leave the model guessing.
    mortal: bool,
}

struct Run {
    world: World,
    random: Random,
    scripts: Vec<Script>,
    log: Vec<(usize, usize)>,
    published: u64,
}

impl Run {
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let loops = 2 + random.below(2);
        let world = World::seeded(loops, Config::default(), None, seed);
        Self {
            world,
            random,
            scripts: Vec::new(),
            log: Vec::new(),
            published: 0,
        }
    }

    fn connect(&mut self) {
        let loop_ = self.random.below(self.world.loops.len());
        let client = self.world.client(loop_);
        let mortal = self.random.chance(40);
        self.scripts.push(Script {
            actions: Vec::new(),
            ends: Vec::new(),
            done: 0,
            closed: false,
            mortal,
        });
        let (echo, headers) = (self.random.chance(80), self.random.chance(60));
        self.act(client, Action::Connect { echo, headers });
    }

    fn act(&mut self, client: usize, action: Action) {
        let bytes = action.bytes();
        let script = &mut self.scripts[client];
        let end = script.ends.last().unwrap_or(&0) + bytes.len();
        script.ends.push(end);
        script.actions.push(action);
        self.world.send(client, bytes);
    }

    fn random_action(&mut self, client: usize) -> Action {
        let random = &mut self.random;
        let sid = 1 + random.below(4) as u32;
        let headers = matches!(self.scripts[client].actions[0], Action::Connect { headers: true, .. });
        match random.below(20) {
            0..4 => Action::Sub {
                sid,
                subject: random.pick(&PATTERNS),
                queue: random.chance(40).then(|| random.pick(&QUEUES)),
            },
            4..6 => Action::Unsub { sid, max: None },
            6..8 if !self.scripts[client].mortal => Action::Unsub {
                sid,
                max: Some(random.below(6) as u64),
            },
            8..10 => Action::Ping,
            _ => {
                self.published += 1;
                Action::Publish(Published {
                    id: (client as u64 + 1) * 1_000_000 + self.published,
                    subject: random.pick(&SUBJECTS),
                    reply: random.chance(20).then_some("r.1"),
                    headers: headers && random.chance(30),
                })
            }
        }
    }

    /// Another CONNECT, which ends all subscriptions, and all names used again at once.
    fn begin_anew(&mut self, client: usize) {
        let headers = matches!(self.scripts[client].actions[0], Action::Connect { headers: true, .. });
        let echo = self.random.chance(80);
        self.act(client, Action::Connect { echo, headers });
        for sid in 1..=4 {
            let subject = self.random.pick(&PATTERNS);
            let queue = None;
            self.act(client, Action::Sub { sid, subject, queue });
        }
    }

    /// Messages on one subject, one behind the other: they take a way of their own.
    fn burst(&mut self, client: usize) {
        let subject = self.random.pick(&SUBJECTS);
        for _ in 0..2 + self.random.below(8) {
            self.published += 1;
            let message = Published {
                id: (client as u64 + 1) * 1_000_000 + self.published,
                subject,
                reply: None,
                headers: false,
            };
            self.act(client, Action::Publish(message));
        }
    }

    /// Notes what the last step carried out. Steps carry out things of one client only.
    fn note(&mut self) {
        for (client, script) in self.scripts.iter_mut().enumerate() {
            while script
                .ends
                .get(script.done)
                .is_some_and(|&end| end <= self.world.clients[client].end.with(|pipe| pipe.handled))
            {
                self.log.push((client, script.done));
                script.done += 1;
            }
        }
    }

    fn step(&mut self, plan: Plan) {
        let client = self.random.below(self.scripts.len());
        match self.random.below(100) {
            0..8 if !self.scripts[client].closed => self.burst(client),
            8..10 if !self.scripts[client].closed => self.begin_anew(client),
            10..35 if !self.scripts[client].closed => {
                for _ in 0..1 + self.random.below(6) {
                    let action = self.random_action(client);
                    self.act(client, action);
                }
            }
            35..45 if plan.moves => {
                let to = self.random.below(self.world.loops.len());
                self.world.offer(client, to);
            }
            45 if plan.closes && self.scripts[client].mortal && !self.scripts[client].closed => {
                self.scripts[client].closed = true;
                self.world.hang_up(client);
            }
            46 => self.world.now += self.random.below(3) as u64 * MS,
            47..55 if plan.narrow => {
                self.world.clients[client].set_window(self.random.below(100));
                self.world.open_window(client, 0);
            }
            _ => {
                self.world.random_step(&mut self.random);
                self.note();
            }
        }
    }

    fn settle(&mut self) {
        for client in 0..self.scripts.len() {
            if !self.scripts[client].closed {
                self.act(client, Action::Ping);
            }
            self.world.open_window(client, usize::MAX);
        }
        // One after the other, so that the log knows the order.
        while (0..self.scripts.len()).any(|client| !self.is_heard_out(client)) {
            for client in 0..self.scripts.len() {
                self.world.read(client, usize::MAX);
                self.note();
            }
            for loop_ in 0..self.world.loops.len() {
                self.world.finish(loop_);
                self.world.take_in(loop_);
            }
        }
        self.world.rest();
    }

    fn is_heard_out(&self, client: usize) -> bool {
        self.world.clients[client].ended() || self.world.unread(client) == 0
    }

    fn judge(&mut self) -> Totals {
        let outcomes: Vec<Outcome> = std::mem::take(&mut self.scripts)
            .into_iter()
            .enumerate()
            .map(|(client, script)| {
                let got = &self.world.clients[client].got();
                let (frames, used) = frames(got);
                assert!(script.closed || used == got.len(), "client {client} got half a frame");
                assert!(
                    script.closed || script.done == script.actions.len(),
                    "client {client} was not heard out"
                );
                assert_eq!(script.closed, self.world.clients[client].ended(), "client {client}");
                Outcome {
                    frames,
                    closed: script.closed,
                    script: script.actions,
                }
            })
            .collect();
        replay(&outcomes, &self.log)
    }
}

fn run(seed: u64, plan: Plan) {
    let _seed = Seed(seed);
    let mut run = Run::new(seed);
    for _ in 0..2 + run.random.below(4) {
        run.connect();
    }
    for _ in 0..plan.steps {
        run.step(plan);
        if run.random.chance(1) && run.scripts.len() < 8 {
            run.connect();
        }
    }
    run.settle();
    let closed = run.scripts.iter().filter(|script| script.closed).count();
    let connections = run.scripts.len();
    let expected = run.judge();
    check_counters(&run.world, &expected, connections - closed, closed == 0);
    nothing_is_left(&mut run.world);
}

fn check_counters(world: &World, expected: &Totals, open: usize, all_lived: bool) {
    let stats = world.broker.stats();
    assert_eq!(stats.connections, open as u64);
    assert_eq!(world.broker.global.connections(), open);
    if all_lived {
        let got = (stats.in_msgs, stats.in_bytes, stats.out_msgs, stats.out_bytes);
        assert_eq!(
            got,
            (
                expected.in_msgs,
                expected.in_bytes,
                expected.out_msgs,
                expected.out_bytes
            )
        );
    }
    let total: usize = expected.subscriptions.iter().sum();
    let changes = world.broker.global.interest_stats();
    assert_eq!(stats.subscriptions, total as u64);
    assert_eq!(changes.inserts - changes.removes, total as u64);
    assert_eq!(world.broker.subscriptions(None).len(), total);
    for connection in world.broker.connections() {
        let client = world
            .clients
            .iter()
            .position(|c| c.cid == connection.cid)
            .expect("one of ours");
        let live = expected.subscriptions[client];
        assert_eq!(connection.subscriptions as usize, live, "client {client}");
        assert_eq!(
            world.broker.subscriptions(Some(connection.cid)).len(),
            live,
            "client {client}"
        );
        assert_eq!(connection.pending_bytes, 0, "client {client}");
    }
}

/// Closes everybody; then the broker must be as it was at first.
fn nothing_is_left(world: &mut World) {
    (0..world.clients.len()).for_each(|client| world.hang_up(client));
    world.rest();
    let interest = world.broker.global.interest.read();
    assert!(interest.is_empty());
    drop(interest);
    assert_eq!(world.broker.connection_count(), 0);
    assert_eq!(world.broker.global.subscriptions(), 0);
    assert_eq!(world.broker.global.connections(), 0);
    assert!(
        world.loops.iter().all(|l| l.shard.conn_count() == 0),
        "a slot is still taken"
    );
    for client in 0..world.clients.len() {
        assert_eq!(world.reasons(client).len(), 1, "client {client}");
    }
}

const PLAN: Plan = Plan {
    steps: 150,
    moves: false,
    closes: false,
    narrow: false,
};

#[test]
fn messages_reach_whom_they_should() {
    (0..300).for_each(|seed| run(seed, PLAN));
}

#[test]
fn messages_reach_connections_that_move() {
    (0..1000).for_each(|seed| run(seed, Plan { moves: true, ..PLAN }));
}

#[test]
fn messages_reach_connections_that_read_slowly() {
    (0..200).for_each(|seed| {
        run(
            seed,
            Plan {
                moves: true,
                narrow: true,
                ..PLAN
            },
        )
    });
}

#[test]
fn connections_close_in_the_middle_of_traffic() {
    (0..300).for_each(|seed| {
        run(
            seed,
            Plan {
                moves: true,
                closes: true,
                narrow: seed % 2 == 0,
                ..PLAN
            },
        )
    });
}

#[test]
fn long_runs_hold_too() {
    (0..20).for_each(|seed| {
        run(
            seed,
            Plan {
                steps: 2000,
                moves: true,
                closes: seed % 2 == 0,
                narrow: true,
            },
        )
    });
}
