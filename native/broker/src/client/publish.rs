//! PUB and HPUB: messages are recognised, checked and delivered in runs.
//!
//! Nearly all messages pass here. Messages that repeat the subject of the last one form bursts, which need no check;
//! the others are parsed one by one. What frames a run is in `run.rs`.

use crate::client::reply_grants::{is_reserved_reply, use_reply_grant};
use crate::client::run::{Publisher, RUN_BYTES_MAX, RUN_DELIVERIES_MAX, Run, Tally};
use crate::connection::Phase;
use crate::delivery::burst::{self, Burst};
use crate::delivery::frame::frame_of;
use crate::delivery::result_cache::{Place, ResultRef};
use crate::interest::Interest;
use crate::services::is_response;
use crate::shard::Shard;
use nt_protocol::{Op, Parsed, Publish, parse_canonical, parse_leniently, published_subject};
use nt_subject::is_valid_literal_subject;

/// What is known from the first bytes of a message.
enum Ahead {
    /// Its subject has a valid result, and all checks have passed, earlier or now.
    Known(ResultRef),
    /// Its subject has none, or there is more to check. Where the result may be.
    Unknown(Place),
    /// Nothing: it has a reply or headers, or is no message.
    Unclear,
}

impl Shard {
    /// Handles the messages at the start of `data`. Returns the bytes they took: 0 when something else comes first.
    pub(crate) fn publish_run(&mut self, slot: u32, data: &[u8]) -> usize {
        let conn = &self.connections[slot];
        if conn.phase() != Phase::Ready || !starts_like_publish(data) {
            return 0;
        }
        let publisher = Publisher::of(slot, conn);
        let account = &publisher.part().account;
        let mut last = conn.client().last_result;
        let mut tally = Tally::default();
        let mut touched = self.run_buffers.take_touched();
        self.prepare_run(&publisher);

        let interest = account.interest().read();
        let mut at = 0;
        while tally.deliveries < RUN_DELIVERIES_MAX && tally.msgs < u64::from(RUN_DELIVERIES_MAX) && at < RUN_BYTES_MAX
        {
            let rest = &data[at..];
            let mut place = None;
            if publisher.shortcut {
                match self.look_ahead(&publisher, &interest, last, rest) {
                    Ahead::Known(resolved) => {
                        last = resolved;
                        let used = self.publish_burst(&publisher, &interest, last, rest, &mut tally, &mut touched);
                        if used > 0 {
                            at += used;
                            continue;
                        }
                    }
                    Ahead::Unknown(unknown) => place = Some(unknown),
                    Ahead::Unclear => {}
                }
            }
            if !publisher.traced
                && let Some((message, used)) = parse_canonical(rest, &publisher.limits)
                && !publisher.may_request_trace(&message)
            {
                at += used;
                self.publish(
                    &publisher,
                    &interest,
                    &mut last,
                    &message,
                    place,
                    &mut tally,
                    &mut touched,
                );
                continue;
            }
            if !starts_like_publish(rest) {
                break;
            }
            // Only here, so that the fast path keeps these values in registers.
            let mut run = Run {
                publisher: &publisher,
                account,
                interest: &interest,
                last,
                tally,
                touched,
            };
            let used = self.publish_unusual(&mut run, rest);
            Run {
                last,
                tally,
                touched,
                ..
            } = run;
            if used == 0 {
                break;
            }
            at += used;
        }
        let conn = &mut self.connections[slot];
        conn.count_in(tally.msgs, tally.bytes);
        conn.publish_in_counters();
        self.finish_run(&interest, &mut touched);
        drop(interest);

        self.run_buffers.reuse_touched(touched);
        if self.has_follow_up() {
            let conn = &self.connections[slot];
            let (broker, plan) = (conn.broker().clone(), conn.plan().clone());
            self.after_run(&broker, &plan.config, account);
        }
        self.connections[slot].client_mut().last_result = last;
        at
    }

    /// Publishes the message at the start of `data`, if there is one, when it is not in the usual form or is traced.
    /// Returns the bytes it took.
    #[inline(never)]
    fn publish_unusual(&mut self, run: &mut Run<'_>, data: &[u8]) -> usize {
        let Parsed::Op(Op::Publish(message), used) = parse_leniently(data, &run.publisher.limits) else {
            return 0;
        };
        if run.publisher.traced {
            self.trace_publish_line(run.publisher.slot, &data[..used]);
        }
        if run.publisher.may_request_trace(&message) {
            self.publish_traced(run, &message);
        } else {
            self.publish_untraced_message(run, &message);
        }
        used
    }

