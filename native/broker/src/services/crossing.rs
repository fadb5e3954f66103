//! Messages on their way to another account, and what became of them.
//!
//! Everything here is of one run: of the messages of one publisher that one loop handles together. It is empty when the
//! run is over.

use crate::delivery::Sender;
use crate::interest::account::Account;
use crate::plan::subject_space::Spaces;
use crate::random::Random;
use crate::services::batch::Batch;
use crate::services::imports::ServiceImport;
use crate::services::latency::Answered;
use crate::services::request_info::InfoLevel;
use crate::services::tokens::{Secrets, Token};
use crate::state::BrokerState;
use crate::trace::msgtrace::MsgTrace;
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
    /// Of a message that an account waits for the response to.
    pub token: Option<Token>,
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
    pub more: Option<(Arc<Account>, Token)>,
    /// What is measured of a response.
    pub answered: Option<Answered>,
    /// The trace of a published message, until all is settled.
    pub trace: Option<Box<MsgTrace>>,
}

/// A request on its way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request {
    /// Which of the imports of the run it comes by.
    import: u32,
    pub info: InfoLevel,
}

/// What the publisher of a request without responders is told: where its subject and its reply are in the texts.
#[derive(Debug)]
pub(super) struct Status {
    start: u32,
    reply: u32,
    end: u32,
}

impl Outcome {
    /// Of a message that comes from another one.
    pub fn of(parent: u32) -> Self {
        Self {
            parent: Some(parent),
            ..Self::default()
        }
    }

    pub fn rare_mut(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }
}

/// What left its account in the run under way.
#[derive(Debug)]
pub(crate) struct Crossings {
    origin: Option<Origin>,
    pub(super) staged: Batch,
    outcomes: Vec<Outcome>,
    /// The imports that requests come by, one for each change.
    imports: Vec<Arc<ServiceImport>>,
    /// Those that outcomes refer to.
    texts: Vec<u8>,
    /// Memory of batches that are published.
    spare: Vec<Batch>,
    /// The headers that say who asks, as in the last request: most requests of a run say the same.
    info: Option<(InfoLevel, Vec<u8>)>,
    secrets: Secrets,
    random: Random,
    /// Whether the message that is being published is traced, and has gone to another account.
    is_traced: bool,
}

/// Bytes of a batch that are kept for the next one.
const SPARE_BYTES: usize = 256 * 1024;

impl Crossings {
    /// None yet. `keys`: a secret, another one for each loop.
    pub fn new(keys: [u64; 2]) -> Self {
        Self {
            origin: None,
            staged: Batch::default(),
            outcomes: Vec::new(),
            imports: Vec::new(),
            texts: Vec::new(),
            spare: Vec::new(),
            info: None,
            secrets: Secrets::new(keys),
            random: Random::new(keys[1]),
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

    pub(super) fn secrets(&mut self) -> &mut Secrets {
        &mut self.secrets
    }

    /// For sampling.
    pub(super) fn random(&mut self) -> &mut Random {
        &mut self.random
    }

    /// Makes the headers that say who asks, unless they are known.
    pub(super) fn make_info(&mut self, level: InfoLevel, make: impl FnOnce(&Origin) -> Vec<u8>) {
        if self.info.as_ref().is_none_or(|(known, _)| *known != level) {
            self.info = self.origin.as_ref().map(|origin| (level, make(origin)));
        }
    }

    /// The headers that say who asks, and where messages are set aside.
    pub(super) fn info_and_staged(&mut self) -> (&[u8], &mut Batch) {
        let info = self.info.as_ref().map_or(&[][..], |(_, headers)| headers);
        (info, &mut self.staged)
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
        let start = self.texts.len() as u32;
        self.texts.extend_from_slice(subject);
        let reply_start = self.texts.len() as u32;
        self.texts.extend_from_slice(reply);
        Status {
            start,
            reply: reply_start,
            end: self.texts.len() as u32,
        }
    }

    /// Its subject and its reply.
    pub(super) fn status_texts(&self, status: &Status) -> (&[u8], &[u8]) {
        let [start, reply, end] = [status.start, status.reply, status.end].map(|at| at as usize);
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

    /// Adds the outcome of a request. Returns its number: that of the message it comes from, if nothing else comes of
    /// that.
    pub(super) fn add_request(
        &mut self,
        parent: u32,
        import: &Arc<ServiceImport>,
        info: InfoLevel,
        is_alone: bool,
    ) -> u32 {
        if self.imports.last().is_none_or(|last| !Arc::ptr_eq(last, import)) {
            self.imports.push(import.clone());
        }
        let request = Request {
            import: self.imports.len() as u32 - 1,
            info,
        };
        let known = &mut self.outcomes[parent as usize];
        if is_alone && known.request.is_none() && !known.delivered {
            known.request = Some(request);
            return parent;
        }
        self.add_outcome(Outcome {
            request: Some(request),
            ..Outcome::of(parent)
        })
    }

    /// The import that a request comes by.
    pub(super) fn import_of(&self, request: Request) -> &Arc<ServiceImport> {
        &self.imports[request.import as usize]
    }

    /// The account that waits for the response to a message.
    pub(super) fn asked<'a>(&'a self, outcome: &'a Outcome) -> Option<&'a Arc<Account>> {
        let request = outcome.request.map(|request| self.import_of(request).exporter());
        request.or_else(|| outcome.rare.as_ref()?.asked.as_ref())
    }

    /// Whether a message has come by this import already: then it would go round in a circle.
    pub(super) fn has_come_by(&self, mut outcome: u32, import: &ServiceImport) -> bool {
        loop {
            let at = &self.outcomes[outcome as usize];
            if at
                .request
                .is_some_and(|request| self.import_of(request).is_same(import))
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
        if self.spare.len() < 2 && batch.capacity() <= SPARE_BYTES {
            batch.clear();
            self.spare.push(batch);
        }
    }

    /// The run is over.
    pub(super) fn end(&mut self) -> Option<Origin> {
        debug_assert!(self.staged.is_empty() && self.outcomes.is_empty(), "all is settled");
        self.info = None;
        self.imports.clear();
        self.texts.clear();
        if self.texts.capacity() > SPARE_BYTES {
            self.texts = Vec::new();
        }
        self.origin.take()
    }
}
