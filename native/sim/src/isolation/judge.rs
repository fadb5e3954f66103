//! One step, judged: what the model demands is taken out of what clients got, until nothing is left.
//!
//! Where more than one explanation is possible, the first is tried; if it fails later, the next one ([`Choices`]).

use crate::isolation::message::{Info, Message, Payload, has_mark};
use crate::isolation::model::{Conn, Measured, Model, Pending, Seen, Sub};
use crate::isolation::names;
use crate::isolation::script::{Headers, TRACES};
use crate::isolation::setup::{MARK, SERVER, ServiceImport, account_name};
use nt_broker::ResponseKind;
use nt_broker::simulation::wire::Frame;
use std::collections::BTreeSet;

/// A step as it was done.
#[derive(Debug)]
pub(super) enum Act<'a> {
    Connect {
        client: usize,
        user: &'a str,
        at: usize,
        no_responders: bool,
        echo: bool,
    },
    Sub {
        client: usize,
        sub: Sub,
    },
    Unsub {
        client: usize,
        sid: usize,
        max: u64,
    },
    Publish {
        client: usize,
        subject: &'a str,
        reply: Option<&'a str>,
        headers: Headers,
        payloads: &'a [String],
    },
    Pass {
        now_ms: u64,
    },
    /// Some loops follow the configuration in force from now on.
    Apply {
        loops: &'a [usize],
    },
    Move {
        client: usize,
        to: usize,
    },
    Close {
        client: usize,
    },
}

/// Which explanation is tried, where there are several.
#[derive(Debug, Default)]
pub(super) struct Choices {
    script: Vec<usize>,
    widths: Vec<usize>,
}

/// Explanations of one step that are tried at most.
const EXPLANATIONS_MAX: usize = 3_000;

impl Choices {
    pub(super) fn pick(&mut self, width: usize) -> usize {
        let at = self.widths.len();
        self.widths.push(width);
        if self.script.len() == at {
            self.script.push(0);
        }
        self.script[at]
    }

    /// The next explanation. `None`: there is none.
    fn next(mut self) -> Option<Self> {
        while let Some(last) = self.script.pop() {
            if last + 1 < self.widths[self.script.len()] {
                self.script.push(last + 1);
                let widths = Vec::new();
                let script = self.script;
                return Some(Self { script, widths });
            }
        }
        None
    }
}

/// Who publishes, and what a request that follows is told of that.
#[derive(Debug, Clone, Copy)]
struct From {
    /// `None`: the server itself.
    client: Option<usize>,
    account: usize,
    setup: usize,
    /// Whether the message came from another account, as a request or a response.
    is_imported: bool,
    /// Of the request that this message is.
    level: Option<Level>,
}

#[derive(Debug, Clone, Copy)]
struct Level {
    detailed: bool,
    server: bool,
    share: bool,
}

pub(super) struct Judge {
    pub(super) model: Model,
    pub(super) seen: Seen,
    pub(super) choices: Choices,
    /// Limited subscriptions that did not get a message: other messages of the step must have used up what they may
    /// have. Which ones do is not said: those that come from another account come after a whole run of others.
    pub(super) skipped: Vec<(usize, String)>,
}

pub(super) type Verdict<T> = Result<T, String>;

/// Judges a step. Returns the model after it, or what is wrong.
pub(super) fn judge(before: &Model, act: &Act<'_>, seen: &Seen) -> Verdict<Model> {
    let mut choices = Some(Choices::default());
    let mut first = None;
    for _ in 0..EXPLANATIONS_MAX {
        let Some(choice) = choices.take() else { break };
        let mut judge = Judge {
            model: before.clone(),
            seen: seen.clone(),
            choices: choice,
            skipped: Vec::new(),
        };
        match judge.explain(act) {
            Ok(()) => return Ok(judge.model),
            Err(text) => {
                first.get_or_insert(text);
                choices = judge.choices.next();
            }
        }
    }
    Err(first.unwrap_or_default())
}

