//! Messages coming in: runs of PUB and HPUB under one read lock of the account's interest.

use crate::client::reply_grants::is_reserved_reply;
use crate::client::state::ClientFlags;
use crate::connection::{Conn, Phase};
use crate::delivery::Sender;
use crate::delivery::burst::{self, Burst};
use crate::delivery::frame::{Frame, frame_of};
use crate::delivery::result_cache::{Place, ResultRef};
use crate::interest::Interest;
use crate::interest::account::Account;
use crate::plan::config::Config;
use crate::plan::permissions::Permissions;
use crate::shard::Shard;
use crate::shard::event::{Event, LogLevel};
use crate::trace::limit_reached;
use crate::trace::msgtrace;
use nt_protocol::{Limits, Op, Parsed, Publish, parse_canonical, parse_leniently, published_subject};
use nt_subject::is_valid_literal_subject;
use std::sync::Arc;

/// Deliveries after which the lock is given to others who wait for it.
pub(crate) const RUN_DELIVERIES_MAX: u32 = 16 * 1024;
/// Bytes after which it is, so that a parcel fits into one large buffer.
pub(crate) const RUN_BYTES_MAX: usize = 96 * 1024;

/// What a run needs to know of its publisher, copied so that connections can be written to meanwhile.
#[derive(Clone)]
pub(crate) struct Publisher {
    pub slot: u32,
    member: Option<u32>,
    pub permissions: Option<Arc<Permissions>>,
    pub flags: ClientFlags,
    sender: Sender,
    limits: Limits,
    /// Deliveries are told of: in the log, or to whoever traces the message.
    pub traced: bool,
    /// May messages skip all checks when their lines start like the last one's?
    shortcut: bool,
}

impl Publisher {
    pub fn of(slot: u32, conn: &Conn) -> Self {
        let config = &conn.config();
        Self {
            slot,
            member: conn.subscriptions().member(),
            permissions: conn.permissions().cloned(),
            flags: conn.client().flags(),
            sender: Sender {
                cid: conn.shared().cid,
                echo: conn.client().flags().echo,
                drop_above: if config.no_fast_producer_stall {
                    config.stall_threshold()
                } else {
                    usize::MAX
                },
            },
            limits: limits_of(conn),
            traced: config.log_trace,
            shortcut: !conn.client().flags().verbose && !config.log_trace && !config.no_fast_producer_stall,
        }
    }

    /// Whether the line of a message with a subject of that length is short enough, whatever size it tells.
    #[inline]
    fn fits_any_size(&self, subject: usize) -> bool {
        const SIZE_MAX: usize = b" 999999999".len();
        subject + SIZE_MAX <= self.limits.max_control_line
    }
}

pub(crate) fn limits_of(conn: &Conn) -> Limits {
    let config = &conn.config();
    Limits {
        max_control_line: config.max_control_line,
        max_payload: config.max_payload.unwrap_or(usize::MAX),
        headers: config.headers && conn.client().flags().headers,
    }
}

/// Messages and bytes of a run.
#[derive(Default)]
struct Tally {
    msgs: u64,
    bytes: u64,
    deliveries: u32,
}

/// A run under way, for those whose messages take more time than others: the interest is locked as long as it lasts.
pub(crate) struct Run<'a> {
    pub publisher: &'a Publisher,
    pub account: &'a Account,
    pub interest: &'a Interest,
    /// The route of the last message, if the next one may take it unasked.
    last: ResultRef,
    tally: Tally,
    /// Routes with uncounted deliveries.
    touched: Vec<u32>,
}

/// What the first bytes of a message tell.
enum Ahead {
    /// Its subject has a valid route, and nothing is to be checked that was not when that was resolved, or now.
    Known(ResultRef),
    /// Its subject has none, or there is more to check. Where the route may be.
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
        let account = conn.account().clone();
        let mut last = conn.client().last_result;
        let mut tally = Tally::default();
        let mut touched = self.run_buffers.take_touched();
        self.prepare_run(&publisher);

