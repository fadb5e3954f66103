//! Messages that were set aside together: on their way to other accounts, in their order.
//!
//! A message is written once, as it will be delivered. What is not known yet is filled in when the tables of pending
//! responses are looked at: the place in a reply subject, and where an answer goes.

use crate::interest::account::Account;
use crate::services::imports::ResponseKind;
use crate::services::latency::Measured;
use crate::services::pending_table::{self, Table, Taken};
use crate::services::tokens::{Token, write_place};
use nt_protocol::Publish;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// A message that is to be published in another account.
#[derive(Debug)]
pub(super) struct Crossing {
    /// Where the account that it goes to is in those of the batch; of an answer that was not looked up, the account that
    /// answers.
    account: u32,
    /// `None`: it is a message of the server itself, to which no mapping applies.
    pub outcome: Option<u32>,
    look_up: LookUp,
    /// `None`: it is not traced.
    pub traced: Option<Box<Traced>>,
    form: Form,
}

/// What a message needs of the pending responses of its account.
#[derive(Debug)]
pub(super) enum LookUp {
    /// Nothing.
    None,
    /// To wait for the response to it. Which one of those of the batch.
    Request(u32),
    /// It may be the response to a request. `asks_back`: its reply subject is to be replaced.
    Answer { token: Token, asks_back: bool },
    /// It goes nowhere: nobody waits for it, or too many wait.
    Ended,
}

/// How a response is to be waited for.
#[derive(Debug)]
pub(super) struct Wait {
    pub kind: ResponseKind,
    pub threshold: Duration,
    pub measured: Option<Box<Measured>>,
}

/// A request that gets its place when the table is looked at.
#[derive(Debug)]
struct Waiting {
    secret: u64,
    /// Where the account of the requester is in those of the batch.
    to: u32,
    /// The subject that it waits on.
    reply: Range<usize>,
    wait: Wait,
}

/// What the trace of a message tells of its way to another account.
#[derive(Debug)]
pub(super) struct Traced {
    /// The subject that it had before.
    pub from: Box<[u8]>,
    /// Whether the trace goes on in the account that it goes to.
    pub goes_on: bool,
}

/// Where the parts of a message are in the bytes of its batch: its subject, and `[reply ][hdr ]size CRLF body CRLF`.
#[derive(Debug)]
struct Form {
    subject: (usize, usize),
    tail: usize,
    /// 0: there is none.
    reply_len: usize,
    size_len: usize,
    body: usize,
    header_len: usize,
    end: usize,
}

/// Messages in their order.
#[derive(Debug, Default)]
pub(super) struct Batch {
    bytes: Vec<u8>,
    list: Vec<Crossing>,
    /// The accounts that they come from and go to.
    accounts: Vec<Arc<Account>>,
    waiting: Vec<Waiting>,
    /// How many are published.
    done: usize,
}

impl Batch {
    pub fn is_empty(&self) -> bool {
        self.done == self.list.len()
    }

    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// The next one that is to be published.
    pub fn next(&self) -> Option<&Crossing> {
        self.list.get(self.done)
    }

    /// The account that the next one goes to.
    pub fn next_account(&self) -> Option<&Arc<Account>> {
        self.next().map(|crossing| &self.accounts[crossing.account as usize])
    }

    /// The next one is published.
    pub fn advance(&mut self) {
        self.done += 1;
    }

