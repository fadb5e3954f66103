//! A simple and slow broker: replays what clients did, in the order in which it had its effect, and says what each of
//! them must have received.
//!
//! Which member of a queue group gets a message is random; the model takes it from what was received, and checks that
//! the broker was allowed to choose that member.

use nt_broker::simulation::wire::{Frame, Message};
use std::collections::BTreeMap;

/// What a client does.
#[derive(Debug, Clone)]
pub(crate) enum Action {
    Connect {
        echo: bool,
        headers: bool,
    },
    Sub {
        sid: u32,
        subject: &'static str,
        queue: Option<&'static str>,
    },
    Unsub {
        sid: u32,
        max: Option<u64>,
    },
    Publish(Published),
    Ping,
}

#[derive(Debug, Clone)]
pub(crate) struct Published {
    /// Unique; grows with each message of one publisher.
    pub id: u64,
    pub subject: String,
    pub reply: Option<&'static str>,
    pub headers: bool,
}

const HEADERS: &str = "NATS/1.0\r\nA: b\r\n\r\n";

impl Action {
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Connect { echo, headers } => {
                format!("CONNECT {{\"verbose\":false,\"echo\":{echo},\"headers\":{headers}}}\r\n")
            }
            Self::Sub {
                sid,
                subject,
                queue: Some(queue),
            } => format!("SUB {subject} {queue} {sid}\r\n"),
            Self::Sub {
                sid,
                subject,
                queue: None,
            } => format!("SUB {subject} {sid}\r\n"),
            Self::Unsub { sid, max: Some(max) } => format!("UNSUB {sid} {max}\r\n"),
            Self::Unsub { sid, max: None } => format!("UNSUB {sid}\r\n"),
            Self::Ping => "PING\r\n".to_owned(),
            Self::Publish(message) => {
                let reply = message.reply.map(|reply| format!("{reply} ")).unwrap_or_default();
                let (subject, payload) = (&message.subject, message.id.to_string());
                if message.headers {
                    let (head, total) = (HEADERS.len(), HEADERS.len() + payload.len());
                    format!("HPUB {subject} {reply}{head} {total}\r\n{HEADERS}{payload}\r\n")
                } else {
                    format!("PUB {subject} {reply}{}\r\n{payload}\r\n", payload.len())
                }
            }
        }
        .into_bytes()
    }
}

/// What a client received, and whether it closed.
pub(crate) struct Outcome {
    /// Which broker it was a client of.
    pub broker: usize,
    pub frames: Vec<Frame>,
    pub closed: bool,
    /// Everything it sent. If it closed, only the first ones had an effect.
    pub script: Vec<Action>,
    /// How long the log was when it sent each of them.
    pub sent_at: Vec<usize>,
}

/// What must hold in the broker when everything was replayed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub in_msgs: u64,
    pub in_bytes: u64,
    pub out_msgs: u64,
    pub out_bytes: u64,
    /// Live subscriptions of each client of this broker.
    pub subscriptions: Vec<(usize, usize)>,
}

struct Subscription {
    client: usize,
    sid: u32,
    subject: &'static str,
    queue: Option<&'static str>,
    max: u64,
    delivered: u64,
    /// Where in the receiver's stream its last message came.
    last_at: usize,
}

impl Subscription {
    fn has_room(&self) -> bool {
        self.max == 0 || self.delivered < self.max
    }
}

struct Receipt {
    at: usize,
    message: Message,
}

/// One replay.
pub(crate) struct Model<'a> {
    outcomes: &'a [Outcome],
    /// By receiver, sid and message.
    receipts: BTreeMap<(usize, u32, u64), Receipt>,
    /// Where each PONG of a client came.
    pongs: Vec<Vec<usize>>,
    /// Of each PING that a client sent: how long the log was then.
    pings: Vec<Vec<usize>>,
    /// The current place in the log.
    now: usize,
    live: Vec<Subscription>,
    flags: Vec<(bool, bool)>,
    /// By broker.
    totals: Vec<Totals>,
}

