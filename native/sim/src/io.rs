//! The sockets of one simulated loop.
//!
//! Bytes move as in [`MemoryIo`]. In addition each call is noted in the trace, readiness is reported once per edge as a
//! poller does, and other loops may run after reads, writes and wake-ups.

use crate::world::World;
use nt_broker::simulation::memory::{End, MemoryIo};
use nt_broker::{
    BrokerEvent, BrokerState, Command, ConnectRequest, CredentialCheck, InboxItem, Io, Loops, Newcomer, Readiness,
};
use std::io::{self, IoSlice};
use std::rc::Weak;
use std::sync::Arc;

pub(crate) struct SimIo {
    index: usize,
    memory: MemoryIo,
    world: Weak<World>,
}

impl SimIo {
    pub fn new(index: usize, world: Weak<World>) -> Self {
        Self {
            index,
            memory: MemoryIo::new(index),
            world,
        }
    }

    fn with_world<T>(&self, act: impl FnOnce(&World) -> T) -> Option<T> {
        // The world is gone only while it is dropped.
        self.world.upgrade().map(|world| act(&world))
    }

    fn note(&self, what: &str, end: &End, outcome: &io::Result<usize>) {
        let count = outcome.as_ref().map_or(u64::MAX, |count| *count as u64);
        let numbers = [self.index as u64, end.number() as u64, count];
        self.with_world(|world| world.note(what, &numbers));
    }
}

impl Io for SimIo {
    type Socket = End;
    type Listener = ();

    fn register(&mut self, slot: u32, socket: &mut End) -> io::Result<()> {
        self.memory.register(slot, socket)?;
        let readiness = socket.with(|pipe| Readiness {
            readable: !pipe.input.is_empty() || pipe.hung_up,
            read_closed: pipe.hung_up,
            writable: pipe.window > 0,
        });
        self.with_world(|world| {
            world.note(
                "register",
                &[self.index as u64, u64::from(slot), socket.number() as u64],
            );
            world.make_ready(self.index, slot, readiness);
        });
        Ok(())
    }

    fn deregister(&mut self, socket: &mut End) {
        let at = socket.with(|pipe| pipe.at);
        self.memory.deregister(socket);
        self.with_world(|world| {
            world.note("deregister", &[self.index as u64, socket.number() as u64]);
            if let Some((reactor, slot)) = at {
                world.forget_ready(reactor, slot);
            }
        });
    }

    fn read(&mut self, socket: &mut End, buffer: &mut [u8]) -> io::Result<usize> {
        let outcome = self.memory.read(socket, buffer);
        self.note("read", socket, &outcome);
        if let Ok(count) = outcome {
            self.with_world(|world| {
                world.note_bytes(&buffer[..count]);
                world.run_others();
            });
        }
        outcome
    }

    fn write(&mut self, socket: &mut End, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let before = socket.with(|pipe| pipe.got.len());
        let outcome = self.memory.write(socket, slices);
        self.note("write", socket, &outcome);
        self.with_world(|world| {
            socket.with(|pipe| world.note_bytes(&pipe.got[before..]));
            world.run_others();
        });
        outcome
    }

    fn shut(&mut self, socket: &mut End) -> io::Result<()> {
        let outcome = self.memory.shut(socket);
        self.note("shut", socket, &Ok(0));
        outcome
    }

    fn has_arrived(&mut self, socket: &End, kept_ns: u64) -> bool {
        self.memory.has_arrived(socket, kept_ns)
    }

    fn reset(&mut self, socket: &mut End) {
        self.memory.reset(socket);
        self.note("reset", socket, &Ok(0));
    }

    fn check_credentials(&mut self, checks: Vec<CredentialCheck>) {
        self.memory.check_credentials(checks);
    }

    fn listen(&mut self, broker: Arc<BrokerState>, listener: ()) {
        self.memory.listen(broker, listener);
    }

    fn stop_listening(&mut self, broker: u32) {
        self.memory.stop_listening(broker);
        self.with_world(|world| world.refuse_waiting(broker));
    }

    fn connect(&mut self, request: ConnectRequest) {
        // The simulated network has no listeners but the broker's.
        request.fail(io::ErrorKind::ConnectionRefused.into());
    }

    fn accept(&mut self, _now_ns: u64, newcomers: &mut Vec<Newcomer<End>>) {
        self.with_world(|world| {
            while let Some(newcomer) = world.next_waiting(&self.memory.listening) {
                let place = world.place();
                world.note("accept", &[newcomer.socket.number() as u64, place as u64]);
                if place == self.index {
                    newcomers.push(newcomer);
                } else {
                    let adopt = Command::<End, ()>::Adopt(newcomer);
                    world.send(place, InboxItem::Command(Box::new(adopt)));
                }
            }
        });
    }

    fn wake(&mut self, reactor: usize) {
        self.with_world(|world| {
            world.wake(reactor);
            world.run_others();
        });
    }

    fn report(&mut self, events: Vec<BrokerEvent>) {
        self.with_world(|world| world.report(events));
    }

    fn note_read(&mut self, _bytes: usize, _is_answer: bool) {
        // The inbox has been drained, the bytes have not been parsed.
        self.with_world(World::run_others);
    }

    fn note_handled(&mut self, slot: u32, bytes: usize) {
        self.memory.note_handled(slot, bytes);
        if let Some(end) = self.memory.end(slot) {
            let (number, handled) = (end.number(), end.with(|pipe| pipe.handled));
            self.with_world(|world| world.note_handled(number, handled));
        }
    }
}
