//! Messages on their way to another account, and what became of them.
//!
//! Everything here is of one run: of the messages of one publisher that one loop handles together. It is empty when the
//! run is over.

use crate::delivery::Sender;
use crate::interest::account::Account;
use crate::plan::subject_space::Spaces;
use crate::random::Random;
use crate::services::imports::ServiceImport;
use crate::services::latency::Answered;
use crate::services::request_info::InfoLevel;
use crate::services::tokens::Tokens;
use crate::state::BrokerState;
use crate::trace::msgtrace::MsgTrace;
use nt_protocol::Publish;
use std::ops::Range;
use std::sync::Arc;

/// Who publishes the messages of a run.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    pub broker: Arc<BrokerState>,
    /// The account they are published in.
    pub account: Arc<Account>,
    /// What they find in other accounts.
    pub spaces: Arc<Spaces>,
    pub sender: Sender,
    /// The connection; `None`: the control plane.
    pub slot: Option<u32>,
    /// In the interest of the account.
    pub member: Option<u32>,
    /// Whether it is told that a request has no responders.
    pub no_responders: bool,
    /// Whether deliveries are logged.
    pub traced: bool,
}

impl Origin {
    /// The control plane, or the server itself. Not while interest is locked.
    pub fn server(broker: &Arc<BrokerState>, account: &Arc<Account>) -> Self {
        Self {
            broker: broker.clone(),
            account: account.clone(),
            spaces: broker.lock_plan().spaces().clone(),
            sender: Sender::SERVER,
            slot: None,
            member: broker.internal().member_in(account.id),
            no_responders: true,
            traced: false,
        }
    }
}

/// What happened to one message: one that was published, or one that went to another account because of it.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// The message that it comes from; `None`: it is the published one.
    pub parent: Option<u32>,
    /// Whether anyone got it, here or in another account.
    pub delivered: bool,
    /// Whether the server itself sends it, while the messages of a client are handled.
    pub by_server: bool,
    /// Of a request.
    pub request: Option<Request>,
    /// The token of the response that an account waits for because of it.
    pub token: Option<u64>,
    /// Of a published message whose publisher is told when it has no responders.
    pub status: Option<Status>,
    pub rare: Option<Box<Rare>>,
}

/// What few messages have.
#[derive(Debug, Default)]
pub(super) struct Rare {
    /// The account that waits for a response to an answer.
    pub asked: Option<Arc<Account>>,
    /// Of a response of several: under which token of which account more of them are waited for.
    pub more: Option<(Arc<Account>, u64)>,
    /// What is measured of a response.
    pub answered: Option<Answered>,
    /// The trace of a published message, until all is settled.
    pub trace: Option<Box<MsgTrace>>,
}

/// A request on its way.
#[derive(Debug)]
pub(super) struct Request {
    pub import: Arc<ServiceImport>,
    pub info: InfoLevel,
}

/// What the publisher of a request without responders is told: where its subject and its reply are in the texts.
#[derive(Debug)]
pub(super) struct Status {
    start: usize,
    reply: usize,
    end: usize,
}

impl Outcome {
    /// Of a message that comes from another one.
    pub fn of(parent: u32) -> Self {
        Self {
            parent: Some(parent),
            ..Self::default()
        }
    }

    /// The account that waits for the response with its token.
    pub fn asked(&self) -> Option<&Arc<Account>> {
        let request = self.request.as_ref().map(|request| request.import.exporter());
        request.or_else(|| self.rare.as_ref()?.asked.as_ref())
    }

    pub fn rare_mut(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }
}

/// A message that is to be published in another account.
#[derive(Debug)]
pub(super) struct Crossing {
    /// Where the account it goes to is in those of the batch.
    to: u32,
    /// `None`: it is a message of the server itself, to which no mapping applies.
    pub outcome: Option<u32>,
    /// `None`: it is not traced.
    pub traced: Option<Traced>,
    form: Form,
}

/// What the trace of a message tells of its way to another account.
#[derive(Debug)]
pub(super) struct Traced {
    /// The subject that it had before.
    pub from: Box<[u8]>,
    /// Whether the trace goes on in the account that it goes to.
    pub goes_on: bool,
}

/// Where the parts of a message are in the bytes of its batch.
#[derive(Debug)]
struct Form {
    subject: Range<usize>,
    /// `[reply ][hdr ]size CRLF body CRLF`.
    tail: Range<usize>,
    reply: Option<Range<usize>>,
    size: Range<usize>,
    body: Range<usize>,
    header_len: usize,
    has_headers: bool,
}

/// Messages that were set aside together, in their order.
#[derive(Debug, Default)]
pub(super) struct Batch {
    bytes: Vec<u8>,
    list: Vec<Crossing>,
    /// The accounts that they go to, one for each change.
    accounts: Vec<Arc<Account>>,
    /// How many are published.
    done: usize,
}