/// Replays `log`: clients and the index of what they did. Returns what must hold in each broker.
pub(crate) fn replay(brokers: usize, outcomes: &[Outcome], log: &[(usize, usize)]) -> Vec<Totals> {
    let mut model = Model {
        outcomes,
        receipts: BTreeMap::new(),
        pongs: Vec::new(),
        pings: outcomes.iter().map(pings_of).collect(),
        now: 0,
        live: Vec::new(),
        flags: vec![(true, false); outcomes.len()],
        totals: (0..brokers).map(|_| Totals::default()).collect(),
    };
    model.read_receipts();
    for (now, &(client, index)) in log.iter().enumerate() {
        model.now = now;
        model.apply(client, index);
    }
    let unexpected: Vec<_> = model.receipts.keys().collect();
    assert!(unexpected.is_empty(), "received without a subscription: {unexpected:?}");
    for (client, outcome) in outcomes.iter().enumerate() {
        let is_live = |s: &&Subscription| s.client == client && !outcome.closed;
        let count = model.live.iter().filter(is_live).count();
        model.totals[outcome.broker].subscriptions.push((client, count));
    }
    model.totals
}

fn pings_of(outcome: &Outcome) -> Vec<usize> {
    let actions = outcome.script.iter().zip(&outcome.sent_at);
    let pings = actions.filter(|(action, _)| matches!(action, Action::Ping));
    pings.map(|(_, &at)| at).collect()
}

