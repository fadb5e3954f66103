//! Admission: CONNECT, the decision about it, and decisions that take a while.
//!
//! A CONNECT is decided at once, or a [`PendingAdmission`] waits for a verdict from outside the shard. Meanwhile
//! nothing more is read from the connection, and what it sent after CONNECT is kept and handled in order afterwards; it
//! stays on its loop; a close, the deadline or a reload ends the wait. A reload asks again by the new plan, under
//! another number, so the verdict on the old question has no effect. An admitted connection waits in the same way when
//! a reload can't decide about its permissions at once.

use crate::client::state::ClientFlags;
use crate::connection::Phase;
use crate::connection::close::CloseReason;
use crate::connection::shared::Identity;
use crate::plan::auth::{Decision, Proof, Question, Refusal};
use crate::plan::in_force::Identified;
use crate::plan::reload::Reload;
use crate::plan::users::User;
use crate::shard::Shard;
use crate::shard::admissions::{AdmissionId, AdmissionRequest, CredentialCheck, CredentialQuestion, Needed, Verdict};
use crate::shard::event::Event;
use crate::shard::timers::TimerKind;
use crate::state::Turn;
use crate::trace::log_suffix;
use crate::trace::quote::quote;
use nt_protocol::{ConnectOptions, PublicKey};
use std::sync::Arc;

/// A decision that a connection waits for.
#[derive(Debug)]
pub(crate) struct PendingAdmission {
    id: AdmissionId,
    /// The options of the CONNECT. `None`: a reload asks again about those of an earlier one.
    connect: Option<ConnectOptions>,
    pub(super) asked: Asked,
    /// Until when there has to be a verdict; none while it waits in a queue of ours.
    deadline_ns: Option<u64>,
    /// The question needs an answer as long as this exists.
    _needed: Needed,
    /// Reloads that are over when this is.
    reloads: Vec<Arc<Reload>>,
}

/// What has to be decided.
#[derive(Debug)]
pub(super) enum Asked {
    /// A password: whether it has this hash. `None`: the answer changes nothing.
    Password(Option<Arc<str>>),
    /// A signature: whether it is this key's.
    Signature(Option<PublicKey>),
    /// Another signature: by which proxy it is.
    Proxy,
    /// Who the client is, by the embedding program.
    Embedder,
    /// Nothing: too many logins from its address have failed, and it waits for its turn.
    Turn,
}

impl Shard {
    /// Whether a connection may send something else than CONNECT: it is admitted, or becomes the default user.
    pub(crate) fn admit_implicitly(&mut self, slot: u32) -> bool {
        let conn = &self.connections[slot];
        if conn.phase() != Phase::AwaitingConnect {
            return true;
        }
        let default_user = conn.broker().lock_plan().default_user();
        match default_user {
            Some(identified) => {
                let nothing = ConnectOptions::default();
                if !self.rebind(slot, identified.clone()) {
                    self.refuse_entry(slot, &identified, &nothing);
                    return false;
                }
                self.admit(slot, identified, &nothing);
                // A CONNECT that follows makes it another user: its subscriptions as the default user are removed then.
                self.connections[slot].client_mut().flags.connect_received = true;
                true
            }
            None => {
                self.authorization_violation(slot, None, CloseReason::AuthenticationFailure);
                false
            }
        }
    }

