//! Reads from a push consumer: answers flow control, checks heartbeats, and checks that the consumer's sequence numbers
//! have no gaps.

use super::Receive;
use super::puller::push_publish;
use super::subscriber::Arrivals;
use crate::connection::Core;
use crate::delivery::Delivery;
use crate::frames::Message;
use crate::local::Local;
use crate::plan::RolePlan;
use crate::shared::{Phase, Shared};

/// An ordered reader.
pub struct Ordered {
    arrivals: Arrivals,
    /// The consumer's sequence number of the next message.
    next: u64,
}

impl Ordered {
    /// The role as planned.
    pub fn new(ledger: usize, shared: &Shared) -> Self {
        Self {
            arrivals: Arrivals::new(ledger, shared),
            next: 1,
        }
    }

    /// The server delivers as soon as there is a subscription, so subscribe only when the load begins.
    pub fn enter(phase: Phase, core: &mut Core, local: &Local) {
        let first = match local.shared.plan.warmup {
            Some(_) if local.shared.senders > 0 => Phase::Warming,
            _ => Phase::Measuring,
        };
        if let RolePlan::Ordered { subject, .. } = &local.shared.plan.clients[core.client].role
            && phase == first
        {
            core.out.extend_from_slice(format!("SUB {subject} 1\r\n").as_bytes());
        }
    }
}

impl Receive for Ordered {
    fn message(&mut self, message: &Message<'_>, core: &mut Core, local: &mut Local, now: u64) {
        if let Some(status) = message.status() {
            // Flow control is a request; a heartbeat names a request that was not answered.
            let asked = message.reply().or_else(|| message.header("Nats-Consumer-Stalled"));
            match (status.code, asked) {
                (100, Some(reply)) => push_publish(&mut core.out, reply, None, b""),
                (100, None) => {}
                (code, _) => local.error(&format!("{code} {}", String::from_utf8_lossy(status.text))),
            }
            return;
        }
        if let Some(delivery) = message.reply().and_then(Delivery::parse) {
            if delivery.consumer_sequence != self.next {
                local.error("the consumer's numbering has a gap");
            }
            self.next = delivery.consumer_sequence + 1;
        }
        self.arrivals.take(message, core, local, now);
    }

    fn read_handled(&mut self, core: &mut Core, local: &mut Local, now: u64) {
        self.arrivals.publish(core, local, now);
    }
}
