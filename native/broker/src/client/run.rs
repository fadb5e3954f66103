//! A run: messages that are handled under one read lock of the account's interest, and what frames it.
//!
//! Owns the state of a run and its beginning and end: limits and traces are set before the interest is locked, batches
//! are sent before it is unlocked, exhausted subscriptions are removed afterwards. Never parses the bytes of a client.

use crate::client::state::ClientFlags;
use crate::connection::Conn;
use crate::delivery::Sender;
use crate::delivery::frame::Frame;
use crate::delivery::result_cache::ResultRef;
use crate::interest::Interest;
use crate::interest::account::Account;
use crate::plan::config::Config;
use crate::plan::in_force::AccountPart;
use crate::plan::permissions::Permissions;
use crate::plan::subject_space::SubjectSpace;
use crate::shard::Shard;
use crate::shard::event::{Event, LogLevel};
use crate::state::BrokerState;
use crate::trace::{limit_reached, msgtrace};
use nt_protocol::{Limits, Publish};
use std::sync::Arc;

/// Deliveries after which the lock is released for others who wait for it.
pub(crate) const RUN_DELIVERIES_MAX: u32 = 16 * 1024;
/// Bytes after which it is released, so that a batch fits into one large buffer.
pub(crate) const RUN_BYTES_MAX: usize = 96 * 1024;

/// What a run needs to know of its publisher, copied so that connections can be written to meanwhile.
#[derive(Clone)]
pub(crate) struct Publisher {
    pub slot: u32,
    pub(super) member: Option<u32>,
    /// Its account, with mappings and imports.
    pub(super) part: Arc<AccountPart>,
    pub permissions: Option<Arc<Permissions>>,
    pub flags: ClientFlags,
    pub(super) sender: Sender,
    pub(super) limits: Limits,
    /// Deliveries are traced: in the log, or for the publisher of the message.
    pub traced: bool,
    /// Whether other headers than this server's own may request a trace.
    pub(super) external_traces: bool,
    /// Whether messages may skip all checks when their lines start like the last one's.
    pub(super) shortcut: bool,
}

impl Publisher {
    pub fn of(slot: u32, conn: &Conn) -> Self {
        let config = conn.config();
        Self {
            slot,
            member: conn.subscriptions().member(),
            part: conn.account_part().clone(),
            permissions: conn.permissions().cloned(),
            flags: conn.client().flags(),
            sender: Sender {
                cid: conn.shared().cid,
                echo: conn.client().flags().echo,
                is_imported: false,
                drop_above: if config.no_fast_producer_stall {
                    config.stall_threshold()
                } else {
                    usize::MAX
                },
            },
            limits: limits_of(conn),
            traced: config.log_trace,
            external_traces: conn.account_part().trace_sampling() > 0,
            shortcut: !conn.client().flags().verbose && !config.log_trace && !config.no_fast_producer_stall,
        }
    }

    /// Whether the headers of a message may request a trace.
    #[inline]
    pub(super) fn may_request_trace(&self, message: &Publish<'_>) -> bool {
        message.header_len > 0
            && (self.external_traces || msgtrace::may_request_trace(&message.body[..message.header_len]))
    }

    /// Its account, with mappings and imports.
    pub fn part(&self) -> &Arc<AccountPart> {
        &self.part
    }

    /// The subjects of its account.
    #[inline]
    pub(super) fn space(&self) -> &SubjectSpace {
        &self.part.space
    }

    /// It, as its messages are delivered.
    pub fn sender(&self) -> Sender {
        self.sender
    }

    /// In the interest of its account, if it has subscriptions.
    pub fn member(&self) -> Option<u32> {
        self.member
    }

    /// Whether the line of a message with a subject of that length is short enough, whatever size it announces.
    #[inline]
    pub(super) fn fits_any_size(&self, subject: usize) -> bool {
        const SIZE_MAX: usize = b" 999999999".len();
        subject + SIZE_MAX <= self.limits.max_control_line
    }
}

pub(crate) fn limits_of(conn: &Conn) -> Limits {
    let config = conn.config();
    Limits {
        max_control_line: config.max_control_line,
        max_payload: conn.limits().payload.unwrap_or(usize::MAX),
        headers: config.headers && conn.client().flags().headers,
    }
}

