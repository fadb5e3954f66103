//! Frames for what is at no location: the control plane and streams. Staged by queue and by stream, sent with the batches
//! for other loops.

use crate::delivery::Delivery;
use crate::delivery::frame::subject_of;
use crate::delivery::resolved::Target;
use crate::interest::{Destination, Interest};
use crate::internal::{MessageQueue, StagedMessages};
use crate::streams::{SharedStream, StagedInput, StreamInlet};
use std::sync::Arc;

/// A request that was not delivered to the control plane, since its queue is full.
pub(crate) struct RefusedRequest {
    pub subject: Vec<u8>,
    pub reply: Vec<u8>,
}

impl Delivery {
    /// Stages a frame for the control plane or a stream, with so many bytes of payload.
    #[cold]
    #[inline(never)]
    pub fn stage_nowhere(
        &mut self,
        interest: &Interest,
        target: &Target,
        prefix: &[u8],
        tail: &[u8],
        bytes: usize,
        reply: Option<&[u8]>,
    ) {
        match interest.member(target.member).destination() {
            Destination::Internal(queue) => self.stage_internal(queue, &[prefix, tail], reply),
            Destination::Stream(inlet) => self.staged_input(inlet).add(inlet.role, prefix, tail, bytes, reply),
            Destination::Connection(_) => debug_assert!(false, "a connection is at a location"),
        }
    }

    fn staged_input(&mut self, inlet: &StreamInlet) -> &mut StagedInput {
        let known = self
            .streams
            .iter()
            .position(|staged| Arc::ptr_eq(staged.stream(), &inlet.stream));
        let at = known.unwrap_or_else(|| {
            self.streams.push(StagedInput::new(inlet.stream.clone()));
            self.streams.len() - 1
        });
        &mut self.streams[at]
    }

    /// Hands over what is staged for streams.
    #[cold]
    pub(super) fn send_to_streams(&mut self) {
        for input in self.streams.drain(..) {
            let stream = input.stream().clone();
            stream.push(input);
            self.streams_to_run.push(stream);
        }
    }

    /// Whether streams were handed something that they were not run for.
    #[inline]
    pub fn has_streams_to_run(&self) -> bool {
        !self.streams_to_run.is_empty()
    }

    /// These streams.
    pub fn take_streams_to_run(&mut self) -> Vec<Arc<SharedStream>> {
        std::mem::take(&mut self.streams_to_run)
    }

    /// Stages a frame for the control plane. Where it has no room, a request is answered later.
    fn stage_internal(&mut self, queue: &Arc<MessageQueue>, frame: &[&[u8]], reply: Option<&[u8]>) {
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