    pub(crate) fn connect(&mut self, slot: u32, json: &[u8]) {
        // A second CONNECT speaks only of what changes.
        let known = self.connections[slot].client_mut().options.take();
        let options = match known.map(|o| *o).unwrap_or_default().decode_over(json) {
            Ok(options) => options,
            Err(error) => {
                self.error(slot, || format!("Error parsing CONNECT: {error}"));
                return self.close(slot, CloseReason::ProtocolViolation, None);
            }
        };
        if self.connections[slot].client().flags().connect_received {
            self.drop_subscriptions(slot);
            // Ends of these subscriptions that are in the inbox must not be taken for ends of later ones.
            self.drain_deliveries();
        } else {
            // It answers INFO: an estimate of the round-trip time until the first PONG.
            let now = self.delivery.now_ns();
            let conn = &self.connections[slot];
            let estimate = now.saturating_sub(conn.started_ns()).max(1);
            conn.shared().set_rtt_ns(estimate);
        }
        if !options.account.is_empty() || options.new_account {
            return self.authorization_violation(slot, Some(&options), CloseReason::AuthenticationFailure);
        }
        self.connections[slot].client_mut().proxy = None;
        match self.turn_of(slot) {
            Turn::Now => self.decide(slot, options, Proof::None),
            Turn::At(at_ns) => self.await_turn(slot, options, at_ns),
            Turn::Never => {
                self.record_rejected_client(slot, &options);
                self.authorization_violation(slot, Some(&options), CloseReason::AuthenticationFailure);
            }
        }
    }

    /// Decides about a CONNECT by the plan in force, or begins to wait for the decision.
    fn decide(&mut self, slot: u32, options: ConnectOptions, proof: Proof) {
        let conn = &self.connections[slot];
        let proxy = conn.client().proxy();
        let decision = conn.broker().lock_plan().identify(&options, &proof, proxy);
        match decision {
            Decision::Admit(identified) => self.accept(slot, identified, options, proof),
            Decision::Refuse(refusal) => self.refuse(slot, Some(options), refusal),
            Decision::Wait(question) => self.await_admission(slot, Some(options), question),
        }
    }

    /// The client is known: applies the options of its CONNECT, if they are valid.
    fn accept(&mut self, slot: u32, identified: Identified, options: ConnectOptions, proof: Proof) {
        if !self.rebind(slot, identified.clone()) {
            return self.refuse_entry(slot, &identified, &options);
        }
        let conn = &self.connections[slot];
        if !conn.client().flags().connect_received {
            // A client without credentials may have become the default user.
            let user = identified.user.as_ref().filter(|_| !options.has_credentials());
            let account = &identified.account.account.name;
            let log_suffix = log_suffix(&options, user.map(|user| &**user), account);
            conn.shared().set_log_suffix(log_suffix);
        }
        if !(0..=1).contains(&options.protocol) {
            let text = "invalid client protocol";
            self.close(slot, CloseReason::BadClientProtocolVersion, Some(text));
            return self.error(slot, || text.to_owned());
        }
        let headers = conn.config().headers && options.headers;
        if options.no_responders && !headers {
            let text = "no responders requires headers support";
            self.close(slot, CloseReason::NoRespondersRequiresHeaders, Some(text));
            return self.error(slot, || text.to_owned());
        }
        let conn = &mut self.connections[slot];
        conn.client_mut().flags = ClientFlags {
            verbose: options.verbose,
            pedantic: options.pedantic,
            echo: options.echo,
            headers,
            no_responders: options.no_responders,
            async_info: options.protocol >= 1,
            connect_received: true,
            first_pong_sent: conn.client().flags().first_pong_sent,
            knows_lame_duck: conn.client().flags().knows_lame_duck,
        };
        let flags = conn.client().flags();
        conn.shared().set_reads_info(flags.async_info && flags.first_pong_sent);
        conn.client_mut().proof = proof.of(identified.user.as_ref());
        self.admit(slot, identified, &options);
        self.connections[slot].client_mut().options = Some(Box::new(options));
        self.acknowledge(slot);
    }

    /// The client is refused. Without options: a reload asked about those of an earlier CONNECT.
    pub(crate) fn refuse(&mut self, slot: u32, options: Option<ConnectOptions>, refusal: Refusal) {
        match refusal {
            Refusal::Credentials => {}
            Refusal::ProxyRequired => self.debug(slot, || "proxy connection required".to_owned()),
            Refusal::ProxyNotTrusted => self.debug(slot, || "proxy is not trusted".to_owned()),
        }
        let reason = refusal.close_reason();
        match options {
            Some(options) => {
                self.note_failed_login(slot);
                self.record_rejected_client(slot, &options);
                self.authorization_violation(slot, Some(&options), reason);
            }
            None => {
                let said = self.connections[slot].client().options.clone();
                self.authorization_violation(slot, said.as_deref(), reason);
            }
        }
    }

