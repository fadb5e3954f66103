//! Reload: a changed plan reaches the open connections it concerns.
//!
//! The new parts are put into force for new connections, and the difference names the connections it concerns: all of
//! them where the server's part has changed, otherwise those of some users and accounts. Every loop gets a [`Reload`]
//! by its inbox and gives the new parts to those of its connections that are named, which it finds in its bindings
//! (`bindings.rs`); the others are not visited. Only their loop changes them, so a message is checked by one plan as a
//! whole, and pays nothing for that. Connections whose permissions are the same notice nothing.
//!
//! Where permissions have changed, subscriptions that are not allowed any more are removed, in batches, so that no
//! other client waits for a connection with a million of them. With the last batch the account's interest is locked for
//! writing: what was routed before, by the old permissions, is delivered, the member gets the new ones, and the
//! interest's generation grows, which invalidates every cached result. The result that the publisher has kept is
//! dropped as well. Other mappings of an account need none of that: results are cached by the rules that made them
//! (`subject_space.rs`), so a connection that has the new part finds none of the old ones. A connection whose user is
//! in another account now is closed: its subscriptions would match other messages there, and none of them may end
//! without an error to the client. A connection that is moving between loops has the parts that are in force when it
//! leaves (`migrate.rs`), so the new loop has it when it handles its own [`Reload`].

use crate::client::admission::shown_user;
use crate::connection::Phase;
use crate::connection::close::CloseReason;
use crate::connection::removal::REMOVAL_BATCH;
use crate::interest::Interest;
use crate::interest::account::Account;
use crate::plan::account::AccountPlan;
use crate::plan::auth::{Decision, Proof, Question, Refusal};
use crate::plan::config::Config;
use crate::plan::in_force::{Affected, Identified, ServerPart};
use crate::plan::permissions::Permissions;
use crate::plan::users::User;
use crate::plan::{Plan, PlanError};
use crate::shard::Shard;
use crate::shard::event::{Event, LogLevel};
use crate::state::BrokerState;
use crate::trace::quote::quote;
use crate::trace::subscription_deleted;
use nt_protocol::ConnectOptions;
use parking_lot::RwLockWriteGuard;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// One change of the plan, until all loops have applied it.
#[derive(Debug)]
pub struct Reload {
    /// The broker.
    pub broker: Arc<BrokerState>,
    /// The number of the plan.
    pub number: u64,
    affected: Affected,
    /// Loops that have not applied it yet, and connections that wait for a decision because of it.
    left: AtomicUsize,
    visited: AtomicUsize,
}

/// What follows from a change of the plan.
#[derive(Debug)]
pub struct Reloading {
    /// To be put into every loop's inbox.
    pub reload: Arc<Reload>,
    /// Connections over the limit of the server: to be closed after it.
    pub over_limit: Vec<u64>,
    /// Connections over the limits of their accounts.
    pub over_account_limits: Vec<u64>,
}

impl BrokerState {
    /// Puts another plan into force. Only connections whose parts of it have changed are visited.
    pub fn reload(self: &Arc<Self>, plan: Plan, loops: usize) -> Reloading {
        let (number, affected) = self.put_into_force(plan);
        let accounts = self.accounts();
        self.reloading(number, affected, &accounts, loops)
    }

    /// Puts another configuration of the server into force; accounts and users stay. Every connection is visited.
    pub fn replace_server(self: &Arc<Self>, config: Config, loops: usize) -> Reloading {
        let (number, affected) = self.change_plan(|plan, _| plan.replace_server(config));
        self.reloading(number, affected, &[], loops)
    }

    /// Puts one account into force, or another plan for it. Only its connections are visited.
    pub fn replace_account(self: &Arc<Self>, account: AccountPlan, loops: usize) -> Result<Reloading, PlanError> {
        let (number, changed) = self.change_plan(|plan, ids| plan.replace_account(account, ids));
        let (affected, account) = changed?;
        Ok(self.reloading(number, affected, &[account], loops))
    }

    /// Puts one user into force, or another password, account or permissions for it. Only its connections are visited.
    pub fn replace_user(self: &Arc<Self>, user: User, loops: usize) -> Result<Reloading, PlanError> {
        let (number, affected) = self.change_plan(|plan, _| plan.replace_user(user));
        Ok(self.reloading(number, affected?, &[], loops))
    }

    /// `accounts`: those whose limits may be lower now.
    fn reloading(
        self: &Arc<Self>,
        number: u64,
        affected: Affected,
        accounts: &[Arc<Account>],
        loops: usize,
    ) -> Reloading {
        let reload = Arc::new(Reload {
            broker: self.clone(),
            number,
            affected,
            left: AtomicUsize::new(loops),
            visited: AtomicUsize::new(0),
        });
        Reloading {
            reload,
            over_limit: self.directory().over_limit(),
            over_account_limits: self.directory().over_account_limits(accounts),
        }
    }
}