    /// What is known of the message at the start of `data` before it is parsed.
    #[inline(always)] // called for each message that does not repeat the last one's line
    fn look_ahead(&mut self, publisher: &Publisher, interest: &Interest, last: ResultRef, data: &[u8]) -> Ahead {
        if let Some(resolved) = self
            .results
            .known(last, publisher.space().number(), interest.generation())
            && let line = resolved.line()
            && burst::starts_with(data, line)
        {
            let is_plain = data.get(line.len()).is_some_and(u8::is_ascii_digit);
            return if is_plain && publisher.fits_any_size(resolved.subject().len()) {
                Ahead::Known(last)
            } else {
                Ahead::Unclear
            };
        }
        let Some(subject) = published_subject(data).filter(|subject| publisher.fits_any_size(subject.len())) else {
            return Ahead::Unclear;
        };
        let place = self.results.place_of(publisher.space().number(), subject);
        let permissions = publisher.permissions.as_deref();
        let space = publisher.space().number();
        match self.results.lookup(place, space, interest, subject) {
            Some((known, resolved))
                if !resolved.is_reserved()
                    && !publisher.flags.pedantic
                    && permissions.is_none_or(|p| p.may_publish(resolved.destination())) =>
            {
                self.results.count_hit();
                Ahead::Known(known)
            }
            _ => Ahead::Unknown(place),
        }
    }

    /// Publishes one message with a trace.
    #[cold]
    pub(crate) fn publish_traced_message(&mut self, run: &mut Run<'_>, message: &Publish<'_>) {
        let publisher = Publisher {
            traced: true,
            ..run.publisher.clone()
        };
        self.publish_aside(&publisher, run, message);
    }

    /// Publishes one message without a trace, whatever its headers ask for.
    #[cold]
    pub(crate) fn publish_untraced_message(&mut self, run: &mut Run<'_>, message: &Publish<'_>) {
        self.publish_aside(run.publisher, run, message);
    }

    #[inline(never)]
    fn publish_aside(&mut self, publisher: &Publisher, run: &mut Run<'_>, message: &Publish<'_>) {
        self.publish(
            publisher,
            run.interest,
            &mut run.last,
            message,
            None,
            &mut run.tally,
            &mut run.touched,
        );
    }

    /// The path of most messages: a known subject, no reply, and nothing left to check. Returns the bytes of the
    /// messages it took; 0: none.
    #[allow(clippy::too_many_arguments)] // one call site; a struct would only be unpacked again
    fn publish_burst(
        &mut self,
        publisher: &Publisher,
        interest: &Interest,
        last: ResultRef,
        rest: &[u8],
        tally: &mut Tally,
        touched: &mut Vec<u32>,
    ) -> usize {
        let Some(resolved) = self
            .results
            .known(last, publisher.space().number(), interest.generation())
        else {
            return 0;
        };
        let count = match resolved.target_count() {
            _ if resolved.leaves_account() => return 0,
            _ if resolved.repeats() => 1,
            0 | 1 => RUN_DELIVERIES_MAX as usize,
            // A division takes as long as a short message.
            2..=8 => RUN_DELIVERIES_MAX as usize / 8,
            more => (RUN_DELIVERIES_MAX as usize / more).max(1),
        };
        let payload_max = publisher.limits.max_payload;
        let (used, payload) = burst::find(
            rest,
            resolved.line(),
            payload_max,
            count,
            RUN_BYTES_MAX,
            &mut self.run_buffers.burst,
        );
        if used == 0 {
            return 0;
        }
        tally.msgs += self.run_buffers.burst.len() as u64;
        tally.bytes += payload as u64;
        let was_counted = !resolved.has_uncounted();
        let burst = Burst {
            data: rest,
            frames: &self.run_buffers.burst,
        };
        tally.deliveries +=
            self.delivery
                .deliver_burst(&mut self.connections, interest, resolved, publisher.sender, burst);
        if was_counted && resolved.has_uncounted() {
            touched.push(last.index());
        }
        used
    }

