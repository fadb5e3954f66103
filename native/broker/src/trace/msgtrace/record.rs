//! The record of one traced message: where it came in, what became of its subject, and who got it or did not.

use super::event::{Fields, TimedStep};
use super::headers::Headers;
use super::text;
use crate::connection::shared::ConnShared;
use crate::interest::Interest;
use crate::interest::account::Account;
use nt_subject::Matches;
use std::sync::Arc;

/// Why a subscription did not get a message.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Undelivered {
    NoEcho,
    Denied,
    AutoUnsubscribed,
    Slow,
}

impl Undelivered {
    fn text(self) -> &'static str {
        match self {
            Self::NoEcho => "Not delivered because of no echo",
            Self::Denied => "Not delivered because subscription denies this subject",
            Self::AutoUnsubscribed => "Not delivered because auto-unsubscribe exceeded",
            Self::Slow => "Not delivered because fast producer not stalled and consumer is slow",
        }
    }
}

/// The trace of one message.
#[derive(Debug)]
pub(crate) struct MsgTrace {
    /// The message is not delivered: only the trace is requested.
    only: bool,
    pub destination: Vec<u8>,
    pub(super) headers: Headers,
    pub(super) message_size: usize,
    /// The account that it was published in.
    account: Arc<Account>,
    /// The one that it is in now.
    at: Arc<Account>,
    /// The first one is where it came in.
    steps: Vec<(&'static str, Fields)>,
}

impl MsgTrace {
    /// Of a message that `connection` publishes in an account.
    pub(super) fn new(
        request: super::TraceRequest,
        destination: Vec<u8>,
        message_size: usize,
        subject: &[u8],
        account: &Arc<Account>,
        connection: &ConnShared,
    ) -> Self {
        let arrival = Fields {
            acc: Some(account.name.clone()),
            subj: Some(text(subject)),
            ..Fields::of(connection)
        };
        Self {
            only: request.only,
            destination,
            headers: request.headers,
            message_size,
            account: account.clone(),
            at: account.clone(),
            steps: vec![("in", arrival)],
        }
    }

    /// The message was refused.
    pub fn refused(&mut self, text: &str) {
        self.steps[0].1.error = Some(text.to_owned());
    }

    /// Adds the subject that a mapping gave the message.
    pub fn mapped(&mut self, to: &[u8]) {
        let to = Some(text(to));
        self.steps.push((
            "sm",
            Fields {
                to,
                ..Fields::default()
            },
        ));
    }

    /// It goes to another account as a request.
    pub fn goes_to_service(&mut self, account: &Account, from: &[u8], to: &[u8]) {
        let fields = Fields {
            acc: Some(account.name.clone()),
            from: Some(text(from)),
            to: Some(text(to)),
            ..Fields::default()
        };
        self.steps.push(("si", fields));
    }

    /// The account that it was published in: its trace goes there.
    pub fn account(&self) -> &Arc<Account> {
        &self.account
    }

    /// What follows happens in this account.
    pub fn enter(&mut self, account: &Arc<Account>) {
        self.at = account.clone();
    }

    /// Adds a delivery, or why there was none. `name`: what the subscriber calls the subject.
    pub fn add(&mut self, interest: &Interest, sub: u32, name: &[u8], why: Option<Undelivered>) {
        let sub = interest.subscription(sub);
        let Some(shared) = interest.member_of(sub).destination().connection() else {
            return;
        };
        let importer = sub.original().and_then(|original| original.account.upgrade());
        if let (Some(importer), Some(import)) = (&importer, sub.import()) {
            self.add_export(importer, name);
            if !import.allows_trace() {
                return;
            }
        }
        let account = importer.as_ref().unwrap_or(&self.at);
        let is_elsewhere = !Arc::ptr_eq(account, &self.account);
        let fields = Fields {
            acc: is_elsewhere.then(|| account.name.clone()),
            sub: Some(text(&interest.subject_of(sub))),
            queue: sub.queue().map(text),
            error: why.map(|why| why.text().to_owned()),
            ..Fields::of(shared)
        };
        self.steps.push(("eg", fields));
    }

    /// Another account imports it.
    fn add_export(&mut self, importer: &Account, name: &[u8]) {
        let fields = Fields {
            acc: Some(importer.name.clone()),
            to: Some(text(name)),
            ..Fields::default()
        };
        self.steps.push(("se", fields));
    }

    /// Whether the message is not delivered: only the trace is requested.
    pub fn is_only_trace(&self) -> bool {
        self.only
    }

    /// Adds subscriptions that match and are no targets, since their users may not receive this subject; those of a
    /// queue group only where no member may.
    pub fn add_denied(&mut self, interest: &Interest, subject: &[u8]) {
        let mut found = Matches::new();
        interest.matches(subject, &mut found);
        let member_of = |id: u32| interest.member_of(interest.subscription(id));
        let is_member = |id: &u32| !member_of(*id).is_removed();
        let denied = |id: u32| {
            let sub = interest.subscription(id);
            let permissions = member_of(id).permissions();
            permissions.is_some_and(|p| !p.may_receive(&sub.name_of(subject), sub.queue()))
        };
        let plain = found.plain.iter().copied().filter(is_member).filter(|&id| denied(id));
        let members = |ids: &'_ [u32]| ids.iter().copied().filter(is_member).collect::<Vec<_>>();
        let groups = found.groups().map(|(_, ids)| members(ids));
        let queued = groups.filter(|ids| ids.iter().all(|&id| denied(id))).flatten();
        for id in plain.chain(queued) {
            let name = interest.subscription(id).name_of(subject);
            self.add(interest, id, &name, Some(Undelivered::Denied));
        }
    }

    /// What happened, all at one moment.
    pub(super) fn timed<'a>(&'a self, ts: &'a str) -> Vec<TimedStep<'a>> {
        let steps = self.steps.iter();
        steps
            .map(|(station, fields)| TimedStep { station, ts, fields })
            .collect()
    }
}