impl Model<'_> {
    fn read_receipts(&mut self) {
        for (client, outcome) in self.outcomes.iter().enumerate() {
            let mut pongs = Vec::new();
            // In order on the whole connection, whatever subscriptions the messages come by.
            let mut newest: BTreeMap<u64, u64> = BTreeMap::new();
            for (at, frame) in outcome.frames.iter().enumerate() {
                match frame {
                    Frame::Pong => pongs.push(at),
                    Frame::Err(text) if is_about_probe(text) => {}
                    Frame::Err(text) => panic!("client {client} got the error {text}"),
                    Frame::Msg(message) => {
                        let sid: u32 = message.sid.parse().expect("one of our sids");
                        let id: u64 = message.text().parse().expect("one of our messages");
                        let last = newest.insert(publisher_of(id), id);
                        assert!(
                            last.is_none_or(|last| last <= id),
                            "client {client}, sid {sid}: {id} after {last:?}"
                        );
                        let receipt = Receipt {
                            at,
                            message: message.clone(),
                        };
                        let twice = self.receipts.insert((client, sid, id), receipt);
                        assert!(twice.is_none(), "client {client}, sid {sid}: {id} came twice");
                    }
                    Frame::Info(_) | Frame::Ping | Frame::Ok => {}
                }
            }
            self.pongs.push(pongs);
        }
    }

    fn apply(&mut self, client: usize, index: usize) {
        match self.outcomes[client].script[index].clone() {
            Action::Connect { echo, headers } => {
                self.flags[client] = (echo, headers);
                // Another one ends what the client was subscribed to.
                while let Some(at) = self.live.iter().position(|s| s.client == client) {
                    let removed = self.live.swap_remove(at);
                    self.check_silence(&removed, index);
                }
            }
            Action::Ping => {}
            Action::Sub { sid, subject, queue } => {
                if self.find(client, sid).is_none() {
                    self.live.push(Subscription {
                        client,
                        sid,
                        subject,
                        queue,
                        max: 0,
                        delivered: 0,
                        last_at: 0,
                    });
                }
            }
            Action::Unsub { sid, max } => {
                let Some(at) = self.find(client, sid) else { return };
                let max = max.unwrap_or(0);
                if max > self.live[at].delivered {
                    self.live[at].max = max;
                } else {
                    let removed = self.live.swap_remove(at);
                    self.check_silence(&removed, index);
                }
            }
            Action::Publish(message) if self.was_refused(client, &message) => {}
            Action::Publish(message) => self.publish(client, &message),
        }
    }

    /// Whether a probe was refused, as its publisher was told. One that closed may not have been.
    fn was_refused(&self, publisher: usize, message: &Published) -> bool {
        if !message.subject.starts_with(PROBES) {
            return false;
        }
        let outcome = &self.outcomes[publisher];
        is_refused(outcome, &message.subject)
            || (outcome.closed && !self.receipts.keys().any(|&(_, _, id)| id == message.id))
    }

    fn find(&self, client: usize, sid: u32) -> Option<usize> {
        self.live.iter().position(|s| s.client == client && s.sid == sid)
    }

    /// After the PONG that follows its UNSUB, or another CONNECT, nothing came for a subscription.
    fn check_silence(&self, removed: &Subscription, unsub: usize) {
        let script = &self.outcomes[removed.client].script;
        let Some(ping) = (unsub..script.len()).find(|&i| matches!(script[i], Action::Ping)) else {
            return;
        };
        let ordinal = script[..ping].iter().filter(|a| matches!(a, Action::Ping)).count();
        if let Some(&pong) = self.pongs[removed.client].get(ordinal) {
            assert!(
                removed.last_at <= pong,
                "client {}, sid {}: a message after UNSUB's PONG",
                removed.client,
                removed.sid
            );
        }
    }

    fn publish(&mut self, publisher: usize, message: &Published) {
        let payload = message.id.to_string().len() as u64;
        let whole = payload + if message.headers { HEADERS.len() as u64 } else { 0 };
        let broker = self.outcomes[publisher].broker;
        self.totals[broker].in_msgs += 1;
        self.totals[broker].in_bytes += whole;
        let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let matching = (0..self.live.len()).filter(|&i| {
            let sub = &self.live[i];
            self.outcomes[sub.client].broker == broker
                && matches(&message.subject, sub.subject)
                && sub.has_room()
                && (sub.client != publisher || self.flags[publisher].0)
        });
        let mut plain = Vec::new();
        for at in matching {
            match self.live[at].queue {
                Some(queue) => groups.entry(queue).or_default().push(at),
                None => plain.push(at),
            }
        }
        for at in plain {
            let got = self.receive(at, message, payload, whole);
            let sub = &self.live[at];
            assert!(
                got || self.outcomes[sub.client].closed,
                "{message:?} is lost for client {}, sid {}",
                sub.client,
                sub.sid
            );
            if !got {
                self.live[at].delivered += 1;
            }
        }
        for (queue, members) in groups {
            let takers = members
                .iter()
                .filter(|&&at| self.receive(at, message, payload, whole))
                .count();
            let excused = members.iter().any(|&at| self.outcomes[self.live[at].client].closed);
            assert!(
                takers == 1 || (takers == 0 && excused),
                "{message:?} went to {takers} members of {queue}: {:?}",
                members
                    .iter()
                    .map(|&at| {
                        let s = &self.live[at];
                        (s.client, s.sid, s.subject, s.max, s.delivered)
                    })
                    .collect::<Vec<_>>()
            );
        }
        self.live.retain(Subscription::has_room);
    }

    fn receive(&mut self, at: usize, message: &Published, payload: u64, whole: u64) -> bool {
        let sub = &mut self.live[at];
        let Some(receipt) = self.receipts.remove(&(sub.client, sub.sid, message.id)) else {
            return false;
        };
        sub.delivered += 1;
        sub.last_at = sub.last_at.max(receipt.at);
        let got = &receipt.message;
        let with_headers = message.headers && self.flags[sub.client].1;
        // Who sends a PING after a message had its effect gets the message before the PONG.
        let later = self.pings[sub.client].partition_point(|&sent_at| sent_at <= self.now);
        if let Some(&pong) = self.pongs[sub.client].get(later) {
            assert!(
                receipt.at < pong,
                "client {}: {message:?} came after a later PONG",
                sub.client
            );
        }
        assert_eq!(got.subject, message.subject);
        assert_eq!(got.reply.as_deref(), message.reply);
        assert_eq!(got.headers, if with_headers { HEADERS.as_bytes() } else { b"" });
        let totals = &mut self.totals[self.outcomes[sub.client].broker];
        totals.out_msgs += 1;
        totals.out_bytes += if with_headers { whole } else { payload };
        true
    }
}

/// Where probes are published.
pub(crate) const PROBES: &str = "probe.";

/// Whether the publisher of a probe got the error that says so.
pub(crate) fn is_refused(outcome: &Outcome, probe: &str) -> bool {
    let wanted = format!("\"{probe}\"");
    let mut frames = outcome.frames.iter();
    frames.any(|frame| matches!(frame, Frame::Err(text) if text.contains(&wanted)))
}

fn is_about_probe(text: &str) -> bool {
    text.starts_with("Permissions Violation for Publish to \"probe.")
}

/// Ids are `publisher * 1_000_000 + number`.
pub(crate) fn publisher_of(id: u64) -> u64 {
    id / 1_000_000
}

fn matches(literal: &str, pattern: &str) -> bool {
    let (mut text, mut wanted) = (literal.split('.'), pattern.split('.'));
    loop {
        match (text.next(), wanted.next()) {
            (None, None) => return true,
            (Some(_), Some(">")) => return true,
            (Some(have), Some(want)) if want == "*" || want == have => {}
            _ => return false,
        }
    }
}
