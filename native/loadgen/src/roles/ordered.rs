//! Reads what a push consumer delivers: answers flow control, minds heartbeats, and checks that the consumer's own
//! numbering has no gaps.

use super::Receive;
use super::puller::push_publish;
use super::subscriber::Arrivals;
use crate::connection::Core;
use crate::frames::Message;
use crate::local::Local;
use crate::plan::RolePlan;
use crate::shared::{Phase, Shared};

/// An ordered reader.
pub struct Ordered {
    arrivals: Arrivals,
    /// The consumer's number of the next message.
    next: u64,
}

impl Ordered {
    /// As planned.
    pub fn new(ledger: usize, shared: &Shared) -> Self {
        Self {
            arrivals: Arrivals::new(ledger, shared),
            next: 1,
        }
    }

    /// Interest makes the server deliver: it is shown when there is someone to measure.
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

/// The consumer's sequence in the reply of a delivered message: `$JS.ACK.[domain.account.]stream.consumer.delivered.
/// streamSeq.consumerSeq.time.pending[.random]`.
fn consumer_sequence(reply: &[u8]) -> Option<u64> {
    let tokens = reply.split(|b| *b == b'.').count();
    let at = if tokens == 9 { 6 } else { 8 };
    let token = reply
        .split(|b| *b == b'.')
        .nth(at)
        .filter(|_| reply.starts_with(b"$JS.ACK."))?;
    std::str::from_utf8(token).ok()?.parse().ok()
}

impl Receive for Ordered {
    fn message(&mut self, message: &Message<'_>, core: &mut Core, local: &mut Local, now: u64) {
        if let Some(status) = message.status() {
            // Flow control comes as a request; a heartbeat names one that went unanswered.
            let asked = message.reply().or_else(|| message.header("Nats-Consumer-Stalled"));
            match (status.code, asked) {
                (100, Some(reply)) => push_publish(&mut core.out, reply, None, b""),
                (100, None) => {}
                (code, _) => local.error(&format!("{code} {}", String::from_utf8_lossy(status.text))),
            }
            return;
        }
        if let Some(sequence) = message.reply().and_then(consumer_sequence) {
            if sequence != self.next {
                local.error("the consumer's numbering has a gap");
            }
            self.next = sequence + 1;
        }
        self.arrivals.take(message, core, local, now);
    }

    fn looked_through(&mut self, core: &mut Core, local: &mut Local, now: u64) {
        self.arrivals.publish(core, local, now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn consumer_sequences_of_both_forms() {
        assert_eq!(consumer_sequence(b"$JS.ACK.S.C.1.44.33.1700000000.5"), Some(33));
        assert_eq!(
            consumer_sequence(b"$JS.ACK.hub.ACCHASH.S.C.1.44.33.1700000000.5.tok"),
            Some(33)
        );
        assert_eq!(consumer_sequence(b"_INBOX.a.b"), None);
    }
}
