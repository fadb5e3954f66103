//! How messages go to other accounts: set aside while the interest of one is locked, published in another one when it
//! is not.

use crate::client::reply_grants::no_responders_frame;
use crate::client::run::{Publisher, RUN_DELIVERIES_MAX};
use crate::delivery::Sender;
use crate::delivery::frame::frame_of;
use crate::interest::Interest;
use crate::interest::account::Account;
use crate::plan::config::Config;
use crate::plan::subject_space::SubjectSpace;
use crate::services::crossing::{Batch, Crossing, Origin, Outcome, Request, Status};
use crate::services::imports::{ServiceImport, ServiceTarget};
use crate::services::latency::{End, Measured};
use crate::services::request_info::{ClientInfo, InfoLevel, append_headers};
use crate::services::responses::Response;
use crate::services::sampling::sample;
use crate::shard::Shard;
use crate::trace::msgtrace;
use nt_protocol::Publish;
use std::sync::Arc;

/// Replies that stay as they are: who acknowledges a message of a stream names it by them.
const ACKNOWLEDGEMENT: &[u8] = b"$JS.ACK.";

/// What other accounts get of messages, while the interest of one is locked.
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
        self.cross(account, index, message, delivered > 0)
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
        self.crossings.begin(|| origin.clone());
        self.cross(&origin.account, index, message, delivered > 0)
    }

    fn cross(&mut self, account: &Arc<Account>, index: u32, message: &Publish<'_>, delivered: bool) -> u32 {
        let status = || Status {
            subject: self.results[index].destination().into(),
            reply: message.reply.unwrap_or_default().into(),
        };
        let is_told = |origin: &Origin| origin.no_responders && !delivered && message.reply.is_some();
        let outcome = Outcome {
            parent: None,
            delivered,
            status: self
                .crossings
                .origin()
                .filter(|&origin| is_told(origin))
                .map(|_| status()),
            request: None,
            pending: None,
            answered: None,
        };
        let outcome = self.crossings.add_outcome(outcome);
        self.stage(account, index, message, outcome).max(1)
    }

    /// Sets aside what other accounts get of a message in `account`.
    fn stage(&mut self, account: &Arc<Account>, index: u32, message: &Publish<'_>, parent: u32) -> u32 {
        let (is_empty, now_ns) = (message.body.is_empty(), self.delivery.now_ns());
        let response = account
            .responses()
            .take(self.results[index].destination(), is_empty, now_ns);
        let services = self.results[index].take_services();
        let mut staged = 0;
        for target in &services {
            if !self.crossings.has_come_by(parent, &target.import) {
                self.stage_request(account, target, message, parent);
                staged += 1;
            }
        }
        self.results[index].put_services(services);
        if let Some(response) = response {
            self.stage_response(account, response, message, parent);
            staged += 1;
        }
        staged
    }

    fn stage_request(&mut self, account: &Arc<Account>, target: &ServiceTarget, message: &Publish<'_>, parent: u32) {
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
        let token = match message.reply.filter(|reply| !reply.starts_with(ACKNOWLEDGEMENT)) {
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
                    // Too many are pending: as if nobody answered.
                    return;
                };
                Some(token)
            }
        };
        let mut with_info = self.run_buffers.take_headers();
        self.append_info(account, headers, level, &mut with_info);
        if !service.allow_trace && msgtrace::may_request_trace(&with_info) {
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
    }

    /// Makes an account wait for the response to a message that is sent to it. `None`: it waits for too many.
    fn expect(&mut self, account: &Arc<Account>, response: Response, outcome: u32) -> Option<u64> {
        let now_ns = self.delivery.now_ns();
        let threshold = response.threshold;
        let token = self.crossings.tokens().next();
        if !account.responses().insert(token, response, now_ns) {
            return None;
        }
        self.crossings.outcome(outcome).pending = Some((account.clone(), token));
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

    fn stage_response(&mut self, account: &Arc<Account>, response: Response, message: &Publish<'_>, parent: u32) {
        let Response {
            to,
            reply,
            kind,
            threshold,
            measured,
        } = response;
        let now = self.delivery.now();
        let responder = self.responder().filter(|_| measured.is_some());
        let answered = measured.map(|measured| Box::new(measured.answered(responder, now)));
        let outcome = Outcome {
            answered,
            ..Outcome::of(parent)
        };
        let outcome = self.crossings.add_outcome(outcome);
        // An answer that asks back.
        let token = message
            .reply
            .filter(|back| !back.starts_with(ACKNOWLEDGEMENT))
            .map(|back| {
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
        let to_back = Some(&*back).filter(|back| !back.is_empty());
        self.crossings
            .staged
            .push(&to, Some(outcome), &reply, to_back, headers, payload);
        self.run_buffers.reuse_reply(back);
    }

    /// Who answers; `None`: it is no client.
    fn responder(&self) -> Option<ClientInfo> {
        let origin = self.crossings.origin()?;
        origin.slot?;
        Some(info_of(origin, &self.connections, InfoLevel::ALL, None))
    }

    fn stage_measurement(&mut self, measured: &Measured, end: &End<'_>) {
        let id = self.crossings.tokens().next_text();
        let event = measured.event(end, &id, self.delivery.now());
        self.crossings
            .staged
            .push(&measured.account, None, &measured.subject, None, b"", &event);
    }
}

/// Messages in other accounts, while no interest is locked.
impl Shard {
    /// Publishes what was set aside, and all that follows from it.
    #[inline(never)]
    pub(crate) fn publish_crossings(&mut self, config: &Config) {
        loop {
            if !self.crossings.staged.is_empty() {
                let batch = self.crossings.take_staged();
                self.publish_batches(batch, config);
            }
            self.settle();
            if self.crossings.staged.is_empty() {
                break;
            }
        }
        self.crossings.end();
    }

    /// What follows from a message is published before the next message.
    fn publish_batches(&mut self, first: Batch, config: &Config) {
        let mut batches = vec![first];
        while let Some(batch) = batches.last_mut() {
            if batch.is_empty() {
                let published = batches.pop();
                published.into_iter().for_each(|batch| self.crossings.reuse(batch));
                continue;
            }
            self.publish_some(batch, config);
            if !self.crossings.staged.is_empty() {
                batches.push(self.crossings.take_staged());
            }
        }
    }

    /// Publishes messages of a batch that are for the same account, under one lock of its interest, until something
    /// follows from one of them.
    fn publish_some(&mut self, batch: &mut Batch, config: &Config) {
        let (Some(crossing), Some(origin)) = (batch.next(), self.crossings.origin()) else {
            debug_assert!(false, "there is a message, and someone sent it");
            return;
        };
        let to = crossing.to.clone();
        let (broker, sender, traced) = (origin.broker.clone(), origin.sender, origin.traced);
        let space = origin.spaces.of(&to);
        self.results.trim();
        self.delivery.begin_run(config, traced);
        let mut touched = self.run_buffers.take_touched();
        let interest = to.interest.read();
        let mut deliveries = 0;
        while let Some(crossing) = batch.next()
            && Arc::ptr_eq(&crossing.to, &to)
            && deliveries < RUN_DELIVERIES_MAX
            && self.crossings.staged.is_empty()
        {
            let message = batch.message(crossing);
            deliveries += 1 + self.publish_one(crossing, &message, &interest, &space, sender, &mut touched);
            batch.advance();
        }
        self.finish_run(&interest, &mut touched);
        drop(interest);
        self.run_buffers.reuse_touched(touched);
        if traced {
            self.report_deliveries(broker.id);
        }
        self.follow_up(&broker, config, &to);
    }

    fn publish_one(
        &mut self,
        crossing: &Crossing,
        message: &Publish<'_>,
        interest: &Interest,
        space: &SubjectSpace,
        sender: Sender,
        touched: &mut Vec<u32>,
    ) -> u32 {
        let index = match crossing.outcome {
            Some(_) => self.results.find(space, interest, message.subject),
            None => self
                .results
                .find(&SubjectSpace::unmapped(crossing.to.id), interest, message.subject),
        };
        let delivered = self.deliver_to_all(interest, index, message, sender, touched);
        if let Some(outcome) = crossing.outcome {
            self.crossings.outcome(outcome).delivered |= delivered > 0;
            if self.results[index].leaves_account() {
                self.stage(&crossing.to, index, message, outcome);
            }
        }
        delivered
    }

    /// Delivers a message to the targets of the result at `index`. Returns how many got it.
    pub(crate) fn deliver_to_all(
        &mut self,
        interest: &Interest,
        index: u32,
        message: &Publish<'_>,
        sender: Sender,
        touched: &mut Vec<u32>,
    ) -> u32 {
        let mut scratch = self.run_buffers.take_frame();
        let resolved = &mut self.results[index];
        let frame = frame_of(message, resolved.headers_for_all(), &mut scratch);
        let was_counted = !resolved.has_uncounted();
        let connections = &mut self.connections;
        let delivered = if self.delivery.trace_mut().is_on() {
            self.delivery
                .deliver_traced(connections, interest, resolved, sender, frame)
        } else {
            self.delivery
                .deliver::<false>(connections, interest, resolved, sender, frame)
        };
        if was_counted && resolved.has_uncounted() {
            touched.push(index);
        }
        self.run_buffers.reuse_frame(scratch);
        delivered
    }

    /// Forgets the responses to requests that nobody got, and says so to those who asked.
    fn settle(&mut self) {
        let mut outcomes = self.crossings.take_outcomes();
        for number in (0..outcomes.len()).rev() {
            let Outcome {
                parent,
                delivered,
                pending,
                answered,
                status,
                ..
            } = &mut outcomes[number];
            let (parent, delivered) = (*parent, *delivered);
            if let Some((account, token)) = pending.take().filter(|_| !delivered) {
                let ended = account.responses().remove(token);
                if let Some(measured) = ended.and_then(|response| response.measured) {
                    self.stage_measurement(&measured, &End::NoResponders);
                }
            }
            if let Some(answered) = answered {
                let end = if delivered {
                    End::Answered(answered)
                } else {
                    End::RequesterGone
                };
                self.stage_measurement(&answered.measured, &end);
            }
            if let Some(status) = status.take().filter(|_| !delivered) {
                self.tell_no_responders(&status);
            }
            if let Some(parent) = parent.filter(|_| delivered) {
                outcomes[parent as usize].delivered = true;
            }
        }
        self.crossings.reuse_outcomes(outcomes);
    }

    /// Tells the publisher that a request reached nobody, if it waits for the answer itself.
    fn tell_no_responders(&mut self, status: &Status) {
        let Some(origin) = self.crossings.origin() else { return };
        let (account, member) = (origin.account.clone(), origin.member);
        let (broker, slot) = (origin.broker.clone(), origin.slot);
        let interest = account.interest.read();
        let sid = member.and_then(|member| self.results.own_reply_sid(&interest, member, &status.reply));
        let Some(frame) = sid.map(|sid| no_responders_frame(&status.subject, &status.reply, sid)) else {
            return;
        };
        match slot {
            Some(slot) => {
                drop(interest);
                self.send(slot, &frame);
                self.connections[slot].count_out(1, 0);
            }
            None => {
                self.delivery.stage_internal_status(broker.internal().queue(), &frame);
                self.delivery.send_batches();
            }
        }
    }

    /// Ends requests that were not answered in time.
    #[inline]
    pub(crate) fn end_late_requests(&mut self) {
        if self
            .response_timers
            .next_at()
            .is_some_and(|at| at <= self.delivery.now_ns())
        {
            self.end_late_now();
        }
    }

    #[cold]
    fn end_late_now(&mut self) {
        for late in self.response_timers.take_late(self.delivery.now_ns()) {
            let config = &late.broker.plan().config;
            self.crossings.begin(|| Origin::server(&late.broker, &late.account));
            for response in late.responses {
                let waits = response.to.interest.read().has_interest(&response.reply);
                let end = if waits { End::Late } else { End::RequesterGone };
                if let Some(measured) = response.measured {
                    self.stage_measurement(&measured, &end);
                }
            }
            self.publish_crossings(config);
        }
    }
}

/// A description of who publishes the messages of a run.
fn info_of(
    origin: &Origin,
    connections: &crate::connection::table::Connections,
    level: InfoLevel,
    service: Option<&str>,
) -> ClientInfo {
    let server = &origin.broker.plan().config.info.server_name;
    let connection = origin.slot.map(|slot| &**connections[slot].shared());
    ClientInfo::new(&origin.account.name, connection, level, server, service)
}
