//! Random cases. There are few subjects, and they are short: collisions are the rule.

use crate::isolation::script::{Case, Headers, Step};
use crate::isolation::setup::{
    AccountSetup, MARK, Rule, ServiceExport, ServiceImport, Setup, StreamImport, UserSetup, account_name,
};
use nt_broker::simulation::random::Random;
use nt_broker::{PermissionLists, ReplyAllowance, ResponseKind};
use std::time::Duration;

const LITERALS: [&str; 9] = ["a", "b", "c", "a.a", "a.b", "b.a", "b.c", "a.b.c", "r.a"];
const PATTERNS: [&str; 17] = [
    "a", "b", "a.b", "b.a", "r.a", "*", "a.*", "b.*", "*.b", "*.*", "a.>", "b.>", ">", "r.>", "a.b.c", "*.*.*", "_R_.>",
];
const REPLIES: [&str; 5] = ["r.a", "r.b", "r.a.b", "a", "b.c"];
const QUEUES: [&str; 2] = ["q", "v"];
/// Streams, and what they may be called.
const STREAMS: [(&str, &[&str]); 11] = [
    ("a", &["b", "c", "a.c"]),
    ("b", &["a", "b.b"]),
    ("a.b", &["b.a", "c"]),
    ("a.*", &["b.$1", "b.*", "$1.c", "a.b.*"]),
    ("b.*", &["a.$1", "c.a.$1"]),
    ("*.b", &["a.$1", "$1"]),
    ("*", &["a.*", "$1.b"]),
    ("*.*", &["$2.$1", "b.$2.$1"]),
    ("a.>", &["b.a.>", "b.>"]),
    ("b.>", &["a.>"]),
    (">", &["b.>", "a.c.>"]),
];
/// Services, likewise.
const SERVICES: [(&str, &[&str]); 7] = [
    ("a", &["b", "c", "b.c", "b.*", "b.>"]),
    ("b", &["a", "a.b", "a.*"]),
    ("a.b", &["a", "b.a"]),
    ("a.*", &["b.*", "b.$1", "$1.b"]),
    ("b.*", &["a.*", "a.b.*"]),
    ("a.*.*", &["b.$2.$1"]),
    ("b.>", &["a.>", "b.b.>"]),
];
const RULES: [(&str, &[&str]); 8] = [
    ("a", &["b", "a.b", "c"]),
    ("b", &["a", "b.c"]),
    ("a.*", &["b.$1", "$1", "a.b.$1"]),
    ("*.b", &["b.$1", "a"]),
    ("*.*", &["$2.$1", "a.$1"]),
    ("b.>", &["a.>"]),
    ("r.*", &["r.a", "a.$1"]),
    ("*", &["a.$1", "b"]),
];

/// Makes a case from a seed.
pub(super) fn case(seed: u64) -> Case {
    let mut random = Random::new(seed);
    let accounts = 2 + random.below(4);
    let richness = 1 + random.below(3);
    let mut setups = vec![setup(&mut random, accounts, richness, None)];
    let reloads = if random.chance(60) { 1 + random.below(3) } else { 0 };
    for _ in 0..reloads {
        let before = setups[setups.len() - 1].clone();
        setups.push(setup(&mut random, accounts, richness, Some(before)));
    }
    let loops = 1 + random.below(3);
    let steps = steps(&mut random, &setups, loops);
    Case { loops, setups, steps }
}

/// A configuration; one that follows another has parts of it.
fn setup(random: &mut Random, accounts: usize, richness: usize, before: Option<Setup>) -> Setup {
    loop {
        let mut made = match &before {
            Some(before) => before.clone(),
            None => Setup {
                accounts: vec![AccountSetup::default(); accounts],
                users: Vec::new(),
            },
        };
        for at in 0..accounts {
            if before.is_none() || random.chance(50) {
                change_account(random, &mut made, at, richness);
            }
        }
        change_users(random, &mut made, before.is_none());
        for at in 0..accounts {
            if before.is_none() || random.chance(50) {
                change_imports(random, &mut made, at, richness);
            }
        }
        made.drop_dangling();
        if made.plan().is_some() {
            return made;
        }
    }
}