        let interest = account.interest.read();
        let mut at = 0;
        while tally.deliveries < RUN_DELIVERIES_MAX && tally.msgs < u64::from(RUN_DELIVERIES_MAX) && at < RUN_BYTES_MAX
        {
            let rest = &data[at..];
            let mut place = None;
            if publisher.shortcut {
                match self.look_ahead(&publisher, &account, &interest, last, rest) {
                    Ahead::Known(resolved) => {
                        last = resolved;
                        let used =
                            self.publish_burst(&publisher, &account, &interest, last, rest, &mut tally, &mut touched);
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
                && !requests_trace(&message)
            {
                at += used;
                self.publish(
                    &publisher,
                    &account,
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
            // What the others count in stays where it is fastest.
            let mut run = Run {
                publisher: &publisher,
                account: &account,
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
        if self.delivery.has_aftermath() {
            let conn = &self.connections[slot];
            let (broker, plan) = (conn.broker().id, conn.plan().clone());
            self.after_run(broker, &plan.config, &account);
        }
        self.connections[slot].client_mut().last_result = last;
        at
    }

    /// The message at the start of `data`, if there is one that is not written as usual or is followed. Returns the
    /// bytes it took.
    #[inline(never)]
    fn publish_unusual(&mut self, run: &mut Run<'_>, data: &[u8]) -> usize {
        let Parsed::Op(Op::Publish(message), used) = parse_leniently(data, &run.publisher.limits) else {
            return 0;
        };
        if run.publisher.traced {
            self.trace_publish(run.publisher.slot, &data[..used], &message);
        }
        if requests_trace(&message) {
            self.publish_traced(run, &message);
        } else {
            self.publish_untraced_message(run, &message);
        }
        used
    }

    /// What is known of the message at the start of `data` before it is parsed.
    #[inline(always)] // asked for each message that does not repeat the last one's line
    fn look_ahead(
        &mut self,
        publisher: &Publisher,
        account: &Account,
        interest: &Interest,
        last: ResultRef,
        data: &[u8],
    ) -> Ahead {
        if let Some(resolved) = self.results.known(last, account.id, interest.generation())
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
        let place = self.results.place_of(account.id, subject);
        let permissions = publisher.permissions.as_deref();
        match self.results.lookup(place, account.id, interest, subject) {
            Some((resolved, false))
                if !publisher.flags.pedantic && permissions.is_none_or(|p| p.may_publish(subject)) =>
            {
                self.results.count_hit();
                Ahead::Known(resolved)
            }
            _ => Ahead::Unknown(place),
        }
    }

    /// Before the interest is locked.
    fn prepare_run(&mut self, publisher: &Publisher) {
        self.results.trim();
        let config = &self.connections[publisher.slot].config();
        self.delivery.begin_run(config, publisher.traced);
    }

    /// Before it is unlocked.
    pub(crate) fn finish_run(&mut self, interest: &Interest, touched: &mut Vec<u32>) {
        for index in touched.drain(..) {
            self.results[index].count_deliveries(interest);
        }
        self.results.count_lookups(self.delivery.reactor(), interest);
        self.delivery.send_batches();
    }

    /// A run without messages: what is done in it goes out as theirs would.
    #[cold]
    pub(crate) fn run_aside(&mut self, slot: u32, work: impl FnOnce(&mut Self, &mut Run<'_>)) {
        let conn = &self.connections[slot];
        let (plan, broker, account) = (conn.plan().clone(), conn.broker().id, conn.account().clone());
        let publisher = Publisher::of(slot, conn);
        self.prepare_run(&publisher);
        let interest = account.interest.read();
        let mut run = Run {
            publisher: &publisher,
            account: &account,
            interest: &interest,
            last: ResultRef::NONE,
            tally: Tally::default(),
            touched: self.run_buffers.take_touched(),
        };
        work(self, &mut run);
        let mut touched = run.touched;
        self.finish_run(&interest, &mut touched);
        drop(interest);
        self.run_buffers.reuse_touched(touched);
        self.after_run(broker, &plan.config, &account);
    }

    /// One message that is followed on its way.
    #[cold]
    pub(crate) fn publish_traced_message(&mut self, run: &mut Run<'_>, message: &Publish<'_>) {
        let publisher = Publisher {
            traced: true,
            ..run.publisher.clone()
        };
        self.publish_aside(&publisher, run, message);
    }

    /// One message that is not, whatever its headers say.
    #[cold]
    pub(crate) fn publish_untraced_message(&mut self, run: &mut Run<'_>, message: &Publish<'_>) {
        self.publish_aside(run.publisher, run, message);
    }

    #[inline(never)]
    fn publish_aside(&mut self, publisher: &Publisher, run: &mut Run<'_>, message: &Publish<'_>) {
        let Run { account, interest, .. } = *run;
        self.publish(
            publisher,
            account,
            interest,
            &mut run.last,
            message,
            None,
            &mut run.tally,
            &mut run.touched,
        );
    }

    /// Delivers what the server itself says.
    #[cold]
    pub(crate) fn deliver_own(&mut self, run: &mut Run<'_>, subject: &[u8], frame: Frame<'_>) {
        let index = self.results.find(run.account.id, run.interest, subject);
        let resolved = &mut self.results[index];
        let was_counted = !resolved.has_uncounted();
        self.delivery
            .deliver_traced(&mut self.connections, run.interest, resolved, Sender::SERVER, frame);
        if was_counted && resolved.has_uncounted() {
            run.touched.push(index);
        }
        let broker = self.connections[run.publisher.slot].broker().id;
        self.report_deliveries(broker);
    }

    /// The way of most messages: a known subject, no reply, and nothing left to check. Returns the bytes of the messages
    /// it took; 0: none.
    #[allow(clippy::too_many_arguments)] // one call site; a struct would only be unpacked again
    fn publish_burst(
        &mut self,
        publisher: &Publisher,
        account: &Account,
        interest: &Interest,
        last: ResultRef,
        rest: &[u8],
        tally: &mut Tally,
        touched: &mut Vec<u32>,
    ) -> usize {
        let Some(resolved) = self.results.known(last, account.id, interest.generation()) else {
            return 0;
        };
        let count = match resolved.target_count() {
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
        account: &Account,
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
            .known(*last, account.id, interest.generation())
            .is_some_and(|resolved| resolved.subject() == message.subject);
        let index = if same {
            last.index()
        } else {
            // Until the checks below have passed, the next message must not take the short way.
            *last = ResultRef::NONE;
            let place = place.unwrap_or_else(|| self.results.place_of(account.id, message.subject));
            self.results.find_at(place, account.id, interest, message.subject)
        };
        let reserved = self.results[index].is_reserved();
        let flawed = publisher.flags.pedantic && !is_valid_literal_subject(message.subject);
        if flawed {
            self.error_reply(publisher.slot, "Invalid Publish Subject");
        }
        if reserved || !(same || self.may_publish(publisher, message.subject)) {
            return self.refuse_subject(publisher.slot, message.subject);
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
        let delivered = if publisher.traced {
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
        tally.deliveries += delivered;
        if publisher.traced {
            let broker = self.connections[publisher.slot].broker().id;
            self.report_deliveries(broker);
        }
        if delivered == 0
            && publisher.flags.no_responders
            && let (Some(reply), Some(member)) = (message.reply, publisher.member)
        {
            self.no_responders(publisher.slot, interest, member, message.subject, reply);
        }
    }

    /// Whether the user's lists, or a request it may answer, let this message in. Uses up the answer.
    fn may_publish(&mut self, publisher: &Publisher, subject: &[u8]) -> bool {
        let Some(permissions) = &publisher.permissions else {
            return true;
        };
        permissions.may_publish(subject) || self.use_reply_grant(publisher.slot, permissions, subject)
    }

    /// Does what had to wait until the interest is unlocked.
    #[cold]
    pub(crate) fn after_run(&mut self, broker: u32, config: &Config, account: &Arc<Account>) {
        while self.delivery.has_aftermath() {
            self.remove_exhausted(broker, config, account);
            for request in self.delivery.take_refused() {
                self.answer_refused(config, account, &request);
            }
        }
    }

    /// Removes subscriptions that got their last message, wherever they live.
    fn remove_exhausted(&mut self, broker: u32, config: &Config, account: &Arc<Account>) {
        let exhausted = self.delivery.take_exhausted();
        if exhausted.is_empty() {
            return;
        }
        // A trace has told it beside the message.
        let told = !config.log_debug || config.log_trace;
        let mut interest = account.interest.write();
        for id in exhausted {
            if let Some(sub) = interest.find(id).filter(|sub| sub.is_exhausted()) {
                let owner = interest.member_of(sub).destination().connection();
                if let Some(shared) = owner.filter(|_| !told) {
                    let label = shared.label();
                    let text = format!("{label} - {}", limit_reached(sub.sid(), sub.max()));
                    let level = LogLevel::Debug;
                    self.event(broker, Event::Log { level, text });
                }
                self.remove_subscription(&mut interest, id);
            }
        }
    }
}

/// Whether the first operation can be a message, as far as the bytes tell.
#[inline]
fn starts_like_publish(data: &[u8]) -> bool {
    matches!(data, [b'P' | b'p', b'U' | b'u', ..] | [b'H' | b'h', ..])
}

/// Whether the message's headers ask for a trace.
#[inline]
fn requests_trace(message: &Publish<'_>) -> bool {
    message.header_len > 0 && msgtrace::is_wished(&message.body[..message.header_len])
}
