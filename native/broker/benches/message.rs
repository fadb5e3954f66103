//! Messages through a loop: from the bytes of one read to the bytes that wait in output queues.
//!
//! `cargo bench -p nt-broker`. Throughput is in published messages; `cargo test` runs each case once. No sockets:
//! what a system call costs is not in here.

#![allow(missing_docs)]

use divan::Bencher;
use divan::counter::ItemsCount;
use nt_broker::{
    Account, AccountIds, AccountPlan, Auth, Authenticator, BrokerState, Config, Plan, ServiceImportPlan, ServicePlan,
    Shard, ShardSeed, Time, User,
};
use nt_jetstream::stream::StreamConfig;
use nt_subject::transform::Destination;
use nt_subject::{Mapping, MappingTable};
use std::sync::Arc;
use std::time::Duration;

/// What a loop reads at once from a fast publisher.
const READ_BYTES: usize = 256 * 1024;
const PAYLOADS: [usize; 2] = [16, 128];

/// One loop with a publisher and its subscribers.
struct Loop {
    shard: Shard,
    broker: Arc<BrokerState>,
    publisher: u32,
    /// What this connection was sent is kept, for it to answer.
    responder: Option<u32>,
    kept: Vec<u8>,
}

impl Loop {
    /// Each text is what one subscriber sends.
    fn new(subscribers: &[String]) -> Self {
        Self::with(Plan::open(Config::default()), subscribers)
    }

    fn with(plan: Plan, subscribers: &[String]) -> Self {
        let mut shard = Shard::new(ShardSeed::alone());
        shard.set_now(Time::on_both_clocks(1));
        let broker = BrokerState::new(1, Arc::new(AccountIds::new(1)), plan);
        let publisher = client(&mut shard, &broker);
        let mut this = Self {
            shard,
            broker,
            publisher,
            responder: None,
            kept: Vec::new(),
        };
        for says in subscribers {
            let slot = client(&mut this.shard, &this.broker);
            this.receive(slot, says.as_bytes());
        }
        this
    }

    /// What follows one read from the publisher.
    fn turn(&mut self, data: &[u8]) {
        self.receive(self.publisher, data);
    }

    fn receive(&mut self, slot: u32, data: &[u8]) {
        let mut used = 0;
        while used < data.len() {
            used += self.shard.receive(slot, &data[used..]);
            self.shard.run_streams();
            self.write_all();
        }
    }

    /// As if every socket took everything at once.
    fn write_all(&mut self) {
        while self.shard.has_dirty() {
            let mut dirty = self.shard.take_dirty();
            for slot in dirty.drain(..) {
                let Some(conn) = self.shard.conn(slot) else { continue };
                conn.left_dirty_list();
                let bytes = conn.out().slices().map(|slice| slice.len()).sum();
                if self.responder == Some(slot) {
                    conn.out()
                        .slices()
                        .for_each(|slice| self.kept.extend_from_slice(&slice));
                }
                self.shard.wrote(slot, bytes);
                self.shard.flushed(slot);
            }
            self.shard.reuse_dirty(dirty);
        }
        self.shard.take_events();
    }
}

fn client(shard: &mut Shard, broker: &Arc<BrokerState>) -> u32 {
    client_with(shard, broker, "")
}