impl Judge {
    fn explain(&mut self, act: &Act<'_>) -> Verdict<()> {
        match act {
            Act::Connect {
                client,
                user,
                at,
                no_responders,
                echo,
            } => self.connect(*client, user, *at, *no_responders, *echo),
            Act::Sub { client, sub } => self.subscribe(*client, sub)?,
            Act::Unsub { client, sid, max } => self.unsubscribe(*client, *sid, *max),
            Act::Publish {
                client,
                subject,
                reply,
                headers,
                payloads,
            } => {
                for payload in *payloads {
                    self.publish(*client, subject, *reply, *headers, payload)?;
                }
            }
            Act::Pass { now_ms } => self.pass(*now_ms)?,
            Act::Apply { loops } => {
                let conns = self.model.conns.iter();
                let here = conns
                    .filter(|(_, conn)| loops.contains(&conn.at))
                    .map(|(client, _)| *client);
                for client in here.collect::<Vec<usize>>() {
                    self.follow(client)?;
                }
            }
            Act::Move { client, to } => {
                self.follow(*client)?;
                if let Some(conn) = self.model.conns.get_mut(client) {
                    conn.at = *to;
                }
            }
            Act::Close { client } => {
                self.model.conns.remove(client);
                self.seen.remove(client);
            }
        }
        let mut left = self
            .seen
            .iter()
            .flat_map(|(client, frames)| frames.iter().map(move |frame| (client, frame)));
        match left.find(|(_, frame)| !matches!(frame, Frame::Info(_) | Frame::Ping)) {
            Some((client, frame)) => Err(format!("client {client} got what nobody may send it: {frame:?}")),
            None => Ok(()),
        }
    }

    fn connect(&mut self, client: usize, user: &str, at: usize, no_responders: bool, echo: bool) {
        let setup = self.model.in_force;
        let Some(account) = self.model.user(user).map(|user| user.account) else {
            return self.dismiss(client);
        };
        let conn = Conn {
            user: user.to_owned(),
            account,
            setup,
            at,
            no_responders,
            echo,
            subs: Vec::new(),
            grants: Default::default(),
        };
        self.model.conns.insert(client, conn);
    }

    /// The server closes a connection. Its last words name nobody.
    fn dismiss(&mut self, client: usize) {
        self.model.conns.remove(&client);
        if let Some(frames) = self.seen.get_mut(&client) {
            frames.retain(|frame| !matches!(frame, Frame::Err(text) if !has_mark(text)));
        }
    }

    /// A connection follows the configuration in force from now on.
    fn follow(&mut self, client: usize) -> Verdict<()> {
        let (setups, in_force) = (self.model.setups.clone(), self.model.in_force);
        let Some(conn) = self.model.conns.get_mut(&client) else {
            return Ok(());
        };
        let before = conn.permissions(&setups);
        if setups[in_force]
            .user(&conn.user)
            .is_none_or(|user| user.account != conn.account)
        {
            self.dismiss(client);
            return Ok(());
        }
        conn.setup = in_force;
        let now = conn.permissions(&setups);
        if now == before {
            return Ok(());
        }
        if now.is_none_or(|lists| lists.allow_responses.is_none()) {
            conn.grants.clear();
        }
        let Some(lists) = now else { return Ok(()) };
        let is_lost = |sub: &mut Sub| !names::may_subscribe(lists, &sub.subject, sub.queue.as_deref());
        let lost: Vec<Sub> = conn.subs.extract_if(.., is_lost).collect();
        for sub in lost {
            let what = described(&sub);
            self.expect_error(client, &format!("Subscription to {what} (sid \"{}\")", sub.sid))?;
        }
        Ok(())
    }

    fn subscribe(&mut self, client: usize, sub: &Sub) -> Verdict<()> {
        let setups = self.model.setups.clone();
        let Some(conn) = self.model.conns.get_mut(&client) else {
            return Ok(());
        };
        let lists = conn.permissions(&setups);
        if lists.is_some_and(|lists| !names::may_subscribe(lists, &sub.subject, sub.queue.as_deref())) {
            return self.expect_error(client, &format!("Subscription to {}", described(sub)));
        }
        if conn.subs.iter().all(|known| known.sid != sub.sid) {
            conn.subs.push(sub.clone());
        }
        Ok(())
    }

