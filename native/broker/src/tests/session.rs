//! A scenario from a string of bytes, any bytes: clients that send anything, in pieces of any size, while connections
//! move, sockets block and time passes.
//!
//! Nothing may panic, whatever is sent must be frames that a client can read, and when everybody has gone nothing is
//! left.

use super::harness::{MS, World};
use crate::simulation::wire::Frame;
use crate::{
    Auth, Authenticator, CloseReason, Config, Credential, CredentialQuestion, InboxItem, PermissionLists, Permissions,
    ReplyAllowance, TrustedProxy, User, Verdict,
};
use nt_protocol::{PublicKey, encode_nkey};
use std::sync::Arc;
use std::time::Duration;

const LOOPS: usize = 2;
const CLIENTS_MAX: usize = 8;

/// The bytes not used yet.
struct Choices<'a>(&'a [u8]);

impl<'a> Choices<'a> {
    fn next(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    fn take(&mut self, count: usize) -> &'a [u8] {
        let (part, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        part
    }
}

/// Plays the scenario. Panics when something is wrong.
pub fn session(data: &[u8]) {
    let mut choices = Choices(data);
    let plan = choices.next().unwrap_or(0);
    let mut world = World::with(LOOPS, config(plan), (plan & 1 != 0).then(auth));
    world.client(0);
    if plan & 1 == 0 {
        world.quiet_client(1);
    } else {
        let client = world.client(1);
        world.say(
            client,
            "CONNECT {\"verbose\":false,\"headers\":true,\"user\":\"u\",\"pass\":\"p\"}\r\n",
        );
    }
    while let Some(choice) = choices.next() {
        step(&mut world, choice, &mut choices);
    }
    check_frames(&mut world);
    end(&mut world);
}

fn config(plan: u8) -> Config {
    let mut config = Config::default();
    if plan & 2 != 0 {
        config.max_control_line = 64;
        config.max_payload = Some(40);
        config.max_pending = 800;
        config.max_connections = 5;
        config.max_subscriptions = 3;
        config.max_sub_tokens = 2;
    }
    config.no_fast_producer_stall = plan & 4 != 0;
    config.log_debug = plan & 8 != 0;
    config.log_trace = plan & 8 != 0;
    config.trace_headers = plan & 16 != 0;
    config.max_traced_msg_len = if plan & 16 != 0 { 3 } else { 0 };
    config.headers = plan & 32 == 0;
    config.write_timeout_retry = plan & 64 != 0;
    config.proxy_protocol = plan & 128 != 0;
    config.trusted_proxies = vec![TrustedProxy::new(public_key()).expect("a key")];
    config
}

/// Of a user, and of a proxy: the fuzzer's dictionary has it.
fn public_key() -> String {
    encode_nkey(&[&[20 << 3], &[7; 32][..]].concat())
}

/// Users with rights of every kind, one of them with a password that takes time to check.
fn auth() -> Auth {
    let list = |patterns: &[&str]| patterns.iter().map(|p| (*p).to_owned()).collect::<Vec<_>>();
    let permissions = Permissions::new(PermissionLists {
        publish_allow: Some(list(&["a", "b.*"])),
        publish_deny: list(&["b.c"]),
        subscribe_allow: Some(list(&["a", "*.>", "a q"])),
        subscribe_deny: list(&["b.d", "* r"]),
        allow_responses: Some(ReplyAllowance {
            max: 2,
            expires: Duration::from_secs(1),
        }),
    });
    let permissions = Some(Arc::new(permissions.expect("patterns")));
    let users = [("u", "p"), ("h", "$2b$04$hash")].map(|(name, password)| User {
        name: name.to_owned(),
        credential: password.into(),
        permissions: permissions.clone(),
        account: crate::Account::GLOBAL.to_owned(),
        connections: crate::ConnectionTypes::ALL,
        proxy_required: false,
    });
    let name = public_key();
    let keyed = User {
        credential: Credential::Key(PublicKey::of_user(&name).expect("a key")),
        name,
        permissions: permissions.clone(),
        account: crate::Account::GLOBAL.to_owned(),
        connections: crate::ConnectionTypes::ALL,
        proxy_required: false,
    };
    Auth {
        authenticator: Authenticator::Credentials,
        token: None,
        users: users.into_iter().chain([keyed]).collect(),
        no_auth_user: None,
        anonymous: false,
        proxy_required: false,
        failed_login_delay: Duration::from_millis(50),
        timeout: Duration::from_secs(2),
    }
}

fn step(world: &mut World, choice: u8, choices: &mut Choices<'_>) {
    let client = usize::from(choice >> 3) % world.clients.len();
    let loop_ = usize::from(choice >> 3) % LOOPS;
    let number = choices.next().unwrap_or(0);
    match choice & 7 {
        0 | 1 => {
            world.send(client, choices.take(usize::from(number)));
            world.read(client, usize::MAX);
        }
        2 => world.send(client, choices.take(usize::from(number))),
        3 => {
            world.read(client, 1 + usize::from(number));
        }
        4 => match number & 3 {
            0 => world.take_in(loop_),
            1 => world.finish(loop_),
            _ => world.turn(loop_),
        },
        5 => world.pass(u64::from(number) * 50 * MS, 5_000 * MS),
        6 => world.begin_move(client, usize::from(number) % LOOPS),
        _ => rarely(world, client, number),
    }
}

fn rarely(world: &mut World, client: usize, number: u8) {
    match number {
        0..=63 => {
            world.clients[client].set_window(usize::from(number) * 4);
            world.open_window(client, 0);
        }
        64..=127 => world.open_window(client, usize::MAX),
        128..=191 if world.clients.len() < CLIENTS_MAX && !world.broker.is_shutting_down() => {
            world.client(usize::from(number) % LOOPS);
        }
        192..=223 => world.hang_up(client),
        224..=239 => {
            let (broker, cid, reason) = (world.broker.clone(), world.clients[client].cid, CloseReason::Kicked);
            world.post(usize::from(number) % LOOPS, InboxItem::Close { broker, cid, reason });
        }
        240..=247 if !world.broker.is_lame_duck() => {
            world.enter_lame_duck();
        }
        248..=254 => {
            answer(world, number & 1 != 0);
        }
        255 if !world.broker.is_shutting_down() => world.shut_down(),
        _ => {}
    }
}

/// Answers what was asked first and not answered yet.
fn answer(world: &mut World, yes: bool) -> bool {
    if world.checks.is_empty() {
        return false;
    }
    let check = world.checks.remove(0);
    let verdict = match &check.question {
        CredentialQuestion::Proxy { keys, .. } => Verdict::Proxy(keys.first().copied().filter(|_| yes)),
        CredentialQuestion::Password { .. } | CredentialQuestion::Signature { .. } => Verdict::Credential(yes),
    };
    world.answer(check.id, verdict);
    true
}

fn check_frames(world: &mut World) {
    for client in 0..world.clients.len() {
        for frame in world.frames(client) {
            match frame {
                Frame::Info(json) => {
                    serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&json).expect("INFO is JSON");
                }
                Frame::Err(text) => assert!(!text.is_empty()),
                Frame::Msg(message) => assert!(!message.subject.is_empty() && !message.sid.is_empty()),
                Frame::Ping | Frame::Pong | Frame::Ok => {}
            }
        }
    }
}

