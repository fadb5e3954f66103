//! Answers every request.

use super::Receive;
use crate::connection::Core;
use crate::frames::Message;
use crate::local::Local;
use crate::message::push_number;
use crate::stamp::{STAMP, Stamp};

/// A responder.
pub struct Responder {
    /// The size of answers; absent: the request's payload is sent back.
    answer: Option<Vec<u8>>,
    requests: u64,
    bytes: u64,
}

impl Responder {
    /// The role as planned.
    pub fn new(reply_size: Option<usize>) -> Self {
        Self {
            answer: reply_size.map(|size| vec![b'r'; size]),
            requests: 0,
            bytes: 0,
        }
    }
}

impl Receive for Responder {
    fn message(&mut self, message: &Message<'_>, core: &mut Core, local: &mut Local, _: u64) {
        let Some(reply) = message.reply() else { return };
        let request = message.payload();
        let answer = match &mut self.answer {
            Some(answer) => {
                let stamp = request.len().min(answer.len()).min(STAMP);
                answer[..stamp].copy_from_slice(&request[..stamp]);
                answer
            }
            None => request,
        };
        core.out.extend_from_slice(b"PUB ");
        core.out.extend_from_slice(reply);
        core.out.push(b' ');
        push_number(&mut core.out, answer.len() as u64);
        core.out.extend_from_slice(b"\r\n");
        core.out.extend_from_slice(answer);
        core.out.extend_from_slice(b"\r\n");
        let measured = match Stamp::read(request) {
            Some(stamp) if local.is_ours(&stamp) => stamp.mark.is_measured(),
            _ => local.is_measuring(),
        };
        if measured {
            self.requests += 1;
            self.bytes += message.payload().len() as u64;
        }
    }

    fn read_handled(&mut self, core: &mut Core, local: &mut Local, now: u64) {
        let (requests, bytes) = (std::mem::take(&mut self.requests), std::mem::take(&mut self.bytes));
        if requests > 0 {
            core.arrived(requests, bytes, now);
        }
        let counted = if local.shared.serves() { requests } else { 0 };
        local.count(0, counted, now);
    }
}