impl Batch {
    pub fn is_empty(&self) -> bool {
        self.done == self.list.len()
    }

    /// The next one that is to be published.
    pub fn next(&self) -> Option<&Crossing> {
        self.list.get(self.done)
    }

    /// The account that the next one goes to.
    pub fn next_account(&self) -> Option<&Arc<Account>> {
        self.next().map(|crossing| &self.accounts[crossing.to as usize])
    }

    /// The next one is published.
    pub fn advance(&mut self) {
        self.done += 1;
    }

    /// One of its messages.
    pub fn message(&self, crossing: &Crossing) -> Publish<'_> {
        let form = &crossing.form;
        let part = |range: &Range<usize>| &self.bytes[range.clone()];
        Publish {
            subject: part(&form.subject),
            reply: form.reply.as_ref().map(part),
            has_headers: form.has_headers,
            header_len: form.header_len,
            body: part(&form.body),
            size_text: part(&form.size),
            tail: Some(part(&form.tail)),
        }
    }

    /// Adds a message.
    pub fn push(
        &mut self,
        to: &Arc<Account>,
        outcome: Option<u32>,
        subject: &[u8],
        reply: Option<&[u8]>,
        headers: &[u8],
        payload: &[u8],
    ) {
        let bytes = &mut self.bytes;
        let start = bytes.len();
        bytes.extend_from_slice(subject);
        let subject = start..bytes.len();
        let tail_start = bytes.len();
        let reply = reply.map(|reply| {
            let start = bytes.len();
            bytes.extend_from_slice(reply);
            bytes.push(b' ');
            start..bytes.len() - 1
        });
        let has_headers = !headers.is_empty();
        if has_headers {
            append_number(bytes, headers.len());
            bytes.push(b' ');
        }
        let size_start = bytes.len();
        append_number(bytes, headers.len() + payload.len());
        let size = size_start..bytes.len();
        bytes.extend_from_slice(b"\r\n");
        let body_start = bytes.len();
        bytes.extend_from_slice(headers);
        bytes.extend_from_slice(payload);
        let body = body_start..bytes.len();
        bytes.extend_from_slice(b"\r\n");
        let form = Form {
            subject,
            tail: tail_start..bytes.len(),
            reply,
            size,
            body,
            header_len: headers.len(),
            has_headers,
        };
        if self.accounts.last().is_none_or(|last| !Arc::ptr_eq(last, to)) {
            self.accounts.push(to.clone());
        }
        self.list.push(Crossing {
            to: self.accounts.len() as u32 - 1,
            outcome,
            traced: None,
            form,
        });
    }

    /// The message that was added last is traced.
    pub fn trace_last(&mut self, traced: Traced) {
        if let Some(last) = self.list.last_mut() {
            last.traced = Some(traced);
        }
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.list.clear();
        self.accounts.clear();
        self.done = 0;
    }
}

/// Decimal digits.
fn append_number(bytes: &mut Vec<u8>, number: usize) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    let mut rest = number;
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    bytes.extend_from_slice(&digits[at..]);
}

/// What left its account in the run under way.
#[derive(Debug)]
pub(crate) struct Crossings {
    origin: Option<Origin>,
    pub(super) staged: Batch,
    outcomes: Vec<Outcome>,
    /// Those that outcomes refer to.
    texts: Vec<u8>,
    /// Memory of batches that are published.
    spare: Vec<Batch>,
    /// Who asks, as the headers of the last request say it: most requests of a run say the same.
    info: Option<(InfoLevel, Vec<u8>)>,
    tokens: Tokens,
    random: Random,
    /// Whether the message that is being published is traced, and has gone to another account.
    is_traced: bool,
}

/// Bytes of a batch that are kept for the next one.
const SPARE_BYTES: usize = 256 * 1024;

impl Crossings {
    /// None yet. `secret`: another one for each loop.
    pub fn new(secret: [u64; 2]) -> Self {
        Self {
            origin: None,
            staged: Batch::default(),
            outcomes: Vec::new(),
            texts: Vec::new(),
            spare: Vec::new(),
            info: None,
            tokens: Tokens::new(secret),
            random: Random::new(secret[1]),
            is_traced: false,
        }
    }