    /// The client is known, and its account is full.
    fn refuse_entry(&mut self, slot: u32, identified: &Identified, options: &ConnectOptions) {
        self.tell_account_limit(slot);
        let user = shown_user(identified.user.as_deref(), options);
        let account = identified.account.account.name.clone();
        self.record_client(slot, options, user, account);
        self.close(slot, CloseReason::MaxAccountConnectionsExceeded, None);
    }

    /// Gives a connection, which is bound to its user and account, their rights, and reports it.
    fn admit(&mut self, slot: u32, identified: Identified, options: &ConnectOptions) {
        let conn = &mut self.connections[slot];
        conn.enter_phase(Phase::Ready);
        conn.set_permissions(identified.permissions());
        conn.client_mut().clear_grants();
        let account = conn.account().clone();
        let user = shown_user(identified.user.as_deref(), options);
        self.record_client(slot, options, user, account.name.clone());
        let conn = &self.connections[slot];
        // Subscriptions made before CONNECT stay; how their messages are framed may change now.
        if let Some(member) = conn.subscriptions().member() {
            let mut interest = account.interest().write();
            interest.set_headers(member, conn.client().flags().headers);
            interest.set_permissions(member, conn.permissions().cloned());
        }
        self.update_copies(slot);
        let conn = &self.connections[slot];
        if conn.broker().watches_connects() || conn.broker().announces_connects_of(&account.name) {
            let (broker, snapshot) = (conn.broker().id, Box::new(conn.shared().snapshot()));
            self.event(broker, Event::Connected(snapshot));
        }
    }

    /// What monitoring shows of a refused client: its own description, and no account.
    fn record_rejected_client(&self, slot: u32, options: &ConnectOptions) {
        self.record_client(slot, options, claimed_user(options), String::new());
    }

    /// What monitoring shows of a client.
    fn record_client(&self, slot: u32, options: &ConnectOptions, user: String, account: String) {
        let conn = &self.connections[slot];
        let proxies = &conn.config().trusted_proxies;
        let proxy = conn
            .client()
            .proxy()
            .and_then(|key| proxies.iter().find(|proxy| proxy.key() == key));
        conn.shared().set_identity(Identity {
            proxy: proxy.map(|proxy| proxy.text().to_owned()).unwrap_or_default(),
            name: options.name.clone(),
            lang: options.lang.clone(),
            version: options.version.clone(),
            user,
            account,
        });
    }

    pub(crate) fn authorization_violation(&mut self, slot: u32, options: Option<&ConnectOptions>, reason: CloseReason) {
        self.error(slot, || match options {
            Some(o) if !o.nkey.is_empty() => format!("authentication error - Nkey {}", quote(o.nkey.as_bytes())),
            Some(o) if !o.user.is_empty() => format!("authentication error - User {}", quote(o.user.as_bytes())),
            Some(o) if !o.auth_token.is_empty() => "authentication error - Token \"[REDACTED]\"".to_owned(),
            _ => "authentication error".to_owned(),
        });
        self.close(slot, reason, Some("Authorization Violation"));
    }