fn change_account(random: &mut Random, made: &mut Setup, at: usize, richness: usize) {
    let services = (0..random.below(richness + 1))
        .map(|_| random.pick(&SERVICES).0)
        .collect::<Vec<_>>();
    let mut exports: Vec<ServiceExport> = Vec::new();
    for subject in services {
        if exports.iter().all(|export| export.subject != subject) {
            exports.push(service(random, subject));
        }
    }
    made.accounts[at].services = exports;
    let mut rules: Vec<Rule> = Vec::new();
    if random.chance(30) {
        for _ in 0..=random.below(2) {
            let rule = rule(random);
            if rules.iter().all(|other| other.source != rule.source) {
                rules.push(rule);
            }
        }
    }
    made.accounts[at].mappings = rules;
    made.accounts[at].default_permissions = random.chance(15).then(|| lists(random));
}

fn service(random: &mut Random, subject: &str) -> ServiceExport {
    let response = random.pick(&[
        ResponseKind::Single,
        ResponseKind::Single,
        ResponseKind::Stream,
        ResponseKind::Chunked,
    ]);
    let is_measured = response == ResponseKind::Single && random.chance(30);
    ServiceExport {
        subject: subject.to_owned(),
        response,
        threshold_ms: random.pick(&[2_000, 5_000, 120_000]),
        latency: is_measured.then(|| random.pick(&["l.a", "a.b", "b"]).to_owned()),
    }
}

fn rule(random: &mut Random) -> Rule {
    let (source, names) = random.pick(&RULES);
    let first = random.pick(names).to_owned();
    let destinations = match random.below(4) {
        0 => {
            let second = random.pick(names).to_owned();
            let mut both = vec![(first, 40), (second, 30)];
            both.dedup_by(|one, two| one.0 == two.0);
            both
        }
        _ => vec![(first, 100)],
    };
    Rule {
        source: source.to_owned(),
        destinations,
    }
}

fn change_users(random: &mut Random, made: &mut Setup, is_first: bool) {
    if is_first {
        for account in 0..made.accounts.len() {
            for number in 0..1 + random.below(2) {
                made.users.push(UserSetup {
                    name: format!("{MARK}User{account}n{number}"),
                    account,
                    permissions: random.chance(40).then(|| lists(random)),
                });
            }
        }
        return;
    }
    let accounts = made.accounts.len();
    made.users.retain(|_| !random.chance(5));
    for user in &mut made.users {
        if random.chance(4) {
            user.account = random.below(accounts);
        }
        if random.chance(30) {
            user.permissions = random.chance(60).then(|| lists(random));
        }
    }
}

fn lists(random: &mut Random) -> PermissionLists {
    let mut list = |most: usize, queues: bool| -> Vec<String> {
        let count = random.below(most + 1);
        let entries = (0..count).map(|_| {
            let pattern = random.pick(&PATTERNS).to_owned();
            if queues && random.chance(25) {
                format!("{pattern} {}", random.pick(&["q", "v", "*"]))
            } else {
                pattern
            }
        });
        entries.collect()
    };
    let (publish, publish_deny) = (list(4, false), list(1, false));
    let (subscribe, subscribe_deny) = (list(4, true), list(2, true));
    let expires = Duration::from_secs(random.pick(&[3, 1_000]));
    PermissionLists {
        publish_allow: random.chance(40).then_some(publish),
        publish_deny,
        subscribe_allow: random.chance(40).then_some(subscribe),
        subscribe_deny,
        allow_responses: random.chance(40).then(|| ReplyAllowance {
            max: random.pick(&[1, 2, -1]),
            expires,
        }),
    }
}

