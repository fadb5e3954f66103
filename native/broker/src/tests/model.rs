//! The slow twin of a broker: replays what clients asked for, in the order it was carried out, and says what each of
//! them must have got by then.
//!
//! Who of a queue group got a message is chance; the twin takes it from what was received and judges whether the choice
//! was one a broker may make.

use crate::simulation::wire::{Frame, Message};
use std::collections::BTreeMap;

/// What a scripted client does.
#[derive(Debug, Clone)]
pub(super) enum Action {
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
pub(super) struct Published {
    /// Unique; grows with each message of one publisher.
    pub id: u64,
    pub subject: &'static str,
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
                let (subject, payload) = (message.subject, message.id.to_string());
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

/// What a client got and whether it lived to the end.
pub(super) struct Outcome {
    pub frames: Vec<Frame>,
    pub closed: bool,
    /// All it was to do; the first ones were carried out.
    pub script: Vec<Action>,
}

/// What must hold in the broker when everything was replayed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub in_msgs: u64,
    pub in_bytes: u64,
    pub out_msgs: u64,
    pub out_bytes: u64,
    /// Live subscriptions of each client.
    pub subscriptions: Vec<usize>,
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
pub(super) struct Model<'a> {
    outcomes: &'a [Outcome],
    /// By receiver, sid and message.
    receipts: BTreeMap<(usize, u32, u64), Receipt>,
    /// Where each PONG of a client came.
    pongs: Vec<Vec<usize>>,
    live: Vec<Subscription>,
    flags: Vec<(bool, bool)>,
    totals: Totals,
}

/// Replays `log`: clients and the index of what they did.
pub(super) fn replay(outcomes: &[Outcome], log: &[(usize, usize)]) -> Totals {
    let mut model = Model {
        outcomes,
        receipts: BTreeMap::new(),
        pongs: Vec::new(),
        live: Vec::new(),
        flags: vec![(true, false); outcomes.len()],
        totals: Totals::default(),
    };
    model.read_receipts();
    for &(client, index) in log {
        model.carry_out(client, index);
    }
    let unexpected: Vec<_> = model.receipts.keys().collect();
    assert!(unexpected.is_empty(), "got by nobody's right: {unexpected:?}");
    model.totals.subscriptions = (0..outcomes.len())
        .map(|client| {
            model
                .live
                .iter()
                .filter(|s| s.client == client && !outcomes[client].closed)
                .count()
        })
        .collect();
    model.totals
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
                    Frame::Err(text) => panic!("client {client} was told {text}"),
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

    fn carry_out(&mut self, client: usize, index: usize) {
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
            Action::Publish(message) => self.publish(client, &message),
        }
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
        self.totals.in_msgs += 1;
        self.totals.in_bytes += whole;
        let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let matching = (0..self.live.len()).filter(|&i| {
            let sub = &self.live[i];
            matches(message.subject, sub.subject)
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
        assert_eq!(got.subject, message.subject);
        assert_eq!(got.reply.as_deref(), message.reply);
        assert_eq!(got.headers, if with_headers { HEADERS.as_bytes() } else { b"" });
        self.totals.out_msgs += 1;
        self.totals.out_bytes += if with_headers { whole } else { payload };
        true
    }
}

/// Ids are `publisher * 1_000_000 + number`.
pub(super) fn publisher_of(id: u64) -> u64 {
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
