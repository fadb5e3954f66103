//! Messages that were set aside are looked up in the tables of pending responses, before they are published.
//!
//! A request gets its place in the table of the account that is to answer it, and an answer is told where it goes. The
//! table is locked once for messages in a row that need the same one, and no interest is locked meanwhile.

use crate::faults::Fault;
use crate::interest::account::Account;
use crate::services::batch::{Batch, LookUp, Wait};
use crate::services::crossing::Outcome;
use crate::services::pending_table::{Table, Taken};
use crate::services::tokens::Token;
use crate::shard::Shard;
use std::sync::Arc;
use std::time::Duration;

impl Shard {
    /// Takes what was set aside, ready to be published.
    pub(super) fn take_staged(&mut self) -> Batch {
        let mut batch = self.crossings.take_staged();
        // What asks back while it answers is looked up twice.
        while self.look_up_all(&mut batch) {}
        batch
    }

    /// Returns whether something is still to be looked up.
    fn look_up_all(&mut self, batch: &mut Batch) -> bool {
        let (mut at, mut again) = (0, false);
        while at < batch.len() {
            let Some(account) = batch.table_of(at).cloned() else {
                at += 1;
                continue;
            };
            let mut pending = account.responses().lock();
            let mut waits: Option<Duration> = None;
            while batch.table_of(at).is_some_and(|next| Arc::ptr_eq(next, &account)) {
                match batch.take_look_up(at) {
                    LookUp::Request(number) => {
                        let placed = self.place_request(batch, at, number, &mut pending);
                        waits = [waits, placed].into_iter().flatten().min();
                    }
                    LookUp::Answer { token, asks_back } => {
                        again |= self.take_answer(batch, at, (token, asks_back), &account, &mut pending);
                    }
                    LookUp::None | LookUp::Ended => {}
                }
                at += 1;
            }
            drop(pending);
            if let (Some(threshold), Some(origin)) = (waits, self.crossings.origin()) {
                let now_ns = self.delivery.now_ns();
                self.response_timers.watch(&origin.broker, &account, threshold, now_ns);
            }
        }
        again
    }

    /// Returns how long the response to a request is waited for.
    fn place_request(&mut self, batch: &mut Batch, at: usize, number: u32, table: &mut Table) -> Option<Duration> {
        let (token, threshold) = batch.place_request(at, number, table, self.delivery.now_ns())?;
        if let Some(outcome) = batch.crossing(at).outcome {
            self.crossings.outcome(outcome).token = Some(token);
        }
        Some(threshold)
    }

    /// Returns whether the response to an answer is to be looked up.
    fn take_answer(
        &mut self,
        batch: &mut Batch,
        at: usize,
        (token, asks_back): (Token, bool),
        account: &Arc<Account>,
        table: &mut Table,
    ) -> bool {
        let Some(taken) = batch.take_answer(at, token, table, self.delivery.now_ns()) else {
            return false;
        };
        if self.planted.is(Fault::ResponseToExporter) {
            batch.redirect(at, account);
        }
        if asks_back || taken.has_more || taken.measured.is_some() {
            self.add_unusual_answer(batch, at, (token, asks_back), account, taken);
        }
        asks_back
    }

    /// An answer of which more is to be told than whether someone got it.
    fn add_unusual_answer(
        &mut self,
        batch: &mut Batch,
        at: usize,
        (token, asks_back): (Token, bool),
        account: &Arc<Account>,
        taken: Taken,
    ) {
        let Some(parent) = batch.crossing(at).outcome else {
            return;
        };
        let now = self.delivery.now();
        let answered = taken
            .measured
            .map(|measured| measured.answered(self.responder(parent), now));
        let mut outcome = Outcome::of(parent);
        let rare = outcome.rare_mut();
        rare.answered = answered;
        rare.more = taken.has_more.then(|| (account.clone(), token));
        if asks_back {
            rare.asked = Some(batch.account_of(at).clone());
            let wait = Wait {
                kind: taken.kind,
                threshold: taken.threshold,
                measured: None,
            };
            let secret = self.crossings.secrets().next();
            batch.ask_back(at, account, secret, wait);
        }
        let outcome = self.crossings.add_outcome(outcome);
        batch.set_outcome(at, outcome);
    }
}