    /// Asks the question; nothing more is read from the connection until there is a verdict.
    pub(crate) fn await_admission(&mut self, slot: u32, connect: Option<ConnectOptions>, question: Question) {
        let id = self.admissions.begin(slot);
        let needed = Needed::default();
        let (asked, deadline_ns) = match question {
            Question::Password {
                hash,
                password,
                is_spare,
            } => {
                let asked = Asked::Password((!is_spare).then(|| hash.clone()));
                self.check_credential(slot, id, CredentialQuestion::Password { hash, password }, &needed);
                (asked, None)
            }
            Question::Signature { key, signature } => {
                let nonce = self.connections[slot].client().nonce().copied();
                let question = CredentialQuestion::Signature { key, nonce, signature };
                self.check_credential(slot, id, question, &needed);
                (Asked::Signature(key), None)
            }
            Question::Proxy { keys, signature } => {
                let nonce = self.connections[slot].client().nonce().copied();
                let question = CredentialQuestion::Proxy { keys, nonce, signature };
                self.check_credential(slot, id, question, &needed);
                (Asked::Proxy, None)
            }
            Question::Embedder => (Asked::Embedder, Some(self.ask_embedder(slot, id, connect.as_ref()))),
        };
        self.begin_waiting(slot, id, connect, asked, deadline_ns, needed);
    }

    pub(super) fn begin_waiting(
        &mut self,
        slot: u32,
        id: AdmissionId,
        connect: Option<ConnectOptions>,
        asked: Asked,
        deadline_ns: Option<u64>,
        needed: Needed,
    ) {
        let conn = &mut self.connections[slot];
        conn.enter_phase(Phase::AwaitingAdmission);
        conn.client_mut().pending_admission = Some(Box::new(PendingAdmission {
            id,
            connect,
            asked,
            deadline_ns,
            _needed: needed,
            reloads: Vec::new(),
        }));
    }

    fn check_credential(&mut self, slot: u32, id: AdmissionId, question: CredentialQuestion, needed: &Needed) {
        let address = self.connections[slot].shared().address().ip();
        self.admissions.check(id, address, question, needed);
    }

    /// Returns when the answer has to be here.
    fn ask_embedder(&mut self, slot: u32, id: AdmissionId, connect: Option<&ConnectOptions>) -> u64 {
        let conn = &self.connections[slot];
        let connect = connect
            .or(conn.client().options.as_deref())
            .cloned()
            .unwrap_or_default();
        let (broker, cid, address) = (conn.broker().id, conn.shared().cid, conn.shared().address());
        let timeout = conn
            .plan()
            .auth
            .as_ref()
            .map_or(0, |auth| auth.timeout.as_nanos() as u64);
        let request = AdmissionRequest {
            id,
            cid,
            address,
            connect,
        };
        self.event(broker, Event::AdmissionRequested(Box::new(request)));
        self.add_timer(slot, TimerKind::Auth, timeout);
        self.delivery.now_ns() + timeout
    }

    /// Credentials to be checked; [`crate::InboxItem::Verdict`] answers each one that is still needed.
    pub fn take_credential_checks(&mut self) -> Vec<CredentialCheck> {
        self.admissions.take_checks()
    }

    /// A verdict has come. It may be too late.
    pub(crate) fn take_verdict(&mut self, id: AdmissionId, verdict: Verdict) {
        let Some(slot) = self.admissions.end(id) else { return };
        let Some(pending) = self.connections[slot].client_mut().pending_admission.take() else {
            return;
        };
        debug_assert_eq!(pending.id, id, "a connection waits for one verdict at a time");
        if let Verdict::Proxy(key) = verdict {
            self.connections[slot].client_mut().proxy = key;
        }
        let proof = match (verdict, &pending.asked) {
            (Verdict::Proxy(Some(_)), Asked::Proxy) => Some(Proof::None),
            (Verdict::Credential(true), Asked::Password(Some(hash))) => Some(Proof::Hash(hash.clone())),
            (Verdict::Credential(true), &Asked::Signature(Some(key))) => Some(Proof::Key(key)),
            (Verdict::Embedder(Some(user)), Asked::Embedder) => Some(Proof::Embedder(user)),
            _ => None,
        };
        match proof {
            // By the plan that is in force now, which may be another than that of the question.
            Some(proof) => self.decide_pending(slot, *pending, proof),
            None => {
                if matches!(pending.asked, Asked::Signature(Some(_))) {
                    self.debug(slot, || "Signature not verified".to_owned());
                }
                let refusal = match pending.asked {
                    Asked::Proxy => Refusal::ProxyNotTrusted,
                    Asked::Password(_) | Asked::Signature(_) | Asked::Embedder | Asked::Turn => Refusal::Credentials,
                };
                self.refuse(slot, pending.connect, refusal);
                self.admission_ended(slot, pending.reloads);
            }
        }
    }