    /// One of its messages.
    pub fn message(&self, crossing: &Crossing) -> Publish<'_> {
        let form = &crossing.form;
        let reply = &self.bytes[form.tail..form.tail + form.reply_len];
        let size_end = form.body - 2;
        Publish {
            subject: &self.bytes[form.subject.0..form.subject.1],
            reply: (form.reply_len > 0).then_some(reply),
            has_headers: form.header_len > 0,
            header_len: form.header_len,
            body: &self.bytes[form.body..form.end - 2],
            size_text: &self.bytes[size_end - form.size_len..size_end],
            tail: Some(&self.bytes[form.tail..form.end]),
        }
    }

    /// Adds a message. `reply`: empty if there is none.
    pub fn push(
        &mut self,
        to: &Arc<Account>,
        outcome: Option<u32>,
        subject: &[u8],
        reply: &[u8],
        headers: &[u8],
        payload: &[u8],
    ) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(subject);
        let subject = (start, self.bytes.len());
        let form = self.append(subject, reply, headers, payload);
        self.add(to, outcome, form);
    }

    /// Adds what may be the answer to a request that `from` knows by this token. `headers`: others than its own.
    pub fn push_answer(
        &mut self,
        from: &Arc<Account>,
        outcome: u32,
        message: &Publish<'_>,
        headers: Option<&[u8]>,
        (token, asks_back): (Token, bool),
    ) {
        // The subject is not known yet.
        let start = self.bytes.len();
        let subject = (start, start);
        let form = match message.tail {
            // It goes on as it came.
            Some(tail) if headers.is_none() && message.has_headers == (message.header_len > 0) => {
                self.bytes.extend_from_slice(tail);
                let end = self.bytes.len();
                Form {
                    subject,
                    tail: start,
                    reply_len: message.reply.map_or(0, <[u8]>::len),
                    size_len: message.size_text.len(),
                    body: end - 2 - message.body.len(),
                    header_len: message.header_len,
                    end,
                }
            }
            _ => {
                let (own, payload) = message.body.split_at(message.header_len);
                let reply = message.reply.unwrap_or_default();
                self.append(subject, reply, headers.unwrap_or(own), payload)
            }
        };
        self.add(from, Some(outcome), form);
        self.set_look_up_of_last(LookUp::Answer { token, asks_back });
    }

    /// The message that was added last is a request, whose response goes to `reply` of an account.
    pub fn await_response_to_last(&mut self, to: &Arc<Account>, reply: &[u8], secret: u64, wait: Wait) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(reply);
        let waiting = Waiting {
            secret,
            to: self.number_of(to),
            reply: start..self.bytes.len(),
            wait,
        };
        self.set_look_up_of_last(LookUp::Request(self.waiting.len() as u32));
        self.waiting.push(waiting);
    }

    /// The message that was added last is traced.
    pub fn trace_last(&mut self, traced: Traced) {
        if let Some(last) = self.list.last_mut() {
            last.traced = Some(Box::new(traced));
        }
    }

    fn set_look_up_of_last(&mut self, look_up: LookUp) {
        if let Some(last) = self.list.last_mut() {
            last.look_up = look_up;
        }
    }

    /// The account whose pending responses a message needs.
    pub fn table_of(&self, at: usize) -> Option<&Arc<Account>> {
        let crossing = self.list.get(at)?;
        let needs_it = matches!(crossing.look_up, LookUp::Request(_) | LookUp::Answer { .. });
        needs_it.then(|| &self.accounts[crossing.account as usize])
    }

    /// What a message needs of the pending responses of its account. It needs nothing from now on.
    pub fn take_look_up(&mut self, at: usize) -> LookUp {
        std::mem::replace(&mut self.list[at].look_up, LookUp::None)
    }

    /// Makes the account of a request wait for the response. Returns under which token, and how long; `None`: too many
    /// wait, and the request goes nowhere.
    pub fn place_request(
        &mut self,
        at: usize,
        number: u32,
        table: &mut Table,
        now_ns: u64,
    ) -> Option<(Token, Duration)> {
        let crossing = &mut self.list[at];
        let waiting = &mut self.waiting[number as usize];
        let threshold = waiting.wait.threshold;
        let request = pending_table::Request {
            secret: waiting.secret,
            to: &self.accounts[waiting.to as usize],
            reply: &self.bytes[waiting.reply.clone()],
            kind: waiting.wait.kind,
            threshold,
            measured: waiting.wait.measured.take(),
        };
        let Some(token) = table.insert(request, now_ns) else {
            crossing.look_up = LookUp::Ended;
            return None;
        };
        write_place(token.place, &mut self.bytes[crossing.form.reply()]);
        Some((token, threshold))
    }

    /// Lets an answer go where it is waited for. `None`: nobody waits for it.
    pub fn take_answer(&mut self, at: usize, token: Token, table: &mut Table, now_ns: u64) -> Option<Taken> {
        let form = &mut self.list[at].form;
        let is_empty = form.body + 2 == form.end;
        let start = self.bytes.len();
        let taken = table.take(token, is_empty, now_ns, &mut self.bytes);
        form.subject = (start, self.bytes.len());
        let to = taken.as_ref().and_then(|taken| table.importer(taken.importer));
        let Some(to) = to else {
            self.list[at].look_up = LookUp::Ended;
            return None;
        };
        self.list[at].account = self.number_of(to);
        taken
    }

    /// The account that a message goes to.
    pub fn account_of(&self, at: usize) -> &Arc<Account> {
        &self.accounts[self.list[at].account as usize]
    }

    /// A message goes to another account than it says.
    pub fn redirect(&mut self, at: usize, to: &Arc<Account>) {
        self.list[at].account = self.number_of(to);
    }

    /// An answer asks back: the account that it goes to waits for the response, which goes to `from`.
    pub fn ask_back(&mut self, at: usize, from: &Arc<Account>, secret: u64, wait: Wait) {
        let crossing = &self.list[at];
        let form = &crossing.form;
        let (subject, reply) = (form.subject, form.reply());
        let body = self.bytes[form.body..form.end - 2].to_vec();
        let (headers, payload) = body.split_at(form.header_len);
        let to = self.accounts[crossing.account as usize].clone();
        let unplaced = to.responses().subjects().unplaced(secret);
        self.list[at].form = self.append(subject, &unplaced, headers, payload);
        self.list[at].look_up = LookUp::Request(self.waiting.len() as u32);
        let to = self.number_of(from);
        self.waiting.push(Waiting {
            secret,
            to,
            reply,
            wait,
        });
    }

    /// What happens to a message that was set aside is told elsewhere.
    pub fn set_outcome(&mut self, at: usize, outcome: u32) {
        self.list[at].outcome = Some(outcome);
    }

    /// One of its messages.
    pub fn crossing(&self, at: usize) -> &Crossing {
        &self.list[at]
    }

    fn add(&mut self, account: &Arc<Account>, outcome: Option<u32>, form: Form) {
        let account = self.number_of(account);
        self.list.push(Crossing {
            account,
            outcome,
            look_up: LookUp::None,
            traced: None,
            form,
        });
    }

    /// Where an account is in those of the batch. Most batches have two.
    fn number_of(&mut self, account: &Arc<Account>) -> u32 {
        let last = self.accounts.len().saturating_sub(2);
        let known = self.accounts[last..]
            .iter()
            .position(|known| Arc::ptr_eq(known, account));
        known.map_or_else(
            || {
                self.accounts.push(account.clone());
                self.accounts.len() as u32 - 1
            },
            |at| (last + at) as u32,
        )
    }

    /// Writes what follows the subject of a message.
    fn append(&mut self, subject: (usize, usize), reply: &[u8], headers: &[u8], payload: &[u8]) -> Form {
        let bytes = &mut self.bytes;
        let tail = bytes.len();
        if !reply.is_empty() {
            bytes.extend_from_slice(reply);
            bytes.push(b' ');
        }
        if !headers.is_empty() {
            append_number(bytes, headers.len());
            bytes.push(b' ');
        }
        let size = bytes.len();
        append_number(bytes, headers.len() + payload.len());
        let size_len = bytes.len() - size;
        bytes.extend_from_slice(b"\r\n");
        let body = bytes.len();
        bytes.extend_from_slice(headers);
        bytes.extend_from_slice(payload);
        bytes.extend_from_slice(b"\r\n");
        Form {
            subject,
            tail,
            reply_len: reply.len(),
            size_len,
            body,
            header_len: headers.len(),
            end: bytes.len(),
        }
    }

    /// Bytes there is room for.
    pub fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// Forgets all messages, and keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.list.clear();
        self.accounts.clear();
        self.waiting.clear();
        self.done = 0;
    }
}

impl Crossing {
    /// Whether it goes nowhere.
    pub fn has_ended(&self) -> bool {
        matches!(self.look_up, LookUp::Ended)
    }
}

impl Form {
    fn reply(&self) -> Range<usize> {
        self.tail..self.tail + self.reply_len
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