/// Messages and bytes of a run.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) msgs: u64,
    pub(super) bytes: u64,
    pub(super) deliveries: u32,
}

/// A run under way, for messages that are not on the fast path. The interest is locked as long as it lasts.
pub(crate) struct Run<'a> {
    pub publisher: &'a Publisher,
    pub account: &'a Account,
    pub interest: &'a Interest,
    /// The result of the last message, if the next one may use it without checks.
    pub(super) last: ResultRef,
    pub(super) tally: Tally,
    /// Results with uncounted deliveries.
    pub(super) touched: Vec<u32>,
}

impl Shard {
    /// Sets limits and traces, before the interest is locked.
    pub(super) fn prepare_run(&mut self, publisher: &Publisher) {
        self.results.trim();
        let config = self.connections[publisher.slot].config();
        self.delivery.begin_run(config, publisher.traced);
    }

    /// Counts deliveries and sends batches, before the interest is unlocked.
    pub(crate) fn finish_run(&mut self, interest: &Interest, touched: &mut Vec<u32>) {
        for index in touched.drain(..) {
            self.results[index].count_deliveries(interest);
        }
        self.results.count_lookups(self.delivery.reactor(), interest);
        self.delivery.send_batches();
    }

    /// A run without messages of a client: what `work` stages is sent as usual.
    #[cold]
    pub(crate) fn run_aside(&mut self, slot: u32, work: impl FnOnce(&mut Self, &mut Run<'_>)) {
        let conn = &self.connections[slot];
        let (plan, broker, account) = (conn.plan().clone(), conn.broker().clone(), conn.account().clone());
        let publisher = Publisher::of(slot, conn);
        self.prepare_run(&publisher);
        let interest = account.interest().read();
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
        self.after_run(&broker, &plan.config, &account);
    }

    /// Delivers a message of the server itself.
    #[cold]
    pub(crate) fn deliver_from_server(&mut self, run: &mut Run<'_>, subject: &[u8], frame: Frame<'_>) {
        // As in the reference, no mapping applies to it.
        let space = SubjectSpace::unmapped(run.account.id);
        let index = self.results.find(&space, run.interest, subject);
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

    /// Whether something is left to be done after the interest is unlocked.
    #[inline]
    pub(super) fn has_follow_up(&self) -> bool {
        self.delivery.has_follow_up() || !self.crossings.is_empty()
    }

    /// Does what had to wait until the interest is unlocked.
    #[inline(never)]
    pub(crate) fn after_run(&mut self, broker: &Arc<BrokerState>, config: &Config, account: &Arc<Account>) {
        self.follow_up(broker, config, account);
        if !self.crossings.is_empty() {
            self.publish_crossings(config);
        }
    }

    /// The same, as far as it concerns the account that was locked.
    pub(crate) fn follow_up(&mut self, broker: &Arc<BrokerState>, config: &Config, account: &Arc<Account>) {
        while self.delivery.has_follow_up() {
            self.remove_exhausted(broker.id, config, account);
            for request in self.delivery.take_refused() {
                self.answer_refused(broker, config, account, &request);
            }
        }
    }

    /// Removes subscriptions that got their last message, on whichever loop.
    fn remove_exhausted(&mut self, broker: u32, config: &Config, account: &Arc<Account>) {
        let exhausted = self.delivery.take_exhausted();
        if exhausted.is_empty() {
            return;
        }
        // A trace has logged it with the message.
        let logged = !config.log_debug || config.log_trace;
        let mut interest = account.interest().write();
        let mut originals = Vec::new();
        for id in exhausted {
            if let Some(sub) = interest.find(id).filter(|sub| sub.is_exhausted()) {
                if let (Some(original), Some(link)) = (sub.original(), sub.link()) {
                    originals.push((original.clone(), link.clone()));
                    continue;
                }
                let owner = interest.member_of(sub).destination().connection();
                if let Some(shared) = owner.filter(|_| !logged) {
                    let label = shared.label();
                    let text = format!("{label} - {}", limit_reached(sub.sid(), sub.max()));
                    let level = LogLevel::Debug;
                    self.event(broker, Event::Log { level, text });
                }
                self.remove_subscription(&mut interest, id);
            }
        }
        drop(interest);
        self.remove_exhausted_originals(originals);
    }
}