    fn unsubscribe(&mut self, client: usize, sid: usize, max: u64) {
        let Some(conn) = self.model.conns.get_mut(&client) else {
            return;
        };
        conn.subs.retain_mut(|sub| {
            let is_meant = sub.sid == sid.to_string();
            if is_meant {
                sub.max = max;
            }
            !is_meant || max > sub.delivered
        });
    }

    fn publish(
        &mut self,
        client: usize,
        subject: &str,
        reply: Option<&str>,
        headers: Headers,
        payload: &str,
    ) -> Verdict<()> {
        let Some(conn) = self.model.conns.get(&client) else {
            return Ok(());
        };
        let from = From {
            client: Some(client),
            account: conn.account,
            setup: conn.setup,
            is_imported: false,
            level: None,
        };
        if headers == Headers::Trace {
            let setups = self.model.setups.clone();
            if conn
                .permissions(&setups)
                .is_some_and(|lists| !names::may_publish(lists, TRACES))
            {
                return self.expect_error(client, &format!("Publish to \"{TRACES}\""));
            }
            self.publish_message(client, from, subject, reply, headers, payload)?;
            return self.expect_trace(from);
        }
        self.publish_message(client, from, subject, reply, headers, payload)
    }

    /// The trace of a message goes to the account of its publisher. It ends where other accounts begin.
    fn expect_trace(&mut self, from: From) -> Verdict<()> {
        let conns = self.model.conns.iter();
        let near = conns.clone().filter(|(_, conn)| conn.account == from.account);
        let mut names: BTreeSet<String> = near.map(|(client, _)| name_of(*client)).collect();
        let imports = &self.model.setups[from.setup].accounts[from.account].service_imports;
        let others = imports.iter().map(|import| import.from).chain([from.account]);
        names.extend(others.map(account_name));
        let imports = |conn: &Conn| {
            let mut streams = self.model.setups[conn.setup].accounts[conn.account]
                .stream_imports
                .iter();
            streams.any(|import| import.from == from.account)
        };
        names.extend(
            conns
                .filter(|(_, conn)| imports(conn))
                .map(|(_, conn)| account_name(conn.account)),
        );
        names.insert(SERVER.to_owned());
        let event = Message {
            reply: None,
            lines: Vec::new(),
            info: None,
            payload: Payload::Trace(names),
        };
        self.deliver(from.account, TRACES, &event, None, false).map(|_| ())
    }

    fn publish_message(
        &mut self,
        client: usize,
        from: From,
        subject: &str,
        reply: Option<&str>,
        headers: Headers,
        payload: &str,
    ) -> Verdict<()> {
        let no_responders = self.model.conns.get(&client).is_some_and(|conn| conn.no_responders);
        let subject = self.mapped(from, from.account, subject);
        if !self.model.may_publish(client, &subject) {
            return self.expect_error(client, &format!("Publish to \"{subject}\""));
        }
        let message = Message {
            reply: reply.map(str::to_owned),
            lines: headers.lines(),
            info: None,
            payload: Payload::Text(payload.to_owned()),
        };
        let delivered = self.publish_in(from.account, &subject, &message, from)?;
        match reply.filter(|_| !delivered && no_responders) {
            Some(reply) => self.expect_no_responders(client, &subject, reply),
            None => Ok(()),
        }
    }

    /// What the mappings of an account make of a subject.
    fn mapped(&mut self, from: From, account: usize, subject: &str) -> String {
        let subject = self.model.resolved(subject);
        let setups = self.model.setups.clone();
        let mut rules = setups[from.setup].accounts[account].mappings.iter();
        let Some(rule) = rules.find(|rule| names::matches(&subject, &rule.source)) else {
            return subject;
        };
        let total: u8 = rule.destinations.iter().map(|(_, weight)| weight).sum();
        let outcomes = rule.destinations.len() + usize::from(total < 100);
        let chosen = if outcomes > 1 { self.choices.pick(outcomes) } else { 0 };
        match rule.destinations.get(chosen) {
            Some((to, _)) => names::rename(&subject, &rule.source, to),
            None => subject,
        }
    }

