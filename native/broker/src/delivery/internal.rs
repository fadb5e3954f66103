//! Frames for the control plane: staged by queue, sent with the batches for other loops.

use crate::delivery::Delivery;
use crate::delivery::frame::subject_of;
use crate::delivery::resolved::Target;
use crate::interest::{Destination, Interest};
use crate::internal::{MessageQueue, StagedMessages};
use std::sync::Arc;

/// A request that was not delivered to the control plane, since its queue is full.
pub(crate) struct RefusedRequest {
    pub subject: Vec<u8>,
    pub reply: Vec<u8>,
}

impl Delivery {
    /// Stages a frame for the control plane. Where it has no room, a request is answered later.
    #[cold]
    #[inline(never)]
    pub fn stage_internal(&mut self, interest: &Interest, target: &Target, frame: &[&[u8]], reply: Option<&[u8]>) {
        let Destination::Internal(queue) = interest.member(target.member).destination() else {
            debug_assert!(false, "a connection is at a location");
            return;
        };
        let status = self.status;
        if !self.staged_for(queue).add(frame, status)
            && let Some(reply) = reply
        {
            // The subscription may have wildcards; the frame names the subject.
            let subject = subject_of(frame[0]).to_vec();
            let reply = reply.to_vec();
            self.refused.push(RefusedRequest { subject, reply });
        }
    }

    /// Whether what is delivered from now on are status messages.
    pub fn set_status(&mut self, status: bool) {
        self.status = status;
    }

    /// Stages a status message for the control plane.
    pub fn stage_internal_status(&mut self, queue: &Arc<MessageQueue>, frame: &[u8]) {
        self.staged_for(queue).add(&[frame], true);
    }

    fn staged_for(&mut self, queue: &Arc<MessageQueue>) -> &mut StagedMessages {
        let known = self.internal.iter().position(|staged| staged.is_for(queue));
        let at = known.unwrap_or_else(|| {
            self.internal.push(StagedMessages::new(queue.clone()));
            self.internal.len() - 1
        });
        &mut self.internal[at]
    }

    /// Brokers whose control plane must be notified.
    pub fn take_notified(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.notified)
    }

    pub fn take_refused(&mut self) -> Vec<RefusedRequest> {
        std::mem::take(&mut self.refused)
    }
}