/// Everybody leaves.
fn end(world: &mut World) {
    for client in 0..world.clients.len() {
        world.open_window(client, usize::MAX);
        world.hang_up(client);
    }
    world.rest();
    // After its CONNECT a client may have sent another one.
    while answer(world, true) {
        world.rest();
    }
    check_frames(world);
    let interest = world.broker.global.interest().read();
    assert!(interest.is_empty());
    drop(interest);
    assert_eq!(world.broker.connection_count(), 0);
    assert_eq!(world.broker.global.connections(), 0);
    assert!(world.loops.iter().all(|l| l.shard.conn_count() == 0));
    assert!((0..world.clients.len()).all(|client| world.reason(client).is_some()));
    assert_eq!(world.stopped_count(), usize::from(world.broker.is_shutting_down()));
}

#[cfg(test)]
mod tests {
    use super::session;
    use crate::simulation::random::{Random, Seed};

    /// What a fuzzer would find sooner or later, tried sooner.
    const WORDS: [&str; 25] = [
        "PUB a 1\r\nx\r\n",
        "PUB b.x r.1 2\r\nok\r\n",
        "HPUB a 12 13\r\nNATS/1.0\r\n\r\n!\r\n",
        "SUB a 1\r\n",
        "SUB > 2\r\n",
        "SUB *.* q 3\r\n",
        "UNSUB 1\r\n",
        "UNSUB 2 3\r\n",
        "PING\r\n",
        "PONG\r\n",
        "CONNECT {\"verbose\":false,\"user\":\"u\",\"pass\":\"p\",\"headers\":true,\"no_responders\":true,\"protocol\":1}\r\n",
        "CONNECT {}\r\n",
        "CONNECT {\"verbose\":false,\"user\":\"h\",\"pass\":\"x\"}\r\n",
        "PUB ",
        "\r\n",
        "SUB b.d 9\r\n",
        "PUB a 100\r\n",
        "\t",
        "UNSUB",
        "+OK\r\n",
        "INFO {}\r\n",
        "-ERR 'x'\r\n",
        "PUB a\r 0\r\n\r\n",
        "SUB a\r 1\r\r\n",
        "PUB q r.9 0\r\n\r\n",
    ];

    #[test]
    fn any_bytes_make_a_session() {
        for seed in 0..2000 {
            let _seed = Seed(seed);
            let mut random = Random::new(seed);
            let mut data = vec![random.next() as u8];
            for _ in 0..random.below(80) {
                let choice = random.next() as u8;
                data.push(choice);
                if choice & 7 <= 2 && random.chance(90) {
                    let words: String = (0..random.below(4)).map(|_| random.pick(&WORDS)).collect();
                    data.push(words.len().min(255) as u8);
                    data.extend_from_slice(words.as_bytes());
                } else {
                    data.push(random.next() as u8);
                }
            }
            session(&data);
        }
    }
}

#[test]
fn without_a_limit_any_size_is_taken() {
    let config = Config {
        max_payload: None,
        ..Config::default()
    };
    let mut world = World::with(1, config, None);
    let client = world.client(0);
    world.say(client, "CONNECT {}\r\nSUB a 1\r\n");
    let without_limit = |frame: &Frame| matches!(frame, Frame::Info(json) if json.contains("\"max_payload\":-1,"));
    assert!(world.frames(client).iter().any(without_limit));
    let large = "x".repeat(3 << 20);
    // As a message of its own, as one of several on a subject, and in pieces.
    let message = format!("PUB a {}\r\n{large}\r\n", large.len());
    world.say(client, message.repeat(3));
    world.send(client, &message[..1000]);
    world.rest();
    world.say(client, &message[1000..]);
    assert_eq!(world.texts(client), vec![large; 4]);
}