    /// A message is in an account, on a subject after mapping. Returns whether anyone got it, there or elsewhere.
    fn publish_in(&mut self, account: usize, subject: &str, message: &Message, from: From) -> Verdict<bool> {
        let mut delivered = self.deliver(account, subject, message, from.client, from.is_imported)?;
        let answered = self.model.pending_on(account, subject);
        let answered = answered.map(|at| self.take(at, message));
        let setups = self.model.setups.clone();
        for import in &setups[from.setup].accounts[account].service_imports {
            let local = import
                .to
                .as_ref()
                .map_or(import.subject.clone(), |to| names::pattern_of(to));
            if names::matches(&self.model.resolved(subject), &local) {
                delivered |= self.request(account, import, subject, message, from)?;
            }
        }
        if let Some(pending) = answered {
            delivered |= self.respond(&pending, message, from)?;
        }
        Ok(delivered)
    }

    fn request(
        &mut self,
        account: usize,
        import: &ServiceImport,
        subject: &str,
        message: &Message,
        from: From,
    ) -> Verdict<bool> {
        let setups = self.model.setups.clone();
        let Some(export) = setups[from.setup].service(import) else {
            return Err("the model has an import without an export".to_owned());
        };
        let level = match from.level {
            None => Level {
                detailed: import.share,
                server: import.share,
                share: import.share,
            },
            Some(before) => Level {
                server: before.server || (!before.share && import.share),
                share: import.share,
                ..before
            },
        };
        let measured = export.latency.as_ref().map(|subject| Measured {
            subject: subject.clone(),
            marks: self.marks(from, import.share),
        });
        let reply = match (&message.reply, measured) {
            (None, Some(measured)) => {
                self.measure(import.from, &measured, &[400], Vec::new())?;
                None
            }
            (None, None) => None,
            (Some(reply), measured) => {
                let (kind, threshold_ms) = (export.response, export.threshold_ms);
                Some(self.expect_answer((import.from, account), reply, kind, threshold_ms, measured))
            }
        };
        let requester = from.client.filter(|_| level.detailed).and_then(|client| {
            let conn = self.model.conns.get(&client)?;
            Some((conn.user.clone(), name_of(client)))
        });
        let to = match &import.to {
            None => self.model.resolved(subject),
            // A literal subject has one name for all that match.
            Some(to) if names::has_wildcard(&import.subject) => {
                names::original(&self.model.resolved(subject), &import.subject, to)
            }
            Some(_) => import.subject.clone(),
        };
        let request = Message {
            reply: reply.as_ref().map(|(_, subject)| subject.clone()),
            lines: message.lines_elsewhere(),
            info: Some(Info {
                account: account_name(from.account),
                service: (account != from.account).then(|| account_name(account)),
                server: level.server,
                requester,
            }),
            payload: message.payload.clone(),
        };
        let from = From {
            level: Some(level),
            is_imported: true,
            ..from
        };
        let to = self.mapped(from, import.from, &to);
        let delivered = self.publish_in(import.from, &to, &request, from)?;
        if !delivered && let Some((number, _)) = reply {
            let ended = self.model.pending.iter().position(|pending| pending.number == number);
            let ended = ended.map(|at| self.model.pending.remove(at));
            if let Some(measured) = ended.and_then(|pending| pending.measured) {
                self.measure(import.from, &measured, &[503], Vec::new())?;
            }
        }
        Ok(delivered)
    }