impl Reload {
    /// A connection has to wait for a decision because of it: [`Self::acknowledge`] is called for that as well.
    pub(crate) fn expect_one_more(&self) {
        self.left.fetch_add(1, Ordering::AcqRel);
    }

    /// A loop has applied it and reported everything that followed. True for the last one, which has to report
    /// [`Event::Reloaded`].
    pub fn acknowledge(&self) -> bool {
        self.left.fetch_sub(1, Ordering::AcqRel) == 1
    }

    /// Connections that loops have visited for it.
    pub fn visited(&self) -> usize {
        self.visited.load(Ordering::Relaxed)
    }
}

/// A subscription that its owner may not have any more.
struct Lost {
    id: u32,
    subject: Vec<u8>,
    queue: Option<Vec<u8>>,
    sid: Box<[u8]>,
    /// It was removed for this reason, and had not ended before.
    removed: bool,
}

impl Shard {
    /// Gives the parts in force to the connections here that a reload concerns.
    pub(crate) fn apply_plan(&mut self, reload: Arc<Reload>) {
        let broker = &reload.broker;
        let slots = match &reload.affected {
            Affected::All => self.slots_of(broker),
            Affected::Of { users, accounts } => {
                let mut slots = self.bindings.of(broker.id, users, accounts);
                // A connection that waits for a decision may be one of them, too.
                let waiting = self.admissions.waiting();
                slots.extend(waiting.filter(|&slot| Arc::ptr_eq(self.connections[slot].broker(), broker)));
                slots.into_iter().collect()
            }
        };
        reload.visited.fetch_add(slots.len(), Ordering::Relaxed);
        let server = broker.plan();
        for slot in slots {
            self.apply_parts(slot, &server, &reload);
        }
        self.reload_applied(reload);
    }

    fn apply_parts(&mut self, slot: u32, server: &Arc<ServerPart>, reload: &Arc<Reload>) {
        let conn = &mut self.connections[slot];
        if matches!(reload.affected, Affected::All) && !conn.set_plan(server) {
            return;
        }
        match conn.phase() {
            Phase::Ready => self.reauthorize(slot, reload),
            Phase::AwaitingAdmission => self.decide_again(slot, reload),
            // No authentication is required any more.
            Phase::AwaitingConnect if conn.plan().auth.is_none() => {
                conn.enter_phase(Phase::Ready);
                self.reauthorize(slot, reload);
            }
            // The connection of a placeholder has its own plan.
            Phase::AwaitingProxyHeader | Phase::AwaitingConnect | Phase::Placeholder | Phase::Closing(_) => {}
        }
    }

    /// Decides again who a connection is and what it may do, by the options of its CONNECT.
    pub(crate) fn reauthorize(&mut self, slot: u32, reload: &Arc<Reload>) {
        let proof = self.connections[slot].client_mut().take_proof();
        if let Some(question) = self.identify_again(slot, proof) {
            self.await_admission(slot, None, question);
            // Until then it has the old permissions, so the old plan is still in force.
            self.hold_reload(slot, reload);
        }
    }

    /// Decides about an admitted connection by the plan in force. Returns the question that has to be answered first,
    /// if there is one.
    pub(crate) fn identify_again(&mut self, slot: u32, proof: Proof) -> Option<Question> {
        let conn = &self.connections[slot];
        let nothing = ConnectOptions::default();
        let options = conn.client().options().unwrap_or(&nothing);
        let decision = conn
            .broker()
            .lock_plan()
            .identify(options, &proof, conn.client().proxy());
        match decision {
            Decision::Admit(identified) => self.become_user(slot, identified, proof),
            Decision::Refuse(refusal) => self.refuse(slot, None, refusal),
            // Its client was admitted once, so there is nothing to hide from it: nobody waits for such checks.
            Decision::Wait(question) if question.is_in_vain() => self.refuse(slot, None, Refusal::Credentials),
            Decision::Wait(question) => return Some(question),
        }
        None
    }

