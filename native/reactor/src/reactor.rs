//! The loop: wait, take in, read, write, close.
//!
//! One read per connection and turn, so nobody starves the others. Before what was read is parsed the inbox is looked
//! into: whatever another loop handed over before these bytes were sent is delivered before their effects.

use crate::accept::{Listening, listener_of};
use crate::balance::Meter;
use crate::lender::Lender;
use crate::lookout::Lookout;
use crate::mailbox::Mail;
use crate::ready::ReadyList;
use crate::runtime::{LENDER, Runtime, WAKE};
use crate::socket::Socket;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Registry, Token};
use nt_broker::{CloseReason, Event, Hub, Shard};
use slab::Slab;
use std::io::{self, IoSlice, Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// What a loop is asked to do beyond what its shard understands.
pub(crate) enum Body {
    Listen {
        hub: Arc<Hub>,
        listener: TcpListener,
    },
    StopListening {
        broker: u32,
    },
    /// Goes to the loop that listens.
    Retire {
        hub: Arc<Hub>,
    },
    Adopt {
        hub: Arc<Hub>,
        stream: TcpStream,
        peer: SocketAddr,
    },
    /// Tests move connections when they like, not when a loop is busy.
    #[cfg(test)]
    Offer {
        hub: Arc<Hub>,
        cid: u64,
        to: u16,
    },
}

/// Bytes taken from one socket in one turn.
const READ_BYTES: usize = 1 << 20;
/// An unfinished operation longer than this collects in its own connection instead of passing through the buffer again.
const COLLECT_BYTES: usize = 64 * 1024;
/// How often what one read causes is written before others get their turn.
const FLUSHES_PER_TURN: usize = 4;
/// Output above this is written right after the read that caused it, while it is in the cache.
const FLUSH_EARLY_BYTES: usize = 64 * 1024;
/// Bytes written to one socket in one turn.
const WRITE_BYTES: usize = 4 << 20;
/// Chunks handed to one vectored write.
const SLICES_MAX: usize = 64;
/// Quiet time after which buffers kept for bursts are given back.
const IDLE: Duration = Duration::from_secs(2);

pub(crate) struct Reactor {
    runtime: Arc<Runtime>,
    index: usize,
    poll: Poll,
    pub(crate) shard: Shard,
    pub(crate) meter: Meter,
    pub(crate) sockets: Vec<Option<Socket>>,
    pub(crate) listeners: Slab<Listening>,
    ready: ReadyList,
    /// Sockets whose output did not fit into one turn.
    pub(crate) unfinished: Vec<u32>,
    pub(crate) buffer: Box<[u8]>,
    lean: bool,
    lookout: Lookout,
    lender: Option<Lender>,
}

impl Reactor {
    pub fn new(runtime: Arc<Runtime>, index: usize, poll: Poll, shard: Shard, lender: Option<Lender>) -> Self {
        Self {
            runtime,
            index,
            poll,
            shard,
            meter: Meter::default(),
            sockets: Vec::new(),
            listeners: Slab::new(),
            ready: ReadyList::default(),
            unfinished: Vec::new(),
            buffer: vec![0; READ_BYTES].into_boxed_slice(),
            lean: true,
            lookout: Lookout::new(std::thread::available_parallelism().map_or(1, usize::from)),
            lender,
        }
    }

    pub(crate) fn runtime(&self) -> &Arc<Runtime> {
        &self.runtime
    }

    pub(crate) fn index(&self) -> usize {
        self.index
    }

    pub(crate) fn registry(&self) -> &Registry {
        self.poll.registry()
    }

    pub fn run(mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(1024);
        self.watch_lender()?;
        while !self.runtime.is_stopping() {
            let before = self.runtime.now_ns();
            self.wait(&mut events)?;
            let now = self.runtime.now_ns();
            self.shard.set_now(now);
            self.measure(before, now);
            for event in &events {
                self.note(event);
            }
            self.take_in();
            self.shard.handle_timers();
            self.accept_all(now);
            for slot in self.shard.take_resumed() {
                self.mark_ready(slot);
            }
            for slot in self.ready.take() {
                self.ready.begin(slot);
                self.read(slot);
            }
            for slot in std::mem::take(&mut self.unfinished) {
                if self.is_closing(slot) {
                    self.shut(slot);
                } else {
                    self.flush(slot);
                }
            }
            self.finish_turn();
        }
        Ok(())
    }

    #[cfg(unix)]
    fn watch_lender(&self) -> io::Result<()> {
        let Some(lender) = &self.lender else { return Ok(()) };
        let mut queue = mio::unix::SourceFd(&lender.queue);
        self.poll.registry().register(&mut queue, LENDER, Interest::READABLE)?;
        // It may have been wanted back before the queue was watched.
        self.look_at_lender();
        Ok(())
    }

    #[cfg(not(unix))]
    fn watch_lender(&self) -> io::Result<()> {
        Ok(())
    }

    fn look_at_lender(&self) {
        if self.lender.as_ref().is_some_and(|lender| (lender.wants_it_back)()) {
            self.runtime.stop();
        }
    }

    fn wait(&mut self, events: &mut Events) -> io::Result<()> {
        let busy =
            !self.ready.is_empty() || !self.unfinished.is_empty() || self.shard.has_waiting() || self.someone_waits();
        if busy {
            return self.poll(events, Some(Duration::ZERO));
        }
        let before = self.runtime.now_ns();
        if let Some(ns) = self.lookout.begin() {
            let found = self.look(events, before + ns)?;
            self.lookout.looked(found);
            if found {
                return Ok(());
            }
        }
        let may_sleep = self.runtime.inboxes[self.index].fall_asleep();
        let timeout = if may_sleep {
            self.until_next_timer()
        } else {
            Some(Duration::ZERO)
        };
        let outcome = self.poll(events, timeout);
        self.runtime.inboxes[self.index].wake_up();
        self.lookout.slept(self.runtime.now_ns() - before);
        if !self.lean && events.is_empty() && timeout.is_some_and(|t| t >= IDLE) {
            self.shard.shrink();
            self.lean = true;
        }
        outcome
    }

    /// Looks for something to do until that moment. Returns whether something came.
    fn look(&mut self, events: &mut Events, until_ns: u64) -> io::Result<bool> {
        loop {
            self.poll(events, Some(Duration::ZERO))?;
            if !events.is_empty() || self.runtime.inboxes[self.index].has_items() {
                return Ok(true);
            }
            if self.runtime.now_ns() >= until_ns {
                return Ok(false);
            }
        }
    }

    fn poll(&mut self, events: &mut Events, timeout: Option<Duration>) -> io::Result<()> {
        match self.poll.poll(events, timeout) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            outcome => outcome,
        }
    }

    fn until_next_timer(&self) -> Option<Duration> {
        let next = [self.shard.next_timer(), self.next_accept_retry()]
            .into_iter()
            .flatten()
            .min();
        let timer = next.map(|at| Duration::from_nanos(at.saturating_sub(self.runtime.now_ns())));
        // Poll waits in whole milliseconds and rounds up, so a timer that is due is never missed by a hair.
        if self.lean {
            timer
        } else {
            Some(timer.map_or(IDLE, |t| t.min(IDLE)))
        }
    }

    fn note(&mut self, event: &mio::event::Event) {
        if event.token() == WAKE {
            return;
        }
        if event.token() == LENDER {
            return self.look_at_lender();
        }
        if let Some(key) = listener_of(event.token()) {
            if let Some(listening) = self.listeners.get_mut(key) {
                listening.ready = true;
            }
            return;
        }
        let slot = event.token().0 as u32;
        let Some(Some(socket)) = self.sockets.get_mut(slot as usize) else {
            return;
        };
        if event.is_writable() && !socket.writable {
            socket.writable = true;
            self.unfinished.push(slot);
        }
        let Some(Some(socket)) = self.sockets.get_mut(slot as usize) else {
            return;
        };
        socket.read_closed |= event.is_read_closed() || event.is_error();
        if event.is_readable() || socket.read_closed {
            self.mark_ready(slot);
        }
    }

    pub(crate) fn mark_ready(&mut self, slot: u32) {
        if let Some(Some(socket)) = self.sockets.get_mut(slot as usize) {
            socket.readable = true;
            self.ready.add(slot);
        }
    }

    fn take_in(&mut self) {
        self.shard.drain_inbox();
        while let Some(body) = self.shard.take_body() {
            match body.downcast::<Body>().map(|body| *body) {
                Ok(Body::Listen { hub, listener }) => self.listen(hub, listener),
                Ok(Body::StopListening { broker }) => self.stop_listening(broker),
                Ok(Body::Retire { hub }) => {
                    self.stop_listening(hub.id);
                    self.runtime().announce_lame_duck(&hub);
                }
                Ok(Body::Adopt { hub, stream, peer }) => self.adopt(hub, stream, peer),
                #[cfg(test)]
                Ok(Body::Offer { hub, cid, to }) => {
                    if let Some(at) = hub.locate(cid).filter(|at| usize::from(at.reactor) == self.index) {
                        self.shard.offer(at.slot, to);
                    }
                }
                Err(_) => debug_assert!(false, "only bodies of this crate are sent"),
            }
        }
        self.move_connections();
    }

    pub(crate) fn adopt(&mut self, hub: Arc<Hub>, stream: TcpStream, peer: SocketAddr) {
        if let Some(slot) = self.shard.add_connection(&hub, peer) {
            self.install(slot, stream);
        }
    }

    pub(crate) fn install(&mut self, slot: u32, mut stream: TcpStream) {
        let interest = Interest::READABLE | Interest::WRITABLE;
        if self
            .registry()
            .register(&mut stream, Token(slot as usize), interest)
            .is_err()
        {
            self.shard.peer_gone(slot, CloseReason::ReadError);
        }
        if self.sockets.len() <= slot as usize {
            self.sockets.resize_with(slot as usize + 1, || None);
        }
        self.sockets[slot as usize] = Some(Socket::new(stream));
    }

    /// One read from one socket, and everything that follows from it.
    fn read(&mut self, slot: u32) {
        let Some(Some(socket)) = self.sockets.get_mut(slot as usize) else {
            return;
        };
        let Some(conn) = self.shard.conn(slot) else { return };
        if conn.is_closing() {
            return self.discard(slot);
        }
        if conn.is_paused() {
            return; // stays readable; the end of the pause brings it back
        }
        self.lean = false;
        if let Some(whole) = conn.take_backlog() {
            return self.work_off(slot, whole);
        }
        let read_bytes = conn.read_bytes().min(READ_BYTES);
        let (held, need) = conn.held();
        let have = held.len();
        // A line may be long without telling how long, where the plan allows it.
        let collecting = need.max(have) > COLLECT_BYTES;
        let (from, to) = if collecting {
            let missing = if need > have { need - have } else { read_bytes };
            (0, read_bytes.min(missing))
        } else {
            self.buffer[..have].copy_from_slice(held);
            (have, (have + read_bytes).min(READ_BYTES))
        };
        let outcome = socket.stream.read(&mut self.buffer[from..to]);
        // Whatever another loop handed over before these bytes were sent comes first.
        self.shard.drain_inbox();
        match outcome {
            Ok(0) => self.shard.peer_gone(slot, CloseReason::ClientClosed),
            Ok(count) => {
                let is_answer = std::mem::take(&mut socket.written);
                self.lookout.note_read(count, is_answer);
                if count == to - from || socket.read_closed {
                    self.mark_ready(slot);
                }
                if collecting {
                    self.receive_collected(slot, count, need);
                } else {
                    self.receive(slot, from + count);
                }
                self.after_read(slot, count);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => socket.readable = false,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => self.mark_ready(slot),
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {
                self.shard.peer_gone(slot, CloseReason::ClientClosed)
            }
            Err(_) => self.shard.peer_gone(slot, CloseReason::ReadError),
        }
    }

    /// Goes on with what found no time in the last turn.
    fn work_off(&mut self, slot: u32, whole: Vec<u8>) {
        let used = self.handle(slot, &whole);
        if let Some(conn) = self.shard.conn(slot) {
            conn.held().0.extend_from_slice(&whole[used..]);
        }
        // The socket may have more as well.
        self.mark_ready(slot);
        self.after_read(slot, whole.len());
    }

    fn receive(&mut self, slot: u32, len: usize) {
        let buffer = std::mem::take(&mut self.buffer);
        let used = self.handle(slot, &buffer[..len]);
        if let Some(conn) = self.shard.conn(slot) {
            let (held, _) = conn.held();
            if used < len {
                held.clear();
                held.extend_from_slice(&buffer[used..len]);
            } else if held.capacity() > 0 {
                *held = Vec::new();
            }
        }
        self.buffer = buffer;
    }

    /// Has the shard handle bytes, writing in between when much was staged. Returns how many are done with; when others
    /// have waited long enough the rest is left for the next turn.
    fn handle(&mut self, slot: u32, data: &[u8]) -> usize {
        let mut used = 0;
        for _ in 0..FLUSHES_PER_TURN {
            used += self.shard.receive(slot, &data[used..]);
            if !self.shard.should_flush() {
                return used;
            }
            self.flush_dirty();
            self.wake_others();
        }
        if used < data.len() {
            if let Some(conn) = self.shard.conn(slot) {
                conn.set_backlog();
            }
            self.mark_ready(slot);
        }
        used
    }

    fn receive_collected(&mut self, slot: u32, count: usize, need: usize) {
        let Some(conn) = self.shard.conn(slot) else { return };
        let (held, _) = conn.held();
        held.reserve_exact(need.saturating_sub(held.len()));
        held.extend_from_slice(&self.buffer[..count]);
        if held.len() < need {
            return;
        }
        let whole = std::mem::take(held);
        let used = self.handle(slot, &whole);
        if used < whole.len()
            && let Some(conn) = self.shard.conn(slot)
        {
            conn.held().0.extend_from_slice(&whole[used..]);
        }
    }

    /// Wakes loops that sleep although something waits for them.
    fn wake_others(&mut self) {
        for reactor in self.shard.take_wakes() {
            self.runtime.wake(usize::from(reactor));
        }
    }

    fn after_read(&mut self, slot: u32, count: usize) {
        self.wake_others();
        if count >= FLUSH_EARLY_BYTES {
            self.flush_dirty();
        }
        self.shard.pause_if_somebody_is_behind(slot);
    }

    fn flush_dirty(&mut self) {
        while self.shard.has_dirty() {
            let mut dirty = self.shard.take_dirty();
            for slot in dirty.drain(..) {
                if let Some(conn) = self.shard.conn(slot) {
                    conn.left_dirty_list();
                }
                self.flush(slot);
            }
            self.shard.reuse_dirty(dirty);
        }
    }

    /// Writes what waits for one connection, as far as its socket takes it.
    pub(crate) fn flush(&mut self, slot: u32) {
        let Some(Some(socket)) = self.sockets.get_mut(slot as usize) else {
            return;
        };
        let mut budget = WRITE_BYTES;
        while let Some(conn) = self.shard.conn(slot) {
            if conn.out.is_empty() || !socket.writable {
                break;
            }
            let mut slices: [IoSlice<'_>; SLICES_MAX] = std::array::from_fn(|_| IoSlice::new(&[]));
            let mut count = 0;
            let mut bytes = 0;
            for (place, slice) in slices.iter_mut().zip(conn.out.slices()) {
                bytes += slice.len();
                *place = slice;
                count += 1;
            }
            match socket.stream.write_vectored(&slices[..count]) {
                Ok(written) => {
                    self.shard.wrote(slot, written);
                    socket.written = true;
                    self.lookout.note_written(written);
                    budget = budget.saturating_sub(written);
                    if written < bytes {
                        // The next write would block, or tell what is wrong.
                        continue;
                    }
                    if budget == 0 {
                        self.unfinished.push(slot);
                        break;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => socket.writable = false,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => {
                    if let Some(conn) = self.shard.conn(slot) {
                        conn.out.clear();
                    }
                    return self.shard.peer_gone(slot, CloseReason::WriteError);
                }
            }
        }
        self.shard.flushed(slot);
    }

    fn finish_turn(&mut self) {
        self.move_connections();
        self.flush_dirty();
        loop {
            let closing = self.shard.take_closing();
            if closing.is_empty() {
                break;
            }
            for slot in closing {
                if self.is_closing(slot) {
                    self.shut(slot);
                }
            }
            // A closing connection may have had the last word for others.
            self.flush_dirty();
        }
        for slot in self.shard.take_expired() {
            if self.is_closing(slot) {
                self.drop_socket(slot);
            }
        }
        self.wake_others();
        let mails: Vec<Mail> = self.shard.take_events();
        self.runtime.mailbox.post(mails);
        for reload in self.shard.take_reloaded() {
            if reload.acknowledge() {
                let number = reload.number;
                self.runtime
                    .mailbox
                    .post(vec![(reload.hub.id, Event::Reloaded { number })]);
            }
        }
        for (hub, ending) in self.shard.take_ending() {
            hub.acknowledge_told(ending);
            if hub.tell_stopped(self.runtime.reactors()) {
                self.runtime.mailbox.post(vec![(hub.id, Event::Stopped)]);
            }
        }
    }
}