    /// Another plan is in force, and the connection waits for a verdict by the old one: asks again.
    pub(crate) fn decide_again(&mut self, slot: u32, reload: &Arc<Reload>) {
        let Some(pending) = self.cancel_admission(slot) else {
            return;
        };
        let was_admitted = pending.connect.is_none();
        self.decide_pending(slot, *pending, Proof::None);
        if was_admitted {
            self.hold_reload(slot, reload);
        }
    }

    /// Decides about a connection that waited, by the plan in force and the proof. It may have to wait again.
    pub(super) fn decide_pending(&mut self, slot: u32, pending: PendingAdmission, proof: Proof) {
        match pending.connect {
            Some(options) => self.decide(slot, options, proof),
            None => {
                self.connections[slot].enter_phase(Phase::Ready);
                if let Some(question) = self.identify_again(slot, proof) {
                    self.await_admission(slot, None, question);
                }
            }
        }
        match &mut self.connections[slot].client_mut().pending_admission {
            Some(next) => next.reloads.extend(pending.reloads),
            None => self.admission_ended(slot, pending.reloads),
        }
    }

    /// The reload is not over before the verdict on this connection.
    pub(crate) fn hold_reload(&mut self, slot: u32, reload: &Arc<Reload>) {
        if let Some(pending) = &mut self.connections[slot].client_mut().pending_admission {
            reload.expect_one_more();
            pending.reloads.push(reload.clone());
        }
    }

    /// The question needs no answer any more.
    pub(super) fn cancel_admission(&mut self, slot: u32) -> Option<Box<PendingAdmission>> {
        let pending = self.connections[slot].client_mut().pending_admission.take()?;
        self.admissions.end(pending.id);
        Some(pending)
    }

    /// The connection closes; the verdict has no effect.
    pub(crate) fn abandon_admission(&mut self, slot: u32) {
        let Some(pending) = self.cancel_admission(slot) else {
            return;
        };
        if let Some(options) = &pending.connect {
            self.record_rejected_client(slot, options);
        }
        pending
            .reloads
            .into_iter()
            .for_each(|reload| self.reload_applied(reload));
    }

    /// What the connection sent meanwhile is handled now.
    fn admission_ended(&mut self, slot: u32, reloads: Vec<Arc<Reload>>) {
        reloads.into_iter().for_each(|reload| self.reload_applied(reload));
        self.pauses.resume(slot);
    }

    /// Whether the time to send CONNECT, or to decide about it, has passed.
    pub(crate) fn is_admission_overdue(&self, slot: u32) -> bool {
        let conn = &self.connections[slot];
        match conn.phase() {
            Phase::AwaitingConnect => true,
            Phase::AwaitingAdmission => conn
                .client()
                .pending_admission
                .as_ref()
                .and_then(|pending| pending.deadline_ns)
                .is_some_and(|at| at <= self.delivery.now_ns()),
            _ => false,
        }
    }
}

/// The user that monitoring shows: the one the client is, or else the one it claims to be.
pub(crate) fn shown_user(user: Option<&User>, options: &ConnectOptions) -> String {
    user.map(|user| user.name.clone())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| claimed_user(options))
}

/// The user the client claims to be. A token is a secret and not shown.
fn claimed_user(options: &ConnectOptions) -> String {
    if !options.nkey.is_empty() {
        options.nkey.clone()
    } else if !options.user.is_empty() {
        options.user.clone()
    } else if !options.auth_token.is_empty() {
        "[REDACTED]".to_owned()
    } else {
        String::new()
    }
}
