//! One run: what its seed decides, random operations of all clients, and the checks at the end.

use crate::Options;
use crate::model::{Action, Outcome, Published, Totals, replay};
use crate::probes::Probes;
use crate::world::{MS, Progress, SECOND, World};
use nt_broker::simulation::memory::Pipe;
use nt_broker::simulation::random::Random;
use nt_broker::simulation::wire::{Frame, frames};
use nt_broker::{BrokerState, Brokers, Config, Event, Listen, ListenerKind, Plan};
use std::rc::Rc;
use std::sync::Arc;

const SUBJECTS: [&str; 5] = ["a", "b", "a.b", "a.c", "b.c.d"];
const PATTERNS: [&str; 9] = ["a", "b", "a.b", "a.c", "b.c.d", "*", "a.*", ">", "b.>"];
const QUEUES: [&str; 2] = ["q", "r"];
const CLIENTS_MAX: usize = 8;

/// The result of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// Of everything that happened, in order: the same for the same seed, in every process.
    pub hash: u64,
    /// How many calls, events and turns that were.
    pub steps: u64,
    /// How many messages were published.
    pub published: u64,
}

/// What a seed decides about its run.
#[derive(Debug, Clone, Copy)]
struct Shape {
    steps: usize,
    loops: usize,
    brokers: usize,
    moves: bool,
    closes: bool,
    narrow: bool,
    reloads: bool,
    /// At the end the brokers stop; otherwise their clients close.
    stops: bool,
}

impl Shape {
    fn of(random: &mut Random) -> Self {
        Self {
            steps: if random.chance(1) { 2000 } else { 150 },
            loops: 2 + random.below(2),
            brokers: if random.chance(20) { 2 } else { 1 },
            moves: random.chance(70),
            closes: random.chance(30),
            narrow: random.chance(40),
            reloads: random.chance(30),
            stops: random.chance(50),
        }
    }
}

struct Script {
    broker: usize,
    actions: Vec<Action>,
    /// Where each of them ends in what the client sends.
    ends: Vec<usize>,
    /// How long the log was when each was sent.
    sent_at: Vec<usize>,
    done: usize,
    closed: bool,
    /// It may close early. Then it uses no `UNSUB max`: the model could not know how many messages it received.
    may_close: bool,
}

struct Run {
    world: Rc<World>,
    shape: Shape,
    random: Random,
    brokers: Brokers,
    states: Vec<Arc<BrokerState>>,
    probes: Vec<Probes>,
    scripts: Vec<Script>,
    /// What had its effect, in order: client and index of the action.
    log: Vec<(usize, usize)>,
    published: u64,
}

/// Runs one seed to its end. Panics when a check fails.
pub(crate) fn run(seed: u64, options: Options) -> Report {
    let mut run = Run::new(seed, options);
    for _ in 0..2 + run.random.below(4) {
        run.connect();
    }
    for _ in 0..run.shape.steps {
        run.step();
        if run.random.chance(1) && run.scripts.len() < CLIENTS_MAX {
            run.connect();
        }
    }
    run.settle();
    run.check();
    run.end();
    let trace = run.world.trace();
    Report {
        hash: trace.hash(),
        steps: trace.steps(),
        published: run.published,
    }
}

impl Run {
    fn new(seed: u64, options: Options) -> Self {
        let mut random = Random::new(seed);
        let shape = Shape::of(&mut random);
        let world = World::new(shape.loops, seed, options);
        let brokers = Brokers::new(seed);
        let probes: Vec<Probes> = (0..shape.brokers).map(|_| Probes::default()).collect();
        let states = probes
            .iter()
            .map(|probes| {
                let listen = Listen {
                    kind: ListenerKind::Client,
                    listener: (),
                    bound: ("0.0.0.0".to_owned(), 4222),
                };
                let plan = if shape.reloads {
                    probes.plan()
                } else {
                    Plan::open(Config::default())
                };
                brokers.start(&*world, plan, vec![listen])
            })
            .collect();
        Self {
            world,
            shape,
            random,
            brokers,
            states,
            probes,
            scripts: Vec::new(),
            log: Vec::new(),
            published: 0,
        }
    }