    fn become_user(&mut self, slot: u32, identified: Identified, proof: Proof) {
        let conn = &mut self.connections[slot];
        if !Arc::ptr_eq(&identified.account.account, conn.account()) {
            return self.close(slot, CloseReason::ClientClosed, None);
        }
        conn.client_mut().set_proof(proof.of(identified.user.as_ref()));
        let nothing = ConnectOptions::default();
        let options = conn.client().options().unwrap_or(&nothing);
        let account = &identified.account.account.name;
        conn.shared()
            .set_user(shown_user(identified.user.as_deref(), options), account);
        let permissions = identified.permissions();
        self.identify_as(slot, identified);
        if self.is_over_subscription_limit(slot) {
            return self.close_over_subscription_limit(slot);
        }
        let same = match (self.connections[slot].permissions(), &permissions) {
            (None, None) => true,
            // Permissions that are equal are the same object.
            (Some(old), Some(new)) => Arc::ptr_eq(old, new),
            _ => false,
        };
        if !same {
            self.change_permissions(slot, permissions);
        }
    }

    fn change_permissions(&mut self, slot: u32, permissions: Option<Arc<Permissions>>) {
        let account = self.connections[slot].account().clone();
        let mut lost = match &permissions {
            Some(permissions) => self.lost_under(slot, permissions),
            None => Vec::new(),
        };
        let last = lost.len().saturating_sub(REMOVAL_BATCH);
        for portion in lost[..last].chunks_mut(REMOVAL_BATCH) {
            let mut interest = account.interest().write();
            self.remove_lost(slot, &mut interest, portion);
            RwLockWriteGuard::unlock_fair(interest);
        }
        let mut interest = account.interest().write();
        // What other loops routed before the lock was taken is delivered before the errors.
        self.drain_deliveries();
        self.remove_lost(slot, &mut interest, &mut lost[last..]);
        let conn = &mut self.connections[slot];
        if permissions.as_ref().is_none_or(|p| p.allow_responses.is_none()) {
            conn.client_mut().clear_grants();
        }
        conn.set_permissions(permissions.clone());
        if let Some(member) = conn.subscriptions().member() {
            interest.set_permissions(member, permissions);
        }
        drop(interest);
        self.update_copies(slot);
        self.remove_ended_copies();
        lost.retain(|lost| lost.removed);
        lost.sort_by_key(|lost| lost.id);
        for lost in lost {
            self.report_lost(slot, &lost);
        }
    }

    /// The subscriptions of a connection that it may not have under these permissions. Others use the interest
    /// meanwhile, and may end some of them, but only this loop makes new ones.
    fn lost_under(&self, slot: u32, permissions: &Permissions) -> Vec<Lost> {
        let conn = &self.connections[slot];
        let Some(member) = conn.subscriptions().member() else {
            return Vec::new();
        };
        let ids: Vec<u32> = conn.subscriptions().ids().collect();
        let mut lost = Vec::new();
        for portion in ids.chunks(REMOVAL_BATCH) {
            let interest = conn.account().interest().read();
            for &id in portion {
                // One that has ended, or got its last message, is removed elsewhere.
                let Some(sub) = interest.subscription_of(member, id) else {
                    continue;
                };
                let (subject, queue) = (interest.subject_of(sub), sub.queue());
                if !sub.is_exhausted() && !permissions.may_subscribe(&subject, queue) {
                    lost.push(Lost {
                        id,
                        queue: queue.map(Into::into),
                        sid: sub.sid().into(),
                        subject,
                        removed: false,
                    });
                }
            }
        }
        lost
    }

    /// Removes those that are still there, and notes which were.
    fn remove_lost(&mut self, slot: u32, interest: &mut Interest, lost: &mut [Lost]) {
        let Some(member) = self.connections[slot].subscriptions().member() else {
            return;
        };
        for Lost { id, removed, .. } in lost {
            let sub = interest.subscription_of(member, *id);
            *removed = sub.is_some_and(|sub| !sub.is_exhausted());
            if *removed {
                self.remove_subscription(interest, *id);
            }
        }
    }

    fn report_lost(&mut self, slot: u32, lost: &Lost) {
        self.trace(slot, || subscription_deleted(&lost.sid));
        let using = match lost.queue.as_deref().map(quote) {
            Some(queue) => format!(" using queue {queue}"),
            None => String::new(),
        };
        let what = format!("{}{using} (sid {})", quote(&lost.subject), quote(&lost.sid));
        self.error_reply(slot, &format!("Permissions Violation for Subscription to {what}"));
        let conn = &self.connections[slot];
        let said = conn.client().options();
        let whose = match said {
            Some(options) if !options.nkey.is_empty() => format!("Nkey {}", quote(options.nkey.as_bytes())),
            Some(options) if !options.user.is_empty() => format!("User {}", quote(options.user.as_bytes())),
            Some(options) if !options.auth_token.is_empty() => "Token \"[REDACTED]\"".to_owned(),
            _ => "User \"N/A\"".to_owned(),
        };
        let (broker, level) = (conn.broker().id, LogLevel::Info);
        let text = format!("Removed sub {what} for {whose} - not authorized");
        self.event(broker, Event::Log { level, text });
    }
}