/// `more`: more options of its CONNECT.
fn client_with(shard: &mut Shard, broker: &Arc<BrokerState>, more: &str) -> u32 {
    let peer = "127.0.0.1:1000".parse().expect("an address");
    let slot = shard
        .add_connection(broker, peer)
        .expect("the broker takes connections");
    let options = format!(r#"{{"verbose":false,"pedantic":false,"headers":true,"no_responders":true{more}}}"#);
    let hello = format!("CONNECT {options}\r\n");
    assert_eq!(shard.receive(slot, hello.as_bytes()), hello.len());
    slot
}

/// One read full of messages: `line` makes the line of the message with a number, without size and payload.
fn read_of(payload: usize, headers: &str, line: impl Fn(usize) -> String) -> (Vec<u8>, usize) {
    let mut data = Vec::new();
    let mut count = 0;
    while data.len() < READ_BYTES {
        let size = if headers.is_empty() {
            payload.to_string()
        } else {
            format!("{} {}", headers.len(), headers.len() + payload)
        };
        data.extend_from_slice(format!("{} {size}\r\n{headers}", line(count)).as_bytes());
        data.resize(data.len() + payload, b'x');
        data.extend_from_slice(b"\r\n");
        count += 1;
    }
    (data, count)
}

fn measure(bencher: Bencher<'_, '_>, subscribers: &[String], read: (Vec<u8>, usize)) {
    measure_in(bencher, Loop::new(subscribers), read);
}

fn measure_in(bencher: Bencher<'_, '_>, mut broker: Loop, (data, count): (Vec<u8>, usize)) {
    broker.turn(&data);
    bencher
        .counter(ItemsCount::new(count))
        .bench_local(|| broker.turn(&data));
}

/// Subjects that do not come again soon: read after read with others, `line` makes the line of a message by the number
/// of its read and its own. Each read is a copy, as from a
/// socket.
fn measure_unique(bencher: Bencher<'_, '_>, says: String, payload: usize, line: impl Fn(usize, usize) -> String) {
    measure_unique_in(bencher, Loop::new(&[says]), payload, line);
}

fn measure_unique_in(
    bencher: Bencher<'_, '_>,
    mut broker: Loop,
    payload: usize,
    line: impl Fn(usize, usize) -> String,
) {
    const READS: usize = 64;
    let reads: Vec<_> = (0..READS).map(|read| read_of(payload, "", |n| line(read, n))).collect();
    let mut buffer = Vec::new();
    let mut next = 0;
    bencher
        .with_inputs(|| {
            let (data, count) = &reads[next % READS];
            next += 1;
            (data, *count)
        })
        .input_counter(|&(_, count)| ItemsCount::new(count))
        .bench_local_values(|(data, _)| {
            buffer.clear();
            buffer.extend_from_slice(data);
            broker.turn(&buffer);
        });
}

fn one(says: &str) -> [String; 1] {
    [says.to_owned()]
}

/// No subscribers.
#[divan::bench(args = PAYLOADS)]
fn published_only(bencher: Bencher<'_, '_>, payload: usize) {
    measure(bencher, &[], read_of(payload, "", |_| "PUB orders.new".to_owned()));
}

/// A stream on one subject.
#[divan::bench(args = PAYLOADS)]
fn same_subject(bencher: Bencher<'_, '_>, payload: usize) {
    let data = read_of(payload, "", |_| "PUB orders.new".to_owned());
    measure(bencher, &one("SUB orders.new 1\r\n"), data);
}

/// A hundred subjects in turn, and one subscriber to all.
#[divan::bench(args = PAYLOADS)]
fn changing_subjects(bencher: Bencher<'_, '_>, payload: usize) {
    let data = read_of(payload, "", |n| format!("PUB orders.new.{}", n % 100));
    measure(bencher, &one("SUB orders.new.* 1\r\n"), data);
}

/// The same for ten of them.
#[divan::bench(args = PAYLOADS)]
fn changing_subjects_to_ten(bencher: Bencher<'_, '_>, payload: usize) {
    let data = read_of(payload, "", |n| format!("PUB orders.new.{}", n % 100));
    measure(bencher, &vec!["SUB orders.new.* 1\r\n".to_owned(); 10], data);
}

/// Subjects that hardly ever come twice.
#[divan::bench(args = PAYLOADS)]
fn random_subjects(bencher: Bencher<'_, '_>, payload: usize) {
    const SUBJECTS: usize = 50_000;
    let says = (0..SUBJECTS)
        .map(|n| format!("SUB dev.{n}.temp {n}\r\n"))
        .collect::<String>();
    measure_unique(bencher, says, payload, |read, n| {
        format!("PUB dev.{}.temp", (read * 4999 + n) * 7919 % SUBJECTS)
    });
}

/// A broker that maps `from` to `to`.
fn mapping(from: &str, to: &str, says: String) -> Loop {
    let mapping = Mapping::new(from.as_bytes(), &[Destination::new(to.as_bytes())], b"").expect("a mapping");
    let account = AccountPlan {
        mappings: Arc::new(MappingTable::new([mapping])),
        ..AccountPlan::named(Account::GLOBAL)
    };
    let plan = Plan::new(Config::default(), None, vec![account]).expect("a plan");
    Loop::with(plan, &[says])
}

/// A stream on one subject that a mapping with a wildcard changes: to compare with `same_subject`.
#[divan::bench(args = PAYLOADS)]
fn mapped_same_subject(bencher: Bencher<'_, '_>, payload: usize) {
    let data = read_of(payload, "", |_| "PUB arrived.new".to_owned());
    let broker = mapping("arrived.*", "orders.$1", "SUB orders.new 1\r\n".to_owned());
    measure_in(bencher, broker, data);
}

/// To compare with `changing_subjects`.
#[divan::bench(args = PAYLOADS)]
fn mapped_changing_subjects(bencher: Bencher<'_, '_>, payload: usize) {
    let data = read_of(payload, "", |n| format!("PUB arrived.new.{}", n % 100));
    let broker = mapping("arrived.*.*", "orders.$1.$2", "SUB orders.new.* 1\r\n".to_owned());
    measure_in(bencher, broker, data);
}

/// Subjects that never come twice, to compare with `answers`.
#[divan::bench(args = PAYLOADS)]
fn mapped_answers(bencher: Bencher<'_, '_>, payload: usize) {
    let says = "SUB _INBOX.qwertyuiopasdfghjklzxc.* 1\r\n".to_owned();
    let broker = mapping("_ANSWER.*.*", "_INBOX.$1.$2", says);
    measure_unique_in(bencher, broker, payload, |read, n| {
        format!("PUB _ANSWER.qwertyuiopasdfghjklzxc.{read}q{n}")
    });
}

/// Requests on one subject, each with an inbox of its own.
#[divan::bench(args = PAYLOADS)]
fn requests(bencher: Bencher<'_, '_>, payload: usize) {
    let data = read_of(payload, "", |n| {
        format!("PUB service.run _INBOX.qwertyuiopasdfghjklzxc.{n}")
    });
    measure(bencher, &one("SUB service.run workers 1\r\n"), data);
}

/// Their answers.
#[divan::bench(args = PAYLOADS)]
fn answers(bencher: Bencher<'_, '_>, payload: usize) {
    let says = "SUB _INBOX.qwertyuiopasdfghjklzxc.* 1\r\n".to_owned();
    measure_unique(bencher, says, payload, |read, n| {
        format!("PUB _INBOX.qwertyuiopasdfghjklzxc.{read}q{n}")
    });
}

/// Requests and their answers, a hundred at a time, in one account.
#[divan::bench(args = PAYLOADS)]
fn round_trips(bencher: Bencher<'_, '_>, payload: usize) {
    measure_round_trips(bencher, Plan::open(Config::default()), "", payload);
}

/// The same where another account answers: to compare with `round_trips`.
#[divan::bench(args = PAYLOADS)]
fn service_round_trips(bencher: Bencher<'_, '_>, payload: usize) {
    let service = ServiceImportPlan::new("S", "service.run", None, ServicePlan::default()).expect("an import");
    let importer = AccountPlan {
        service_imports: vec![service],
        ..AccountPlan::named(Account::GLOBAL)
    };
    let user = User {
        credential: "s".into(),
        ..User::without_password("s".to_owned(), "S".to_owned(), None)
    };
    let auth = Auth {
        authenticator: Authenticator::Credentials,
        token: None,
        users: [user].into_iter().collect(),
        no_auth_user: None,
        anonymous: true,
        proxy_required: false,
        failed_login_delay: Duration::ZERO,
        timeout: Duration::from_secs(2),
    };
    let plan = Plan::new(Config::default(), Some(auth), vec![importer, AccountPlan::named("S")]);
    measure_round_trips(bencher, plan.expect("a plan"), r#","user":"s","pass":"s""#, payload);
}

/// `responder`: options of the CONNECT of the connection that answers.
fn measure_round_trips(bencher: Bencher<'_, '_>, plan: Plan, responder: &str, payload: usize) {
    const WINDOW: usize = 100;
    let mut broker = Loop::with(plan, &[]);
    let slot = client_with(&mut broker.shard, &broker.broker, responder);
    broker.receive(slot, b"SUB service.run workers 1\r\n");
    broker.responder = Some(slot);
    broker.turn(b"SUB _INBOX.qwertyuiopasdfghjklzxc.* 1\r\n");
    let body = format!("{payload}\r\n{}\r\n", "x".repeat(payload));
    let request = |n| format!("PUB service.run _INBOX.qwertyuiopasdfghjklzxc.{n} {body}");
    let requests: String = (0..WINDOW).map(request).collect();
    let mut answers = Vec::new();
    let mut trip = || {
        broker.kept.clear();
        broker.turn(requests.as_bytes());
        answers.clear();
        assert_eq!(append_answers(&broker.kept, &body, &mut answers), WINDOW);
        broker.receive(slot, &answers);
    };
    trip();
    bencher.counter(ItemsCount::new(WINDOW)).bench_local(trip);
}

/// Appends the answers to the requests in `frames`, each with this size and payload. Returns how many there are.
fn append_answers(mut frames: &[u8], body: &str, answers: &mut Vec<u8>) -> usize {
    let mut count = 0;
    while let Some(end) = frames.iter().position(|&byte| byte == b'\n') {
        let mut words = frames[..end - 1].split(|&byte| byte == b' ');
        let reply = words.nth(3).expect("a reply subject");
        let size = words.next_back().expect("a size");
        let size = size.iter().fold(0, |size, digit| 10 * size + usize::from(digit - b'0'));
        for part in [b"PUB ", reply, b" ", body.as_bytes()] {
            answers.extend_from_slice(part);
        }
        frames = &frames[end + 1 + size + 2..];
        count += 1;
    }
    count
}

/// Messages with headers, for a subscriber that reads them.
#[divan::bench(args = PAYLOADS)]
fn headers(bencher: Bencher<'_, '_>, payload: usize) {
    let data = read_of(payload, "NATS/1.0\r\nTrace: 0123456789\r\n\r\n", |_| {
        "HPUB orders.new".to_owned()
    });
    measure(bencher, &one("SUB orders.new 1\r\n"), data);
}

/// A stream in memory that keeps the last hundred thousand messages; each is answered.
#[divan::bench(args = PAYLOADS)]
fn stored(bencher: Bencher<'_, '_>, payload: usize) {
    stored_on(bencher, payload, |_| "s.same".to_owned());
}

/// The same on many subjects, of which each keeps one message: as a key-value store does.
#[divan::bench(args = PAYLOADS)]
fn stored_by_key(bencher: Bencher<'_, '_>, payload: usize) {
    stored_on(bencher, payload, |n| format!("s.key-{}", n.wrapping_mul(7919) % 10_000));
}

fn stored_on(bencher: Bencher<'_, '_>, payload: usize, subject: impl Fn(usize) -> String) {
    let broker = Loop::new(&one("SUB r.* 1\r\n"));
    let config = StreamConfig {
        name: "S".into(),
        subjects: vec![b"s.>".to_vec()],
        max_messages: Some(100_000),
        max_messages_per_subject: subject(0).contains("key").then_some(1),
        ..StreamConfig::default()
    };
    let account = broker.broker.account(Account::GLOBAL).expect("it is there always");
    let created = broker.broker.streams().create(&broker.broker, &account, config, &[], 1);
    created.expect("a valid subject");
    measure_in(
        bencher,
        broker,
        read_of(payload, "", |n| format!("PUB {} r.{}", subject(n), n % 500)),
    );
}

fn main() {
    divan::main();
}
