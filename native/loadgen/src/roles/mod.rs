//! What a client does when it is connected: one file per role.

mod ordered;
mod publisher;
mod puller;
mod requester;
mod responder;
mod subscriber;

use crate::connection::{Core, Ended, push_subscriptions};
use crate::frames::{Frame, Message};
use crate::local::Local;
use crate::plan::RolePlan;
use crate::shared::{Phase, Shared};
use ordered::Ordered;
use publisher::Publisher;
use puller::Puller;
use requester::Requester;
use responder::Responder;
use subscriber::Subscriber;

/// What a connection waits for after its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// An event of its socket, or a change of the phase.
    Event,
    /// Another turn, after the other connections had theirs.
    Turn,
    /// A time.
    At(u64),
}

/// One of the roles.
pub enum Role {
    /// Sends.
    Publisher(Box<Publisher>),
    /// Receives.
    Subscriber(Box<Subscriber>),
    /// Sends and awaits answers.
    Requester(Box<Requester>),
    /// Answers.
    Responder(Box<Responder>),
    /// Asks a consumer for messages.
    Puller(Box<Puller>),
    /// Receives from a push consumer with flow control.
    Ordered(Box<Ordered>),
    /// Stays connected and does nothing.
    Idle,
}

/// Takes messages.
trait Receive {
    fn message(&mut self, message: &Message<'_>, core: &mut Core, local: &mut Local, now: u64);
    /// All messages of a read were handled.
    fn read_handled(&mut self, core: &mut Core, local: &mut Local, now: u64);
}

impl Role {
    /// The role of connection `core` as planned; `sender` is its number among those that send.
    pub fn new(core: &Core, sender: usize, shared: &Shared) -> Self {
        let client = &shared.plan.clients[core.client];
        match &client.role {
            RolePlan::Publisher { ledgers, sender: plan } => {
                Self::Publisher(Box::new(Publisher::new(plan, ledgers, sender, shared)))
            }
            RolePlan::Subscriber { ledger, .. } => Self::Subscriber(Box::new(Subscriber::new(*ledger, shared))),
            RolePlan::Requester { .. } => Self::Requester(Box::new(Requester::new(core, sender, shared))),
            RolePlan::Responder { reply_size, .. } => Self::Responder(Box::new(Responder::new(*reply_size))),
            RolePlan::Puller { ledger, pull } => Self::Puller(Box::new(Puller::new(pull, *ledger, core, shared))),
            RolePlan::Ordered { ledger, .. } => Self::Ordered(Box::new(Ordered::new(*ledger, shared))),
            RolePlan::Idle => Self::Idle,
        }
    }

    /// Appends the subscriptions that the connection needs before the load begins.
    pub fn subscribe(&self, core: &mut Core, shared: &Shared) {
        let client = &shared.plan.clients[core.client];
        match (&client.role, self) {
            (RolePlan::Subscriber { subscriptions, .. } | RolePlan::Responder { subscriptions, .. }, _) => {
                push_subscriptions(&mut core.out, subscriptions, core.connection, client.connections);
            }
            (_, Self::Requester(requester)) => requester.subscribe(core),
            (_, Self::Puller(puller)) => puller.subscribe(core),
            _ => {}
        }
    }

    /// The run has entered another phase.
    pub fn enter(&mut self, phase: Phase, core: &mut Core, local: &mut Local, now: u64) {
        match self {
            Self::Publisher(publisher) => publisher.sender.enter(phase, core, local, now),
            Self::Requester(requester) => requester.enter(phase, core, local, now),
            Self::Puller(puller) => puller.enter(phase, core, local, now),
            Self::Ordered(_) => Ordered::enter(phase, core, local),
            Self::Subscriber(_) | Self::Responder(_) | Self::Idle => {}
        }
    }

    /// Handles the frames of a read; returns how many bytes the complete frames took.
    pub fn receive(&mut self, core: &mut Core, buf: &[u8], local: &mut Local, now: u64) -> Result<usize, Ended> {
        match self {
            Self::Publisher(role) => receive(&mut **role, core, buf, local, now),
            Self::Subscriber(role) => receive(&mut **role, core, buf, local, now),
            Self::Requester(role) => receive(&mut **role, core, buf, local, now),
            Self::Responder(role) => receive(&mut **role, core, buf, local, now),
            Self::Puller(role) => receive(&mut **role, core, buf, local, now),
            Self::Ordered(role) => receive(&mut **role, core, buf, local, now),
            Self::Idle => receive(&mut Nothing, core, buf, local, now),
        }
    }

    /// Sends what may be sent.
    pub fn pump(&mut self, core: &mut Core, local: &mut Local) -> Result<Next, Ended> {
        match self {
            Self::Publisher(publisher) => publisher.pump(core, local),
            Self::Requester(requester) => requester.pump(core, local),
            Self::Puller(puller) => puller.pump(core, local),
            _ => {
                core.flush()?;
                Ok(Next::Event)
            }
        }
    }

    /// Whether reading must wait because the answers can't be written.
    pub fn must_not_read(&self, core: &Core) -> bool {
        const UNSENT_MAX: usize = 1 << 20;
        matches!(self, Self::Responder(_) | Self::Puller(_)) && core.waiting() > UNSENT_MAX
    }

    /// Whether its deliveries count for the run. Requests that a responder receives count where the answer arrives, if
    /// that is in this process.
    pub fn counts(&self, shared: &Shared) -> bool {
        shared.serves() || !matches!(self, Self::Responder(_))
    }

    /// Whether a server may close it as a slow consumer.
    pub fn receives(&self) -> bool {
        !matches!(self, Self::Publisher(_) | Self::Idle)
    }

    /// Its connection is lost.
    pub fn lost(&mut self, local: &mut Local) {
        match self {
            Self::Publisher(publisher) => publisher.sender.lost(local),
            Self::Requester(requester) => requester.lost(local),
            Self::Puller(puller) => puller.lost(local),
            _ => {}
        }
    }

    /// The run is over.
    pub fn close(&mut self, local: &mut Local) {
        if let Self::Requester(requester) = self {
            requester.close(local);
        }
    }
}

#[inline]
fn receive<R: Receive>(role: &mut R, core: &mut Core, buf: &[u8], local: &mut Local, now: u64) -> Result<usize, Ended> {
    let mut at = 0;
    while let Some((frame, len)) = core.reader.next(&buf[at..])? {
        at += len;
        match frame {
            Frame::Message(message) => role.message(&message, core, local, now),
            other => core.control(other, local, now)?,
        }
    }
    role.read_handled(core, local, now);
    Ok(at)
}

/// Ignores messages.
struct Nothing;

impl Receive for Nothing {
    fn message(&mut self, _: &Message<'_>, _: &mut Core, _: &mut Local, _: u64) {}
    fn read_handled(&mut self, _: &mut Core, _: &mut Local, _: u64) {}
}