    /// Whether nothing has left its account.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.origin.is_none()
    }

    /// Who publishes; set with the first message that leaves its account.
    pub fn begin(&mut self, origin: impl FnOnce() -> Origin) {
        if self.origin.is_none() {
            self.origin = Some(origin());
        }
    }

    pub(super) fn origin(&self) -> Option<&Origin> {
        self.origin.as_ref()
    }

    pub(super) fn tokens(&mut self) -> &mut Tokens {
        &mut self.tokens
    }

    /// For sampling.
    pub(super) fn random(&mut self) -> &mut Random {
        &mut self.random
    }

    /// Who asks, as the headers of a request say it.
    pub(super) fn info(&mut self, level: InfoLevel, make: impl FnOnce(&Origin) -> Vec<u8>) -> &[u8] {
        let known = self.info.take().filter(|(known, _)| *known == level);
        let make = || self.origin.as_ref().map(make).unwrap_or_default();
        &self.info.insert(known.unwrap_or_else(|| (level, make()))).1
    }

    pub(super) fn outcome(&mut self, number: u32) -> &mut Outcome {
        &mut self.outcomes[number as usize]
    }

    /// The published message that an outcome is of.
    pub(super) fn root_of(&self, mut outcome: u32) -> u32 {
        while let Some(parent) = self.outcomes[outcome as usize].parent {
            outcome = parent;
        }
        outcome
    }

    /// The message that is being published is traced, and goes to another account.
    pub(super) fn note_traced(&mut self) {
        self.is_traced = true;
    }

    /// Takes the trace of the published message that an outcome is of.
    pub(super) fn take_trace(&mut self, outcome: u32) -> Option<Box<MsgTrace>> {
        let root = self.root_of(outcome);
        self.outcome(root).rare.as_mut()?.trace.take()
    }

    /// Puts it back.
    pub(super) fn put_trace(&mut self, outcome: u32, trace: Option<Box<MsgTrace>>) {
        let root = self.root_of(outcome);
        self.outcome(root).rare_mut().trace = trace;
    }

    /// What the publisher is told if nobody gets the message.
    pub(super) fn add_status(&mut self, subject: &[u8], reply: &[u8]) -> Status {
        let start = self.texts.len();
        self.texts.extend_from_slice(subject);
        let reply_start = self.texts.len();
        self.texts.extend_from_slice(reply);
        Status {
            start,
            reply: reply_start,
            end: self.texts.len(),
        }
    }

    /// Its subject and its reply.
    pub(super) fn status_texts(&self, status: &Status) -> (&[u8], &[u8]) {
        let Status { start, reply, end } = *status;
        (&self.texts[start..reply], &self.texts[reply..end])
    }

    /// Keeps the trace of the message that was published last until all is settled, if the message has gone to another
    /// account. Returns it otherwise.
    pub fn keep_trace(&mut self, trace: Box<MsgTrace>) -> Option<Box<MsgTrace>> {
        if !self.is_traced {
            return Some(trace);
        }
        self.is_traced = false;
        let last = self.outcomes.len().checked_sub(1)?;
        let root = self.root_of(last as u32);
        self.put_trace(root, Some(trace));
        None
    }

    /// All outcomes, to be settled.
    pub(super) fn take_outcomes(&mut self) -> Vec<Outcome> {
        std::mem::take(&mut self.outcomes)
    }

    /// Gives back the memory of outcomes that are settled.
    pub(super) fn reuse_outcomes(&mut self, mut settled: Vec<Outcome>) {
        settled.clear();
        debug_assert!(self.outcomes.is_empty(), "what the server itself says has no outcome");
        self.outcomes = settled;
    }

    /// Adds an outcome. Returns its number.
    pub(super) fn add_outcome(&mut self, mut outcome: Outcome) -> u32 {
        if let Some(parent) = outcome.parent {
            outcome.by_server = self.outcomes[parent as usize].by_server;
        }
        self.outcomes.push(outcome);
        self.outcomes.len() as u32 - 1
    }

    /// Whether a message has come by this import already: then it would go round in a circle.
    pub(super) fn has_come_by(&self, mut outcome: u32, import: &ServiceImport) -> bool {
        loop {
            let at = &self.outcomes[outcome as usize];
            if at
                .request
                .as_ref()
                .is_some_and(|request| request.import.is_same(import))
            {
                return true;
            }
            match at.parent {
                Some(parent) => outcome = parent,
                None => return false,
            }
        }
    }

    /// What was set aside since the last call.
    pub(super) fn take_staged(&mut self) -> Batch {
        let empty = self.spare.pop().unwrap_or_default();
        std::mem::replace(&mut self.staged, empty)
    }

    /// Gives back a batch that is published.
    pub(super) fn reuse(&mut self, mut batch: Batch) {
        debug_assert!(batch.is_empty(), "every message is published");
        if self.spare.len() < 2 && batch.bytes.capacity() <= SPARE_BYTES {
            batch.clear();
            self.spare.push(batch);
        }
    }

    /// The run is over.
    pub(super) fn end(&mut self) -> Option<Origin> {
        debug_assert!(self.staged.is_empty() && self.outcomes.is_empty(), "all is settled");
        self.info = None;
        self.texts.clear();
        if self.texts.capacity() > SPARE_BYTES {
            self.texts = Vec::new();
        }
        self.origin.take()
    }
}
