//! What other accounts get of a message: set aside while the interest of the account it is published in is locked.

use crate::client::run::Publisher;
use crate::connection::table::Connections;
use crate::faults::Fault;
use crate::interest::account::Account;
use crate::services::crossing::{Origin, Outcome, Request, Traced};
use crate::services::imports::{ServiceImport, ServiceTarget};
use crate::services::latency::{End, Measured};
use crate::services::request_info::{ClientInfo, InfoLevel, append_headers};
use crate::services::responses::{Response, Taken};
use crate::services::sampling::sample;
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
        let account = &publisher.part().account;
        let connections = &self.connections;
        self.crossings.begin(|| Origin {
            broker: connections[publisher.slot].broker().clone(),
            account: account.clone(),
            spaces: publisher.part().spaces().clone(),
            sender: publisher.sender(),
            slot: Some(publisher.slot),
            member: publisher.member(),
            no_responders: publisher.flags.no_responders,
            traced: publisher.traced,
        });
        self.cross(account, index, message, delivered > 0, false)
    }

    /// The same for a message of the control plane, or of the server itself.
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
        let (is_empty, now_ns) = (message.body.is_empty(), self.delivery.now_ns());
        let response = account
            .responses()
            .take(self.results[index].destination(), is_empty, now_ns);
        let services = self.results[index].take_services();
        let mut staged = 0;
        for target in &services {
            if !self.crossings.has_come_by(parent, &target.import) {
                if self.stage_request(account, target, message, parent) {
                    self.trace_last(index, target.import.service().allow_trace);
                }
                staged += 1;
            }
        }
        self.results[index].put_services(services);
        if let Some(taken) = response {
            self.stage_response(account, taken, message, parent);
            self.trace_last(index, false);
            staged += 1;
        }
        staged
    }

    /// False: too many requests are pending, it is as if nobody answered.
    fn stage_request(
        &mut self,
        account: &Arc<Account>,
        target: &ServiceTarget,
        message: &Publish<'_>,
        parent: u32,
    ) -> bool {
        let exporter = target.import.exporter();
        let (headers, payload) = message.body.split_at(message.header_len);
        let level = self.level_of(parent, target);
        let measured = self.measured(&target.import, headers);
        let outcome = self.crossings.add_outcome(Outcome {
            request: Some(Request {
                import: target.import.clone(),
                info: level,
            }),
            ..Outcome::of(parent)
        });
        let service = target.import.service();
        let token = match self.reply_to_replace(message) {
            None => {
                if let Some(measured) = measured.filter(|_| message.reply.is_none()) {
                    self.stage_measurement(&measured, &End::BadRequest);
                }
                None
            }
            Some(reply) => {
                let response = Response {
                    to: account.clone(),
                    reply: reply.into(),
                    kind: service.response,
                    threshold: service.threshold,
                    measured,
                };
                let Some(token) = self.expect(exporter, response, outcome) else {
                    return false;
                };
                Some(token)
            }
        };
        let mut with_info = self.run_buffers.take_headers();
        self.append_info(account, headers, level, &mut with_info);
        // The trace is the requester's: what the service does with the headers must not be traced there.
        if msgtrace::may_request_trace(&with_info) {
            with_info = msgtrace::disabled(&with_info);
        }
        let mut reply = self.run_buffers.take_reply();
        match token {
            Some(token) => exporter.responses().append_reply(token, &mut reply),
            None => reply.extend_from_slice(message.reply.unwrap_or_default()),
        }
        let to = Some(&*reply).filter(|reply| !reply.is_empty());
        self.crossings
            .staged
            .push(exporter, Some(outcome), &target.subject, to, &with_info, payload);
        self.run_buffers.reuse_headers(with_info);
        self.run_buffers.reuse_reply(reply);
        true
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

    /// Makes an account wait for the response to a message that is sent to it. `None`: it waits for too many.
    fn expect(&mut self, account: &Arc<Account>, response: Response, outcome: u32) -> Option<u64> {
        let now_ns = self.delivery.now_ns();
        let threshold = response.threshold;
        let token = self.crossings.tokens().next();
        if !account.responses().insert(token, response, now_ns) {
            return None;
        }
        self.crossings.outcome(outcome).token = Some(token);
        if let Some(origin) = self.crossings.origin() {
            self.response_timers.watch(&origin.broker, account, threshold, now_ns);
        }
        Some(token)
    }

    /// How much the service is told of the requester: as much as the first import allows, and the server's name from
    /// the first one that needs it.
    fn level_of(&mut self, parent: u32, target: &ServiceTarget) -> InfoLevel {
        let share = target.import.service().share;
        let names_server = share || self.is_system(target.import.exporter());
        let before = self.crossings.outcome(parent).request.as_ref();
        match before {
            Some(before) => InfoLevel {
                server: before.info.server || (!before.import.service().share && names_server),
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

    /// Appends the headers of a request, with what the service is told of the requester.
    fn append_info(&mut self, account: &Arc<Account>, headers: &[u8], level: InfoLevel, out: &mut Vec<u8>) {
        let connections = &self.connections;
        let is_own = self
            .crossings
            .origin()
            .is_some_and(|origin| Arc::ptr_eq(&origin.account, account));
        if is_own {
            let info = self
                .crossings
                .info(level, |origin| info_of(origin, connections, level, None).to_json());
            append_headers(headers, info, out);
        } else if let Some(origin) = self.crossings.origin() {
            let info = info_of(origin, connections, level, Some(&account.name)).to_json();
            append_headers(headers, &info, out);
        }
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

    fn stage_response(&mut self, account: &Arc<Account>, taken: Taken, message: &Publish<'_>, parent: u32) {
        let Response {
            to,
            reply,
            kind,
            threshold,
            measured,
        } = taken.response;
        let to = if self.planted.is(Fault::ResponseToExporter) {
            account.clone()
        } else {
            to
        };
        let now = self.delivery.now();
        let answered = measured.map(|measured| measured.answered(self.responder(parent), now));
        let mut outcome = Outcome::of(parent);
        if answered.is_some() {
            outcome.rare_mut().answered = answered;
        }
        if let Some(token) = taken.more {
            outcome.rare_mut().more = Some((account.clone(), token));
        }
        if message.reply.is_some() {
            outcome.rare_mut().asked = Some(to.clone());
        }
        let outcome = self.crossings.add_outcome(outcome);
        // An answer that asks back.
        let token = self.reply_to_replace(message).map(|back| {
            let response = Response {
                to: account.clone(),
                reply: back.into(),
                kind,
                threshold,
                measured: None,
            };
            self.expect(&to, response, outcome)
        });
        let mut back = self.run_buffers.take_reply();
        match token {
            Some(Some(token)) => to.responses().append_reply(token, &mut back),
            Some(None) => {}
            None => back.extend_from_slice(message.reply.unwrap_or_default()),
        }
        let (headers, payload) = message.body.split_at(message.header_len);
        // The trace is the service's: what the requester does with the headers must not be traced there.
        let untraced = msgtrace::may_request_trace(headers).then(|| msgtrace::disabled(headers));
        let headers = untraced.as_deref().unwrap_or(headers);
        let to_back = Some(&*back).filter(|back| !back.is_empty());
        self.crossings
            .staged
            .push(&to, Some(outcome), &reply, to_back, headers, payload);
        self.run_buffers.reuse_reply(back);
    }

    /// Who answers; `None`: it is no client.
    fn responder(&mut self, parent: u32) -> Option<ClientInfo> {
        if self.crossings.outcome(parent).by_server {
            return None;
        }
        let origin = self.crossings.origin()?;
        origin.slot?;
        Some(info_of(origin, &self.connections, InfoLevel::ALL, None))
    }

    pub(super) fn stage_measurement(&mut self, measured: &Measured, end: &End<'_>) {
        let id = self.crossings.tokens().next_text();
        let event = measured.event(end, &id, self.delivery.now());
        self.crossings
            .staged
            .push(&measured.account, None, &measured.subject, None, b"", &event);
    }
}

/// A description of who publishes the messages of a run.
fn info_of(origin: &Origin, connections: &Connections, level: InfoLevel, service: Option<&str>) -> ClientInfo {
    let server = &origin.broker.plan().config.info.server_name;
    let connection = origin.slot.map(|slot| &**connections[slot].shared());
    ClientInfo::new(&origin.account.name, connection, level, server, service)
}