    fn connect(&mut self) {
        let broker = self.random.below(self.states.len());
        let client = self.world.connect(&self.states[broker]);
        let may_close = self.random.chance(40);
        self.scripts.push(Script {
            broker,
            actions: Vec::new(),
            ends: Vec::new(),
            sent_at: Vec::new(),
            done: 0,
            closed: false,
            may_close,
        });
        let (echo, headers) = (self.random.chance(80), self.random.chance(60));
        self.act(client, Action::Connect { echo, headers });
    }

    fn act(&mut self, client: usize, action: Action) {
        let bytes = action.bytes();
        let script = &mut self.scripts[client];
        script.ends.push(script.ends.last().unwrap_or(&0) + bytes.len());
        script.actions.push(action);
        self.world.schedule(client, bytes);
    }

    fn step(&mut self) {
        let client = self.random.below(self.scripts.len());
        let open = !self.scripts[client].closed;
        match self.random.below(100) {
            0..5 if open => self.burst(client),
            5..7 if open => self.reconnect(client),
            7..25 if open => {
                for _ in 0..1 + self.random.below(6) {
                    let action = self.random_action(client);
                    self.act(client, action);
                }
            }
            25..32 if self.shape.moves => {
                let to = self.random.below(self.shape.loops);
                self.world.move_connection(client, to);
            }
            32 if self.shape.closes && self.scripts[client].may_close && open => {
                self.scripts[client].closed = true;
                self.world.close(client);
            }
            33 => self.pass_time(),
            34..40 if self.shape.narrow => {
                let window = self.random.below(100);
                self.world.set_window(client, window);
            }
            40..44 if self.shape.reloads => self.reload(),
            44..50 if self.shape.reloads && open => self.probe(client),
            _ => {
                for _ in 0..1 + self.random.below(8) {
                    self.world.step();
                }
            }
        }
        self.note();
    }

