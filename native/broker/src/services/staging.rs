//! What other accounts get of a message: set aside while the interest of the account it is published in is locked.

use crate::client::run::Publisher;
use crate::connection::table::Connections;
use crate::interest::account::Account;
use crate::services::batch::{Traced, Wait};
use crate::services::crossing::{Origin, Outcome};
use crate::services::imports::{ServiceImport, ServiceTarget};
use crate::services::latency::{End, Measured};
use crate::services::request_info::{ClientInfo, InfoLevel, append_headers, headers_with};
use crate::services::sampling::sample;
use crate::services::tokens::Token;
use crate::shard::Shard;
use crate::trace::msgtrace;
use nt_protocol::Publish;
use std::sync::Arc;

/// Replies that stay as they are: who acknowledges a message of a stream names it by them.
const ACKNOWLEDGEMENT: &[u8] = b"$JS.ACK.";

impl Shard {
    /// Sets aside what other accounts get of a client's message, whose result is at `index`. Returns how many targets
    /// that counts as; 0: there is nothing.
    #[inline(never)]
    pub(crate) fn cross_from_client(
        &mut self,
        publisher: &Publisher,
        index: u32,
        message: &Publish<'_>,
        delivered: u32,
    ) -> u32 {
        self.begin_crossings(publisher);
        let account = &publisher.part().account;
        self.cross(account, index, message, delivered > 0, false)
    }

    /// Sets aside a client's message that nobody in its account gets, and which may be the answer to a request.
    pub(crate) fn answer_from_client(&mut self, publisher: &Publisher, message: &Publish<'_>) {
        let account = &publisher.part().account;
        if let Some(token) = account.responses().subjects().token_of(message.subject) {
            self.begin_crossings(publisher);
            let outcome = self.crossings.add_outcome(Outcome::default());
            self.stage_answer(account, token, message, outcome);
        }
    }

    fn begin_crossings(&mut self, publisher: &Publisher) {
        let connections = &self.connections;
        self.crossings.begin(|| Origin {
            broker: connections[publisher.slot].broker().clone(),
            account: publisher.part().account.clone(),
            spaces: publisher.part().spaces().clone(),
            sender: publisher.sender(),
            slot: Some(publisher.slot),
            member: publisher.member(),
            no_responders: publisher.flags.no_responders,
            traced: publisher.traced,
        });
    }

    /// Sets aside what other accounts get of a message of the control plane, or of the server itself.
    #[inline(never)]
    pub(crate) fn cross_from_server(
        &mut self,
        origin: &Origin,
        index: u32,
        message: &Publish<'_>,
        delivered: u32,
    ) -> u32 {
        // Maybe in a run of a client whose request it answers.
        self.crossings.begin(|| origin.clone());
        self.cross(&origin.account, index, message, delivered > 0, true)
    }

    fn cross(
        &mut self,
        account: &Arc<Account>,
        index: u32,
        message: &Publish<'_>,
        delivered: bool,
        by_server: bool,
    ) -> u32 {
        let is_told = self.crossings.origin().is_some_and(|origin| origin.no_responders) && !delivered;
        let reply = message.reply.filter(|_| is_told);
        let outcome = Outcome {
            delivered,
            by_server,
            status: reply.map(|reply| self.crossings.add_status(self.results[index].destination(), reply)),
            ..Outcome::default()
        };
        let outcome = self.crossings.add_outcome(outcome);
        if self.delivery.traced_message().is_some() {
            self.crossings.note_traced();
        }
        self.stage(account, index, message, outcome).max(1)
    }

    /// Sets aside what other accounts get of a message in `account`.
    pub(super) fn stage(&mut self, account: &Arc<Account>, index: u32, message: &Publish<'_>, parent: u32) -> u32 {
        let answers = account
            .responses()
            .subjects()
            .token_of(self.results[index].destination());
        let services = self.results[index].take_services();
        let is_alone = services.len() == 1 && answers.is_none();
        let mut staged = 0;
        for target in &services {
            if !self.crossings.has_come_by(parent, &target.import) {
                self.stage_request(account, target, message, parent, is_alone);
                self.trace_last(index, target.import.service().allow_trace);
                staged += 1;
            }
        }
        self.results[index].put_services(services);
        if let Some(token) = answers {
            self.stage_answer(account, token, message, parent);
            self.trace_last(index, false);
            staged += 1;
        }
        staged
    }

    /// `is_alone`: nothing else comes of the message.
    fn stage_request(
        &mut self,
        account: &Arc<Account>,
        target: &ServiceTarget,
        message: &Publish<'_>,
        parent: u32,
        is_alone: bool,
    ) {
        let (import, service) = (&target.import, target.import.service());
        let (headers, payload) = message.body.split_at(message.header_len);
        let level = self.level_of(parent, target);
        let measured = self.measured(import, headers);
        let outcome = self.crossings.add_request(parent, import, level, is_alone);
        let replaced = self.reply_to_replace(message);
        if let (None, None, Some(measured)) = (replaced, message.reply, &measured) {
            self.stage_measurement(measured, &End::BadRequest);
        }
        let waits = replaced.map(|reply| {
            let secret = self.crossings.secrets().next();
            let wait = Wait {
                kind: service.response,
                threshold: service.threshold,
                measured,
            };
            (reply, secret, wait)
        });
        let unplaced;
        let reply = match &waits {
            Some((_, secret, _)) => {
                unplaced = import.exporter().responses().subjects().unplaced(*secret);
                &unplaced[..]
            }
            None => message.reply.unwrap_or_default(),
        };
        self.push_request(account, target, outcome, (reply, headers, payload), level);
        if let Some((reply, secret, wait)) = waits {
            self.crossings
                .staged
                .await_response_to_last(account, reply, secret, wait);
        }
    }