    #[allow(clippy::too_many_arguments)] // as above
    #[inline(always)] // where nearly all messages pass
    fn publish(
        &mut self,
        publisher: &Publisher,
        interest: &Interest,
        last: &mut ResultRef,
        message: &Publish<'_>,
        place: Option<Place>,
        tally: &mut Tally,
        touched: &mut Vec<u32>,
    ) {
        tally.msgs += 1;
        tally.bytes += message.body.len() as u64;
        let same = self
            .results
            .known(*last, publisher.space().number(), interest.generation())
            .is_some_and(|resolved| resolved.subject() == message.subject);
        let index = if same {
            last.index()
        } else {
            if is_response(message.subject) && self.publish_answer(publisher, interest, message) {
                tally.deliveries += 1;
                return;
            }
            // Until the checks below have passed, the next message must not skip them.
            *last = ResultRef::NONE;
            let place = place.unwrap_or_else(|| self.results.place_of(publisher.space().number(), message.subject));
            self.results
                .find_at(place, publisher.space(), interest, message.subject)
        };
        let flawed = publisher.flags.pedantic && !is_valid_literal_subject(message.subject);
        if flawed {
            self.error_reply(publisher.slot, "Invalid Publish Subject");
        }
        if publisher.traced {
            self.trace_arrival(publisher.slot, index, message);
        }
        if self.results[index].is_reserved() || !(same || self.may_publish(publisher, index)) {
            return self.refuse_destination(publisher.slot, index);
        }
        if let Some(reply) = message.reply.filter(|reply| is_reserved_reply(reply)) {
            return self.refuse_reply(publisher.slot, reply);
        }
        if publisher.flags.verbose {
            self.send(publisher.slot, b"+OK\r\n");
        }
        if !flawed && !self.granted_by_request(publisher) {
            *last = self.results.remember(index);
        }
        let mut scratch = self.run_buffers.take_frame();
        let resolved = &mut self.results[index];
        let frame = frame_of(message, resolved.headers_for_all(), &mut scratch);
        let was_counted = !resolved.has_uncounted();
        let mut delivered = if publisher.traced {
            self.delivery
                .deliver_traced(&mut self.connections, interest, resolved, publisher.sender, frame)
        } else {
            self.delivery
                .deliver::<false>(&mut self.connections, interest, resolved, publisher.sender, frame)
        };
        if was_counted && resolved.has_uncounted() {
            touched.push(index);
        }
        self.run_buffers.reuse_frame(scratch);
        if self.results[index].leaves_account() {
            delivered += self.cross_from_client(publisher, index, message, delivered);
        }
        tally.deliveries += delivered;
        if publisher.traced {
            let broker = self.connections[publisher.slot].broker().id;
            self.report_deliveries(broker);
        }
        if delivered == 0
            && publisher.flags.no_responders
            && let (Some(reply), Some(member)) = (message.reply, publisher.member)
        {
            self.no_responders(publisher.slot, interest, member, index, reply);
        }
    }

    /// Publishes an answer to a request of another account, if nothing can become of it in this one. Its subject, which
    /// comes once, is not resolved then. False: that is to be done, or it may not be published.
    #[inline(never)]
    fn publish_answer(&mut self, publisher: &Publisher, interest: &Interest, message: &Publish<'_>) -> bool {
        let flags = &publisher.flags;
        let is_plain = message.reply.is_none() && !flags.verbose && !flags.pedantic && !publisher.traced;
        if !is_plain || interest.may_get_responses() || publisher.space().has_rules_for_responses() {
            return false;
        }
        let subject = message.subject;
        if let Some(permissions) = &publisher.permissions {
            let now = self.delivery.now_ns();
            let conn = &mut self.connections[publisher.slot];
            if !permissions.may_publish(subject) && !use_reply_grant(conn, permissions, subject, now) {
                return false;
            }
        }
        self.answer_from_client(publisher, message);
        true
    }

    /// Whether the user's lists, or a grant for a reply, allow this message. Uses the grant up. As in the reference,
    /// the subject after mapping counts.
    fn may_publish(&mut self, publisher: &Publisher, index: u32) -> bool {
        let Some(permissions) = &publisher.permissions else {
            return true;
        };
        let subject = self.results[index].destination();
        let now = self.delivery.now_ns();
        permissions.may_publish(subject)
            || use_reply_grant(&mut self.connections[publisher.slot], permissions, subject, now)
    }

    #[cold]
    fn refuse_destination(&mut self, slot: u32, index: u32) {
        let subject = self.results[index].destination().to_vec();
        self.refuse_subject(slot, &subject);
    }
}

/// Whether the first operation can be a message, judging by its first bytes.
#[inline]
fn starts_like_publish(data: &[u8]) -> bool {
    matches!(data, [b'P' | b'p', b'U' | b'u', ..] | [b'H' | b'h', ..])
}