    /// An account waits for an answer of another one. Returns the number and the subject of it.
    fn expect_answer(
        &mut self,
        (account, to): (usize, usize),
        reply: &str,
        kind: ResponseKind,
        threshold_ms: u64,
        measured: Option<Measured>,
    ) -> (usize, String) {
        self.model.requests += 1;
        let number = self.model.requests;
        let subject = format!("_R_.#t{account}.#k{number}");
        self.model.pending.push(Pending {
            number,
            account,
            subject: subject.clone(),
            to,
            reply: reply.to_owned(),
            kind,
            threshold_ms,
            since_ms: self.model.now_ms,
            measured,
        });
        (number, subject)
    }

    /// A request is answered; it ends unless it may have more answers.
    fn take(&mut self, at: usize, message: &Message) -> Pending {
        let is_last = match self.model.pending[at].kind {
            ResponseKind::Single => true,
            ResponseKind::Stream | ResponseKind::Chunked => message.is_empty(),
        };
        if is_last {
            return self.model.pending.remove(at);
        }
        self.model.pending[at].since_ms = self.model.now_ms;
        Pending {
            measured: None,
            ..self.model.pending[at].clone()
        }
    }

    fn respond(&mut self, pending: &Pending, message: &Message, from: From) -> Verdict<bool> {
        let back = message.reply.as_ref().map(|reply| {
            let accounts = (pending.to, pending.account);
            self.expect_answer(accounts, reply, pending.kind, pending.threshold_ms, None)
        });
        let from = From {
            level: None,
            is_imported: true,
            ..from
        };
        let response = Message {
            reply: back.as_ref().map(|(_, subject)| subject.clone()),
            ..message.clone()
        };
        let to = self.mapped(from, pending.to, &pending.reply);
        let delivered = self.publish_in(pending.to, &to, &response, from)?;
        if !delivered {
            // Nobody waits for more answers, nor for one to this answer.
            let ended = [Some(pending.number), back.map(|(number, _)| number)];
            self.model
                .pending
                .retain(|pending| !ended.contains(&Some(pending.number)));
        }
        if let Some(measured) = &pending.measured {
            let status: &[u16] = if delivered { &[200] } else { &[408] };
            let responder = self.marks(from, true);
            self.measure(pending.account, measured, status, responder)?;
        }
        Ok(delivered)
    }

    /// The names that tell who someone is.
    fn marks(&self, from: From, detailed: bool) -> Vec<String> {
        let mut marks = vec![account_name(from.account)];
        if detailed {
            marks.push(SERVER.to_owned());
            let conn = from
                .client
                .and_then(|client| Some((client, self.model.conns.get(&client)?)));
            marks.extend(
                conn.into_iter()
                    .flat_map(|(client, conn)| [conn.user.clone(), name_of(client)]),
            );
        }
        marks
    }

    /// A measurement is published in the account of the service. `answered`: who answered. It is known for a response only.
    fn measure(
        &mut self,
        account: usize,
        measured: &Measured,
        status: &'static [u16],
        answered: Vec<String>,
    ) -> Verdict<()> {
        let responder = if *status == [200] { answered } else { Vec::new() };
        let event = Message {
            reply: None,
            lines: Vec::new(),
            info: None,
            payload: Payload::Latency {
                status,
                marks: measured.marks.iter().cloned().chain(responder).collect(),
            },
        };
        self.deliver(account, &measured.subject, &event, None, false)
            .map(|_| ())
    }

    fn pass(&mut self, now_ms: u64) -> Verdict<()> {
        self.model.now_ms = now_ms;
        let is_late = |pending: &mut Pending| pending.since_ms + pending.threshold_ms <= now_ms;
        let late: Vec<Pending> = self.model.pending.extract_if(.., is_late).collect();
        for pending in late {
            if let Some(measured) = &pending.measured {
                self.measure(pending.account, measured, &[504, 408], Vec::new())?;
            }
        }
        Ok(())
    }
}

/// The name that a client gives itself.
pub(super) fn name_of(client: usize) -> String {
    format!("{MARK}Name{client}")
}

pub(super) fn described(sub: &Sub) -> String {
    match &sub.queue {
        Some(queue) => format!("\"{}\" using queue \"{queue}\"", sub.subject),
        None => format!("\"{}\"", sub.subject),
    }
}