/// An account imports from those after it only: so there is no circle.
fn change_imports(random: &mut Random, made: &mut Setup, at: usize, richness: usize) {
    made.accounts[at].stream_imports.clear();
    made.accounts[at].service_imports.clear();
    let after = made.accounts.len() - at - 1;
    if after == 0 {
        return;
    }
    for _ in 0..random.below(richness + 1) {
        let from = at + 1 + random.below(after);
        let (subject, names) = random.pick(&STREAMS);
        let to = random.chance(60).then(|| random.pick(names).to_owned());
        let imports = &mut made.accounts[at].stream_imports;
        if imports
            .iter()
            .all(|import| (import.from, &*import.subject) != (from, subject))
        {
            imports.push(StreamImport {
                from,
                subject: subject.to_owned(),
                to,
            });
        }
    }
    for _ in 0..=random.below(richness + 1) {
        let from = at + 1 + random.below(after);
        let exports = &made.accounts[from].services;
        if exports.is_empty() {
            continue;
        }
        let subject = exports[random.below(exports.len())].subject.clone();
        let names = SERVICES
            .iter()
            .find(|(known, _)| *known == subject)
            .map_or(&[][..], |(_, names)| names);
        let to = (!names.is_empty() && random.chance(60)).then(|| random.pick(names).to_owned());
        let local = |to: &Option<String>, subject: &String| to.clone().unwrap_or_else(|| subject.clone());
        let imports = &mut made.accounts[at].service_imports;
        let wanted = local(&to, &subject);
        if imports.iter().all(|other| local(&other.to, &other.subject) != wanted) {
            imports.push(ServiceImport {
                from,
                subject,
                to,
                share: random.chance(25),
            });
        }
    }
}

impl Setup {
    /// Drops imports of services that are not exported any more.
    pub fn drop_dangling(&mut self) {
        let all = self.clone();
        for account in &mut self.accounts {
            account.service_imports.retain(|import| all.service(import).is_some());
            account.stream_imports.retain(|import| import.from < all.accounts.len());
        }
    }
}

fn steps(random: &mut Random, setups: &[Setup], loops: usize) -> Vec<Step> {
    let mut steps = Vec::new();
    let clients = 2 + random.below(6);
    for client in 0..clients {
        steps.push(connect(random, &setups[0], client, loops));
    }
    for _ in 0..clients * 2 {
        steps.push(subscribe(random, clients));
    }
    let mut reloads = 1..setups.len();
    for _ in 0..15 + random.below(40) {
        let client = random.below(clients);
        steps.push(match random.below(100) {
            0..=11 => subscribe(random, clients),
            12..=16 => Step::Unsub {
                client,
                sid: 1 + random.below(4),
                max: random.chance(60).then(|| 1 + random.below(4) as u64),
            },
            17..=59 => publish(random, client),
            60..=81 => answer(random, client, clients),
            82..=85 => Step::Pass {
                ms: 700 * (1 + random.below(5) as u64),
            },
            86..=90 => match reloads.next() {
                Some(setup) => Step::Reload {
                    setup,
                    loops: random.below(8) as u8,
                },
                None => publish(random, client),
            },
            91..=93 => Step::Apply,
            94..=96 => Step::Move {
                client,
                to: random.below(loops),
            },
            97 => Step::Close { client },
            _ => connect(random, &setups[0], client, loops),
        });
    }
    steps
}

fn connect(random: &mut Random, setup: &Setup, client: usize, loops: usize) -> Step {
    let user = match setup.users.len() {
        0 => account_name(0),
        users => setup.users[random.below(users)].name.clone(),
    };
    Step::Connect {
        client,
        user,
        at: random.below(loops),
        no_responders: random.chance(70),
        echo: random.chance(80),
    }
}

fn subscribe(random: &mut Random, clients: usize) -> Step {
    Step::Sub {
        client: random.below(clients),
        subject: if random.chance(25) {
            "r.>"
        } else {
            random.pick(&PATTERNS)
        }
        .to_owned(),
        queue: random.chance(25).then(|| random.pick(&QUEUES).to_owned()),
        sid: 1 + random.below(5),
    }
}

fn publish(random: &mut Random, client: usize) -> Step {
    Step::Publish {
        client,
        subject: random.pick(&LITERALS).to_owned(),
        reply: random.chance(55).then(|| random.pick(&REPLIES).to_owned()),
        headers: random.pick(&[
            Headers::No,
            Headers::No,
            Headers::No,
            Headers::Plain,
            Headers::Lie,
            Headers::Trace,
        ]),
        count: random.pick(&[1, 1, 2, 3]),
    }
}

fn answer(random: &mut Random, client: usize, clients: usize) -> Step {
    Step::Answer {
        client,
        of: if random.chance(80) {
            client
        } else {
            random.below(clients)
        },
        which: random.below(4),
        reply: random.chance(20).then(|| random.pick(&REPLIES).to_owned()),
        is_empty: random.chance(20),
        guesses: random.chance(10),
    }
}