    fn pass_time(&mut self) {
        match self.random.below(20) {
            // Long enough for the first PING.
            0 => self.world.advance_clocks(3 * SECOND),
            1 => self.world.set_wall_clock_forward(3600 * SECOND),
            _ => self.world.advance_clocks(self.random.below(3) as u64 * MS),
        }
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
            6..8 if !self.scripts[client].may_close => Action::Unsub {
                sid,
                max: Some(random.below(6) as u64),
            },
            8..10 => Action::Ping,
            _ => {
                let subject = random.pick(&SUBJECTS);
                let reply = random.chance(20).then_some("r.1");
                let headers = headers && random.chance(30);
                Action::Publish(Published {
                    reply,
                    headers,
                    ..self.message(client, subject)
                })
            }
        }
    }

    /// A message that was never sent before.
    fn message(&mut self, client: usize, subject: &str) -> Published {
        self.published += 1;
        Published {
            id: (client as u64 + 1) * 1_000_000 + self.published,
            subject: subject.to_owned(),
            reply: None,
            headers: false,
        }
    }

    /// Another CONNECT, which ends all subscriptions; all sids are used again at once.
    fn reconnect(&mut self, client: usize) {
        let headers = matches!(self.scripts[client].actions[0], Action::Connect { headers: true, .. });
        let echo = self.random.chance(80);
        self.act(client, Action::Connect { echo, headers });
        for sid in 1..=4 {
            let subject = self.random.pick(&PATTERNS);
            let queue = None;
            self.act(client, Action::Sub { sid, subject, queue });
        }
    }

    /// Messages on one subject, one after the other: the broker handles them as a burst.
    fn burst(&mut self, client: usize) {
        let subject = self.random.pick(&SUBJECTS);
        for _ in 0..2 + self.random.below(8) {
            let message = self.message(client, subject);
            self.act(client, Action::Publish(message));
        }
    }

    /// Another plan for one of the brokers, unless one is under way.
    fn reload(&mut self) {
        let broker = self.random.below(self.states.len());
        self.note_finished_reloads();
        if self.probes[broker].under_way.is_some() {
            return;
        }
        let scripts = &self.scripts;
        let plan = self.probes[broker].begin(|client| scripts[client].done);
        let id = self.states[broker].id;
        let reloading = self.brokers.reload(&*self.world, id, plan);
        self.probes[broker].under_way = Some(reloading.expect("it runs").number);
    }

    fn probe(&mut self, client: usize) {
        self.note_finished_reloads();
        let script = &self.scripts[client];
        let (index, broker) = (script.actions.len(), script.broker);
        let of_old_plan = self.random.chance(30);
        let subject = self.probes[broker].next(client, index, of_old_plan);
        let probe = self.message(client, &subject);
        self.act(client, Action::Publish(probe));
    }

    fn note_finished_reloads(&mut self) {
        for (state, probes) in self.states.iter().zip(&mut self.probes) {
            let Some(number) = probes.under_way else { continue };
            let is_its_end = |(broker, event): &(u32, Event)| {
                *broker == state.id && matches!(event, Event::Reloaded { number: n } if *n == number)
            };
            if self.world.was_reported(is_its_end) {
                probes.under_way = None;
            }
        }
    }

    /// Notes which actions had their effect in the last step.
    fn note(&mut self) {
        for progress in self.world.take_progress() {
            let (client, bytes) = match progress {
                Progress::Sent(client) => {
                    self.scripts[client].sent_at.push(self.log.len());
                    continue;
                }
                Progress::Handled(client, bytes) => (client, bytes),
            };
            let script = &mut self.scripts[client];
            while script.ends.get(script.done).is_some_and(|&end| end <= bytes) {
                self.log.push((client, script.done));
                script.done += 1;
            }
        }
    }

    /// Everything that clients sent is handled, and they read everything.
    fn settle(&mut self) {
        for client in 0..self.scripts.len() {
            self.world.set_window(client, usize::MAX);
        }
        self.world.settle();
        self.note();
        self.note_finished_reloads();
        assert!(
            self.probes.iter().all(|probes| probes.under_way.is_none()),
            "a reload never ended"
        );
        for client in 0..self.scripts.len() {
            if !self.scripts[client].closed {
                if self.shape.reloads {
                    self.probe(client);
                }
                self.act(client, Action::Ping);
            }
        }
        self.world.settle();
        self.note();
    }

    fn check(&self) {
        let outcomes: Vec<Outcome> = (0..self.scripts.len()).map(|client| self.outcome(client)).collect();
        for probes in &self.probes {
            probes.check(&outcomes);
        }
        let totals = replay(self.states.len(), &outcomes, &self.log);
        for (broker, totals) in totals.iter().enumerate() {
            self.check_counters(broker, totals);
        }
    }

    fn outcome(&self, client: usize) -> Outcome {
        let script = &self.scripts[client];
        // The socket of a client that does not take its last bytes is dropped without an announced end.
        let ended = |pipe: &mut Pipe| pipe.ended || pipe.at.is_none();
        let (got, ended) = self.world.end(client).with(|pipe| (pipe.got.clone(), ended(pipe)));
        let (frames, used) = frames(&got);
        assert_eq!(script.closed, ended, "client {client}");
        if !script.closed {
            assert_eq!(used, got.len(), "client {client} got half a frame");
            assert_eq!(
                script.done,
                script.actions.len(),
                "client {client} has unhandled operations"
            );
            let pings = script.actions.iter().filter(|a| matches!(a, Action::Ping)).count();
            let pongs = frames.iter().filter(|f| matches!(f, Frame::Pong)).count();
            assert_eq!(pongs, pings, "client {client}: each PING has its PONG");
        }
        Outcome {
            broker: script.broker,
            frames,
            closed: script.closed,
            script: script.actions.clone(),
            sent_at: script.sent_at.clone(),
        }
    }

    fn check_counters(&self, broker: usize, expected: &Totals) {
        let state = &self.states[broker];
        let clients = || self.scripts.iter().filter(|script| script.broker == broker);
        let open = clients().filter(|script| !script.closed).count();
        let stats = state.stats();
        assert_eq!(stats.connections, open as u64);
        assert_eq!(state.global.connections(), open);
        if open == clients().count() && !self.shape.reloads {
            let got = (stats.in_msgs, stats.in_bytes, stats.out_msgs, stats.out_bytes);
            let wanted = (
                expected.in_msgs,
                expected.in_bytes,
                expected.out_msgs,
                expected.out_bytes,
            );
            assert_eq!(got, wanted);
        }
        let total: usize = expected.subscriptions.iter().map(|(_, count)| count).sum();
        let changes = state.global.interest_stats();
        assert_eq!(stats.subscriptions, total as u64);
        assert_eq!(changes.inserts - changes.removes, total as u64);
        assert_eq!(state.subscriptions(None).len(), total);
        let described = state.connections();
        for &(client, live) in &expected.subscriptions {
            let Some(connection) = described.iter().find(|c| Some(c.cid) == self.cid(client)) else {
                assert!(self.scripts[client].closed, "client {client} is not in the directory");
                continue;
            };
            assert_eq!(connection.subscriptions as usize, live, "client {client}");
            assert_eq!(state.subscriptions(Some(connection.cid)).len(), live, "client {client}");
            assert_eq!(connection.pending_bytes, 0, "client {client}");
        }
    }

    /// A client's number at its broker, as the first INFO says.
    fn cid(&self, client: usize) -> Option<u64> {
        let got = self.world.end(client).with(|pipe| pipe.got.clone());
        let (frames, _) = frames(&got);
        let Some(Frame::Info(json)) = frames.into_iter().next() else {
            return None;
        };
        let (_, after) = json.split_once("\"client_id\":")?;
        let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    }

    /// Everything ends; then the brokers must be as they were at the start.
    fn end(&mut self) {
        if self.shape.stops {
            for state in &self.states {
                if self.random.chance(50) {
                    self.brokers.enter_lame_duck(&*self.world, state.id);
                }
                (0..self.random.below(20)).for_each(|_| self.world.step());
                self.brokers.stop(&*self.world, state.id);
            }
        } else {
            (0..self.scripts.len()).for_each(|client| self.world.close(client));
        }
        self.world.settle();
        assert_eq!(self.world.connections(), 0, "a slot is still taken");
        for broker in 0..self.states.len() {
            self.check_nothing_is_left(broker);
        }
    }

    fn check_nothing_is_left(&self, broker: usize) {
        let state = &self.states[broker];
        assert_eq!(state.connection_count(), 0);
        assert_eq!(state.global.connections(), 0);
        assert!(state.global.is_unused(), "interest of nobody is left");
        let events = self.world.events_of(state.id);
        for client in 0..self.scripts.len() {
            let Some(cid) = self.cid(client).filter(|_| self.scripts[client].broker == broker) else {
                continue;
            };
            let is_its_end =
                |event: &&Event| matches!(event, Event::Disconnected { connection, .. } if connection.cid == cid);
            assert_eq!(events.iter().filter(is_its_end).count(), 1, "client {client}");
        }
        let stopped = events.iter().filter(|event| matches!(event, Event::Stopped)).count();
        assert_eq!(stopped, usize::from(self.shape.stops), "the end is reported once");
        if self.shape.stops {
            assert!(matches!(events.last(), Some(Event::Stopped)), "and last");
        }
    }
}