    /// Sets a request aside, with headers that say who asks.
    fn push_request(
        &mut self,
        account: &Arc<Account>,
        target: &ServiceTarget,
        outcome: u32,
        (reply, headers, payload): (&[u8], &[u8], &[u8]),
        level: InfoLevel,
    ) {
        let exporter = target.import.exporter();
        let connections = &self.connections;
        let is_own = |origin: &Origin| Arc::ptr_eq(&origin.account, account);
        let is_own = self.crossings.origin().is_some_and(is_own);
        if is_own && headers.is_empty() {
            self.crossings.make_info(level, |origin| {
                headers_with(&info_of(origin, connections, level, None).to_json())
            });
            let (headers, staged) = self.crossings.info_and_staged();
            return staged.push(exporter, Some(outcome), &target.subject, reply, headers, payload);
        }
        let mut with_info = self.run_buffers.take_headers();
        if let Some(origin) = self.crossings.origin() {
            let through = (!is_own).then_some(&*account.name);
            let info = info_of(origin, connections, level, through).to_json();
            append_headers(headers, &info, &mut with_info);
        }
        // The trace is the requester's: what the service does with the headers must not be traced there.
        if msgtrace::may_request_trace(&with_info) {
            with_info = msgtrace::disabled(&with_info);
        }
        self.crossings
            .staged
            .push(exporter, Some(outcome), &target.subject, reply, &with_info, payload);
        self.run_buffers.reuse_headers(with_info);
    }

    /// If the message that was set aside last is traced, its trace tells of it. `goes_on`: also of what follows in the
    /// account that it goes to, as an export may allow for requests; as in the reference, nothing does for answers.
    fn trace_last(&mut self, index: u32, goes_on: bool) {
        if self.delivery.traced_message().is_some() {
            let from = self.results[index].destination().into();
            self.crossings.staged.trace_last(Traced { from, goes_on });
        }
    }

    /// The reply subject of a message that other accounts see another one for. `None`: it stays as it is.
    fn reply_to_replace<'m>(&self, message: &Publish<'m>) -> Option<&'m [u8]> {
        let reply = message.reply?;
        (!reply.starts_with(ACKNOWLEDGEMENT) && !self.delivery.only_traces()).then_some(reply)
    }

    /// How much the service is told of the requester: as much as the first import allows, and the server's name from
    /// the first one that needs it.
    fn level_of(&mut self, parent: u32, target: &ServiceTarget) -> InfoLevel {
        let share = target.import.service().share;
        let names_server = share || self.is_system(target.import.exporter());
        match self.crossings.outcome(parent).request {
            Some(before) => InfoLevel {
                server: before.info.server || (!self.crossings.import_of(before).service().share && names_server),
                ..before.info
            },
            None => InfoLevel {
                detailed: share,
                server: names_server,
            },
        }
    }

    fn is_system(&self, account: &Arc<Account>) -> bool {
        let origin = self.crossings.origin();
        origin.is_some_and(|origin| origin.spaces.is_system(account))
    }

    /// What is measured of a request, if anything is.
    fn measured(&mut self, import: &ServiceImport, headers: &[u8]) -> Option<Box<Measured>> {
        let service = import.service();
        let latency = service.latency.as_ref()?;
        let trace = sample(latency, headers, self.crossings.random())?;
        let level = InfoLevel {
            detailed: service.share,
            server: service.share,
        };
        let requestor = info_of(self.crossings.origin()?, &self.connections, level, None);
        let measured = Measured::new(
            import.exporter(),
            &latency.subject,
            requestor,
            trace,
            self.delivery.now(),
        );
        Some(Box::new(measured))
    }

    /// Sets aside what may be the answer to a request. Whether it is one, and who gets it, is looked up later.
    fn stage_answer(&mut self, account: &Arc<Account>, token: Token, message: &Publish<'_>, parent: u32) {
        let headers = &message.body[..message.header_len];
        // The trace is the service's: what the requester does with the headers must not be traced there.
        let is_traced = !headers.is_empty() && msgtrace::may_request_trace(headers);
        let untraced = is_traced.then(|| msgtrace::disabled(headers));
        let asks_back = self.reply_to_replace(message).is_some();
        self.crossings
            .staged
            .push_answer(account, parent, message, untraced.as_deref(), (token, asks_back));
    }

    /// Who answers; `None`: it is no client.
    pub(super) fn responder(&mut self, parent: u32) -> Option<ClientInfo> {
        if self.crossings.outcome(parent).by_server {
            return None;
        }
        let origin = self.crossings.origin()?;
        origin.slot?;
        Some(info_of(origin, &self.connections, InfoLevel::ALL, None))
    }

    pub(super) fn stage_measurement(&mut self, measured: &Measured, end: &End<'_>) {
        let id = self.crossings.secrets().next_text();
        let event = measured.event(end, &id, self.delivery.now());
        self.crossings
            .staged
            .push(&measured.account, None, &measured.subject, b"", b"", &event);
    }
}

/// A description of who publishes the messages of a run.
fn info_of(origin: &Origin, connections: &Connections, level: InfoLevel, service: Option<&str>) -> ClientInfo {
    let server = &origin.broker.plan().config.info.server_name;
    let connection = origin.slot.map(|slot| &**connections[slot].shared());
    ClientInfo::new(&origin.account.name, connection, level, server, service)
}
